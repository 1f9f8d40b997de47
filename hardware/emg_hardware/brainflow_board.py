"""Boards by way of BrainFlow; the only module that imports it."""

import time
import warnings
from collections.abc import Callable
from math import inf
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
from brainflow.board_shim import BoardIds, BoardShim, BrainFlowInputParams
from brainflow.exit_codes import BrainFlowError, BrainFlowExitCodes
from numpy.typing import NDArray

from emg_config.errors import DeviceError, UserError
from emg_config.muscles import unnamed
from emg_hardware.board_advice import explain
from emg_hardware.board_facts import BOARD_NAMES, BoardFacts, load_facts
from emg_hardware.emulated_cyton import board_time_s
from emg_hardware.sample_counter import SampleCounter
from emg_hardware.source import RawSamples

BUFFER_S = 300
LONGEST_STOP_S = 1.0
_ACCEPTED = "Success: Channel set for"


class BrainFlowBoard:
    """A board behind a BrainFlow driver, as `emg_hardware.source.Driver`.

    Use `open_board` to make one.

    Attributes
    ----------
    notes : list of str
        What went not quite as it should on ``start``.
    """

    def __init__(
        self,
        name: str,
        facts: BoardFacts,
        serial_port: str | None,
        stamped: bool = False,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.sample_rate_hz = facts.sample_rate_hz
        self.channel_names = tuple(map(unnamed, range(facts.n_channels)))
        self.full_scale_uv = facts.full_scale_uv
        self.gain = facts.gain
        self.converter_delay_s = facts.converter_delay_s
        self.notes: list[str] = []
        self._facts = facts
        self._port = serial_port
        self._stamped = stamped
        self._unix_time = unix_time
        self._counter = SampleCounter(facts)
        self.counter_modulus = self._counter.modulus
        rows = _description(facts.brainflow_id)
        self._emg_rows = _emg_rows(rows)[: facts.n_channels]
        self._packet_row: int = rows.get("package_num_channel", 0)
        self._time_row: int = rows["timestamp_channel"]
        self._stamp_rows: list[int] = rows.get("other_channels", [])[1:7]
        self._shim: BoardShim | None = None

    def missing(self) -> str | None:
        """Return what to do about a serial port that is not there; None when nothing need be."""
        if not self._port or not self._port.startswith("/") or Path(self._port).exists():
            return None
        remedy = "start the emulator" if self._stamped else "plug the dongle in"
        return f"there is no port {self._port}: {remedy}"

    def start(self) -> None:
        """Connect, set the board up for EMG and begin to stream.

        Raises
        ------
        DeviceError
            The port or the board failed.
        """
        BoardShim.disable_board_logger()
        params = BrainFlowInputParams()
        params.serial_port = self._port or ""
        shim = BoardShim(self._facts.brainflow_id, params)
        self.notes.clear()
        self._counter = SampleCounter(self._facts)
        self._shim = shim
        try:
            shim.prepare_session()
            if self._facts.emg_preset:
                self._check_preset(shim.config_board(self._facts.emg_preset))
            shim.start_stream(round(BUFFER_S * self.sample_rate_hz))
        except BrainFlowError as error:
            self.stop()
            raise DeviceError(self._explain(error)) from error
        except DeviceError:
            self.stop()
            raise

    def read(self) -> RawSamples:
        """Return what has arrived since the last call, possibly nothing."""
        if self._shim is None:
            raise DeviceError(f"{self.name} is not streaming: start it first")
        try:
            rows = self._shim.get_board_data()
        except BrainFlowError as error:
            raise DeviceError(self._explain(error)) from error
        return RawSamples(
            counter=self._counter.push(rows[self._packet_row]),
            data_uv=np.ascontiguousarray(rows[self._emg_rows].T),
            driver_time_s=rows[self._time_row],
            board_time_s=self._board_time_s(rows),
        )

    def stop(self) -> None:
        """Stop streaming and let go of the port within a second; safe to call twice.

        A driver that takes longer finishes on its own.
        """
        if self._shim is None:
            return
        release = Thread(target=_release, args=(self._shim,), daemon=True)
        self._shim = None
        release.start()
        release.join(LONGEST_STOP_S)

    def _check_preset(self, reply: str) -> None:
        n_settings = self._facts.emg_preset.count("X")
        if "Failure" in reply:
            raise DeviceError(
                "the board refused its EMG settings: switch it off and on; if it happens again, "
                f"update its firmware (it answered {reply[:60]!r})"
            )
        n_accepted = reply.count(_ACCEPTED)
        if n_accepted < n_settings:
            self.notes.append(
                f"the board confirmed {n_accepted} of {n_settings} channel settings: its inputs "
                "may not be set up for EMG; switch it off and on and start again"
            )

    def _board_time_s(self, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._stamped:
            return board_time_s(rows[self._stamp_rows].T, self._unix_time())
        return np.full(rows.shape[1], np.nan)

    def _explain(self, error: BrainFlowError) -> str:
        code = BrainFlowExitCodes(error.exit_code).name
        return explain(code, self.name, self._port, str(error))


def open_board(name: str, serial_port: str | None = None) -> BrainFlowBoard:
    """Return a board, not yet started.

    Parameters
    ----------
    name
        One of `board_facts.BOARD_NAMES`, or BrainFlow's number or name of a board.
    serial_port
        Where the dongle, or the emulated board, is.

    Raises
    ------
    UserError
        No such board, or no port was named.
    DeviceError
        There is no such port.
    """
    facts = facts_of(name)
    if facts.needs_serial_port and not serial_port:
        raise UserError(f"{name} needs a port: give --serial-port such as /dev/ttyUSB0 or COM3")
    board = BrainFlowBoard(name, facts, serial_port, stamped=name == "emulated-cyton")
    if missing := board.missing():
        raise DeviceError(f"{missing}, or name another port")
    return board


def facts_of(name: str) -> BoardFacts:
    """Return what is known of a board before it is opened.

    Raises
    ------
    UserError
        There is no such board.
    """
    return load_facts(name) if name in BOARD_NAMES else _facts_by_id(name)


def _facts_by_id(name: str) -> BoardFacts:
    try:
        board = BoardIds(int(name)) if name.lstrip("-").isdigit() else BoardIds[name.upper()]
        rows = _description(board.value)
    except (ValueError, KeyError, BrainFlowError):
        raise UserError(
            f"there is no board {name!r}: use one of {', '.join(BOARD_NAMES)}, or BrainFlow's "
            "number or name of a board"
        ) from None
    return BoardFacts(
        brainflow_id=board.value,
        needs_serial_port=False,
        sample_rate_hz=float(rows["sampling_rate"]),
        n_channels=len(_emg_rows(rows)),
        full_scale_uv=inf,
        emg_preset="",
        packet_modulus=None,
    )


def _description(brainflow_id: int) -> dict[str, Any]:
    with warnings.catch_warnings():  # loading BrainFlow's library may warn of pkg_resources
        warnings.simplefilter("ignore")
        rows: dict[str, Any] = BoardShim.get_board_descr(brainflow_id)
    return rows


def _emg_rows(rows: dict[str, Any]) -> list[int]:
    for kind in ("emg_channels", "exg_channels", "eeg_channels", "ecg_channels"):
        if kind in rows:
            return list(rows[kind])
    raise UserError(f"{rows.get('name', 'this board')} has no EMG channels: use another board")


def _release(shim: BoardShim) -> None:
    try:
        shim.release_session()
    except BrainFlowError:
        return

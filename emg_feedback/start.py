"""Bring an engine up: sockets first, then the board, and the kernels while the board wakes."""

import json
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from emg_config import ChainSettings, UserError
from emg_feedback.link.control import ControlServer
from emg_feedback.link.publisher import Publisher
from emg_feedback.process import Child, ChildFailedError, Stop
from emg_feedback.summary import Summary
from emg_hardware.source import Board

Say = Callable[[str], None]
SILENT_S = 0.5
EMULATED = "emulated-cyton"


def compile_kernels(say: Say) -> None:
    """Compile every kernel or load it from the cache, and say how far it is."""
    from emg_kernels import compile_all

    begun_s = time.monotonic()
    for name, number, total in compile_all():
        if time.monotonic() - begun_s > SILENT_S:
            say(f"compiling kernel {number} of {total}, {name} (only the first time)")


class Waking:
    """A board that starts in the background; ``wait`` for it."""

    def __init__(self, board: Board) -> None:
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._start, args=(board,), daemon=True)
        self._thread.start()

    def _start(self, board: Board) -> None:
        try:
            board.start()
        except BaseException as error:  # handed over to who waits
            self._error = error

    def wait(self) -> None:
        """Return when the board streams; raise what it raised."""
        self._thread.join()
        if self._error is not None:
            raise self._error


def _emulator(stack: ExitStack, publish: str, n_muscles: int, settings: ChainSettings) -> str:
    """Start an emulated Cyton that lasts as long as the engine, and return its port."""
    patient = ("--follow", publish, "--muscles", str(n_muscles))
    emulator = Child("emulate", "cyton", *patient, "--mains-hz", str(settings.mains_hz))
    stack.callback(emulator.end)
    hello = emulator.output.readline()
    if not hello:
        raise ChildFailedError(emulator.wait())
    return str(json.loads(hello)["serial_port"])


def run_engine(
    board_name: str,
    serial_port: str | None,
    settings: ChainSettings,
    muscles: list[str],
    publish: str,
    control: str,
    stop: Stop,
    say: Say,
) -> Summary:
    """Run an engine until ``stop``; ``muscles`` names the channels in use, all when empty."""
    from emg_hardware.brainflow_board import open_board

    with ExitStack() as stack:
        publisher = stack.enter_context(Publisher(publish))
        server = stack.enter_context(ControlServer(control))
        if board_name == EMULATED and serial_port is None:
            serial_port = _emulator(stack, publish, len(muscles) or 2, settings)
        board = open_board(board_name, serial_port)
        settings.band_hz(board.sample_rate_hz)
        names = muscles or list(board.channel_names)
        if len(names) > len(board.channel_names):
            raise UserError(
                f"{board_name} has {len(board.channel_names)} channels, "
                f"{len(names)} muscles are named: name fewer"
            )
        say(f"connecting to {board_name}")
        stack.callback(board.stop)
        waking = Waking(board)
        from emg_feedback.engine import Engine
        from emg_feedback.stream.chain import Chain

        chain = Chain(len(names), board.sample_rate_hz, settings)
        compile_kernels(say)
        waking.wait()
        for note in board.notes:
            say(note)
        stop.on_signals()
        stop.start()
        say(f"streaming; frames at {publish}")
        return Engine(board, chain, names, publisher, server).run(stop)

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread

import numpy as np
import pytest

from emg_config.errors import DeviceError, UserError
from emg_hardware import cyton_protocol as wire
from emg_hardware.board_facts import load_facts
from emg_hardware.brainflow_board import BrainFlowBoard, open_board
from emg_hardware.emulated_cyton import EmulatedCyton
from emg_hardware.replay import Replay
from emg_hardware.source import RawSamples

PATIENCE_S = 60.0


@contextmanager
def running(board: EmulatedCyton) -> Iterator[str]:
    stop = Event()
    runner = Thread(target=board.run, args=(stop,))
    runner.start()
    try:
        yield board.serial_port
    finally:
        stop.set()
        runner.join()
        board.close()


def collect(board: BrainFlowBoard, n_samples: int) -> RawSamples:
    blocks: list[RawSamples] = []
    deadline_s = time.monotonic() + PATIENCE_S
    while sum(block.n_samples for block in blocks) < n_samples:
        assert time.monotonic() < deadline_s
        blocks.append(board.read())
        time.sleep(0.002)
    return RawSamples(
        np.concatenate([block.counter for block in blocks]),
        np.vstack([block.data_uv for block in blocks]),
        np.concatenate([block.driver_time_s for block in blocks]),
        np.concatenate([block.board_time_s for block in blocks]),
    )


def test_real_driver_on_the_emulated_board(capfd: pytest.CaptureFixture[str]) -> None:
    sent_uv = np.random.default_rng(1).normal(0, 300, (5000, 8))
    emulator = EmulatedCyton(Replay(sent_uv, 250), drop=[(200, 3)])
    with running(emulator) as port:
        board = open_board("emulated-cyton", port)
        board.start()
        got = collect(board, 300)
        empty_or_more = board.read()
        settings = emulator.firmware.settings
        board.stop()
        board.stop()
        with pytest.raises(DeviceError, match="start"):
            board.read()
    assert board.notes == []
    assert all((s.gain, s.srb2, s.bias) == (24, False, True) for s in settings)
    steps = np.diff(got.counter) % board.counter_modulus
    assert got.counter[0] == 0
    assert np.flatnonzero(steps != 1).tolist() == [199]
    assert steps[199] == 4
    kept_uv = np.delete(sent_uv, [200, 201, 202], axis=0)[: got.n_samples]
    assert np.abs(got.data_uv - kept_uv).max() <= 0.51 * float(wire.uv_per_count(24))
    assert got.data_uv.flags.c_contiguous
    assert empty_or_more.data_uv.shape[1] == len(board.channel_names) == 8
    latency_s = got.driver_time_s - got.board_time_s
    assert -1e-3 < np.median(latency_s) < 1.0  # one clock, and one unit
    assert capfd.readouterr().err == ""


def test_gain_change_is_honoured_on_both_sides() -> None:
    sent_uv = np.random.default_rng(1).normal(0, 300, (1000, 8))
    emulator = EmulatedCyton(Replay(sent_uv, 250))
    with running(emulator) as port:
        facts = replace(load_facts("cyton"), emg_preset="x1000100Xx2010100X")
        board = BrainFlowBoard("cyton", facts, port)
        board.start()
        got = collect(board, 100)
        board.stop()
    assert [s.gain for s in emulator.firmware.settings[:3]] == [1, 2, 24]
    counts = np.array([wire.uv_per_count(gain) for gain in (1, 2, 24)])
    error_uv = np.abs(got.data_uv[:, :3] - sent_uv[: got.n_samples, :3])
    assert np.all(error_uv.max(axis=0) <= 0.51 * counts)
    assert np.all(error_uv[:, 0].max() > counts[2])
    assert np.isnan(got.board_time_s).all()


def test_synthetic_board_streams() -> None:
    board = open_board("synthetic")
    board.start()
    got = collect(board, 50)
    board.stop()
    assert np.all(np.diff(got.counter) % board.counter_modulus == 1)
    assert got.data_uv.shape[1] == 16


def test_any_brainflow_board_by_number_or_name() -> None:
    by_number, by_name = open_board("-1"), open_board("cyton_wifi_board")
    assert by_number.sample_rate_hz == 250
    assert by_name.sample_rate_hz == 1000
    assert len(by_name.channel_names) == 8
    by_number.start()
    got = collect(by_number, 20)
    by_number.stop()
    assert np.all(np.diff(got.counter) == 1)


@pytest.mark.parametrize(
    ("name", "port", "kind", "words"),
    [
        ("toaster", None, UserError, "no board 'toaster': use one of .*cyton"),
        ("9999", None, UserError, "no board"),
        ("cyton", None, UserError, "--serial-port"),
        ("emulated-cyton", None, UserError, "--serial-port"),
        ("cyton", "/dev/no-such-port", DeviceError, "/dev/no-such-port"),
        ("cyton", "/dev/null", DeviceError, "null"),
    ],
)
def test_errors_say_what_to_do(
    name: str, port: str | None, kind: type[Exception], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        open_board(name, port).start()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("reply", "note"),
    [
        ("".join(wire.channel_set(k) for k in range(8)), None),
        ("", "confirmed 0 of 8"),
        (wire.channel_set(0), "confirmed 1 of 8"),
    ],
)
def test_reply_to_the_preset_is_checked(reply: str, note: str | None) -> None:
    board = open_board("cyton", "/dev/null")
    board._check_preset(reply)  # noqa: SLF001
    assert len(board.notes) == (note is not None)
    assert note is None or note in board.notes[0]


def test_refused_preset_is_a_device_error() -> None:
    with pytest.raises(DeviceError, match="firmware"):
        open_board("cyton", "/dev/null")._check_preset("Failure: too few chars$$$")  # noqa: SLF001

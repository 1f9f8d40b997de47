import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from emg_hardware import cyton_protocol as wire
from emg_hardware.cyton_firmware import CytonFirmware

PRESET = "".join(f"x{k}060100X" for k in range(1, 9))


class Ramp:
    """Sample k reads k µV on every channel."""

    def __init__(self, n_samples: int = 10**9) -> None:
        self.left = n_samples
        self.position = 0

    def next_block(self, n_samples: int) -> NDArray[np.float64]:
        n_samples = min(n_samples, self.left)
        self.left -= n_samples
        block = self.position + np.arange(n_samples, dtype=np.float64)
        self.position += n_samples
        return np.repeat(block[:, None], 8, axis=1)


def packets(board: CytonFirmware, now_s: float) -> Iterator[wire.Packet]:
    while lines := list(board.packets(now_s, lambda: b"stamp!")):
        yield from map(wire.decode, lines)


def streaming(n_samples: int = 10**9, drop: tuple[tuple[int, int], ...] = ()) -> CytonFirmware:
    board = CytonFirmware(Ramp(n_samples), drop)
    assert board.receive("b", 0.0) == ""
    return board


@given(st.lists(st.integers(0, len(PRESET) + 3)))
def test_commands_may_be_cut_anywhere(cuts: list[int]) -> None:
    text = f"d{PRESET}?~V"
    edges = sorted({0, *cuts, len(text)})
    board = CytonFirmware(Ramp())
    pieces = (text[a:b] for a, b in itertools.pairwise(edges))
    reply = "".join(board.receive(piece, 0.0) for piece in pieces)
    expected = "".join(wire.channel_set(k) for k in range(8))
    assert reply == wire.DEFAULTS_RESTORED + expected + wire.VERSION
    assert not any(setting.srb2 for setting in board.settings)


def test_defaults() -> None:
    board = CytonFirmware(Ramp())
    assert board.receive("x3020000X", 0.0) == wire.channel_set(2)
    assert board.settings[2].gain == 4
    assert board.receive("v", 0.0).endswith("$$$")
    assert board.settings == [wire.ChannelSetting(k) for k in range(8)]
    assert board.receive("D", 0.0) == "060110$$$"


def test_settings_survive_stop_and_start() -> None:
    board = CytonFirmware(Ramp())
    board.receive("x1000000Xbsb", 0.0)
    assert board.settings[0].gain == 1


def test_incomplete_command_times_out() -> None:
    board = CytonFirmware(Ramp())
    assert board.receive("x10", 0.0) == ""
    assert board.receive("v", 1.5) == wire.TIMED_OUT + wire.WELCOME


def test_no_reply_while_streaming_but_obeyed() -> None:
    board = streaming()
    assert board.receive("x10601", 0.5) == ""
    assert board.receive("00Xx9000000XdV", 0.5) == ""
    assert board.receive("x1000000X", 0.5) == ""
    assert board.settings[0].gain == 1
    assert board.receive("v", 0.5) == wire.WELCOME
    assert not board.streaming


def test_schedule_does_not_drift_under_a_jittery_clock() -> None:
    board = streaming()
    random = np.random.default_rng(1)
    now_s, seen = 0.0, 0
    while now_s < 60:
        now_s += random.exponential(0.003)
        seen += len(list(packets(board, now_s)))
        assert seen == int(now_s * 250 + 1e-6)
        assert 0 < board.seconds_to_next(now_s) <= 0.004 + 1e-9


def test_held_up_board_catches_up_in_order() -> None:
    board = streaming()
    late = list(packets(board, 10.0))
    assert [packet.counter for packet in late] == [k % 256 for k in range(2500)]
    assert board.seconds_to_next(10.0) == pytest.approx(0.004)


def test_counter_restarts_with_the_stream() -> None:
    board = streaming()
    list(packets(board, 1.0))
    board.receive("s", 1.0)
    assert board.seconds_to_next(1.0) == np.inf
    assert not list(packets(board, 2.0))
    board.receive("b", 5.0)
    assert [packet.counter for packet in packets(board, 5.02)] == [0, 1, 2, 3, 4]


def test_dropped_samples_leave_a_step() -> None:
    board = streaming(drop=((3, 2), (300, 1)))
    counters = [packet.counter for packet in packets(board, 2.0)]
    assert len(counters) == 497
    steps = np.diff(counters) % 256
    assert np.flatnonzero(steps != 1).tolist() == [2, 297]
    assert steps[2] == 3
    assert steps[297] == 2


def test_end_of_recording_silences_the_board() -> None:
    board = streaming(n_samples=100)
    assert len(list(packets(board, 1.0))) == 100
    assert board.finished
    assert board.seconds_to_next(1.0) == np.inf


def test_gain_and_switched_off_channels() -> None:
    board = CytonFirmware(Ramp())
    board.receive("x2000000Xx3160000Xx4061000Xb", 0.0)
    last = list(packets(board, 1.0))[-1].counts
    assert last[0] == round(249 / float(wire.uv_per_count(24)))
    assert last[1] == round(249 / float(wire.uv_per_count(1)))
    assert last[2] == last[3] == 0

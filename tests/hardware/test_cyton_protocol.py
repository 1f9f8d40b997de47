import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_hardware import cyton_protocol as wire

COUNTS = st.lists(st.integers(wire.MIN_COUNT, wire.MAX_COUNT), min_size=8, max_size=8)
GAINS = np.full(8, 24.0)


@given(
    counter=st.integers(0, 255),
    counts=COUNTS,
    aux=st.binary(min_size=6, max_size=6),
    stop=st.integers(0xC0, 0xCF),
)
def test_packet_survives_the_line(counter: int, counts: list[int], aux: bytes, stop: int) -> None:
    line = wire.encode(wire.Packet(counter, np.array(counts, np.int32), aux, stop))
    packet = wire.decode(line)
    assert len(line) == wire.PACKET_BYTES
    assert (packet.counter, packet.aux, packet.stop) == (counter, aux, stop)
    assert packet.counts.tolist() == counts


def test_int24_is_big_endian_twos_complement() -> None:
    line = wire.encode(wire.Packet(7, np.array([1, -1, 256, 0, 0, 0, 0, 0], np.int32), b"", 0xC0))
    assert line[:11] == b"\xa0\x07\x00\x00\x01\xff\xff\xff\x00\x01\x00"


@given(st.binary(max_size=40).filter(lambda line: len(line) != 33 or line[0] != 0xA0))
def test_other_bytes_are_refused(line: bytes) -> None:
    with pytest.raises(ValueError, match="packet"):
        wire.decode(line)


@given(st.lists(st.floats(-187_499, 187_499), min_size=8, max_size=8))
def test_digitised_within_half_a_count(values_uv: list[float]) -> None:
    back_uv = wire.to_counts(np.array(values_uv), GAINS) * wire.uv_per_count(24)
    assert np.abs(back_uv - values_uv).max() <= 0.5001 * float(wire.uv_per_count(24))


def test_rails() -> None:
    counts = wire.to_counts(np.array([1e6, -1e6, 187_500, -187_501, 0, 0, 0, 0]), GAINS)
    assert counts[:4].tolist() == [wire.MAX_COUNT, wire.MIN_COUNT] * 2
    assert float(counts[1] * wire.uv_per_count(24)) == pytest.approx(-187_500.02, abs=0.01)


@given(st.integers(0, 7), st.integers(0, 6), st.integers(0, 7), st.tuples(*[st.booleans()] * 4))
def test_channel_setting(channel: int, gain: int, input_type: int, flags: tuple[bool, ...]) -> None:
    off, bias, srb2, srb1 = flags
    command = f"x{channel + 1}{off:d}{gain}{input_type}{bias:d}{srb2:d}{srb1:d}X"
    assert wire.parse_channel_setting(command) == wire.ChannelSetting(
        channel, not off, wire.GAINS[gain], input_type, bias, srb2, srb1
    )


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("x102000X", "too few chars"),
        ("x1020000V", "9th char not X"),
        ("x9060100X", "out of range"),
        ("x1070100X", "out of range"),
        ("x1069100X", "out of range"),
        ("x1260100X", "out of range"),
    ],
)
def test_malformed_setting_gets_the_boards_refusal(command: str, reason: str) -> None:
    with pytest.raises(ValueError, match=rf"^Failure: .*{reason}\$\$\$$"):
        wire.parse_channel_setting(command)


@given(st.text(st.sampled_from("xX1060100bsvd?"), max_size=60))
def test_splitting_loses_no_character(text: str) -> None:
    commands, rest = [], text
    while True:
        command, rest = wire.split_command(rest)
        if not command:
            break
        commands.append(command)
    assert "".join(commands) + rest == text
    assert len(rest) < 9

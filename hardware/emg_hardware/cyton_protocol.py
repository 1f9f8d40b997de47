"""The Cyton's side of the serial line: packets, channel settings, replies. No I/O.

Sources: OpenBCI Documentation, "Cyton Data Format" and "Cyton Board SDK"; ADS1299 data sheet
(SBAS499) for the reference voltage.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_CHANNELS = 8
SAMPLE_RATE_HZ = 250.0
COUNTER_MODULUS = 256
PACKET_BYTES = 33
START_BYTE = 0xA0
STOP_USER = 0xC2
REFERENCE_UV = 4.5e6
MAX_COUNT = 2**23 - 1
MIN_COUNT = -(2**23)
GAINS = (1, 2, 4, 6, 8, 12, 24)
DEFAULT_GAIN = 24

END = "$$$"
FIRMWARE = "v3.1.2"
WELCOME = (
    "OpenBCI V3 8-16 channel\nADS1299 Device ID: 0x3E\nLIS3DH Device ID: 0x33\n"
    f"Firmware: {FIRMWARE}\n{END}"
)
VERSION = f"{FIRMWARE}{END}"
DEFAULTS_RESTORED = f"updating channel settings to default{END}"
DEFAULTS_REPORT = f"060110{END}"
TIMED_OUT = (
    f"Timeout processing multi byte message - please send all commands at once as of v2{END}"
)

_SETTING_LENGTH = 9
_CHANNEL_LETTERS = "12345678"


@dataclass(frozen=True, slots=True)
class Packet:
    """One sample as it goes over the line.

    Attributes
    ----------
    counter : int
        0 to 255.
    counts : ndarray of int32, shape (8,)
        What the converter read.
    aux : bytes
        Six bytes whose meaning the stop byte tells.
    stop : int
        0xC0 to 0xCF.
    """

    counter: int
    counts: NDArray[np.int32]
    aux: bytes
    stop: int


@dataclass(frozen=True, slots=True)
class ChannelSetting:
    """One ``x…X`` command. ``channel`` counts from 0; ``input_type`` 0 is the electrode."""

    channel: int
    powered: bool = True
    gain: int = DEFAULT_GAIN
    input_type: int = 0
    bias: bool = True
    srb2: bool = True
    srb1: bool = False

    @property
    def reads_electrode(self) -> bool:
        """Whether the channel shows what is at its electrodes."""
        return self.powered and self.input_type == 0


def uv_per_count(gain: float | NDArray[np.float64]) -> float | NDArray[np.float64]:
    """Return the size of one count in µV: 4.5 V / gain / (2^23 - 1)."""
    return REFERENCE_UV / gain / MAX_COUNT


def to_counts(data_uv: NDArray[np.float64], gains: NDArray[np.float64]) -> NDArray[np.int32]:
    """Digitise µV, shape (..., 8), at ``gains``, shape (8,); saturate at the rails."""
    counts = np.rint(data_uv / uv_per_count(gains))
    return np.clip(counts, MIN_COUNT, MAX_COUNT).astype(np.int32)


def encode(packet: Packet) -> bytes:
    """Return the 33 bytes of ``packet``."""
    int24 = packet.counts.astype(">i4").view(np.uint8).reshape(N_CHANNELS, 4)[:, 1:].tobytes()
    return bytes((START_BYTE, packet.counter)) + int24 + packet.aux + bytes((packet.stop,))


def decode(line: bytes) -> Packet:
    """Read 33 bytes.

    Raises
    ------
    ValueError
        The bytes are no packet.
    """
    if len(line) != PACKET_BYTES or line[0] != START_BYTE or line[-1] >> 4 != 0xC:
        raise ValueError("not a Cyton packet")
    int32 = np.zeros((N_CHANNELS, 4), np.uint8)
    int32[:, :3] = np.frombuffer(line, np.uint8, 24, offset=2).reshape(N_CHANNELS, 3)
    counts = (int32.view(">i4")[:, 0] >> 8).astype(np.int32)
    return Packet(line[1], counts, line[26:32], line[32])


def parse_channel_setting(command: str) -> ChannelSetting:
    """Read ``x CH PWR GAIN INPUT BIAS SRB2 SRB1 X``, written without blanks.

    Raises
    ------
    ValueError
        The command is malformed; the message is the board's reply.
    """
    if len(command) < _SETTING_LENGTH:
        raise ValueError(f"Failure: too few chars{END}")
    if command[8] != "X":
        raise ValueError(f"Failure: 9th char not X{END}")
    channel, power, gain, input_type, bias, srb2, srb1 = tuple(command[1:8])
    if (
        channel not in _CHANNEL_LETTERS
        or not "0" <= gain <= "6"
        or not "0" <= input_type <= "7"
        or not {power, bias, srb2, srb1} <= {"0", "1"}
    ):
        raise ValueError(f"Failure: setting out of range{END}")
    return ChannelSetting(
        channel=_CHANNEL_LETTERS.index(channel),
        powered=power == "0",
        gain=GAINS[int(gain)],
        input_type=int(input_type),
        bias=bias == "1",
        srb2=srb2 == "1",
        srb1=srb1 == "1",
    )


def channel_set(channel: int) -> str:
    """Return the reply to a channel setting that was accepted."""
    return f"Success: Channel set for {channel + 1}{END}"


def split_command(text: str) -> tuple[str, str]:
    """Take the first command off ``text``.

    Returns
    -------
    command, rest : str
        ``command`` is empty while a channel setting is still incomplete.
    """
    if not text.startswith("x"):
        return text[:1], text[1:]
    last = text.find("X", 0, _SETTING_LENGTH)
    length = last + 1 if last > 0 else _SETTING_LENGTH
    return (text[:length], text[length:]) if len(text) >= length else ("", text)

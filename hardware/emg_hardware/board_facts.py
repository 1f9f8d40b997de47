"""What is known of each board, read from ``boards/*.toml``, where every fact has its source."""

import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

_FILES = {
    "emulated-cyton": "cyton.toml",
    "cyton": "cyton.toml",
    "cyton-daisy": "cyton_daisy.toml",
    "ganglion": "ganglion.toml",
    "synthetic": "synthetic.toml",
}
BOARD_NAMES = tuple(_FILES)


@dataclass(frozen=True, slots=True)
class BoardFacts:
    """Facts of one kind of board.

    Attributes
    ----------
    brainflow_id
        BrainFlow's number for the driver.
    needs_serial_port
        Whether the driver must be told a port.
    sample_rate_hz
        Samples per second and channel.
    n_channels
        EMG channels.
    full_scale_uv
        Largest reading at the preset's gain.
    gain
        Of the amplifier, as the preset sets it; None when unknown.
    emg_preset
        Settings for bipolar EMG, sent as one string; empty for none.
    packet_modulus
        Packet numbers, as the driver reports them, repeat after this many; None when unknown.
    converter_delay_s
        By how much a sample tells later what was at the electrodes; 0 when unknown.
    packets_per_sample, samples_per_packet
        How packet numbers count samples; one of them is 1.
    """

    brainflow_id: int
    needs_serial_port: bool
    sample_rate_hz: float
    n_channels: int
    full_scale_uv: float
    emg_preset: str
    packet_modulus: int | None
    packets_per_sample: int = 1
    samples_per_packet: int = 1
    gain: float | None = None
    converter_delay_s: float = 0.0


def load_facts(board: str) -> BoardFacts:
    """Return the facts of one of `BOARD_NAMES`."""
    text = (files("emg_hardware.boards") / _FILES[board]).read_text("utf-8")
    facts: dict[str, dict[str, Any]] = tomllib.loads(text)
    return BoardFacts(**{name: fact["value"] for name, fact in facts.items()})

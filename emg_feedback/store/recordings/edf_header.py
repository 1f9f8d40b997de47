"""Header of EDF, EDF+, BDF and BDF+ (Kemp 1992; Kemp and Olivan 2003; BioSemi)."""

import math
from dataclasses import dataclass
from pathlib import Path

from emg_config.errors import UserError

MAIN_BYTES = 256
SIGNAL_BYTES = 256
ANNOTATIONS = ("EDF Annotations", "BDF Annotations")


@dataclass(frozen=True)
class Signal:
    """One signal: digital to physical is ``digital * gain + offset`` in its unit."""

    label: str
    unit: str
    gain: float
    offset: float
    n_per_record: int


@dataclass(frozen=True)
class Header:
    """What the header says of the records that follow it."""

    format: str
    sample_bytes: int
    discontinuous: bool
    n_records: int
    record_s: float
    signals: tuple[Signal, ...]

    @property
    def n_bytes(self) -> int:
        """Length of the header, bytes."""
        return MAIN_BYTES + SIGNAL_BYTES * len(self.signals)

    @property
    def record_bytes(self) -> int:
        """Length of one record, bytes."""
        return self.sample_bytes * sum(signal.n_per_record for signal in self.signals)


def parse(path: Path, content: bytes) -> Header:
    """Read the header at the start of a file.

    Raises
    ------
    UserError
        When it is cut short or holds something else than it should.
    """
    try:
        return _parse(content)
    except (ValueError, IndexError, OverflowError) as error:
        raise UserError(f"{path}: its EDF or BDF header is damaged; export it again") from error


def _parse(content: bytes) -> Header:
    text = content[:MAIN_BYTES].decode("latin-1")
    n_signals = int(text[252:256])
    fields = content[MAIN_BYTES : MAIN_BYTES + SIGNAL_BYTES * n_signals].decode("latin-1")
    if n_signals < 1 or len(fields) < SIGNAL_BYTES * n_signals:
        raise ValueError(n_signals)
    label, unit = _column(fields, n_signals, 0, 16), _column(fields, n_signals, 96, 8)
    low, high = _numbers(fields, n_signals, 104), _numbers(fields, n_signals, 112)
    digital_low, digital_high = _numbers(fields, n_signals, 120), _numbers(fields, n_signals, 128)
    n_per_record = [int(cell) for cell in _column(fields, n_signals, 216, 8)]
    record_s = float(text[244:252])
    if min(n_per_record) < 0 or sum(n_per_record) < 1 or not 0 < record_s < math.inf:
        raise ValueError(n_per_record)
    signals = []
    for k in range(n_signals):
        span = digital_high[k] - digital_low[k]
        gain = (high[k] - low[k]) / span if span else math.nan
        if not math.isfinite(gain) and label[k] not in ANNOTATIONS:
            raise ValueError(label[k])
        offset = low[k] - digital_low[k] * gain
        signals.append(Signal(label[k], unit[k], gain, offset, n_per_record[k]))
    kind = "BDF" if content[:1] == b"\xff" else "EDF"
    plus = text[192:196] == f"{kind}+"
    return Header(
        format=f"{kind}+" if plus else kind,
        sample_bytes=3 if kind == "BDF" else 2,
        discontinuous=plus and text[196] == "D",
        n_records=int(text[236:244]),
        record_s=record_s,
        signals=tuple(signals),
    )


def _column(fields: str, n_signals: int, start: int, width: int) -> list[str]:
    """One field of every signal: the header holds it for all of them side by side."""
    first = start * n_signals
    return [fields[first + k * width : first + (k + 1) * width].strip() for k in range(n_signals)]


def _numbers(fields: str, n_signals: int, start: int) -> list[float]:
    return [float(cell) for cell in _column(fields, n_signals, start, 8)]

"""EDF, EDF+, BDF and BDF+.

Read here and not by pyedflib, which refuses recordings that ended abruptly, discontinuous files
and a µ in the header, and prints to standard output.
"""

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError
from emg_feedback.store.recordings.edf_header import ANNOTATIONS, Header, parse
from emg_feedback.store.recordings.gaps import fill
from emg_feedback.store.recordings.given import Given, voltages
from emg_feedback.store.recordings.recording import Recording, make_recording


def read(content: bytes, given: Given) -> Recording:
    """Read the voltages of the rate that most channels have; a cut last record is left out."""
    path = given.path
    header = parse(path, content)
    n_records = (len(content) - header.n_bytes) // header.record_bytes
    n_records = min(n_records, header.n_records) if header.n_records >= 0 else n_records
    chosen = _chosen(header)
    if not chosen or n_records < 1:
        raise UserError(f"{path}: holds no samples of a voltage; choose another file")
    n_per_record = header.signals[chosen[0]].n_per_record
    rate_hz = given.rate_hz(n_per_record / header.record_s)
    records = np.frombuffer(
        content, np.uint8, n_records * header.record_bytes, header.n_bytes
    ).reshape(n_records, header.record_bytes)

    ends = header.sample_bytes * np.cumsum([signal.n_per_record for signal in header.signals])
    data_uv = np.empty((n_records * n_per_record, len(chosen)))
    for column, k in enumerate(chosen):
        signal = header.signals[k]
        raw = records[:, ends[k] - header.sample_bytes * n_per_record : ends[k]]
        scale_uv = given.scale_uv(signal.unit)
        digital = _integers(raw, header.sample_bytes)
        data_uv[:, column] = (digital * signal.gain + signal.offset) * scale_uv
    if header.discontinuous:
        lost = np.zeros(len(data_uv), dtype=np.int64)
        lost[::n_per_record] = _lost_before_records(given, header, records, rate_hz)
        data_uv = fill(path, data_uv, lost, rate_hz)
    names = tuple(header.signals[k].label for k in chosen)
    return make_recording(path, data_uv, rate_hz, names, header.format)


def _chosen(header: Header) -> list[int]:
    """Signals in a unit of voltage (or, if there is none, in no unit) of the commonest rate."""
    candidates = [
        k
        for k in voltages([signal.unit for signal in header.signals])
        if header.signals[k].label not in ANNOTATIONS and header.signals[k].n_per_record
    ]
    if not candidates:
        return []
    counts = Counter(header.signals[k].n_per_record for k in candidates)
    commonest = max(counts, key=lambda n_per_record: (counts[n_per_record], n_per_record))
    return [k for k in candidates if header.signals[k].n_per_record == commonest]


def _integers(raw: NDArray[np.uint8], sample_bytes: int) -> NDArray[np.int32]:
    """Little-endian integers of 2 or 3 bytes, in the upper bytes of 4 and shifted down."""
    n_samples = raw.size // sample_bytes
    wide = np.zeros((n_samples, 4), dtype=np.uint8)
    wide[:, 4 - sample_bytes :] = raw.reshape(n_samples, sample_bytes)
    return wide.view("<i4")[:, 0].astype(np.int32) >> (8 * (4 - sample_bytes))


def _lost_before_records(
    given: Given, header: Header, records: NDArray[np.uint8], rate_hz: float
) -> NDArray[np.int64]:
    """Count the samples missing before each record, from the records' own times."""
    widths = [header.sample_bytes * signal.n_per_record for signal in header.signals]
    kept = next((k for k, s in enumerate(header.signals) if s.label in ANNOTATIONS), None)
    try:
        if kept is None:
            raise ValueError(kept)
        start = sum(widths[:kept])
        marks = records[:, start : start + widths[kept]]
        onset_s = np.array([float(mark.tobytes().split(b"\x14")[0]) for mark in marks])
        places = np.rint((onset_s - onset_s[0]) * rate_hz).astype(np.int64)
        n_per_record = round(header.record_s * rate_hz)
        lost: NDArray[np.int64] = np.diff(places, prepend=-n_per_record) - n_per_record
        if lost.min() < 0:
            raise ValueError(lost.min())
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{given.path}: the times of its records are damaged; export it as continuous"
        ) from error
    return lost

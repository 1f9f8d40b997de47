"""The rule that everybody writes first, for comparison."""

import numpy as np

from emg_feedback.bench.onset_cases import Record
from emg_feedback.bench.onset_score import Found
from emg_feedback.bench.onset_sources import in_band, without_mains

WINDOW_S = 0.1
ON_SD, OFF_SD = 6.0, 2.0
# It is told when there is rest: from the filters' settling to the first time a contraction may be.
REST_S = (1.0, 5.5)


def plain_rule(record: Record) -> Found:
    """Find contractions by the RMS over 100 ms: on six scatters above rest, off two above it."""
    rate_hz = record.sample_rate_hz
    heard = without_mains(in_band(record.samples_uv, rate_hz), rate_hz, record.mains_hz)
    width = max(1, round(WINDOW_S * rate_hz))
    rms_uv = np.sqrt(np.convolve(np.square(heard), np.full(width, 1.0 / width))[: len(heard)])
    first, last = (round(s * rate_hz) for s in REST_S)
    mean_uv, sd_uv = float(rms_uv[first:last].mean()), float(rms_uv[first:last].std())
    on, off = rms_uv > mean_uv + ON_SD * sd_uv, rms_uv < mean_uv + OFF_SD * sd_uv
    found: Found = []
    at = last
    while on[at:].any():
        start = at + int(np.argmax(on[at:]))
        at = start + int(np.argmax(off[start:])) if off[start:].any() else len(off)
        onset_s, offset_s = start / rate_hz, at / rate_hz if at < len(off) else None
        found.append(
            {
                "onset_s": onset_s,
                "decided_s": onset_s,
                "offset_s": offset_s,
                "offset_decided_s": offset_s,
            }
        )
    return found

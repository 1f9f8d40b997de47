"""Filter coefficients for a board's sampling rate."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings

BAND_ORDER = 4
NOTCH_WIDTH_HZ = 2.0
MAINS_HARMONICS = 5
LINE_SEGMENT_S = 2.0
LINE_SEGMENTS = 60


def mains_lines_hz(mains_hz: float, sample_rate_hz: float, high_hz: float) -> list[float]:
    """Frequencies, after sampling, of the mains and its harmonics; those inside the band."""
    lines = set()
    for harmonic in range(1, MAINS_HARMONICS + 1):
        half_hz = sample_rate_hz / 2
        folded = abs((harmonic * mains_hz + half_hz) % sample_rate_hz - half_hz)
        if mains_hz / 2 < folded < min(high_hz + 10.0, 0.49 * sample_rate_hz):
            lines.add(round(folded, 6))
    return sorted(lines)


def likely_mains_hz(data_uv: NDArray[np.float64], sample_rate_hz: float) -> Literal[50, 60]:
    """Tell which mains a recording carries, from how far each line stands out of its surroundings.

    Parameters
    ----------
    data_uv : ndarray, shape (n_samples, n_channels)
        NaN where samples were lost.
    """
    n = round(LINE_SEGMENT_S * sample_rate_hz)
    whole = np.asarray(np.isfinite(data_uv).all(axis=1))
    starts = [i for i in range(0, len(data_uv) - n + 1, n) if whole[i : i + n].all()]
    if not starts:
        return 50
    segments = np.stack([data_uv[i : i + n] for i in starts[:LINE_SEGMENTS]])
    power = np.abs(np.fft.rfft(segments * np.hanning(n)[:, None], axis=1)) ** 2
    power = power.mean(axis=0) + np.finfo(float).tiny
    frequency_hz = np.fft.rfftfreq(n, 1 / sample_rate_hz)

    def prominence(line_hz: float) -> float:
        near = np.abs(frequency_hz - line_hz)
        if line_hz + 8.0 > sample_rate_hz / 2:
            return -np.inf
        line, around = power[near <= 1.0], power[(near > 2.0) & (near < 8.0)]
        return float(np.log(line.max(axis=0) / np.median(around, axis=0)).sum())

    return 60 if prominence(60.0) > prominence(50.0) else 50


def design(
    settings: ChainSettings, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Design the band-pass and the mains notches as one cascade.

    Returns
    -------
    sos : ndarray, shape (n_sections, 6)
    steady_state : ndarray, shape (n_sections, 2)
        State of the cascade for a constant input of one.
    """
    from scipy import signal  # takes a second to import: only who filters pays

    low_hz, high_hz = settings.band_hz(sample_rate_hz)
    sections = [
        signal.butter(
            BAND_ORDER, [low_hz, high_hz], btype="bandpass", output="sos", fs=sample_rate_hz
        )
    ]
    if settings.mains_hz is not None:
        for line_hz in mains_lines_hz(settings.mains_hz, sample_rate_hz, high_hz):
            b, a = signal.iirnotch(line_hz, line_hz / NOTCH_WIDTH_HZ, fs=sample_rate_hz)
            sections.append(signal.tf2sos(b, a))
    sos = np.ascontiguousarray(np.vstack(sections))
    return sos, np.ascontiguousarray(signal.sosfilt_zi(sos))

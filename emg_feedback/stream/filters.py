"""Filter coefficients for a board's sampling rate."""

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings

BAND_ORDER = 4
NOTCH_WIDTH_HZ = 2.0
MAINS_HARMONICS = 5


def mains_lines_hz(mains_hz: float, sample_rate_hz: float, high_hz: float) -> list[float]:
    """Frequencies, after sampling, of the mains and its harmonics; those inside the band."""
    lines = set()
    for harmonic in range(1, MAINS_HARMONICS + 1):
        half_hz = sample_rate_hz / 2
        folded = abs((harmonic * mains_hz + half_hz) % sample_rate_hz - half_hz)
        if mains_hz / 2 < folded < min(high_hz + 10.0, 0.49 * sample_rate_hz):
            lines.add(round(folded, 6))
    return sorted(lines)


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

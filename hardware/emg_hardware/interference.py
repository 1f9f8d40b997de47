"""What else an electrode picks up: mains, heart, electrode potential, movement."""

import numpy as np
from numpy.typing import NDArray

MAINS_HARMONICS = {1: 1.0, 2: 0.1, 3: 0.4, 5: 0.2}
DRIFT_HZ = (0.07, 0.19, 0.41)
_HEART_PERIOD_S = 0.85
_WAVES = (
    (-0.16, 0.025, 0.12),
    (-0.03, 0.008, -0.15),
    (0.0, 0.011, 1.0),
    (0.03, 0.009, -0.25),
    (0.25, 0.05, 0.3),
)
"""P, Q, R, S and T as (time from R in s, width in s, height relative to R)."""


def mains(time_s: NDArray[np.float64], mains_hz: float) -> NDArray[np.float64]:
    """Return mains hum of unit RMS with its harmonics, shape of ``time_s``."""
    hum = sum(
        height * np.sin(2 * np.pi * k * mains_hz * time_s + k)
        for k, height in MAINS_HARMONICS.items()
    )
    power = sum(height**2 for height in MAINS_HARMONICS.values()) / 2
    return np.asarray(hum / np.sqrt(power))


def drift(time_s: NDArray[np.float64], phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slow wander of unit RMS.

    Parameters
    ----------
    time_s : ndarray, shape (n_samples,)
    phases : ndarray, shape (n_channels, len(DRIFT_HZ))

    Returns
    -------
    ndarray of float64, shape (n_samples, n_channels)
    """
    angle = 2 * np.pi * np.multiply.outer(time_s, np.array(DRIFT_HZ))[:, None, :] + phases
    return np.asarray(np.sin(angle).sum(axis=-1) / np.sqrt(len(DRIFT_HZ) / 2))


def heartbeat(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return an electrocardiogram with R waves of height 1 and sinus arrhythmia."""
    slow = 0.06 * np.sin(2 * np.pi * 0.25 * time_s)
    from_r_s = (time_s + slow + _HEART_PERIOD_S / 2) % _HEART_PERIOD_S - _HEART_PERIOD_S / 2
    waves = (h * np.exp(-0.5 * ((from_r_s - at) / width) ** 2) for at, width, h in _WAVES)
    return np.asarray(sum(waves))


def movement(rate_hz: float) -> NDArray[np.float64]:
    """Return one tug at the cable: a 4 Hz swing of height 1 that dies away within 0.6 s."""
    time_s = np.arange(int(0.6 * rate_hz)) / rate_hz
    swing = np.exp(-time_s / 0.12) * np.sin(2 * np.pi * 4 * time_s)
    return np.asarray(swing / np.abs(swing).max())

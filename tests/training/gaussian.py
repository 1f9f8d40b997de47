"""Signals like EMG whose level is known."""

import numpy as np


def emg(seed, level_uv, rate_hz=250.0):
    """Gaussian signal from 20 Hz to 0.45 of the rate, or 120 Hz, with a level for every sample."""
    n_samples = len(level_uv)
    white = np.random.default_rng(seed).standard_normal(level_uv.shape)
    f = np.fft.rfftfreq(n_samples, 1.0 / rate_hz)
    passed = (f >= 20.0) & (f <= min(0.45 * rate_hz, 120.0))
    spectrum = np.fft.rfft(white, axis=0) * passed[:, None]
    return level_uv * np.fft.irfft(spectrum / np.sqrt(passed.mean()), n_samples, axis=0)

"""Signals like EMG whose level is known."""

import numpy as np


def emg(seed, level_uv, rate_hz=250.0, band_hz=(20.0, 120.0)):
    """Gaussian signal in a band, up to 0.45 of the rate, with a level for every sample."""
    n_samples = len(level_uv)
    white = np.random.default_rng(seed).standard_normal(level_uv.shape)
    f = np.fft.rfftfreq(n_samples, 1.0 / rate_hz)
    passed = (f >= band_hz[0]) & (f <= min(0.45 * rate_hz, band_hz[1]))
    spectrum = np.fft.rfft(white, axis=0) * passed[:, None]
    return level_uv * np.fft.irfft(spectrum / np.sqrt(passed.mean()), n_samples, axis=0)

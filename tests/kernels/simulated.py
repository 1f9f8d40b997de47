"""Signals with a known truth for the tests of the detector, in µV, as an amplifier gives them."""

import numpy as np

REST_UV = 3.0


def rest(rate_hz, seconds, n_channels=1, seed=0):
    n_samples = round(seconds * rate_hz)
    return np.random.default_rng(seed).normal(0.0, REST_UV, (n_samples, n_channels))


def muscle(rate_hz, n_samples, rms_uv, seed):
    """Gaussian noise with a spectrum like that of muscle: 25 Hz to about 150 Hz."""
    frequency_hz = np.fft.rfftfreq(n_samples, 1 / rate_hz)
    shape = np.where(frequency_hz > 25.0, np.exp(-frequency_hz / 90.0), 0.0)
    spectrum = np.fft.rfft(np.random.default_rng(seed).normal(size=n_samples)) * shape
    x = np.fft.irfft(spectrum, n_samples)
    return x * rms_uv / x.std()


def drive(rate_hz, n_samples, start_s, stop_s, rise_s, fall_s=None):
    """Amplitude from 0 to 1: a foot, a ramp, a plateau, and down again to end at ``stop_s``."""
    t = np.arange(n_samples) / rate_hz
    fall_s = rise_s if fall_s is None else fall_s
    return np.clip(np.minimum((t - start_s) / rise_s, (stop_s - t) / fall_s), 0.0, 1.0)


def contraction(rate_hz, seconds, start_s, stop_s, snr_db, rise_s=0.03, seed=1):
    n_samples = round(seconds * rate_hz)
    x = muscle(rate_hz, n_samples, REST_UV * 10.0 ** (snr_db / 20.0), seed)
    return x * drive(rate_hz, n_samples, start_s, stop_s, rise_s)


def spike(rate_hz, seconds, at_s, peak_uv):
    x = np.zeros(round(seconds * rate_hz))
    x[round(at_s * rate_hz)] = peak_uv
    return x


def step(rate_hz, seconds, at_s, height_uv):
    return np.where(np.arange(round(seconds * rate_hz)) >= round(at_s * rate_hz), height_uv, 0.0)


def mains(rate_hz, seconds, amplitude_uv, from_s=0.0, to_s=np.inf, mains_hz=50.0, n_harmonics=3):
    t = np.arange(round(seconds * rate_hz)) / rate_hz
    x = sum(
        np.cos(2 * np.pi * k * mains_hz * t + 0.7 * k) / k
        for k in range(1, n_harmonics + 1)
        if k * mains_hz < rate_hz / 2
    )
    return np.where((t >= from_s) & (t < to_s), amplitude_uv * x, 0.0)


def heart(rate_hz, seconds, peak_uv, first_s, every_s=0.85, jitter_s=0.03, seed=2):
    """R waves between a Q and an S, with a small T wave behind."""
    random, t = np.random.default_rng(seed), np.arange(round(seconds * rate_hz)) / rate_hz
    x, at_s = np.zeros(len(t)), first_s
    while at_s < seconds:
        for later_s, width_s, height in (
            (-0.022, 0.008, -0.15),
            (0.0, 0.009, 1.0),
            (0.024, 0.010, -0.3),
            (0.25, 0.040, 0.15),
        ):
            near = slice(*np.searchsorted(t, at_s + later_s + 8.0 * width_s * np.array([-1, 1])))
            wave = np.exp(-0.5 * ((t[near] - at_s - later_s) / width_s) ** 2)
            x[near] += peak_uv * height * wave
        at_s += every_s + random.normal(0.0, jitter_s)
    return x

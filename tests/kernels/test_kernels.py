"""Each kernel against its plain-loop twin, SciPy, and every way to cut a stream into blocks."""

import math
from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import emg_kernels as kernels

RATE_HZ = 250.0
SOS = np.ascontiguousarray(
    signal.butter(4, [20.0, 110.0], btype="bandpass", output="sos", fs=RATE_HZ)
)
STEADY = np.ascontiguousarray(signal.sosfilt_zi(SOS))
cuts = st.lists(st.integers(1, 70), min_size=1, max_size=60)


def noise(n_samples, n_channels, seed=0):
    return np.random.default_rng(seed).normal(0.0, 10.0, (n_samples, n_channels))


def in_blocks(process, x, sizes):
    """Run ``process(block) -> out`` over consecutive blocks of the given sizes, then the rest."""
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    return np.vstack([process(x[a:b]) for a, b in pairwise(edges)])


class Filter:
    def __init__(self, n_channels):
        self.state = np.full((len(SOS), 2, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.sosfilt(block, SOS, STEADY, self.state, out)
        return out


class Envelope:
    def __init__(self, n_channels, alpha=0.1):
        self.state = np.full((4, n_channels), np.nan)
        self.alpha = alpha

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.rms_envelope(block, self.alpha, self.state, out)
        return out


def with_losses(x, seed):
    random = np.random.default_rng(seed)
    y = x.copy()
    for _ in range(6):
        start = random.integers(len(x))
        y[start : start + random.integers(1, 12), random.integers(x.shape[1])] = random.choice(
            [np.nan, np.inf, -np.inf]
        )
    return y


def bursts(n_channels, seed):
    x = noise(1500, n_channels, seed) * 0.3
    x[700:1000] *= 8.0
    return x


@pytest.mark.parametrize("n_channels", [1, 3, 16])
def test_sosfilt_twin_and_scipy(n_channels):
    x = noise(600, n_channels) + 5000.0
    out = Filter(n_channels)(x)
    twin = np.column_stack(
        [naive.sosfilt(x[:, c], SOS.tolist(), STEADY.tolist()) for c in range(n_channels)]
    )
    np.testing.assert_allclose(out, twin, rtol=0, atol=1e-9)
    zi = STEADY[:, :, None] * x[0]
    np.testing.assert_allclose(out, signal.sosfilt(SOS, x, axis=0, zi=zi)[0], rtol=0, atol=1e-9)


def test_sosfilt_starts_without_a_transient_and_again_after_a_loss():
    x = np.full((300, 1), 187000.0)
    x[100:120] = np.nan
    out = Filter(1)(x)
    assert np.isnan(out[100:120]).all()
    assert np.abs(out[np.isfinite(out)]).max() < 1e-6


def test_rms_envelope_twin_and_scipy():
    x = noise(500, 3)
    out = Envelope(3)(x)
    twin = np.column_stack([naive.rms_envelope(x[:, c], 0.1) for c in range(3)])
    np.testing.assert_allclose(out, twin, rtol=1e-12)
    smooth, weight = x**2, np.ones_like(x)
    for _ in range(2):
        smooth, weight = (signal.lfilter([0.1], [1.0, -0.9], y, axis=0) for y in (smooth, weight))
    np.testing.assert_allclose(out, np.sqrt(smooth / weight), rtol=1e-9)


def test_rms_envelope_of_a_tone_is_its_rms():
    t = np.arange(2000)[:, None] / RATE_HZ
    out = Envelope(1, alpha=1 - math.exp(-1 / (0.025 * RATE_HZ)))(100 * np.sin(2 * np.pi * 80 * t))
    np.testing.assert_allclose(out[500:], 100 / math.sqrt(2), rtol=0.01)


@pytest.mark.parametrize("make", [Filter, Envelope])
@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(make, sizes, seed):
    x = with_losses(bursts(2, seed), seed)
    x[~np.isfinite(x)] = np.nan
    whole, cut = make(2), make(2)
    np.testing.assert_array_equal(whole(x), in_blocks(cut, x, sizes))


def test_silence_leaves_no_denormal_numbers():
    filter_, envelope = Filter(1), Envelope(1)
    envelope(filter_(noise(500, 1)))
    envelope(filter_(np.zeros((60_000, 1))))
    tiny = np.finfo(float).tiny
    for state in (filter_.state, envelope.state):
        assert not ((state != 0) & (np.abs(state) < tiny)).any()


def test_compile_all_names_every_kernel():
    names = [name for name, _, _ in kernels.compile_all()]
    assert {"bridge_gaps", "sosfilt", "rms_envelope", "detect_contractions"} <= set(names)

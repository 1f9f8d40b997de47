"""The cascade of biquads: SciPy, plain loops, cuts, losses, scale."""

from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import emg_kernels as kernels
from emg_kernels.sos import LARGEST

RATES_HZ = [125.0, 200.0, 250.0, 1000.0, 2000.0, 4000.0]
LOST = [np.nan, np.inf, -np.inf, 1e13, -1e300]


def cascade(rate_hz):
    band_hz = [20.0, min(450.0, 0.45 * rate_hz)]
    sections = [signal.butter(4, band_hz, btype="bandpass", output="sos", fs=rate_hz)]
    for line_hz in (50.0, 150.0):
        if line_hz < rate_hz / 2:
            sections.append(signal.tf2sos(*signal.iirnotch(line_hz, line_hz / 2.0, fs=rate_hz)))
    sos = np.ascontiguousarray(np.vstack(sections))
    return sos, np.ascontiguousarray(signal.sosfilt_zi(sos))


class Filter:
    def __init__(self, n_channels, rate_hz=1000.0):
        self.sos, self.steady_state = cascade(rate_hz)
        self.state = np.full((len(self.sos), 2, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.sosfilt(block, self.sos, self.steady_state, self.state, out)
        return out


def noise(n_samples, n_channels, seed=0):
    return np.random.default_rng(seed).normal(0.0, 10.0, (n_samples, n_channels))


def with_losses(x, seed):
    random, y = np.random.default_rng(seed), x.copy()
    for _ in range(8):
        start = random.integers(len(x))
        channel = random.integers(x.shape[1])
        y[start : start + random.integers(1, 12), channel] = random.choice(LOST)
    return y


def in_blocks(process, x, sizes):
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    return np.vstack([process(x[a:b]) for a, b in pairwise(edges)])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("n_channels", [1, 7, 64])
def test_as_scipy_at_every_rate(rate_hz, n_channels):
    x = noise(2000, n_channels) + 5000.0
    filter_ = Filter(n_channels, rate_hz)
    zi = filter_.steady_state[:, :, None] * x[0]
    expected = signal.sosfilt(filter_.sos, x, axis=0, zi=zi)[0]
    np.testing.assert_allclose(filter_(x), expected, rtol=0, atol=1e-8)


@pytest.mark.parametrize("n_channels", [1, 2, 3, 8, 15, 16, 17, 64, 384])
def test_a_channel_does_not_depend_on_how_many_there_are(n_channels):
    x = with_losses(noise(200, n_channels), 2)
    together = in_blocks(Filter(n_channels), x, [8] * 20)
    for c in sorted({0, n_channels // 2, n_channels - 1}):
        alone = in_blocks(Filter(1), np.ascontiguousarray(x[:, [c]]), [8] * 20)
        np.testing.assert_array_equal(together[:, [c]], alone)


def test_twin_with_losses():
    x = with_losses(noise(800, 3), 4)
    filter_ = Filter(3)
    out, lost = filter_(x), ~(np.abs(x) < LARGEST)
    for c in range(3):
        twin = naive.sosfilt(
            np.where(lost[:, c], np.nan, x[:, c]), filter_.sos.tolist(), filter_.steady_state
        )
        np.testing.assert_allclose(out[:, c], twin, rtol=0, atol=1e-9)


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=60), seed=st.integers(0, 9))
@pytest.mark.parametrize("n_channels", [3, 16])
def test_any_cut_gives_the_same_bits(n_channels, sizes, seed):
    x = with_losses(noise(700, n_channels, seed), seed)
    np.testing.assert_array_equal(Filter(n_channels)(x), in_blocks(Filter(n_channels), x, sizes))


@pytest.mark.parametrize("lost", LOST)
def test_a_loss_stays_where_it_is(lost):
    x = noise(300, 16)
    expected = Filter(16)(x)
    x[100:104, 5] = lost
    out = Filter(16)(x)
    assert np.isnan(out[100:104, 5]).all()
    assert np.isnan(out).sum() == 4
    others = np.arange(16) != 5
    np.testing.assert_array_equal(out[:, others], expected[:, others])


def test_a_million_samples_do_not_drift():
    x = noise(1_000_000, 1, 7) + 187_000.0
    filter_ = Filter(1, 4000.0)
    zi = filter_.steady_state[:, :, None] * x[0]
    expected = signal.sosfilt(filter_.sos, x, axis=0, zi=zi)[0]
    out = in_blocks(filter_, x, [4096] * 244)
    np.testing.assert_allclose(out[-4000:], expected[-4000:], rtol=0, atol=1e-6)
    assert abs(out[-500_000:].mean()) < 1e-3


def test_ten_minutes_of_zeros_leave_no_denormal_number():
    filter_ = Filter(8)
    filter_(noise(1000, 8) * 100.0)
    out = in_blocks(filter_, np.zeros((600_000, 8)), [10_000] * 59)
    tiny = np.finfo(float).tiny
    for numbers in (filter_.state, out[-1000:]):
        assert not ((numbers != 0) & (np.abs(numbers) < tiny)).any()
    assert np.abs(out[-1000:]).max() < 1e-20

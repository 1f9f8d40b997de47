"""Envelope kernels: twins, oracles, every way to cut a stream, losses, silence, long runs."""

import math
from itertools import pairwise

import naive
import naive_envelopes
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import emg_kernels as kernels
from emg_kernels import adaptive, envelope

RATES_HZ = [125.0, 250.0, 1000.0, 4000.0]
FREEDOM, MOVE, JUMP = 0.74, 0.003, 4e-5
LEVELS_UV = np.exp(np.arange(math.log(0.01), math.log(1e4), 0.17))
LEVELS = np.stack([FREEDOM / (2 * LEVELS_UV**2), LEVELS_UV**-FREEDOM, np.log(LEVELS_UV)])
cuts = st.lists(st.integers(1, 70), min_size=1, max_size=40)


def steps(n_channels, seed=0, n_samples=1500):
    """Noise of 4, 60, 60, 1 and 10 µV, a fifth of the time each."""
    x = np.random.default_rng(seed).normal(size=(n_samples, n_channels))
    return x * np.repeat([4.0, 60.0, 60.0, 1.0, 10.0], n_samples // 5)[:, None]


def with_losses(x):
    y = x.copy()
    y[100:103, 0] = np.nan
    y[700, -1] = np.inf
    y[900:1000] = np.nan
    y[1001, 0] = -np.inf
    return y


class Adaptive:
    """Both default envelopes side by side: (n_samples, 2 n_channels)."""

    def __init__(self, n_channels, cell=1.0, longest=60.0, shortest=10.0, freedom=FREEDOM):
        self.settings = np.array([cell, longest, shortest, freedom, 0.03])
        self.state = np.full((adaptive.N_ADAPTIVE, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty((2, *block.shape))
        kernels.adaptive_envelopes(block, self.settings, self.state, out)
        return np.hstack(out)


class Cells(Adaptive):
    def __init__(self, n_channels):
        super().__init__(n_channels, 4.0, 50.0, 5.0, 0.8)


class Moving:
    def __init__(self, n_channels, n_window=25):
        self.ring = np.full((n_window, n_channels), np.nan)
        self.state = np.full((envelope.N_MOVING, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.moving_mean(np.square(block), self.ring, self.state, out)
        return out


class Damped:
    def __init__(self, n_channels):
        self.state = np.full((envelope.N_DAMPED, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.rms_envelope(block, 0.03, self.state, out)
        return out


class Drive:
    def __init__(self, n_channels):
        self.state = np.full((n_channels, LEVELS.shape[1]), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.drive_envelope(block, LEVELS, MOVE, JUMP, self.state, out)
        return out


ALL = [Adaptive, Cells, Moving, Damped, Drive]


@pytest.mark.parametrize(("cell", "longest", "shortest"), [(1, 60, 10), (4, 50, 5), (7, 20.5, 2)])
def test_adaptive_twin(cell, longest, shortest):
    x = with_losses(steps(3))
    out = Adaptive(3, cell, longest, shortest)(x)
    twin = [naive_envelopes.adaptive(x[:, c], cell, longest, shortest, FREEDOM) for c in range(3)]
    np.testing.assert_allclose(out[:, :3], np.transpose(twin), rtol=1e-9)


@pytest.mark.parametrize("cell", [1.0, 4.0])
def test_the_slow_envelope_is_the_critically_damped_one_to_the_bit(cell):
    x = with_losses(steps(2))
    np.testing.assert_array_equal(Adaptive(2, cell)(x)[:, 2:], Damped(2)(x))


def test_damped_twin_with_losses():
    x = with_losses(steps(2))
    x[~np.isfinite(x)] = np.nan
    twin = [naive.rms_envelope(x[:, c], 0.03) for c in range(2)]
    np.testing.assert_allclose(Damped(2)(x), np.transpose(twin), rtol=1e-12)


@pytest.mark.parametrize("n_window", [1, 2, 25, 400])
def test_moving_mean_twin(n_window):
    x = with_losses(steps(2))
    twin = [naive_envelopes.moving_mean(x[:, c] ** 2, n_window) for c in range(2)]
    np.testing.assert_allclose(Moving(2, n_window)(x), np.transpose(twin), rtol=1e-12)


def test_moving_mean_against_scipy():
    x = steps(2)
    expected = signal.lfilter(np.ones(25) / 25, 1.0, x**2, axis=0)
    np.testing.assert_allclose(Moving(2)(x)[25:], expected[25:], rtol=1e-9)


def test_drive_twin():
    x = with_losses(steps(2))[550:1050]
    twin = [naive_envelopes.drive(x[:, c], LEVELS_UV, FREEDOM, MOVE, JUMP) for c in range(2)]
    np.testing.assert_allclose(Drive(2)(x), np.transpose(twin), rtol=1e-9)


@pytest.mark.parametrize("make", ALL)
@given(sizes=cuts, seed=st.integers(0, 3))
def test_any_cut_gives_the_same_bits(make, sizes, seed):
    x = with_losses(steps(2, seed))
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    cut = make(2)
    parts = np.vstack([cut(x[a:b]) for a, b in pairwise(edges)])
    np.testing.assert_array_equal(make(2)(x), parts)


@pytest.mark.parametrize("make", ALL)
@pytest.mark.parametrize("n_channels", [1, 5, 384])
def test_channels_do_not_touch_each_other(make, n_channels):
    x = np.repeat(steps(2)[500:1250], [1, n_channels - 1] if n_channels > 1 else [1, 0], axis=1)
    x[50:60, 0] = np.nan
    out, alone = make(n_channels)(x), make(1)(np.ascontiguousarray(x[:, -1:]))
    np.testing.assert_array_equal(out[:, n_channels - 1 :: n_channels], alone)


@pytest.mark.parametrize("make", ALL)
def test_a_loss_is_nan_and_all_starts_anew_after_it(make):
    x = steps(1)
    x[200:210] = np.nan
    x[400] = np.inf
    out, fresh = make(1)(x), make(1)(x[401:])
    np.testing.assert_array_equal(np.isnan(out).all(axis=1), ~np.isfinite(x[:, 0]))
    np.testing.assert_array_equal(out[401:], fresh)


@pytest.mark.parametrize("make", [Adaptive, Cells, Moving, Damped])
def test_scale(make):
    x = steps(2)
    np.testing.assert_allclose(make(2)(1e3 * x), make(2)(x) * (1e6 if make is Moving else 1e3))


@pytest.mark.parametrize("make", ALL)
def test_zeros_after_a_burst_leave_nothing_behind(make):
    process = make(1)
    process(steps(1) * 1e3)
    out = process(np.zeros((60_000, 1)))
    assert (out[-1] < (0.02 if make is Drive else 1e-15)).all()
    states = [process.state] if make is not Moving else [process.state, process.ring]
    for state in states:
        assert not ((state != 0) & (np.abs(state) < np.finfo(float).tiny)).any()
    back = process(steps(1)[300:900])
    assert back[-1, 0] == pytest.approx(make(1)(steps(1)[300:900])[-1, 0], rel=0.05)


def test_moving_sum_does_not_drift():
    x = np.random.default_rng(9).normal(0.0, 1e5, (1_000_000, 1))
    x[500_000:] *= 1e-7
    assert Moving(1)(x)[-1, 0] == pytest.approx(np.mean(x[-25:] ** 2), rel=1e-12)


def test_adaptive_does_not_drift_in_a_million_samples():
    x = np.random.default_rng(9).normal(0.0, 10.0, (1_000_000, 1))
    process = Adaptive(1)
    process(x)
    again = Adaptive(1)
    np.testing.assert_allclose(process(x[:5000])[1000:], again(x[:5000])[1000:], rtol=1e-6)


def test_memory_of_everything_ends_at_a_change():
    out = Adaptive(200, longest=60.0, shortest=15.0)(steps(200))[:, :200]
    held, fell = out[300:600], out[900:1200]
    assert np.median(held[30:].mean(axis=0)) == pytest.approx(60.0, rel=0.02)
    assert (np.median(held[20:], axis=1) > 0.9 * 60.0).all()
    assert np.median(fell[40]) < 0.05 * 60.0

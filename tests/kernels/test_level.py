"""Bins of power and the fit of a rise against their plain-loop twins."""

import math

import naive_features
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_kernels import bin_levels, fit_rise, level

cuts = st.lists(st.integers(1, 90), min_size=1, max_size=40)


class Bins:
    def __init__(self, n_channels, size=3, wait=4, delay=7, memory=20):
        self.settings = np.array([size, wait, memory])
        self.state = np.zeros((level.N_STATE, n_channels))
        self.ring = np.full((delay, n_channels), np.nan)
        self.first = 0

    def __call__(self, x, envelope, active):
        out = np.empty((len(x) // self.settings[0] + 1, level.N_ROWS, x.shape[1]))
        n = bin_levels(x, envelope, active, self.settings, self.first, self.state, self.ring, out)
        self.first += len(x)
        return out[:n]


def stream(n_samples, n_channels, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(0.0, 5.0, (n_samples, n_channels))
    envelope = np.abs(random.normal(5.0, 2.0, x.shape))
    active = np.zeros(x.shape, np.bool_)
    for start in range(150, n_samples, 400):
        x[start : start + 100] *= 9.0
        active[start + 10 : start + 110, ::2] = True
    x[random.random(x.shape) < 0.02] = np.nan
    x[200:230] = np.inf
    envelope[~np.isfinite(x)] = np.nan
    return x, envelope, active


@pytest.mark.parametrize("n_channels", [1, 3, 384])
def test_bins_twin(n_channels):
    x, envelope, active = stream(1000, n_channels)
    bins = Bins(n_channels)(x, envelope, active)
    for c in {0, n_channels // 2, n_channels - 1}:
        twin = naive_features.bin_levels(
            x[:, c].tolist(), envelope[:, c].tolist(), active[:, c].tolist(), 3, 4, 7, 20
        )
        np.testing.assert_allclose(bins[:, :, c], twin, rtol=1e-12, atol=1e-20)


@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bins(sizes, seed):
    x, envelope, active = stream(1200, 2, seed)
    whole, cut, start, parts = Bins(2)(x, envelope, active), Bins(2), 0, []
    for size in [*sizes, len(x)]:
        part = slice(start, start + size)
        parts.append(cut(x[part], envelope[part], active[part]))
        start += size
    np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_rest_does_not_drift_and_is_not_dragged_up_by_contractions():
    random = np.random.default_rng(2)
    x = random.normal(0.0, 2.0, (300_000, 1))
    active = np.zeros(x.shape, np.bool_)
    for start in range(5000, len(x), 10_000):
        x[start : start + 4000] *= 30.0
        active[start + 15 : start + 4010] = True
    bins = Bins(1, size=10, wait=30, delay=50, memory=300)
    rest = bins(x, np.abs(x), active)[2000:, level.BIN_REST, 0]
    assert np.sqrt(rest.mean()) == pytest.approx(2.0, rel=0.01)
    assert np.sqrt(rest.max()) < 2.4


def test_silence_leaves_no_denormal_numbers():
    x = np.zeros((200_000, 1))
    x[:1000] = 100.0
    bins = Bins(1, size=1, wait=1, delay=1, memory=5)
    bins(x, x, np.zeros(x.shape, np.bool_))
    rest = bins.state[level.REST, 0]
    assert rest == 0.0 or np.finfo(float).tiny < rest < 1e-40


def fit(power, ramps, first, last, rest, height):
    out = np.zeros(2)
    fit_rise(
        np.array(power), np.array(ramps), np.array([first, last]), np.array([rest, height]), out
    )
    return tuple(out)


@given(seed=st.integers(0, 200), rest=st.floats(0.01, 2.0))
def test_rise_twin(seed, rest):
    random = np.random.default_rng(seed)
    power = random.exponential(1.0, 40)
    power[: random.integers(5, 30)] *= 0.1
    power[random.random(40) < 0.05] = math.nan
    ramps = [1.0, 2.5, 6.0, 14.3]
    found = fit(power, ramps, 4, 25, rest, 1.0)
    assert found == naive_features.fit_rise(power.tolist(), ramps, 4, 25, rest, 1.0)


@pytest.mark.parametrize(("foot", "ramp"), [(12, 2.0), (20, 8.0), (15, 16.0)])
def test_a_clean_rise_is_found_where_it_is(foot, ramp):
    shape = np.clip((np.arange(60) + 0.5 - foot) / ramp, 0.0, 1.0)
    assert fit(1.0 + 50.0 * shape**2, [2.0, 4.0, 8.0, 16.0], 5, 30, 1.0, 50.0) == (foot, ramp)

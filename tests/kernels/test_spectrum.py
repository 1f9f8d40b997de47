"""Products at each lag against their plain-loop twin and NumPy."""

import naive_features
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_kernels import lag_products

cuts = st.lists(st.integers(1, 90), min_size=1, max_size=40)
N_LAGS = 9


class Lags:
    def __init__(self, n_channels, stride=1, n_lags=N_LAGS):
        self.state = np.zeros((n_lags, n_channels))
        self.sums = np.zeros((n_lags + 1, n_channels))
        self.stride = stride
        self.first = 0

    def __call__(self, x, active):
        lag_products(x, active, self.stride, self.first, self.state, self.sums)
        self.first += len(x)
        return self.sums


def stream(n_samples, n_channels, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(0.0, 5.0, (n_samples, n_channels))
    x[random.random(x.shape) < 0.03] = np.nan
    x[50:53] = -np.inf
    active = np.zeros(x.shape, np.bool_)
    active[20:120] = active[180:, ::2] = True
    return x, active


@pytest.mark.parametrize("stride", [1, 4])
@pytest.mark.parametrize("n_channels", [1, 3, 384])
def test_twin(n_channels, stride):
    x, active = stream(300, n_channels)
    sums = Lags(n_channels, stride)(x, active)
    for c in {0, n_channels // 2, n_channels - 1}:
        twin = naive_features.lag_products(x[:, c].tolist(), active[:, c].tolist(), N_LAGS, stride)
        np.testing.assert_allclose(sums[:, c], twin, rtol=1e-12, atol=1e-10)


@given(sizes=cuts, stride=st.integers(1, 5), seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(sizes, stride, seed):
    x, active = stream(1200, 2, seed)
    whole, cut, start = Lags(2, stride), Lags(2, stride), 0
    whole(x, active)
    for size in [*sizes, len(x)]:
        cut(x[start : start + size], active[start : start + size])
        start += size
    np.testing.assert_array_equal(cut.sums, whole.sums)
    np.testing.assert_array_equal(cut.state, whole.state)


def test_is_the_autocorrelation_over_a_million_samples():
    x = np.random.default_rng(1).normal(0.0, 1e3, (1_000_000, 1))
    sums = Lags(1)(x, np.ones(x.shape, np.bool_))[:, 0]
    expected = [np.dot(x[lag:, 0], x[: len(x) - lag, 0]) for lag in range(N_LAGS)]
    np.testing.assert_allclose(sums[:-1], expected, rtol=1e-9, atol=1e-9 * expected[0])
    assert sums[-1] == len(x)


def test_only_a_contraction_counts():
    x, active = stream(300, 2)
    np.testing.assert_array_equal(Lags(2)(x, np.zeros_like(active)), 0.0)

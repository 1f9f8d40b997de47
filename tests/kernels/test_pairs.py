"""Sums of pairs against their plain-loop twin."""

import math

import naive_features
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_kernels import pair_sums, pairs

cuts = st.lists(st.integers(1, 90), min_size=1, max_size=40)


def stream(n_samples, n_channels, seed=0):
    random = np.random.default_rng(seed)
    envelope = np.abs(random.normal(40.0, 20.0, (n_samples, n_channels)))
    envelope[random.random(envelope.shape) < 0.05] = np.nan
    envelope[70:75] = np.inf
    return envelope, random.random(envelope.shape) < 0.4


def run(envelope, active, reference, which, keep, state=None):
    state = np.zeros((pairs.N_STATE, len(which))) if state is None else state
    pair_sums(envelope, active, reference, np.array(which, np.int64).reshape(-1, 2), keep, state)
    return state


@pytest.mark.parametrize("keep", [1.0, 0.99])
@pytest.mark.parametrize("n_channels", [2, 384])
def test_twin(n_channels, keep):
    envelope, active = stream(400, n_channels)
    reference = np.linspace(50.0, 100.0, n_channels)
    which = [(0, 1), (n_channels - 1, 0)]
    state = run(envelope, active, reference, which, keep)
    intensity = envelope / reference
    for p, (a, b) in enumerate(which):
        twin = naive_features.pair_sums(
            *(intensity[:, c].tolist() for c in (a, b)), *(active[:, c] for c in (a, b)), keep
        )
        np.testing.assert_allclose(state[:, p], twin, rtol=1e-12)


@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(sizes, seed):
    envelope, active = stream(1200, 3, seed)
    reference, which = np.array([50.0, 60.0, 70.0]), [(0, 1), (1, 2)]
    whole = run(envelope, active, reference, which, 0.999)
    cut, start = np.zeros_like(whole), 0
    for size in [*sizes, len(envelope)]:
        part = slice(start, start + size)
        if start < len(envelope):
            run(envelope[part], active[part], reference, which, 0.999, cut)
        start += size
    np.testing.assert_array_equal(cut, whole)


def test_nothing_counts_without_a_reference():
    envelope, active = stream(400, 2)
    state = run(envelope, active, np.array([50.0, math.nan]), [(0, 1)], 0.99)
    np.testing.assert_array_equal(state, 0.0)


def test_forgetting_sums_do_not_drift():
    level = np.full((1_000_000, 2), [30.0, 10.0])
    state = run(level, np.ones(level.shape, np.bool_), np.ones(2), [(0, 1)], 0.999)
    np.testing.assert_allclose(state[:3, 0] / 1000.0, [30.0, 10.0, 10.0], rtol=1e-9)

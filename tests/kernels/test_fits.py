"""Fits with known responses claim what least squares claim, whatever the burst is."""

from functools import lru_cache

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_config import ChainSettings
from emg_feedback.stream import filters
from emg_feedback.stream.shapes import Shapes, factors_of
from emg_kernels import fits

N_BURST = 60
project, claimed_by, subtract_known, fit, subtract_fit = (
    numba.njit(error_model="numpy")(helper)
    for helper in (
        fits.project, fits.claimed_by, fits.subtract_known, fits.fit, fits.subtract_fit,
    )
)  # fmt: skip


@lru_cache
def known(rate_hz, mains_hz):
    settings = ChainSettings(mains_hz=mains_hz)
    shapes = Shapes(settings, rate_hz, filters.design(settings, rate_hz)[0])
    responses = shapes.responses(2 * N_BURST)
    return responses, factors_of(responses, N_BURST), 2 * min(5, len(shapes.lines))


@pytest.mark.parametrize("mains_hz", [50, 60, None])
@pytest.mark.parametrize("rate_hz", [125.0, 200.0, 250.0, 1000.0, 4000.0])
@given(seed=st.integers(0, 2**32 - 1), start=st.integers(0, 30), data=st.data())
def test_responses_claim_what_least_squares_claim(rate_hz, mains_hz, seed, start, data):
    responses, factors, n_lines = known(rate_hz, mains_hz)
    groups = [(fits.IMPULSE, 3), (fits.JUMP, 1), (fits.LINES, n_lines)]
    first, most = data.draw(st.sampled_from(groups if n_lines else groups[:2]))
    n = data.draw(st.integers(1, most))
    stop = data.draw(st.integers(start + n + 4, N_BURST))
    scratch = np.zeros((fits.N_SCRATCH, N_BURST))
    scratch[fits.SEEN] = seen = np.random.default_rng(seed).standard_normal(N_BURST)
    regressors = responses[first : first + n, : stop - start]
    # As in `fit` a ridge keeps responses apart that are alike in so few samples.
    energies = (1.0 + fits.RIDGE) * np.square(regressors).sum(axis=1) + fits.LEAST_RIDGE
    products = regressors @ regressors.T
    np.fill_diagonal(products, energies)
    with_burst = regressors @ seen[start:stop]
    coefficients = np.linalg.solve(products, with_burst)
    project(scratch, responses, factors, first, most, start, stop)
    assert claimed_by(scratch, n) == pytest.approx(coefficients @ with_burst, rel=1e-6, abs=1e-9)
    subtract_known(scratch, responses, factors, first, n, start, stop)
    left = seen.copy()[:stop]
    left[start:] -= coefficients @ regressors
    np.testing.assert_allclose(scratch[fits.LEFT, :stop], left, atol=1e-6)
    scratch[:n, start:stop] = regressors
    assert fit(scratch, n, start, stop) == pytest.approx(claimed_by(scratch, n), rel=1e-6, abs=1e-9)
    subtract_fit(scratch, scratch[:, start:stop], n, start, stop)
    np.testing.assert_allclose(scratch[fits.LEFT, :stop], left, atol=1e-6)

"""When did it begin, when did it end: the dating of events against known feet."""

import naive_onset
import numba
import numpy as np
import pytest
import simulated as sim
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback import Chain
from emg_kernels import dating

STEP_S, N_STEPS, FREE = 0.008, 60, 3.0
foot_of_rise = numba.njit(error_model="numpy")(dating.foot_of_rise)


def ramp(rise_s, foot, gain, seed):
    """Mean power of each step: chi-square about rest and a ramp of the amplitude."""
    random = np.random.default_rng(seed)
    up = np.clip((np.arange(N_STEPS) + 0.5 - foot) * STEP_S / rise_s, 0.0, 1.0)
    return (1.0 + gain * up**2) * random.chisquare(FREE, N_STEPS) / FREE


def foot_of(power):
    room = np.zeros((dating.N_ROOM, len(power)))
    return foot_of_rise(power, room, len(power), STEP_S, FREE, 0.0)


@given(
    n=st.integers(0, N_STEPS),
    seed=st.integers(0, 1000),
    gain=st.sampled_from([0.0, 1.0, 30.0, 1e4]),
    free=st.floats(0.2, 8.0),
    later=st.sampled_from([0.0, 0.04]),
)
def test_twin(n, seed, gain, free, later):
    power = 4.0 * ramp(0.1, 20, gain, seed)[:n]
    room = np.zeros((dating.N_ROOM, max(n, 1)))
    foot = foot_of_rise(power / 4.0, room, n, STEP_S, free, later)
    other = naive_onset.foot_of_rise(power, STEP_S, 4.0, free, later)
    assert foot == pytest.approx(other, abs=1e-9)
    assert 0.0 <= foot <= n


def test_no_rise_has_its_foot_at_the_end():
    assert foot_of(np.full(N_STEPS, 0.5)) == N_STEPS


@pytest.mark.parametrize("rise_s", [0.03, 0.1, 0.2, 0.3])
@pytest.mark.parametrize("gain_db", [10.0, 20.0])
def test_the_foot_of_a_ramp_is_unbiased(rise_s, gain_db):
    gain = 10.0 ** (gain_db / 10.0)
    feet = [foot_of(ramp(rise_s, 20.0, gain, seed)) for seed in range(200)]
    assert abs(np.median(feet) - 20.0) * STEP_S < 0.015 + 0.05 * rise_s


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("rise_s", [0.03, 0.1, 0.3])
def test_onset_and_offset_of_ramps_in_noise(rate_hz, rise_s):
    x = sim.rest(rate_hz, 7.0, 30, 9)
    for c in range(30):
        x[:, c] += sim.contraction(rate_hz, 7.0, 3.0, 5.0, 15.0, rise_s, seed=c)
    events = Chain(30, rate_hz).push(x).events
    for kind, truth_s in (("onset", 3.0), ("offset", 5.0)):
        errors_s = np.array([e.sample / rate_hz - truth_s for e in events if e.kind == kind])
        near = errors_s[np.abs(errors_s) < 0.5]
        assert 30 <= len(near) <= 31
        # The first third of a slow ramp cannot be told from rest at 15 dB.
        assert abs(np.median(near)) < 0.035 + 0.15 * rise_s
        assert np.median(np.abs(near)) < 0.04 + 0.2 * rise_s

"""Evidence, and the false starts that its threshold stands for."""

import naive_onset
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_kernels import evidence

LEARNT_S = 1.55


def false_starts_per_minute(rate_hz, asked, minutes=40.0, n_channels=40):
    seconds = 60.0 * minutes / n_channels + LEARNT_S
    x = np.random.default_rng(3).normal(0.0, 3.0, (round(seconds * rate_hz), n_channels))
    settings = ChainSettings(false_starts_per_minute=asked)
    events = Chain(n_channels, rate_hz, settings).push(x).events
    return sum(event.kind == "onset" for event in events) / minutes


@pytest.mark.parametrize(("rate_hz", "minutes"), [(250.0, 40.0), (500.0, 30.0), (2000.0, 40.0)])
def test_white_noise_starts_no_more_than_was_asked_for(rate_hz, minutes):
    found = [false_starts_per_minute(rate_hz, asked, minutes) for asked in (1.0, 6.0)]
    assert found[0] < 1.5
    assert 0.1 < found[1] < 6.0


def test_the_setting_is_a_sensitivity():
    found = [false_starts_per_minute(250.0, asked, 20.0) for asked in (0.1, 0.5, 2.0, 10.0, 60.0)]
    assert found[0] <= 0.3
    assert found == sorted(found)
    assert len(set(found)) == len(found)


@given(
    y=st.lists(st.floats(-100.0, 100.0), min_size=1, max_size=100),
    rest_power=st.floats(0.1, 100.0),
    freedom=st.floats(0.05, 1.0),
)
def test_sums_are_those_of_the_twin(y, rest_power, freedom):
    sums = np.zeros(evidence.N_RATIOS)
    most = evidence.rise_of(np.array(y), len(y), rest_power, freedom, sums)
    np.testing.assert_allclose(sums, naive_onset.rise_sums(y, rest_power, freedom), atol=1e-9)
    assert most == sums.max() >= 0.0


def test_rest_speaks_against_a_rise_and_a_risen_variance_for_it():
    random = np.random.default_rng(1)
    for k, ratio in enumerate(evidence.RATIOS):
        steps = {
            power: [evidence.add_rise(1e6, k, power * z * z, 1.0) - 1e6 for z in normal]
            for power, normal in (
                (1.0, random.normal(size=5000)),
                (ratio, random.normal(size=5000)),
            )
        }
        assert np.mean(steps[1.0]) < 0.0 < np.mean(steps[ratio])


def test_one_sample_is_never_enough():
    steps = [evidence.add_rise(0.0, k, 1e12, 1.0) for k in range(evidence.N_RATIOS)]
    assert max(steps) <= 0.5 * evidence.MOST_OF_A_SAMPLE


def test_rest_ends_a_contraction_and_what_lasts_does_not():
    total = 0.0
    for square in np.square(np.random.default_rng(2).normal(size=300)):
        total = evidence.add_fall(total, square, 1.0)
    assert total > 20.0
    for square in 3.0 * np.square(np.random.default_rng(3).normal(size=300)):
        total = evidence.add_fall(total, square, 1.0)
    assert total < 5.0

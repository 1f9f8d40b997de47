from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_config.errors import UserError
from emg_feedback.store.recordings.gaps import fill, lost_before

RATE_HZ = 250.0


def arrivals(taken_s, burst_s=0.02):
    """Stamps of samples that wait for the end of their burst."""
    return np.ceil(np.asarray(taken_s) / burst_s) * burst_s


def test_counter_that_wraps_loses_nothing():
    assert not lost_before(RATE_HZ, counter=np.arange(1000) % 256).any()


@pytest.mark.parametrize("step", [1, 2])
def test_counter_shows_small_losses_across_the_wrap(step):
    kept = np.delete(np.arange(1000), [10, 127, 128, 129, 600])
    lost = lost_before(RATE_HZ / step, counter=kept * step % 256)
    assert lost.sum() == 5
    assert lost[10] == 1
    assert lost[kept.searchsorted(130)] == 3


def test_clock_resolves_whole_turns_of_the_counter():
    kept = np.delete(np.arange(4000), np.arange(1000, 1000 + 3 * 256 + 7))
    lost = lost_before(RATE_HZ, arrivals(kept / RATE_HZ), kept % 256)
    assert lost[1000] == lost.sum() == 3 * 256 + 7


def test_restarted_counter_follows_the_clock():
    counter = np.concatenate((np.arange(600), np.arange(900))) % 256
    taken_s = np.concatenate((np.arange(600), np.arange(900) + 600 + 2600)) / RATE_HZ
    lost = lost_before(RATE_HZ, arrivals(taken_s), counter)
    assert lost[600] == lost.sum()
    assert abs(lost.sum() - 2600) <= 25


def test_restarted_counter_without_a_pause_loses_nothing():
    counter = np.concatenate((np.arange(35), np.arange(900))) % 256
    assert not lost_before(RATE_HZ, arrivals(np.arange(935) / RATE_HZ), counter).any()


def test_clock_alone_finds_a_pause_in_bursts():
    kept = np.delete(np.arange(5000), np.arange(2000, 2400))
    lost = lost_before(200.0, arrivals(kept / 200.0, burst_s=0.05))
    assert np.flatnonzero(lost).tolist() == [2000]
    assert abs(lost.sum() - 400) <= 10


def test_two_pauses_shortly_after_each_other():
    kept = np.delete(np.arange(5000), np.r_[2000:2400, 2500:2700])
    lost = lost_before(200.0, arrivals(kept / 200.0))
    assert np.flatnonzero(lost).tolist() == [2000, 2100]
    assert abs(lost.sum() - 600) <= 8


def test_stalled_link_that_catches_up_loses_nothing():
    stamps_s = arrivals(np.arange(5000) / 200.0)
    stamps_s[2000:2600] = np.maximum(stamps_s[2000:2600], stamps_s[2000] + 3)
    assert not lost_before(200.0, stamps_s).any()


@given(st.integers(0, 2**32 - 1), st.floats(0.001, 0.48))
def test_jitter_never_looks_like_loss(seed, burst_s):
    jitter_s = np.random.default_rng(seed).exponential(0.005, 2000).clip(max=0.01)
    stamps_s = np.maximum.accumulate(arrivals(np.arange(2000) / RATE_HZ, burst_s) + jitter_s)
    assert not lost_before(RATE_HZ, stamps_s).any()
    assert not lost_before(RATE_HZ, stamps_s, np.arange(2000) % 256).any()


def test_clock_of_the_samples_shows_each_loss():
    kept = np.delete(np.arange(100), [10, 50, 51])
    lost = lost_before(1000.0, kept / 1000.0)
    assert (lost[10], lost[49], lost.sum()) == (1, 2, 3)


def test_fill_keeps_time():
    data = np.arange(6.0).reshape(3, 2)
    filled = fill(Path("file"), data, np.array([0, 2, 0]), RATE_HZ)
    np.testing.assert_array_equal(filled[[0, 3, 4]], data)
    assert np.isnan(filled[1:3]).all()


def test_hours_of_pause_are_refused():
    with pytest.raises(UserError, match=r"file: pauses for 2\.0 h after sample 0; split it"):
        fill(Path("file"), np.zeros((2, 1)), np.array([0, 7200 * 250]), RATE_HZ)

"""Numbering, losses and dates, without a board or a clock."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback.stream.acquisition import Acquisition
from emg_hardware.source import RawSamples

RATE_HZ = 250.0


def raw(indices):
    """Samples whose value is their own true index."""
    indices = np.asarray(indices, np.int64)
    unknown = np.full(len(indices), np.nan)
    return RawSamples(indices % 256, indices[:, None].astype(float), unknown, unknown)


def deliver(acquisition, lumps):
    """Push ``(indices, time)`` lumps, with empty reads in between as an engine makes them."""
    blocks = []
    for indices, t in lumps:
        blocks += acquisition.push(raw(indices), t)
        blocks += acquisition.push(raw([]), t + 0.001)
    return blocks


def assert_true_numbers(blocks):
    for block in blocks:
        np.testing.assert_array_equal(
            block.data_uv[:, 0], block.first_sample + np.arange(block.n_samples)
        )


def steady(start, stop, late_s=0.002, size=5):
    return [
        (range(i, min(i + size, stop)), 1000.0 + min(i + size, stop) / RATE_HZ + late_s)
        for i in range(start, stop, size)
    ]


def test_nothing_lost():
    acquisition = Acquisition(RATE_HZ, 256)
    blocks = deliver(acquisition, steady(0, 2000))
    assert_true_numbers(blocks)
    assert acquisition.lost == 0
    assert acquisition.received == 2000
    for one, following in pairwise(blocks):
        assert following.first_sample == one.first_sample + one.n_samples


@pytest.mark.parametrize("n_lost", [1, 37, 254, 255, 256, 300, 1000, 12_345])
def test_losses_are_counted_beyond_the_turns_of_the_counter(n_lost):
    acquisition = Acquisition(RATE_HZ, 256)
    blocks = deliver(acquisition, [*steady(0, 600), *steady(600 + n_lost, 1400 + n_lost)])
    assert_true_numbers(blocks)
    assert acquisition.lost == n_lost
    assert [b.lost_before for b in blocks if b.lost_before] == [n_lost]


@pytest.mark.parametrize("late_s", [0.2, 0.9, 3.0])
@pytest.mark.parametrize("n_lost", [1, 100, 300, 600])
@pytest.mark.parametrize("before", [0, 7])
def test_losses_are_counted_by_a_computer_that_hangs(n_lost, late_s, before):
    acquisition = Acquisition(RATE_HZ, 256)
    sent = [*range(600, 600 + before), *range(600 + before + n_lost, 2000)]
    awake = 1000.0 + 600 / RATE_HZ + late_s
    lumps = [
        (sent[i : i + 5], max(awake + i * 1e-4, 1000.002 + (sent[i : i + 5][-1] + 1) / RATE_HZ))
        for i in range(0, len(sent), 5)
    ]
    blocks = deliver(acquisition, [*steady(0, 600), *lumps])
    assert acquisition.lost == n_lost
    assert_true_numbers(blocks)


def test_a_loss_inside_a_lump_is_counted_where_it_is():
    acquisition = Acquisition(RATE_HZ, 256)
    lump = [*range(600, 650), *range(950, 1000)]
    blocks = deliver(
        acquisition, [*steady(0, 600), (lump, 1000.0 + 1000 / RATE_HZ), *steady(1000, 1600)]
    )
    assert acquisition.lost == 300
    assert_true_numbers(blocks)


def test_a_stalled_link_that_catches_up_lost_nothing():
    acquisition = Acquisition(RATE_HZ, 256)
    lumps = [
        *steady(0, 500),
        (range(500, 560), 1000.0 + 1300 / RATE_HZ),
        (range(560, 900), 1000.0 + 1303 / RATE_HZ),
        (range(900, 1310), 1000.0 + 1310 / RATE_HZ),
        *steady(1310, 1700),
    ]
    blocks = deliver(acquisition, lumps)
    assert_true_numbers(blocks)
    assert acquisition.lost == 0


def test_a_counter_that_starts_again_is_not_taken_for_a_loss():
    acquisition = Acquisition(RATE_HZ, 256)
    deliver(acquisition, steady(0, 600))
    acquisition.push(raw(range(5)), 1000.0 + 605 / RATE_HZ)  # a board that was reset
    assert acquisition.lost == 0


def test_a_first_sample_that_comes_twice_is_no_loss():
    acquisition = Acquisition(RATE_HZ, 256)
    acquisition.push(raw([7, 7, 8, 9]), 1000.0)
    assert acquisition.lost == 0


@pytest.mark.parametrize("share", [0.99, 1.01])
def test_a_board_off_its_nominal_rate_loses_nothing_in_a_stall(share):
    acquisition = Acquisition(RATE_HZ, 256)
    times = {i: 1000.0 + i / (share * RATE_HZ) for i in range(0, 15_500, 5)}
    late = times[15_000] + 0.5
    for i, t in times.items():
        acquisition.push(raw(range(i, i + 5)), max(t, late) if i >= 15_000 else t)
        acquisition.push(raw([]), max(t, late) + 0.001 if i >= 15_000 else t)
    acquisition.push(raw([]), late + 5.0)
    assert acquisition.lost == 0


@given(
    runs=st.lists(st.tuples(st.integers(1, 60), st.integers(0, 120)), min_size=3, max_size=40),
    size=st.integers(1, 40),
)
def test_any_pattern_of_losses(runs, size):
    sent, index = list(range(500)), 500
    for received, lost in runs:
        sent += range(index, index + received)
        index += received + lost
    acquisition = Acquisition(RATE_HZ, 256)
    lumps = [
        (sent[i : i + size], 1000.0 + (sent[min(i + size, len(sent)) - 1] + 1) / RATE_HZ)
        for i in range(0, len(sent), size)
    ]
    blocks = deliver(acquisition, [*lumps, ([], lumps[-1][1] + 1.0)])
    assert_true_numbers(blocks)
    assert sum(b.n_samples for b in blocks) == len(sent)
    assert acquisition.lost == sent[-1] + 1 - len(sent)


def test_dates_lie_on_a_line_though_arrivals_are_bursty():
    random = np.random.default_rng(2)
    true_rate_hz = RATE_HZ * (1 + 40e-6)
    acquisition = Acquisition(RATE_HZ, 256)
    errors, late = [], []
    for i in range(0, 30_000, 10):
        taken = 1000.0 + (i + 9) / true_rate_hz
        arrival = taken + 0.001 + random.exponential(0.008)
        for block in acquisition.push(raw(range(i, i + 10)), arrival):
            if i > 5000:
                errors.append(block.t_sample - (taken + 0.001))
                late.append(block.t_arrive - block.t_sample)
    assert np.ptp(errors) < 0.003
    assert np.abs(np.median(errors)) < 0.0015
    assert np.std(late) > 0.006


@pytest.mark.parametrize("n_lost", [100, 1000, 12_345, 900_000])
@pytest.mark.parametrize("counter", [0, 77])
def test_of_a_board_that_was_started_again_the_time_tells_what_was_lost(n_lost, counter):
    acquisition = Acquisition(RATE_HZ, 256)
    blocks = deliver(acquisition, steady(0, 2000))
    for k, (indices, t) in enumerate(steady(2000 + n_lost, 3000 + n_lost)):
        late_s = 0.03 if k == 0 else 0.0
        fresh = raw(indices)
        counted = (np.asarray(indices) - indices[0] + 5 * k + counter) % 256
        blocks += acquisition.push(replace(fresh, counter=counted, anew=k == 0), t + late_s)
        blocks += acquisition.push(raw([]), t + late_s + 0.001)
    assert_true_numbers(blocks)
    assert (acquisition.lost, acquisition.received) == (n_lost, 3000)

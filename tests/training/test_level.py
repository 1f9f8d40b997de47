"""The level that scores are made from: steady in a hold, sharp at a change, however it is cut."""

import numpy as np
import pytest
from gaussian import emg
from hypothesis import given, settings
from hypothesis import strategies as st

from emg_feedback.training.level import LevelTrack

RATE_HZ = 250.0
N_HOLDS = 24
HOLD_S, AFTER_S = 4.0, 2.0


def tracked(signal_uv, rate_hz=RATE_HZ, size=25):
    track = LevelTrack(signal_uv.shape[1], rate_hz)
    for start in range(0, len(signal_uv), size):
        track.add(signal_uv[start : start + size])
    return track.levels(), track.cell


def held(seed, shape=1.0):
    """Levels of many holds, wavering by 3 % as muscles do, and the time from the start of each."""
    t_s = np.arange(0.0, HOLD_S + AFTER_S, 1.0 / RATE_HZ)[:, None]
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0.0, 2.0 * np.pi, (3, N_HOLDS))
    waver = sum(
        np.sin(2.0 * np.pi * f * t_s + p) for f, p in zip((0.3, 0.7, 1.3), phases, strict=True)
    )
    level = np.where(t_s < HOLD_S, shape, 0.02) * np.resize([15.0, 60.0, 150.0], N_HOLDS)
    return level * (1.0 + 0.03 * np.sqrt(2.0 / 3.0) * waver), t_s


def shares(levels_uv, cell, low_uv, high_uv):
    """Share of each hold in the band, the first second left out."""
    rows = slice(round(1.0 * RATE_HZ / cell), round(HOLD_S * RATE_HZ / cell))
    judged = levels_uv[rows]
    return np.mean((judged >= low_uv) & (judged <= high_uv), axis=0)


@pytest.mark.parametrize("seed", range(4))
def test_holds_off_an_edge_are_right_within_one_percent(seed):
    truth, _ = held(seed)
    aim = np.resize([15.0, 60.0, 150.0], N_HOLDS)
    levels, cell = tracked(emg(seed, truth))

    def errors(off):
        bands = ((1.0 - off, 9.0, 1.0), (0.0, 1.0 + off, 1.0), (1.0 + off, 9.0, 0.0))
        return np.abs([shares(levels, cell, a * aim, b * aim) - share for a, b, share in bands])

    assert errors(0.25).max() <= 0.01
    assert np.mean(errors(0.1) <= 0.01) >= 0.95


def test_it_is_twice_as_steady_as_the_slow_envelope():
    truth, _ = held(5)
    levels, cell = tracked(emg(5, truth))
    rows = slice(round(RATE_HZ / cell), round(3.8 * RATE_HZ / cell))
    error = np.log(levels[rows] / truth[cell // 2 :: cell][: len(levels)][rows])
    assert np.sqrt(np.mean(error**2)) <= 0.05
    assert abs(error.mean()) <= 0.01


@pytest.mark.parametrize("seconds", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("depth", [0.0, 0.3])
def test_who_drops_out_of_the_band_loses_just_that_time(seconds, depth):
    t_s = np.arange(0.0, HOLD_S + AFTER_S, 1.0 / RATE_HZ)[:, None]
    truth, _ = held(6, np.where((t_s >= 1.5) & (t_s < 1.5 + seconds), max(depth, 0.01), 1.0))
    aim = np.resize([15.0, 60.0, 150.0], N_HOLDS)
    levels, cell = tracked(emg(6, truth))
    error = shares(levels, cell, 0.7 * aim, 1.5 * aim) - (3.0 - seconds) / 3.0
    assert np.median(np.abs(error)) <= 0.01
    assert np.abs(error).max() <= (0.03 if depth == 0.0 else 0.06)


def test_what_goes_in_and_out_slowly_is_followed():
    t_s = np.arange(0.0, HOLD_S + AFTER_S, 1.0 / RATE_HZ)[:, None]
    truth, _ = held(7, np.exp(np.sin(2.0 * np.pi * 0.5 * t_s)))
    aim = np.resize([15.0, 60.0, 150.0], N_HOLDS)
    levels, cell = tracked(emg(7, truth))
    rows = slice(round(RATE_HZ), round(HOLD_S * RATE_HZ))
    inside = np.mean((truth >= 0.8 * aim)[rows], axis=0)
    error = np.abs(shares(levels, cell, 0.8 * aim, 99.0 * aim) - inside)
    assert np.median(error) <= 0.04
    assert error.max() <= 0.12


@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0])
@pytest.mark.parametrize("ramp_s", [0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3])
@pytest.mark.parametrize("falling", [True, False])
def test_a_burst_that_sets_in_or_ends_crosses_an_edge_when_it_does(rate_hz, ramp_s, falling):
    rng = np.random.default_rng(round(1e3 * ramp_s))
    rest, work = 3.0, 3.0 * np.exp(rng.uniform(np.log(20.0), np.log(60.0), 48))
    t_s = np.arange(0.0, 3.0 + ramp_s, 1.0 / rate_hz)[:, None]
    end_s = 1.6 + rng.uniform(0.0, 0.032, len(work))
    truth = np.hypot(rest, work * np.clip(1.0 - (t_s - end_s) / ramp_s, 0.0, 1.0))
    truth = truth if falling else truth[::-1]
    levels, cell = tracked(emg(13, truth, rate_hz), rate_hz)
    near = np.arange(round(1.0 * rate_hz), round((2.0 + ramp_s) * rate_hz))
    middles = (np.arange(len(levels)) + 0.5) * cell - 0.5
    late_s = np.concatenate([
        [
            np.mean(np.interp(near, middles, told) >= edge) - np.mean(true[near] >= edge)
            for told, true, edge in zip(levels.T, truth.T, share * work, strict=True)
        ]
        for share in (0.25, 0.5, 0.75)
    ]) * len(near) / rate_hz  # fmt: skip
    assert abs(np.median(late_s)) <= 0.020
    assert np.mean(np.abs(late_s) <= 0.030) >= (0.5 if ramp_s > 0.2 else 0.75)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 130), min_size=1, max_size=40), st.integers(0, 699))
def test_no_cut_of_the_stream_changes_a_level(sizes, lost):
    signal_uv = emg(8, np.full((700, 2), 40.0))
    signal_uv[lost] = np.nan
    whole, _ = tracked(signal_uv, size=700)
    track, start = LevelTrack(2, RATE_HZ), 0
    for size in [*sizes, 700]:
        track.add(signal_uv[start : start + size])
        start += size
    np.testing.assert_array_equal(track.levels(), whole)


def test_what_is_lost_is_unknown_and_harms_nothing_else():
    signal_uv = emg(9, np.full((1000, 2), 40.0))
    whole, cell = tracked(signal_uv)
    signal_uv[400, 0], signal_uv[500, 1] = np.nan, np.inf
    levels, _ = tracked(signal_uv)
    gone = np.zeros(levels.shape, bool)
    gone[400 // cell, 0] = gone[500 // cell, 1] = True
    np.testing.assert_array_equal(np.isnan(levels), gone)
    np.testing.assert_allclose(levels[~gone], whole[~gone], rtol=0.05)


@pytest.mark.parametrize("rate_hz", [125.0, 200.0, 250.0, 1000.0, 4000.0])
@pytest.mark.parametrize("n_channels", [1, 16])
def test_the_level_is_the_rms_at_every_rate(rate_hz, n_channels):
    signal_uv = emg(10, np.full((round(6.0 * rate_hz), n_channels), 50.0), rate_hz)
    levels, cell = tracked(signal_uv, rate_hz, size=500)
    assert len(levels) == round(6.0 * rate_hz) // cell
    assert np.exp(np.log(levels).mean()) == pytest.approx(50.0, rel=0.06)


@pytest.mark.parametrize("level_uv", [0.0, 1e-9, 1e6])
def test_no_level_is_out_of_bounds(level_uv):
    levels, _ = tracked(np.full((1000, 1), level_uv))
    assert np.isfinite(levels).all()
    assert 0.4 < levels.min() <= levels.max() < 5100.0


def test_what_is_kept_does_not_grow_but_for_the_levels():
    def kept():
        arrays = (one for one in vars(track).values() if isinstance(one, np.ndarray))
        return sum(one.nbytes for one in arrays) - track._levels.nbytes  # noqa: SLF001

    track = LevelTrack(1, RATE_HZ)
    signal_uv = emg(11, np.full((5000, 1), 30.0))
    before = kept()
    for start in range(0, 5000, 100):
        track.add(signal_uv[start : start + 100])
    assert kept() == before
    assert track.levels().shape == (1250, 1)
    assert LevelTrack(3, RATE_HZ).levels().shape == (0, 3)


def test_levels_may_be_asked_for_before_the_end():
    signal_uv = emg(12, np.full((1000, 2), 30.0))
    whole, _ = tracked(signal_uv)
    track = LevelTrack(2, RATE_HZ)
    track.add(signal_uv[:600])
    assert track.levels().shape == (150, 2)
    track.add(signal_uv[600:])
    np.testing.assert_array_equal(track.levels(), whole)

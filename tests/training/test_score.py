"""The score of one repetition: however its samples come, and what is in the band between cells."""

import msgspec
import numpy as np
import pytest
from gaussian import emg
from hypothesis import given, settings
from hypothesis import strategies as st

from emg_config.protocol import Hold, Muscle
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.smear import Smear
from emg_feedback.training.score import Repetition, time_above

RATE_HZ, N_HOLD, N_SEEN = 250.0, 500, 1100
EXERCISE = Hold(
    name="t",
    title="Test",
    region="knee",
    muscles=(Muscle(name="A", target=(0.3, 0.5)), Muscle(name="B", role="watch")),
    hold_s=2.0,
)
EDGES = (Edge("onset", 0, 1080, 1100), Edge("offset", 0, 1560, 1600))


def repetition(behind, contracting=False):
    return Repetition(
        number=(1, 1),
        first_sample=1000,
        n_hold=N_HOLD,
        sample_rate_hz=RATE_HZ,
        mvc_uv=np.array([200.0, 100.0]),
        rest_uv=np.array([3.0, 3.0]),
        roles=["train", "watch"],
        units=["mvc", "mvc"],
        contracting=np.array([contracting, False]),
        behind=behind,
    )


def scored(signal_uv, sizes, behind):
    """Score a signal that comes in blocks of such sizes, cut where the hold ends."""
    one, start = repetition(behind), 0
    edges = list(EDGES)
    band = np.array([[60.0, 100.0], [np.nan, np.nan]])
    for size in [*sizes, N_HOLD, N_SEEN]:
        stop = min(start + size, N_HOLD if start < N_HOLD else start + one.n_left)
        bands = np.tile(band, (stop - start, 1, 1)) if start < N_HOLD else None
        one.add(signal_uv[start:stop], bands)
        while edges and edges[0].decided_sample < 1000 + stop:
            one.note(edges.pop(0), None)
        start = stop
        if one.n_left == 0:
            break
    return msgspec.to_builtins(one.score(EXERCISE))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(1, 300), max_size=20), st.integers(-1, N_SEEN - 1))
def test_no_cut_of_the_stream_changes_the_score(sizes, lost):
    t = np.arange(N_SEEN)[:, None]
    shape = np.clip((t - 75) / 50, 0.0, 1.0) * np.clip((570 - t) / 50, 0.0, 1.0)
    signal_uv = emg(1, np.hypot(3.0, np.hstack([80.0 * shape, 0.0 * shape])))
    signal_uv[lost if lost >= 0 else slice(0, 0)] = np.nan
    behind = Smear(0.014, (50.0, 100.0))
    whole = scored(signal_uv, [], behind)
    told = scored(signal_uv, sizes, behind)
    np.testing.assert_equal(told, whole)
    if lost < 0:
        channel = whole["channels"][0]
        assert channel["onset_latency_s"] == pytest.approx(0.286, abs=0.03)
        assert channel["release_s"] == pytest.approx(0.266, abs=0.04)


def test_a_delay_of_the_signal_is_no_delay_of_the_muscle():
    t = np.arange(N_SEEN)[:, None]
    on = (t >= 75) & (t < 565)
    level = np.hypot(3.0, np.hstack([80.0 * on, 0.0 * on]))
    signal_uv = emg(2, level)
    early = scored(signal_uv, [], Smear())["channels"][0]
    late = scored(np.roll(signal_uv, 10, axis=0), [], Smear(0.04))["channels"][0]
    for name in ("onset_latency_s", "release_s", "time_in_band", "mean"):
        assert late[name] == pytest.approx(early[name], abs=0.02)


def timed(*bursts_s, contracting=False):
    """Score a repetition in which the detector saw such bursts; return its first channel."""
    t_s = np.arange(N_SEEN)[:, None] / RATE_HZ
    on = np.zeros((N_SEEN, 1), np.bool_)
    for start_s, stop_s in bursts_s:
        on |= (t_s >= start_s) & (t_s < stop_s)
    signal_uv = emg(3, np.hypot(3.0, np.hstack([80.0 * on, 0.0 * on])))
    one = repetition(Smear(), contracting)
    one.add(signal_uv[:N_HOLD], np.full((N_HOLD, 2, 2), np.nan))
    one.add(signal_uv[N_HOLD:], None)
    for number, (start_s, stop_s) in enumerate(bursts_s):
        start, stop = (1000 + round(RATE_HZ * at_s) for at_s in (start_s, stop_s))
        if start >= 1000:
            one.note(Edge("onset", 0, start, start), None)
        one.note(Edge("offset", 0, stop, stop), 0.1 * (1 + number))
    return one.score(EXERCISE).channels[0]


def about(seconds):
    return seconds if seconds is None else pytest.approx(seconds, abs=0.03)


@pytest.mark.parametrize(
    ("bursts_s", "onset_s", "rise_s", "release_s"),
    [
        ([(0.3, 2.4)], 0.3, 0.1, 0.4),
        ([(0.2, 0.3), (0.8, 2.4)], 0.8, 0.2, 0.4),
        ([(0.2, 0.3), (0.8, 0.9)], 0.2, 0.1, None),
        ([(0.2, 0.4), (0.5, 2.4)], 0.2, 0.1, 0.4),
        ([(0.3, 2.2), (2.3, 2.7)], 0.3, 0.1, 0.7),
        ([(0.3, 2.2), (2.6, 3.2)], 0.3, 0.1, 0.2),
        ([(0.3, 1.5), (2.6, 3.0), (3.1, 3.3)], 0.3, 0.1, None),
    ],
    ids=["plain", "twitch", "twitches", "pause", "pause late", "again", "early"],
)
def test_from_the_first_lasting_burst_to_the_last_one_that_goes_on(
    bursts_s, onset_s, rise_s, release_s
):
    channel = timed(*bursts_s)
    assert channel.onset_latency_s == about(onset_s)
    assert channel.rise_s == pytest.approx(rise_s)
    assert channel.release_s == about(release_s)


def test_who_contracts_as_the_hold_begins_has_no_onset_unless_it_is_over_at_once():
    assert timed((-0.1, 2.4), contracting=True).onset_latency_s is None
    assert timed((-0.1, 2.4), contracting=True).release_s == about(0.4)
    assert timed((-0.1, 0.1), (0.5, 2.4), contracting=True).onset_latency_s == about(0.5)


@pytest.mark.parametrize(
    ("distance", "share"),
    [
        ([1.0, 1.0], 1.0),
        ([-1.0, -1.0], 0.0),
        ([1.0, -1.0], 0.5),
        ([-1.0, 3.0], 0.75),
        ([3.0, -1.0, -1.0], 0.375),
        ([0.0, 0.0], 1.0),
        ([2.0], 1.0),
        ([-2.0], 0.0),
    ],
)
def test_time_above_is_told_between_the_cells(distance, share):
    assert time_above(np.array(distance)) == pytest.approx(share)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0.0, 1e6))
def test_time_above_is_a_share_and_falls_with_the_edge(levels, higher):
    distance = np.array(levels)
    assert 0.0 <= time_above(distance - higher) <= time_above(distance) <= 1.0

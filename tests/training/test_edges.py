"""Onset and release dated anew: near the truth, however the stream is cut, and never far off."""

import math

import numpy as np
import pytest
from gaussian import emg
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from emg_config import ChainSettings
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.filters import design
from emg_feedback.stream.smear import NO_SMEAR, Smear, smear
from emg_feedback.training.edges import REACH_S, Date, EdgeTrack, foot, without_following

REST_UV, WORK_UV = 3.0, 80.0
FOOT_S = 0.6


def risen(seed, rise_s, rate_hz, n_channels=40, work_uv=WORK_UV):
    """Signals whose amplitude rises from rest at `FOOT_S`, shape (n_samples, n_channels)."""
    t_s = np.arange(0.0, 1.8, 1.0 / rate_hz)[:, None]
    level = np.hypot(REST_UV, work_uv * np.clip((t_s - FOOT_S) / rise_s, 0.0, 1.0))
    return emg(seed, np.tile(level, (1, n_channels)), rate_hz)


def dated(signal_uv, rate_hz, seen_s=FOOT_S, backward=False):
    """Date the onset of every channel, or (backward in time) the end; seconds."""
    n_samples, n_channels = signal_uv.shape
    track = EdgeTrack(np.full(n_channels, REST_UV), rate_hz, NO_SMEAR, n_samples)
    track.add(signal_uv)
    for channel in range(n_channels):
        track.note(("offset" if backward else "onset", channel, 0), round(seen_s * rate_hz))
    return np.array(list(track.dates().values()))[:, 0] / rate_hz


@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0, 4000.0])
@pytest.mark.parametrize("rise_s", [0.03, 0.1, 0.2, 0.35])
def test_the_foot_is_told_within_20_ms(rise_s, rate_hz):
    off_s = dated(risen(1, rise_s, rate_hz), rate_hz, FOOT_S + 0.03) - FOOT_S
    assert abs(np.median(off_s)) <= 0.008
    assert np.mean(np.abs(off_s) <= 0.020) >= 0.9
    assert np.abs(off_s).max() <= 0.050


@pytest.mark.parametrize("fall_s", [0.1, 0.3])
def test_the_end_is_told_as_well(fall_s):
    signal_uv = risen(2, fall_s, 250.0)[::-1]
    end_s = len(signal_uv) / 250.0 - FOOT_S
    off_s = dated(signal_uv, 250.0, end_s - 0.02, backward=True) - end_s
    assert abs(np.median(off_s)) <= 0.010
    assert np.mean(np.abs(off_s) <= 0.040) >= 0.95


@pytest.mark.parametrize("lasts_s", [0.15, 0.3])
def test_a_twitch_is_told_as_well(lasts_s):
    t_s = np.arange(0.0, 1.35, 1.0 / 250.0)[:, None]
    shape = np.clip((t_s - FOOT_S) / 0.1, 0.0, 1.0)
    shape *= np.clip((FOOT_S + 0.1 + lasts_s - t_s) / 0.1, 0.0, 1.0)
    signal_uv = emg(9, np.tile(np.hypot(REST_UV, WORK_UV * shape), (1, 40)))
    off_s = dated(signal_uv, 250.0, FOOT_S + 0.03) - FOOT_S
    assert np.mean(np.abs(off_s) <= 0.020) >= 0.9


@pytest.mark.parametrize("work_uv", [6.0, 12.0, 25.0])
def test_a_weak_contraction_is_told_less_sharply_but_no_further_than_it_looks(work_uv):
    off_s = dated(risen(3, 0.2, 250.0, work_uv=work_uv), 250.0, FOOT_S + 0.04) - FOOT_S
    assert abs(np.median(off_s)) <= 0.050
    assert np.abs(off_s).max() <= REACH_S + 0.04 + 0.008


def near_the_mains(fall_s, rate_hz, n_channels):
    """A muscle whose power is around 50 Hz lets go in strong mains; return it, and when."""
    end_s = 4.0
    t_s = np.arange(0.0, 5.5, 1.0 / rate_hz)[:, None]
    work = 300.0 * np.clip((end_s - t_s) / fall_s, 0.0, 1.0) * (t_s >= 2.0)
    raw_uv = emg(11, np.tile(work, (1, n_channels)), rate_hz, (35.0, 65.0))
    raw_uv += emg(12, np.full(raw_uv.shape, REST_UV), rate_hz)
    return raw_uv + 20.0 * np.sin(2.0 * np.pi * 50.03 * t_s), end_s


def test_what_the_canceller_adds_after_work_is_taken_out():
    rate_hz, chain = 250.0, Chain(16, 250.0)
    raw_uv, end_s = near_the_mains(0.002, rate_hz, 16)
    filtered_uv, behind, end = chain.push(raw_uv).filtered_uv, smear(chain), round(end_s * rate_hz)
    still = np.stack(
        [without_following(one, end + 5, rate_hz, behind, REST_UV) for one in filtered_uv.T], axis=1
    )
    after = slice(end + 20, end + 70)
    assert np.square(filtered_uv[after]).mean() > 5.0 * REST_UV**2
    assert np.square(still[after]).mean() < 2.0 * REST_UV**2
    one = filtered_uv[:, 0]
    np.testing.assert_array_equal(still[: end - 30, 0], one[: end - 30])
    np.testing.assert_array_equal(without_following(one, end, rate_hz, NO_SMEAR, REST_UV), one)


@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0])
@pytest.mark.parametrize("fall_s", [0.005, 0.05, 0.2])
@pytest.mark.parametrize("rest_uv", [REST_UV, math.nan], ids=["rest", "no rest"])
def test_the_end_of_a_muscle_near_the_mains_is_told_as_well(rest_uv, fall_s, rate_hz):
    raw_uv, end_s = near_the_mains(fall_s, rate_hz, 32)
    chain = Chain(32, rate_hz)
    track = EdgeTrack(np.full(32, rest_uv), rate_hz, smear(chain), len(raw_uv))
    track.add(chain.push(raw_uv).filtered_uv)
    for channel in range(32):
        track.note(("offset", channel, 0), round((end_s + 0.02) * rate_hz))
    off_s = np.array(list(track.dates().values()))[:, 0] / rate_hz - end_s
    assert abs(np.median(off_s)) <= 0.010
    assert np.mean(np.abs(off_s) <= 0.040) >= (0.9 if math.isnan(rest_uv) else 1.0)


@pytest.mark.parametrize("rate_hz", [125.0, 250.0, 1000.0, 4000.0])
@pytest.mark.parametrize(
    "chain_settings",
    [ChainSettings(), ChainSettings(high_hz=50.0), ChainSettings(mains_filter="notch")],
    ids=["band", "narrow band", "notches"],
)
def test_what_was_filtered_forward_becomes_what_is_filtered_backward(chain_settings, rate_hz):
    sos, _ = design(chain_settings, rate_hz)
    quiet = np.zeros(round(5.0 * rate_hz))
    muscle = np.random.default_rng(0).standard_normal(round(rate_hz))
    signal_uv = np.concatenate([quiet, muscle, quiet])
    behind = smear(Chain(1, rate_hz, chain_settings))
    turned = behind.backward(signal.sosfilt(sos, signal_uv))
    np.testing.assert_allclose(
        np.abs(turned), np.abs(signal.sosfilt(sos, signal_uv[::-1])), atol=1e-6
    )
    assert NO_SMEAR.backward(muscle).tolist() == muscle[::-1].tolist()


@pytest.mark.parametrize("mains_filter", ["adaptive", "notch"])
@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0])
@pytest.mark.parametrize("fall_s", [0.002, 0.05, 0.2])
def test_however_abruptly_a_muscle_lets_go_it_is_told(fall_s, rate_hz, mains_filter):
    end_s, n_channels = 4.0, 32
    t_s = np.arange(0.0, 5.5, 1.0 / rate_hz)[:, None]
    work = WORK_UV * np.clip((end_s - t_s) / fall_s, 0.0, 1.0) * (t_s >= 2.0)
    raw_uv = emg(10, np.tile(np.hypot(REST_UV, work), (1, n_channels)), rate_hz)
    chain = Chain(n_channels, rate_hz, ChainSettings(mains_filter=mains_filter))
    track = EdgeTrack(np.full(n_channels, REST_UV), rate_hz, smear(chain), len(raw_uv))
    track.add(chain.push(raw_uv).filtered_uv)
    for channel in range(n_channels):
        track.note(("offset", channel, 0), round((end_s + 0.02) * rate_hz))
    off_s = np.array(list(track.dates().values()))[:, 0] / rate_hz - end_s
    assert abs(np.median(off_s)) <= 0.010
    assert np.mean(np.abs(off_s) <= 0.040) >= 0.95


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=30), st.integers(-1, 449))
def test_no_cut_of_the_stream_changes_a_date(sizes, lost):
    signal_uv = risen(5, 0.2, 250.0, n_channels=2)
    signal_uv[lost if lost >= 0 else slice(0, 0)] = np.nan
    behind = Smear(0.01, (50.0, 100.0))

    def told(sizes):
        track = EdgeTrack(np.full(2, REST_UV), 250.0, behind, len(signal_uv) - 30)
        start, noted = 0, False
        for size in sizes:
            track.add(signal_uv[start : start + size])
            start += size
            if start >= 170 and not noted:
                noted = True
                track.note(("onset", 0, 0), 155)
                track.note(("offset", 1, 0), 160)
        return track.dates()

    assert told([*sizes, 10_000]) == told([10_000])


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 99),
    at=st.integers(-1, 450),
    shape=st.sampled_from(["rest", "work", "zero", "huge", "step", "nan", "inf"]),
    rate_hz=st.sampled_from([4.0, 125.0, 250.0, 4000.0]),
)
def test_a_date_is_near_what_the_detector_saw(seed, at, shape, rate_hz):
    x = np.random.default_rng(seed).standard_normal(450)
    x[:] = {"rest": x, "work": 1e3 * x, "zero": 0.0 * x, "huge": 1e150 * x}.get(shape, x)
    if shape == "step":
        x[at:] *= 1e6
    if shape in ("nan", "inf"):
        x[at // 2] = math.nan if shape == "nan" else math.inf
    date = foot(x, at, rate_hz, REST_UV, 0.05)
    size = max(1, round(0.004 * rate_hz))
    assert date is None or abs(date.at - at) <= REACH_S * rate_hz + size
    assert date is None or date.earliest <= date.at <= date.latest


def test_without_rest_before_it_what_was_measured_is_taken():
    signal_uv = risen(6, 0.2, 250.0)[round(0.55 * 250.0) :]
    told = [foot(one, 20, 250.0, REST_UV, 0.05).at for one in signal_uv.T]
    assert np.mean(np.abs(np.array(told) - 12.5) <= 5.0) >= 0.85
    assert foot(signal_uv[:, 0], 20, 250.0, math.nan, 0.05) is None


def test_what_is_lost_or_gone_leaves_the_detectors_date():
    signal_uv = risen(7, 0.2, 250.0, n_channels=1)
    signal_uv[160] = np.nan
    assert dated(signal_uv, 250.0, 0.62)[0] == pytest.approx(round(0.62 * 250.0) / 250.0)
    track = EdgeTrack(np.full(1, REST_UV), 250.0, NO_SMEAR, 10_000)
    for _ in range(1000):
        track.add(np.ones((10, 1)))
    track.note(("onset", 0, 0), 5)
    assert track.dates() == {("onset", 0, 0): Date(5.0, -25.0, 35.0)}


def test_memory_is_bounded():
    track = EdgeTrack(np.full(8, REST_UV), 250.0, NO_SMEAR, 1_000_000)
    block = np.ones((10, 8))
    for number in range(3000):
        track.add(block)
        track.note(("onset", number % 8, 0), 10 * number)
    assert sum(map(len, track._blocks)) <= 500  # noqa: SLF001
    assert not track._around  # noqa: SLF001
    assert len(track.dates()) == 8


@pytest.mark.parametrize(("rate_hz", "most_s"), [(125.0, 0.03), (250.0, 0.012), (1000.0, 0.004)])
def test_the_delay_is_that_of_the_filters(rate_hz, most_s):
    chain = Chain(1, rate_hz)
    alone = smear(chain)
    assert 0.0 < alone.delay_s <= most_s
    assert smear(chain, 0.006).delay_s == pytest.approx(alone.delay_s + 0.006)
    heart = Chain(1, rate_hz, ChainSettings(ecg_channels=(0,)))
    assert smear(heart).delay_s == pytest.approx(alone.delay_s + heart.late_samples / rate_hz)
    assert heart.late_samples / rate_hz > 0.1
    n = round(3.0 * rate_hz)
    level = np.where(np.arange(2 * n) < n, 0.0, WORK_UV)[:, None]
    chain = Chain(64, rate_hz, ChainSettings(mains_hz=None))
    power = np.square(chain.push(emg(8, np.tile(level, (1, 64)), rate_hz)).filtered_uv).mean(axis=1)
    settled = power[n + round(0.5 * rate_hz) :].mean()
    smooth = np.convolve(power, np.ones(3) / 3.0, "same")
    came = np.argmax(smooth[n - 1 :] >= 0.5 * settled) - 1
    assert came / rate_hz == pytest.approx(alone.delay_s, abs=0.006 + 1.5 / rate_hz)


def test_where_no_canceller_is_nothing_is_taken_out():
    assert smear(Chain(1, 250.0, ChainSettings(mains_hz=None))).lines_hz == ()
    assert smear(Chain(1, 250.0, ChainSettings(mains_filter="notch"))).lines_hz == ()
    assert smear(Chain(1, 250.0)).lines_hz == (50.0, 100.0)

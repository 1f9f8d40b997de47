"""The measures of a contraction, on contractions whose measures are known."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.intensity import Contractions

DELAY_S = 0.05


def features_of(x, edges, rate_hz, first_sample=0):
    """Features as a chain would give them, with edges that are told ``0.1 s`` late."""
    late = round(0.1 * rate_hz)
    active, events = np.zeros(x.shape, np.bool_), []
    for channel, onset, offset in edges:
        active[onset + late : offset + late, channel] = True
        for kind, sample in (("onset", onset), ("offset", offset)):
            if sample + late < len(x):
                events.append(
                    Edge(kind, channel, first_sample + sample, first_sample + sample + late)
                )
    events.sort(key=lambda edge: edge.decided_sample)
    n = round(2 * DELAY_S * rate_hz)
    power = np.vstack([np.zeros((1, x.shape[1])), np.cumsum(np.nan_to_num(x) ** 2, axis=0)])
    envelope = np.sqrt((power[1:] - power[np.maximum(np.arange(len(x)) + 1 - n, 0)]) / n)
    envelope[~np.isfinite(x)] = np.nan
    return Features(first_sample, x, envelope, envelope, active, events)


def part(features, start, stop):
    cut = slice(start, stop)
    return Features(
        features.first_sample + start,
        *(
            getattr(features, name)[cut]
            for name in ("filtered_uv", "envelope_uv", "slow_envelope_uv", "active")
        ),
        [edge for edge in features.events if start <= edge.decided_sample < stop],
    )


def trapezoid(rate_hz, rise_s, hold_s, release_s, start_s=4.0, after_s=2.0):
    time_s = np.arange(round((start_s + rise_s + hold_s + release_s + after_s) * rate_hz)) / rate_hz
    end_s = start_s + rise_s + hold_s + release_s
    shape = np.minimum((time_s - start_s) / rise_s, (end_s - time_s) / release_s)
    return np.clip(shape, 0.0, 1.0), start_s, end_s


def measure(rate_hz, snr_db, seed, rise_s=0.2, hold_s=1.6, release_s=0.2, wrong_s=(0.0, 0.0)):
    random = np.random.default_rng(seed)
    shape, start_s, end_s = trapezoid(rate_hz, rise_s, hold_s, release_s)
    rest, carrier = random.normal(0.0, 1.0, (2, len(shape), 1))
    x = 3.0 * rest + 3.0 * 10 ** (snr_db / 20) * shape[:, None] * carrier
    edges = [(0, round((start_s + wrong_s[0]) * rate_hz), round((end_s + wrong_s[1]) * rate_hz))]
    (found,) = Contractions(1, rate_hz, DELAY_S).push(features_of(x, edges, rate_hz))
    return found.intensity, 3.0 * 10 ** (snr_db / 20)


@pytest.mark.parametrize("wrong_s", [(0.0, 0.0), (-0.05, 0.05), (0.05, -0.05)])
@pytest.mark.parametrize(("rise_s", "release_s"), [(0.03, 0.3), (0.3, 0.03)])
@pytest.mark.parametrize("snr_db", [6, 20])
def test_the_level_is_unbiased_whatever_the_ramps_the_rest_and_the_dating(
    snr_db, rise_s, release_s, wrong_s
):
    ratios = []
    for seed in range(30):
        found, level_uv = measure(
            250.0, snr_db, seed, rise_s=rise_s, release_s=release_s, wrong_s=wrong_s
        )
        ratios.append(found.level_uv / level_uv)
    # A mean over n samples scatters by 1 / sqrt(2 n), at 6 dB by 1.25 times that for the rest.
    assert np.mean(ratios) == pytest.approx(1.0, abs=0.015)
    assert np.std(ratios) < (0.055 if snr_db == 6 else 0.045)


@pytest.mark.parametrize("rate_hz", [125.0, 250.0, 1000.0, 4000.0])
def test_a_strong_contraction_is_measured_at_every_rate(rate_hz):
    measured = [
        measure(rate_hz, 30, seed, rise_s=0.1, hold_s=2.0, release_s=0.3) for seed in range(9)
    ]
    level_uv = measured[0][1]
    found = [one for one, _ in measured]
    assert np.median([one.level_uv for one in found]) == pytest.approx(level_uv, rel=0.04)
    assert np.median([one.rise_s for one in found]) == pytest.approx(0.08, abs=0.04)
    assert np.median([one.release_s for one in found]) == pytest.approx(0.24, abs=0.08)
    assert all(level_uv < one.peak_uv < 1.9 * level_uv for one in found)
    assert all(0.0 <= one.time_to_peak_s < 2.4 for one in found)


def test_steadiness_tells_a_steady_hold_from_a_shaking_one():
    rate_hz, random = 2000.0, np.random.default_rng(5)
    shape, start_s, end_s = trapezoid(rate_hz, 0.1, 6.0, 0.1)
    shake = 1.0 + 0.4 * np.sin(2 * np.pi * 0.7 * np.arange(len(shape)) / rate_hz)
    x = 100.0 * shape[:, None] * random.normal(0.0, 1.0, (len(shape), 2))
    x[:, 1] *= shake
    x += random.normal(0.0, 1.0, x.shape)
    edges = [(c, round(start_s * rate_hz), round(end_s * rate_hz)) for c in range(2)]
    steady, shaking = Contractions(2, rate_hz, DELAY_S).push(features_of(x, edges, rate_hz))
    assert steady.intensity.cv < 0.06
    assert shaking.intensity.cv == pytest.approx(0.4 / np.sqrt(2), abs=0.06)


def test_a_short_contraction_has_no_steadiness():
    assert measure(250.0, 20, 1, rise_s=0.05, hold_s=0.3, release_s=0.05)[0].cv is None


def test_time_to_peak():
    rate_hz, random = 1000.0, np.random.default_rng(6)
    x = random.normal(0.0, 1.0, (8000, 1))
    x[4000:6000] *= 30.0
    x[5000:5100] *= 3.0
    (found,) = Contractions(1, rate_hz, DELAY_S).push(features_of(x, [(0, 4000, 6000)], rate_hz))
    # The envelope of this test peaks 100 ms after a burst's start, of which 50 ms are its delay.
    assert found.intensity.time_to_peak_s == pytest.approx(1.05, abs=0.03)
    assert found.intensity.peak_uv == pytest.approx(90.0, rel=0.2)


def test_shares_of_full_effort_are_none_before_calibration():
    found, _ = measure(250.0, 20, 1)
    assert {found.told(np.nan)[name] for name in ("mean_mvc", "peak_mvc")} == {None}
    assert found.told(2.0 * found.mean_uv)["mean_mvc"] == 0.5
    assert "mean_mvc" not in found.told()


def recording(seed=3):
    rate_hz, random = 250.0, np.random.default_rng(seed)
    x = random.normal(0.0, 3.0, (5000, 2))
    edges = [(0, 1000, 1500), (1, 1100, 2600), (0, 2000, 2300), (0, 4000, 6000)]
    for channel, onset, offset in edges:
        x[onset:offset, channel] *= 12.0
    x[1300:1310, 0] = np.nan
    return features_of(x, edges, rate_hz), rate_hz


@settings(max_examples=15)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_any_cut_gives_the_same_intensities(sizes):
    features, rate_hz = recording()
    whole, cut = Contractions(2, rate_hz, DELAY_S), Contractions(2, rate_hz, DELAY_S)
    expected, found, start = whole.push(features), [], 0
    for size in [*sizes, 5000]:
        if start < 5000:
            found += cut.push(part(features, start, min(start + size, 5000)))
        start += size
    assert found == expected
    assert len(found) == 3
    assert cut.finish() == whole.finish()


def test_a_contraction_that_the_recording_cuts_is_measured_without_its_release():
    features, rate_hz = recording()
    meter = Contractions(2, rate_hz, DELAY_S)
    meter.push(features)
    (still_on,) = meter.finish()
    assert still_on.offset is None
    assert still_on.intensity.release_s is None
    assert still_on.intensity.level_uv == pytest.approx(36.0, rel=0.1)
    assert meter.finish() == []


def test_what_is_all_lost_has_no_intensity():
    x = np.random.default_rng(1).normal(0.0, 3.0, (3000, 1))
    x[1000:1600] = np.nan
    features = features_of(x, [(0, 1010, 1400)], 250.0)
    (found,) = Contractions(1, 250.0, DELAY_S).push(features)
    assert found.intensity is None


def test_a_named_rest_serves_from_the_first_sample():
    random = np.random.default_rng(2)
    x = random.normal(0.0, 5.0, (1000, 1))
    x[:700] *= 1.5
    meter = Contractions(1, 250.0, DELAY_S)
    meter.set_rest(np.array([5.0]))
    (found,) = meter.push(features_of(x, [(0, 0, 700)], 250.0))
    assert found.intensity.level_uv == pytest.approx(5.0 * np.sqrt(1.25), rel=0.15)


def test_a_skip_leaves_the_past_behind():
    features, rate_hz = recording()
    meter = Contractions(2, rate_hz, DELAY_S)
    assert len(meter.push(part(features, 0, 3500))) == 3
    x = features.filtered_uv
    later = features_of(x, [(0, 1000, 1500)], rate_hz, first_sample=10**9)
    (found,) = meter.push(later)
    assert found.intensity.level_uv == pytest.approx(36.0, rel=0.1)


def test_an_endless_contraction_takes_bounded_memory():
    rate_hz = 200.0
    x = np.random.default_rng(4).normal(0.0, 50.0, (round(400 * rate_hz), 1))
    x[:2000] *= 0.05
    features = features_of(x, [(0, 2000, len(x) - 1000)], rate_hz)
    meter = Contractions(1, rate_hz, DELAY_S)
    tracemalloc.start()
    ended = []
    for start in range(0, len(x), 1000):
        ended += meter.push(part(features, start, start + 1000))
        if start == 40_000:
            held_then, _ = tracemalloc.get_traced_memory()
        if start == 77_000:
            held_later, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_later - held_then < 20_000
    assert ended[0].intensity.level_uv == pytest.approx(50.0, rel=0.03)

"""Frequencies against Welch's method, and trends that are known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from emg_config import ChainSettings
from emg_feedback.stream.chain import Features
from emg_feedback.stream.fatigue import MOST_POINTS, Fatigue, Trend


def muscle(rate_hz, seconds, low_hz=60.0, high_hz=110.0, seed=1):
    """Noise with the spectrum of surface EMG (Stulen and De Luca 1981), in the chain's band."""
    n = round(seconds * rate_hz)
    f = np.fft.rfftfreq(n, 1 / rate_hz)
    shape = high_hz**2 * f / np.sqrt((f**2 + low_hz**2) * (f**2 + high_hz**2) ** 2)
    low, high = ChainSettings().band_hz(rate_hz)
    shape[(f < low) | (f > high)] = 0.0
    x = np.fft.irfft(np.fft.rfft(np.random.default_rng(seed).normal(0.0, 1.0, n)) * shape, n)
    return 50.0 * x / x.std()


def features_of(x, active=None, first_sample=0):
    x = np.ascontiguousarray(x.reshape(len(x), -1))
    active = np.ones(x.shape, np.bool_) if active is None else active.reshape(x.shape)
    return Features(first_sample, x, np.abs(x), np.abs(x), active, [])


def told(x, rate_hz, active=None):
    fatigue = Fatigue(1, rate_hz, ChainSettings())
    fatigue.push(features_of(x, active))
    return fatigue.told()[0]


@pytest.mark.parametrize(("low_hz", "high_hz"), [(35.0, 60.0), (60.0, 110.0), (80.0, 180.0)])
@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0, 2000.0, 4000.0])
def test_frequencies_are_those_of_welch(rate_hz, low_hz, high_hz):
    x = muscle(rate_hz, 20.0, low_hz, high_hz)
    fatigue = Fatigue(1, rate_hz, ChainSettings(), memory_s=np.inf)
    fatigue.push(features_of(x))
    f, power = signal.welch(x, rate_hz, nperseg=round(rate_hz))
    total = np.cumsum(power)
    median_hz = np.interp(total[-1] / 2, total, f + 0.5)
    found = fatigue.told()[0]
    assert found["median_frequency_hz"] == pytest.approx(median_hz, rel=0.02)
    assert found["mean_frequency_hz"] == pytest.approx(f @ power / total[-1], rel=0.01)


def test_rest_and_losses_do_not_count():
    rate_hz = 1000.0
    x = muscle(rate_hz, 10.0)
    active = np.ones(len(x), np.bool_)
    noisy = x.copy()
    active[3000:6000] = False
    noisy[3000:6000] = 1e4 * np.sin(np.arange(3000))
    noisy[7000:7050] = np.nan
    clean, found = told(x, rate_hz), told(noisy, rate_hz, active)
    assert found["median_frequency_hz"] == pytest.approx(clean["median_frequency_hz"], rel=0.08)
    assert told(x, rate_hz, np.zeros(len(x), np.bool_))["median_frequency_hz"] is None


@pytest.mark.parametrize(("rate_hz", "relative"), [(200, 1), (250, 1), (256, 1), (500, 0)])
def test_frequencies_of_a_slow_board_are_called_relative(rate_hz, relative):
    assert told(muscle(rate_hz, 3.0), float(rate_hz))["relative"] == bool(relative)


def changing(rate_hz, seconds, from_hz, to_hz, from_gain=1.0, to_gain=1.0):
    """Muscle whose spectrum is squeezed and whose strength changes, second by second."""
    pieces = []
    for k in range(seconds):
        share = k / (seconds - 1)
        center = from_hz + share * (to_hz - from_hz)
        gain = from_gain + share * (to_gain - from_gain)
        pieces.append(gain * muscle(rate_hz, 1.0, 0.7 * center, 1.3 * center, seed=k))
    return np.concatenate(pieces)


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize(
    ("frequencies_hz", "gains", "word"),
    [
        ((80.0, 50.0), (1.0, 1.4), "fatigue"),
        ((80.0, 50.0), (1.0, 1.0), "fatigue"),
        ((50.0, 80.0), (1.4, 1.0), "recovery"),
        ((60.0, 80.0), (1.0, 1.5), "force increase"),
        ((80.0, 60.0), (1.5, 1.0), "force decrease"),
    ],
)
def test_the_word_is_that_of_spectrum_and_amplitude_together(rate_hz, frequencies_hz, gains, word):
    found = told(changing(rate_hz, 60, *frequencies_hz, *gains), rate_hz)
    assert found["trend"] == word
    change = np.log(frequencies_hz[1] / frequencies_hz[0]) / 60.0
    assert np.sign(found["frequency_slope_per_s"]) == np.sign(change)
    assert abs(found["frequency_slope_per_s"]) < 1.5 * abs(change)


def test_a_steady_muscle_is_seldom_told_to_change():
    words = [told(muscle(500.0, 40.0, seed=seed), 500.0)["trend"] for seed in range(20)]
    assert words.count("steady") >= 18


def test_no_word_before_there_is_enough():
    assert told(muscle(250.0, 2.0), 250.0)["trend"] is None


def test_a_trend_spans_all_of_the_time_in_bounded_memory():
    trend = Trend()
    for k in range(10_000):
        trend.add(k, 100.0 - 0.005 * k, 80.0)
        assert len(trend.points) < MOST_POINTS
        assert len(trend.pending) <= trend.frames_a_point
    assert trend.points[0][0] < 600
    assert np.ptp(np.diff([time for time, _, _ in trend.points])) == 0.0
    found = trend.told()
    assert found["trend"] == "force decrease"
    assert found["amplitude_slope_per_s"] == pytest.approx(-0.005 / 75.0, rel=0.05)
    assert found["frequency_slope_per_s"] == 0.0


def test_trends_start_again_with_an_exercise():
    fatigue = Fatigue(1, 250.0, ChainSettings())
    fatigue.push(features_of(muscle(250.0, 20.0)))
    assert fatigue.told()[0]["trend"] is not None
    fatigue.restart_trends()
    assert fatigue.told()[0]["trend"] is None
    assert fatigue.told()[0]["median_frequency_hz"] is not None


@settings(max_examples=15)
@given(sizes=st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_any_cut_gives_the_same(sizes):
    x = np.column_stack([muscle(250.0, 20.0, seed=seed) for seed in (1, 2)])
    active = np.random.default_rng(1).random(x.shape) < 0.99
    active[1000:1500] = False
    whole, cut, start = (Fatigue(2, 250.0, ChainSettings()) for _ in range(2)), 0, 0
    whole, cut = whole
    whole.push(features_of(x, active))
    for size in [*sizes, len(x)]:
        if start < len(x):
            cut.push(features_of(x[start : start + size], active[start : start + size], start))
        start += size
    assert cut.told() == whole.told()
    assert [t.points for t in cut.trends] == [t.points for t in whole.trends]

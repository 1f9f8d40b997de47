"""Each word is reached by a signal that deserves it, and by no other."""

import math
from itertools import pairwise

import numpy as np
import pytest
from scipy import signal

from emg_feedback.stream import quality
from emg_feedback.stream.ecg import Heart
from emg_feedback.stream.quality import Quality
from emg_hardware.emg_simulator import EmgSimulator, SimulatorSettings

RATE_HZ = 250.0
FULL_SCALE_UV = 187_500.0
BAND = signal.butter(4, [20.0, 112.0], btype="bandpass", output="sos", fs=RATE_HZ)


def filtered(raw_uv):
    y = signal.sosfilt(BAND, raw_uv - raw_uv[0], axis=0)
    for line_hz in (50.0, 60.0, 70.0, 100.0):
        y = signal.lfilter(*signal.iirnotch(line_hz, line_hz / 2.0, fs=RATE_HZ), y, axis=0)
    return np.ascontiguousarray(y)


def worn(seconds, drive=(), **settings):
    """Simulate one channel; ``drive`` holds (from, to, level) in seconds and fractions of MVC."""
    simulator = EmgSimulator(1, 5, SimulatorSettings(**settings), 1)
    drives = np.zeros((round(seconds * RATE_HZ), 1))
    for start_s, stop_s, level in drive:
        drives[round(start_s * RATE_HZ) : round(stop_s * RATE_HZ)] = level
    return simulator.next_block(drives)


def words_of(raw_uv, block=5):
    """Return the word after each block, and the watch."""
    heart = Heart(raw_uv.shape[1], RATE_HZ)
    watch = Quality(raw_uv.shape[1], RATE_HZ, FULL_SCALE_UV, lambda: heart.share)
    clean_uv, words = filtered(raw_uv), []
    for start in range(0, len(raw_uv), block):
        part = slice(start, start + block)
        heart.push(clean_uv[part], start)
        words.append(watch.push(raw_uv[part], clean_uv[part])[0])
    return words, watch


HOLDS = [(6.0, 9.0, 0.1), (12.0, 15.0, 0.5), (18.0, 21.0, 1.0), (24.0, 40.0, 0.3)]
BURSTS = [(t, t + 0.2, 0.8) for t in np.arange(4.0, 40.0, 1.0)]


@pytest.mark.parametrize("drive", [[], HOLDS, BURSTS, [(0.0, 20.0, 0.5)]])
@pytest.mark.parametrize("mvc_rms_uv", [100.0, 400.0, 2000.0])
def test_muscle_and_rest_are_good(drive, mvc_rms_uv):
    words, watch = words_of(worn(42.0, drive, mvc_rms_uv=mvc_rms_uv))
    assert set(words) == {quality.GOOD}
    assert watch.numbers["noise_uv"][0] == pytest.approx(2.3, rel=0.25)
    assert watch.numbers["rail_share"][0] == 0.0


@pytest.mark.parametrize(
    ("word", "settings", "within_s"),
    [
        (quality.MAINS, {"mains_rms_uv": 50.0}, 2.0),
        (quality.MAINS, {"mains_rms_uv": 50.0, "mains_hz": 60.0}, 2.0),
        (quality.NOISY, {"noise_rms_uv": 40.0}, 42.0),
        (quality.HEARTBEAT, {"ecg_peak_uv": 150.0}, 10.0),
        (quality.CHECK_ELECTRODE, {"mains_rms_uv": 1500.0, "drift_rms_uv": 2000.0}, 2.0),
        (quality.CHECK_ELECTRODE, {"noise_rms_uv": 300.0}, 42.0),
    ],
)
@pytest.mark.parametrize("drive", [[], HOLDS])
def test_each_word_is_reached_and_stays(word, settings, within_s, drive):
    words, _ = words_of(worn(50.0, drive, **settings))
    first = words.index(word) * 5 / RATE_HZ
    assert first <= within_s
    assert set(words[: words.index(word)]) <= {quality.GOOD}
    assert set(words[words.index(word) :]) == {word}


def test_movement_is_told_and_passes():
    raw_uv = worn(20.0)
    time_s = np.arange(len(raw_uv)) / RATE_HZ
    swing = np.exp(-np.square((time_s - 8.0) / 0.5)) * np.sin(2 * np.pi * 4.0 * time_s)
    words, watch = words_of(raw_uv + 400.0 * swing[:, None])
    told = np.flatnonzero([w == quality.MOVEMENT for w in words]) * 5 / RATE_HZ
    assert 7.0 < told[0] < 8.5
    assert 1.0 <= told[-1] - told[0] < 6.0
    assert set(words) == {quality.GOOD, quality.MOVEMENT}
    assert watch.numbers["movement_share"][0] < quality.MOVEMENT_SHARE


def test_a_step_of_an_electrode_is_movement():
    raw_uv = worn(12.0)
    raw_uv[1500:] += 2000.0
    assert quality.MOVEMENT in words_of(raw_uv)[0]


def test_clipping_is_off_scale_and_said_for_a_while():
    raw_uv = worn(10.0, [(4.0, 6.0, 1.0)])
    raw_uv[1000:1500:7] = FULL_SCALE_UV
    words, watch = words_of(raw_uv)
    told = np.flatnonzero([w == quality.OFF_SCALE for w in words]) * 5 / RATE_HZ
    assert 4.0 <= told[0] < 4.1
    assert told[-1] > 7.0
    assert watch.numbers["rail_share"][0] == 0.0


def test_flat_is_told_at_once_and_ends_at_once():
    raw_uv = worn(10.0)
    raw_uv[1000:1500] = 42.0
    words, _ = words_of(raw_uv)
    told = np.flatnonzero([w == quality.FLAT for w in words]) * 5 / RATE_HZ
    assert 4.48 <= told[0] <= 4.54
    assert told[-1] <= 6.0


def test_words_do_not_flicker():
    random = np.random.default_rng(8)
    raw_uv = worn(60.0, mains_rms_uv=0.0)
    time_s = np.arange(len(raw_uv))[:, None] / RATE_HZ
    comes_and_goes = np.repeat(random.random(240) < 0.5, 63)[: len(raw_uv), None]
    words, _ = words_of(raw_uv + 60.0 * comes_and_goes * np.sin(2 * np.pi * 50.0 * time_s))
    changes = np.flatnonzero([a != b for a, b in pairwise(words)])
    assert (np.diff(changes) * 5 / RATE_HZ >= 0.5).all()
    assert len(changes) < 20


def test_lost_samples_are_not_flat_and_numbers_stay_unknown():
    watch = Quality(2, RATE_HZ, FULL_SCALE_UV)
    lost = np.full((500, 2), math.nan)
    assert watch.push(lost, lost) == [quality.GOOD] * 2
    assert np.isnan(watch.numbers["mains_share"]).all()
    assert np.isnan(watch.numbers["heartbeat_share"]).all()


def test_any_cut_gives_the_same_numbers():
    raw_uv = worn(6.0, HOLDS, mains_rms_uv=30.0)
    one, other = (words_of(raw_uv, block)[1] for block in (1, 333))
    for name, values in one.numbers.items():
        if name != "heartbeat_share":
            np.testing.assert_array_equal(values, other.numbers[name])

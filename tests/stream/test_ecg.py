"""What heartbeats do to an EMG, and what is left of it."""

import numpy as np
import pytest
from scipy import signal

from emg_config import UserError
from emg_feedback.stream.ecg import Heart
from emg_hardware.interference import heartbeat
from emg_kernels import ecg


def band_passed(x, rate_hz):
    sos = signal.butter(4, [20.0, min(450.0, 0.45 * rate_hz)], "bandpass", output="sos", fs=rate_hz)
    return np.ascontiguousarray(signal.sosfilt(sos, x, axis=0))


def muscle_uv(rate_hz, seconds, holds, seed, rest_uv=3.0):
    """Noise of muscle's spectrum; ``holds`` are (from, to, times rest) in seconds."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    level = np.full(len(time_s), rest_uv)
    for start_s, stop_s, times in holds:
        level[(time_s >= start_s) & (time_s < stop_s)] *= times
    white = np.random.default_rng(seed).normal(0.0, 1.0, len(time_s))
    shaped = band_passed(signal.lfilter([1.0], [1.0, -np.exp(-700.0 / rate_hz)], white), rate_hz)
    return time_s, level, level * shaped / shaped.std()


def heart_uv(time_s, rate_hz, height_uv):
    beats = band_passed(heartbeat(time_s), rate_hz)
    return height_uv * beats / np.abs(beats).max()


def power_db(x, y):
    return 10.0 * np.log10(np.mean(np.square(x)) / np.mean(np.square(y)))


@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 1000.0, 2000.0])
@pytest.mark.parametrize("height", [15.0, 40.0])
def test_rest_and_contraction_keep_their_level(rate_hz, height):
    holds = [(10.0, 13.0, 10.0), (18.0, 19.0, 5.0), (24.0, 26.0, 10.0)]
    time_s, level, emg_uv = muscle_uv(rate_hz, 40.0, holds, seed=1)
    mixed_uv = emg_uv + heart_uv(time_s, rate_hz, 3.0 * height)
    heart = Heart(1, rate_hz, [0])
    delay = heart.delay_samples
    out, codes = heart.push(mixed_uv[:, None], 0)
    out, level, truth, mixed_uv = out[delay:, 0], level[:-delay], emg_uv[:-delay], mixed_uv[:-delay]
    later = time_s[:-delay] > 5.0
    rest, hold = later & (level < 4.0), later & (level > 20.0)
    assert abs(power_db(out[hold], truth[hold])) < 0.8
    assert abs(power_db(out[rest], truth[rest])) < 1.0
    assert power_db(out[rest], truth[rest]) < 0.4 * power_db(mixed_uv[rest], truth[rest])
    first = np.flatnonzero(codes == ecg.RECOGNISED)[0] / rate_hz
    assert first < 4.5
    assert delay == pytest.approx(0.147 * rate_hz, abs=2)


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("every_s", [0.8, 1.0, 2.0])
@pytest.mark.parametrize("times", [5.0, 30.0])
@pytest.mark.parametrize("length_s", [0.15, 0.3])
def test_ballistic_contractions_are_no_heartbeats(rate_hz, every_s, times, length_s):
    holds = [(t, t + length_s, times) for t in np.arange(2.0, 58.0, every_s)]
    _, _, emg_uv = muscle_uv(rate_hz, 60.0, holds, seed=7)
    heart = Heart(1, rate_hz, [0])
    out, codes = heart.push(emg_uv[:, None], 0)
    taken = emg_uv[: -heart.delay_samples] - out[heart.delay_samples :, 0]
    assert (codes == ecg.RECOGNISED).sum() <= 1
    assert np.mean(np.square(taken)) < 0.01 * np.mean(np.square(emg_uv))


def test_a_contraction_among_heartbeats_is_suspected_for_a_moment_only():
    holds = [(t, t + 1.0, 10.0) for t in np.arange(6.0, 50.0, 3.1)]
    time_s, _, emg_uv = muscle_uv(250.0, 54.0, holds, seed=2)
    heart = Heart(1, 250.0)
    _, codes = heart.push((emg_uv + heart_uv(time_s, 250.0, 30.0))[:, None], 0)
    for start_s, stop_s, _ in holds:
        inside = codes[(time_s >= start_s) & (time_s < stop_s), 0]
        free = np.flatnonzero(inside == ecg.NOTHING)
        assert free[0] / 250.0 < 0.25
        assert (inside == ecg.NOTHING).mean() > 0.6


def test_the_share_of_the_heart():
    time_s, _, emg_uv = muscle_uv(250.0, 30.0, [], seed=3)
    beats_uv = heart_uv(time_s, 250.0, 45.0)
    heart = Heart(2, 250.0)
    heart.push(np.column_stack([emg_uv, emg_uv + beats_uv]), 0)
    true = np.mean(beats_uv**2) / (np.mean(beats_uv**2) + np.mean(emg_uv**2))
    assert heart.share == pytest.approx([0.0, true], abs=0.1)


def test_a_channel_that_is_not_there_is_refused():
    with pytest.raises(UserError, match="counted from 0"):
        Heart(2, 250.0, [2])


@pytest.mark.parametrize("rate_hz", [200.0, 250.0])
def test_holds_make_no_heart(rate_hz):
    """Chance alone makes curves alike in the long rises of holds: none is a heart for long."""
    heart, share = Heart(40, rate_hz), []
    holds = [(t, t + 5.0, 20.0) for t in np.arange(4.0, 56.0, 8.0)]
    emg_uv = np.column_stack([muscle_uv(rate_hz, 60.0, holds, seed)[2] for seed in range(40)])
    n_block = round(0.5 * rate_hz)
    for start in range(0, len(emg_uv), n_block):
        heart.push(np.ascontiguousarray(emg_uv[start : start + n_block]), start)
        share.append(heart.share > 0.5)
    said = np.lib.stride_tricks.sliding_window_view(np.array(share), 8, axis=0).all(axis=-1)
    assert not said.any()

"""What the envelopes of the chain promise: steadiness, delay, level, and silence."""

import numpy as np
import pytest
from scipy import signal

from emg_config import ChainSettings, UserError
from emg_feedback import Chain
from emg_feedback.stream.envelopes import Envelopes, hold_cv, low_pass, whitener

METHODS = ["adaptive", "bayes", "damped", "rms", "arv", "butterworth"]
BANDS_HZ = {250.0: (20.0, 115.0), 1000.0: (20.0, 450.0)}
# Against that of a moving RMS of the same memory.
CV_FACTOR = {"adaptive": 1.0, "bayes": 1.0, "arv": 1.07, "butterworth": 1.07}


def emg(level_uv, n_runs, rate_hz=250.0, seed=1):
    sos = signal.butter(4, BANDS_HZ[rate_hz], "bandpass", fs=rate_hz, output="sos")
    noise = np.random.default_rng(seed).normal(size=(len(level_uv) + 250, n_runs))
    noise = signal.sosfilt(sos, noise, axis=0)[250:]
    return np.ascontiguousarray(noise / noise.std() * np.asarray(level_uv)[:, None])


def step(seconds, rate_hz=250.0, low=100.0 * 10 ** (-15 / 20)):
    return np.repeat([low, 100.0, low], [round(s * rate_hz) for s in seconds])


def bar(x, rate_hz=250.0, **settings):
    return Envelopes(ChainSettings(**settings), rate_hz, x.shape[1]).push(x)[0]


def test_the_goal_of_the_bar():
    """A hold within 8 %, and a rise of 150 ms at a step of 15 dB, behind the filters."""
    level, n_runs = step((3, 13, 2)), 100
    out = Chain(n_runs, 250.0).push(emg(level, n_runs)).envelope_uv
    held, before = out[1000:4000], out[500:740]
    assert (held.std(axis=0) / held.mean(axis=0)).mean() < 0.08
    assert np.percentile(held.std(axis=0) / held.mean(axis=0), 95) < 0.10
    low, high = before.mean(), held.mean()
    rising = out[750:1250]
    ten, ninety = ((rising > low + part * (high - low)).argmax(axis=0) for part in (0.1, 0.9))
    assert np.median(ninety - ten) / 250.0 < 0.15
    assert np.percentile(rising[:125].max(axis=0), 95) < 1.4 * high
    falling = out[4000:]
    assert np.median((falling < low + 0.5 * (high - low)).argmax(axis=0)) / 250.0 < 0.1


def test_noise_is_seldom_taken_for_a_change():
    """In fifty minutes of steady holds, behind the filters."""
    n_runs = 100
    held = Chain(n_runs, 250.0).push(emg(np.full(8000, 100.0), n_runs, seed=8)).envelope_uv[500:]
    off = np.abs(held / held.mean(axis=0) - 1.0)
    begun = [
        np.count_nonzero(np.diff((off > part).astype(int), axis=0) == 1) for part in (0.3, 0.4)
    ]
    assert begun[0] <= 15  # a moving RMS over 0.5 s: 4
    assert begun[1] <= 2


def test_a_pause_in_the_firing_does_not_bring_the_bar_down():
    """Sixty milliseconds at a third, after some at 1.3 times the level."""
    x = emg(np.full(1500, 100.0), 50)
    x[960:1000] *= 1.3
    x[1000:1015] *= 0.3
    assert np.median(bar(x)[1000:1050].min(axis=0)) > 85.0


def test_what_was_long_ago_does_not_come_back():
    """Down a little, held, and down a little more: the bar never rises on its way."""
    level = np.repeat([100.0, 59.0, 40.0], [1000, 375, 250])
    assert (np.diff(bar(level[:, None])[1375:1475], axis=0) <= 0.0).all()


@pytest.mark.parametrize("memory_s", [0.1, 0.2, 5.0])
def test_any_memory_is_left_at_a_change(memory_s):
    out = bar(emg(step((6, 1, 1)), 20), memory_s=memory_s)
    assert (np.median(out[1540:1750], axis=1) > 80.0).all()
    assert np.median(out[1800]) < 40.0


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_states_its_delay_and_its_steadiness(method, rate_hz):
    n_runs = 16 if method == "bayes" else 64
    settings = ChainSettings(envelope=method)
    envelopes = Envelopes(settings, rate_hz, n_runs)
    level = step((2, 7, 2), rate_hz)
    out, _ = envelopes.push(emg(level, n_runs, rate_hz))
    _, held, down = np.split(out, [round(2 * rate_hz), round(9 * rate_hz)])
    steady = held[round(rate_hz) :]
    low_hz, high_hz = BANDS_HZ[rate_hz]
    stated = CV_FACTOR.get(method, 1.0) * hold_cv(envelopes.fast_memory_s, high_hz - low_hz)
    cv = (steady.std(axis=0) / steady.mean(axis=0)).mean()
    assert cv == pytest.approx(stated, rel=0.2)
    assert steady.mean() == pytest.approx(100.0, rel=0.03)
    half = 50.0 * (1.0 + 10 ** (-15 / 20))
    delays = (held > half).argmax(axis=0), (down < half).argmax(axis=0)
    delay_s = np.mean([np.median(d) for d in delays]) / rate_hz
    assert delay_s == pytest.approx(envelopes.fast_delay_s, abs=0.02)


@pytest.mark.parametrize("tone_hz", [31.0, 37.0, 62.0, 71.0, 83.0])
def test_a_tone_from_silence_is_its_rms(tone_hz):
    x = 141.4214 * np.sin(2 * np.pi * tone_hz * np.arange(1000) / 250.0)
    x[:300] = 0.0
    out = bar(x[:, None])
    assert (out[:300] == 0.0).all()
    np.testing.assert_allclose(out[500:], 100.0, rtol=0.01)


@pytest.mark.parametrize("method", METHODS)
def test_release_falls_below_a_tenth(method):
    level = np.repeat([100.0, 1.0], [1000, 500])
    out = bar(emg(level, 32), envelope=method)
    below = (out[1000:] < 10.0).argmax(axis=0) / 250.0
    assert np.median(below) <= (0.25 if method == "butterworth" else 0.2)


def test_a_single_spike_moves_the_bar_less_than_the_damped_one_and_leaves_it():
    x = emg(np.full(1500, 5.0), 50)
    x[1000] = 400.0
    quick, damped = (bar(x, envelope=method) for method in ("adaptive", "damped"))
    assert np.median(quick[1000:].max(axis=0)) < np.median(damped[1000:].max(axis=0))
    assert np.median(quick[1075]) < 6.0


def test_small_changes_are_followed():
    level = np.repeat([100.0, 100.0 * 10 ** (3 / 20), 100.0], [750, 500, 500])
    out = bar(emg(level, 100)).mean(axis=1)
    change = 100.0 * (10 ** (3 / 20) - 1.0)
    assert (out[750:] > 100.0 + 0.8 * change).argmax() / 250.0 < 0.5
    assert (out[1250:] < 100.0 + 0.2 * change).argmax() / 250.0 < 0.5


@pytest.mark.parametrize("method", METHODS)
def test_reset_returns_to_the_first_state(method):
    x = emg(step((1, 1, 1)), 2)
    envelopes = Envelopes(ChainSettings(envelope=method, whiten=True), 250.0, 2)
    first = envelopes.push(x)
    envelopes.reset()
    np.testing.assert_array_equal(envelopes.push(x), first)


def test_ten_minutes_of_zeros_after_a_burst_end_at_zero():
    chain = Chain(1, 250.0)
    chain.push(emg(np.full(1000, 100.0), 1))
    zeros = np.zeros((150_000, 1))
    assert chain.push(zeros).envelope_uv[-1, 0] < 1e-12
    assert chain.push(emg(np.full(1000, 100.0), 1)).envelope_uv[-1, 0] > 60.0


def test_low_pass_against_scipy():
    sos, steady = low_pass(4.5, 250.0)
    expected = signal.butter(2, 4.5, fs=250.0, output="sos")
    np.testing.assert_allclose(sos, expected, rtol=1e-9)
    np.testing.assert_allclose(steady, signal.sosfilt_zi(expected), rtol=1e-9)


@pytest.mark.parametrize("rate_hz", [125.0, 250.0, 1000.0, 2000.0, 4000.0])
def test_whitener_flattens_muscle_and_keeps_its_power(rate_hz):
    low_hz, high_hz = ChainSettings().band_hz(rate_hz)
    sos, steady = whitener(rate_hz, low_hz, high_hz)
    np.testing.assert_allclose(steady, signal.sosfilt_zi(sos), atol=1e-12)
    f = np.linspace(low_hz, high_hz, 1000)
    muscle = f**2 / ((f**2 + 60.0**2) * (f**2 + 120.0**2) ** 2)
    gain = np.abs(signal.sosfreqz(sos, f, fs=rate_hz)[1]) ** 2
    assert (muscle * gain).sum() == pytest.approx(muscle.sum(), rel=0.01)

    def bandwidth(power):
        return power.sum() ** 2 / (power**2).sum()

    assert bandwidth(muscle * gain) > (1.3 if rate_hz >= 1000.0 else 1.0) * bandwidth(muscle)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"envelope": "median"}, "'median' is not known: adaptive, bayes"),
        ({"memory_s": 0.01}, "0.1 to 5 s, not 0.01"),
        ({"memory_s": 9.0}, "0.1 to 5 s, not 9"),
        ({"memory_s": float("nan")}, "not nan"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(UserError, match=words):
        ChainSettings(**settings)

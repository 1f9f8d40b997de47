"""Heartbeats against their twin, every way to cut a stream, losses, rates and channel counts."""

from itertools import pairwise

import naive_ecg
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback.stream.ecg import N_CURVES, Heart
from emg_kernels import ecg

NAMES = (
    *("alpha", "rate", "fade", "lead", "length", "lag", "stride"),
    *("shortest", "longest", "forget", "held", "tail"),
)
cuts = st.lists(st.integers(1, 70), min_size=1, max_size=60)


def beats_uv(rate_hz, seconds, height_uv, seed=0, pace_s=0.8):
    """Return band-limited beats over white noise of 3 µV, one channel, and when they are."""
    random = np.random.default_rng(seed)
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    x_uv = random.normal(0.0, 3.0, len(time_s))
    at_s, found = 0.5, []
    while at_s < seconds - 0.3:
        from_s = time_s - at_s
        x_uv += height_uv * np.exp(-0.5 * (from_s / 0.012) ** 2) * np.cos(220.0 * from_s)
        found.append(at_s)
        at_s += pace_s * (1.0 + 0.05 * random.standard_normal())
    return x_uv, np.array(found)


def run(heart, x_uv, sizes=()):
    edges = np.minimum(np.cumsum([0, *sizes, len(x_uv)]), len(x_uv))
    parts = [heart.push(np.ascontiguousarray(x_uv[a:b]), int(a)) for a, b in pairwise(edges)]
    return np.vstack([p[0] for p in parts]), np.vstack([p[1] for p in parts])


@pytest.mark.parametrize("height_uv", [20.0, 40.0, 400.0])
def test_twin(height_uv):
    rate_hz = 200.0
    x_uv, _ = beats_uv(rate_hz, 9.0, height_uv, seed=2)
    x_uv[1100:1300] += np.random.default_rng(1).normal(0.0, 40.0, 200)
    heart = Heart(1, rate_hz, [0])
    settings = heart._settings.tolist()  # noqa: SLF001
    given_ = {
        name: value if k < 3 else int(value)
        for k, (name, value) in enumerate(zip(NAMES, settings, strict=True))
        if name != "stride"
    }
    out, codes = naive_ecg.remove_heartbeats(
        x_uv.tolist(), **given_, n_curve=round(0.18 * rate_hz), n_curves=N_CURVES
    )
    ours, heart_codes = run(heart, x_uv[:, None])
    assert codes.count(ecg.RECOGNISED) >= 4
    np.testing.assert_array_equal(heart_codes[:, 0], codes)
    np.testing.assert_allclose(ours[:, 0], out, rtol=0, atol=1e-9)


@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(sizes, seed):
    x_uv = np.column_stack([beats_uv(250.0, 5.0, h, seed)[0] for h in (0.0, 60.0)])
    x_uv[600:620, 1] = np.nan
    whole, cut = (run(Heart(2, 250.0, [1]), x_uv, part) for part in ((), sizes))
    for one, other in zip(whole, cut, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(
    ("rate_hz", "n_channels"), [(125.0, 1), (250.0, 3), (1000.0, 16), (4000.0, 2), (250.0, 384)]
)
def test_rates_and_channel_counts(rate_hz, n_channels):
    x_uv, at_s = beats_uv(rate_hz, 6.0, 60.0)
    heart = Heart(n_channels, rate_hz, range(n_channels))
    out, codes = run(heart, np.repeat(x_uv[:, None], n_channels, axis=1))
    assert ((codes == ecg.RECOGNISED).sum(axis=0) >= len(at_s) - 3).all()
    assert (out[:, :1] == out)[heart.delay_samples :].all()


def test_without_a_heart_only_time_is_lost():
    x_uv = np.random.default_rng(3).normal(0.0, 5.0, (5000, 2))
    heart = Heart(2, 250.0)
    out, _ = run(heart, x_uv)
    assert np.isnan(out[: heart.delay_samples]).all()
    np.testing.assert_array_equal(out[heart.delay_samples :], x_uv[: -heart.delay_samples])


def test_a_channel_that_is_not_chosen_keeps_its_heartbeats():
    x_uv = np.repeat(beats_uv(250.0, 8.0, 60.0)[0][:, None], 2, axis=1)
    heart = Heart(2, 250.0, [1])
    out, codes = run(heart, x_uv)
    np.testing.assert_array_equal(out[heart.delay_samples :, 0], x_uv[: -heart.delay_samples, 0])
    assert np.nanmax(np.abs(out[700:, 1])) < 0.5 * np.abs(x_uv[700:]).max()
    np.testing.assert_array_equal(codes[:, 0], codes[:, 1])


@pytest.mark.parametrize("lost", [np.nan, np.inf, -np.inf, 1e200])
def test_what_is_lost_does_not_spread(lost):
    x_uv = beats_uv(250.0, 12.0, 60.0)[0][:, None]
    x_uv[[500, 501, 1400]] = lost
    heart = Heart(1, 250.0, [0])
    out, codes = run(heart, x_uv)
    missing = np.flatnonzero(np.isnan(out[heart.delay_samples :, 0]))
    assert missing.tolist() == [500, 501, 1400]
    assert (codes[1500:] == ecg.RECOGNISED).sum() >= 6


def test_a_million_samples_of_silence_after_a_heart():
    heart = Heart(1, 250.0, [0])
    run(heart, beats_uv(250.0, 6.0, 60.0)[0][:, None])
    out, codes = heart.push(np.zeros((1_000_000, 1)), 1500)
    assert not out[200:].any()
    assert not codes[200:].any()
    state = heart._state  # noqa: SLF001
    assert not ((state != 0) & (np.abs(state) < np.finfo(float).tiny)).any()


def test_reset_forgets():
    x_uv = beats_uv(250.0, 6.0, 60.0)[0][:, None]
    heart = Heart(1, 250.0, [0])
    first = run(heart, x_uv)
    heart.reset()
    for one, other in zip(first, run(heart, x_uv), strict=True):
        np.testing.assert_array_equal(one, other)

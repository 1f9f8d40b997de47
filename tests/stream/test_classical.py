"""The classical rules as detectors: what they find, and that they can stand in for ours."""

import numpy as np
import pytest

from emg_feedback.stream.classical import RULES, ClassicalDetector
from emg_feedback.stream.detector import Detector

BURSTS_S = ((4.0, 5.0), (6.5, 7.0), (8.0, 10.0))
REST_UV = 3.0


def signal(rate_hz, n_channels=1, seed=3, seconds=12.0):
    x = np.random.default_rng(seed).normal(0.0, REST_UV, (round(seconds * rate_hz), n_channels))
    for start_s, stop_s in BURSTS_S:
        x[round(start_s * rate_hz) : round(stop_s * rate_hz)] *= 10.0
    return x


def detector(rule, rate_hz=250.0, n_channels=1):
    return ClassicalDetector(n_channels, rate_hz, RULES[rule])


def in_seconds(edges, rate_hz, kind):
    return [edge.sample / rate_hz for edge in edges if edge.kind == kind]


rules = pytest.mark.parametrize("rule", RULES)


@rules
@pytest.mark.parametrize("rate_hz", [125.0, 250.0, 1000.0, 4000.0])
def test_strong_contractions_are_found_and_dated(rule, rate_hz):
    _, active, edges = detector(rule, rate_hz).push(signal(rate_hz), 0)
    onsets, offsets = (in_seconds(edges, rate_hz, kind) for kind in ("onset", "offset"))
    for start_s, stop_s in BURSTS_S:
        assert min(abs(s - start_s) for s in onsets) < 0.05
        assert min(abs(s - stop_s) for s in offsets) < 0.1
    assert not active[: round(1.5 * rate_hz)].any()
    assert all(edge.sample <= edge.decided_sample for edge in edges)


@rules
def test_it_decides_block_by_block_as_at_once(rule):
    x = signal(250.0, 3)
    at_once, bit_by_bit = detector(rule, n_channels=3), detector(rule, n_channels=3)
    same, active, edges = at_once.push(x, 0)
    np.testing.assert_array_equal(same, x)
    parts = [bit_by_bit.push(x[first : first + 7], first) for first in range(0, len(x), 7)]
    np.testing.assert_array_equal(np.vstack([part for _, part, _ in parts]), active)
    key = lambda edge: (edge.decided_sample, edge.channel)  # noqa: E731
    assert sorted((edge for _, _, found in parts for edge in found), key=key) == edges


@rules
def test_a_lost_stretch_of_half_a_second_ends_a_contraction(rule):
    x = signal(250.0)
    x[2200:2400] = np.nan
    _, active, edges = detector(rule).push(x, 0)
    assert any(edge.kind == "offset" and edge.sample == 2200 for edge in edges)
    assert not active[2330:2400].any()


@rules
def test_rest_is_told_as_rms(rule):
    one = detector(rule)
    one.push(signal(250.0)[:900], 0)
    assert one.rest_uv[0] == pytest.approx(REST_UV, rel=0.15)
    assert 0.0 < one.scatter_uv[0] < one.rest_uv[0]


@rules
@pytest.mark.parametrize("before", [0, 900])
def test_a_given_rest_takes_the_place_of_the_learnt_one(rule, before):
    one, x = detector(rule), signal(250.0)
    one.push(x[:before], 0)
    one.set_rest(np.array([300.0]), np.array([30.0]))
    assert one.rest_uv[0] == pytest.approx(300.0)
    _, _, edges = one.push(x[before:], before)
    assert edges == []
    assert one.rest_uv[0] == pytest.approx(300.0)
    assert one.scatter_uv[0] == pytest.approx(30.0)


@rules
def test_learning_anew_ends_a_contraction(rule):
    one, x = detector(rule), signal(250.0)
    _, active, _ = detector(rule).push(x, 0)
    now = 1000 + int(np.flatnonzero(active[1000:])[50])  # some rules split it here and there
    _, active, _ = one.push(x[:now], 0)
    assert active[-1, 0]
    one.learn_rest()
    _, active, edges = one.push(x[1300:1600], now)
    assert (edges[0].kind, edges[0].decided_sample) == ("offset", now - 1)
    assert not active[:250].any()
    assert one.rest_uv[0] == pytest.approx(REST_UV, rel=0.15)


@rules
def test_learning_anew_before_anything_is_learnt_changes_nothing(rule):
    x = signal(250.0)
    asked, left = detector(rule), detector(rule)
    asked.push(x[:50], 0)
    asked.learn_rest()
    _, active, _ = asked.push(x[50:], 50)
    np.testing.assert_array_equal(active, left.push(x, 0)[1][50:])


@rules
def test_reset_forgets_everything(rule):
    one, x = detector(rule), signal(250.0)
    first = one.push(x, 0)
    one.reset()
    again = one.push(x, 0)
    np.testing.assert_array_equal(first[1], again[1])
    assert first[2] == again[2]


@rules
def test_silence_is_no_contraction(rule):
    one = detector(rule)
    _, active, edges = one.push(np.zeros((3000, 1)), 0)
    assert not active.any()
    assert edges == []


@rules
def test_it_has_what_our_detector_has(rule):
    assert {name for name in dir(Detector) if name[0] != "_"} <= set(dir(detector(rule)))


def test_whitened_power_at_rest_exceeds_the_threshold_as_often_as_it_should():
    from emg_kernels import classical

    one = detector("bonato", 1000.0)
    x = np.random.default_rng(1).normal(0.0, REST_UV, (100_000, 1))
    power = one._number(x)[3000:, 0]  # noqa: SLF001
    pairs = 0.5 * (power[::2] + power[1::2])
    threshold = one._settings[classical.OF_MEAN] * REST_UV**2  # noqa: SLF001
    fives = (pairs[: len(pairs) // 5 * 5].reshape(-1, 5) > threshold).any(axis=1)
    assert fives.mean() == pytest.approx(0.05, abs=0.01)

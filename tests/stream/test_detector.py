"""The detector from outside: rest given and learnt, resets, gaps, what the settings ask for."""

import numpy as np
import pytest

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_feedback.stream.detector import FLOOR_UV, ChangeDetector
from emg_feedback.stream.filters import design
from emg_feedback.stream.shapes import Shapes
from emg_kernels import sosfilt

RATE_HZ = 250.0


def detector(n_channels=1, rate_hz=RATE_HZ, **settings):
    chain = ChainSettings(**settings)
    sos, _ = design(chain, rate_hz)
    return ChangeDetector(n_channels, rate_hz, chain, Shapes(chain, rate_hz, sos))


def noise(seconds, rms_uv=3.0, n_channels=1, seed=0):
    n_samples = round(seconds * RATE_HZ)
    return np.random.default_rng(seed).normal(0.0, rms_uv, (n_samples, n_channels))


def told(edges):
    return [(edge.kind, edge.sample) for edge in edges]


def test_rest_is_learnt_in_a_second_and_a_half():
    ours = detector(2)
    ours.push(noise(1.5, n_channels=2), 0)
    np.testing.assert_array_equal(ours.rest_uv, 0.0)
    ours.push(noise(0.1, n_channels=2), 375)
    np.testing.assert_allclose(ours.rest_uv, 3.0, rtol=0.15)
    assert (ours.scatter_uv > 0.0).all()
    assert (ours.scatter_uv < 1.0).all()


def test_rest_that_is_known_serves_as_soon_as_the_filters_have_settled():
    ours, x = detector(), noise(2.0)
    ours.set_rest(np.array([3.0]), np.array([0.3]))
    x[125:] *= 10.0
    _, active, edges = ours.push(x, 0)
    assert [edge.kind for edge in edges] == ["onset"]
    assert abs(edges[0].sample - 125) < 5
    assert active[-1, 0]


def test_rest_is_never_below_the_floor():
    ours = detector(2)
    ours.set_rest(np.array([0.0, 1e-9]), np.zeros(2))
    ours.push(np.zeros((500, 2)), 0)
    np.testing.assert_allclose(ours.rest_uv, FLOOR_UV)
    assert (ours.scatter_uv > 0.0).all()


def test_rest_is_followed():
    ours, x = detector(), noise(60.0)
    x *= np.linspace(1.0, 3.0, len(x))[:, None]
    _, active, _ = ours.push(x, 0)
    assert active.mean() < 0.02
    assert ours.rest_uv[0] == pytest.approx(9.0, rel=0.2)


def test_learning_anew_ends_a_contraction_and_the_story_goes_on_from_there():
    ours, x = detector(2), noise(8.0, n_channels=2)
    x[600:, 0] *= 10.0
    _, active, edges = ours.push(x[:1000], 0)
    assert active[-1].tolist() == [True, False]
    ours.learn_rest()
    np.testing.assert_array_equal(ours.rest_uv, 0.0)
    ours.set_rest(np.array([3.0, 3.0]), np.array([0.3, 0.3]))
    _, active, more = ours.push(x[1000:], 1000)
    assert told(more)[0] == ("offset", 999)
    assert more[1].kind == "onset"
    assert more[1].sample >= 999
    assert active[-1].tolist() == [True, False]
    assert [edge.kind for edge in edges + more] == ["onset", "offset", "onset"]


def test_after_a_reset_it_is_as_new():
    ours, x = detector(), noise(8.0, seed=4)
    x[1000:1300] *= 10.0
    first = ours.push(x, 0)
    ours.learn_rest()
    ours.reset()
    second = ours.push(x, 0)
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert first[2] == second[2]


def test_half_a_second_without_samples_ends_a_contraction_but_less_does_not():
    for n_lost, kinds in ((100, ["onset"]), (125, ["onset", "offset", "onset"])):
        ours, x = detector(), noise(8.0)
        x[1000:] *= 10.0
        x[1400 : 1400 + n_lost] = np.nan
        clean, _, edges = ours.push(x, 0)
        assert [edge.kind for edge in edges] == kinds
        np.testing.assert_array_equal(np.isnan(clean), np.isnan(x))
        if n_lost == 125:
            assert (edges[1].sample, edges[1].decided_sample) == (1400, 1524)


def test_an_empty_block_changes_nothing():
    ours, other, x = detector(), detector(), noise(8.0, seed=4)
    x[1000:1300] *= 10.0
    whole = ours.push(x, 0)
    one = other.push(x[:1100], 0)
    none = other.push(x[:0], 1100)
    two = other.push(x[1100:], 1100)
    assert none[0].shape == none[1].shape == (0, 1)
    assert whole[2] == one[2] + none[2] + two[2]


def test_a_spike_while_rest_is_learnt_does_no_harm():
    for at_s in (0.35, 0.8, 1.3, 1.45):
        x = noise(10.0, n_channels=8, seed=2)
        x[round(at_s * RATE_HZ)] += 1000.0
        chain = Chain(8, RATE_HZ)
        features = chain.push(x)
        assert features.events == []
        np.testing.assert_allclose(chain.rest_uv, 3.0 * np.sqrt(0.74), rtol=0.15)


@pytest.mark.parametrize("rate_hz", [125.0, 200.0, 250.0, 1000.0, 4000.0])
def test_one_contraction_at_every_rate(rate_hz):
    x = np.random.default_rng(1).normal(0.0, 3.0, (round(8 * rate_hz), 4))
    x[round(4 * rate_hz) : round(6 * rate_hz)] *= 8.0
    features = Chain(4, rate_hz).push(x)
    for channel in range(4):
        own = [edge for edge in features.events if edge.channel == channel]
        assert [edge.kind for edge in own] == ["onset", "offset"]
        assert own[0].sample / rate_hz == pytest.approx(4.0, abs=0.06)
        assert own[1].sample / rate_hz == pytest.approx(6.0, abs=0.2)
        assert own[0].decided_sample / rate_hz < 4.1


@pytest.mark.parametrize("rate_hz", [125.0, 250.0, 1000.0])
def test_the_chain_decides_as_filters_and_detector_one_after_the_other(rate_hz):
    x = np.random.default_rng(5).normal(0.0, 3.0, (round(8 * rate_hz), 3))
    x[round(4 * rate_hz) : round(6 * rate_hz), 1] *= 8.0
    x[round(3 * rate_hz), 2] += 500.0
    sos, steady_state = design(ChainSettings(), rate_hz)
    filtered, state = np.empty_like(x), np.full((len(sos), 2, 3), np.nan)
    sosfilt(x, sos, steady_state, state, filtered)
    clean, active, edges = detector(3, rate_hz).push(filtered, 0)
    features = Chain(3, rate_hz).push(x)
    assert features.events == edges
    np.testing.assert_array_equal(features.active, active)
    np.testing.assert_allclose(features.filtered_uv, clean, rtol=0, atol=1e-9)

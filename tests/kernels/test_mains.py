"""The canceller of the mains: how deep, how soon, and what it leaves alone."""

from itertools import pairwise

import naive_onset
import numpy as np
import pytest
import simulated as sim
from hypothesis import given
from hypothesis import strategies as st

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_feedback.stream import filters
from emg_feedback.stream.shapes import Shapes
from emg_kernels import mains

FOLLOWING, TRACKING = 0.02, 0.002


def lines_at(*cycles):
    """Lines at these cycles per sample."""
    lines = np.zeros((len(cycles), mains.N_LINE))
    turns = 2.0 * np.pi * np.array(cycles)
    lines[:, mains.CYCLES] = cycles
    lines[:, mains.TURN_COS], lines[:, mains.TURN_SIN] = np.cos(turns), np.sin(turns)
    lines[:, mains.NOW], lines[:, mains.REACH] = -2.0, 0.01 * lines[:, mains.CYCLES]
    return lines


class Alone:
    def __init__(self, lines, n_channels):
        self.lines, self.first = lines.copy(), 0
        self.state = np.zeros((mains.N_ALONE + 4 * len(lines) + 1, n_channels))

    def __call__(self, block):
        clean = np.empty_like(block)
        mains.cancel_mains(block, self.lines, FOLLOWING, TRACKING, self.first, self.state, clean)
        self.first += len(block)
        return clean


LINES = lines_at(0.2, 0.4)


def samples(n_samples, n_channels, seed=0, off=1.0):
    random = np.random.default_rng(seed)
    n = off * np.arange(n_samples)[:, None]
    x = random.normal(0.0, 3.0, (n_samples, n_channels))
    x += 30.0 * np.cos(0.4 * np.pi * n + 0.3) + 10.0 * np.sin(0.8 * np.pi * n)
    x[n_samples // 2] += 500.0
    for _ in range(4):
        x[random.integers(n_samples - 9) :][:9, random.integers(n_channels)] = np.nan
    return x


def rms(x):
    return float(np.sqrt(np.mean(np.square(x))))


@pytest.mark.parametrize("off", [1.0, 1.004, 0.997])
def test_twin(off):
    x = samples(2500, 3, off=off)
    canceller = Alone(LINES, 3)
    canceller.first = 10_007
    twin = naive_onset.cancel_mains(x, LINES, FOLLOWING, TRACKING, 10_007)
    np.testing.assert_allclose(canceller(x), twin, rtol=0, atol=1e-9)
    np.testing.assert_allclose(canceller.lines[:, mains.OFF], (off - 1.0) * LINES[:, 0], atol=1e-4)


@given(sizes=st.lists(st.integers(1, 700), min_size=1, max_size=20), seed=st.integers(0, 3))
def test_any_cut_gives_the_same_bits(sizes, seed):
    x = samples(2000, 2, seed)
    whole, cut = Alone(LINES, 2), Alone(LINES, 2)
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    blocks = [cut(x[a:b]) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.vstack(blocks), whole(x))


@pytest.mark.parametrize("n_channels", [1, 16, 384])
def test_a_channel_does_not_depend_on_how_many_there_are(n_channels):
    x = samples(600, 1)
    clean = Alone(LINES, n_channels)(np.ascontiguousarray(np.tile(x, n_channels)))
    alone = np.tile(Alone(LINES, 1)(x), n_channels)
    np.testing.assert_allclose(clean, alone, rtol=0, atol=1e-9)  # sums over channels round


def test_losses_stay_where_they_are():
    x = samples(1000, 4)
    np.testing.assert_array_equal(np.isnan(Alone(LINES, 4)(x)), np.isnan(x))


def test_a_million_samples_later_the_reference_has_not_drifted():
    lines = lines_at(0.2, 50.0 / 999.7)
    n = np.arange(1_000_000)
    turns = (lines[:, mains.CYCLES, None] * n) % 1.0
    x = np.ascontiguousarray((40.0 * np.cos(2.0 * np.pi * turns + 0.5)).sum(axis=0)[:, None])
    canceller = Alone(lines, 1)
    assert np.abs(canceller(x)[-1000:]).max() < 1e-6


@pytest.mark.parametrize("jump", [1, 511, 512, 1_000_000_007])
def test_a_jump_keeps_the_phase(jump):
    n = np.arange(4000)
    n[2000:] += jump
    x = np.ascontiguousarray(40.0 * np.cos(2.0 * np.pi * ((0.2 * n) % 1.0) + 0.5)[:, None])
    canceller = Alone(lines_at(0.2), 1)
    canceller(x[:2000])
    canceller.first += jump
    assert np.abs(canceller(x[2000:])).max() < 1e-4


def left_over(rate_hz, off_hz, detector="cusum", n_channels=1, seconds=10.0, from_s=5.0):
    """What of mains of 20 times rest is left, in dB, behind the chain; rest itself taken out."""
    calm = sim.rest(rate_hz, seconds, n_channels, 5)
    hum = sim.mains(rate_hz, seconds, 85.0, mains_hz=50.0 + off_hz)[:, None] * np.ones(n_channels)
    with_hum, without, bare = (
        Chain(n_channels, rate_hz, settings).push(x).filtered_uv[round(from_s * rate_hz) :]
        for x, settings in (
            (calm + hum, ChainSettings(detector=detector)),
            (calm, ChainSettings(detector=detector)),
            (hum, ChainSettings(mains_hz=None)),
        )
    )
    return 20.0 * np.log10(rms(with_hum - without) / rms(bare))


@pytest.mark.parametrize("detector", ["cusum", "hodges-bui"])
@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize(
    ("off_hz", "most_db"), [(0.0, -55.0), (0.05, -50.0), (0.2, -45.0), (-0.2, -45.0), (0.4, -40.0)]
)
@pytest.mark.parametrize("n_channels", [1, 8])
def test_how_much_mains_is_left(detector, rate_hz, off_hz, most_db, n_channels):
    assert left_over(rate_hz, off_hz, detector, n_channels) < most_db


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("detector", ["cusum", "hodges-bui"])
def test_the_frequency_does_not_follow_muscle(rate_hz, detector):
    """With no mains there, contractions leave the references near the mains."""
    x = sim.rest(rate_hz, 16.0, 1, 6)
    for k, snr_db in enumerate((20.0, 30.0, 40.0)):
        x[:, 0] += sim.contraction(rate_hz, 16.0, 3.0 + 4 * k, 5.0 + 4 * k, snr_db, seed=k)
    late = sim.mains(rate_hz, 3.0, 30.0)[:, None] + sim.rest(rate_hz, 3.0, 1, 7)
    muscle_alone = Chain(1, rate_hz, ChainSettings(mains_hz=None)).push(x).filtered_uv
    chain = Chain(1, rate_hz, ChainSettings(detector=detector))
    clean = chain.push(x).filtered_uv
    held = slice(round(3.5 * rate_hz), round(4.9 * rate_hz))
    assert rms(clean[held]) == pytest.approx(rms(muscle_alone[held]), rel=0.03)
    left = chain.push(late).filtered_uv[round(2.0 * rate_hz) :]
    assert rms(left) < 1.25 * rms(clean[round(1.6 * rate_hz) : round(2.9 * rate_hz)])


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_mains_there_from_the_start_is_out_when_the_filters_have_settled(rate_hz):
    hum = sim.mains(rate_hz, 1.0, 60.0)[:, None]
    clean = Chain(1, rate_hz).push(hum).filtered_uv
    assert rms(clean[round(0.32 * rate_hz) :]) < 0.005 * rms(clean[: round(0.25 * rate_hz)])


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_nothing_rings_after_a_spike(rate_hz):
    calm = sim.rest(rate_hz, 8.0, 1, 6)
    calm += sim.mains(rate_hz, 8.0, 20.0)[:, None]
    spike = sim.spike(rate_hz, 8.0, 5.0, 5000.0)[:, None]
    chain = ChainSettings()
    sos, _ = filters.design(chain, rate_hz)
    n_after = round(3.0 * rate_hz)
    response = 5000.0 * Shapes(chain, rate_hz, sos).responses(n_after)[0]
    clean, disturbed = (Chain(1, rate_hz).push(x).filtered_uv[:, 0] for x in (calm, calm + spike))
    rung = disturbed[-n_after:] - clean[-n_after:] - response
    assert np.abs(rung).max() < 2.5 * sim.REST_UV
    assert rms(rung) < 0.6 * sim.REST_UV
    assert rms(rung[round(0.5 * rate_hz) :]) < 0.1 * sim.REST_UV


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_nothing_rings_after_a_contraction_of_40_db(rate_hz):
    calm = sim.rest(rate_hz, 8.0, 1, 6)
    muscle = sim.contraction(rate_hz, 8.0, 3.0, 5.0, 40.0)[:, None]
    hum = sim.mains(rate_hz, 8.0, 20.0)[:, None]
    bare = Chain(1, rate_hz, ChainSettings(mains_hz=None)).push(calm + muscle).filtered_uv
    clean = Chain(1, rate_hz).push(calm + muscle + hum).filtered_uv
    after = slice(round(5.0 * rate_hz), round(5.6 * rate_hz))
    assert rms(clean[after] - bare[after]) < 1.5 * sim.REST_UV
    held = slice(round(3.5 * rate_hz), round(4.9 * rate_hz))
    assert rms(clean[held]) == pytest.approx(rms(bare[held]), rel=0.02)

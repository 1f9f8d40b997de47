"""The bridge over short losses: plain loops, cuts, what it keeps, and what comes of it."""

from itertools import pairwise

import naive
import numpy as np
import pytest
import simulated as sim
from hypothesis import given
from hypothesis import strategies as st

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_feedback.stream.chain import bridge_lag
from emg_kernels import bridge, bridge_gaps
from emg_kernels.sos import LARGEST

LOST = [np.nan, np.inf, -np.inf, 1e13, -1e300]
MOST, LAG, N_LEVEL = 5.0, 25, 5


class Bridge:
    def __init__(self, n_channels, first_sample=0):
        self.state = np.full((bridge.N_BRIDGE + LAG + N_LEVEL, n_channels), np.nan)
        self.first = first_sample

    def __call__(self, block):
        out = np.empty_like(block)
        bridge_gaps(block, MOST, LAG, self.first, self.state, out)
        self.first += len(block)
        return out


def samples(n_samples, n_channels, seed=0):
    random = np.random.default_rng(seed)
    x = random.normal(0.0, 10.0, (n_samples, n_channels))
    for _ in range(2 * n_channels):
        start, channel = random.integers(n_samples), random.integers(n_channels)
        x[start : start + random.integers(1, 12), channel] = random.choice(LOST)
    return x


@pytest.mark.parametrize("n_channels", [1, 3, 16])
@pytest.mark.parametrize("first_sample", [0, 17, 10**9])
def test_twin(n_channels, first_sample):
    x = samples(600, n_channels, 1)
    x[:2] = np.nan
    out = Bridge(n_channels, first_sample)(x)
    for c in range(n_channels):
        told = np.where(np.abs(x[:, c]) < LARGEST, x[:, c], np.nan)
        np.testing.assert_array_equal(out[:, c], naive.bridge_gaps(told, MOST, LAG, N_LEVEL))


@given(sizes=st.lists(st.integers(1, 70), min_size=1, max_size=60), seed=st.integers(0, 9))
@pytest.mark.parametrize("n_channels", [3, 16])
def test_any_cut_gives_the_same_bits(n_channels, sizes, seed):
    x = samples(700, n_channels, seed)
    cut = Bridge(n_channels)
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    blocks = [cut(x[a:b]) for a, b in pairwise(edges)]
    np.testing.assert_array_equal(np.vstack(blocks), Bridge(n_channels)(x))


@pytest.mark.parametrize("n_channels", [1, 8, 384])
def test_a_channel_does_not_depend_on_how_many_there_are(n_channels):
    x = samples(300, 1, 4)
    out = Bridge(n_channels)(np.ascontiguousarray(np.tile(x, n_channels)))
    np.testing.assert_array_equal(out, np.tile(Bridge(1)(x), n_channels))


@pytest.mark.parametrize("lost", LOST)
def test_a_loss_stays_where_it_is(lost):
    x = np.random.default_rng(0).normal(0.0, 10.0, (400, 4))
    expected = x.copy()
    x[100:105, 1], x[200:212, 2], x[0:3, 3] = lost, lost, lost
    out = Bridge(4)(x)
    there = np.abs(x) < LARGEST
    np.testing.assert_array_equal(out[there], expected[there])
    assert np.isfinite(out[:, [0, 1]]).all()
    assert np.isnan(out[205:212, 2]).all()
    assert np.isnan(out[:3, 3]).all()
    assert np.isnan(out).sum() == 7 + 3


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_mains_on_a_moving_level_goes_on(mains_hz):
    n = np.arange(400)
    x = 5000.0 + 0.3 * n + 40.0 * np.sin(2.0 * np.pi * mains_hz / 250.0 * n)
    lost = x.copy()
    lost[300:305] = np.nan
    np.testing.assert_allclose(Bridge(1)(lost[:, None])[:, 0], x, rtol=0, atol=1e-9)


def test_where_the_past_is_lost_the_last_sample_is_held():
    x = np.random.default_rng(0).normal(0.0, 10.0, (100, 1))
    x[40:60], x[70:72] = np.nan, np.nan
    out = Bridge(1)(x)
    np.testing.assert_array_equal(out[70:72], x[[69, 69]])


@pytest.mark.parametrize(
    ("rate_hz", "lag"), [(125.0, 25), (200.0, 20), (250.0, 25), (256.0, 128), (2048.0, 205)]
)
def test_the_lag_holds_whole_periods_in_whole_samples(rate_hz, lag):
    assert bridge_lag(rate_hz) == lag


def at_gaps(rate_hz, mains_hz, times_rest, snr_db=None):
    """Give 20 channels a gap each, and perhaps a contraction right behind it.

    Returns how long behind its gap each channel's first onset was decided.
    """
    random, n_samples = np.random.default_rng(5), round(6.0 * rate_hz)
    x = sim.rest(rate_hz, 6.0, 20, 9)
    behind_s = {}
    for c in range(20):
        x[:, c] += np.roll(sim.mains(rate_hz, 6.0, times_rest * sim.REST_UV, 0, 6, mains_hz), c)
        start, n_lost = random.integers(n_samples // 2, 3 * n_samples // 4), random.integers(1, 6)
        stop = start + max(1, round(n_lost * rate_hz / 250.0))
        if snr_db is not None:
            x[:, c] += sim.contraction(rate_hz, 6.0, stop / rate_hz, 6.0, snr_db, seed=c)
        x[start:stop, c] = np.nan
        behind_s[c] = stop / rate_hz
    events = Chain(20, rate_hz, ChainSettings(mains_hz=round(mains_hz))).push(x).events
    found = {}
    for event in events:
        if event.kind == "onset" and event.decided_sample / rate_hz > behind_s[event.channel] - 0.1:
            found.setdefault(
                event.channel, event.decided_sample / rate_hz - behind_s[event.channel]
            )
    return found


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("mains_hz", [50.0, 60.0, 50.05])
@pytest.mark.parametrize("times_rest", [0.0, 5.0, 100.0])
def test_a_short_gap_starts_no_contraction(rate_hz, mains_hz, times_rest):
    assert not at_gaps(rate_hz, mains_hz, times_rest)


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("times_rest", [0.0, 20.0])
def test_a_contraction_right_behind_a_gap_is_found(rate_hz, times_rest):
    found = at_gaps(rate_hz, 50.0, times_rest, 20.0)
    assert len(found) == 20
    assert np.median(list(found.values())) < 0.08

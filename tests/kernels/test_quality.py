"""The sums of quality against their twin, Fourier, every way to cut a stream, and losses."""

from itertools import pairwise

import naive_quality
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from emg_kernels import quality, watch_quality

FREQUENCIES = np.array([0.2, 0.4, 0.24])
SETTINGS = np.array([0.06, 0.26, 900.0, 25.0])
cuts = st.lists(st.integers(1, 70), min_size=1, max_size=20)


class Watch:
    def __init__(self, n_channels, settings=SETTINGS, frequencies=FREQUENCIES):
        self.settings, self.cosines = settings, 2 * np.cos(2 * np.pi * frequencies)
        self.state = np.zeros((quality.N_STATE, n_channels))
        self.state[[quality.LAST, quality.SLOW]] = np.nan
        self.sums = np.zeros((quality.N_SUMS, n_channels))
        self.lines = np.zeros((len(frequencies), 2, n_channels))
        self.unfit = 0

    def __call__(self, raw, filtered, sizes=()):
        edges = np.minimum(np.cumsum([0, *sizes, len(raw)]), len(raw))
        for a, b in pairwise(edges):
            self.unfit = watch_quality(
                raw[a:b],
                filtered[a:b],
                self.settings,
                self.cosines,
                self.state,
                self.sums,
                self.lines,
            )
        return self

    @property
    def line_power(self):
        one, two = self.lines[:, 0], self.lines[:, 1]
        return one**2 + two**2 - self.cosines[:, None] * one * two


def signals(n_channels, seed=0, n_samples=300):
    random = np.random.default_rng(seed)
    raw = 500.0 + random.normal(0.0, 40.0, (n_samples, n_channels)).cumsum(axis=0)
    raw[:20, 0] = np.nan
    raw[200:210] = [[np.inf]]
    raw[-40:, -1] = raw[-41, -1]
    filtered = random.normal(0.0, 5.0, raw.shape)
    filtered[50:60] = np.nan
    return raw, filtered


@pytest.mark.parametrize("n_channels", [1, 3, 16, 384])
def test_twin(n_channels):
    raw, filtered = signals(n_channels)
    watch = Watch(n_channels)(raw, filtered)
    unfit = 0
    for c in {0, n_channels // 2, n_channels - 1}:
        *sums, _, powers = naive_quality.watch_quality(
            raw[:, c].tolist(), filtered[:, c].tolist(), *SETTINGS.tolist(), FREQUENCIES.tolist()
        )
        np.testing.assert_allclose(watch.sums[:, c], sums, rtol=1e-9)
        np.testing.assert_allclose(watch.line_power[:, c], powers, rtol=1e-6)
    for c in range(n_channels):
        unfit += abs(raw[-1, c]) >= SETTINGS[2] or c == n_channels - 1
    assert watch.unfit == unfit


def test_a_line_has_the_power_of_its_sine():
    rate_hz, n_samples = 250.0, 125
    time_s = np.arange(n_samples)[:, None] / rate_hz
    raw = 30.0 * np.sin(2 * np.pi * 50.0 * time_s + 0.3)
    watch = Watch(1, frequencies=np.array([50.0, 60.0]) / rate_hz)
    watch.settings = np.array([0.0, 0.0, 1e9, 1e9])
    watch(raw - raw[0], np.zeros_like(raw))
    mains, other = 2 * watch.line_power[:, 0] / n_samples**2
    assert mains == pytest.approx(30.0**2 / 2, rel=0.02)
    assert other < 1e-3 * mains


def test_scipy():
    random = np.random.default_rng(4)
    raw = random.normal(0.0, 10.0, (2000, 2)).cumsum(axis=0)
    watch = Watch(2)(raw - raw[0], np.zeros_like(raw))
    drift, low = SETTINGS[:2]
    x = raw - raw[0]
    for _ in range(2):
        x = x - signal.lfilter([drift], [1.0, drift - 1.0], x, axis=0)
    slow = x
    for _ in range(2):
        slow = signal.lfilter([low], [1.0, low - 1.0], slow, axis=0)
    np.testing.assert_allclose(watch.sums[quality.LOW_POWER], (slow**2).sum(axis=0))
    np.testing.assert_allclose(watch.sums[quality.BAND_POWER], ((x - slow) ** 2).sum(axis=0))


@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(sizes, seed):
    raw, filtered = signals(3, seed)
    whole, cut = Watch(3)(raw, filtered), Watch(3)(raw, filtered, sizes)
    for one, other in (
        (whole.state, cut.state),
        (whole.sums, cut.sums),
        (whole.lines, cut.lines),
    ):
        np.testing.assert_array_equal(one, other)


def test_silence_leaves_no_denormal_numbers():
    watch = Watch(1)
    watch(np.full((1, 1), 1000.0), np.zeros((1, 1)))
    watch(np.zeros((60_000, 1)), np.zeros((60_000, 1)))
    state = watch.state[quality.SLOWER :]
    assert not ((state != 0) & (np.abs(state) < np.finfo(float).tiny)).any()

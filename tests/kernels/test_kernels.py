"""Each kernel against its plain-loop twin, SciPy, and every way to cut a stream into blocks."""

import math
from itertools import pairwise

import naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

import emg_kernels as kernels
from emg_kernels import onset

RATE_HZ = 250.0
SOS = np.ascontiguousarray(
    signal.butter(4, [20.0, 110.0], btype="bandpass", output="sos", fs=RATE_HZ)
)
STEADY = np.ascontiguousarray(signal.sosfilt_zi(SOS))
cuts = st.lists(st.integers(1, 70), min_size=1, max_size=60)


def noise(n_samples, n_channels, seed=0):
    return np.random.default_rng(seed).normal(0.0, 10.0, (n_samples, n_channels))


def in_blocks(process, x, sizes):
    """Run ``process(block) -> out`` over consecutive blocks of the given sizes, then the rest."""
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    return np.vstack([process(x[a:b]) for a, b in pairwise(edges)])


class Bridge:
    def __init__(self, n_channels, max_gap=5.0):
        self.state = np.zeros((2, n_channels))
        self.state[0] = np.nan
        self.max_gap = max_gap

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.bridge_gaps(block, self.max_gap, self.state, out)
        return out


class Filter:
    def __init__(self, n_channels):
        self.state = np.full((len(SOS), 2, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.sosfilt(block, SOS, STEADY, self.state, out)
        return out


class Envelope:
    def __init__(self, n_channels, alpha=0.1):
        self.state = np.full((4, n_channels), np.nan)
        self.alpha = alpha

    def __call__(self, block):
        out = np.empty_like(block)
        kernels.rms_envelope(block, self.alpha, self.state, out)
        return out


SETTINGS = {
    "window": 25, "settle": 50, "learn": 250, "hang_over": 15,
    "alpha": 1 / 1250, "onset_sd": 6.0, "release_sd": 2.0, "floor": 0.2,
}  # fmt: skip
LOOK_BACK = 125


class Detector:
    def __init__(self, n_channels):
        self.state = np.zeros((onset.N_STATE, n_channels))
        self.ring = np.zeros((LOOK_BACK, n_channels))
        self.settings = np.array([*SETTINGS.values(), 125.0])
        self.first = 0
        self.events = []

    def __call__(self, block):
        active = np.empty(block.shape, np.bool_)
        events = np.empty((block.size, 4), np.int64)
        n_events = kernels.detect_contractions(
            block, self.settings, self.first, self.state, self.ring, active, events
        )
        self.first += len(block)
        self.events += events[:n_events].tolist()
        return active


def with_losses(x, seed):
    random = np.random.default_rng(seed)
    y = x.copy()
    for _ in range(6):
        start = random.integers(len(x))
        y[start : start + random.integers(1, 12), random.integers(x.shape[1])] = random.choice(
            [np.nan, np.inf, -np.inf]
        )
    return y


def bursts(n_channels, seed=3, n_samples=3000):
    x = noise(n_samples, n_channels, seed) * 0.3
    for start, stop, gain in ((700, 1000, 8.0), (1400, 1500, 30.0), (1900, 2500, 3.0)):
        x[start:stop] *= gain
    return x


@pytest.mark.parametrize("n_channels", [1, 3, 16])
def test_bridge_twin(n_channels):
    x = with_losses(noise(400, n_channels), 1)
    twin = np.column_stack([naive.bridge_gaps(x[:, c], 5) for c in range(n_channels)])
    np.testing.assert_array_equal(Bridge(n_channels)(x), twin)


@pytest.mark.parametrize("n_channels", [1, 3, 16])
def test_sosfilt_twin_and_scipy(n_channels):
    x = noise(600, n_channels) + 5000.0
    out = Filter(n_channels)(x)
    twin = np.column_stack(
        [naive.sosfilt(x[:, c], SOS.tolist(), STEADY.tolist()) for c in range(n_channels)]
    )
    np.testing.assert_allclose(out, twin, rtol=0, atol=1e-9)
    zi = STEADY[:, :, None] * x[0]
    np.testing.assert_allclose(out, signal.sosfilt(SOS, x, axis=0, zi=zi)[0], rtol=0, atol=1e-9)


def test_sosfilt_starts_without_a_transient_and_again_after_a_loss():
    x = np.full((300, 1), 187000.0)
    x[100:120] = np.nan
    out = Filter(1)(x)
    assert np.isnan(out[100:120]).all()
    assert np.abs(out[np.isfinite(out)]).max() < 1e-6


def test_rms_envelope_twin_and_scipy():
    x = noise(500, 3)
    out = Envelope(3)(x)
    twin = np.column_stack([naive.rms_envelope(x[:, c], 0.1) for c in range(3)])
    np.testing.assert_allclose(out, twin, rtol=1e-12)
    smooth, weight = x**2, np.ones_like(x)
    for _ in range(2):
        smooth, weight = (signal.lfilter([0.1], [1.0, -0.9], y, axis=0) for y in (smooth, weight))
    np.testing.assert_allclose(out, np.sqrt(smooth / weight), rtol=1e-9)


def test_rms_envelope_of_a_tone_is_its_rms():
    t = np.arange(2000)[:, None] / RATE_HZ
    out = Envelope(1, alpha=1 - math.exp(-1 / (0.025 * RATE_HZ)))(100 * np.sin(2 * np.pi * 80 * t))
    np.testing.assert_allclose(out[500:], 100 / math.sqrt(2), rtol=0.01)


def test_detector_twin():
    x = bursts(2)
    detector = Detector(2)
    detector(x)
    for channel in range(2):
        twin = naive.detect_contractions(x[:, channel], **SETTINGS, look_back=LOOK_BACK)
        assert [tuple(e[1:]) for e in detector.events if e[0] == channel] == twin
        assert len(twin) == 6


def test_detector_finds_bursts_and_nothing_else():
    detector = Detector(1)
    active = detector(bursts(1))
    onsets = [e[2] for e in detector.events if e[1]]
    offsets = [e[2] for e in detector.events if not e[1]]
    np.testing.assert_allclose(onsets, [700, 1400, 1900], atol=12)
    np.testing.assert_allclose(offsets, [1000, 1500, 2500], atol=12)
    assert not active[:700].any()


def test_a_long_loss_ends_a_contraction_and_the_next_is_found():
    x = bursts(1)
    x[900:1400] = np.nan
    detector = Detector(1)
    detector(x)
    edges = [(e[1], e[2]) for e in detector.events]
    assert [kind for kind, _ in edges] == [1, 0, 1, 0, 1, 0]
    assert edges[1] == (0, 900)
    assert abs(edges[2][1] - 1400) < 12


def test_detector_is_not_fooled_by_single_spikes():
    x = noise(3000, 1, 5)
    x[[800, 1300, 1800]] = [[2000.0], [-5000.0], [1e6]]
    detector = Detector(1)
    detector(x)
    assert detector.events == []


def test_detector_comes_down_from_a_level_learnt_in_a_contraction():
    x = noise(6000, 1, 6) * 0.3
    x[:600] *= 20.0
    x[5000:5300] *= 10.0
    detector = Detector(1)
    detector(x)
    assert any(e[1] and abs(e[2] - 5000) < 15 for e in detector.events)


@pytest.mark.parametrize("make", [Bridge, Filter, Envelope, Detector])
@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(make, sizes, seed):
    x = bursts(2, seed, 1500)
    if make is not Detector:
        x = with_losses(x, seed)
    if make in (Filter, Envelope):
        x[~np.isfinite(x)] = np.nan
    whole, cut = make(2), make(2)
    np.testing.assert_array_equal(whole(x), in_blocks(cut, x, sizes))
    if make is Detector:
        assert whole.events == cut.events


def test_silence_leaves_no_denormal_numbers():
    filter_, envelope = Filter(1), Envelope(1)
    envelope(filter_(noise(500, 1)))
    envelope(filter_(np.zeros((60_000, 1))))
    tiny = np.finfo(float).tiny
    for state in (filter_.state, envelope.state):
        assert not ((state != 0) & (np.abs(state) < tiny)).any()


def test_running_sum_does_not_drift():
    x = noise(300_000, 1, 9) * 1e4
    x[150_000:] *= 1e-6
    detector = Detector(1)
    detector(x)
    power = np.square(x[-SETTINGS["window"] :, 0]).sum()
    assert detector.state[onset.WINDOW_POWER, 0] == pytest.approx(power, rel=1e-9)


def test_compile_all_names_every_kernel():
    names = [name for name, _, _ in kernels.compile_all()]
    assert {"bridge_gaps", "sosfilt", "rms_envelope", "detect_contractions"} <= set(names)

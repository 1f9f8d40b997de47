"""The kernels of the classical rules against plain loops, NumPy and SciPy, and every cut."""

from itertools import pairwise

import naive_classical as naive
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import linalg, signal

from emg_kernels import classical

cuts = st.lists(st.integers(1, 70), min_size=1, max_size=60)
SETTLE, LEARN = 50, 250
SETTINGS = {
    "settle": SETTLE, "learn": LEARN, "hold": 6, "hang_over": 12, "grace": 3, "lag": 4,
    "of_mean": 1.0, "of_scatter": 3.0, "least": 0.2,
}  # fmt: skip
WINDOW = 9


def noise(n_samples, n_channels, seed=0):
    return np.random.default_rng(seed).normal(0.0, 3.0, (n_samples, n_channels))


def bursts(n_channels, seed=3, n_samples=3000):
    x = noise(n_samples, n_channels, seed)
    for start, stop, gain in ((700, 1000, 8.0), (1400, 1500, 30.0), (1900, 2500, 3.0)):
        x[start:stop] *= gain
    return x


def with_losses(x, seed):
    random = np.random.default_rng(seed)
    y = x.copy()
    for _ in range(6):
        start = random.integers(len(x))
        y[start : start + random.integers(1, 12), random.integers(x.shape[1])] = random.choice(
            [np.nan, np.inf, -np.inf]
        )
    return y


class Energy:
    def __init__(self, n_channels):
        self.state = np.full((2, n_channels), np.nan)

    def __call__(self, block):
        out = np.empty_like(block)
        classical.teager_kaiser(block, self.state, out)
        return out


class White:
    def __init__(self, n_channels):
        self.state = np.zeros((classical.N_WHITE_STATE, n_channels))

    def __call__(self, block):
        out = np.empty_like(block)
        classical.whitened_power(block, SETTLE, LEARN, self.state, out)
        return out


class Held:
    """The threshold on the rectified signal."""

    def __init__(self, n_channels, window=WINDOW, most_lost=125, **changed):
        self.state = np.zeros((classical.N_STATE, n_channels))
        self.ring = np.zeros((window, n_channels))
        s = SETTINGS | changed
        self.settings = np.array(
            [
                *(s["settle"], s["learn"], s["hold"], s["hang_over"], s["grace"], s["lag"]),
                *(most_lost, s["of_mean"], s["of_scatter"], s["least"], 1.0),
            ]
        )
        self.first = 0
        self.events = []

    def __call__(self, block):
        active = np.empty(block.shape, np.bool_)
        events = np.empty((block.size, 4), np.int64)
        n_events = classical.held_above(
            block,
            np.abs(block),
            self.settings,
            self.first,
            self.state,
            self.ring,
            active,
            events,
        )
        self.first += len(block)
        self.events += events[:n_events].tolist()
        return active


def in_blocks(process, x, sizes):
    edges = np.minimum(np.cumsum([0, *sizes, len(x)]), len(x))
    return np.vstack([process(x[a:b]) for a, b in pairwise(edges)])


def test_energy_twin_and_definition():
    x = with_losses(noise(400, 3), 2)
    x[np.isinf(x)] = np.nan
    out = Energy(3)(x)
    twin = np.column_stack([naive.teager_kaiser(x[:, c]) for c in range(3)])
    np.testing.assert_array_equal(out, twin)
    np.testing.assert_allclose(out[2:], np.abs(x[1:-1] ** 2 - x[2:] * x[:-2]), rtol=1e-12)


def test_energy_of_a_tone_goes_with_amplitude_and_frequency():
    n = np.arange(500)[:, None]
    for amplitude, angle in ((10.0, 0.3), (10.0, 1.2), (40.0, 0.3)):
        out = Energy(1)(amplitude * np.sin(angle * n))
        np.testing.assert_allclose(out[2:], (amplitude * np.sin(angle)) ** 2, rtol=1e-9)


@pytest.mark.parametrize("n_channels", [1, 3])
def test_whitening_twin(n_channels):
    x = with_losses(bursts(n_channels, 1, 900), 1)
    twin = np.column_stack(
        [naive.whitened_power(x[:, c], SETTLE, LEARN) for c in range(n_channels)]
    )
    np.testing.assert_allclose(White(n_channels)(x), twin, rtol=1e-9, atol=1e-9)


def test_whitening_solves_the_equations_of_yule_and_walker():
    x = signal.lfilter([1.0], [1.0, -1.2, 0.7], noise(4000, 1, 4), axis=0)
    white = White(1)
    out = white(x)
    state = white.state[:, 0]
    products = state[classical.PRODUCTS : classical.PRODUCTS + classical.ORDER + 1]
    weights = state[classical.COEFFICIENTS : classical.COEFFICIENTS + classical.ORDER]
    np.testing.assert_allclose(
        weights, linalg.solve_toeplitz(products[:-1], products[1:]), rtol=1e-9, atol=1e-12
    )
    assert np.sqrt(np.mean(out[500:])) == pytest.approx(3.0, rel=0.05)


def test_whitening_survives_what_cannot_be_whitened():
    for x in (np.zeros((600, 1)), np.full((600, 1), 5.0), np.full((600, 1), 1e90)):
        white = White(1)
        assert np.isfinite(white(x)[classical.ORDER :]).all() or x[0, 0] > 1e50
        assert np.isfinite(white.state).all()


@pytest.mark.parametrize("changed", [{}, {"grace": 1}, {"of_mean": 1.8, "of_scatter": 0.0}])
def test_threshold_twin(changed):
    x = bursts(2)
    x[720:723] = np.nan
    held = Held(2, **changed)
    held(x)
    for channel in range(2):
        twin = naive.held_above(np.abs(x[:, channel]), WINDOW, **(SETTINGS | changed))
        assert [tuple(e[1:]) for e in held.events if e[0] == channel] == twin
        assert len(twin) >= 6


def test_active_is_what_the_events_say():
    held = Held(1)
    active = held(bursts(1))[:, 0]
    expected = np.zeros(len(active), bool)
    edges = [(e[1], e[3]) for e in held.events]
    for (_, on), (_, off) in zip(edges[::2], edges[1::2], strict=True):
        expected[on:off] = True
    np.testing.assert_array_equal(active, expected)


def test_a_loss_changes_nothing_but_the_time():
    x = bursts(1)
    whole, broken = Held(1), Held(1)
    whole(x)
    gap = 400
    broken(np.vstack([x[:gap], np.full((20, 1), np.nan), x[gap:]]))
    assert len(whole.events) == len(broken.events)
    for before, after in zip(whole.events, broken.events, strict=True):
        assert abs(after[3] - before[3] - 20) <= 2
        assert after[1] == before[1]


def test_a_long_loss_ends_a_contraction():
    x = bursts(1)
    x[900:1200] = np.inf
    held = Held(1)
    active = held(x)
    assert (1, 0, 900, 900 + 124) in [(len(e) - 3, *e[1:]) for e in held.events]
    assert not active[1024:1200].any()


@pytest.mark.parametrize("make", [Energy, White, Held])
@given(sizes=cuts, seed=st.integers(0, 5))
def test_any_cut_gives_the_same_bits(make, sizes, seed):
    x = with_losses(bursts(2, seed, 1500), seed)
    whole, cut = make(2), make(2)
    np.testing.assert_array_equal(whole(x), in_blocks(cut, x, sizes))
    np.testing.assert_array_equal(whole.state, cut.state)
    if make is Held:
        assert whole.events == cut.events


@pytest.mark.parametrize("n_channels", [1, 16, 384])
@pytest.mark.parametrize("make", [Energy, White, Held])
def test_channels_do_not_know_of_each_other(make, n_channels):
    x = bursts(3, 2, 800)
    alone, many = make(3), make(n_channels)
    picked = np.arange(n_channels) % 3
    np.testing.assert_array_equal(many(np.ascontiguousarray(x[:, picked])), alone(x)[:, picked])


def test_running_sum_does_not_drift():
    x = noise(200_000, 1, 9) * 1e4
    x[100_000:] *= 1e-6
    held = Held(1)
    held(x)
    recent = np.abs(x[-WINDOW:, 0]).sum()
    assert held.state[classical.WINDOW_SUM, 0] == pytest.approx(recent, rel=1e-9)


def test_silence_leaves_no_denormal_numbers():
    x = np.vstack([bursts(1), np.zeros((20_000, 1))])
    tiny = np.finfo(float).tiny
    for make in (Energy, White, Held):
        process = make(1)
        process(x)
        state = process.state
        assert not ((state != 0) & (np.abs(state) < tiny)).any()

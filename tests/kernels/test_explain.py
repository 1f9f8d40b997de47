"""What is no contraction is not shown as one; what is one is found in spite of it."""

import numpy as np
import pytest
import simulated as sim

from emg_feedback import Chain

N = 12


def onsets_s(rate_hz, x, from_s=0.0, to_s=np.inf):
    """Times of the onsets of each channel."""
    features = Chain(x.shape[1], rate_hz).push(np.ascontiguousarray(x))
    found = [[] for _ in range(x.shape[1])]
    for event in features.events:
        if event.kind == "onset" and from_s <= event.sample / rate_hz < to_s:
            found[event.channel].append(event.sample / rate_hz)
    return found


def each(n_channels, make):
    """Return one column a channel, each a little later than the one before."""
    return np.column_stack([make(0.0007 * c, (-1.0) ** c) for c in range(n_channels)])


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("artefact", [sim.spike, sim.step])
@pytest.mark.parametrize("height", [20.0, 60.0, 200.0, 1000.0])
def test_spikes_and_jumps_of_the_electrode(rate_hz, artefact, height):
    x = sim.rest(rate_hz, 7.0, N, 7)
    x += each(N, lambda late, sign: artefact(rate_hz, 7.0, 4.0 + late, sign * height * sim.REST_UV))
    assert sum(map(len, onsets_s(rate_hz, x, 3.95, 4.6))) == 0


@pytest.mark.parametrize("rate_hz", [200.0, 250.0, 500.0, 1000.0])
@pytest.mark.parametrize("height", [20.0, 60.0, 200.0])
@pytest.mark.parametrize("second", [-0.3, 0.5, 1.0])
def test_spikes_of_two_samples(rate_hz, height, second):
    x = sim.rest(rate_hz, 7.0, N, 7)
    x[round(4.0 * rate_hz) :][:2] += (
        height * sim.REST_UV * np.outer([1.0, second], (-1.0) ** np.arange(N))
    )
    assert sum(map(len, onsets_s(rate_hz, x, 3.95, 4.6))) <= 0.1 * N


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("artefact", [sim.spike, sim.step])
@pytest.mark.parametrize("later_s", [0.0, 0.02, 0.1])
def test_a_contraction_with_an_artefact_is_found(rate_hz, artefact, later_s):
    x = sim.rest(rate_hz, 7.0, N, 7)
    x += each(N, lambda late, sign: artefact(rate_hz, 7.0, 4.0 + late, sign * 80.0 * sim.REST_UV))
    for c in range(N):
        x[:, c] += sim.contraction(rate_hz, 7.0, 4.0 + later_s, 5.0, 20.0, seed=c)
    for found in onsets_s(rate_hz, x, 3.7, 5.0):
        assert len(found) >= 1
        assert abs(found[0] - 4.0 - later_s) < 0.1


@pytest.mark.parametrize("rate_hz", [500.0, 1000.0])
@pytest.mark.parametrize("times_rest", [15.0, 40.0, 100.0])
def test_mains_that_comes_and_goes(rate_hz, times_rest):
    x = sim.rest(rate_hz, 10.0, N, 7)
    x += each(
        N,
        lambda late, sign: sim.mains(
            rate_hz,
            10.0,
            sign * times_rest * sim.REST_UV,
            3 + 2 * late,
            6 + 3 * late,
            n_harmonics=1,
        ),
    )
    found = onsets_s(rate_hz, x, 2.9)
    assert sum(map(len, found)) <= 1


@pytest.mark.parametrize("rate_hz", [250.0, 500.0, 1000.0])
@pytest.mark.parametrize("times_rest", [5.0, 10.0, 20.0])
def test_mains_with_harmonics_that_comes_and_goes(rate_hz, times_rest):
    x, t = sim.rest(rate_hz, 9.0, N, 7), np.arange(round(9.0 * rate_hz)) / rate_hz
    for c in range(N):
        phases = np.random.default_rng(c).uniform(0.0, 2.0 * np.pi, 4)
        there = (t >= 3.0 + 0.0137 * c) & (t < 6.0 + 0.0091 * c)
        for k, share in enumerate((1.0, 0.5, 0.5, 0.3)):  # beyond half the rate they fold
            hum = np.cos(2.0 * np.pi * (k + 1) * 50.0 * t + phases[k])
            x[:, c] += times_rest * sim.REST_UV * share * hum * there
    found = onsets_s(rate_hz, x, 2.9)
    assert sum(map(len, found)) <= 0.2 * 2 * N


def fading_mains(rate_hz, seconds, times_rest, c):
    """Mains with harmonics that comes at 3 s and goes at 6, within 0.3 to 0.9 s each."""
    fade_s = 0.3 + 0.6 * c / N
    grown = sim.drive(rate_hz, round(seconds * rate_hz), 3.0 + 0.0137 * c, 7.0, fade_s)
    return grown * sim.mains(rate_hz, seconds, times_rest * sim.REST_UV)


@pytest.mark.parametrize("rate_hz", [250.0, 500.0, 1000.0])
@pytest.mark.parametrize("times_rest", [5.0, 10.0])
def test_mains_that_grows_and_wanes(rate_hz, times_rest):
    x = sim.rest(rate_hz, 9.0, N, 7)
    for c in range(N):
        x[:, c] += fading_mains(rate_hz, 9.0, times_rest, c)
    assert sum(map(len, onsets_s(rate_hz, x, 2.9))) <= 0.15 * 2 * N


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
def test_a_contraction_while_mains_grows_is_found(rate_hz):
    x = sim.rest(rate_hz, 9.0, N, 7)
    for c in range(N):
        x[:, c] += fading_mains(rate_hz, 9.0, 10.0, c)
        x[:, c] += sim.contraction(rate_hz, 9.0, 3.2, 4.2, 15.0, seed=c)
    found = onsets_s(rate_hz, x, 3.1, 3.3)
    assert sum(len(each_one) == 1 for each_one in found) >= N - 1


@pytest.mark.parametrize("rate_hz", [200.0, 250.0])
def test_weak_mains_that_comes_and_goes(rate_hz):
    x = sim.rest(rate_hz, 9.0, N, 7)
    for c in range(N):
        amplitude_uv, come_s = 4.0 * sim.REST_UV, 3.0 + 0.0137 * c
        x[:, c] += sim.mains(rate_hz, 9.0, amplitude_uv, come_s, 6.0, n_harmonics=1)
    assert sum(map(len, onsets_s(rate_hz, x, 2.9))) <= 0.25 * 2 * N


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize(("peak", "most_share"), [(12.0, 0.05), (20.0, 0.08), (30.0, 0.15)])
def test_most_heartbeats_are_no_contractions(rate_hz, peak, most_share):
    x = sim.rest(rate_hz, 30.0, N, 7)
    for c in range(N):
        x[:, c] += sim.heart(rate_hz, 30.0, peak * sim.REST_UV, 0.3 + 0.07 * c, seed=c)
    n_beats = N * 28.0 / 0.85
    assert sum(map(len, onsets_s(rate_hz, x))) < most_share * n_beats


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("duration_s", [0.15, 0.3])
def test_ballistic_contractions_are_not_taken_for_heartbeats(rate_hz, duration_s):
    x, starts_s = sim.rest(rate_hz, 20.0, N, 8), []
    for c in range(N):
        random = np.random.default_rng(c)
        starts_s.append(np.cumsum(random.uniform(1.0, 2.0, 9)) + 1.5)
        for k, start_s in enumerate(starts_s[c]):
            seed = 100 * c + k
            stop_s = start_s + duration_s
            x[:, c] += sim.contraction(rate_hz, 20.0, start_s, stop_s, 20.0, seed=seed)
    found = onsets_s(rate_hz, x)
    for c in range(N):
        for start_s in starts_s[c]:
            assert any(abs(onset_s - start_s) < 0.15 for onset_s in found[c]), (c, start_s)
    assert sum(map(len, found)) <= 9 * N + 2


@pytest.mark.parametrize("rate_hz", [250.0, 1000.0])
@pytest.mark.parametrize("times_rest", [1.0, 1.5, 2.0])
def test_slow_tone_is_no_contraction(rate_hz, times_rest):
    x = sim.rest(rate_hz, 25.0, N, 7)
    t = np.arange(len(x)) / rate_hz
    for c in range(N):
        tone = sim.muscle(rate_hz, len(x), times_rest * sim.REST_UV, c)
        x[:, c] += tone * np.clip((t - 4.0) / 20.0, 0.0, 1.0)
    active = Chain(N, rate_hz).push(x).active[t > 4.0]
    assert active.mean() < 0.05

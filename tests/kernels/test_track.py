"""Both passes over the levels against their twin with whole matrices."""

import naive_track
import numpy as np
import pytest

from emg_feedback.training.level import LevelTrack, model
from emg_kernels import follow_levels

PIECE, AHEAD, CELL_S, FREEDOM = 16, 62, 0.016, 1.2


def signal(rate_hz, n_channels, seconds, seed=0):
    """Contractions, with samples lost, silence, and levels beyond both ends of the grid."""
    random = np.random.default_rng(seed)
    t_s = np.arange(round(seconds * rate_hz)) / rate_hz
    level_uv = np.resize([15.0, 60.0, 150.0, 0.3, 9000.0], n_channels)
    x = np.where(t_s % 2.0 < 1.3, 1.0, 0.05)[:, None] * level_uv
    x *= random.standard_normal(x.shape)
    x[random.random(x.shape) < 0.002] = np.nan
    x[len(x) // 2, -1] = np.inf
    x[len(x) // 4 : len(x) // 3, 0] = 0.0
    return x


@pytest.mark.parametrize(("rate_hz", "n_channels"), [(125.0, 1), (250.0, 3), (4000.0, 2)])
def test_levels_are_those_of_the_twin(rate_hz, n_channels):
    x = signal(rate_hz, n_channels, 3.5)
    track = LevelTrack(n_channels, rate_hz)
    track.add(x)
    n_cells = len(x) // track.cell
    power = np.square(x[: n_cells * track.cell].reshape(n_cells, track.cell, -1)).mean(axis=1)
    power[np.isinf(power)] = np.nan
    cell_s = track.cell / rate_hz
    numbers = (track._freedom, round(0.25 / cell_s), round(1.0 / cell_s))  # noqa: SLF001
    twin = [naive_track.track(power[:, c], cell_s, *numbers, c) for c in range(n_channels)]
    np.testing.assert_allclose(track.levels(), np.transpose(twin), rtol=1e-5)


def test_a_channel_hardly_depends_on_its_place_among_many():
    x = signal(250.0, 3, 4.0, seed=1)
    alone = LevelTrack(1, 250.0)
    alone.add(x[:, :1])
    among = LevelTrack(130, 250.0)
    among.add(np.ascontiguousarray(x[:, np.arange(130) % 3]))
    levels = among.levels()
    np.testing.assert_array_equal(levels[:, 0], alone.levels()[:, 0])
    np.testing.assert_array_equal(levels[:, 48:51], levels[:, :3])
    assert np.nanmedian(np.abs(levels[:, 9] / levels[:, 0] - 1.0)) < 0.002


def test_moves_are_those_of_whole_matrices_and_lose_nothing():
    grid, *model_moves = model(CELL_S)
    shares, n_levels = model_moves[2], grid.shape[1]
    moves = naive_track.transitions(CELL_S)
    room = np.empty((3, n_levels + 49), np.float32)
    state = np.random.default_rng(2).random((1, len(shares), n_levels)).astype(np.float32) ** 20
    out, likelihood = np.empty_like(state), np.empty((1, n_levels), np.float32)
    power = np.array([np.nan])
    for _ in range(50):
        twin = shares[:, None] * state[0]
        twin = naive_track.moved(twin / twin.sum(), moves)
        follow_levels(power, grid, FREEDOM, *model_moves, room, state, out, likelihood)
        np.testing.assert_allclose(shares[:, None] * out[0], twin, rtol=2e-3, atol=1e-7)
        assert 0.99 < (shares @ out[0]).sum() < 1.00001
        assert np.isnan(likelihood).all()
        state, out = out, state

"""The level of a muscle as it is known afterwards: steady while it is held, and sharp at a change.

A live envelope can only look back, and wanders by 7 to 10 % in the steadiest hold. A score is told
later, so its level may look both ways.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# The power is taken together over so long.
CELL_S = 0.016
LOWEST_UV, HIGHEST_UV, STEP = 0.5, 5000.0, 0.05
# Effective bandwidth of surface EMG: what the filters pass of it, and no more than the muscle has.
LOW_HZ, HIGHEST_SHARE_OF_RATE, MUSCLE_BAND_HZ, FLATNESS = 20.0, 0.45, 100.0, 0.8
# How fast the logarithm of the level diffuses, per second: held, following a path, and trembling.
DIFFUSION = (0.0005, 0.05, 0.6)
# How often it jumps, and how many of the jumps are no larger than by a factor.
JUMPS_PER_S, NEAR, NEAR_SHARE = 0.25, 3.3, 0.8
# The oldest piece is settled once so much of what follows it is known.
PIECE_S, AHEAD_S = 1.0, 1.0


class LevelTrack:
    """Follow the level of several channels, and settle it piece by piece, in bounded memory.

    The logarithm of the level lies on a grid. From cell to cell it diffuses at one of three paces
    or, rarely, jumps; the power of a cell is that of a Gaussian signal. (Sanger 2007, J
    Neurophysiol 97:1839, has such a filter with one pace.) A forward and a backward pass give the
    probability of every level in the light of all that came before and after it (Rabiner 1989,
    Proc IEEE 77:257, section III.A); the level that is told is its median.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float

    Attributes
    ----------
    cell : int
        Samples for which one level is told.
    """

    def __init__(self, n_channels: int, sample_rate_hz: float) -> None:
        self.cell = max(1, round(CELL_S * sample_rate_hz))
        cell_s = self.cell / sample_rate_hz
        band_hz = min(HIGHEST_SHARE_OF_RATE * sample_rate_hz - LOW_HZ, MUSCLE_BAND_HZ)
        self._freedom = FLATNESS * max(band_hz, LOW_HZ) * cell_s
        self._logs = np.arange(math.log(LOWEST_UV), math.log(HIGHEST_UV), STEP)
        self._precision = np.exp(-2.0 * self._logs)
        self._moves, self._jumps = transitions(len(self._logs), cell_s)
        self._piece, self._ahead = round(PIECE_S / cell_s), round(AHEAD_S / cell_s)
        self._now = np.ones((len(DIFFUSION), n_channels, len(self._logs)), np.float32)
        self._begun = np.empty((0, n_channels))
        self._forward: list[NDArray[np.float32]] = []
        self._likelihood: list[NDArray[np.float32]] = []
        self._settled: list[Array] = []

    def add(self, signal_uv: Array) -> None:
        """Take a block of the filtered signal, shape (n_samples, n_channels); NaN is lost."""
        samples = np.concatenate([self._begun, signal_uv])
        n_cells = len(samples) // self.cell
        self._begun = samples[n_cells * self.cell :]
        cells = samples[: n_cells * self.cell].reshape(n_cells, self.cell, samples.shape[1])
        for power in np.square(cells).mean(axis=1):
            self._take(power)
            if len(self._forward) == self._piece + self._ahead:
                self._settle(self._piece)

    def levels(self) -> Array:
        """Return the level of every full cell so far in µV, shape (n_cells, n_channels).

        NaN where a sample was lost.
        """
        self._settle(len(self._forward))
        return np.concatenate(self._settled)

    def _take(self, power: Array) -> None:
        power = np.where(power < math.inf, power, np.nan)[:, None]
        exponent = -self._freedom * (power * self._precision + 2.0 * self._logs)
        exponent -= exponent.max(axis=1, keepdims=True)
        likelihood = np.exp(exponent).astype(np.float32)
        now = self._moved(self._now)
        now *= np.where(np.isnan(likelihood), np.float32(1.0), likelihood)
        now /= now.sum(axis=(0, 2), keepdims=True)
        self._now = now
        self._forward.append(now)
        self._likelihood.append(likelihood)

    def _moved(self, state: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the probabilities of a cell later, or, as all moves are symmetric, sooner."""
        # One row at a time: a larger product would be shared between threads, which wait.
        moved: NDArray[np.float32] = (state[:, :, None] @ self._moves[:, None])[:, :, 0]
        moved += (state.sum(axis=0)[:, None] @ self._jumps)[:, 0]
        return moved

    def _settle(self, n_cells: int) -> None:
        """Pass backward over all that is not settled, and settle so much of it."""
        if not n_cells:
            self._settled.append(self._begun[:0])
            return
        likelihoods = np.array(self._likelihood)
        lost = np.isnan(likelihoods[..., 0])
        likelihoods[lost] = 1.0
        after = np.ones_like(self._now)
        probabilities = np.empty_like(likelihoods)
        for cell in range(len(likelihoods) - 1, -1, -1):
            np.sum(self._forward[cell] * after, axis=0, out=probabilities[cell])
            after *= likelihoods[cell]
            after = self._moved(after / after.sum(axis=(0, 2), keepdims=True))
        levels = np.exp(self._median(probabilities[:n_cells]))
        levels[lost[:n_cells]] = np.nan
        self._settled.append(levels)
        del self._forward[:n_cells], self._likelihood[:n_cells]

    def _median(self, probabilities: NDArray[np.float32]) -> Array:
        below = np.cumsum(probabilities, axis=2, dtype=np.float64)
        half = 0.5 * below[..., -1:]
        entry = (below < half).sum(axis=2, keepdims=True)
        over = (np.take_along_axis(below, entry, axis=2) - half) / np.take_along_axis(
            probabilities, entry, axis=2
        )
        median: Array = (self._logs[entry] + (0.5 - over) * STEP)[..., 0]
        return median


@functools.cache
def transitions(n_levels: int, cell_s: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the probabilities of moving and of jumping, one cell later, between any two levels.

    Both are symmetric. Moves have shape (n_paces, n_levels, n_levels): the heat kernel of the grid.
    A jump may change the pace.
    """
    apart = np.abs(np.subtract.outer(np.arange(n_levels), np.arange(n_levels)))
    jump, reach = JUMPS_PER_S * cell_s, round(math.log(NEAR) / STEP)
    neighbours = (apart == 1).astype(np.float64)
    rates, shapes = np.linalg.eigh(neighbours - np.diag(neighbours.sum(axis=1)))
    spread = np.array(DIFFUSION)[:, None] * cell_s / (2.0 * STEP**2)
    moves = (shapes * np.exp(spread * rates)[:, None]) @ shapes.T
    near = np.where(apart <= reach, NEAR_SHARE / (2 * reach + 1), 0.0)
    jumps = (near + (1.0 - NEAR_SHARE) / n_levels) / len(DIFFUSION)
    return (
        np.maximum((1.0 - jump) * moves, 0.0).astype(np.float32),
        (jump * jumps).astype(np.float32),
    )

"""The level of a muscle as it is known afterwards: steady while it is held, and sharp at a change.

A live envelope can only look back, and wanders by 7 to 10 % in the steadiest hold. A score is told
later, so its level may look both ways.
"""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from emg_kernels import follow_levels, settle_levels

Array = NDArray[np.float64]
Single = NDArray[np.float32]

# The power is taken together over so long.
CELL_S = 0.016
LOWEST_UV, HIGHEST_UV, STEP = 0.5, 5000.0, 0.05
# Effective bandwidth of surface EMG: what the filters pass of it, and no more than the muscle has.
LOW_HZ, HIGHEST_SHARE_OF_RATE, MUSCLE_BAND_HZ, FLATNESS = 20.0, 0.45, 100.0, 0.8
# How fast the logarithm of the level diffuses, per second: held, wavering, following a path, and
# trembling. A jump goes to each of these so often; where all are alike, a level that has just risen
# seems to tremble, and wanders.
DIFFUSION = (0.0005, 0.005, 0.05, 0.6)
SHARES = (0.33, 0.33, 0.33, 0.01)
# How often it jumps, and how many of the jumps are no larger than by a factor.
JUMPS_PER_S, NEAR, NEAR_SHARE = 0.25, 3.3, 0.8
NEAR_STEPS = round(math.log(NEAR) / STEP)
# How often it begins to fall or to rise in a ramp, for how long, and by how much its logarithm then
# moves per second, all in the mean: a burst sets in and ends within 10 to 300 ms. As a single jump
# such an end seems to be where the amplitude is already a few percent.
RAMPS_PER_S, RAMP_S, RAMP_SPEED = 0.4, 0.2, 12.0
# The heat kernel goes no further, and what is less than this share of a jump is left out of it.
HEAT_STEPS, N_WAVES, NEGLIGIBLE = 20, 64, 1e-4
# The oldest piece is settled once so much of what follows it is known.
PIECE_S, AHEAD_S = 0.25, 1.0


class LevelTrack:
    """Follow the level of several channels, and settle it piece by piece, in bounded memory.

    The logarithm of the level lies on a grid. From cell to cell it diffuses at one of four paces
    or, rarely, jumps, or is on a ramp on which it only falls or only rises; the power of a cell is
    that of a Gaussian signal. (Sanger 2007, J
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
        self._freedom = half_freedom(sample_rate_hz, cell_s)
        self._grid, self._heat, self._jumps, self._shares, self._ramps = model(cell_s)
        self._piece, self._ahead = round(PIECE_S / cell_s), round(AHEAD_S / cell_s)
        n_slots, n_levels = self._piece + self._ahead, self._grid.shape[1]
        shape = (n_channels, len(DIFFUSION) + 2, n_levels)
        self._begun = np.empty((0, n_channels))
        self._forward = np.ones((n_slots, *shape), np.float32)
        self._likelihood = np.empty((n_slots, n_channels, n_levels), np.float32)
        self._levels = np.empty((n_slots, n_channels))
        self._room = np.empty((3, n_levels + 2 * NEAR_STEPS + 1), np.float32)
        self._after = np.empty((2, *shape[1:]), np.float32)
        self._n_cells = 0
        self._n_settled = np.zeros(n_channels, np.int64)

    def add(self, signal_uv: Array) -> None:
        """Take a block of the filtered signal, shape (n_samples, n_channels); NaN is lost."""
        samples = np.concatenate([self._begun, signal_uv])
        n_cells = len(samples) // self.cell
        self._begun = samples[n_cells * self.cell :]
        cells = samples[: n_cells * self.cell].reshape(n_cells, self.cell, samples.shape[1])
        for power in np.ascontiguousarray(np.square(cells).mean(axis=1)):
            self._take(power)

    def levels(self) -> Array:
        """Return the level of every full cell so far in µV, shape (n_cells, n_channels).

        NaN where a sample was lost.
        """
        for channel in range(len(self._n_settled)):
            self._settle(channel, self._n_cells)
        return self._levels[: self._n_cells].copy()

    def _take(self, power: Array) -> None:
        slot = self._n_cells % len(self._forward)
        if self._n_cells == len(self._levels):
            self._levels = np.concatenate([self._levels, np.empty_like(self._levels)])
        follow_levels(
            power,
            self._grid,
            self._freedom,
            self._heat,
            self._jumps,
            self._shares,
            self._ramps,
            self._room,
            self._forward[slot - 1],
            self._forward[slot],
            self._likelihood[slot],
        )
        self._n_cells += 1
        known = self._n_cells - self._ahead
        # The channels take turns, so that no block has to pass backward over many.
        for channel in range(known % self._piece, len(self._n_settled) * (known > 0), self._piece):
            self._settle(channel, known)
            self._n_settled[channel] = known

    def _settle(self, channel: int, stop: int) -> None:
        """Pass backward over what is not settled of a channel, and tell its levels up to a cell."""
        settle_levels(
            self._forward,
            self._likelihood,
            self._grid,
            self._heat,
            self._jumps,
            self._shares,
            self._ramps,
            self._room,
            self._after,
            np.array([channel, self._n_cells, self._n_settled[channel], stop]),
            self._levels,
        )


def half_freedom(sample_rate_hz: float, cell_s: float) -> float:
    """Return half the independent values that a cell of the filtered signal has."""
    band_hz = min(HIGHEST_SHARE_OF_RATE * sample_rate_hz - LOW_HZ, MUSCLE_BAND_HZ)
    return FLATNESS * max(band_hz, LOW_HZ) * cell_s


@functools.cache
def model(cell_s: float) -> tuple[Array, Single, Single, Single, Single]:
    """Return the grid, and how the level moves and jumps, as `follow_levels` takes them.

    Moves are the heat kernel of a grid, as far as it is not negligible beside the jumps. On a ramp
    the distances are geometrically distributed. Ramps begin as often as they end.
    """
    logs = np.arange(math.log(LOWEST_UV), math.log(HIGHEST_UV), STEP)
    jump, end = JUMPS_PER_S * cell_s, -math.expm1(-cell_s / RAMP_S)
    far, begin = (1.0 - NEAR_SHARE) * jump, 0.5 * RAMPS_PER_S * cell_s
    on = begin / (end + 2.0 * begin)
    on_stay = 1.0 - far - end
    leave = on * end / ((1.0 - 2.0 * on) * on_stay)
    spread = np.array(DIFFUSION)[:, None] * cell_s / STEP**2
    waves = np.cos(2.0 * np.pi * np.arange(N_WAVES // 2 + 1) / N_WAVES)
    heat = np.fft.irfft(np.exp(spread * (waves - 1.0)), N_WAVES)[:, : HEAT_STEPS + 1]
    heat[heat < NEGLIGIBLE * jump] = 0.0
    heat = heat[:, : np.count_nonzero(heat.any(axis=0))]
    stay = 1.0 - jump - 2.0 * leave * (on_stay + end)
    jumps = [NEAR_SHARE * jump / (2 * NEAR_STEPS + 1) / (1.0 - 2.0 * on), far / len(logs)]
    keep = 1.0 - 1.0 / (1.0 + RAMP_SPEED * cell_s / STEP)
    still = (1.0 - keep) * np.array([on_stay, end / (1.0 - 2.0 * on)])
    return (
        np.array([logs, np.exp(-2.0 * logs)]),
        (stay * heat).astype(np.float32, order="C"),
        np.array(jumps, np.float32),
        np.array([*((1.0 - 2.0 * on) * np.array(SHARES)), on, on], np.float32),
        np.array([keep, *still, leave], np.float32),
    )

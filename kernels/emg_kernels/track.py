"""What a level was, in the light of what came before and after: passes over a grid of levels.

Both passes of a hidden Markov model (Rabiner 1989, *Proc IEEE* 77:257, section III.A) whose states
are the paces at which the logarithm of the level may diffuse, times the levels of a grid.
"""

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from emg_kernels._jit import Array, Integers, helper, kernel

Single: TypeAlias = NDArray[np.float32]

# A level that is less likely than the likeliest by so many nats is impossible. It is never the
# only one left, for a jump may go anywhere; and no product of probabilities is a denormal number.
IMPOSSIBLE = -40.0


@helper
def _add(total: Single, part: Single, weight: np.float32) -> None:
    for i in range(len(total)):
        total[i] += weight * part[i]


@helper
def _multiply(product: Single, factor: Single) -> None:
    for i in range(len(product)):
        product[i] *= factor[i]


@helper
def _scale(row: Single, scale: np.float32, out: Single) -> None:
    for i in range(len(out)):
        out[i] = row[i] * scale


@helper
def _stay_or_jump(
    row: Single, stay: float, upto: Single, below: Single, near: float, far: float, out: Single
) -> None:
    for i in range(len(out)):
        out[i] = stay * row[i] + (near * (upto[i] - below[i]) + far)


@helper
def _add_scaled(total: Single, part: Single, other: Single, share: float) -> None:
    for i in range(len(total)):
        total[i] += share * (part[i] + other[i])


@helper
def _move(
    state: Single, heat: Single, jumps: Single, shares: Single, room: Single, out: Single
) -> None:
    """Turn the probabilities of one cell, shape (n_paces, n_levels), into those of its neighbour.

    Each is divided by the share of its pace. Then all moves are symmetric: the neighbour may be the
    next cell or the one before. ``room`` has space for a row and what lies beyond its ends, where
    heat is reflected, and for a running sum.
    """
    n_paces, n_levels = state.shape
    reach, near = heat.shape[1] - 1, (room.shape[1] - n_levels - 1) // 2
    row, sums = room[0], room[1]
    inner, anywhere = row[reach : reach + n_levels], sums[near + 1 : near + 1 + n_levels]
    _scale(state[0], shares[0], anywhere)
    for pace in range(1, n_paces):
        _add(anywhere, state[pace], shares[pace])
    total = np.float32(0.0)
    for i in range(n_levels):
        total += anywhere[i]
        anywhere[i] = total
    sums[: near + 1] = np.float32(0.0)
    sums[near + 1 + n_levels :] = total
    scale = np.float32(1.0) / total
    for pace in range(n_paces):
        _scale(state[pace], scale, inner)
        for k in range(reach):
            row[reach - 1 - k] = row[reach + k]
            row[reach + n_levels + k] = row[reach + n_levels - 1 - k]
        near_share, upto = jumps[0] * scale, sums[2 * near + 1 :]
        _stay_or_jump(inner, heat[pace, 0], upto, sums, near_share, jumps[1], out[pace])
        for k in range(1, reach + 1):
            if heat[pace, k] == 0.0:
                break
            _add_scaled(out[pace], row[reach - k :], row[reach + k :], heat[pace, k])


@helper
def _median(
    forward: Single, after: Single, shares: Single, logarithm: Array, room: Single
) -> float:
    """Level, in µV, that is exceeded as probably as not."""
    n_paces, n_levels = forward.shape
    for i in range(n_levels):
        room[i] = shares[0] * forward[0, i] * after[0, i]
    for pace in range(1, n_paces):
        for i in range(n_levels):
            room[i] += shares[pace] * forward[pace, i] * after[pace, i]
    total = 0.0
    for i in range(n_levels):
        total += room[i]
    step = logarithm[1] - logarithm[0]
    below, entry = 0.0, 0
    while entry < n_levels - 1 and below + room[entry] < 0.5 * total:
        below += room[entry]
        entry += 1
    share = (0.5 * total - below) / room[entry]
    return math.exp(logarithm[entry] + (share - 0.5) * step)


@kernel(
    "void(f8[::1], f8[:,::1], f8, f4[:,::1], f4[::1], f4[::1], f4[:,::1], f4[:,:,::1],"
    " f4[:,:,::1], f4[:,::1])"
)
def follow_levels(
    power: Array,
    grid: Array,
    freedom: float,
    heat: Single,
    jumps: Single,
    shares: Single,
    room: Single,
    state: Single,
    out: Single,
    likelihood: Single,
) -> None:
    """Pass forward by one cell: the probability of every pace and level in the light of the past.

    Parameters
    ----------
    power : ndarray, shape (n_channels,)
        Mean power of the cell, µV²; what is not finite is lost.
    grid : ndarray, shape (2, n_levels)
        Of each level, the logarithm and the precision (one over its square, 1/µV²).
    freedom : float
        Half the independent values in a cell.
    heat : ndarray of float32, shape (n_paces, reach + 1)
        Of each pace, the probability of moving by 0, 1, … levels to one side. After a zero all are
        zero.
    jumps : ndarray of float32, shape (2,)
        Probability of jumping to each level that is near, and to each of all, at whichever pace.
    shares : ndarray of float32, shape (n_paces,)
        How many of the jumps go to each pace, and so for how much of the time it lasts. Sum 1.
    room : ndarray of float32, shape (2, n_levels + 2 * near + 1)
        Room to work in. ``near``, which is no less than ``reach``, is as far as a near jump goes.
    state : ndarray of float32, shape (n_channels, n_paces, n_levels)
        The same of the cell before, up to a factor; ones to start.
    out : ndarray of float32, shape (n_channels, n_paces, n_levels)
        Out: the probabilities, up to a factor, each over the share of its pace.
    likelihood : ndarray of float32, shape (n_channels, n_levels)
        Out: how likely each level makes the power, up to a factor; NaN where it is lost.
    """
    n_channels, n_paces, n_levels = out.shape
    for c in range(n_channels):
        _move(state[c], heat, jumps, shares, room, out[c])
        if not math.isfinite(power[c]):
            likelihood[c] = np.float32(math.nan)
            continue
        weight = power[c] * freedom
        most = -math.inf
        for i in range(n_levels):
            most = max(most, -(weight * grid[1, i] + 2.0 * freedom * grid[0, i]))
        for i in range(n_levels):
            exponent = -(weight * grid[1, i] + 2.0 * freedom * grid[0, i]) - most
            likelihood[c, i] = math.exp(exponent) if exponent > IMPOSSIBLE else 0.0
        for pace in range(n_paces):
            _multiply(out[c, pace], likelihood[c])


@kernel(
    "void(f4[:,:,:,::1], f4[:,:,::1], f8[:,::1], f4[:,::1], f4[::1], f4[::1], f4[:,::1],"
    " f4[:,:,::1], i8[::1], f8[:,::1])"
)
def settle_levels(
    forward: Single,
    likelihood: Single,
    grid: Array,
    heat: Single,
    jumps: Single,
    shares: Single,
    room: Single,
    state: Single,
    span: Integers,
    out: Array,
) -> None:
    """Pass backward over the cells of one channel; tell the median of the level in the oldest.

    Parameters
    ----------
    forward : ndarray of float32, shape (n_slots, n_channels, n_paces, n_levels)
        Of each cell what `follow_levels` told; cell ``i`` is in slot ``i % n_slots``.
    likelihood : ndarray of float32, shape (n_slots, n_channels, n_levels)
    grid, heat, jumps, shares, room
        As in `follow_levels`.
    state : ndarray of float32, shape (2, n_paces, n_levels)
        Room to work in.
    span : ndarray of int64, shape (4,)
        Channel; cell after the last that is known; first cell to tell, and the one after the last.
    out : ndarray, shape (≥ n_cells, n_channels)
        Out: of the cells to tell, the level in µV, NaN where the power was lost.
    """
    n_slots, _, n_paces, _ = forward.shape
    c, begin, told = span[0], span[2], span[3]
    state[0] = np.float32(1.0)
    now = 0
    for cell in range(span[1] - 1, begin - 1, -1):
        slot = cell % n_slots
        after, before = state[now], state[1 - now]
        lost = math.isnan(likelihood[slot, c, 0])
        if cell < told:
            out[cell, c] = math.nan
            if not lost:
                out[cell, c] = _median(forward[slot, c], after, shares, grid[0], room[0])
        if not lost:
            for pace in range(n_paces):
                _multiply(after[pace], likelihood[slot, c])
        _move(after, heat, jumps, shares, room, before)
        now = 1 - now

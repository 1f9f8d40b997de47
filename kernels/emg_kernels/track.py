"""What a level was, in the light of what came before and after: passes over a grid of levels.

Both passes of a hidden Markov model (Rabiner 1989, *Proc IEEE* 77:257, section III.A) whose states
are the paces at which the logarithm of the level may diffuse, and the two ramps on which it only
falls or only rises, times the levels of a grid.
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
def _stay_or_come(row: Single, stay: float, come: Single, out: Single) -> None:
    for i in range(len(out)):
        out[i] = stay * row[i] + come[i]


@helper
def _add_scaled(total: Single, part: Single, other: Single, share: float) -> None:
    for i in range(len(total)):
        total[i] += share * (part[i] + other[i])


@helper
def _ramp(
    state: Single, share: np.float32, calm: Single, ramps: Single, out: Single, sums: Single
) -> np.float32:
    """Fall and rise into ``out``, two rows; add up ``calm`` into ``sums``; return what all is."""
    n_levels = len(calm)
    calm_sum, ramp_sum = np.float32(0.0), np.float32(0.0)
    falling, rising = np.float32(0.0), np.float32(0.0)
    for i in range(n_levels):
        k = n_levels - 1 - i
        falling = ramps[0] * falling + (ramps[1] * state[0, k] + ramps[2] * calm[k])
        rising = ramps[0] * rising + (ramps[1] * state[1, i] + ramps[2] * calm[i])
        calm_sum += calm[i]
        ramp_sum += state[0, i] + state[1, i]
        out[0, k], out[1, i], sums[i] = falling, rising, calm_sum
    return calm_sum + share * ramp_sum


@helper
def _move(
    state: Single,
    heat: Single,
    jumps: Single,
    shares: Single,
    ramps: Single,
    room: Single,
    out: Single,
) -> None:
    """Turn the probabilities of one cell, shape (n_paces + 2, n_levels), into its neighbour's.

    Each is divided by its share. Then all moves are symmetric, but that a fall backward is a rise:
    the neighbour may be the next cell or, with both ramps exchanged, the one before. ``room`` has
    space for a row and what lies beyond its ends, where heat is reflected, for a running sum, and
    for what comes to every pace alike.
    """
    n_paces, n_levels = len(heat), state.shape[1]
    reach, near = heat.shape[1] - 1, (room.shape[1] - n_levels - 1) // 2
    row, sums, calm, come = room[0], room[1], room[0, :n_levels], room[2, :n_levels]
    inner = row[reach : reach + n_levels]
    _scale(state[0], shares[0], calm)
    for pace in range(1, n_paces):
        _add(calm, state[pace], shares[pace])
    fall, rise, upto = out[n_paces], out[n_paces + 1], sums[near + 1 :]
    total = _ramp(state[n_paces:], shares[n_paces], calm, ramps, out[n_paces:], upto[:n_levels])
    sums[: near + 1] = np.float32(0.0)
    upto[n_levels:] = upto[n_levels - 1]
    scale = np.float32(1.0) / total
    near_share, end, far = jumps[0] * scale, ramps[3], jumps[1]
    _scale(fall, scale, fall)
    _scale(rise, scale, rise)
    upto = sums[2 * near + 1 :]
    for i in range(n_levels):
        come[i] = near_share * (upto[i] - sums[i]) + (end * (fall[i] + rise[i]) + far)
        fall[i] += far
        rise[i] += far
    for pace in range(n_paces):
        _scale(state[pace], scale, inner)
        for k in range(reach):
            row[reach - 1 - k] = row[reach + k]
            row[reach + n_levels + k] = row[reach + n_levels - 1 - k]
        _stay_or_come(inner, heat[pace, 0], come, out[pace])
        for k in range(1, reach + 1):
            if heat[pace, k] == 0.0:
                break
            _add_scaled(out[pace], row[reach - k :], row[reach + k :], heat[pace, k])


@helper
def _median(
    forward: Single, after: Single, shares: Single, logarithm: Array, room: Single
) -> float:
    """Level, in µV, that is exceeded as probably as not."""
    n_states, n_levels = forward.shape
    for i in range(n_levels):
        room[i] = shares[0] * forward[0, i] * after[0, i]
    for pace in range(1, n_states):
        # Both ramps, which are the last, are exchanged in what comes after.
        again = 2 * n_states - 3 - pace if pace >= n_states - 2 else pace
        for i in range(n_levels):
            room[i] += shares[pace] * forward[pace, i] * after[again, i]
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
    "void(f8[::1], f8[:,::1], f8, f4[:,::1], f4[::1], f4[::1], f4[::1], f4[:,::1], f4[:,:,::1],"
    " f4[:,:,::1], f4[:,::1])"
)
def follow_levels(
    power: Array,
    grid: Array,
    freedom: float,
    heat: Single,
    jumps: Single,
    shares: Single,
    ramps: Single,
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
        Probability of jumping from any pace to each level that is near, over the share of time in
        them; and of jumping to each of all levels, from anywhere, onto ramps as well.
    shares : ndarray of float32, shape (n_paces + 2,)
        For how much of the time each pace lasts, then both ramps, which are alike. Sum 1.
    ramps : ndarray of float32, shape (4,)
        On a ramp, the factor by which a level further on is less probable; the probability of
        staying on it and not moving; the same of beginning it, over the share of time that
        is not on ramps; the probability that a pace ends what would stay on it, over that share of
        time, for each ramp.
    room : ndarray of float32, shape (3, n_levels + 2 * near + 1)
        Room to work in. ``near``, which is no less than ``reach``, is as far as a near jump goes.
    state : ndarray of float32, shape (n_channels, n_paces + 2, n_levels)
        The same of the cell before, up to a factor; ones to start.
    out : ndarray of float32, shape (n_channels, n_paces + 2, n_levels)
        Out: the probabilities of all paces, of a fall and of a rise, up to a factor, each over its
        share.
    likelihood : ndarray of float32, shape (n_channels, n_levels)
        Out: how likely each level makes the power, up to a factor; NaN where it is lost.
    """
    n_channels, n_states, n_levels = out.shape
    for c in range(n_channels):
        _move(state[c], heat, jumps, shares, ramps, room, out[c])
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
        for pace in range(n_states):
            _multiply(out[c, pace], likelihood[c])


@kernel(
    "void(f4[:,:,:,::1], f4[:,:,::1], f8[:,::1], f4[:,::1], f4[::1], f4[::1], f4[::1], f4[:,::1],"
    " f4[:,:,::1], i8[::1], f8[:,::1])"
)
def settle_levels(
    forward: Single,
    likelihood: Single,
    grid: Array,
    heat: Single,
    jumps: Single,
    shares: Single,
    ramps: Single,
    room: Single,
    state: Single,
    span: Integers,
    out: Array,
) -> None:
    """Pass backward over the cells of one channel; tell the median of the level in the oldest.

    Parameters
    ----------
    forward : ndarray of float32, shape (n_slots, n_channels, n_paces + 2, n_levels)
        Of each cell what `follow_levels` told; cell ``i`` is in slot ``i % n_slots``.
    likelihood : ndarray of float32, shape (n_slots, n_channels, n_levels)
    grid, heat, jumps, shares, ramps, room
        As in `follow_levels`.
    state : ndarray of float32, shape (2, n_paces + 2, n_levels)
        Room to work in.
    span : ndarray of int64, shape (4,)
        Channel; cell after the last that is known; first cell to tell, and the one after the last.
    out : ndarray, shape (≥ n_cells, n_channels)
        Out: of the cells to tell, the level in µV, NaN where the power was lost.
    """
    n_slots, _, n_states, _ = forward.shape
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
            for pace in range(n_states):
                _multiply(after[pace], likelihood[slot, c])
        _move(after, heat, jumps, shares, ramps, room, before)
        now = 1 - now

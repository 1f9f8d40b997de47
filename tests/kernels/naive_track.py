"""The level of one channel, looked at from both sides: whole matrices, and nothing but NumPy.

Only the tuned numbers are taken from the code under test.
"""

import math

import numpy as np

from emg_feedback.training.level import (
    DIFFUSION,
    HIGHEST_UV,
    JUMPS_PER_S,
    LOWEST_UV,
    NEAR,
    NEAR_SHARE,
    SHARES,
    STEP,
)

LOGS = np.arange(math.log(LOWEST_UV), math.log(HIGHEST_UV), STEP)


def track(power, cell_s, freedom, piece, ahead, turn):
    """Return the level of every cell in µV.

    From ``ahead`` cells on, at each cell whose number less ``ahead`` is ``turn`` modulo ``piece``,
    all but the last ``ahead`` cells are told by what is known then.
    """
    moves, jumps = transitions(cell_s)
    likelihoods = [likelihood(one, freedom) for one in power]
    state, forward = np.outer(SHARES, np.ones(len(LOGS))), []
    for one in likelihoods:
        state = moved(state, moves, jumps) * one
        state /= state.sum()
        forward.append(state)
    levels, begin = [], 0
    for known in range(1, len(power) + 1):
        last = known == len(power)
        stop = known if last else known - ahead
        if stop <= 0 or not (last or stop % piece == turn):
            continue
        after, told = np.ones_like(state), []
        for cell in range(known - 1, begin - 1, -1):
            told.append(math.exp(median((forward[cell] * after).sum(axis=0))))
            after = after * likelihoods[cell]
            after = before(after / after.sum(), moves, jumps)
        levels += told[::-1][: stop - begin]
        begin = stop
    return np.where(np.isfinite(power), levels, np.nan)


def likelihood(power, freedom):
    if not math.isfinite(power):
        return np.ones(len(LOGS))
    exponent = -freedom * (power * np.exp(-2.0 * LOGS) + 2.0 * LOGS)
    return np.exp(exponent - exponent.max())


def moved(state, moves, jumps):
    return (state[:, None] @ moves)[:, 0] + np.outer(SHARES, state.sum(axis=0) @ jumps)


def before(after, moves, jumps):
    """Return the same, transposed: how likely all that follows is."""
    return (after[:, None] @ moves)[:, 0] + SHARES @ after @ jumps


def median(probability):
    """Interpolate within the level that holds it."""
    below = np.cumsum(probability)
    entry = int(np.searchsorted(below, 0.5 * below[-1]))
    over = (below[entry] - 0.5 * below[-1]) / probability[entry]
    return LOGS[entry] + (0.5 - over) * STEP


def transitions(cell_s):
    """Return the probabilities of moving, at each pace, and of jumping between any two levels."""
    apart = np.abs(np.subtract.outer(np.arange(len(LOGS)), np.arange(len(LOGS))))
    jump, reach = JUMPS_PER_S * cell_s, round(math.log(NEAR) / STEP)
    neighbours = (apart == 1).astype(float)
    rates, shapes = np.linalg.eigh(neighbours - np.diag(neighbours.sum(axis=1)))
    spread = np.array(DIFFUSION)[:, None] * cell_s / (2.0 * STEP**2)
    moves = (shapes * np.exp(spread * rates)[:, None]) @ shapes.T
    near = np.where(apart <= reach, NEAR_SHARE / (2 * reach + 1), 0.0)
    jumps = near + (1.0 - NEAR_SHARE) / len(LOGS)
    return (1.0 - jump) * moves, jump * jumps

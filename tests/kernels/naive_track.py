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
    RAMP_S,
    RAMP_SPEED,
    RAMPS_PER_S,
    SHARES,
    STEP,
)

LOGS = np.arange(math.log(LOWEST_UV), math.log(HIGHEST_UV), STEP)


def track(power, cell_s, freedom, piece, ahead, turn):
    """Return the level of every cell in µV.

    From ``ahead`` cells on, at each cell whose number less ``ahead`` is ``turn`` modulo ``piece``,
    all but the last ``ahead`` cells are told by what is known then.
    """
    moves = transitions(cell_s)
    likelihoods = [likelihood(one, freedom) for one in power]
    state, forward = np.outer(shares(cell_s), np.ones(len(LOGS))), []
    for one in likelihoods:
        state = moved(state, moves) * one
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
            after = before(after / after.sum(), moves)
        levels += told[::-1][: stop - begin]
        begin = stop
    return np.where(np.isfinite(power), levels, np.nan)


def likelihood(power, freedom):
    if not math.isfinite(power):
        return np.ones(len(LOGS))
    exponent = -freedom * (power * np.exp(-2.0 * LOGS) + 2.0 * LOGS)
    return np.exp(exponent - exponent.max())


def moved(state, moves):
    return sum(pace.T @ state @ move for pace, move in moves)


def before(after, moves):
    """Return the same, transposed: how likely all that follows is."""
    return sum(pace @ after @ move.T for pace, move in moves)


def median(probability):
    """Interpolate within the level that holds it."""
    below = np.cumsum(probability)
    entry = int(np.searchsorted(below, 0.5 * below[-1]))
    over = (below[entry] - 0.5 * below[-1]) / probability[entry]
    return LOGS[entry] + (0.5 - over) * STEP


def shares(cell_s):
    """Return for how much of the time each pace, a fall and a rise last."""
    begin, end = 0.5 * RAMPS_PER_S * cell_s, 1.0 - math.exp(-cell_s / RAMP_S)
    on = begin / (end + 2.0 * begin)
    return np.array([*((1.0 - 2.0 * on) * np.array(SHARES)), on, on])


def transitions(cell_s):
    """Return pairs of matrices: from pace to pace, and from level to level."""
    apart = np.subtract.outer(np.arange(len(LOGS)), np.arange(len(LOGS)))
    jump, reach = JUMPS_PER_S * cell_s, round(math.log(NEAR) / STEP)
    begin, end = 0.5 * RAMPS_PER_S * cell_s, 1.0 - math.exp(-cell_s / RAMP_S)
    far = (1.0 - NEAR_SHARE) * jump
    share, n_paces = shares(cell_s), len(SHARES)
    anywhere = np.full((len(LOGS), len(LOGS)), 1.0 / len(LOGS))
    near = np.where(np.abs(apart) <= reach, 1.0 / (2 * reach + 1), 0.0)
    calm = np.zeros_like(share)
    calm[:n_paces] = SHARES
    pairs = [
        (far * np.outer(np.ones_like(share), share), anywhere),
        (NEAR_SHARE * jump * np.outer(calm > 0.0, calm), near),
    ]
    on = 1.0 - far - end
    mean = RAMP_SPEED * cell_s / STEP
    steps = np.where(apart >= 0, (mean / (1.0 + mean)) ** np.abs(apart) / (1.0 + mean), 0.0)
    for ramp, move in ((n_paces, steps), (n_paces + 1, steps.T)):
        pace = np.zeros((len(share), len(share)))
        pace[ramp, ramp] = on
        pace[:n_paces, ramp] = begin
        pace[ramp] += end * calm
        pace[:n_paces] += begin * end / on * calm
        pairs.append((pace, move))
    neighbours = (np.abs(apart) == 1).astype(float)
    rates, shapes = np.linalg.eigh(neighbours - np.diag(neighbours.sum(axis=1)))
    stay = 1.0 - sum(pace[0].sum() for pace, _ in pairs)
    for k, diffusion in enumerate(DIFFUSION):
        pace = np.zeros((len(share), len(share)))
        pace[k, k] = stay
        spread = diffusion * cell_s / (2.0 * STEP**2)
        pairs.append((pace, (shapes * np.exp(spread * rates)) @ shapes.T))
    return pairs

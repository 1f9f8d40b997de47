"""A contraction that goes on, and what tells that it is over."""

import math

from emg_kernels._jit import Array, channel_loop, helper
from emg_kernels.evidence import add_fall
from emg_kernels.layout import (
    CLOSER,
    CONTRACTION_POWER,
    CONTRACTS,
    FALL,
    FLOOR_POWER,
    FREEDOM,
    LEARN,
    MUSCLE_FREEDOM,
    ORDINARY,
    REST_POWER,
    SINCE,
    TRACKING,
)
from emg_kernels.rest import followed

RELEASE_THRESHOLD = 5.0
# A muscle seldom goes all the way back to rest after a strong contraction, one of more than this
# many times the power at rest.
STRONG = 4.0
# What stays below this many times the power at rest, for longer than rest takes to be learnt, is
# slow tone: rest follows it.
TONE = 3.0
# What is below this share of a contraction's power is the filters dying away, not the muscle.
RELEASED_SHARE = 0.0025
LARGEST_SQUARE = 1e30


@helper
def quiet_power(rest: float, power: float) -> float:
    """Power from which on a contraction counts as over; the stronger it was, the more may stay.

    Means give a mean, and sums over as many samples a sum.
    """
    strength = power / (STRONG * rest)
    quiet = math.sqrt(strength if strength > 1.0 else 1.0)
    ringing = RELEASED_SHARE * STRONG * strength
    return rest * (ringing if ringing > quiet else quiet)


@helper
def _held(
    settings: Array,
    y: float,
    taken: float,
    rest: float,
    freedom: float,
    fall: float,
    since: float,
    total: float,
) -> tuple[float, float, float, float]:
    """Take one sample of a contraction: return level at rest, evidence, samples and squares.

    Where ``taken`` is zero and not one, nothing moves.
    """
    muscle_freedom, learn = settings[MUSCLE_FREEDOM], settings[LEARN]
    tracking, floor = settings[TRACKING], settings[FLOOR_POWER]
    square = y * y
    square = taken * (square if square < LARGEST_SQUARE else LARGEST_SQUARE)
    since, total = since + taken, total + square
    freedom = taken * (freedom if freedom < muscle_freedom else muscle_freedom)
    fall = add_fall(fall, square * since / quiet_power(rest * since, total), freedom)
    tone = followed(tracking, floor, rest, square)
    tone = tone if since > learn else rest
    tone = tone if total < TONE * rest * since else rest
    return tone if tone > rest else rest, fall, since, total


@helper
def hold(settings: Array, state: Array, y: float, c: int) -> None:
    """Take one sample of a channel that contracts."""
    rest, fall, since, total = _held(
        settings,
        y,
        1.0,
        state[REST_POWER, c],
        state[FREEDOM, c],
        state[FALL, c],
        state[SINCE, c],
        state[CONTRACTION_POWER, c],
    )
    state[REST_POWER, c], state[FALL, c] = rest, fall
    state[SINCE, c], state[CONTRACTION_POWER, c] = since, total


@channel_loop
def _hold_on(
    settings: Array,
    row: Array,
    kinds: Array,
    rests: Array,
    freedoms: Array,
    falls: Array,
    sinces: Array,
    totals: Array,
    closer: Array,
) -> int:
    """See `hold_on`; written as `rest.rest_on` is."""
    over = 0
    for c in range(len(row)):
        y, kind, rest, freedom, closely = row[c], kinds[c], rests[c], freedoms[c], closer[c]
        fall, since, total = falls[c], sinces[c], totals[c]
        taken = 1.0 if kind == CONTRACTS else 0.0
        taken = taken if y == y else 0.0
        rest, fall, since, total = _held(settings, y, taken, rest, freedom, fall, since, total)
        rests[c], falls[c], sinces[c], totals[c] = rest, fall, since, total
        is_over = 1.0 if taken * fall > RELEASE_THRESHOLD else 0.0
        closer[c] = closely + is_over
        over += 1 if is_over > 0.0 else 0
    return over


@helper
def hold_on(settings: Array, state: Array, row: Array) -> int:
    """Take one sample of each channel that contracts ordinarily.

    Returns how many contractions seem to be over.
    """
    return _hold_on(
        settings,
        row,
        state[ORDINARY],
        state[REST_POWER],
        state[FREEDOM],
        state[FALL],
        state[SINCE],
        state[CONTRACTION_POWER],
        state[CLOSER],
    )

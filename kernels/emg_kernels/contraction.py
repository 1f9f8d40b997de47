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
    """Power from which on a contraction counts as over; the stronger it was, the more may stay."""
    strength = power / (STRONG * rest)
    quiet = rest * math.sqrt(strength if strength > 1.0 else 1.0)
    ringing = RELEASED_SHARE * power
    return ringing if ringing > quiet else quiet


@helper
def hold(settings: Array, state: Array, y: float, ordinary: float, c: int) -> int:
    """Take one sample of a channel if it contracts and is so ``ordinary``.

    Returns 1 if the contraction seems to be over, else 0. Written as `rest.rest_on` is: any other
    channel takes a square of zero, and neither its sum nor its level moves.
    """
    muscle_freedom, learn = settings[MUSCLE_FREEDOM], settings[LEARN]
    tracking, floor = settings[TRACKING], settings[FLOOR_POWER]
    kind, rest = state[ORDINARY, c], state[REST_POWER, c]
    freedom, fall = state[FREEDOM, c], state[FALL, c]
    since, total, closer = state[SINCE, c], state[CONTRACTION_POWER, c], state[CLOSER, c]
    taken = 1.0 if kind == ordinary else 0.0
    taken = taken if y == y else 0.0
    square = y * y
    square = taken * (square if square < LARGEST_SQUARE else LARGEST_SQUARE)
    since, total = since + taken, total + square
    freedom = taken * (freedom if freedom < muscle_freedom else muscle_freedom)
    fall = add_fall(fall, square / quiet_power(rest, total / since), freedom)
    tone = followed(tracking, floor, rest, square)
    tone = tone if since > learn else rest
    tone = tone if total < TONE * rest * since else rest
    state[REST_POWER, c] = tone if tone > rest else rest
    state[SINCE, c], state[CONTRACTION_POWER, c], state[FALL, c] = since, total, fall
    over = 1.0 if taken * fall > RELEASE_THRESHOLD else 0.0
    state[CLOSER, c] = closer + over
    return 1 if over > 0.0 else 0


@channel_loop
def hold_on(settings: Array, state: Array, row: Array) -> int:
    """Take one sample of each channel that contracts ordinarily.

    Returns how many contractions seem to be over.
    """
    over = 0
    for c in range(len(row)):
        over += hold(settings, state, row[c], CONTRACTS, c)
    return over

"""Mains that grows or wanes: a lamp that is dimmed, a lead that comes near a cable.

The canceller lags behind it, and what it leaves grows from a foot in proportion to the time since,
in all lines alike. When mains began to grow is not known: a few feet are tried, from the beginning
of the burst to so long ago that mains is as good as steady.
"""

import math

from emg_kernels._jit import Array, channel_loop, helper
from emg_kernels.explain import MOST_CANCELLED, UNEXPLAINED, nothing_left
from emg_kernels.fits import (
    COEFFICIENTS,
    MOST_REGRESSORS,
    SEEN,
    WAVES,
    energy_apart,
    energy_of,
    fit,
    subtract_fit,
)
from emg_kernels.layout import LEARN, REFIT, START, TAIL, WEIGHTS
from emg_kernels.mains import fill_waves

# How long ago mains may have begun to grow, in lengths of the burst.
FEET = (1.0, 1.5, 2.5, 5.0, 50.0)
# It must be likelier by so many nats than muscle that began when the burst did.
GROWING_NATS = 3.0


@channel_loop
def _grow(wave: Array, foot: float, start: int, stop: int, grown: Array) -> None:
    for k in range(start, stop):
        grown[k] = (k - foot) / (stop - foot) * wave[k]


@helper
def _claimed(scratch: Array, n_regressors: int, foot: float, start: int, stop: int) -> float:
    """Fit the waves, growing from ``foot`` on; return the energy they claim.

    The coefficients are the weights at ``stop``.
    """
    for i in range(n_regressors):
        _grow(scratch[WAVES + i], foot, start, stop, scratch[i])
    return fit(scratch, n_regressors, start, stop)


@helper
def _muscle_nats(scratch: Array, begin: int, stop: int, rest_power: float, freedom: float) -> float:
    """Log-likelihood of muscle that began with the burst, of whatever level, over that of rest."""
    usual = (stop - begin) * rest_power
    ratio = energy_of(scratch, SEEN, begin, stop) / usual
    return 0.5 * freedom * (stop - begin) * (ratio - 1.0 - math.log(ratio)) if ratio > 1.0 else 0.0


@helper
def explain_growing_mains(
    scratch: Array,
    lines: Array,
    oldest: int,
    begin: int,
    stop: int,
    rest_power: float,
    freedom: float,
    threshold: float,
) -> tuple[int, int, float]:
    """Try mains that grows; its likelihood is that of the fit, less what many coefficients gain.

    For a coefficient the Bayesian information criterion (Schwarz 1978, *Annals of Statistics*
    6:461) is taken, with what it is known by in place of the number of samples.

    Returns where it is first seen in the burst, or ``UNEXPLAINED``, the number of coefficients,
    and the foot, which may be long before.
    """
    n_regressors = 2 * min(lines.shape[0], MOST_REGRESSORS // 2)
    best_start, best_foot = UNEXPLAINED, 0.0
    if n_regressors == 0:
        return best_start, 0, best_foot
    for line in range(n_regressors // 2):
        waves = scratch[WAVES + 2 * line], scratch[WAVES + 2 * line + 1]
        fill_waves(lines, line, oldest, stop, waves[0], waves[1])
    best = GROWING_NATS + _muscle_nats(scratch, begin, stop, rest_power, freedom)
    for length in FEET:
        foot = stop - length * (stop - begin)
        start = max(0, math.floor(foot) + 1)
        claimed = _claimed(scratch, n_regressors, foot, start, stop)
        known = freedom * claimed / rest_power
        nats = 0.5 * (known - n_regressors * math.log(1.0 + known / n_regressors))
        if nats <= best:
            continue
        if (
            energy_apart(scratch, scratch[:, start:stop], n_regressors, stop - start)
            > MOST_CANCELLED * claimed
        ):
            continue
        subtract_fit(scratch, scratch[:, start:stop], n_regressors, start, stop)
        if nothing_left(scratch, stop, rest_power, freedom, threshold):
            best, best_start, best_foot = nats, start, foot
    if best_start != UNEXPLAINED:
        _claimed(scratch, n_regressors, best_foot, best_start, stop)
        subtract_fit(scratch, scratch[:, best_start:stop], n_regressors, best_start, stop)
        nothing_left(scratch, stop, rest_power, freedom, threshold)
    return best_start, n_regressors, best_foot


@helper
def expect_growing_mains(
    lines: Array,
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    c: int,
    n_regressors: int,
    foot: float,
    stop: int,
) -> None:
    """Put down how mains will grow on, and what its weights are when the canceller takes it over.

    Foot and end of the burst count from where the mains is first seen.
    """
    n_ring, n_lines, first_sample = int(settings[LEARN]), lines.shape[0], int(state[START, c])
    at_handover = (max(stop, int(settings[REFIT]) + 1) - foot) / (stop - foot)
    for k in range(int(settings[TAIL])):
        memory[n_ring + k, c] = 0.0
    for line in range(n_lines):
        weight = WEIGHTS + 2 * (n_lines + line)
        state[weight, c] = state[weight + 1, c] = 0.0
        if 2 * line >= n_regressors:
            continue
        a, b = scratch[COEFFICIENTS, 2 * line], scratch[COEFFICIENTS, 2 * line + 1]
        cosines, sines = scratch[WAVES + 2 * line], scratch[WAVES + 2 * line + 1]
        fill_waves(lines, line, first_sample, int(settings[TAIL]), cosines, sines)
        for k in range(int(settings[TAIL])):
            grown = (k - foot) / (stop - foot)
            memory[n_ring + k, c] += grown * (a * cosines[k] + b * sines[k])
        state[weight, c], state[weight + 1, c] = at_handover * a, at_handover * b

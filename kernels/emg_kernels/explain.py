"""What else than muscle could it be? Fits of known shapes to a burst.

What a jump of an electrode, a single spike or mains that appears makes of itself behind the filters
is known beforehand: the filters' responses. What a heartbeat looks like in a channel is learnt from
the last one. A burst of which such a shape leaves nothing remarkable is no contraction.
"""

import math

from emg_kernels._jit import Array, Cube, helper
from emg_kernels.evidence import rise_of
from emg_kernels.fits import (
    COEFFICIENTS,
    IMPULSE,
    JUMP,
    LAST_BEAT,
    LEFT,
    LINES,
    MOST_REGRESSORS,
    SEEN,
    SUMS,
    claimed_by,
    energy_apart,
    energy_of,
    fit,
    project,
    subtract_fit,
    subtract_known,
)

UNEXPLAINED = -1_000_000
TOO_MANY = -1.0

# The least energy, in variances at rest, that a shape may claim.
LEAST_ARTEFACT, LEAST_MAINS, LEAST_BEAT = 100.0, 30.0, 30.0
# A spike, a jump, a spike over two samples, and a jump smeared over two: its first response and how
# many it has, how many samples must be seen of it, how many times the least energy it must have.
SHAPES = ((IMPULSE, 1, 1, 1), (JUMP, 1, 1, 1), (IMPULSE, 2, 5, 1), (IMPULSE, 3, 8, 4))
# The share of a burst's energy that it must explain.
ARTEFACT_SHARE, MAINS_SHARE, BEAT_SHARE = 0.75, 0.95, 0.55
# In a burst s times as strong as rest, each sample more than there are coefficients is worth
# ln(s) / 2 nats if mains fits; a line is tried where these come to so many.
MAINS_NATS = 3.0
# Muscle in a short burst is fitted by lines that cancel each other: each alone, they may have in
# sum no more than so many times the energy of what they explain.
MOST_CANCELLED = 2.0
# What is left must give less evidence than this share of the threshold.
LEFT_EVIDENCE = 0.6
# A heartbeat is as strong as the last one, within these factors.
WEAKEST_BEAT, STRONGEST_BEAT = 0.5, 2.0


@helper
def nothing_left(
    scratch: Array, stop: int, rest_power: float, freedom: float, threshold: float
) -> bool:
    """Tell whether the residual would pass for rest; its sums stay in the scratch array."""
    most = rise_of(scratch[LEFT], stop, rest_power, freedom, scratch[SUMS])
    return most < LEFT_EVIDENCE * threshold


@helper
def explain_artefact(
    scratch: Array,
    responses: Array,
    factors: Cube,
    begin: int,
    stop: int,
    reach: int,
    rest_power: float,
    freedom: float,
    threshold: float,
) -> int:
    """Try a spike and a jump, at once or over two samples (``SHAPES``).

    Returns where it would have started in the burst, or ``UNEXPLAINED``; the coefficients are of
    the impulse, of the impulse a sample later, and of the step.
    """
    peak = begin
    for k in range(begin, stop):
        if abs(scratch[SEEN, k]) > abs(scratch[SEEN, peak]):
            peak = k
    for start in range(max(0, peak - reach), peak + 1):
        oldest = min(start, begin)
        excess = energy_of(scratch, SEEN, oldest, stop) - (stop - oldest) * rest_power
        project(scratch, responses, factors, IMPULSE, 3, start, stop)
        if claimed_by(scratch, 3) < ARTEFACT_SHARE * excess:
            continue  # no part of these explains more
        for shape in range(len(SHAPES)):
            first, n_responses, least_seen, times = SHAPES[shape]
            if stop - start < least_seen or excess < times * LEAST_ARTEFACT * rest_power:
                continue
            project(scratch, responses, factors, first, n_responses, start, stop)
            if claimed_by(scratch, n_responses) < ARTEFACT_SHARE * excess:
                continue
            subtract_known(scratch, responses, factors, first, n_responses, start, stop)
            if nothing_left(scratch, stop, rest_power, freedom, threshold):
                coefficients = scratch[COEFFICIENTS]
                for i in range(n_responses, 3):
                    coefficients[i] = 0.0
                if first == JUMP:
                    coefficients[2], coefficients[0] = coefficients[0], 0.0
                return start
    return UNEXPLAINED


@helper
def explain_heartbeat(
    scratch: Array,
    n_beat: int,
    stop: int,
    rest_power: float,
    freedom: float,
    threshold: float,
) -> int:
    """Try the last heartbeat, shifted by a part of a sample where it helps.

    The burst may hold only the beginning of it. Returns where it starts, perhaps before the burst:
    where it explains most.
    """
    if energy_of(scratch, LAST_BEAT, 0, n_beat) < LEAST_BEAT * rest_power:
        return UNEXPLAINED
    before = energy_of(scratch, SEEN, 0, stop)
    excess = before - stop * rest_power
    best, best_start = 0.0, UNEXPLAINED
    for attempt in range(2):
        for start in range(3 - n_beat, stop - 2):
            if attempt == 1 and start != best_start:
                continue
            first, last = max(0, start), min(stop, start + n_beat)
            if last - first < 3:
                continue
            for k in range(first, last):
                at = k - start
                scratch[0, k] = scratch[LAST_BEAT, at]
                later, earlier = min(at + 1, n_beat - 1), max(at - 1, 0)
                scratch[1, k] = 0.5 * (scratch[LAST_BEAT, later] - scratch[LAST_BEAT, earlier])
            n_regressors = 2 if last - first >= 5 else 1
            claimed = fit(scratch, n_regressors, first, last)
            strength = scratch[COEFFICIENTS, 0]
            if n_regressors == 1:
                scratch[COEFFICIENTS, 1] = 0.0
            if not WEAKEST_BEAT < strength < STRONGEST_BEAT:
                continue
            if abs(scratch[COEFFICIENTS, 1]) > strength or claimed < BEAT_SHARE * excess:
                continue
            subtract_fit(scratch, scratch[:, first:last], n_regressors, first, last)
            for k in range(last, stop):
                scratch[LEFT, k] = scratch[SEEN, k]
            if nothing_left(scratch, stop, rest_power, freedom, threshold):
                if attempt == 1:
                    return start
                if claimed > best:
                    best, best_start = claimed, start
    return UNEXPLAINED


@helper
def _claimed_by_lines(
    scratch: Array,
    responses: Array,
    factors: Cube,
    n_responses: int,
    start: int,
    stop: int,
    rest_power: float,
    freedom: float,
    threshold: float,
) -> float:
    """Return the energy that the first lines claim from ``start`` on, where all are projected.

    Returns 0 if it is not theirs, and ``TOO_MANY`` if fewer lines may do.
    """
    seen = energy_of(scratch, SEEN, start, stop)
    claimed, by_chance = claimed_by(scratch, n_responses), n_responses * rest_power
    if claimed - by_chance < MAINS_SHARE * (seen - (stop - start) * rest_power):
        return 0.0
    subtract_known(scratch, responses, factors, LINES, n_responses, start, stop)
    if (
        energy_apart(scratch, responses[LINES:], n_responses, stop - start)
        > MOST_CANCELLED * claimed
    ):
        return TOO_MANY
    return claimed if nothing_left(scratch, stop, rest_power, freedom, threshold) else 0.0


@helper
def explain_mains(
    scratch: Array,
    responses: Array,
    factors: Cube,
    n_appearing: int,
    begin: int,
    stop: int,
    reach: int,
    rest_power: float,
    freedom: float,
    threshold: float,
) -> tuple[int, int]:
    """Try mains that appeared or went, with lines that may appear at once.

    Where it starts is found with as many of these as the burst is long enough to tell, or as do not
    cancel each other; then no more are kept than it takes, for lines that are near each other are
    told apart badly. Returns where it started, or ``UNEXPLAINED``, and the number of coefficients.
    """
    n_lines = min(n_appearing, MOST_REGRESSORS // 2)
    best, best_start, n_best = 0.0, UNEXPLAINED, 0
    for start in range(max(0, begin - reach), min(begin + reach + 1, stop - 4)):
        n = stop - start
        excess = energy_of(scratch, SEEN, start, stop) - n * rest_power
        if excess < LEAST_MAINS * rest_power:
            continue
        nats = 0.5 * math.log(1.0 + excess / (n * rest_power))
        n_told = min(n_lines, max(1, int(0.5 * (n - MAINS_NATS / nats))))
        project(scratch, responses, factors, LINES, 2 * n_told, start, stop)
        claimed = TOO_MANY
        while claimed == TOO_MANY and n_told > 0:
            claimed = _claimed_by_lines(
                scratch, responses, factors, 2 * n_told, start, stop, rest_power, freedom, threshold
            )
            n_told -= 1
        if claimed > best:
            best, best_start, n_best = claimed, start, n_told + 1
    if n_best > 0:
        project(scratch, responses, factors, LINES, 2 * n_best, best_start, stop)
    for n_told in range(1, n_best + 1):
        claimed = _claimed_by_lines(
            scratch,
            responses,
            factors,
            2 * n_told,
            best_start,
            stop,
            rest_power,
            freedom,
            threshold,
        )
        if claimed > 0.0:
            return best_start, 2 * n_told
    return UNEXPLAINED, 0

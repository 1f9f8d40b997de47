"""Is a burst a contraction, or is there another explanation."""

import math

from emg_kernels._jit import Array, Cube, helper
from emg_kernels.evidence import N_RATIOS, rise_of
from emg_kernels.explain import (
    LEAST_ARTEFACT,
    UNEXPLAINED,
    explain_artefact,
    explain_heartbeat,
    explain_mains,
)
from emg_kernels.fits import COEFFICIENTS, IMPULSE, LAST_BEAT, LATER, LEFT, LINES, SEEN, STEP, SUMS
from emg_kernels.growing import expect_growing_mains, explain_growing_mains
from emg_kernels.layout import (
    AFTERGLOW,
    ARTEFACT,
    BEAT,
    BURST,
    FREEDOM,
    HEARTBEAT,
    KIND,
    LAST_EVENT,
    LEARN,
    MAINS,
    N_APPEARING,
    NOTHING,
    PATIENCE,
    REACH,
    REFIT,
    REST_POWER,
    RISE,
    START,
    TAIL,
    THRESHOLD,
    WEIGHTS,
)
from emg_kernels.mains import (
    GAIN_IM,
    GAIN_RE,
    NOW_COS,
    NOW_SIN,
    angle_of,
    turn_wave,
)

# A remembered heartbeat takes on this share of each new one.
BEAT_RENEWAL = 0.2
# A strong burst that nothing fits is muscle sooner: after this share of the patience, and so many
# samples.
EARLY, LEAST_SEEN = 0.4, 10
# Samples around the likeliest start at which mains is tried.
MAINS_REACH = 4


@helper
def _likeliest_start(memory: Array, n_ring: int, n: int, c: int, now: int, rest: float) -> int:
    """Count the samples, up to ``n``, from the likeliest step of the variance to ``now``."""
    best, best_back, total = 0.0, 0, 0.0
    at = now % n_ring
    for back in range(n):
        y = memory[at, c]
        at = at - 1 if at > 0 else n_ring - 1
        total += y * y
        usual = (back + 1) * rest
        excess = total - usual
        # The gain is never more than the square says, and the logarithm is dear.
        if excess > 0.0 and excess * excess > 2.0 * best * usual * rest:
            gain = excess / rest - (back + 1) * math.log(total / usual)
            if gain > best:
                best, best_back = gain, back
    return best_back


@helper
def _expect(
    lines: Array,
    responses: Array,
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    c: int,
    n_regressors: int,
) -> None:
    """Put down what an explained burst will still make, so that it is taken out as it comes."""
    n_ring, n_tail, n_beat = int(settings[LEARN]), int(settings[TAIL]), int(settings[BEAT])
    kind, coefficients, beat = state[KIND, c], scratch[COEFFICIENTS], scratch[LAST_BEAT]
    for k in range(n_tail):
        shape = 0.0
        if kind == ARTEFACT:
            shape = coefficients[0] * responses[IMPULSE, k] + coefficients[2] * responses[STEP, k]
            shape += coefficients[1] * responses[LATER, k]
        elif kind == MAINS:
            for i in range(n_regressors):
                shape += coefficients[i] * responses[LINES + i, k]
        elif k < n_beat:
            slope = 0.5 * (beat[min(k + 1, n_beat - 1)] - beat[max(k - 1, 0)])
            shape = coefficients[0] * beat[k] + coefficients[1] * slope
        memory[n_ring + k, c] = shape
    if kind == MAINS:
        # Behind the transient a line is its coefficients times the gain of the filters; the
        # canceller's reference runs by absolute time.
        for line in range(lines.shape[0]):
            cosine = sine = 0.0
            if 2 * line < n_regressors:
                a, b = coefficients[2 * line], coefficients[2 * line + 1]
                re, im = lines[line, GAIN_RE], lines[line, GAIN_IM]
                cosine, sine = a * re + b * im, b * re - a * im
            angle = angle_of(lines, line, int(state[START, c]))
            first = WEIGHTS + 2 * (lines.shape[0] + line)
            state[first, c], state[first + 1, c] = turn_wave(
                cosine, sine, math.cos(angle), math.sin(angle)
            )


@helper
def _little_seen(settings: Array, scratch: Array, begin: int, stop: int, rest: float) -> bool:
    """Tell whether a burst is too short, or too weak, for a fit to mean anything yet."""
    n = stop - begin
    if n < EARLY * settings[PATIENCE] or n < min(LEAST_SEEN, settings[PATIENCE]):
        return True
    energy = 0.0
    for k in range(begin, stop):
        energy += scratch[SEEN, k] * scratch[SEEN, k]
    return bool(energy - n * rest < LEAST_ARTEFACT * rest)


@helper
def _take_sums(state: Array, scratch: Array, c: int) -> None:
    """Go on from the sums that the scratch array holds."""
    for k in range(N_RATIOS):
        state[RISE + k, c] = scratch[SUMS, k]


@helper
def explained(
    lines: Array,
    responses: Array,
    factors: Cube,
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    c: int,
    now: int,
) -> bool:
    """Tell whether the burst that ends now is, or may still prove to be, no contraction."""
    n_ring, n_tail, n_beat = int(settings[LEARN]), int(settings[TAIL]), int(settings[BEAT])
    rest = max(state[REST_POWER, c], state[AFTERGLOW, c])
    freedom, threshold = state[FREEDOM, c], settings[THRESHOLD]
    age = now - int(state[START, c])
    refit = state[KIND, c] != NOTHING and age <= settings[REFIT]
    stop = int(min(settings[BURST], now + 1))
    oldest = now - stop + 1
    for k in range(stop):
        scratch[SEEN, k] = memory[(oldest + k) % n_ring, c]
        at = oldest + k - int(state[START, c])
        if refit and at >= 0:
            scratch[SEEN, k] += memory[n_ring + at, c]
            memory[(oldest + k) % n_ring, c] = scratch[SEEN, k]
    since = min(now - int(state[LAST_EVENT, c]), n_ring)
    length = 1 + _likeliest_start(memory, n_ring, since, c, now, rest)
    if refit:
        length = max(length, age + 1)
    begin = stop - min(length, stop)
    clear = refit or stop - begin >= settings[PATIENCE]
    if not clear and _little_seen(settings, scratch, begin, stop, rest):
        return True
    for k in range(n_beat):
        scratch[LAST_BEAT, k] = memory[n_ring + n_tail + k, c]
    kind, n_regressors = ARTEFACT, 0
    reach = int(settings[REACH])
    start = explain_artefact(
        scratch, responses, factors, begin, stop, reach, rest, freedom, threshold
    )
    if start == UNEXPLAINED:
        kind = HEARTBEAT
        start = explain_heartbeat(scratch, n_beat, stop, rest, freedom, threshold)
    if start == UNEXPLAINED:
        kind = MAINS
        start, n_regressors = explain_mains(
            scratch,
            responses,
            factors,
            int(settings[N_APPEARING]),
            begin,
            stop,
            MAINS_REACH,
            rest,
            freedom,
            threshold,
        )
    growing, foot = start == UNEXPLAINED, 0.0
    if growing:
        start, n_regressors, foot = explain_growing_mains(
            scratch, lines, oldest, begin, stop, rest, freedom, threshold
        )
    if start == UNEXPLAINED:
        state[KIND, c] = NOTHING
        if refit:
            rise_of(scratch[SEEN], stop, rest, freedom, scratch[SUMS])
            _take_sums(state, scratch, c)
        return False
    if not clear:
        return True
    state[KIND, c], state[START, c] = kind, oldest + start
    if growing:
        foot, seen = foot - start, stop - start
        expect_growing_mains(lines, settings, state, memory, scratch, c, n_regressors, foot, seen)
    else:
        _expect(lines, responses, settings, state, memory, scratch, c, n_regressors)
    for k in range(stop):
        memory[(oldest + k) % n_ring, c] = scratch[LEFT, k]
    _take_sums(state, scratch, c)
    if kind == HEARTBEAT and start >= 0 and start + n_beat <= stop:
        for k in range(n_beat):
            old = memory[n_ring + n_tail + k, c]
            new = scratch[SEEN, start + k] / scratch[COEFFICIENTS, 0]
            memory[n_ring + n_tail + k, c] += BEAT_RENEWAL * (new - old)
    return True


@helper
def without_expected(
    lines: Array, settings: Array, state: Array, memory: Array, c: int, now: int, y: float
) -> float:
    """Take out what an explained burst still makes; hand mains over to the canceller in time."""
    age = now - int(state[START, c])
    if state[KIND, c] == MAINS and age > settings[REFIT]:
        first, behind = WEIGHTS, 2 * lines.shape[0]
        for line in range(lines.shape[0]):
            for k in range(2):
                row = first + 2 * line + k
                y -= state[row + behind, c] * lines[line, NOW_SIN if k == 1 else NOW_COS]
                state[row, c] += state[row + behind, c]
                state[row + 2 * behind, c] += state[row + behind, c]
        state[KIND, c] = NOTHING
    elif age >= settings[TAIL]:
        state[KIND, c] = NOTHING
    else:
        y -= memory[int(settings[LEARN]) + age, c]
    return y

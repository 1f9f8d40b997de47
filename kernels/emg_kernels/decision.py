"""What is done where a contraction begins, ends or is lost: date it, tell it, go on from there."""

import math

from emg_kernels._jit import Array, Integers, helper
from emg_kernels.contraction import RELEASED_SHARE, quiet_power
from emg_kernels.dating import foot_of_rise
from emg_kernels.fits import SEEN
from emg_kernels.layout import (
    AFTERGLOW,
    BEAT,
    BLOCK,
    CONTRACTING,
    CONTRACTION_POWER,
    DATING_STEP,
    DOUBT,
    FALL,
    FLOOR_POWER,
    FREEDOM,
    KIND,
    LAST_EVENT,
    LEARN,
    LEARNING,
    LOOK_BACK,
    LOST,
    MOST_LOST,
    MUSCLE_FREEDOM,
    NOTHING,
    ORDINARY,
    PHASE,
    REST_POWER,
    RESTING,
    SAMPLE_RATE,
    SETTLING,
    SHORT_BURST,
    SINCE,
    SPECIAL,
    TAIL,
    WAIT,
)
from emg_kernels.rest import begin_rest, remember_beat

# Columns of an event.
CHANNEL, IS_ONSET, SAMPLE, DECIDED = 0, 1, 2, 3

# What stays a moment after a strong contraction is rest from then on: this share, for the mean of a
# moment may be too high.
REMAINING_SHARE = 0.4
# Right after a contraction, four times what the filters still give of it starts no new one.
AFTERGLOW_SHARE = 4.0 * RELEASED_SHARE
# An onset is seldom longer ago than this, when it is decided on: a prior that falls by e.
DECISION_S = 0.2
# No electrode is as quiet as the least variance that is taken for rest, or this many times that: it
# was a flat line. What began in it and lasts longer is no contraction: an electrode was put on.
FLAT, MOST_OUT_OF_NOTHING_S = 2.0, 10.0


@helper
def _write(
    events: Integers, n_events: int, channel: int, is_onset: int, sample: int, decided: int
) -> int:
    events[n_events, CHANNEL] = channel
    events[n_events, IS_ONSET] = is_onset
    events[n_events, SAMPLE] = sample
    events[n_events, DECIDED] = decided
    return n_events + 1


@helper
def _remaining_power(settings: Array, state: Array, memory: Array, c: int, now: int) -> float:
    """Power that stays after a contraction, as far as muscle makes it and not the filters."""
    n_ring, n = int(settings[LEARN]), int(settings[BLOCK])
    total = 0.0
    for k in range(n):
        y = memory[(now - k) % n_ring, c]
        total += y * y
    rest, power = state[REST_POWER, c], state[CONTRACTION_POWER, c] / state[SINCE, c]
    staying = REMAINING_SHARE * (total / n - RELEASED_SHARE * power)
    return float(max(rest, min(staying, quiet_power(rest, power))))


@helper
def _date(
    settings: Array, state: Array, memory: Array, scratch: Array, c: int, now: int, onset: bool
) -> int:
    """Estimate when the contraction that was just decided on began or ended."""
    n_ring, n_step = int(settings[LEARN]), int(settings[DATING_STEP])
    last = int(state[LAST_EVENT, c])
    n_steps = min(int(settings[LOOK_BACK]), now - last) // n_step
    rest = state[REST_POWER, c]
    if not onset:
        rest = max(
            _remaining_power(settings, state, memory, c, now),
            AFTERGLOW_SHARE * state[CONTRACTION_POWER, c] / state[SINCE, c],
        )
    for k in range(n_steps):
        newest = now - (n_steps - 1 - k) * n_step if onset else now - k * n_step
        total = 0.0
        for j in range(n_step):
            y = memory[(newest - j) % n_ring, c]
            total += y * y
        scratch[SEEN, k] = total / n_step / rest
    free_samples = n_step * min(state[FREEDOM, c], settings[MUSCLE_FREEDOM])
    step_s = n_step / settings[SAMPLE_RATE]
    later = step_s / DECISION_S if onset else 0.0
    foot = foot_of_rise(scratch[SEEN], scratch, n_steps, step_s, free_samples, later)
    back = (n_steps - foot if onset else foot) * n_step
    return min(now, max(last, now - round(back)))


@helper
def decide_onset(
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    events: Integers,
    n_events: int,
    c: int,
    now: int,
) -> int:
    """Tell an onset, and begin to hold."""
    start = _date(settings, state, memory, scratch, c, now, True)
    state[PHASE, c], state[SINCE, c] = CONTRACTING, 0.0
    state[FALL, c] = state[CONTRACTION_POWER, c] = state[DOUBT, c] = 0.0
    state[LAST_EVENT, c] = start
    return _write(events, n_events, c, 1, start, now)


@helper
def decide_offset(
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    events: Integers,
    n_events: int,
    c: int,
    now: int,
) -> int:
    """Tell an offset, and learn from what remains; a short burst may have been a heartbeat."""
    n_ring, start = int(settings[LEARN]), int(state[LAST_EVENT, c])
    end = _date(settings, state, memory, scratch, c, now, False)
    if end - start < settings[SHORT_BURST]:
        peak = start
        for k in range(start, end):
            if abs(memory[k % n_ring, c]) > abs(memory[peak % n_ring, c]):
                peak = k
        if 2 * (now - peak) > settings[BEAT]:
            remember_beat(settings, memory, c, peak)
    power = state[CONTRACTION_POWER, c] / state[SINCE, c]
    state[REST_POWER, c] = _remaining_power(settings, state, memory, c, now)
    begin_rest(settings, state, c)
    state[AFTERGLOW, c] = AFTERGLOW_SHARE * power
    state[LAST_EVENT, c] = end
    return _write(events, n_events, c, 0, end, now)


@helper
def lose(
    settings: Array, state: Array, memory: Array, events: Integers, n_events: int, c: int, now: int
) -> int:
    """Note that a sample is lost; after too many nobody knows what became of a contraction."""
    phase = state[PHASE, c]
    state[LOST, c] += 1.0
    state[KIND, c] = NOTHING
    memory[now % int(settings[LEARN]), c] = math.sqrt(state[REST_POWER, c])
    if phase in (SETTLING, LEARNING):
        state[PHASE, c], state[SINCE, c] = SETTLING, 0.0
    elif phase == CONTRACTING and state[LOST, c] >= settings[MOST_LOST]:
        begin_rest(settings, state, c)
        state[LAST_EVENT, c] = now
        return _write(events, n_events, c, 0, now - int(state[LOST, c]) + 1, now)
    elif phase == RESTING:
        state[WAIT, c], state[DOUBT, c] = settings[TAIL], 0.0
    return n_events


@helper
def end_what_came_of_nothing(
    settings: Array, state: Array, events: Integers, n_events: int, now: int
) -> int:
    """End contractions that began in a flat line and last: begin anew, mains, rest and all."""
    most = MOST_OUT_OF_NOTHING_S * settings[SAMPLE_RATE]
    for c in range(state.shape[1]):
        flat = state[REST_POWER, c] <= FLAT * settings[FLOOR_POWER]
        if state[PHASE, c] == CONTRACTING and flat and state[SINCE, c] >= most:
            state[PHASE, c], state[SINCE, c], state[ORDINARY, c] = SETTLING, 0.0, SPECIAL
            state[REST_POWER, c] = state[AFTERGLOW, c] = 0.0
            state[KIND, c], state[LAST_EVENT, c] = NOTHING, now
            n_events = _write(events, n_events, c, 0, now, now)
    return n_events

"""Onset and offset of a contraction: decided live, dated by looking back.

The statistic is the RMS over a short window. It is compared with a rest level and its scatter that
are tracked while the muscle rests. The decision says *that* the muscle started; *when* it started
is then the most likely change point of the signal's power in the recent past (for a Gaussian
signal whose variance changes from a known to an unknown value: Basseville and Nikiforov 1993,
*Detection of Abrupt Changes*, section 2.6).
"""

import math

from emg_kernels._jit import Array, Flags, Integers, helper, kernel

# Rows of the per-channel state.
PHASE = 0  # 0 settling, 1 learning the rest level, 2 at rest, 3 contracting
SINCE = 1  # samples since the phase began
REST_UV = 2  # mean of the RMS at rest
REST_VARIANCE = 3  # its variance
WINDOW_POWER = 4  # sum of squares over the window
QUIET = 5  # samples in a row below the release level
CONTRACTION_POWER = 6  # sum of squares since the onset was decided
LAST_EVENT = 7  # absolute sample of the last onset or offset, which no later one may precede
AFTERGLOW_UV = 8  # what the filters may still give of the last contraction
LOST = 9  # samples lost in a row
N_STATE = 10

SETTLING, LEARNING, RESTING, CONTRACTING = 0.0, 1.0, 2.0, 3.0

# Entries of the settings vector.
WINDOW, SETTLE, LEARN, HANG_OVER = 0, 1, 2, 3  # samples
TRACK_ALPHA, ONSET_SD, RELEASE_SD, FLOOR_UV = 4, 5, 6, 7
MOST_LOST = 8  # samples
N_SETTINGS = 9

# Columns of an event.
CHANNEL, IS_ONSET, SAMPLE, DECIDED = 0, 1, 2, 3

# One sample may raise the power in the window by no more than this many times the present mean: a
# single spike stays under the threshold, a contraction passes it two or three samples later.
SPIKE_LIMIT = 16.0
# The scatter of the RMS is never believed to be less than this share of the rest level.
LEAST_SCATTER = 0.05
# What is below this share of a contraction's strength is the filters dying away, not the muscle.
RELEASED_SHARE = 0.05
# A start is dated against a rest level this much higher, so that a restless moment just before the
# contraction is not taken for a part of it.
DATING_MARGIN = 1.05
# A rest level that is far too high comes down this many times faster than rest is tracked.
FAST_DOWN = 5.0
# The afterglow of a contraction fades this many times faster than rest is tracked.
AFTERGLOW_DECAY = 20.0


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
def _onset_back(ring: Array, channel: int, now: int, earliest: float, rest_uv: float) -> int:
    """Count the samples from the likeliest start of a higher variance to ``now``."""
    n_ring = ring.shape[0]
    rest_power = rest_uv * rest_uv
    best, best_back, total = 0.0, 0, 0.0
    for back in range(min(n_ring, now + 1 - int(earliest))):
        total += ring[(now - back) % n_ring, channel]
        count = back + 1.0
        ratio = total / count / rest_power
        if ratio > 1.0:
            gain = count * (ratio - 1.0 - math.log(ratio))
            if gain > best:
                best, best_back = gain, back
    return best_back


@helper
def _offset_back(
    ring: Array,
    channel: int,
    now: int,
    earliest: float,
    rest_uv: float,
    contraction_uv: float,
) -> int:
    """Count the samples from the likeliest return to the rest level to ``now``."""
    n_ring = ring.shape[0]
    rest_power = rest_uv * rest_uv
    contraction_power = max(contraction_uv * contraction_uv, 1.5 * rest_power)
    gain_per_sample = math.log(contraction_power / rest_power)
    loss = 1.0 / rest_power - 1.0 / contraction_power
    best, best_back, total = 0.0, 0, 0.0
    for back in range(min(n_ring, now + 1 - int(earliest))):
        total += gain_per_sample - loss * ring[(now - back) % n_ring, channel]
        if total > best:
            best, best_back = total, back
    return best_back


@kernel("i8(f8[:,::1], f8[::1], i8, f8[:,::1], f8[:,::1], b1[:,::1], i8[:,::1])")
def detect_contractions(
    block: Array,
    settings: Array,
    first_sample: int,
    state: Array,
    ring: Array,
    active: Flags,
    events: Integers,
) -> int:
    """Find contractions in each channel.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV. A NaN sample changes nothing but the time; too many in a row end a
        contraction, for nobody knows what became of it.
    settings : ndarray, shape (N_SETTINGS,)
        Window, settling, learning and hang-over in samples; tracking rate per sample; onset and
        release in SD above the rest level; least level in µV; longest loss in samples.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_STATE, n_channels)
        Zeros to start.
    ring : ndarray, shape (n_look_back, n_channels)
        Recent squares, zeros to start; at least as long as the window.
    active : ndarray of bool, shape (n_samples, n_channels)
        Out: whether each channel contracts.
    events : ndarray of int64, shape (n_samples * n_channels, 4)
        Out: channel, 1 for an onset or 0 for an offset, estimated sample, deciding sample.

    Returns
    -------
    int
        Number of events.
    """
    n_samples, n_channels = block.shape
    n_ring = ring.shape[0]
    window = int(settings[WINDOW])
    floor = settings[FLOOR_UV]
    n_events = 0
    for i in range(n_samples):
        now = first_sample + i
        slot = now % n_ring
        oldest = (now - window) % n_ring
        for c in range(n_channels):
            x = block[i, c]
            lost = x != x
            mean = state[WINDOW_POWER, c] / window
            limit = SPIKE_LIMIT * max(mean, floor * floor)
            square = mean if lost else min(x * x, limit)
            power = max(state[WINDOW_POWER, c] + square - ring[oldest, c], 0.0)
            ring[slot, c] = square
            if slot == 0:  # sum afresh now and then: no rounding error adds up
                power = 0.0
                for k in range(window):
                    power += ring[(now - k) % n_ring, c]
            state[WINDOW_POWER, c] = power
            phase = state[PHASE, c]
            active[i, c] = phase == CONTRACTING
            if lost:
                state[LOST, c] += 1.0
                if phase == CONTRACTING and state[LOST, c] >= settings[MOST_LOST]:
                    state[PHASE, c], state[SINCE, c] = RESTING, 0.0
                    state[LAST_EVENT, c] = now
                    active[i, c] = False
                    for k in range(n_ring):
                        ring[k, c] = state[REST_UV, c] ** 2
                    state[WINDOW_POWER, c] = window * state[REST_UV, c] ** 2
                    start = now - int(state[LOST, c]) + 1
                    n_events = _write(events, n_events, c, 0, start, now)
                continue
            state[LOST, c] = 0.0
            level = math.sqrt(power / window)
            state[SINCE, c] += 1.0
            rest = state[REST_UV, c]
            scatter = max(math.sqrt(state[REST_VARIANCE, c]), LEAST_SCATTER * rest, floor)
            if phase == SETTLING:
                if state[SINCE, c] >= settings[SETTLE]:
                    state[PHASE, c], state[SINCE, c] = LEARNING, 0.0
            elif phase == LEARNING:
                weight = 1.0 / state[SINCE, c]
                step = level - rest
                state[REST_UV, c] += weight * step
                state[REST_VARIANCE, c] += weight * (
                    step * (level - state[REST_UV, c]) - state[REST_VARIANCE, c]
                )
                if state[SINCE, c] >= settings[LEARN]:
                    state[PHASE, c] = RESTING
            elif phase == RESTING:
                state[AFTERGLOW_UV, c] *= 1.0 - AFTERGLOW_DECAY * settings[TRACK_ALPHA]
                if state[AFTERGLOW_UV, c] < floor:
                    state[AFTERGLOW_UV, c] = 0.0
                if level > max(rest + settings[ONSET_SD] * scatter, state[AFTERGLOW_UV, c]):
                    back = _onset_back(
                        ring, c, now, state[LAST_EVENT, c], DATING_MARGIN * max(rest, floor)
                    )
                    state[PHASE, c], state[SINCE, c] = CONTRACTING, 0.0
                    state[QUIET, c] = state[CONTRACTION_POWER, c] = 0.0
                    active[i, c] = True
                    state[LAST_EVENT, c] = now - back
                    n_events = _write(events, n_events, c, 1, now - back, now)
                else:
                    alpha = settings[TRACK_ALPHA]
                    step = min(level - rest, 3.0 * scatter)
                    if step < -3.0 * scatter:  # the level was learnt from something else than rest
                        state[REST_UV, c] += FAST_DOWN * alpha * step
                        state[REST_VARIANCE, c] *= 1.0 - 2.0 * FAST_DOWN * alpha
                    else:
                        state[REST_UV, c] += alpha * step
                        state[REST_VARIANCE, c] += alpha * (step * step - state[REST_VARIANCE, c])
            else:
                state[CONTRACTION_POWER, c] += square
                strength = math.sqrt(state[CONTRACTION_POWER, c] / state[SINCE, c])
                released = rest + settings[RELEASE_SD] * scatter
                if level < max(released, RELEASED_SHARE * strength):
                    state[QUIET, c] += 1.0
                else:
                    state[QUIET, c] = 0.0
                if state[QUIET, c] >= settings[HANG_OVER]:
                    quiet_uv = max(rest, floor, RELEASED_SHARE * strength)
                    back = _offset_back(ring, c, now, state[LAST_EVENT, c], quiet_uv, strength)
                    state[PHASE, c], state[SINCE, c] = RESTING, 0.0
                    state[AFTERGLOW_UV, c] = 2.0 * RELEASED_SHARE * strength
                    active[i, c] = False
                    state[LAST_EVENT, c] = now - back
                    n_events = _write(events, n_events, c, 0, now - back, now)
    return n_events

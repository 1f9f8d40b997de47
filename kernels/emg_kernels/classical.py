"""The classical rules for onset and offset, live and sample by sample.

Each rule makes one non-negative number of the latest samples, learns its mean and scatter from a
stretch of rest, and calls a muscle active when the number has stayed above a threshold for some
time. What differs is the number:

- the rectified signal (Hodges and Bui 1996, *Electroencephalogr Clin Neurophysiol* 101:511);
- the energy of Teager and Kaiser (Li, Zhou and Aruin 2007, *Ann Biomed Eng* 35:1532; Solnik et al.
  2010, *Eur J Appl Physiol* 110:489);
- the power of whitened samples, which at rest is χ² distributed (Bonato, D'Alessio and Knaflitz
  1998, *IEEE Trans Biomed Eng* 45:287).
"""

import math

from emg_kernels._jit import Array, Flags, Integers, helper, kernel

# Rows of the threshold's per-channel state.
PHASE = 0  # 0 settling, 1 learning, 2 at rest, 3 contracting
SINCE = 1  # samples since the phase began
MEAN, VARIANCE = 2, 3  # of the averaged number at rest
REST_POWER = 4  # mean square of the signal at rest, µV²
WINDOW_SUM = 5
RUN, RUN_START = 6, 7  # samples the present suspicion has lasted, and its first absolute sample
BELOW = 8  # samples in a row at which the number was not above the threshold
LAST_EVENT = 9  # absolute sample of the last onset or offset, which no later one may precede
LOST = 10  # samples lost in a row
GIVEN_POWER, GIVEN_SCATTER = 11, 12  # a calibration's rest: power, and relative scatter of its root
N_STATE = 13

SETTLING, LEARNING, RESTING, CONTRACTING = 0.0, 1.0, 2.0, 3.0

# Entries of the threshold's settings vector.
SETTLE, LEARN, HOLD, HANG_OVER = 0, 1, 2, 3  # samples
GRACE = 4  # the number may be below the threshold for fewer samples than this
LAG = 5  # samples by which the averaged number runs behind the signal
MOST_LOST = 6  # samples
OF_MEAN, OF_SCATTER, LEAST = 7, 8, 9  # what the threshold is made of, and the lowest it may be
EXPONENT = 10  # power of the signal with which the number goes
N_SETTINGS = 11

# A number from here on is no measurement.
MOST = 1e100

# Columns of an event.
CHANNEL, IS_ONSET, SAMPLE, DECIDED = 0, 1, 2, 3

# Rows of the whitening's per-channel state.
ORDER = 8
COUNTED = 0  # samples so far
PRESENT = 1  # of the past, samples that were not lost
PAST = 2  # the newest first
PRODUCTS = PAST + ORDER  # sums of x[n] x[n-k], k from 0 to the order
COEFFICIENTS = PRODUCTS + ORDER + 1
SCRATCH = COEFFICIENTS + ORDER
N_WHITE_STATE = SCRATCH + ORDER


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1])")
def teager_kaiser(block: Array, state: Array, out: Array) -> None:
    """Energy of Teager and Kaiser, ``|x[n-1]² - x[n] x[n-2]|``: a sample late, to be causal.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV.
    state : ndarray, shape (2, n_channels)
        The last two samples, NaN to start.
    out : ndarray, shape (n_samples, n_channels)
        Energy in µV²; not finite where one of its three samples is lost.
    """
    n_samples, n_channels = block.shape
    for i in range(n_samples):
        for c in range(n_channels):
            x, before, older = block[i, c], state[0, c], state[1, c]
            out[i, c] = abs(before * before - x * older)
            state[0, c], state[1, c] = x, before


@helper
def _predict(state: Array, channel: int) -> None:
    """Solve for what predicts a sample from the last ones (Levinson 1947, *J Math Phys* 25:261)."""
    error = state[PRODUCTS, channel]
    for m in range(ORDER):
        if not 0.0 < error < math.inf:
            return
        reflection = state[PRODUCTS + m + 1, channel]
        for k in range(m):
            reflection -= state[COEFFICIENTS + k, channel] * state[PRODUCTS + m - k, channel]
        reflection /= error
        for k in range(m):
            state[SCRATCH + k, channel] = state[COEFFICIENTS + m - 1 - k, channel]
        for k in range(m):
            state[COEFFICIENTS + k, channel] -= reflection * state[SCRATCH + k, channel]
        state[COEFFICIENTS + m, channel] = reflection
        error *= 1.0 - reflection * reflection


@kernel("void(f8[:,::1], i8, i8, f8[:,::1], f8[:,::1])")
def whitened_power(block: Array, settle: int, learn: int, state: Array, out: Array) -> None:
    """Square of what the last samples do not predict; the prediction is learnt once, at rest.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV.
    settle, learn : int
        Samples to leave out, and then to learn from; until then nothing is predicted.
    state : ndarray, shape (N_WHITE_STATE, n_channels)
        Zeros to start.
    out : ndarray, shape (n_samples, n_channels)
        Power in µV²; NaN where the sample or one of the ``ORDER`` before it is lost.
    """
    n_samples, n_channels = block.shape
    for i in range(n_samples):
        for c in range(n_channels):
            x = block[i, c]
            out[i, c] = math.nan
            if not x * x < MOST:
                state[PRESENT, c] = 0.0
                continue
            state[COUNTED, c] += 1.0
            counted = state[COUNTED, c]
            if state[PRESENT, c] < ORDER:
                state[PRESENT, c] += 1.0
            else:
                surprise = x
                for k in range(ORDER):
                    surprise -= state[COEFFICIENTS + k, c] * state[PAST + k, c]
                out[i, c] = surprise * surprise
                if settle < counted <= settle + learn:
                    state[PRODUCTS, c] += x * x
                    for k in range(ORDER):
                        state[PRODUCTS + 1 + k, c] += x * state[PAST + k, c]
            if counted == settle + learn:
                _predict(state, c)
            for k in range(ORDER - 1, 0, -1):
                state[PAST + k, c] = state[PAST + k - 1, c]
            state[PAST, c] = x


@helper
def _write(
    events: Integers, n_events: int, channel: int, is_onset: int, sample: float, decided: int
) -> int:
    events[n_events, CHANNEL] = channel
    events[n_events, IS_ONSET] = is_onset
    events[n_events, SAMPLE] = int(sample)
    events[n_events, DECIDED] = decided
    return n_events + 1


@helper
def _begin(state: Array, channel: int, phase: float, grace: float) -> None:
    state[PHASE, channel], state[SINCE, channel] = phase, 0.0
    state[RUN, channel] = 0.0
    if phase == RESTING:
        state[BELOW, channel] = grace


@helper
def _take_given_rest(state: Array, channel: int, exponent: float) -> None:
    """Put a calibration's rest in the place of the learnt one; the number's share of it stays."""
    ratio = state[GIVEN_POWER, channel] / state[REST_POWER, channel]
    state[MEAN, channel] *= ratio ** (0.5 * exponent)
    scatter = exponent * state[MEAN, channel] * state[GIVEN_SCATTER, channel]
    state[VARIANCE, channel] = scatter * scatter
    state[REST_POWER, channel] = state[GIVEN_POWER, channel]
    state[GIVEN_POWER, channel] = 0.0


@kernel("i8(f8[:,::1], f8[:,::1], f8[::1], i8, f8[:,::1], f8[:,::1], b1[:,::1], i8[:,::1])")
def held_above(
    block: Array,
    number: Array,
    settings: Array,
    first_sample: int,
    state: Array,
    ring: Array,
    active: Flags,
    events: Integers,
) -> int:
    """Find where a number stays above a threshold that was learnt at rest.

    The number is averaged over a window. The threshold is a share of its mean at rest and some of
    its scatters; nothing is learnt afterwards. A contraction is decided when the number has been
    above for ``HOLD`` samples, gaps shorter than ``GRACE`` not counted, and is over when it has not
    been for ``HANG_OVER`` samples; both are dated at the first of these samples.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV.
    number : ndarray, shape (n_samples, n_channels)
        Not finite, or beyond ``MOST``, where lost: that changes nothing but the time, but too many
        in a row end a contraction, for nobody knows what became of it.
    settings : ndarray, shape (N_SETTINGS,)
        See the names above.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_STATE, n_channels)
        Zeros to start.
    ring : ndarray, shape (n_window, n_channels)
        The numbers in the window, zeros to start.
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
    window = ring.shape[0]
    grace, lag = settings[GRACE], settings[LAG]
    n_events = 0
    for i in range(n_samples):
        now = first_sample + i
        slot = now % window
        for c in range(n_channels):
            x, value = block[i, c], number[i, c]
            lost = not abs(value) < MOST
            if lost:
                value = state[WINDOW_SUM, c] / window
            total = max(state[WINDOW_SUM, c] + value - ring[slot, c], 0.0)
            ring[slot, c] = value
            if slot == 0:  # sum afresh now and then: no rounding error adds up
                total = 0.0
                for k in range(window):
                    total += ring[k, c]
            state[WINDOW_SUM, c] = total
            phase = state[PHASE, c]
            active[i, c] = phase == CONTRACTING
            if lost:
                state[LOST, c] += 1.0
                if phase >= RESTING and state[LOST, c] == settings[MOST_LOST]:
                    if phase == CONTRACTING:
                        active[i, c] = False
                        start = now - state[LOST, c] + 1.0
                        state[LAST_EVENT, c] = now
                        n_events = _write(events, n_events, c, 0, start, now)
                    _begin(state, c, RESTING, grace)
                continue
            state[LOST, c] = 0.0
            state[SINCE, c] += 1.0
            level = total / window
            if phase == SETTLING:
                if state[SINCE, c] >= settings[SETTLE]:
                    _begin(state, c, LEARNING, grace)
            elif phase == LEARNING:
                weight = 1.0 / state[SINCE, c]
                step = level - state[MEAN, c]
                state[MEAN, c] += weight * step
                step *= level - state[MEAN, c]
                state[VARIANCE, c] += weight * (step - state[VARIANCE, c])
                state[REST_POWER, c] += weight * (x * x - state[REST_POWER, c])
                if state[SINCE, c] >= settings[LEARN]:
                    _begin(state, c, RESTING, grace)
            else:
                if state[GIVEN_POWER, c] > 0.0 and state[REST_POWER, c] > 0.0:
                    _take_given_rest(state, c, settings[EXPONENT])
                threshold = settings[OF_MEAN] * state[MEAN, c]
                threshold += settings[OF_SCATTER] * math.sqrt(state[VARIANCE, c])
                above = level > max(threshold, settings[LEAST])
                state[BELOW, c] = 0.0 if above else state[BELOW, c] + 1.0
                if (state[BELOW, c] < grace) == (phase == CONTRACTING):
                    state[RUN, c] = 0.0
                    continue
                if state[RUN, c] == 0.0:
                    state[RUN_START, c] = now
                state[RUN, c] += 1.0
                if phase == RESTING and state[RUN, c] >= settings[HOLD] + grace - 1.0:
                    start = max(state[RUN_START, c] - lag, state[LAST_EVENT, c])
                    _begin(state, c, CONTRACTING, grace)
                    active[i, c] = True
                elif phase == CONTRACTING and state[RUN, c] >= settings[HANG_OVER]:
                    start = state[RUN_START, c] - lag - grace + 1.0
                    start = max(start, state[LAST_EVENT, c])
                    _begin(state, c, RESTING, grace)
                    active[i, c] = False
                else:
                    continue
                state[LAST_EVENT, c] = start
                n_events = _write(events, n_events, c, int(phase == RESTING), start, now)
    return n_events

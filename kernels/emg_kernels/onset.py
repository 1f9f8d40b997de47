"""Onset and offset of a contraction, decided live and dated by looking back.

At rest the signal has some variance; a contraction multiplies it. Cumulative sums of evidence
(``evidence``) decide *that* the muscle started; *when* it started is a second question, answered
from the recent past (``dating``). Before a decision stands, whatever else could look like this is
tried: a spike, a jump of the electrode, a heartbeat, mains that appeared (``explain``).

Real rest is neither white nor quite Gaussian, so that samples say less than they seem to. How much
less is measured: the scatter of the mean power over short blocks tells how many free samples a
block holds (``rest``), and the evidence counts only those.
"""

import math

from emg_kernels._jit import Array, Cube, Flags, Integers, helper, kernel
from emg_kernels.burst import explained, without_expected
from emg_kernels.contraction import LARGEST_SQUARE, RELEASE_THRESHOLD, hold, hold_on
from emg_kernels.decision import (
    decide_offset,
    decide_onset,
    end_what_came_of_nothing,
    lose,
)
from emg_kernels.evidence import N_RATIOS
from emg_kernels.fits import (
    COEFFICIENTS,
    LEFT,
    MOST_REGRESSORS,
    SEEN,
    energy_of,
    fit,
    subtract_fit,
)
from emg_kernels.layout import (
    AFTERGLOW,
    BLOCK,
    CALM,
    CLOSER,
    CONTRACTING,
    CONTRACTS,
    DOUBT,
    ERROR_UV,
    FADING,
    FALL,
    FOLLOWING,
    KIND,
    LEARN,
    LEARNING,
    LIMIT_UV,
    LOST,
    MAINS,
    MOST_DOUBT,
    NOTHING,
    ORDINARY,
    PHASE,
    REST_POWER,
    RESTING,
    RESTS,
    RETRY,
    RISE,
    SETTLE,
    SETTLING,
    SINCE,
    SPECIAL,
    THRESHOLD,
    WAIT,
    WEIGHTS,
)
from emg_kernels.mains import (
    MOST_SCATTERS,
    fill_waves,
    follow_mains,
    subtract_mains,
    tune_lines,
    tuning_samples,
    turn_lines,
)
from emg_kernels.rest import (
    begin_rest,
    close_blocks,
    greatest_evidence,
    learn_rest,
    rest_in_doubt,
    rest_on,
)
from emg_kernels.sos import LARGEST

# Mains tells how far a line is off where its amplitude is this many times the limit of the error:
# at rest, and in a contraction.
AUDIBLE_AT_REST, AUDIBLE = 1.0, 3.0


@helper
def _find_mains(
    lines: Array, settings: Array, state: Array, memory: Array, scratch: Array, c: int, now: int
) -> None:
    """Fit the mains to the settling samples, so that its canceller need not find it.

    The first third is left out: there the filters begin. What the fit leaves limits the error that
    moves the canceller until rest is known.
    """
    n_ring, stop = int(settings[LEARN]), int(settings[SETTLE])
    n_regressors = 2 * min(lines.shape[0], MOST_REGRESSORS // 2)
    oldest = now - stop + 1
    for k in range(stop):
        scratch[SEEN, k] = memory[(oldest + k) % n_ring, c]
    for line in range(n_regressors // 2):
        fill_waves(lines, line, oldest, stop, scratch[2 * line], scratch[2 * line + 1])
    start = stop // 3
    fit(scratch, n_regressors, start, stop)
    subtract_fit(scratch, scratch[:, start:stop], n_regressors, start, stop)
    left = energy_of(scratch, LEFT, start, stop)
    state[LIMIT_UV, c] = MOST_SCATTERS * math.sqrt(left / (stop - start))
    for i in range(n_regressors):
        state[WEIGHTS + i, c] += scratch[COEFFICIENTS, i]


@helper
def _wait(settings: Array, state: Array, memory: Array, c: int, now: int) -> None:
    """Take nothing from a sample right after a loss: the filters begin anew, mains and all."""
    state[WAIT, c] -= 1.0
    state[ERROR_UV, c] = 0.0
    memory[now % int(settings[LEARN]), c] = math.sqrt(state[REST_POWER, c])
    for k in range(N_RATIOS):
        state[RISE + k, c] = 0.0


@helper
def _settle(
    lines: Array,
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    c: int,
    now: int,
) -> None:
    """Take one sample of a channel whose mains or rest is being learnt."""
    state[SINCE, c] += 1.0
    if state[PHASE, c] == SETTLING:
        state[ERROR_UV, c] = 0.0
        if state[SINCE, c] >= settings[SETTLE]:
            _find_mains(lines, settings, state, memory, scratch, c, now)
            state[PHASE, c], state[SINCE, c] = LEARNING, 0.0
            if state[REST_POWER, c] > 0.0:
                begin_rest(settings, state, c)
    elif state[SINCE, c] >= settings[LEARN]:
        learn_rest(settings, state, memory, scratch, c, now)
        begin_rest(settings, state, c)


@helper
def _look_closer(
    lines: Array,
    responses: Array,
    factors: Cube,
    settings: Array,
    state: Array,
    memory: Array,
    scratch: Array,
    row: Array,
    events: Integers,
    n_events: int,
    c: int,
    now: int,
) -> int:
    """Take one sample of a channel that is not ordinary, or may be about to change."""
    y = row[c]
    if y != y:
        return lose(settings, state, memory, events, n_events, c, now)
    state[LOST, c] = 0.0
    phase, ordinary = state[PHASE, c], state[ORDINARY, c]
    if state[KIND, c] != NOTHING:
        is_mains, limit = state[KIND, c] == MAINS, state[LIMIT_UV, c]
        y = without_expected(lines, settings, state, memory, c, now, y)
        state[ERROR_UV, c] = min(max(y, -limit), limit)
        if is_mains:
            row[c] = y
        memory[now % int(settings[LEARN]), c] = y
    if phase in (SETTLING, LEARNING):
        _settle(lines, settings, state, memory, scratch, c, now)
        return n_events
    if phase == CONTRACTING:
        if ordinary == SPECIAL:
            hold(settings, state, y, c)
        if state[KIND, c] == MAINS:
            state[ERROR_UV, c] = 0.0
        if state[FALL, c] > RELEASE_THRESHOLD:
            return decide_offset(settings, state, memory, scratch, events, n_events, c, now)
        return n_events
    if state[WAIT, c] > 0.0 and state[DOUBT, c] == 0.0:
        _wait(settings, state, memory, c, now)
        return n_events
    if ordinary == SPECIAL:
        rest_in_doubt(settings, state, c, min(y * y, LARGEST_SQUARE))
    if state[DOUBT, c] > 0.0 or state[KIND, c] == MAINS:
        state[ERROR_UV, c] = 0.0
    state[WAIT, c] = max(state[WAIT, c] - 1.0, -settings[CALM])
    suspected = greatest_evidence(state, c) > settings[THRESHOLD]
    if (suspected or state[KIND, c] == MAINS) and state[WAIT, c] <= 0.0:
        if state[DOUBT, c] < settings[MOST_DOUBT] and explained(
            lines, responses, factors, settings, state, memory, scratch, c, now
        ):
            state[WAIT, c] = settings[RETRY]
            state[DOUBT, c] += settings[RETRY]
        elif greatest_evidence(state, c) > settings[THRESHOLD]:
            return decide_onset(settings, state, memory, scratch, events, n_events, c, now)
    if state[WAIT, c] <= -settings[CALM]:
        state[DOUBT, c] = 0.0
    if state[AFTERGLOW, c] > state[REST_POWER, c]:
        state[AFTERGLOW, c] *= 1.0 - settings[FADING]
    else:
        state[AFTERGLOW, c] = 0.0
    return n_events


@helper
def _listen(state: Array, least: Array) -> None:
    """Say from which amplitude on mains tells its frequency in each channel."""
    for c in range(len(least)):
        phase, quiet = state[PHASE, c], state[KIND, c] == NOTHING and state[LOST, c] == 0.0
        least[c] = LARGEST
        if phase == CONTRACTING:
            least[c] = AUDIBLE * state[LIMIT_UV, c]
        elif phase == LEARNING or (phase == RESTING and quiet and state[WAIT, c] <= 0.0):
            least[c] = AUDIBLE_AT_REST * state[LIMIT_UV, c]


@helper
def _ordinary(state: Array, c: int) -> float:
    """Tell whether there is nothing special about a channel."""
    if state[KIND, c] != NOTHING or state[LOST, c] > 0.0:
        return SPECIAL
    if state[PHASE, c] == CONTRACTING:
        return CONTRACTS
    if state[PHASE, c] != RESTING or state[AFTERGLOW, c] != 0.0 or state[DOUBT, c] != 0.0:
        return SPECIAL
    return SPECIAL if state[WAIT, c] > 0.0 else RESTS


@kernel(
    "i8(f8[:,::1], f8[:,::1], f8[:,::1], f8[:,:,::1], f8[::1], i8, f8[:,::1], f8[:,::1],"
    " f8[:,::1], f8[:,::1], b1[:,::1], i8[:,::1])"
)
def detect_contractions(
    block: Array,
    lines: Array,
    responses: Array,
    factors: Cube,
    settings: Array,
    first_sample: int,
    state: Array,
    memory_by_channel: Array,
    scratch: Array,
    clean: Array,
    active: Flags,
    events: Integers,
) -> int:
    """Take the mains out of each channel and find its contractions.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Band-passed samples in µV. A NaN sample changes nothing but the time; too many in a row end
        a contraction, for nobody knows what became of it.
    lines : ndarray, shape (n_lines, mains.N_LINE)
        The mains and its harmonics, in this order; none if the mains is out already.
    responses : ndarray, shape (fits.N_RESPONSES, n_tail)
        What the filters before make of impulse and step, and of the cosine and the sine of each
        line that begin at zero; zeros where there are fewer lines.
    factors : ndarray, shape (n_burst + 1, fits.N_RESPONSES, fits.N_RESPONSES)
        For each length the Cholesky factor of the responses' products, with the inverse of its
        diagonal; see `fits`.
    settings : ndarray, shape (layout.N_SETTINGS,)
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (layout.WEIGHTS + 6 * n_lines, n_channels)
        Zeros to start.
    memory_by_channel : ndarray, shape (n_channels, n_learn + n_tail + n_beat)
        See `layout`; zeros to start. What is looked back on is one channel, along time.
    scratch : ndarray, shape (fits.N_SCRATCH, n_room)
        Room to work in, as long as the longest of settling, burst, tail, the blocks learnt from
        and the steps of dating.
    clean : ndarray, shape (n_samples, n_channels)
        Out: samples without mains, µV.
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
    memory = memory_by_channel.T
    n_ring, n_block = int(settings[LEARN]), int(settings[BLOCK])
    following = settings[FOLLOWING]
    n_tuning, before = tuning_samples(following), WEIGHTS + 4 * lines.shape[0]
    phases, closer, errors = state[PHASE], state[CLOSER], state[ERROR_UV]
    n_events = 0
    for i in range(n_samples):
        now = first_sample + i
        row, ring, contracts = clean[i], memory[now % n_ring], active[i]
        turn_lines(lines, now)
        for c in range(n_channels):
            row[c] = block[i, c]
        subtract_mains(lines, state, WEIGHTS, row)
        for c in range(n_channels):
            ring[c] = row[c]
        contracting, wanted = rest_on(settings, state, row)
        if contracting:
            wanted += hold_on(settings, state, row)
        if wanted:
            for c in range(n_channels):
                if closer[c] > 0.0:
                    n_events = _look_closer(
                        lines,
                        responses,
                        factors,
                        settings,
                        state,
                        memory,
                        scratch,
                        row,
                        events,
                        n_events,
                        c,
                        now,
                    )
                    state[ORDINARY, c] = _ordinary(state, c)
        if (now + 1) % n_block == 0:
            n_events = end_what_came_of_nothing(settings, state, events, n_events, now)
        for c in range(n_channels):
            contracts[c] = phases[c] == CONTRACTING
        follow_mains(lines, state, WEIGHTS, errors, following, row)
        if (now + 1) % n_tuning == 0:
            least = errors  # their work is done
            _listen(state, least)
            tune_lines(lines, state, WEIGHTS, before, least, following, now)
        if (now + 1) % n_block == 0:
            close_blocks(settings, state)
    return n_events

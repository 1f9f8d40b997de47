"""Heartbeats in an EMG channel: known by the curve they repeat, and taken out.

A heartbeat and a burst of muscle differ in one thing at every strength: the heart draws the same
curve again, muscle never does. Each short rise of power is therefore compared with a few remembered
curves. A curve that has come back at the pace of a heart, each time out of calm, is a heartbeat: in
the long rise of a hold chance alone makes curves that are alike. Its running average,
fitted to each new beat in height and in time, is subtracted (averaging and subtracting: Bartolo et
al. 1996, *J Appl Physiol* 80:1898). Several curves are remembered at once, so that a burst between
two beats, or a second kind of beat, disturbs nothing.

That takes the whole beat, so what comes out is late. What can be said at once is said at once: that
this may be a heartbeat, or has just been one.
"""

import math

from emg_kernels._jit import Array, Flags, Integers, helper, kernel
from emg_kernels.sos import ANTI_DENORMAL, LARGEST

# Rows of the per-channel state. Times are absolute samples.
LEVEL, SEEN = 0, 1  # median of the absolute value; samples of which it is made, until it follows
SMOOTH, POWER = 2, 3  # mean power after each of two one-pole smoothers
PEAK, PEAK_AT = 4, 5  # the last rise
HIGH_SINCE, HIGH_AT = 6, 7  # when the power was raised, first and last
BEAT_ENDS = 8  # when a recognised heartbeat is over
LAST_BEAT, INTERVAL = 9, 10  # when it was, and the samples between two
BEAT_POWER = 11  # the usual peak of a heartbeat; 0 while none is known
LOST_AT = 12  # the last sample that was lost
BUSY_UNTIL = 13  # when nothing of the last rise is left to do
# What goes on after a curve has been compared: which curve, its next value, the fit.
CURVE, NEXT, GAIN, SHIFT, FOLLOW, BEFORE_NEXT = 14, 15, 16, 17, 18, 19
N_STATE = 20
# The rows of times, which begin long ago.
TIMES = (PEAK_AT, HIGH_SINCE, HIGH_AT, BEAT_ENDS, LAST_BEAT, BUSY_UNTIL)

# Entries of the settings vector: shares per sample, then samples.
SMOOTH_ALPHA, LEVEL_RATE, FADE = 0, 1, 2
LEAD, LENGTH, LAG, STRIDE = 3, 4, 5, 6  # of a curve: before the peak; compared; search and its step
SHORTEST, LONGEST, FORGET = 7, 8, 9  # intervals between beats; how long a curve is remembered
HELD, TAIL = 10, 11  # longest suspicion; what follows a beat that has been recognised
N_SETTINGS = 12

# Columns of what is known of a curve.
COUNT, SEEN_AT, USUAL_PEAK = 0, 1, 2
N_KNOWN = 3

# What is said of a sample.
NOTHING, SUSPECTED, HEARTBEAT, RECOGNISED = 0, 1, 2, 3

# Of a Gaussian signal: its variance in squared medians of the absolute value; that median in means.
MEDIAN_VARIANCE, MEDIAN_MEAN = 2.198, 0.8453
# When the power is less than this share of the level's, as after a contraction, that level comes
# down so many times faster.
DROPPED, FAST_DOWN = 0.1, 10.0
# In silence the level stays above what ANTI_DENORMAL leaves of the power.
LOWEST_LEVEL = 1e-20
# Rises are looked at from this many variances, or from this share of a known heart's peak, if that
# is no less than the second number of variances.
RISE, LEAST_RISE, SHARE_OF_PEAK = 3.0, 1.5, 0.3
# A rise is suspected from this many variances to this many times a known heart's peak.
LEAST_SUSPECTED, MOST_SUSPECTED = 2.0, 3.0
# A curve is a heart's once it has come this often; more than the second number is not counted.
KNOWN, MOST_COUNTED = 3.0, 12.0
# A known curve is preferred to another by this much correlation.
FAMILIAR = 0.15
# What a curve must explain of the energy, and when a beat is due; how near to its time it is due.
LEAST_EXPLAINED, LEAST_WHEN_DUE, PUNCTUAL = 0.55, 0.3, 0.15
# What is left may be this many times the noise, or this share of the energy.
NOISE_MARGIN, DIFFERS = 2.0, 0.15
LEAST_GAIN, MOST_GAIN = 0.4, 2.5
# The average follows the newest beat by at least this share; a doubtful one by half.
LEAST_FOLLOW, DOUBTFUL_FOLLOW = 0.08, 0.5


@helper
def _correlation(
    ring: Array, channel: int, start: int, curve: Array, length: int, stride: int
) -> float:
    """Correlate a stretch of signal with a curve, on every ``stride``-th sample."""
    n_ring = ring.shape[0]
    product = energy = reference = 0.0
    for k in range(0, length, stride):
        x, y = ring[(start + k) % n_ring, channel], curve[k]
        product += x * y
        energy += x * x
        reference += y * y
    scale = math.sqrt(energy) * math.sqrt(reference)
    return product / scale if scale > 0.0 else 0.0


@helper
def _align(
    ring: Array, channel: int, start: int, curve: Array, settings: Array
) -> tuple[float, int]:
    """Return the best correlation near ``start``, and the sample at which the curve then begins."""
    length, lag, stride = int(settings[LENGTH]), int(settings[LAG]), int(settings[STRIDE])
    best, best_at = -2.0, start
    for at in range(start - lag, start + lag + 1, stride):
        r = _correlation(ring, channel, at, curve, length, stride)
        if r > best:
            best, best_at = r, at
    if stride > 1:
        coarse = best_at
        for at in range(coarse - stride + 1, coarse + stride):
            if abs(at - start) <= lag:
                r = _correlation(ring, channel, at, curve, length, stride)
                if r > best:
                    best, best_at = r, at
    return best, best_at


@helper
def _fit(
    ring: Array, channel: int, start: int, curve: Array, length: int
) -> tuple[float, float, float, float]:
    """Fit ``gain * curve + shift * slope``: height, and time to less than a sample.

    Return gain, shift, the energy of the signal, and what is explained of it.
    """
    n_ring = ring.shape[0]
    cc = cd = dd = xc = xd = energy = 0.0
    before = 0.0
    for k in range(length):
        x, y = ring[(start + k) % n_ring, channel], curve[k]
        d = 0.5 * (curve[k + 1] - before)
        before = y
        cc += y * y
        cd += y * d
        dd += d * d
        xc += x * y
        xd += x * d
        energy += x * x
    determinant = cc * dd - cd * cd
    if not determinant > 1e-12 * cc * dd:
        return 0.0, 0.0, energy, 0.0
    gain = (xc * dd - xd * cd) / determinant
    shift = (xd * cc - xc * cd) / determinant
    return gain, shift, energy, gain * xc + shift * xd


@helper
def _begin(
    state: Array, channel: int, which: int, gain: float, shift: float, follow: float
) -> None:
    state[CURVE, channel], state[NEXT, channel] = which, 0.0
    state[GAIN, channel], state[SHIFT, channel] = gain, shift
    state[FOLLOW, channel], state[BEFORE_NEXT, channel] = follow, 0.0


@helper
def _go_on(ring: Array, channel: int, slot: int, curve: Array, state: Array, beats: bool) -> None:
    """Take the curve's next value out of a sample, and let the curve follow the sample."""
    k, last = int(state[NEXT, channel]), len(curve) - 1
    x, y = ring[slot, channel], curve[k]
    moved = 0.5 * state[SHIFT, channel] * (curve[min(k + 1, last)] - state[BEFORE_NEXT, channel])
    if beats:
        ring[slot, channel] = x - state[GAIN, channel] * y - moved
    curve[k] = y + state[FOLLOW, channel] * (x - moved - y)
    state[BEFORE_NEXT, channel] = y
    state[NEXT, channel] = k + 1.0 if k < last else -1.0


@helper
def _due(since_beat: float, interval: float) -> bool:
    """Tell whether the last beat was one, two or three intervals ago."""
    beats = since_beat / max(interval, 1.0)
    return 0.5 < beats < 3.5 and abs(beats - round(beats)) < PUNCTUAL


@helper
def _nearest(
    ring: Array, channel: int, start: int, now: int, settings: Array, curves: Array, known: Array
) -> tuple[int, int, int]:
    """Return the curve most like the rise or -1, where it begins, and the curve to give up."""
    best, best_at, which, give_up, least_worth = -2.0, start, -1, 0, math.inf
    for m in range(curves.shape[1]):
        if now - known[channel, m, SEEN_AT] > settings[FORGET]:
            known[channel, m, COUNT] = 0.0
        count, seen_at = known[channel, m, COUNT], known[channel, m, SEEN_AT]
        worth = -1.0
        if count > 0.0:
            worth = seen_at + settings[FORGET] * (count >= KNOWN)
            r, at = _align(ring, channel, start, curves[channel, m], settings)
            r += FAMILIAR * (count >= KNOWN)
            if r > best:
                best, best_at, which = r, at, m
        if worth < least_worth:
            least_worth, give_up = worth, m
    return which, best_at, give_up


@helper
def _recognise(
    ring: Array,
    channel: int,
    now: int,
    settings: Array,
    state: Array,
    curves: Array,
    known: Array,
    wanted: bool,
) -> bool:
    """Compare the last rise with the curves; take a heartbeat out of the ring."""
    n_ring, length = ring.shape[0], int(settings[LENGTH])
    peak_at = int(state[PEAK_AT, channel])
    start = peak_at - int(settings[LEAD])
    since_beat = peak_at - state[LAST_BEAT, channel]
    due = _due(since_beat, state[INTERVAL, channel])
    which, at, give_up = _nearest(ring, channel, start, now, settings, curves, known)
    gain = shift = 0.0
    follow, is_heartbeat, is_like = 1.0, False, False
    stands_alone = peak_at - state[HIGH_SINCE, channel] < settings[HELD]
    if which >= 0:
        gain, shift, energy, explained = _fit(ring, channel, at, curves[channel, which], length)
        count = known[channel, which, COUNT]
        noise = length * state[LEVEL, channel] * state[LEVEL, channel] * MEDIAN_VARIANCE
        most_left = max(NOISE_MARGIN * (1.0 + 1.0 / count) * noise, DIFFERS * energy)
        least = LEAST_WHEN_DUE if due else LEAST_EXPLAINED
        is_like = (
            explained >= least * energy
            and energy - explained <= most_left
            and LEAST_GAIN < gain < MOST_GAIN
        )
    if is_like:
        interval = peak_at - known[channel, which, SEEN_AT]
        too_soon = since_beat < settings[SHORTEST]
        if interval < settings[SHORTEST]:
            count = 1.0
        elif interval <= settings[LONGEST] and not too_soon:
            if count >= KNOWN or stands_alone:
                count = min(count + 1.0, MOST_COUNTED)
        else:
            count = max(1.0, count - 1.0)
        follow = max(1.0 / count, LEAST_FOLLOW) if count > 1.0 else DOUBTFUL_FOLLOW
        is_heartbeat = count >= KNOWN and not too_soon
    elif not stands_alone:
        return False
    else:
        which, at, count = give_up, start, 1.0
        curves[channel, which, :] = 0.0
        known[channel, which, USUAL_PEAK] = 0.0
    known[channel, which, COUNT], known[channel, which, SEEN_AT] = count, peak_at
    known[channel, which, USUAL_PEAK] += follow * (
        state[PEAK, channel] - known[channel, which, USUAL_PEAK]
    )
    _begin(state, channel, which, gain, shift, follow)
    state[BUSY_UNTIL, channel] = at + curves.shape[2]
    for sample in range(at, now + 1):
        _go_on(
            ring, channel, sample % n_ring, curves[channel, which], state, wanted and is_heartbeat
        )
    if is_heartbeat:
        state[BEAT_POWER, channel] = known[channel, which, USUAL_PEAK]
        state[LAST_BEAT, channel], state[BEAT_ENDS, channel] = peak_at, now + settings[TAIL]
        if due:
            state[INTERVAL, channel] = since_beat / round(since_beat / state[INTERVAL, channel])
        elif since_beat <= settings[LONGEST]:
            state[INTERVAL, channel] = since_beat
    return is_heartbeat


@kernel(
    "void(f8[:,::1], f8[::1], i8, f8[:,::1], f8[:,::1], f8[:,:,::1], f8[:,:,::1],"
    " b1[::1], f8[:,::1], i8[:,::1])"
)
def remove_heartbeats(
    block: Array,
    settings: Array,
    first_sample: int,
    state: Array,
    ring: Array,
    curves: Array,
    known: Array,
    wanted: Flags,
    out: Array,
    heart: Integers,
) -> None:
    """Find heartbeats in each channel, and give the signal without them, delayed.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Band-passed samples in µV without mains. NaN, infinity and what is beyond reason is lost: it
        comes out as NaN, and no beat is looked for until all that is remembered is whole again.
    settings : ndarray, shape (N_SETTINGS,)
        See the names above.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_STATE, n_channels)
        To start: minus infinity in ``TIMES``, -1 in ``LOST_AT`` and ``NEXT``, zeros elsewhere.
    ring : ndarray, shape (n_delay + 1, n_channels)
        Samples that wait, NaN to start; ``n_delay`` is ``LENGTH + 2 LAG``.
    curves : ndarray, shape (n_channels, n_curves, n_curve)
        Remembered curves in µV, zeros to start; ``n_curve`` is greater than ``LENGTH``.
    known : ndarray, shape (n_channels, n_curves, N_KNOWN)
        What is known of each curve, zeros to start.
    wanted : ndarray of bool, shape (n_channels,)
        Whether a channel's heartbeats are to be taken out.
    out : ndarray, shape (n_samples, n_channels)
        The signal ``n_delay`` samples ago, without those heartbeats; NaN until there is one.
    heart : ndarray of int64, shape (n_samples, n_channels)
        Out, without delay: ``NOTHING``; ``SUSPECTED``: a heart is known and this may be its beat;
        ``RECOGNISED``: what rose just now was a heartbeat; ``HEARTBEAT``: its end.
    """
    n_samples, n_channels = block.shape
    n_ring = ring.shape[0]
    alpha, rate, fade = settings[SMOOTH_ALPHA], settings[LEVEL_RATE], 1.0 - settings[FADE]
    wait = settings[LENGTH] - settings[LEAD] + settings[LAG]
    for i in range(n_samples):
        now = first_sample + i
        slot, oldest = now % n_ring, (now + 1) % n_ring
        for c in range(n_channels):
            x = block[i, c]
            heart[i, c] = NOTHING
            if not abs(x) < LARGEST:
                ring[slot, c] = math.nan
                out[i, c] = ring[oldest, c]
                state[SMOOTH, c] = state[POWER, c] = state[PEAK, c] = 0.0
                state[PEAK_AT, c] = state[BEAT_ENDS, c] = state[BUSY_UNTIL, c] = -math.inf
                state[LOST_AT, c], state[NEXT, c] = now, -1.0
                continue
            ring[slot, c] = x
            seen, level = state[SEEN, c] + 1.0, state[LEVEL, c]
            if seen * rate < 1.0:
                level += (MEDIAN_MEAN * abs(x) - level) / seen
                state[SEEN, c] = seen
            elif abs(x) > level:
                level += rate * level
            elif state[POWER, c] < DROPPED * MEDIAN_VARIANCE * level * level:
                level -= FAST_DOWN * rate * level
            else:
                level -= rate * level
            level = max(level, LOWEST_LEVEL)
            variance = level * level * MEDIAN_VARIANCE
            smooth, power = state[SMOOTH, c], state[POWER, c]
            smooth = (smooth + alpha * (x * x - smooth) + ANTI_DENORMAL) - ANTI_DENORMAL
            power = (power + alpha * (smooth - power) + ANTI_DENORMAL) - ANTI_DENORMAL
            state[LEVEL, c], state[SMOOTH, c], state[POWER, c] = level, smooth, power
            high = max(smooth, power) > LEAST_SUSPECTED * variance
            if not high and power <= LEAST_RISE * variance and now > state[BUSY_UNTIL, c]:
                out[i, c] = ring[oldest, c]
                continue

            if state[NEXT, c] >= 0.0:
                which = int(state[CURVE, c])
                beats = state[LAST_BEAT, c] == known[c, which, SEEN_AT]
                _go_on(ring, c, slot, curves[c, which], state, wanted[c] and beats)
            since_beat = now - state[LAST_BEAT, c]
            if since_beat > settings[FORGET]:
                state[BEAT_POWER, c] = 0.0
            beat_power = state[BEAT_POWER, c]
            threshold = RISE * variance
            if beat_power > 0.0:
                threshold = min(threshold, max(SHARE_OF_PEAK * beat_power, LEAST_RISE * variance))
            age = now - state[PEAK_AT, c]
            if power > threshold and power >= state[PEAK, c] * fade ** max(age - wait, 0.0):
                age = 0.0
                state[PEAK, c], state[PEAK_AT, c] = power, now
                state[BUSY_UNTIL, c] = max(state[BUSY_UNTIL, c], now + wait)
            if age < wait or high:
                if now - state[HIGH_AT, c] > 1.0:
                    state[HIGH_SINCE, c] = now
                state[HIGH_AT, c] = now
            if age == wait and now - state[LOST_AT, c] >= n_ring:
                if _recognise(ring, c, now, settings, state, curves, known, wanted[c]):
                    heart[i, c] = RECOGNISED
            elif now <= state[BEAT_ENDS, c]:
                heart[i, c] = HEARTBEAT
            elif (
                state[HIGH_AT, c] == now
                and now - state[HIGH_SINCE, c] < settings[HELD]
                and power < MOST_SUSPECTED * beat_power
                and since_beat > settings[SHORTEST]
            ):
                heart[i, c] = SUSPECTED
            out[i, c] = ring[oldest, c]

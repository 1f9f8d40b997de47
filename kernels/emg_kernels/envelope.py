"""Envelopes with a fixed memory: how strong the signal is now."""

import math

from emg_kernels._jit import Array, channel_loop, kernel
from emg_kernels.sos import ANTI_DENORMAL

# Rows of the state of a critically damped mean.
FIRST, SECOND, FIRST_WEIGHT, SECOND_WEIGHT = 0, 1, 2, 3
N_DAMPED = 4
# Rows of the state of a moving mean.
SUM, SUM_OF_NEW, COUNT, PLACE = 0, 1, 2, 3
N_MOVING = 4


@channel_loop
def damped_rms(signal: Array, alpha: float, state: Array, out: Array) -> None:
    """Take one sample of each channel into its critically damped mean; ``out`` is the root of it.

    Nothing here branches and everything is loaded first, so that the loop over channels vectorises.
    """
    firsts, seconds = state[FIRST], state[SECOND]
    first_weights, second_weights = state[FIRST_WEIGHT], state[SECOND_WEIGHT]
    for c in range(len(signal)):
        power, first, second = signal[c] * signal[c], firsts[c], seconds[c]
        first_weight, second_weight = first_weights[c], second_weights[c]
        known = 1.0 if first == first else 0.0
        first, second = first if known > 0.0 else 0.0, second if known > 0.0 else 0.0
        first_weight = first_weight if known > 0.0 else 0.0
        second_weight = second_weight if known > 0.0 else 0.0
        first = (first + alpha * (power - first) + ANTI_DENORMAL) - ANTI_DENORMAL
        second = (second + alpha * (first - second) + ANTI_DENORMAL) - ANTI_DENORMAL
        first_weight += alpha * (1.0 - first_weight)
        second_weight += alpha * (first_weight - second_weight)
        level = math.sqrt((second if second > 0.0 else 0.0) / second_weight)
        firsts[c], seconds[c] = first if power < math.inf else math.nan, second
        first_weights[c], second_weights[c] = first_weight, second_weight
        out[c] = level if power < math.inf else math.nan


@kernel("void(f8[:,::1], f8, f8[:,::1], f8[:,::1])")
def rms_envelope(block: Array, alpha: float, state: Array, out: Array) -> None:
    """Root of the mean square under a critically damped weight ``t exp(-t / tau)``.

    Two equal one-pole smoothers in a row on the squared signal. The weight is never negative, so
    the envelope cannot undershoot; its delay is ``2 tau`` and its variance that of a rectangular
    window of ``4 tau``: the same steadiness for the same delay as a moving RMS, without the
    ripple of a window whose edges are sharp.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV; NaN and infinity give NaN, and the envelope starts anew after them.
    alpha : float
        ``1 - exp(-1 / (tau_s * sample_rate_hz))``.
    state : ndarray, shape (N_DAMPED, n_channels)
        Mean squares after each smoother, µV², and the weight each has gathered; NaN to start. The
        weight makes the first values a mean of what there is, not of what there is and zeros.
    out : ndarray, shape (n_samples, n_channels)
        Envelope in µV.
    """
    for i in range(len(block)):
        damped_rms(block[i], alpha, state, out[i])


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[:,::1])")
def moving_mean(block: Array, ring: Array, state: Array, out: Array) -> None:
    """Mean of the last samples: of squares for a moving RMS, of magnitudes for a moving ARV.

    A running sum gains what enters and loses what leaves. A second one only gains, and takes the
    place of the first whenever it has seen a whole window: rounding errors live for one window,
    and a window of zeros gives exactly zero.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Not negative. NaN and infinity give NaN, and the mean starts anew after them.
    ring : ndarray, shape (n_window, n_channels)
        The window; any content to start.
    state : ndarray, shape (N_MOVING, n_channels)
        Both sums, the number of samples in the window and the place of the next; NaN to start.
    out : ndarray, shape (n_samples, n_channels)
        Mean of the window, or of the samples so far if it is not yet full.
    """
    n_samples, n_channels = block.shape
    n_window = len(ring)
    for i in range(n_samples):
        for c in range(n_channels):
            x = block[i, c]
            if not x < math.inf:
                out[i, c] = state[SUM, c] = math.nan
                continue
            total, of_new, count = state[SUM, c], state[SUM_OF_NEW, c], state[COUNT, c]
            place = int(state[PLACE, c])
            if total != total:
                total, of_new, count, place = 0.0, 0.0, 0.0, 0
            if count < n_window:
                count += 1.0
            else:
                total -= ring[place, c]
            ring[place, c] = x
            total += x
            of_new += x
            place += 1
            if place == n_window:
                total, of_new, place = of_new, 0.0, 0
            state[SUM, c], state[SUM_OF_NEW, c], state[COUNT, c] = total, of_new, count
            state[PLACE, c] = place
            out[i, c] = max(total, 0.0) / count

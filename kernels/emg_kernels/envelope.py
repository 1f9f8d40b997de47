"""Envelopes: how strong the signal is now."""

import math

from emg_kernels._jit import Array, kernel
from emg_kernels.sos import ANTI_DENORMAL


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
        Filtered samples in µV; NaN gives NaN, and the envelope starts anew after it.
    alpha : float
        ``1 - exp(-1 / (tau_s * sample_rate_hz))``.
    state : ndarray, shape (4, n_channels)
        Mean squares after each smoother, µV², and the weight each has gathered; NaN to start. The
        weight makes the first values a mean of what there is, not of what there is and zeros.
    out : ndarray, shape (n_samples, n_channels)
        Envelope in µV.
    """
    n_samples, n_channels = block.shape
    for i in range(n_samples):
        for c in range(n_channels):
            power = block[i, c] * block[i, c]
            first, second = state[0, c], state[1, c]
            first_weight, second_weight = state[2, c], state[3, c]
            if first != first:
                first = second = first_weight = second_weight = 0.0
            first = (first + alpha * (power - first) + ANTI_DENORMAL) - ANTI_DENORMAL
            second = (second + alpha * (first - second) + ANTI_DENORMAL) - ANTI_DENORMAL
            first_weight += alpha * (1.0 - first_weight)
            second_weight += alpha * (first_weight - second_weight)
            state[0, c], state[1, c] = first, second
            state[2, c], state[3, c] = first_weight, second_weight
            out[i, c] = math.sqrt(max(second, 0.0) / second_weight) if power == power else power

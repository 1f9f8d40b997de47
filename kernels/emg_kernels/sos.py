"""Cascaded second-order sections that carry their state from block to block."""

import math

from emg_kernels._jit import Array, channel_loop, kernel

# Added at every step, so small that it never shows, this keeps silence from leaving the filters
# computing with denormal numbers, which are many times slower.
ANTI_DENORMAL = 1e-30
# No electrode gives this many µV: such a sample is taken as lost, before it makes a filter ring
# for minutes or overflow for good.
LARGEST = 1e12


@channel_loop
def _section(
    block: Array, section: Array, steady_state: Array, firsts: Array, seconds: Array, out: Array
) -> None:
    """Filter in place with one section; channels without a state begin with that of ``block``."""
    b0, b1, b2, a1, a2 = section[0], section[1], section[2], section[4], section[5]
    steady_first, steady_second = steady_state[0], steady_state[1]
    for i in range(block.shape[0]):
        inputs, row = block[i], out[i]
        for c in range(len(firsts)):
            x, first, second = row[c], firsts[c], seconds[c]
            first = first if first == first else steady_first * inputs[c]
            second = second if second == second else steady_second * inputs[c]
            y = b0 * x + first
            firsts[c] = b1 * x - a1 * y + second
            seconds[c] = b2 * x - a2 * y + ANTI_DENORMAL
            row[c] = y


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[:,:,::1], f8[:,::1])")
def sosfilt(
    block: Array,
    sos: Array,
    steady_state: Array,
    state: Array,
    out: Array,
) -> None:
    """Filter each channel with a cascade of biquads (transposed direct form II).

    A channel whose state is NaN starts at its next sample as if that sample had always been there:
    no transient from an electrode's offset. A lost sample gives NaN and brings the channel back to
    that condition.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Samples in µV; NaN, infinity or beyond ``LARGEST`` where the stream is interrupted.
    sos : ndarray, shape (n_sections, 6)
        Second-order sections of a stable filter as SciPy gives them, ``a0 == 1``.
    steady_state : ndarray, shape (n_sections, 2)
        State for a constant input of one (``scipy.signal.sosfilt_zi``).
    state : ndarray, shape (n_sections, 2, n_channels)
        Delays; NaN to start.
    out : ndarray, shape (n_samples, n_channels)
        Filtered samples; must not share memory with ``block``.

    See Also
    --------
    scipy.signal.sosfilt

    Notes
    -----
    Section by section, and without a branch inside: so the loop over channels vectorises.
    """
    n_samples, n_channels = block.shape
    for i in range(n_samples):
        for c in range(n_channels):
            x = block[i, c]
            out[i, c] = x if abs(x) < LARGEST else math.nan
    for s in range(len(sos)):
        _section(block, sos[s], steady_state[s], state[s, 0], state[s, 1], out)

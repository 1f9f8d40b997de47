"""Cascaded second-order sections that carry their state from block to block."""

import numpy as np

from emg_kernels._jit import Array, kernel

# Adding and taking away this much turns a state below about 1e-46 into an exact zero, so that
# silence never leaves the filters computing with denormal numbers, which are many times slower.
ANTI_DENORMAL = 1e-30
# Beyond this a channel starts anew: an overflow inside the cascade would never end by itself.
LARGEST = 1e100


@kernel("void(f8[:,::1], f8[:,::1], f8[:,::1], f8[:,:,::1], f8[:,::1])")
def sosfilt(
    block: Array,
    sos: Array,
    steady_state: Array,
    state: Array,
    out: Array,
) -> None:
    """Filter each channel with a cascade of biquads (transposed direct form II).

    A channel whose state is NaN starts at its next finite sample as if that sample had always been
    there: no transient from an electrode's offset. A NaN sample, or one that
    overflows, gives NaN and brings the channel back to that condition.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Finite samples, or NaN where the stream is interrupted.
    sos : ndarray, shape (n_sections, 6)
        Second-order sections as SciPy gives them, ``a0 == 1``.
    steady_state : ndarray, shape (n_sections, 2)
        State for a constant input of one (``scipy.signal.sosfilt_zi``).
    state : ndarray, shape (n_sections, 2, n_channels)
        Delays; NaN to start.
    out : ndarray, shape (n_samples, n_channels)
        Filtered samples.

    See Also
    --------
    scipy.signal.sosfilt
    """
    n_samples, n_channels = block.shape
    n_sections = sos.shape[0]
    for i in range(n_samples):
        for c in range(n_channels):
            x = block[i, c]
            out[i, c] = x
            if state[0, 0, c] != state[0, 0, c] and x == x:
                for s in range(n_sections):
                    state[s, 0, c] = steady_state[s, 0] * x
                    state[s, 1, c] = steady_state[s, 1] * x
        for s in range(n_sections):
            b0, b1, b2 = sos[s, 0], sos[s, 1], sos[s, 2]
            a1, a2 = sos[s, 4], sos[s, 5]
            for c in range(n_channels):
                x = out[i, c]
                y = b0 * x + state[s, 0, c]
                state[s, 0, c] = (b1 * x - a1 * y + state[s, 1, c] + ANTI_DENORMAL) - ANTI_DENORMAL
                state[s, 1, c] = (b2 * x - a2 * y + ANTI_DENORMAL) - ANTI_DENORMAL
                out[i, c] = y
        for c in range(n_channels):
            if not abs(out[i, c]) < LARGEST:
                state[0, 0, c] = out[i, c] = np.nan

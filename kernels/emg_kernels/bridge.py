"""Bridge short losses so that the filters behind never see a hole."""

import math

from emg_kernels._jit import Array, kernel
from emg_kernels.sos import LARGEST


@kernel("void(f8[:,::1], f8, f8[:,::1], f8[:,::1])")
def bridge_gaps(block: Array, max_gap_samples: float, state: Array, out: Array) -> None:
    """Repeat the last good sample through a short gap; leave NaN in the rest of a long one.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Samples in µV; NaN, infinity or beyond ``sos.LARGEST`` where one was lost.
    max_gap_samples : float
        How many samples in a row are bridged.
    state : ndarray, shape (2, n_channels)
        Last good sample (NaN before the first) and number of samples lost since.
    out : ndarray, shape (n_samples, n_channels)
        Samples to filter: finite, or NaN where the filters must start anew.
    """
    n_samples, n_channels = block.shape
    for i in range(n_samples):
        for c in range(n_channels):
            x, last, n_lost = block[i, c], state[0, c], state[1, c]
            present = abs(x) < LARGEST
            last = x if present else last
            n_lost = 0.0 if present else n_lost + 1.0
            state[0, c], state[1, c] = last, n_lost
            out[i, c] = last if n_lost <= max_gap_samples else math.nan

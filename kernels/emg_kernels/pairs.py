"""Two muscles together: what both do, and what one does more than the other."""

import math

from emg_kernels._jit import Array, Flags, Integers, kernel

# Rows of the state of a pair.
FIRST, SECOND, COMMON = 0, 1, 2
COUNTED = 3  # whether the last sample counted
N_STATE = 4


@kernel("void(f8[:,::1], b1[:,::1], f8[::1], i8[:,::1], f8, f8[:,::1])")
def pair_sums(
    envelope: Array,
    active: Flags,
    reference: Array,
    pairs: Integers,
    keep: float,
    state: Array,
) -> None:
    """Add up the intensities of two channels and the part they have in common.

    A sample in which neither contracts, or one is lost or without a reference, changes nothing.

    Parameters
    ----------
    envelope : ndarray, shape (n_samples, n_channels)
        Envelope in µV.
    active : ndarray of bool, shape (n_samples, n_channels)
    reference : ndarray, shape (n_channels,)
        Level that counts as an intensity of one, µV; NaN where not known.
    pairs : ndarray of int64, shape (n_pairs, 2)
        Channels of each pair.
    keep : float
        What is kept of the sums at each sample: 1 for all, ``exp(-1 / (tau_s * rate))`` to forget.
    state : ndarray, shape (N_STATE, n_pairs)
        Sums of the first intensity, of the second, and of the lesser of both, and whether the last
        sample counted; zeros to start.
    """
    for i in range(len(envelope)):
        for p in range(len(pairs)):
            a, b = pairs[p, 0], pairs[p, 1]
            first, second = envelope[i, a] / reference[a], envelope[i, b] / reference[b]
            counts = (active[i, a] or active[i, b]) and math.isfinite(first + second)
            state[COUNTED, p] = 1.0 if counts else 0.0
            if not counts:
                continue
            state[FIRST, p] = keep * state[FIRST, p] + first
            state[SECOND, p] = keep * state[SECOND, p] + second
            state[COMMON, p] = keep * state[COMMON, p] + min(first, second)

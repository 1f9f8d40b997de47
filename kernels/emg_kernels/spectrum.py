"""What a spectrum needs of a stream: its autocorrelation, while the muscle contracts."""

import math

from emg_kernels._jit import Array, Flags, kernel


@kernel("void(f8[:,::1], b1[:,::1], i8, i8, f8[:,::1], f8[:,::1])")
def lag_products(
    block: Array,
    active: Flags,
    stride: int,
    first_sample: int,
    state: Array,
    sums: Array,
) -> None:
    """Add up the products of each sample with those before it, all while the channel is active.

    The sums over a time, divided by the count, are the autocorrelation; its cosine transform under
    a taper is the power spectrum (Blackman and Tukey 1958, *The Measurement of Power Spectra*,
    section B.4). A sample costs one product a lag, however long the time is.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples; what is not finite counts as lost: a product with it is left out.
    active : ndarray of bool, shape (n_samples, n_channels)
    stride : int
        Only every ``stride``-th sample is used, of the absolute count; what the band allows.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (n_lags, n_channels)
        The last used samples as a ring, 0 for one that does not count; zeros to start.
    sums : ndarray, shape (n_lags + 1, n_channels)
        Added to: the products at lags 0 to ``n_lags - 1``, and the number of samples.
    """
    n_samples, n_channels = block.shape
    n_lags = len(state)
    for i in range(-first_sample % stride, n_samples, stride):
        slot = ((first_sample + i) // stride) % n_lags
        anyone = False
        for c in range(n_channels):
            seen = active[i, c] and math.isfinite(block[i, c])
            state[slot, c] = block[i, c] if seen else 0.0
            sums[n_lags, c] += 1.0 if seen else 0.0
            anyone = anyone or seen
        if not anyone:
            continue
        for lag in range(n_lags):
            before = (slot - lag) % n_lags
            for c in range(n_channels):
                sums[lag, c] += state[slot, c] * state[before, c]

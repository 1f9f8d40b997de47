"""How strong a contraction was: power in short bins, the power at rest, and the shape of a rise."""

import math

from emg_kernels._jit import Array, Flags, Integers, kernel
from emg_kernels.sos import ANTI_DENORMAL

# Rows of the per-channel state.
POWER = 0  # sum of squares in the present bin
COUNT = 1  # samples in it that were not lost
HIGHEST = 2  # highest envelope in it
ACTIVE = 3  # whether the muscle contracted in it
REST = 4  # mean power at rest
N_REST = 5  # bins that went into it
QUIET = 6  # bins in a row without contraction
N_STATE = 7

# Rows of a bin.
BIN_POWER, BIN_ENVELOPE, BIN_REST = 0, 1, 2
N_ROWS = 3

# A bin may pull the power at rest up by no more than this many times what it is.
MOST_OVER_REST = 4.0


@kernel("i8(f8[:,::1], f8[:,::1], b1[:,::1], i8[::1], i8, f8[:,::1], f8[:,::1], f8[:,:,::1])")
def bin_levels(
    block: Array,
    envelope: Array,
    active: Flags,
    settings: Integers,
    first_sample: int,
    state: Array,
    ring: Array,
    out: Array,
) -> int:
    """Condense samples into bins of mean power, and follow the mean power at rest.

    Bins lie on a grid of absolute samples. What enters the power at rest is a bin that lies
    ``len(ring)`` bins back, with no contraction since, nor in ``settings[1]`` bins before it: so
    neither the rise before a decision nor the filters' afterglow counts as rest.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV; what is not finite counts as lost.
    envelope : ndarray, shape (n_samples, n_channels)
        Envelope in µV.
    active : ndarray of bool, shape (n_samples, n_channels)
    settings : ndarray of int64, shape (3,)
        Samples in a bin; bins to wait after a contraction; bins that the mean at rest remembers.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_STATE, n_channels)
        Zeros to start.
    ring : ndarray, shape (n_delay, n_channels)
        Power of recent bins, zeros to start.
    out : ndarray, shape (n_samples // size + 1, N_ROWS, n_channels)
        Out: of each bin that ended, its mean power in µV², its highest envelope in µV (both NaN
        when all is lost) and the power at rest then known, in µV² (0 before any).

    Returns
    -------
    int
        Number of bins that ended.
    """
    n_samples, n_channels = block.shape
    size, wait, memory = settings[0], settings[1], settings[2]
    n_delay = ring.shape[0]
    n_bins = 0
    for i in range(n_samples):
        for c in range(n_channels):
            x = block[i, c]
            if math.isfinite(x):
                state[POWER, c] += x * x
                state[COUNT, c] += 1.0
                if envelope[i, c] > state[HIGHEST, c]:
                    state[HIGHEST, c] = envelope[i, c]
            if active[i, c]:
                state[ACTIVE, c] = 1.0
        if (first_sample + i + 1) % size:
            continue
        slot = ((first_sample + i) // size) % n_delay
        for c in range(n_channels):
            count = state[COUNT, c]
            power = state[POWER, c] / count if count > 0.0 else math.nan
            state[QUIET, c] = 0.0 if state[ACTIVE, c] > 0.0 else state[QUIET, c] + 1.0
            past = ring[slot, c]
            if state[QUIET, c] > n_delay + wait and past == past:
                rest = state[REST, c]
                state[N_REST, c] = min(state[N_REST, c] + 1.0, float(memory))
                if state[N_REST, c] > 1.0:
                    past = min(past, MOST_OVER_REST * rest + ANTI_DENORMAL)
                rest += (past - rest) / state[N_REST, c]
                state[REST, c] = (rest + ANTI_DENORMAL) - ANTI_DENORMAL
            ring[slot, c] = power
            out[n_bins, BIN_POWER, c] = power
            out[n_bins, BIN_ENVELOPE, c] = state[HIGHEST, c] if count > 0.0 else math.nan
            out[n_bins, BIN_REST, c] = state[REST, c]
            state[POWER, c] = state[COUNT, c] = state[HIGHEST, c] = state[ACTIVE, c] = 0.0
        n_bins += 1
    return n_bins


@kernel("void(f8[::1], f8[::1], i8[::1], f8[::1], f8[::1])")
def fit_rise(power: Array, ramps: Array, reach: Integers, levels: Array, out: Array) -> None:
    """Find the likeliest linear rise of the amplitude from rest to a level.

    Of every foot within reach and every length of the ramp, the one under which the bins are
    likeliest, for a Gaussian signal whose variance is ``rest + level * shape**2`` and a ``shape``
    that goes from 0 at the foot to 1 at the top.

    Parameters
    ----------
    power : ndarray, shape (n_bins,)
        Mean power of each bin, µV²; NaN where lost. It ends inside the plateau.
    ramps : ndarray, shape (n_ramps,)
        Lengths to try, in bins.
    reach : ndarray of int64, shape (2,)
        First and last bin at which the foot may lie.
    levels : ndarray, shape (2,)
        Power at rest, and of the plateau without it, both positive, µV².
    out : ndarray, shape (2,)
        Out: foot and length of the likeliest ramp, in bins.
    """
    rest, level = levels[0], levels[1]
    top_cost = math.log(rest + level)
    best = math.inf
    before = 0.0
    for i in range(min(reach[0], len(power))):
        if power[i] == power[i]:
            before += math.log(rest) + power[i] / rest
    after_first = 0.0
    for i in range(reach[0], len(power)):
        if power[i] == power[i]:
            after_first += top_cost + power[i] / (rest + level)
    for foot in range(reach[0], min(reach[1] + 1, len(power))):
        for ramp in ramps:
            cost = before + after_first
            for i in range(foot, min(foot + math.ceil(ramp), len(power))):
                shape = min((i + 0.5 - foot) / ramp, 1.0)
                variance = rest + level * shape * shape
                if power[i] == power[i]:
                    cost += math.log(variance) + power[i] / variance
                    cost -= top_cost + power[i] / (rest + level)
            if cost < best:
                best, out[0], out[1] = cost, foot, ramp
        if power[foot] == power[foot]:
            before += math.log(rest) + power[foot] / rest
            after_first -= top_cost + power[foot] / (rest + level)

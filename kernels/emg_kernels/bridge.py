"""Bridge short losses so that the filters behind never see a hole."""

import math

from emg_kernels._jit import Array, helper, kernel
from emg_kernels.sos import LARGEST

# Rows of the state; behind them, as a ring, what was given out last.
SHIFT = 0  # what the past lacks to go on from the last samples, µV
N_LOST, LAST_LOST = 1, 2  # samples lost in a row, and the last of them
N_BRIDGE = 3


@helper
def _shift(ring: Array, lag: int, c: int, now: int) -> float:
    """Return how much the last samples lie above those one lag before, NaN if none is known."""
    n_ring, total, count = len(ring), 0.0, 0.0
    for back in range(1, n_ring - lag + 1):
        rise = ring[(now - back) % n_ring, c] - ring[(now - back - lag) % n_ring, c]
        if rise == rise:
            total += rise
            count += 1.0
    return total / count if count > 0.0 else math.nan


@kernel("void(f8[:,::1], f8, i8, i8, f8[:,::1], f8[:,::1])")
def bridge_gaps(
    block: Array, max_gap_samples: float, lag: int, first_sample: int, state: Array, out: Array
) -> None:
    """Repeat what was a lag ago through a short gap; leave NaN in the rest of a long one.

    A lag of whole periods of the mains keeps its phase, where a held sample would break it. The
    repeated samples are shifted to the level of the last ones. Where no past is known the last
    sample is held.

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Samples in µV; NaN, infinity or beyond ``sos.LARGEST`` where one was lost.
    max_gap_samples : float
        How many samples in a row are bridged.
    lag : int
        How many samples ago the repeated ones were; no fewer than are bridged.
    first_sample : int
        Absolute index of the block's first sample.
    state : ndarray, shape (N_BRIDGE + lag + n_level, n_channels)
        NaN to start. The level is compared over ``n_level`` samples.
    out : ndarray, shape (n_samples, n_channels)
        Samples to filter: finite, or NaN where the filters must start anew.
    """
    n_samples, n_channels = block.shape
    ring = state[N_BRIDGE:]
    n_ring = len(ring)
    for i in range(n_samples):
        now = first_sample + i
        row, kept = out[i], ring[now % n_ring]
        n_present = 0
        for c in range(n_channels):
            x = block[i, c]
            row[c] = x
            n_present += 1 if abs(x) < LARGEST else 0
        if n_present < n_channels:
            for c in range(n_channels):
                if abs(row[c]) < LARGEST:
                    continue
                before = ring[(now - 1) % n_ring, c]
                state[N_LOST, c] = state[N_LOST, c] + 1.0 if state[LAST_LOST, c] == now - 1 else 1.0
                state[LAST_LOST, c] = now
                if state[N_LOST, c] == 1.0:
                    state[SHIFT, c] = _shift(ring, lag, c, now)
                x = ring[(now - lag) % n_ring, c] + state[SHIFT, c]
                x = x if x == x else before
                row[c] = x if state[N_LOST, c] <= max_gap_samples else math.nan
        for c in range(n_channels):
            kept[c] = row[c]

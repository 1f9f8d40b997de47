"""Evidence that the variance rose or fell: cumulative sums of the log-likelihood ratio.

Page 1954, *Biometrika* 41:100; Basseville and Nikiforov 1993, *Detection of Abrupt Changes*,
section 2.2. How far the variance rises is not known beforehand: a few ratios are followed side by
side, and the first sum to pass the threshold decides.
"""

import math

from emg_kernels._jit import Array, helper

RATIOS = (4.0, 8.0, 20.0, 60.0)
N_RATIOS = len(RATIOS)
GAINS = tuple(0.5 * (1.0 - 1.0 / ratio) for ratio in RATIOS)
COSTS = tuple(0.5 * math.log(ratio) for ratio in RATIOS)
# One sample counts for no more than this many times the variance.
MOST_OF_A_SAMPLE = 30.0
RELEASE_RATIO = 2.5
RELEASE_GAIN, RELEASE_COST = 0.5 * (1.0 - 1.0 / RELEASE_RATIO), 0.5 * math.log(RELEASE_RATIO)


@helper
def add_rise(total: float, k: int, ratio: float, freedom: float) -> float:
    """Add a sample to the sum of ratio ``k``; the sample as a multiple of the variance at rest."""
    ratio = ratio if ratio < MOST_OF_A_SAMPLE else MOST_OF_A_SAMPLE
    total += freedom * (GAINS[k] * ratio - COSTS[k])
    return total if total > 0.0 else 0.0


@helper
def add_fall(total: float, ratio: float, freedom: float) -> float:
    """Add a sample to the sum that tells a return to rest."""
    ratio = ratio if ratio < 4.0 * RELEASE_RATIO else 4.0 * RELEASE_RATIO
    total += freedom * (RELEASE_COST - RELEASE_GAIN * ratio)
    return total if total > 0.0 else 0.0


@helper
def rise_of(burst: Array, n: int, rest_power: float, freedom: float, sums: Array) -> float:
    """Greatest of the sums after ``n`` samples; the sums themselves go to ``sums``."""
    most = 0.0
    for k in range(N_RATIOS):
        total = 0.0
        for i in range(n):
            total = add_rise(total, k, burst[i] * burst[i] / rest_power, freedom)
        sums[k] = total
        most = max(most, total)
    return most

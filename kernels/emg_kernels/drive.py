"""A Bayesian estimate of drive, level by level: the yardstick of the default envelope."""

import math

from emg_kernels._jit import Array, kernel

# Power beyond this many times that of the highest level tells nothing more.
LARGEST_RATIO = 30.0


@kernel("void(f8[:,::1], f8[:,::1], f8, f8, f8[:,::1], f8[:,::1])")
def drive_envelope(
    block: Array, levels: Array, move: float, jump: float, state: Array, out: Array
) -> None:
    """Mean logarithm of the level, over a grid of levels that diffuse and, rarely, jump.

    Before each sample a part of the probability moves to the neighbouring levels and a small part
    to all of them; then Bayes' rule with a Gaussian likelihood (Sanger 2007, J Neurophysiol
    97:1839, who has an exponential one on a linear grid).

    Parameters
    ----------
    block : ndarray, shape (n_samples, n_channels)
        Filtered samples in µV; NaN and infinity give NaN, and the estimate starts anew after them.
    levels : ndarray, shape (3, n_levels)
        For each level ``s`` of the grid and ``d`` independent values in a sample: ``d / (2 s²)``,
        ``s ** -d`` up to a factor, and ``log s``.
    move, jump : float
        Probability of moving to either neighbour, and to any level, from one sample to the next.
    state : ndarray, shape (n_channels, n_levels)
        Posterior; NaN to start.
    out : ndarray, shape (n_samples, n_channels)
        Envelope in µV.
    """
    n_samples, n_channels = block.shape
    n_levels = levels.shape[1]
    last = n_levels - 1
    precision, weight, logarithm = levels[0], levels[1], levels[2]
    limit = LARGEST_RATIO / precision[last]
    for c in range(n_channels):
        posterior = state[c]
        for i in range(n_samples):
            power = block[i, c] * block[i, c]
            if not power < math.inf:
                out[i, c] = posterior[0] = math.nan
                continue
            if math.isnan(posterior[0]):
                posterior[:] = 1.0 / n_levels
            power = min(power, limit)
            total = mean = 0.0
            below = posterior[0]
            for k in range(n_levels):
                here = posterior[k]
                above = posterior[min(k + 1, last)]
                prior = (1.0 - jump) * (here + move * (below - 2.0 * here + above))
                prior += jump / n_levels
                likelihood = weight[k] * math.exp(-power * precision[k])
                below = here
                posterior[k] = prior * likelihood
                total += posterior[k]
                mean += posterior[k] * logarithm[k]
            for k in range(n_levels):
                posterior[k] /= total
            out[i, c] = math.exp(mean / total)

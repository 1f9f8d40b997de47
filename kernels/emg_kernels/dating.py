"""When did the level leave rest? The median of what the past makes of that question."""

import math

from emg_kernels._jit import Array, helper

# Seconds a contraction may take to come up; each is tried.
RISES_S = (0.03, 0.1, 0.2, 0.3)
# A rise of the power by less than this share of rest is none.
LEAST_RISE = 0.2
# The logarithm of a product is taken before the product is larger.
LARGEST_PRODUCT = 1e100


@helper
def foot_of_rise(
    power: Array,
    posterior: Array,
    n: int,
    step_s: float,
    free_samples: float,
    later: float,
) -> float:
    """Date the foot of a rise.

    The model: power ``1 + r u²``, where ``u`` goes linearly from 0 at the foot to 1 when the
    rise is over, for the amplitude rises linearly; ``r`` is fitted; rises, and but for
    ``later`` feet, are all equally likely beforehand. (A change point with a ramp in place of the
    step of Tenan et al. 2017, *PLOS ONE* 12:e0177312.)

    Parameters
    ----------
    power : ndarray, shape (≥ n,)
        Mean power of each step, in parts of the power at rest; rest comes first. For the end of a
        contraction give the steps from now back.
    posterior : ndarray, shape (≥ n,)
        Room to work in.
    n : int
        Number of steps.
    step_s : float
        Duration of a step.
    free_samples : float
        How many independent samples a step is worth.
    later : float
        By how much, in nats, a foot is more likely beforehand than one a step sooner.

    Returns
    -------
    float
        Steps from the start to the posterior median of the foot.
    """
    best = -math.inf
    for foot in range(n):
        posterior[foot] = -math.inf
    for rise_s in RISES_S:
        slope = step_s / rise_s
        n_rising, level = math.ceil(rise_s / step_s - 0.5), 0.0
        for foot in range(n - 1, -1, -1):
            # Behind the rise the model is level: of those steps the sum says all.
            top = foot + n_rising
            if top < n:
                level += power[top]
            n_level = max(0, n - top)
            quartic, weighted = float(n_level), level - n_level
            for k in range(foot, min(top, n)):
                share = ((k + 0.5 - foot) * slope) ** 2
                quartic += share * share
                weighted += (power[k] - 1.0) * share
            rise = weighted / quartic
            if rise <= LEAST_RISE:
                continue
            likelihood = level * rise / (1.0 + rise) - n_level * math.log(1.0 + rise)
            ratios = 1.0
            for k in range(foot, min(top, n)):
                ratio = 1.0 + rise * ((k + 0.5 - foot) * slope) ** 2
                likelihood -= power[k] * (1.0 / ratio - 1.0)
                ratios *= ratio
                if ratios > LARGEST_PRODUCT:
                    likelihood -= math.log(ratios)
                    ratios = 1.0
            likelihood -= math.log(ratios)
            weight = 0.5 * free_samples * likelihood + later * foot
            posterior[foot] = max(posterior[foot], weight)
            best = max(best, posterior[foot])
    total = 0.0
    for foot in range(n):
        posterior[foot] = math.exp(posterior[foot] - best) if best > -math.inf else 0.0
        total += posterior[foot]
    passed = 0.0
    for foot in range(n):
        if total > 0.0 and passed + posterior[foot] >= 0.5 * total:
            return float(foot + (0.5 * total - passed) / posterior[foot])
        passed += posterior[foot]
    return float(n)

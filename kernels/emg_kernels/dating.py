"""When did the level leave rest? The median of what the past makes of that question."""

import math

from emg_kernels._jit import Array, channel_loop, helper

# Seconds a contraction may take to come up; each is tried.
RISES_S = (0.03, 0.1, 0.2, 0.3)
# A rise of the power by less than this share of rest is none.
LEAST_RISE = 0.2
# The logarithm of a product is taken before the product is larger, which is looked at once in a few
# steps.
LARGEST_PRODUCT, LOOKED_AT = 1e100, 4
# Rows of the room to work in, which have a place for each foot: the sum of the steps behind the
# rise, the rise, the likelihood, and a product whose logarithm belongs to it.
POSTERIOR, LEVEL, RISE, LIKELIHOOD, PRODUCT, N_ROOM = 0, 1, 2, 3, 4, 5


@helper
def _fit_rises(
    power: Array, levels: Array, rises: Array, n: int, n_rising: int, slope: float
) -> None:
    """Fit the rise to every foot, from the last to the first, by least squares.

    The sums of a foot are made of those of the next: all steps are one step further behind it.
    """
    level = ones = once = twice = quartic = 0.0  # sums of the power over rest, times u⁰, u¹, u²
    for foot in range(n - 1, -1, -1):
        n_level = max(0, n - foot - n_rising)
        excess = power[foot] - 1.0
        twice += 2.0 * once + ones + 0.25 * excess
        once += ones + 0.5 * excess
        ones += excess
        if n_level > 0:
            # Behind the rise the model is level: of those steps the sum says all.
            over, u = power[foot + n_rising] - 1.0, n_rising + 0.5
            level += power[foot + n_rising]
            ones -= over
            once -= u * over
            twice -= u * u * over
        else:
            quartic += ((n - foot - 0.5) * slope) ** 4
        rise = (slope * slope * twice + level - n_level) / (quartic + n_level)
        levels[foot], rises[foot] = level, rise if rise > LEAST_RISE else 0.0


@channel_loop
def _judge_step(power: Array, share: float, rise: Array, likelihood: Array, product: Array) -> None:
    """Add what one step of the rise says of every foot."""
    for foot in range(len(power)):
        ratio = 1.0 + rise[foot] * share
        likelihood[foot] -= power[foot] * (1.0 / ratio - 1.0)
        product[foot] *= ratio


@helper
def foot_of_rise(
    power: Array,
    room: Array,
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
    room : ndarray, shape (≥ N_ROOM, ≥ n)
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
    posterior, levels, rises = room[POSTERIOR], room[LEVEL], room[RISE]
    likelihood, product = room[LIKELIHOOD], room[PRODUCT]
    best = -math.inf
    for foot in range(n):
        posterior[foot] = -math.inf
    for rise_s in RISES_S:
        slope, n_rising = step_s / rise_s, math.ceil(rise_s / step_s - 0.5)
        _fit_rises(power, levels, rises, n, n_rising, slope)
        for foot in range(n):
            rise, n_level = rises[foot], max(0, n - foot - n_rising)
            likelihood[foot], product[foot] = 0.0, 1.0
            if n_level > 0 and rise != 0.0:
                likelihood[foot] = levels[foot] * rise / (1.0 + rise)
                likelihood[foot] -= n_level * math.log(1.0 + rise)
        for k in range(min(n_rising, n)):
            share = ((k + 0.5) * slope) ** 2
            _judge_step(power[k:n], share, rises, likelihood, product)
            if k % LOOKED_AT == 0:
                for foot in range(n):
                    if product[foot] > LARGEST_PRODUCT:
                        likelihood[foot] -= math.log(product[foot])
                        product[foot] = 1.0
        for foot in range(n):
            if rises[foot] != 0.0:
                likelihood[foot] -= math.log(product[foot])
                weight = 0.5 * free_samples * likelihood[foot] + later * foot
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

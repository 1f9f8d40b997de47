"""The kernels of intensity, spectrum and pairs once more, as plain loops over one channel."""

import math


def bin_levels(x, envelope, active, size, wait, delay, memory):
    """Return ``[(power, highest envelope, power at rest)]`` of each bin."""
    bins, quiet, rest, n_rest = [], 0, 0.0, 0
    for start in range(0, len(x) - size + 1, size):
        stop = start + size
        seen = [i for i in range(start, stop) if math.isfinite(x[i])]
        power = sum(x[i] ** 2 for i in seen) / len(seen) if seen else math.nan
        highest = max([0.0] + [envelope[i] for i in seen]) if seen else math.nan
        quiet = 0 if any(active[start:stop]) else quiet + 1
        if quiet > delay + wait and len(bins) >= delay:
            past = bins[-delay][0]
            if not math.isnan(past):
                n_rest = min(n_rest + 1, memory)
                if n_rest > 1:
                    past = min(past, 4 * rest)
                rest += (past - rest) / n_rest
        bins.append((power, highest, rest))
    return bins


def fit_rise(power, ramps, first, last, rest, level):
    """Return the likeliest (foot, ramp) by the cost of every bin under every shape."""
    best = (math.inf,)
    for foot in range(first, min(last + 1, len(power))):
        for ramp in ramps:
            cost = 0.0
            for i, value in enumerate(power):
                if math.isnan(value):
                    continue
                shape = min(max((i + 0.5 - foot) / ramp, 0.0), 1.0)
                variance = rest + level * shape**2
                cost += math.log(variance) + value / variance
            best = min(best, (cost, foot, ramp))
    return best[1:]


def lag_products(x, active, n_lags, stride):
    """Return the sums at each lag and the number of samples."""
    used = [
        (value, True) if on and math.isfinite(value) else (0.0, False)
        for value, on in list(zip(x, active, strict=True))[::stride]
    ]
    sums = [
        sum(value * used[i - lag][0] for i, (value, seen) in enumerate(used) if seen and i >= lag)
        for lag in range(n_lags)
    ]
    return [*sums, sum(seen for _, seen in used)]


def pair_sums(first, second, first_on, second_on, keep):
    """Return the sums of two intensities and of the lesser, and whether the last one counted."""
    sums, counts = [0.0, 0.0, 0.0], False
    for a, b, a_on, b_on in zip(first, second, first_on, second_on, strict=True):
        counts = (a_on or b_on) and math.isfinite(a + b)
        if counts:
            sums = [keep * s + v for s, v in zip(sums, (a, b, min(a, b)), strict=True)]
    return [*sums, float(counts)]

"""Figures with their 95 % confidence intervals."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Interval = dict[str, Any]  # value, low, high; None where nothing was measured
Figures = Sequence[NDArray[np.float64]]  # one array a record

NORMAL_95 = 1.959964
RESAMPLES = 200


def interval(value: float, low: float, high: float, digits: int = 4) -> Interval:
    """Put a figure and its bounds into what JSON can hold."""
    numbers = {"value": value, "low": low, "high": high}
    return {key: round(x, digits) if math.isfinite(x) else None for key, x in numbers.items()}


def proportion(hits: int, n: int) -> Interval:
    """Share of hits, by Wilson's score interval (1927, *J Am Stat Assoc* 22:209)."""
    if n == 0:
        return interval(math.nan, math.nan, math.nan)
    share, z2 = hits / n, NORMAL_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = NORMAL_95 / (1 + z2 / n) * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return interval(share, max(0.0, middle - half), min(1.0, middle + half))


def rate(events: int, minutes: float) -> Interval:
    """Events a minute, by the exact Poisson interval (Garwood 1936, *Biometrika* 28:437)."""
    from scipy.special import gammaincinv

    if minutes == 0:
        return interval(math.nan, math.nan, math.nan)
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    high = float(gammaincinv(events + 1, 0.975))
    return interval(events / minutes, low / minutes, high / minutes)


def resampled(
    figure: Callable[[NDArray[np.float64]], Any], by_record: Figures, digits: int = 4
) -> Interval:
    """Figure of all values, by the bootstrap over records: what is in one record hangs together.

    Parameters
    ----------
    figure : callable
        From values of all records to one number; NaN among the values is left out.
    by_record : sequence of ndarray
        The values of each record.
    """
    present = [values[np.isfinite(values)] for values in by_record]
    present = [values for values in present if len(values)]
    if not present:
        return interval(math.nan, math.nan, math.nan)
    random = np.random.default_rng(len(present))
    drawn = [
        float(figure(np.concatenate([present[k] for k in picks])))
        for picks in random.integers(len(present), size=(RESAMPLES, len(present)))
    ]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return interval(float(figure(np.concatenate(present))), float(low), float(high), digits)

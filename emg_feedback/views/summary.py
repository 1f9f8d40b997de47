"""What a view did: frames drawn, and how old the data were when they were seen."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np


def percentiles_ms(seconds: Collection[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum in milliseconds; empty without samples."""
    if not seconds:
        return {}
    values_ms = np.fromiter(seconds, float, len(seconds)) * 1e3
    p50, p99 = np.percentile(values_ms, (50, 99))
    return {"p50": float(p50), "p99": float(p99), "max": float(values_ms.max())}


@dataclass(frozen=True)
class ViewSummary:
    """What a view reports when it ends.

    Attributes
    ----------
    frames_drawn
        How often the picture was drawn.
    first_bar_s
        From the start of the loop until the first live bar was on the screen.
    latency_ms
        `percentiles_ms` of every stage that was measured.
    """

    frames_drawn: int
    first_bar_s: float | None
    latency_ms: dict[str, dict[str, float]]

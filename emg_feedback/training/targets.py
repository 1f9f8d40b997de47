"""What is asked of each channel: a band, or a path whose band moves."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emg_config.protocol import HIGHEST, Band, Path, Unit

Array = NDArray[np.float64]

# A band that begins at zero is not made narrower than this.
NARROWEST: dict[Unit, float] = {"mvc": 0.015, "uv": 1.0}


@dataclass(frozen=True, slots=True)
class Target:
    """A band in fractions of MVC (``unit="mvc"``) or in µV (``"uv"``)."""

    low: float
    high: float
    unit: Unit = "mvc"

    @property
    def middle(self) -> float:
        """Return the middle of the band."""
        return (self.low + self.high) / 2

    def in_uv(self, mvc_uv: float) -> Band | None:
        """Return the band in µV; None without the MVC that it would need."""
        return self._scaled(mvc_uv if self.unit == "mvc" else 1.0)

    def in_mvc(self, mvc_uv: float) -> Band | None:
        """Return the band in fractions of MVC; None without the MVC that it would need."""
        return self._scaled(1.0 if self.unit == "mvc" else 1.0 / mvc_uv)

    def moved(self, by: float, limits: Band | None = None) -> "Target":
        """Return the band moved ``by``, as wide as before, its middle within ``limits``.

        A band that begins at zero keeps its foot there: its upper edge moves.
        """
        half = (self.high - self.low) / 2
        least, most = limits or (0.0, HIGHEST[self.unit])
        if self.low == 0.0:
            least = max(least, min(self.high, NARROWEST[self.unit]))
            most = max(least, min(most, HIGHEST[self.unit]))
            return Target(0.0, float(np.clip(self.high + by, least, most)), self.unit)
        highest = HIGHEST[self.unit] - half
        middle = float(np.clip(np.clip(self.middle + by, least, most), half, highest))
        return Target(max(0.0, middle - half), middle + half, self.unit)

    def _scaled(self, factor: float) -> Band | None:
        return None if np.isnan(factor) else (self.low * factor, self.high * factor)


def corners(path: Path, hold_s: float) -> list[tuple[float, float]]:
    """Return where a path bends, as (seconds, fraction of MVC), for drawing and for following."""
    low, high = path.low, path.high
    if path.shape == "trapezoid":
        ramp_s = path.ramp_s
        return [(0.0, low), (ramp_s, high), (hold_s - ramp_s, high), (hold_s, low)]
    if path.shape == "steps":
        levels = np.linspace(low, high, path.cycles + 1)[1:] if path.cycles > 1 else [high]
        edges = np.linspace(0.0, hold_s, path.cycles + 1)
        return [
            (float(t), float(level))
            for level, start, stop in zip(levels, edges, edges[1:], strict=False)
            for t in (start, stop)
        ]
    t = np.linspace(0.0, hold_s, 16 * path.cycles + 1)
    swing = (1.0 - np.cos(2.0 * np.pi * path.cycles * t / hold_s)) / 2
    return list(zip(t.tolist(), (low + (high - low) * swing).tolist(), strict=True))


def centre(path: Path, hold_s: float, t_s: Array) -> Array:
    """Return the path at the times ``t_s`` from the start of the hold."""
    times, levels = np.array(corners(path, hold_s)).T
    if path.shape == "steps":
        starts, climbs = times[::2], levels[::2]
        return np.asarray(climbs[np.searchsorted(starts[1:], t_s, side="right")])
    return np.asarray(np.interp(t_s, times, levels))


def around(path: Path, level: float) -> Target:
    """Return the band around a point of the path."""
    return Target(max(0.0, level - path.tolerance), level + path.tolerance)

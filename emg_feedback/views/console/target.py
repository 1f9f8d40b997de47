"""How a band is moved, and how much of it fits on a bar; no Qt."""

from enum import Enum, auto

from emg_config.protocol import HIGHEST, Band, Unit

FULL_MVC = (0.2, 0.4, 0.8, 1.2, 1.6, 2.4)
FULL_UV = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5500.0)
ROOM = 0.95
NARROWEST: dict[Unit, float] = {"mvc": 0.02, "uv": 1.0}


class Grip(Enum):
    """What of the band is held."""

    LOW = auto()
    HIGH = auto()
    WHOLE = auto()


def full_scale(unit: Unit, level: float) -> float:
    """Return a round number to end a scale at on which there is room for a level."""
    scales = FULL_MVC if unit == "mvc" else FULL_UV
    return next((full for full in scales if full >= level / ROOM), scales[-1])


def fault(low: float, high: float) -> str:
    """Return why two numbers are no target, in words; empty if they are one."""
    return "" if low < high else "The first number must be smaller than the second"


def moved(band: Band, grip: Grip, by: float, unit: Unit, mvc_uv: float | None = None) -> Band:
    """Return a band of which ``grip`` was moved; it stays upright.

    It is not moved above the maximum, as far as that is known; more can only be typed.
    """
    low, high = band
    least, most = NARROWEST[unit], 1.0 if unit == "mvc" else mvc_uv or HIGHEST[unit]
    most = max(most, high)
    if grip is Grip.LOW:
        return min(max(0.0, low + by), high - least), high
    if grip is Grip.HIGH:
        return low, max(min(most, high + by), low + least)
    by = max(-low, min(by, most - high))
    return low + by, high + by

"""The path of an exercise that follows one: what of it can be held, and how it is moved; no Qt."""

from enum import Enum, auto
from typing import Any, Literal

import msgspec

from emg_config.protocol import Path

LEAST_CLIMB = 0.02
LEAST_RAMP_S, LEAST_TOP_S = 0.1, 0.2
Corner = tuple[float, float]


class Grip(Enum):
    """What of the path is held."""

    TOP = auto()
    FOOT = auto()
    RAMP_UP = auto()
    RAMP_DOWN = auto()


class Course(msgspec.Struct, frozen=True, kw_only=True):
    """A path over a hold of ``hold_s``; levels are fractions of MVC."""

    shape: Literal["trapezoid", "steps", "sine"]
    low: float
    high: float
    ramp_s: float
    tolerance: float
    hold_s: float

    @property
    def ramps(self) -> bool:
        """Return whether it has ramps whose length can be set."""
        return self.shape == "trapezoid"

    def along(self, corners: list[Corner], told: "Course") -> list[Corner]:
        """Return the corners of this path, from those of the path that was ``told``."""
        if self.ramps:
            last_s = self.hold_s - self.ramp_s
            top = [(self.ramp_s, self.high), (last_s, self.high)]
            return [(0.0, self.low), *top, (self.hold_s, self.low)]
        scale = (self.high - self.low) / (told.high - told.low)
        return [(t_s, self.low + scale * (level - told.low)) for t_s, level in corners]

    def moved(self, grip: Grip, later_s: float, higher: float) -> "Course":
        """Return the path of which ``grip`` was moved; it stays one that can be followed.

        The end of a ramp takes the top with it.
        """
        low, high, ramp_s = self.low, self.high, self.ramp_s
        if grip is Grip.FOOT:
            low = min(max(0.0, low + higher), high - LEAST_CLIMB)
        else:
            high = max(min(max(1.0, high), high + higher), low + LEAST_CLIMB)
        if grip in (Grip.RAMP_UP, Grip.RAMP_DOWN):
            later_s = later_s if grip is Grip.RAMP_UP else -later_s
            ramp_s = max(LEAST_RAMP_S, min(ramp_s + later_s, (self.hold_s - LEAST_TOP_S) / 2))
        return msgspec.structs.replace(self, low=low, high=high, ramp_s=ramp_s)


def course_of(running: dict[str, Any] | None) -> Course | None:
    """Return the path of the exercise that runs, as the engine tells it."""
    try:
        path = msgspec.convert((running or {}).get("path"), Path)
        return Course(
            shape=path.shape,
            low=path.low,
            high=path.high,
            ramp_s=path.ramp_s,
            tolerance=path.tolerance,
            hold_s=float((running or {})["hold_s"]),
        )
    except (msgspec.ValidationError, KeyError, TypeError, ValueError):
        return None

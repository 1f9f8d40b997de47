"""How tall a bar is: microvolts before the MVC is known, fractions of MVC after it."""

import math

from emg_config.protocol import Band

SMALLEST_UV = 50.0
HEADROOM = 0.9
SETTLE_S = 30.0
MVC_FULL_SCALE = 1.2
TARGET_ROOM = 1.6


class MicrovoltScale:
    """A full scale that makes room at once and comes back so slowly that nobody notices."""

    def __init__(self) -> None:
        self.full_uv = SMALLEST_UV

    def update(self, envelope_uv: float, elapsed_s: float) -> None:
        """Take a new value, ``elapsed_s`` after the last."""
        wanted_uv = max(SMALLEST_UV, envelope_uv / HEADROOM)
        settled_uv = wanted_uv + (self.full_uv - wanted_uv) * math.exp(-elapsed_s / SETTLE_S)
        self.full_uv = max(wanted_uv, settled_uv)


def full_fraction(targets: list[Band | None]) -> float | None:
    """Return the fraction of MVC at the top of the bars, or None without targets."""
    highest = max((band[1] for band in targets if band is not None), default=0.0)
    return math.ceil(round(highest * TARGET_ROOM * 10, 6)) / 10 if highest > 0.0 else None

"""Where each muscle is, seen from its target: calm enough to be read."""

import math

import numpy as np
from numpy.typing import NDArray

from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.words import Place

JUDGED = {Phase.HOLD, Phase.IDLE}
SMOOTHING_S = 0.2
STEADY_S = 0.25


class Judge:
    """Judge a smoothed intensity; a new verdict counts once it has lasted ``STEADY_S``.

    The bar itself moves at once. Only its word, shape and colour are calm, and the headline says
    what they say.
    """

    def __init__(self) -> None:
        self._phase: Phase | None = None
        self._smooth = np.empty(0)
        self._places: list[Place] = []
        self._other_s: list[float] = []

    def place(self, channel: int) -> Place:
        """Return the verdict on a channel."""
        return self._places[channel] if channel < len(self._places) else Place.NONE

    def update(
        self, session: SessionState, intensity: NDArray[np.float64], elapsed_s: float
    ) -> None:
        """Take the intensity of each channel, NaN where unknown, ``elapsed_s`` after the last."""
        fresh = session.phase != self._phase or len(intensity) != len(self._places)
        self._phase = session.phase
        if fresh:
            self._smooth = intensity.copy()
            self._places = [Place.NONE] * len(intensity)
            self._other_s = [0.0] * len(intensity)
        else:
            share = 1.0 - math.exp(-elapsed_s / SMOOTHING_S)
            known = np.where(np.isnan(self._smooth), intensity, self._smooth)
            self._smooth = known + share * (intensity - known)
        for channel, level in enumerate(self._smooth.tolist()):
            target = session.targets[channel] if channel < len(session.targets) else None
            now = _seen_from(target, level) if session.phase in JUDGED else Place.NONE
            same = now is self._places[channel]
            self._other_s[channel] = 0.0 if same else self._other_s[channel] + elapsed_s
            if fresh or self._places[channel] is Place.NONE or self._other_s[channel] >= STEADY_S:
                self._places[channel] = now


def _seen_from(target: tuple[float, float] | None, level: float) -> Place:
    if target is None or math.isnan(level):
        return Place.NONE
    if level < target[0]:
        return Place.BELOW
    return Place.ABOVE if level > target[1] else Place.IN

"""Where each muscle is, seen from its target: calm enough to be read."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emg_config.protocol import Band
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.words import Place

SMOOTHING_S = 0.2
STEADY_S = 0.25


def is_judged(session: SessionState) -> bool:
    """Return whether a muscle is to be in its target now."""
    if session.hidden:
        return False
    letting_go = session.phase is Phase.RELAX and session.mode == "contract-relax"
    return letting_go or session.phase in (Phase.HOLD, Phase.IDLE)


class Judge:
    """Judge a smoothed level; a new verdict counts once it has lasted ``STEADY_S``.

    The bar itself moves at once. Only its word, shape and colour are calm, and the headline says
    what they say.
    """

    def __init__(self) -> None:
        self._phase: Phase | None = None
        self.levels = np.empty(0)
        self._places: list[Place] = []
        self._other_s: list[float] = []

    def place(self, channel: int) -> Place:
        """Return the verdict on a channel."""
        return self._places[channel] if channel < len(self._places) else Place.NONE

    def update(
        self,
        session: SessionState,
        levels: NDArray[np.float64],
        elapsed_s: float,
        targets: Sequence[Band | None] | None = None,
    ) -> None:
        """Take each channel's level, ``elapsed_s`` after the last, and what it is to be in.

        A level, shape (n_channels,), is in its target's unit, and NaN where it is unknown;
        ``targets`` are the session's, in fractions of MVC, if not given.
        """
        targets = session.targets if targets is None else targets
        fresh = session.phase != self._phase or len(levels) != len(self._places)
        self._phase = session.phase
        if fresh:
            self.levels = levels.copy()
            self._places = [Place.NONE] * len(levels)
            self._other_s = [0.0] * len(levels)
        else:
            share = 1.0 - math.exp(-elapsed_s / SMOOTHING_S)
            known = np.where(np.isnan(self.levels), levels, self.levels)
            self.levels = known + share * (levels - known)
        judged = is_judged(session)
        for channel, level in enumerate(self.levels.tolist()):
            target = targets[channel] if channel < len(targets) else None
            now = _seen_from(target, level) if judged else Place.NONE
            same = now is self._places[channel]
            self._other_s[channel] = 0.0 if same else self._other_s[channel] + elapsed_s
            if fresh or self._places[channel] is Place.NONE or self._other_s[channel] >= STEADY_S:
                self._places[channel] = now


def _seen_from(target: Band | None, level: float) -> Place:
    if target is None or math.isnan(level):
        return Place.NONE
    if level < target[0]:
        return Place.BELOW
    return Place.ABOVE if level > target[1] else Place.IN

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
# As in the score: the first second is left out, and 70 % of the rest in the target is good. The
# level seen live wanders more than the one that is scored, so that this is the harder test.
REACHING_S = 1.0
SURE_SHARE = 0.7
WATCHED_SHARE = 0.95
# In these modes the time in the target alone decides.
_BY_TIME = ("hold", "stay-below", "isolate", "follow", "endurance", "reproduce")


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


class Tally:
    """Count how much of a hold every muscle was in its target, as it is seen live."""

    def __init__(self) -> None:
        self._hold: tuple[str | None, int, int] | None = None
        self._watched_s = self._counted_s = 0.0
        self._length_s = 0.0
        self._inside_s = np.zeros(0)
        self._wanted: list[int] = []
        self._surely = False

    def update(
        self,
        session: SessionState,
        levels: NDArray[np.float64],
        elapsed_s: float,
        targets: Sequence[Band | None],
        usable: Sequence[bool],
    ) -> None:
        """Take levels and targets as `Judge` does, and whether each signal can be trained with."""
        if session.phase is not Phase.HOLD:
            if session.phase is not Phase.RELAX:
                self._hold = None
            return
        hold = _repetition(session)
        if hold != self._hold or len(levels) != len(self._inside_s):
            self._hold = hold
            self._watched_s = self._counted_s = 0.0
            self._length_s = session.phase_s or math.inf
            self._inside_s = np.zeros(len(levels))
            roles = session.roles[: len(levels)]
            self._wanted = [c for c, role in enumerate(roles) if role in ("train", "quiet")]
            self._surely = session.mode in _BY_TIME and not session.hidden
        self._watched_s += elapsed_s
        self._surely = self._surely and all(
            channel < len(usable) and usable[channel] for channel in self._wanted
        )
        reaching_s = min(REACHING_S, max(0.0, self._length_s - REACHING_S))
        if session.mode != "follow" and self._watched_s <= reaching_s:
            return
        self._counted_s += elapsed_s
        for channel, level in enumerate(levels.tolist()):
            target = targets[channel] if channel < len(targets) else None
            if _seen_from(target, level) is Place.IN:
                self._inside_s[channel] += elapsed_s

    def is_good(self, session: SessionState) -> bool:
        """Return whether the hold just done went well for all that was seen of it."""
        whole = self._watched_s >= WATCHED_SHARE * self._length_s and self._counted_s > 0.0
        just = session.phase is Phase.RELAX and self._hold == _repetition(session)
        wanted = self._inside_s[self._wanted]
        enough = len(wanted) > 0 and bool((wanted >= SURE_SHARE * self._counted_s).all())
        return just and whole and self._surely and enough


def _repetition(session: SessionState) -> tuple[str | None, int, int]:
    return session.protocol, session.set, session.repetition


def _seen_from(target: Band | None, level: float) -> Place:
    if target is None or math.isnan(level):
        return Place.NONE
    if level < target[0]:
        return Place.BELOW
    return Place.ABOVE if level > target[1] else Place.IN

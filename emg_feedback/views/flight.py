"""The game without its picture: a balloon as high as the muscles pull, and stars on its way."""

import math
from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from emg_config.protocol import Band
from emg_feedback.link.messages import Frame, Phase, SessionState
from emg_feedback.views.aim import Aim, aim
from emg_feedback.views.course import Course
from emg_feedback.views.model import STALE_S, ViewModel

Array = npt.NDArray[np.float64]

SMOOTHING_S = 0.08
# Nobody is in the band at once: the first star waits.
FIRST_STAR_S = 1.5
STAR_EVERY_S = 1.0
REACH_S = 0.25
LONGEST_S = 20_000.0
# Stars wind through this part of the lane's half height, so that none is at its edge.
WINDING = 0.4
STARS_A_WAVE = 6.0
_LONGEST_TRAIL = 512


class Lane(NamedTuple):
    """Where the balloon is to fly: corners over seconds of the hold, in parts of the picture."""

    time_s: Array
    low: Array
    high: Array

    def at(self, time_s: float) -> Band:
        """Return the edges at a time; those of the nearest end outside of it."""
        low, high = (float(np.interp(time_s, self.time_s, edge)) for edge in (self.low, self.high))
        return low, high

    def between(self, start_s: float, end_s: float) -> "Lane | None":
        """Return the part within two times, or None if there is none."""
        start_s, end_s = max(start_s, float(self.time_s[0])), min(end_s, float(self.time_s[-1]))
        if not start_s < end_s:
            return None
        inner = (self.time_s > start_s) & (self.time_s < end_s)
        edges = [
            np.array([ends[0], *edge[inner], ends[1]])
            for edge, ends in zip(
                (self.low, self.high),
                zip(self.at(start_s), self.at(end_s), strict=True),
                strict=True,
            )
        ]
        return Lane(np.array([start_s, *self.time_s[inner], end_s]), *edges)


class Star(NamedTuple):
    """A star on the way: its number, its second of the hold, and its height in the picture."""

    number: int
    time_s: float
    height: float


class Flight:
    """Follows a session through its frames; the same frames give the same flight.

    Attributes
    ----------
    aim : Aim or None
        The muscles now; None when that is not known or must not be shown.
    height : float
        The balloon's, 0 to 1: the muscles' level, calmed.
    time_s : float
        Of the hold; stands still in every other phase.
    travelled_s : float
        Of all holds.
    caught : set of int
        Numbers of the stars caught in this hold.
    trail : deque of (seconds of the hold, height)
    """

    def __init__(self) -> None:
        self.aim: Aim | None = None
        self.height = 0.0
        self.time_s = self.travelled_s = 0.0
        self.caught: set[int] = set()
        self.trail: deque[tuple[float, float]] = deque(maxlen=_LONGEST_TRAIL)
        self._frame: Frame | None = None

    def update(self, model: ViewModel, now_s: float) -> None:
        """Take the newest frame."""
        frame, before = model.frame, self._frame
        self.aim = aim(model, now_s)
        if frame is None or frame is before:
            return
        self._frame = frame
        elapsed_s = frame.t_sample - before.t_sample if before is not None else 0.0
        elapsed_s = min(STALE_S, max(0.0, elapsed_s))
        session = frame.session
        self._begin(session, before.session if before is not None else None)
        if flying(session):
            known_s, before_s = _known_s(session), self.time_s
            self.time_s = before_s + elapsed_s if known_s is None else known_s
            self.travelled_s += max(0.0, self.time_s - before_s)
        if self.aim is None:
            return
        share = 1.0 - math.exp(-elapsed_s / SMOOTHING_S) if before is not None else 1.0
        self.height += share * (self.aim.level - self.height)
        if flying(session):
            self.trail.append((self.time_s, self.height))
            self._catch(session)

    def lane(self, model: ViewModel, now_s: float) -> Lane | None:
        """Return the lane of this hold: the path to follow, or the band as it is now."""
        session = model.session
        if self.aim is None or not shows_lane(session):
            return None
        trained = model.channels("train")
        course = model.course(trained[0], now_s) if trained else None
        if course is not None and session.phase is not Phase.RELAX:
            return _around(course)
        if self.aim.band is None:
            return None
        begins = session.phase in (Phase.PREPARE, Phase.HOLD)
        ends_s = np.array([0.0 if begins else -LONGEST_S, length_s(session)])
        return Lane(ends_s, *(np.full(2, edge) for edge in self.aim.band))

    def _begin(self, session: SessionState, before: SessionState | None) -> None:
        """Forget the last hold when the next one is prepared or begins."""
        goes_on = (
            before is not None and flying(before) and _repetition(before) == _repetition(session)
        )
        if session.phase is Phase.PREPARE or (flying(session) and not goes_on):
            self.caught = set()
            self.trail.clear()
            self.time_s = 0.0

    def _catch(self, session: SessionState) -> None:
        assert self.aim is not None
        if self.aim.band is None or not self.aim.inside:
            return
        low, high = self.aim.band
        if not low <= self.height <= high:
            return
        number = round((self.time_s - FIRST_STAR_S) / STAR_EVERY_S)
        near = abs(self.time_s - star_s(number)) <= REACH_S
        if near and 0 <= number < most_stars(session):
            self.caught.add(number)


def flying(session: SessionState) -> bool:
    """Return whether the way goes on: the balloon rests in every other phase."""
    return session.phase is Phase.HOLD and not session.hidden


def shows_lane(session: SessionState) -> bool:
    """Return whether there is anything to keep to, now or in a moment."""
    if session.phase is Phase.RELAX:
        return session.mode == "contract-relax"
    return session.phase in (Phase.IDLE, Phase.PREPARE, Phase.HOLD)


def length_s(session: SessionState) -> float:
    """Return how long the lane is: to the end of the hold, if that is in sight."""
    if session.phase is Phase.HOLD and session.phase_s:
        return min(LONGEST_S, max(STAR_EVERY_S, session.phase_s))
    return LONGEST_S


def most_stars(session: SessionState) -> int:
    """Return how many stars there are in a hold."""
    return max(0, math.ceil((length_s(session) - FIRST_STAR_S) / STAR_EVERY_S - 1e-9))


def star_s(number: int) -> float:
    """Return the second of the hold at which a star is."""
    return FIRST_STAR_S + number * STAR_EVERY_S


def stars(lane: Lane, session: SessionState, start_s: float, end_s: float) -> list[Star]:
    """Return the stars between two times of the hold; each is well within the lane."""
    first = max(0, math.ceil((start_s - FIRST_STAR_S) / STAR_EVERY_S))
    last = min(math.floor((end_s - FIRST_STAR_S) / STAR_EVERY_S), most_stars(session) - 1)
    found = []
    for number in range(first, last + 1):
        time_s = star_s(number)
        low, high = lane.at(time_s)
        wave = WINDING * math.sin(2 * math.pi * number / STARS_A_WAVE)
        found.append(Star(number, time_s, (low + high) / 2 + wave * (high - low) / 2))
    return found


def _repetition(session: SessionState) -> tuple[str | None, int, int]:
    return session.protocol, session.set, session.repetition


def _around(course: Course) -> Lane:
    """Return the lane around a path; below nothing there is no pull, so it ends at the ground."""
    time_s, level, reach = course.time_s, course.level, course.tolerance
    before = np.flatnonzero((level[:-1] - reach) * (level[1:] - reach) < 0.0)
    share = (reach - level[before]) / (level[before + 1] - level[before])
    touching_s = time_s[before] + share * (time_s[before + 1] - time_s[before])
    time_s = np.insert(time_s, before + 1, touching_s)
    level = np.insert(level, before + 1, reach)
    return Lane(time_s, np.clip(level - reach, 0.0, 1.0), np.clip(level + reach, 0.0, 1.0))


def _known_s(session: SessionState) -> float | None:
    """Return the time since the hold began, if the session tells it."""
    if session.phase_s is None or session.remaining_s is None:
        return None
    elapsed_s = session.phase_s - session.remaining_s
    return max(0.0, elapsed_s) if math.isfinite(elapsed_s) else None

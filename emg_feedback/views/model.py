"""What a view knows: the newest frame and what follows from it; no drawing, no sockets, no clock.

Times given to it are Unix seconds of the view's own clock.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from emg_config.language import Language, load_language
from emg_config.protocol import Band
from emg_feedback.link.messages import (
    Event,
    EventKind,
    Frame,
    Message,
    Phase,
    SessionState,
    Status,
)
from emg_feedback.views import words
from emg_feedback.views.course import Course, PathMemory
from emg_feedback.views.history import SPAN_S, History
from emg_feedback.views.judge import Judge, Tally, is_judged
from emg_feedback.views.outcome import Outcome, outcome, scored
from emg_feedback.views.parts import as_one
from emg_feedback.views.scale import Scales
from emg_feedback.views.sides import balance, left_first
from emg_feedback.views.words import Place

T = TypeVar("T")
Array = npt.NDArray[np.float64]

STALE_S = 0.250
STEADY_S = 0.5
_BANDED = (Phase.IDLE, Phase.PREPARE, Phase.HOLD, Phase.RELAX, Phase.PAUSE)


@dataclass(frozen=True)
class BarState:
    """What to show for one muscle; ``level`` and ``band`` are fractions of the bar's height.

    ``level`` is None when there is no value; ``hint`` is empty when the signal can be trained with,
    and ``note`` then tells what else it carries, if anything. ``role`` is empty for a channel that
    the exercise leaves out; the level of a ``hidden`` bar must not be shown to the patient. The
    muscle of a ``resting`` one need not be in its band now.
    """

    name: str
    level: float | None
    band: Band | None
    place: Place
    word: str
    number: str
    hint: str
    stale: bool
    note: str = ""
    role: str = "train"
    hidden: bool = False
    resting: bool = False
    other: Band | None = None


class Repetitions(NamedTuple):
    """Which repetition it is, of how many, and how many of them are behind the patient."""

    number: int
    total: int
    finished: int


class ViewModel:
    """Follow an engine's messages; everything shown is asked of this.

    The session is ``over`` once the one that was seen has ended, until something begins.

    Parameters
    ----------
    language
        English if not given.
    """

    def __init__(self, language: Language | None = None) -> None:
        self.language = language or load_language()
        self.frame: Frame | None = None
        self.status: Status | None = None
        self.received_s = -math.inf
        self.trouble = ""
        self.over = False
        self.counts: dict[type, int] = {Frame: 0, Event: 0, Status: 0}
        self.missed_frames = 0
        self.gaps = 0
        self._history = History(0)
        self._scales = Scales(0)
        self._judge = Judge()
        self._tally = Tally()
        self._path = PathMemory()

    def receive(self, message: Message, now_s: float) -> None:
        """Take one message that came at ``now_s``."""
        self.counts[type(message)] += 1
        if isinstance(message, Frame):
            self._receive_frame(message, now_s)
        elif isinstance(message, Status):
            self.status = message
        elif message.kind is EventKind.GAP:
            self.gaps += 1

    @property
    def session(self) -> SessionState:
        """Return the newest state of the training; one that ended before it began is none."""
        if self.frame is None:
            return SessionState()
        session = as_one(self.frame.session)
        if session.phase is Phase.DONE and not session.results:
            return SessionState(patient=session.patient, used=session.used, sides=session.sides)
        return session

    @property
    def n_frames(self) -> int:
        """Return how many frames have come."""
        return self.counts[Frame]

    @property
    def n_channels(self) -> int:
        """Return how many muscles there are."""
        return 0 if self.frame is None else len(self.frame.envelope_uv)

    def channels(self, *roles: str) -> list[int]:
        """Return the muscles with one of ``roles``; all of the exercise, or all, without any.

        Of left and right ones the left come first.
        """
        wanted = roles or ("train", "quiet", "watch")
        everyone = [c for c in range(self.n_channels) if self.session.is_used(c)]
        given = [channel for channel in everyone if _at(self.session.roles, channel)]
        shown = [channel for channel in given if self.session.roles[channel] in wanted]
        return left_first(shown if given else everyone, self.session.sides)

    def age_s(self, now_s: float) -> float:
        """Return the age of the newest samples.

        The part up to the send is by the engine's clock, the rest by ours, so that two machines
        whose clocks differ still agree.
        """
        if self.frame is None:
            return math.inf
        before_send_s = self.frame.t_publish - self.frame.t_arrive
        return max(0.0, before_send_s) + abs(now_s - self.received_s)

    def stale(self, now_s: float) -> bool:
        """Return whether what is shown is too old to act on."""
        return not self.age_s(now_s) <= STALE_S

    def instruction(self, now_s: float) -> str:
        """Return what the patient is told now: what the bars say together."""
        language, session = self.language, self.session
        if self.frame is None:
            return language.page.waiting
        if self.stale(now_s):
            return language.page.stale
        if session.alarm:
            return language.mode.alarm
        places = {self._place(channel) for channel in self.channels("train", "quiet")}
        places.discard(Place.NONE)
        if places and not (session.mode == "react" and session.phase is Phase.HOLD):
            return words.judgement(language, session, places)
        if self.over:
            return language.phase.over
        if session.in_trials and session.phase is Phase.RELAX and not self._tense:
            return language.phase.recover
        elapsed_s = self.elapsed_s(now_s) or 0.0
        return words.phase_word(language, session, elapsed_s)

    def explanation(self, now_s: float) -> str:
        """Return the small line under the instruction."""
        if self.stale(now_s):
            return self.trouble
        return words.explanation(self.language, self.session)

    def outcome(self, now_s: float) -> Outcome | None:
        """Return what is told of the repetition just done."""
        if self.stale(now_s):
            return None
        return outcome(self.language, self.session)

    def result(self) -> str:
        """Return what came of the repetition just done; "good" before its score if that is sure."""
        if scored(self.session):
            return str(self.session.last.get("result", ""))
        return "good" if self._tally.is_good(self.session) else ""

    def results(self) -> list[str]:
        """Return what came of every repetition so far, of the one just done as `result` does."""
        latest = "" if scored(self.session) else self.result()
        return self.session.results + ([latest] if latest else [])

    def elapsed_s(self, now_s: float) -> float | None:
        """Return the time since this phase began, if time is running."""
        left_s, phase_s = self.session.remaining_s, self.session.phase_s
        if left_s is None or phase_s is None or not math.isfinite(left_s + phase_s):
            return None
        return max(0.0, phase_s - left_s) + self._later_s(now_s)

    def seconds_left(self) -> tuple[int, float] | None:
        """Return whole seconds left in this phase and the part of it left, if time is running."""
        left_s, phase_s = self.session.remaining_s, self.session.phase_s
        if left_s is None or not math.isfinite(left_s) or self.session.phase is Phase.PAUSE:
            return None
        if self.session.mode == "react" and self.session.phase is Phase.PREPARE:
            return None
        part = left_s / phase_s if phase_s else 1.0
        return max(0, math.ceil(left_s - 1e-6)), min(1.0, max(0.0, part))

    @property
    def _tense(self) -> bool:
        """Return whether a muscle is contracted now."""
        active = [] if self.frame is None else self.frame.active
        return any(on for channel, on in enumerate(active) if channel in self.channels())

    @property
    def of_trials(self) -> bool:
        """Return whether what is counted are trials of full effort."""
        return self.session.in_trials

    def repetitions(self) -> Repetitions | None:
        """Return how far the exercise is, once it has begun."""
        session = self.session
        if session.phase is Phase.DONE:
            planned = session.sets * session.repetitions
            return Repetitions(session.completed, planned, session.completed)
        if session.repetition <= 0:
            return None
        finished = session.repetition - (session.phase is not Phase.RELAX)
        return Repetitions(session.repetition, session.repetitions, finished)

    def bars(self, now_s: float) -> list[BarState]:
        """Return what to show for each muscle."""
        stale = self.stale(now_s)
        return [self._bar(channel, stale) for channel in range(self.n_channels)]

    def trace(self, channel: int, now_s: float, span_s: float = SPAN_S) -> tuple[Array, Array]:
        """Return ages in seconds, oldest first, and levels of the last seconds of a muscle."""
        of_mvc = self._intensity(channel) is not None
        age_s, values = self._history.trace(channel, now_s, of_mvc, span_s)
        return age_s, np.clip(self._scales.heights(channel, values, of_mvc=of_mvc), 0.0, 1.0)

    def course(self, channel: int, now_s: float) -> Course | None:
        """Return the path that a muscle follows, if it follows one."""
        if self._intensity(channel) is None:
            return None
        full = self._scales.full_fraction(channel)
        return self._path.course(self.session, full, self._later_s(now_s))

    def balance(self) -> tuple[int, int, float | None] | None:
        """Return left and right muscle, and how they share, as `sides.balance` does."""
        return balance(self._judge.levels, self.channels("train"), self.session.sides)

    def _receive_frame(self, frame: Frame, now_s: float) -> None:
        n_channels, before = len(frame.envelope_uv), self.frame
        if before is not None and (before.station != frame.station or frame.seq < before.seq):
            before = None  # it was another engine's
        elapsed_s = 0.0
        if before is not None:
            self.missed_frames += max(0, frame.seq - before.seq - 1)
            elapsed_s = max(0.0, frame.t_sample - before.t_sample)
        if n_channels != self._history.n_channels:
            self._history = History(n_channels)
            self._scales = Scales(n_channels)
        session = frame.session
        if session.patient is not None or session.phase is not Phase.IDLE:
            self.over = False
        elif before is not None and before.session.patient is not None:
            self.over = True
        self.frame, self.received_s = frame, now_s
        envelope_uv = np.array([_number(v) for v in frame.envelope_uv])
        intensity = np.array([_number(_at(frame.intensity, c)) for c in range(n_channels)])
        self._history.push(now_s, envelope_uv, intensity)
        self._scales.update(session, frame.envelope_uv, elapsed_s)
        self._path.update(session, self.status)
        levels = np.where(np.isnan(intensity), envelope_uv, intensity)
        targets = [self._target(channel) for channel in range(n_channels)]
        self._judge.update(session, levels, elapsed_s, targets)
        usable = [not self._hint(channel) for channel in range(n_channels)]
        self._tally.update(session, levels, elapsed_s, targets, usable)

    def _bar(self, channel: int, stale: bool) -> BarState:
        assert self.frame is not None
        session, language = self.session, self.language
        intensity = self._intensity(channel)
        envelope_uv = _number(self.frame.envelope_uv[channel])
        level: float | None = None
        if intensity is not None:
            level, number = self._height(channel, intensity), f"{100 * intensity:.0f} %"
        elif not math.isnan(envelope_uv):
            level, number = self._height(channel, envelope_uv), f"{envelope_uv:.0f} µV"
        else:
            stale, number = True, ""
        place = Place.NONE if stale else self._place(channel)
        left_out = any(session.roles) or not session.is_used(channel)
        role = _at(session.roles, channel) or ("" if left_out else "train")
        return BarState(
            name=self._name(channel),
            level=None if level is None or session.hidden else level,
            band=self._drawn(channel, self._target(channel)),
            place=place,
            word=(
                language.page.no_signal
                if stale
                else words.place_word(language, place, role == "quiet")
            ),
            number="" if stale or session.hidden else number,
            hint="" if stale else self._hint(channel),
            stale=stale,
            note="" if stale or self._hint(channel) else self._note(channel),
            role=role,
            hidden=session.hidden,
            resting=session.phase is Phase.RELAX and not is_judged(session),
            other=self._drawn(channel, self._other_target(channel)),
        )

    def _name(self, channel: int) -> str:
        names = self.status.channel_names if self.status is not None else []
        unnamed = self.language.page.muscle.format(number=channel + 1)
        return self.language.muscle(_at(names, channel) or unnamed)

    def _quality(self, channel: int) -> str:
        quality = _at(self.frame.quality, channel) if self.frame is not None else None
        return quality or words.GOOD

    def _note(self, channel: int) -> str:
        return words.note(self.language, self._quality(channel))

    def _hint(self, channel: int) -> str:
        return words.hint(self.language, self._quality(channel))

    def _intensity(self, channel: int) -> float | None:
        value = _number(_at(self.frame.intensity, channel)) if self.frame is not None else math.nan
        return None if math.isnan(value) else value

    def _height(self, channel: int, level: float) -> float:
        """Return where a level is on its bar, in the unit in which that is shown."""
        of_mvc = self._intensity(channel) is not None
        height = float(self._scales.heights(channel, level, of_mvc=of_mvc))
        return min(1.0, max(0.0, height))

    def _target(self, channel: int) -> Band | None:
        """Return the target of a muscle in the unit in which it is shown."""
        if self.session.phase not in _BANDED or self.session.in_trials:
            return None
        session = self.session
        known = self._intensity(channel) is not None
        return _at(session.targets if known else session.targets_uv, channel)

    def _other_target(self, channel: int) -> Band | None:
        """Return what contract–relax asks for in the half of the repetition that is not now."""
        session, now = self.session, self._target(channel)
        if now is None or self._intensity(channel) is None:
            return None
        hold, relax = _at(session.hold_targets, channel), _at(session.relax_targets, channel)
        return hold if now == relax else relax

    def _drawn(self, channel: int, target: Band | None) -> Band | None:
        """Return a target as parts of its bar's height."""
        if target is None:
            return None
        return self._height(channel, target[0]), self._height(channel, target[1])

    def _place(self, channel: int) -> Place:
        unjudged = self.session.hidden or self._hint(channel)
        return Place.NONE if unjudged else self._judge.place(channel)

    def _later_s(self, now_s: float) -> float:
        """Return how much later than the newest frame it is, as far as one may look ahead."""
        return min(STALE_S, max(0.0, now_s - self.received_s))


def _number(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.nan


def _at(values: list[T], index: int) -> T | None:
    return values[index] if index < len(values) else None

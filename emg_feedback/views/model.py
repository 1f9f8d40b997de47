"""What a view knows: the newest frame and what follows from it; no drawing, no sockets, no clock.

Times given to it are Unix seconds of the view's own clock.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

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
from emg_feedback.views.history import History
from emg_feedback.views.judge import Judge
from emg_feedback.views.scale import MVC_FULL_SCALE, MicrovoltScale, full_fraction
from emg_feedback.views.words import Place

T = TypeVar("T")
Array = npt.NDArray[np.float64]

STALE_S = 0.250
STEADY_S = 0.5
_BANDED = (Phase.IDLE, Phase.PREPARE, Phase.HOLD, Phase.RELAX, Phase.PAUSE)
_JUDGED = (Phase.IDLE, Phase.HOLD)


@dataclass(frozen=True)
class BarState:
    """What to show for one muscle; ``level`` and ``band`` are fractions of the bar's height.

    ``level`` is None when there is no value; ``hint`` is empty when the signal can be trained with,
    and ``note`` then tells the therapist what else it carries, if anything.
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


class Repetitions(NamedTuple):
    """Which repetition it is, of how many, and how many of them are behind the patient."""

    number: int
    total: int
    finished: int


class ViewModel:
    """Follow an engine's messages; everything shown is asked of this."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.status: Status | None = None
        self.received_s = -math.inf
        self.counts: dict[type, int] = {Frame: 0, Event: 0, Status: 0}
        self.missed_frames = 0
        self.gaps = 0
        self._history = History(0)
        self._scales: list[MicrovoltScale] = []
        self._full_fraction = 1.0
        self._judge = Judge()

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
        """Return the newest state of the training."""
        return SessionState() if self.frame is None else self.frame.session

    @property
    def n_frames(self) -> int:
        """Return how many frames have come."""
        return self.counts[Frame]

    @property
    def n_channels(self) -> int:
        """Return how many muscles there are to show."""
        return 0 if self.frame is None else len(self.frame.envelope_uv)

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
        if self.frame is None:
            return words.WAITING
        if self.stale(now_s):
            return words.STALE
        places = {self._place(channel) for channel in range(self.n_channels)} - {Place.NONE}
        return _judgement(places) if places else words.PHASES[self.session.phase]

    def seconds_left(self) -> tuple[int, float] | None:
        """Return whole seconds left in this phase and the part of it left, if time is running."""
        left_s, phase_s = self.session.remaining_s, self.session.phase_s
        if left_s is None or not math.isfinite(left_s) or self.session.phase is Phase.PAUSE:
            return None
        part = left_s / phase_s if phase_s else 1.0
        return max(0, math.ceil(left_s - 1e-6)), min(1.0, max(0.0, part))

    def repetitions(self) -> Repetitions | None:
        """Return how far the exercise is, once it has begun."""
        session = self.session
        if session.phase is Phase.DONE:
            return Repetitions(
                session.completed, session.sets * session.repetitions, session.completed
            )
        if session.repetition <= 0:
            return None
        finished = session.repetition - (session.phase is not Phase.RELAX)
        return Repetitions(session.repetition, session.repetitions, finished)

    def bars(self, now_s: float) -> list[BarState]:
        """Return what to show for each muscle."""
        stale = self.stale(now_s)
        return [self._bar(channel, stale) for channel in range(self.n_channels)]

    def trace(self, channel: int, now_s: float) -> tuple[Array, Array]:
        """Return ages in seconds, oldest first, and levels of the last seconds of a muscle."""
        of_mvc = self._intensity(channel) is not None
        full = self._full_fraction if of_mvc else self._scales[channel].full_uv
        age_s, values = self._history.trace(channel, now_s, of_mvc)
        return age_s, np.clip(values / full, 0.0, 1.0)

    def _receive_frame(self, frame: Frame, now_s: float) -> None:
        n_channels = len(frame.envelope_uv)
        elapsed_s = 0.0
        if self.frame is not None and self.frame.station == frame.station:
            self.missed_frames += max(0, frame.seq - self.frame.seq - 1)
            elapsed_s = max(0.0, frame.t_sample - self.frame.t_sample)
        if n_channels != self._history.n_channels:
            self._history = History(n_channels)
            self._scales = [MicrovoltScale() for _ in range(n_channels)]
        self.frame, self.received_s = frame, now_s
        envelope_uv = np.array([_number(v) for v in frame.envelope_uv])
        intensity = np.array([_number(_at(frame.intensity, c)) for c in range(n_channels)])
        for scale, value_uv in zip(self._scales, envelope_uv, strict=True):
            scale.update(0.0 if math.isnan(value_uv) else float(value_uv), elapsed_s)
        self._history.push(now_s, envelope_uv, intensity)
        if frame.session.phase is Phase.MVC_CALIBRATION:
            self._full_fraction = MVC_FULL_SCALE
        else:
            self._full_fraction = full_fraction(frame.session.targets) or self._full_fraction
        self._judge.update(frame.session, intensity, elapsed_s)

    def _bar(self, channel: int, stale: bool) -> BarState:
        assert self.frame is not None
        intensity = self._intensity(channel)
        envelope_uv = _number(self.frame.envelope_uv[channel])
        if intensity is not None:
            level, number = intensity / self._full_fraction, f"{100 * intensity:.0f} %"
        elif not math.isnan(envelope_uv):
            level, number = envelope_uv / self._scales[channel].full_uv, f"{envelope_uv:.0f} µV"
        else:
            stale, level, number = True, None, ""
        place = Place.NONE if stale else self._place(channel)
        names = self.status.channel_names if self.status is not None else []
        return BarState(
            name=" ".join(
                (_at(names, channel) or words.CHANNEL.format(number=channel + 1)).split()
            ),
            level=None if level is None else min(1.0, max(0.0, level)),
            band=self._band(channel),
            place=place,
            word=words.NO_SIGNAL if stale else words.PLACES[place],
            number="" if stale else number,
            hint="" if stale else self._hint(channel),
            stale=stale,
            note="" if stale or self._hint(channel) else self._note(channel),
        )

    def _quality(self, channel: int) -> str:
        quality = _at(self.frame.quality, channel) if self.frame is not None else None
        return quality or words.GOOD

    def _note(self, channel: int) -> str:
        quality = self._quality(channel)
        return "" if quality == words.GOOD else quality

    def _hint(self, channel: int) -> str:
        return words.QUALITY.get(self._quality(channel), words.QUALITY_OTHER)

    def _intensity(self, channel: int) -> float | None:
        value = _number(_at(self.frame.intensity, channel)) if self.frame is not None else math.nan
        return None if math.isnan(value) else value

    def _target(self, channel: int) -> Band | None:
        return _at(self.session.targets, channel) if self.session.phase in _BANDED else None

    def _band(self, channel: int) -> Band | None:
        target = self._target(channel)
        if target is None or self._intensity(channel) is None:
            return None
        low, high = (min(1.0, max(0.0, edge / self._full_fraction)) for edge in target)
        return low, high

    def _place(self, channel: int) -> Place:
        return Place.NONE if self._hint(channel) else self._judge.place(channel)


def _judgement(places: set[Place]) -> str:
    match Place.BELOW in places, Place.ABOVE in places:
        case False, False:
            return words.HOLD
        case True, False:
            return words.MORE
        case False, True:
            return words.LESS
    return words.MIXED


def _number(value: float | None) -> float:
    return value if value is not None and math.isfinite(value) else math.nan


def _at(values: list[T], index: int) -> T | None:
    return values[index] if index < len(values) else None

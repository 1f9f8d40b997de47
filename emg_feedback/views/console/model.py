"""What the console shows, kept from the engine's messages and answers; no Qt, no sockets, no clock.

Times given to it are seconds of the console's own clock, which only go forward. Nothing here
matters to the session: a console opened later comes to show the same.
"""

import math
from collections import deque
from statistics import median
from typing import Any

import msgspec
import numpy as np

from emg_config.protocol import Unit
from emg_feedback.link.messages import EventKind, Frame, Message, Phase, SessionState, Status
from emg_feedback.views.console.answers import Answers
from emg_feedback.views.console.course import Course, course_of
from emg_feedback.views.console.exercises import apart
from emg_feedback.views.console.facts import Calibration, Facts, Health, Row, rows_of
from emg_feedback.views.console.parts import ended
from emg_feedback.views.console.shown import ChannelView, Link, Notice
from emg_feedback.views.console.words import (
    HOLDS,
    NO_QUALITY,
    PAUSED_FOR,
    PHASES,
    QUALITY,
    QUALITY_OTHER,
    REST,
    sentence,
)
from emg_feedback.views.history import History
from emg_feedback.views.judge import Judge
from emg_feedback.views.parts import as_one
from emg_feedback.views.scale import Scales
from emg_feedback.views.sides import left_first
from emg_feedback.views.words import Place, mode_said

STALE_S = 0.250
LOST_S = 2.0
LATENCIES = 200
_EXERCISING = (Phase.PREPARE, Phase.HOLD, Phase.RELAX, Phase.PAUSE)


class ConsoleModel:
    """Follow an engine; everything shown is asked of this."""

    def __init__(self) -> None:
        self.frame: Frame | None = None
        self.facts = Facts()
        self.board = ""
        self.answers = Answers()
        self.running: dict[str, Any] | None = None
        self.done: list[str] = []
        self.notice: Notice | None = None
        self.trouble = ""
        self.known = False
        self._message_s = -math.inf
        self._frame_s = -math.inf
        self._scores: dict[tuple[int, int], dict[str, Any]] = {}
        self._latency_s: deque[float] = deque(maxlen=LATENCIES)
        self._trace = History(0)
        self._scales = Scales(0)
        self.judged = Judge()
        self._judged_s = math.inf

    # What comes in.

    def receive(self, message: Message, now_s: float) -> None:
        """Take one published message that came at ``now_s``."""
        self._message_s = now_s
        if isinstance(message, Frame):
            self._take_frame(message, now_s)
        elif isinstance(message, Status):
            self._take_status(message)
        elif message.kind is EventKind.REPETITION:
            self._take_score(message.data)
        elif message.kind is EventKind.STALL:
            why = str(message.data.get("why") or "nothing comes from the board")
            self.tell(sentence(why), True, now_s)
        elif message.kind is EventKind.RESUME:
            self.tell("The board is back", False, now_s)

    def judge(self) -> None:
        """Judge each muscle's newest level; once a picture is often enough."""
        frame = self.frame
        if frame is None or frame.t_sample == self._judged_s:
            return
        elapsed_s = max(0.0, frame.t_sample - self._judged_s)
        self._judged_s = frame.t_sample
        views = [self._channel(channel, False) for channel in range(self.n_channels)]
        levels = np.array([_number(view.level) for view in views])
        shown = msgspec.structs.replace(frame.session, hidden=False)
        self.judged.update(shown, levels, elapsed_s, [view.target for view in views])

    def answer(self, command: str, result: Any) -> None:
        """Take the result of a request that was carried out."""
        if not isinstance(result, dict):
            return
        self.answers.take(command, result, self.session.patient)
        match command:
            case "repetitions":
                self._take_scores(list(result.get("repetitions", [])))
            case "begin_session":
                self.done = []
        self._take_facts(result)

    def tell(self, text: str, refused: bool, now_s: float) -> None:
        """Show a line to the therapist."""
        self.notice = Notice(text, refused, now_s)

    def forget_answers(self) -> None:
        """Know nothing of what was asked for: another engine may have come."""
        self.known = False
        self.answers.forget()

    def drawn(self, now_s: float) -> None:
        """Note that the newest frame is on the screen."""
        if self.frame is not None and not self.stale(now_s):
            before_send_s = max(0.0, self.frame.t_publish - self.frame.t_sample)
            self._latency_s.append(before_send_s + now_s - self._frame_s)

    # What is shown.

    @property
    def session(self) -> SessionState:
        """Return the newest state of the training."""
        return SessionState() if self.frame is None else self.frame.session

    @property
    def calibration(self) -> Calibration:
        """Return what is known of rest and full effort."""
        return self.facts.calibration

    @property
    def health(self) -> Health:
        """Return what is known of the board and the signal."""
        return self.facts.health

    @property
    def n_channels(self) -> int:
        """Return how many muscles there are."""
        if self.frame is not None:
            return len(self.frame.envelope_uv)
        return len(self.facts.channels)

    @property
    def lost_samples(self) -> int:
        """Return how many samples were lost so far."""
        return self.frame.lost if self.frame is not None else self.health.lost

    @property
    def latency_ms(self) -> float | None:
        """Return the median time from a sample to the screen, of the last drawings.

        The part up to the send is by the engine's clock, the rest by ours; the network between two
        machines is not in it.
        """
        return 1e3 * median(self._latency_s) if self._latency_s else None

    @property
    def exercising(self) -> bool:
        """Return whether an exercise runs, or waits in a pause."""
        return self.session.phase in _EXERCISING and self.session.set > 0

    @property
    def asked_for(self) -> str:
        """Return what the patient is asked for now, or how the exercise ended."""
        session = self.session
        match session.phase:
            case Phase.PAUSE:
                return PAUSED_FOR.get(session.paused_for, PHASES[Phase.PAUSE])
            case Phase.HOLD:
                asked = mode_said(session, self.held_s or 0.0)
                return HOLDS.get(asked, PHASES[Phase.HOLD])
            case Phase.DONE:
                return ended(session)
        return REST if session.between_parts else PHASES[session.phase]

    @property
    def evaluated(self) -> bool:
        """Return whether an initial evaluation is over."""
        return self.session.phase is Phase.DONE and bool(self.session.parts)

    @property
    def has_result(self) -> bool:
        """Return whether an initial evaluation is over of which something was done."""
        return self.evaluated and any(part.results for part in self.session.parts)

    @property
    def measuring_maximum(self) -> bool:
        """Return whether trials of full effort run, or the rest between two of them."""
        return self.session.in_trials

    @property
    def measuring_rest(self) -> bool:
        """Return whether rest is being measured."""
        return self.session.phase is Phase.REST_CALIBRATION

    def link(self, now_s: float) -> Link:
        """Return how the console stands to the engine."""
        if self._message_s == -math.inf:
            return Link.WAITING
        if now_s - self._message_s > LOST_S:
            return Link.LOST
        return Link.SILENT if self.stale(now_s) else Link.LIVE

    def stale(self, now_s: float) -> bool:
        """Return whether what is shown is too old to act on."""
        if self.frame is None:
            return True
        before_send_s = max(0.0, self.frame.t_publish - self.frame.t_arrive)
        return before_send_s + now_s - self._frame_s > STALE_S

    def name(self, channel: int) -> str:
        """Return the muscle on a channel."""
        names = self.facts.channels
        return (names[channel] if channel < len(names) else "") or f"Muscle {channel + 1}"

    def channels(self, now_s: float) -> list[ChannelView]:
        """Return every channel as it is now, also one that is not in use."""
        stale = self.stale(now_s)
        return [self._channel(channel, stale) for channel in range(self.n_channels)]

    def muscles(self, now_s: float) -> list[ChannelView]:
        """Return the channels in use as they are now, those of the left before the right."""
        views = self.channels(now_s)
        return [views[channel] for channel in left_first(self.used(), self.session.sides)]

    def used(self) -> list[int]:
        """Return the channels in use."""
        return [c for c in range(self.n_channels) if self.session.is_used(c)]

    def muscle_names(self) -> list[str]:
        """Return the muscles of the channels in use."""
        return [self.name(channel) for channel in self.used()]

    @property
    def course(self) -> Course | None:
        """Return the path that is followed in the exercise that runs, if it follows one."""
        return course_of(self.running) if self.session.path else None

    @property
    def held_s(self) -> float | None:
        """Return the time since the hold began, in one."""
        left_s, phase_s = self.session.remaining_s, self.session.phase_s
        if self.session.phase is not Phase.HOLD or left_s is None or phase_s is None:
            return None
        return max(0.0, phase_s - left_s)

    @property
    def busy(self) -> bool:
        """Return whether something runs, so that what it rests on cannot be changed."""
        return self.measuring_rest or self.measuring_maximum or self.exercising

    def sides(self) -> tuple[int, int] | None:
        """Return the channels of one muscle's left and right, if their names tell."""
        names = {apart(self.name(channel)): channel for channel in self.used()}
        for (muscle, side), left in names.items():
            if side == "left" and (muscle, "right") in names:
                return left, names[muscle, "right"]
        return None

    def trace(self, channel: int, now_s: float) -> tuple[Any, Any]:
        """Return ages in seconds, oldest first, and levels in the channel's own unit."""
        return self._trace.trace(channel, now_s, self._unit(channel) == "mvc")

    def seconds_left(self) -> tuple[float, float] | None:
        """Return the seconds left in this phase and the part of it left, if time is running."""
        left_s, phase_s = self.session.remaining_s, self.session.phase_s
        if left_s is None or not math.isfinite(left_s) or self.session.phase is Phase.PAUSE:
            return None
        return max(0.0, left_s), min(1.0, max(0.0, left_s / phase_s)) if phase_s else 1.0

    def results(self) -> list[Row]:
        """Return a row for each repetition of this exercise, the newest first."""
        session = self.session
        scores = [self._scores[key] for key in sorted(self._scores)]
        return rows_of(session.results, scores, sets=session.sets, mode=session.mode)

    @property
    def lacks_figures(self) -> bool:
        """Return whether there were repetitions whose figures have not come."""
        return len(self._scores) < len(self.session.results)

    # Inside.

    def _take_frame(self, frame: Frame, now_s: float) -> None:
        n_channels, before = len(frame.envelope_uv), self.frame
        elapsed_s = 0.0
        if before is not None:
            if before.station != frame.station or frame.seq <= before.seq:
                self.forget_answers()
                self._judged_s = math.inf
            else:
                elapsed_s = max(0.0, frame.t_sample - before.t_sample)
            if len(frame.session.results) < len(before.session.results):
                self._scores.clear()
            if frame.session.patient != before.session.patient:
                self.done.clear()
                if frame.session.patient is not None:
                    self.answers.evaluation = {}
        if frame.session.last:
            self._take_score(frame.session.last)
        done, name = frame.session.phase is Phase.DONE, frame.session.protocol
        results = as_one(frame.session).results
        if done and results and name is not None and name not in self.done:
            self.done.append(name)
        if n_channels != self._trace.n_channels:
            self._trace = History(n_channels)
            self._scales = Scales(n_channels)
        self._scales.update(frame.session, frame.envelope_uv, elapsed_s)
        self.frame, self._frame_s = frame, now_s
        envelope_uv = np.array([_number(value) for value in frame.envelope_uv])
        intensity = np.array([_number(_at(frame.intensity, c)) for c in range(n_channels)])
        self._trace.push(now_s, envelope_uv, intensity)

    def _take_score(self, score: dict[str, Any]) -> None:
        self._scores[score.get("set", 0), score.get("repetition", 0)] = score

    def _take_scores(self, scores: list[dict[str, Any]]) -> None:
        """Take the figures of all repetitions, unless they are of another exercise by now."""
        results, told = self.session.results, [score.get("result") for score in scores]
        if told[: len(results)] == results:
            for score in scores:
                self._take_score(score)

    def _take_status(self, status: Status) -> None:
        self.board, self.running = status.board, status.protocol
        self._take_facts(
            {
                "channels": status.channel_names,
                "calibration": status.calibration,
                "settings": status.settings,
                "health": status.health,
                "auto_target": status.auto_target,
                "electrodes": msgspec.to_builtins(status.electrodes),
                "channels_from": status.channels_from,
                "displays": msgspec.to_builtins(status.displays),
                "pain_unseen": status.pain_unseen,
            }
        )

    def _take_facts(self, told: dict[str, Any]) -> None:
        if "calibration" not in told:
            return
        try:
            self.facts = msgspec.convert(told, Facts)
        except msgspec.ValidationError:
            return
        self.known = True

    def _unit(self, channel: int) -> Unit:
        """Return the unit of a channel's target; without a maximum it is µV."""
        frame = self.frame
        intensity = _at(frame.intensity, channel) if frame is not None else None
        if intensity is None and _at(self.calibration.mvc_uv, channel) is None:
            return "uv"
        return _at(self.session.units, channel) or "mvc"

    def _full(self, channel: int, unit: Unit) -> float:
        if channel >= self._trace.n_channels:
            return 1.0
        scales = self._scales
        return scales.full_fraction(channel) if unit == "mvc" else scales.full_uv(channel)

    def _channel(self, channel: int, stale: bool) -> ChannelView:
        frame, session = self.frame, self.session
        envelope_uv = _known(_at(frame.envelope_uv, channel)) if frame else None
        intensity = _known(_at(frame.intensity, channel)) if frame else None
        word = _at(frame.quality, channel) if frame else None
        mvc_uv = _at(self.calibration.mvc_uv, channel)
        unit = self._unit(channel)
        targets = session.targets if unit == "mvc" else session.targets_uv
        if session.in_trials or session.phase is Phase.REST_CALIBRATION:
            targets = []  # those of an exercise that was
        factor = 1.0 if unit == "mvc" else mvc_uv or math.nan
        hold, relax = _at(session.hold_targets, channel), _at(session.relax_targets, channel)
        target = _at(targets, channel)
        return ChannelView(
            number=channel,
            name=self.name(channel),
            quality=NO_QUALITY if stale or word is None else QUALITY.get(word, QUALITY_OTHER),
            quality_number="" if stale or word is None else self.health.number(word, channel),
            envelope_uv=envelope_uv,
            intensity=intensity,
            rest_uv=_at(self.calibration.rest_uv, channel),
            mvc_uv=mvc_uv,
            unit=unit,
            level=intensity if unit == "mvc" else envelope_uv,
            target=target,
            band=(hold[0] * factor, hold[1] * factor) if hold else target,
            ceiling=relax[1] * factor if relax else None,
            full=self._full(channel, unit),
            role=_at(session.roles, channel) or "",
            place=Place.NONE if stale else self.judged.place(channel),
            stale=stale,
            used=session.is_used(channel),
        )


def _known(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _number(value: float | None) -> float:
    return math.nan if (known := _known(value)) is None else known


def _at(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else None

"""What runs, an exercise or a calibration, as samples move through it.

Both are laid out as a list of steps. Time is the number of samples: the same samples and commands
give the same session, at any speed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config.muscles import side_of
from emg_config.protocol import ContractRelax, Endurance, Exercise, Follow, StayBelow
from emg_feedback.link.messages import AutoTarget, EventKind, Part, Phase, SessionState
from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.smear import NO_SMEAR, Smear
from emg_feedback.training import targets
from emg_feedback.training.alarm import Alarm
from emg_feedback.training.auto_target import step_after
from emg_feedback.training.calibration import SPOILING, Calibration, Stretch
from emg_feedback.training.goals import Goals
from emg_feedback.training.score import Repetition, RepetitionScore
from emg_feedback.training.statistics import Played
from emg_feedback.training.steps import Step
from emg_feedback.training.timeline import Timeline

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """Something the session has to tell: an event without its sequence number and times.

    ``exercise`` is the number of the exercise that ran or had run last, 0 before any.
    """

    kind: EventKind
    sample: int
    data: dict[str, Any]
    channel: int | None = None
    exercise: int = 0


class Running:
    """What of a session the samples move.

    Parameters
    ----------
    channel_names : list of str
    sample_rate_hz : float
    behind : Smear
        By how much the signal is behind the muscles.
    """

    def __init__(
        self, channel_names: list[str], sample_rate_hz: float, behind: Smear = NO_SMEAR
    ) -> None:
        n_channels = len(channel_names)
        self.channel_names = channel_names
        self.used = [True] * n_channels
        self.patient: str | None = None
        self.calibration = Calibration.none(n_channels)
        self.quality: list[str] = ["good"] * n_channels
        self.goals = Goals(self.calibration)
        self.played: list[Played] = []
        self.auto_target: AutoTarget | None = None
        self.refused: str | None = None
        self._rate_hz = sample_rate_hz
        self._behind = behind
        self._timeline = Timeline(sample_rate_hz)
        self._to_play: list[Played] = []
        self._number = 0
        self._sample = 0
        self._active = np.zeros(n_channels, np.bool_)
        self._repetition: Repetition | None = None
        self._alarm: Alarm | None = None
        self._stretch = Stretch()
        self._trial_channels: list[int] = []
        self._changes: list[Change] = []

    @property
    def exercise(self) -> Exercise | None:
        """The exercise that runs or ran last."""
        return self.goals.exercise

    @property
    def scores(self) -> list[RepetitionScore]:
        """The repetitions of the exercise that runs or ran last."""
        return self.played[-1].scores if self.played else []

    @property
    def playing(self) -> Played | None:
        """The exercise that runs, or waits in a pause."""
        step = self._timeline.step
        return self.played[-1] if step is not None and step.set > 0 else None

    @property
    def phase(self) -> Phase:
        """What the patient is asked to do now."""
        return self._timeline.phase

    @property
    def trying(self) -> list[int]:
        """The channels whose full effort is tried, now or again after a rest; empty if none is."""
        step = self._timeline.step
        tries = step is not None and step.set == 0 and step.repetition > 0
        return self._trial_channels if tries else []

    @property
    def skipped_last(self) -> tuple[int, int] | None:
        """Set and repetition that were skipped last, if nothing came of a later one."""
        step = self._timeline.step
        if step is None or not step.of_repetition:
            return None
        played, late = self.played[-1], {(step.set, step.repetition)}
        if step.phase is not Phase.RELAX:
            late.add((step.set, step.repetition - 1))
            if step.repetition == 1:
                late.add((step.set - 1, played.exercise.repetitions))
        return max(late & played.left_out, default=None)

    @property
    def state(self) -> SessionState:
        """What every view shows."""
        timeline, exercise, parts = self._timeline, self.exercise, self._parts
        step = timeline.step
        foreseen = step is not None and step.foreseen
        calibrating = step is not None and step.set == 0
        training = step is not None and step.of_repetition
        planned = exercise.repetitions if exercise else 0
        shown = [
            self.goals.now(channel, step, timeline.gone / self._rate_hz)
            for channel in range(len(self.channel_names))
        ]
        path, halves = [], []
        if isinstance(exercise, Follow) and training:
            path = targets.corners(exercise.path, exercise.hold_s)
        if isinstance(exercise, ContractRelax) and training:
            halves = [self.goals.halves(channel) for channel in range(len(shown))]
        return SessionState(
            phase=self.phase,
            patient=self.patient,
            protocol=exercise.name if exercise else None,
            title=exercise.title if exercise else None,
            mode=exercise.mode if exercise and (training or step is None) else None,
            cue=exercise.cue if exercise and not calibrating else "",
            set=step.set if step else 0,
            sets=exercise.sets if exercise else 0,
            repetition=step.repetition if step else 0,
            repetitions=timeline.trials if calibrating else planned,
            part=self._number + 1 if parts else 0,
            parts=parts,
            remaining_s=timeline.left_s if foreseen else None,
            phase_s=timeline.length_s if foreseen else None,
            targets=self.goals.in_mvc(shown),
            targets_uv=self.goals.in_uv(shown),
            hold_targets=self.goals.in_mvc([hold for hold, _ in halves]),
            relax_targets=self.goals.in_mvc([relax for _, relax in halves]),
            units=[self.goals.unit(channel) for channel in range(len(shown))],
            roles=self.goals.roles,
            sides=[
                side_of(name) or planned
                for name, planned in zip(self.channel_names, self.goals.sides, strict=True)
            ],
            used=[] if all(self.used) else self.used,
            hidden=step is not None and step.hidden,
            alarm=self._alarm is not None and self._alarm.on and self.phase is Phase.HOLD,
            path=path,
            effort=min((self.calibration.fraction[c] for c in self.trying), default=1.0),
            results=[score.result for score in self.scores],
            score=self.scores[-1].time_in_band if self.scores else None,
            last=msgspec.to_builtins(self.scores[-1]) if self.scores else {},
            completed=sum(score.counted for score in self.scores),
            skipped=self.played[-1].skipped if self.played else 0,
            skipped_last=self.skipped_last,
            paused_for=timeline.paused_for,
        )

    def advance(self, features: Features, rises_s: Mapping[Edge, float] | None = None) -> None:
        """Move through the session by a block of samples.

        Parameters
        ----------
        features : Features
        rises_s : mapping of Edge to float, optional
            For contractions that ended in this block, by their offset: how long they took to rise.
        """
        timeline, envelope = self._timeline, features.slow_envelope_uv
        self._sample = features.first_sample
        edges = list(features.events)
        start = 0
        while start < len(envelope):
            stop, moving = len(envelope), timeline.moving
            if moving:
                stop = min(stop, start + timeline.left)
                if self._repetition is not None:
                    stop = min(stop, start + self._repetition.n_left)
                self._take(features.filtered_uv[start:stop], envelope[start:stop])
            decided = features.first_sample + features.late_samples + stop
            while edges and (edges[0].decided_sample < decided or stop == len(envelope)):
                edge = edges.pop(0)
                if self._repetition is not None:
                    self._repetition.note(edge, (rises_s or {}).get(edge))
            self._sample = features.first_sample + stop
            self._active = features.active[stop - 1].copy()
            if moving:
                timeline.left -= stop - start
                if self._repetition is not None and self._repetition.n_left == 0:
                    self._finish_repetition()
                if timeline.left == 0:
                    self._finish_step()
            start = stop

    def watch_quality(self, quality: list[str]) -> None:
        """Take a word per channel; one that spoils a running hold voids it."""
        self.quality = quality
        if self._repetition is not None and self.phase is Phase.HOLD:
            for channel, word in enumerate(quality):
                if word in SPOILING and self.goals.roles[channel] in ("train", "quiet"):
                    self._repetition.disturb(channel, word)

    def interrupt(self) -> None:
        """Pause by itself, because so much was lost that what runs must be done again."""
        if self._timeline.moving:
            self.refused = "too much was lost: check the board, then go on"
            self.pause("loss")

    def pause(self, reason: str = "asked") -> None:
        """Hold the session up; a repetition that was not over will be done again."""
        self._timeline.pause(reason)
        self._repetition = self._alarm = None
        self._tell_phase()

    def flag(self, reason: str) -> None:
        """Note a disturbance: the running repetition will not count."""
        if self._repetition is not None and self.phase is Phase.HOLD:
            self._repetition.flags.add(reason)

    def changes(self) -> list[Change]:
        """Return what changed since the last call."""
        changes, self._changes = self._changes, []
        return changes

    @property
    def _parts(self) -> list[Part]:
        """Return what came of each exercise, if several were asked for together."""
        if self.exercise is None or len(self._to_play) < 2:
            return []
        return [
            Part(
                title=one.exercise.title,
                planned=one.planned,
                results=[score.result for score in one.scores],
                skipped=one.skipped,
            )
            for one in self._to_play
        ]

    # Inside: steps.

    def _enter_step(self) -> None:
        step = self._timeline.step
        self._alarm, self._stretch = None, Stretch()
        if step is None:
            self._repetition = None
        elif step.set > 0 and step.exercise != self._number:
            self._enter_exercise(step.exercise)
        if step is not None and self.phase is Phase.HOLD:
            self._repetition = self._new_repetition(step)
            if isinstance(self.exercise, Endurance):
                self._alarm = Alarm(self.exercise.alarm_after_s * self._rate_hz)
        if self.phase is not Phase.PAUSE:
            self._tell_phase()

    def _enter_exercise(self, number: int) -> None:
        self._number = number
        played = self._to_play[number]
        self.goals.begin(played.exercise, played.channels)
        self.played.append(played)
        self._tell_targets("protocol")

    def _new_repetition(self, step: Step) -> Repetition:
        return Repetition(
            number=(step.set, step.repetition),
            first_sample=self._sample,
            n_hold=step.n_samples,
            sample_rate_hz=self._rate_hz,
            mvc_uv=self.calibration.mvc_uv.copy(),
            rest_uv=self.calibration.rest_uv.copy(),
            roles=list(self.goals.roles),
            units=[self.goals.unit(channel) for channel in range(len(self.channel_names))],
            contracting=self._active.copy(),
            behind=self._behind,
            hidden=step.hidden,
        )

    def _take(self, filtered_uv: Array, slow_envelope_uv: Array) -> None:
        phase = self.phase
        if self._repetition is not None:
            if phase is not Phase.HOLD:
                self._repetition.add(filtered_uv, None)
                return
            gone = self._timeline.gone + np.arange(len(slow_envelope_uv))
            bands_uv = self.goals.bands_uv(gone / self._rate_hz)
            self._repetition.add(filtered_uv, bands_uv)
            if self._alarm is not None:
                trained = self.goals.trained
                self._alarm.watch(slow_envelope_uv[:, trained], bands_uv[:, trained])
        elif phase in (Phase.REST_CALIBRATION, Phase.MVC_CALIBRATION):
            self._stretch.add(slow_envelope_uv, self.quality)

    def _finish_step(self) -> None:
        phase = self.phase
        if phase is Phase.REST_CALIBRATION:
            self.refused = self.calibration.take_rest(self._stretch, self.channel_names, self.used)
        elif phase is Phase.MVC_CALIBRATION:
            self.refused = self.calibration.take_trials(
                self._stretch, self._trial_channels, self.channel_names, self._rate_hz
            )
        if not (phase is Phase.HOLD and self._timeline.comes_next(Phase.RELAX)):
            self._finish_repetition()
        self._timeline.next()
        self._enter_step()

    def _finish_repetition(self) -> None:
        if self._repetition is None:
            return
        repetition, self._repetition = self._repetition, None
        assert self.exercise is not None
        score = repetition.score(self.exercise)
        self.played[-1].exercise = self.exercise
        self.scores.append(score)
        self._tell(EventKind.REPETITION, **msgspec.to_builtins(score))
        rule = self.auto_target
        if rule is not None and score.counted and self.goals.trained:
            harder = -1.0 if isinstance(self.exercise, StayBelow) else 1.0
            by = step_after(score.result == "good", rule, harder=harder)
            self.goals.move(by, (rule.low, rule.high))
            self._tell_targets("auto", moved_by=by)

    # Inside: telling.

    def _tell(self, kind: EventKind, channel: int | None = None, **data: Any) -> None:
        self._changes.append(Change(kind, self._sample, data, channel, len(self.played)))

    def _tell_targets(self, who: str, channel: int | None = None, **more: Any) -> None:
        state = self.state
        self._tell(
            EventKind.TARGET,
            channel,
            by=who,
            targets=state.targets,
            targets_uv=state.targets_uv,
            **more,
        )

    def _tell_phase(self) -> None:
        self._tell(EventKind.PHASE, **msgspec.to_builtins(self.state), refused=self.refused)

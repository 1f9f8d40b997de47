"""The training itself: one state machine, driven by samples and by the therapist's commands.

Exercises, or a calibration, are laid out as a list of steps. Samples move through the steps;
commands lay out, hold up or cut the list. Time is the number of samples: the same samples and
commands give the same session, at any speed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import UserError
from emg_config.muscles import side_of
from emg_config.protocol import Endurance, Exercise, Follow, StayBelow, Unit
from emg_feedback.link.messages import AutoTarget, CalibrateMvc, EventKind, Phase, SessionState
from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.smear import NO_SMEAR, Smear
from emg_feedback.training import targets
from emg_feedback.training.auto_target import step_after
from emg_feedback.training.calibration import SPOILING, Calibration, Stretch
from emg_feedback.training.goals import Asked, Goals, placed
from emg_feedback.training.score import Repetition, RepetitionScore
from emg_feedback.training.statistics import Played
from emg_feedback.training.steps import Step, exercise_steps, mvc_steps
from emg_feedback.training.targets import Target

Array = NDArray[np.float64]

LONGEST_REST_S = 900.0


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


class Session:
    """Calibrations, targets and repetitions of one patient.

    Parameters
    ----------
    channel_names : list of str
    sample_rate_hz : float
    random : numpy.random.Generator, optional
        Draws the waits before a cue.
    behind : Smear
        By how much the signal is behind the muscles.
    """

    def __init__(
        self,
        channel_names: list[str],
        sample_rate_hz: float,
        random: np.random.Generator | None = None,
        behind: Smear = NO_SMEAR,
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
        self._random = random or np.random.default_rng()
        self._asked: list[Asked] = []
        self._number = 0
        self._steps: list[Step] = []
        self._position = 0
        self._left = 0
        self._extra = 0
        self._resting_phase = Phase.IDLE
        self._paused_for = ""
        self._sample = 0
        self._active = np.zeros(n_channels, np.bool_)
        self._repetition: Repetition | None = None
        self._stretch = Stretch()
        self._trial_channels: list[int] = []
        self._fraction = 1.0
        self._out_for = 0
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
    def phase(self) -> Phase:
        """What the patient is asked to do now."""
        if self._paused_for:
            return Phase.PAUSE
        return self._step.phase if self._step else self._resting_phase

    @property
    def running(self) -> bool:
        """Whether an exercise or a calibration is under way, paused or not."""
        return self._step is not None

    @property
    def state(self) -> SessionState:
        """What every view shows."""
        step, exercise = self._step, self.exercise
        foreseen = step is not None and step.foreseen
        calibrating = step is not None and step.set == 0
        shown = self._shown_targets()
        path = []
        if isinstance(exercise, Follow) and step is not None and step.set > 0:
            path = targets.corners(exercise.path, exercise.hold_s)
        return SessionState(
            phase=self.phase,
            patient=self.patient,
            protocol=exercise.name if exercise else None,
            title=exercise.title if exercise else None,
            mode=exercise.mode if exercise and not calibrating else None,
            cue=exercise.cue if exercise and not calibrating else "",
            set=step.set if step else 0,
            sets=exercise.sets if exercise else 0,
            repetition=step.repetition if step else 0,
            repetitions=self._repetitions,
            remaining_s=self._left / self._rate_hz if foreseen else None,
            phase_s=(step.n_samples + self._extra) / self._rate_hz if step and foreseen else None,
            targets=self.goals.in_mvc(shown),
            targets_uv=self.goals.in_uv(shown),
            units=[self.goals.unit(channel) for channel in range(len(shown))],
            roles=self.goals.roles,
            sides=[
                side_of(name) or planned
                for name, planned in zip(self.channel_names, self.goals.sides, strict=True)
            ],
            used=[] if all(self.used) else self.used,
            hidden=step is not None and step.hidden,
            alarm=self._alarm,
            path=path,
            results=[score.result for score in self.scores],
            score=self.scores[-1].time_in_band if self.scores else None,
            last=msgspec.to_builtins(self.scores[-1]) if self.scores else {},
            completed=sum(score.counted for score in self.scores),
            paused_for=self._paused_for,
        )

    # Samples.

    def advance(self, features: Features, rises_s: Mapping[Edge, float] | None = None) -> None:
        """Move through the session by a block of samples.

        Parameters
        ----------
        features : Features
        rises_s : mapping of Edge to float, optional
            For contractions that ended in this block, by their offset: how long they took to rise.
        """
        envelope = features.slow_envelope_uv
        self._sample = features.first_sample
        edges = list(features.events)
        start = 0
        while start < len(envelope):
            stop = len(envelope)
            if self._step and not self._paused_for:
                stop = min(stop, start + self._left)
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
            if self._step and not self._paused_for:
                self._left -= stop - start
                if self._repetition is not None and self._repetition.n_left == 0:
                    self._finish_repetition()
                if self._left == 0:
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
        if self._step and not self._paused_for:
            self.refused = "too much was lost: check the board, then go on"
            self.pause("loss")

    def changes(self) -> list[Change]:
        """Return what changed since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def flag(self, reason: str) -> None:
        """Note a disturbance: the running repetition will not count."""
        if self._repetition is not None and self.phase is Phase.HOLD:
            self._repetition.flags.add(reason)

    # Commands: who.

    def change_patient(self, patient: str | None) -> None:
        """Begin anew with a patient, or with nobody: no reference of the one before is kept."""
        self.refuse_while_running()
        self.patient = patient
        self.calibration = Calibration.none(len(self.channel_names))
        self.goals = Goals(self.calibration)
        self.played = []
        self.auto_target = self.refused = None
        self._steps, self._resting_phase = [], Phase.IDLE
        self._tell_phase()

    # Commands: calibration.

    def name_channel(self, channel: int, muscle: str, used: bool | None = None) -> None:
        """Put a channel on another muscle, or in or out of use; what was measured is forgotten."""
        self.refuse_while_running()
        self._checked(channel)
        if used is not None and used != self.used[channel]:
            changed = [*self.used]
            changed[channel] = used
            if not any(changed):
                raise UserError("one channel at least must be in use")
            self.used = changed
            self.calibration.forget(channel)
        if muscle != self.channel_names[channel]:
            if muscle in self.channel_names:
                raise UserError(f"{muscle} is already on channel {self._channel_of(muscle)}")
            names = [*self.channel_names]
            names[channel] = muscle
            self.channel_names = names
            self.calibration.forget(channel)

    def calibrate_rest(self, seconds: float) -> None:
        """Measure the rest level from the next ``seconds``."""
        self.refuse_while_running()
        self._begin([Step(Phase.REST_CALIBRATION, max(1, round(seconds * self._rate_hz)))])

    def calibrate_mvc(self, asked: CalibrateMvc) -> None:
        """Measure maximal contractions of one channel, or of all at once."""
        self.refuse_while_running()
        everyone = [channel for channel, used in enumerate(self.used) if used]
        channels = everyone if asked.channel is None else [self._checked(asked.channel)]
        self._trial_channels, self._fraction = channels, asked.fraction
        for channel in channels:
            self.calibration.begin_trials(channel, asked.fraction)
        self._begin(list(mvc_steps(asked, self._rate_hz)))

    def drop_trial(self, channel: int) -> None:
        """Take the latest MVC trial of a channel out."""
        self.refuse_while_running()
        if not self.calibration.trials[self._checked(channel)]:
            raise UserError(f"{self.channel_names[channel]} has no trial to drop")
        self.calibration.drop_trial(channel)

    def set_reference(self, channel: int, mvc_uv: float, fraction: float = 1.0) -> None:
        """Take a known MVC, such as that of the last session."""
        self.refuse_while_running()
        self.calibration.take(self._checked(channel), mvc_uv, fraction)

    # Commands: exercise.

    def start(self, exercises: Sequence[Exercise], channels: list[int] | None = None) -> None:
        """Begin one exercise, or several, one after the other."""
        self.refuse_while_running()
        asked = [placed(one, channels, self.channel_names, self.calibration) for one in exercises]
        for channel in {channel for one in asked for channel in one.channels}:
            if not self.used[channel]:
                name = self.channel_names[channel]
                raise UserError(f"{name} is not in use: take another channel, or put it into use")
        steps = [
            step
            for number, one in enumerate(asked)
            for step in exercise_steps(one.exercise, number, self._rate_hz, self._random)
        ]
        self._asked, self._number = asked, -1
        self._begin(steps)

    def set_target(self, channel: int, low: float, high: float, unit: Unit = "mvc") -> None:
        """Set a target band in fractions of MVC, or in µV (``unit="uv"``)."""
        self._checked(channel)
        if isinstance(self.exercise, Follow) and self.running:
            raise UserError("the path is the target: set the path")
        self.goals.set(channel, low, high, unit)
        self._tell_targets("therapist", channel)

    def set_path(self, **changed: float) -> None:
        """Change the path of the exercise that runs, as `Goals.set_path`."""
        if not self.running:
            raise UserError("there is no path now: start an exercise that follows one")
        self.goals.set_path(**changed)
        self._tell_targets("therapist", path=changed)

    def nudge_target(self, by: float) -> None:
        """Move every trained muscle's band up or down by a part of MVC."""
        if not self.goals.trained:
            raise UserError("there is no target to move: start an exercise first")
        self.goals.move(by)
        self._tell_targets("therapist", moved_by=by)

    def set_auto_target(self, rule: AutoTarget) -> None:
        """Let the targets follow success, or no longer."""
        if rule.on and not rule.low < rule.high:
            raise UserError("the automatic target needs low < high")
        self.auto_target = rule if rule.on else None
        self._tell(EventKind.TARGET, by="therapist", auto_target=msgspec.to_builtins(rule))

    def extend_rest(self, seconds: float) -> None:
        """Make the present rest longer."""
        if self.phase is not Phase.RELAX:
            raise UserError("there is no rest now that could be extended")
        longest = round(LONGEST_REST_S * self._rate_hz)
        extra = round(seconds * self._rate_hz)
        if self._left + extra > longest:
            raise UserError(f"a rest lasts {LONGEST_REST_S:.0f} s at most")
        self._left += extra
        self._extra += extra
        self._tell_phase()

    def pause(self, reason: str = "asked") -> None:
        """Hold the session up; a repetition that was not over will be done again."""
        if not self._step:
            raise UserError("nothing is running that could be paused")
        if self._paused_for and (reason != "pain" or self._paused_for == "pain"):
            raise UserError("the session is paused already")
        self._paused_for = reason
        self._repetition = None
        self._out_for = 0
        self._tell_phase()

    def resume(self) -> None:
        """Go on after a pause, from the start of the repetition or trial, or of its rest."""
        step = self._step
        if not self._paused_for or not step:
            raise UserError("the session is not paused")
        self._paused_for = ""
        self.refused = None
        here = (step.set, step.repetition)
        over = step.set == 0 or any((one.set, one.repetition) == here for one in self.scores)
        if not (over and step.phase is Phase.RELAX):
            while self._position > 0:
                before = self._steps[self._position - 1]
                if (before.set, before.repetition) != here or before.exercise != step.exercise:
                    break
                self._position -= 1
        self._enter_step()

    def skip(self) -> None:
        """Leave the present step out and go to the next."""
        if not self._step:
            raise UserError("nothing is running that could be skipped")
        self._paused_for = ""
        if self._step.phase is not Phase.RELAX:
            self._repetition = None
        self._finish_repetition()
        self._next_step()

    def stop(self) -> None:
        """End the exercise or calibration now."""
        if not self._step:
            raise UserError("nothing is running that could be stopped")
        if self._step.phase is not Phase.RELAX:
            self._repetition = None
        self._paused_for = ""
        self._finish_repetition()
        self._position = len(self._steps)
        self._enter_step()

    # Inside: steps.

    @property
    def _step(self) -> Step | None:
        return self._steps[self._position] if self._position < len(self._steps) else None

    @property
    def _repetitions(self) -> int:
        if self._step and self._step.set == 0:
            return self._steps[-1].repetition
        return self.exercise.repetitions if self.exercise else 0

    def _begin(self, steps: list[Step]) -> None:
        self.refused = None
        self._steps, self._position = steps, 0
        self._enter_step()

    def _enter_step(self) -> None:
        step = self._step
        self._extra, self._out_for = 0, 0
        self._stretch = Stretch()
        if step is None:
            self._repetition = None
            was_training = bool(self._steps) and self._steps[-1].set > 0
            self._resting_phase = Phase.DONE if was_training else Phase.IDLE
        else:
            self._left = step.n_samples
            if step.set > 0 and step.exercise != self._number:
                self._enter_exercise(step.exercise)
            if step.phase is Phase.HOLD:
                self._repetition = self._new_repetition(step)
        self._tell_phase()

    def _enter_exercise(self, number: int) -> None:
        self._number = number
        asked = self._asked[number]
        self.goals.begin(asked)
        self.played.append(Played(asked.exercise, asked.channels))
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
        if self._paused_for or self._step is None:
            return
        phase = self._step.phase
        if self._repetition is not None:
            hold = phase is Phase.HOLD
            gone = self._step.n_samples - self._left + np.arange(len(slow_envelope_uv))
            bands_uv = self.goals.bands_uv(gone / self._rate_hz) if hold else None
            self._repetition.add(filtered_uv, bands_uv)
            if hold and bands_uv is not None:
                self._watch_alarm(slow_envelope_uv, bands_uv)
        elif phase in (Phase.REST_CALIBRATION, Phase.MVC_CALIBRATION):
            self._stretch.add(slow_envelope_uv, self.quality)

    def _finish_step(self) -> None:
        step = self._step
        assert step is not None
        if step.phase is Phase.REST_CALIBRATION:
            self._judge_rest()
        elif step.phase is Phase.MVC_CALIBRATION:
            self._judge_mvc()
        following = self._position + 1
        goes_on = following < len(self._steps) and self._steps[following].phase is Phase.RELAX
        if self._repetition is not None and not (step.phase is Phase.HOLD and goes_on):
            self._finish_repetition()
        self._next_step()

    def _next_step(self) -> None:
        self._position += 1
        self._enter_step()

    def _judge_rest(self) -> None:
        """Take the level of every channel that was at rest; one that is not used may be left."""
        level, noise, found = self._stretch.rest(self.channel_names)
        faults = {channel: why for channel, why in found.items() if self.used[channel]}
        good = [c for c, used in enumerate(self.used) if used and c not in found]
        for channel in good:
            self.calibration.rest_uv[channel] = level[channel]
            self.calibration.rest_noise_uv[channel] = noise[channel]
        self.refused = next(iter(faults.values()), None)
        if len(faults) > 1:
            self.refused = f"{self.refused} (and {len(faults) - 1} more)"

    def _judge_mvc(self) -> None:
        self.refused = None
        for channel in self._trial_channels:
            rest_uv = float(self.calibration.rest_uv[channel])
            trial = self._stretch.mvc(channel, rest_uv, self._fraction, self._rate_hz)
            self.calibration.add_trial(channel, trial)
            if not trial.ok:
                self.refused = f"{self.channel_names[channel]}: {trial.why}"

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

    # Inside: targets.

    def _shown_targets(self) -> list[Target | None]:
        step = self._step
        gone_s = (step.n_samples - self._left) / self._rate_hz if step else 0.0
        return [self.goals.now(c, step, gone_s) for c in range(len(self.channel_names))]

    @property
    def _alarm(self) -> bool:
        exercise = self.exercise
        return (
            isinstance(exercise, Endurance)
            and self.phase is Phase.HOLD
            and self._out_for >= exercise.alarm_after_s * self._rate_hz
        )

    def _watch_alarm(self, slow_envelope_uv: Array, bands_uv: Array) -> None:
        if not isinstance(self.exercise, Endurance):
            return
        trained = self.goals.trained
        level, band = slow_envelope_uv[:, trained], bands_uv[:, trained]
        with np.errstate(invalid="ignore"):
            out = np.logical_or(level < band[..., 0], level > band[..., 1]).any(axis=1)
        inside = np.flatnonzero(np.logical_not(out))
        n_samples = len(level)
        since = n_samples - 1 - int(inside[-1]) if len(inside) else self._out_for + n_samples
        self._out_for = since

    # Inside: telling.

    def refuse_while_running(self) -> None:
        """Refuse what must not happen while an exercise or a calibration runs."""
        if self._step:
            what = self._step.phase.replace("_", " ")
            raise UserError(f"{what} is running: wait for its end, or stop it first")

    def _checked(self, channel: int) -> int:
        if not 0 <= channel < len(self.channel_names):
            raise UserError(f"there is no channel {channel}: 0 to {len(self.channel_names) - 1}")
        return channel

    def _channel_of(self, muscle: str) -> int:
        return self.channel_names.index(muscle)

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

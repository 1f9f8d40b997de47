"""A session of one patient: what a therapist may ask of the training."""

from collections.abc import Sequence, Set

import msgspec
import numpy as np

from emg_config import UserError
from emg_config.protocol import Exercise, Follow, Unit
from emg_feedback.link.messages import AutoTarget, CalibrateMvc, EventKind, Phase
from emg_feedback.stream.smear import NO_SMEAR, Smear
from emg_feedback.training.calibration import Calibration
from emg_feedback.training.goals import Goals, placed
from emg_feedback.training.running import Running
from emg_feedback.training.steps import (
    BETWEEN_PARTS_S,
    Step,
    exercise_steps,
    mvc_steps,
    rest_before,
)


class Session(Running):
    """Calibrations, targets and repetitions of one patient, led by commands.

    A command that makes no sense now is refused with a `UserError` and changes nothing.

    Parameters
    ----------
    channel_names : list of str
    sample_rate_hz : float
    random : numpy.random.Generator, optional
        Draws the waits before a cue.
    behind : Smear
        By how much the signal is behind the muscles.

    Attributes
    ----------
    channels_given : bool
        The channels were named for who is here, or comes next, as the system was started.
    first_names : list of str
        What the channels are called for a patient of whom nothing is known.
    """

    def __init__(
        self,
        channel_names: list[str],
        sample_rate_hz: float,
        random: np.random.Generator | None = None,
        behind: Smear = NO_SMEAR,
    ) -> None:
        super().__init__(channel_names, sample_rate_hz, behind)
        self.channels_given = False
        self.first_names = [*channel_names]
        self._random = random or np.random.default_rng()

    def refuse_while_running(self) -> None:
        """Refuse what must not happen while an exercise or a calibration runs."""
        if step := self._timeline.step:
            measurement = f"the measurement of {'the maximum' if step.repetition else 'rest'}"
            what = f"“{self.exercise.title}”" if self.exercise else measurement
            how = "paused: resume it" if self._timeline.paused_for else "running: wait for its end"
            raise UserError(f"{what} is {how}, or stop it first")

    # Who.

    def change_patient(self, patient: str | None) -> None:
        """Begin anew with a patient, or with nobody: no reference of the one before is kept.

        Nor are the muscles of another patient: every channel is as it was at first.
        """
        self.refuse_while_running()
        if self.patient not in (None, patient):
            self.channel_names, self.used = [*self.first_names], [True] * len(self.used)
            self.channels_given = False
        self.patient = patient
        self.calibration = Calibration.none(len(self.channel_names))
        self.goals = Goals(self.calibration)
        self.played = []
        self.auto_target = self.refused = None
        self._timeline.begin([])
        self._tell_phase()

    # Calibration.

    def name_channel(
        self, channel: int, muscle: str | None = None, used: bool | None = None
    ) -> None:
        """Put a channel on another muscle, or in or out of use; what was measured is forgotten."""
        self.refuse_while_running()
        self._checked(channel)
        for other, name in enumerate(self.channel_names):
            if name == muscle and other != channel:
                raise UserError(f"{muscle} is already on channel {other + 1}")
        in_use = [*self.used]
        in_use[channel] = self.used[channel] if used is None else used
        if not any(in_use):
            raise UserError("one channel at least must be in use")
        names = [*self.channel_names]
        names[channel] = names[channel] if muscle is None else muscle
        if (names, in_use) != (self.channel_names, self.used):
            self.channel_names, self.used = names, in_use
            self.calibration.forget(channel)

    @property
    def channels_set(self) -> bool:
        """Return whether channels are on muscles, or out of use, for who is here or comes next."""
        as_first = self.channel_names == self.first_names and all(self.used)
        return self.channels_given or not as_first

    def take_channels(self, names: Sequence[str], used: Sequence[bool]) -> None:
        """Put every channel on a muscle, in or out of use (all in it if ``used`` is empty)."""
        self.refuse_while_running()
        in_use = [*used] or [True] * len(names)
        if not len(names) == len(in_use) == len(self.channel_names):
            raise UserError(f"there are {len(self.channel_names)} channels: name each of them")
        if len({*names}) < len(names) or not all(names) or not any(in_use):
            raise UserError("each channel needs a muscle of its own, and one must be in use")
        self.channel_names, self.used = [*names], in_use

    def calibrate_rest(self, seconds: float) -> None:
        """Measure the rest level from the next ``seconds``."""
        self.refuse_while_running()
        self._leave_exercise()
        self._begin([Step(Phase.REST_CALIBRATION, max(1, round(seconds * self._rate_hz)))])

    def calibrate_mvc(self, asked: CalibrateMvc) -> None:
        """Measure maximal contractions of one channel, or of all at once."""
        self.refuse_while_running()
        everyone = [channel for channel, used in enumerate(self.used) if used]
        channels = everyone if asked.channel is None else [self._checked(asked.channel)]
        self._leave_exercise()
        self._trial_channels = channels
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

    # Exercise.

    def start(
        self,
        exercises: Sequence[Exercise],
        channels: list[int] | None = None,
        between_s: float = BETWEEN_PARTS_S,
    ) -> None:
        """Begin one exercise, or several, one after the other with a rest ``between_s``."""
        self.refuse_while_running()
        names, mvc_uv = self.channel_names, self.calibration.mvc_uv
        to_play = [placed(one, channels, names, mvc_uv) for one in exercises]
        for channel in {channel for one in to_play for channel in one.channels}:
            if not self.used[channel]:
                name = self.channel_names[channel]
                raise UserError(f"{name} is not in use: take another channel, or put it into use")
        steps = [
            step
            for number, one in enumerate(to_play)
            for step in (
                *rest_before(number, between_s, self._rate_hz),
                *exercise_steps(one.exercise, number, self._rate_hz, self._random),
            )
        ]
        self._to_play, self._number = to_play, -1
        self._begin(steps)

    def set_target(self, channel: int, low: float, high: float, unit: Unit = "mvc") -> None:
        """Set a target band in fractions of MVC, or in µV (``unit="uv"``)."""
        self._checked(channel)
        if isinstance(self.exercise, Follow) and self._timeline.step:
            raise UserError("the path is the target: set the path")
        self.goals.set(channel, low, high, unit)
        self._tell_targets("therapist", channel)

    def set_path(self, **changed: float) -> None:
        """Change the path of the exercise that runs, as `Goals.set_path`."""
        step = self._timeline.step
        if step is None or step.set == 0:
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
        self._timeline.extend_rest(seconds)
        self._tell_phase()

    def resume(self) -> None:
        """Go on after a pause, from the start of the repetition or trial, or of its rest."""
        timeline = self._timeline
        step = timeline.step
        if step is None or not timeline.paused_for:
            raise UserError("the session is not paused")
        self.refused = None
        over = step.set == 0 or self.played[-1].is_over(step.set, step.repetition)
        timeline.resume(anew=not (over and step.phase is Phase.RELAX))
        self._enter_step()

    def skip(self, part: int | None = None) -> None:
        """Leave the present step out, or all that is left of a part that runs; go to the next.

        A pause stays. What would be done anew after it is left out as a whole: a hold with the
        preparation for it.
        """
        step = self._timeline.step
        if step is not None and part is not None and part != (running := self.state.part):
            if running:
                raise UserError(f"part {part} does not run now, but part {running}")
            raise UserError("what runs has no parts: skip its steps, or stop it")
        if step is not None and step.phase is Phase.PREPARE and self._timeline.paused_for:
            self._timeline.next()
            step = self._timeline.step
        self._leave()
        if part is not None:
            self._leave_out(self.played[-1].to_do)
            self._timeline.next_exercise()
        else:
            if step is not None and step.of_repetition and step.phase is not Phase.PREPARE:
                self._leave_out({(step.set, step.repetition)} & self.played[-1].to_do)
            self._timeline.next()
        self._enter_step()

    def take_back(self) -> None:
        """Do the repetition after all that was skipped last, from its preparation on.

        A pause stays. A repetition that has begun meanwhile is done after it, anew.
        """
        last = self.skipped_last
        if last is None:
            raise UserError("nothing was skipped just now that could be taken back")
        self._repetition = None
        self.played[-1].left_out.remove(last)
        self._timeline.go_back(*last)
        self._tell(EventKind.MARK, taken_back=[last])
        self._enter_step()

    def stop(self) -> None:
        """End the exercise or calibration now."""
        self._leave()
        self._timeline.end()
        self._enter_step()

    # Inside.

    def _leave_exercise(self) -> None:
        """Aim at nothing that an exercise aimed at; targets that were set without one stay."""
        if self.exercise is not None:
            self.goals = Goals(self.calibration)

    def _begin(self, steps: Sequence[Step]) -> None:
        self.refused = None
        self._timeline.begin(steps)
        self._enter_step()

    def _leave(self) -> None:
        """Leave the present step; a repetition counts only if its hold is over."""
        step = self._timeline.step
        if step is None:
            raise UserError("nothing is running now")
        if step.phase is not Phase.RELAX:
            self._repetition = None
        self._finish_repetition()

    def _leave_out(self, repetitions: Set[tuple[int, int]]) -> None:
        """Note that repetitions of the present exercise were skipped."""
        if repetitions:
            self.played[-1].left_out |= repetitions
            self._tell(EventKind.MARK, skipped=sorted(repetitions))

    def _checked(self, channel: int) -> int:
        if not 0 <= channel < len(self.channel_names):
            raise UserError(
                f"there is no channel {channel}: there are {len(self.channel_names)}, "
                "counted from 0"
            )
        return channel

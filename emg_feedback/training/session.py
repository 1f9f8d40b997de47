"""The training itself: one state machine, driven by samples and by the therapist's commands.

A protocol, or a calibration, is laid out as a list of steps. Samples move through the steps;
commands lay out, hold up or cut the list. Time is the number of samples: the same samples and
commands give the same session, at any speed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import UserError
from emg_config.protocol import Band, Protocol
from emg_feedback.link.messages import EventKind, Phase, SessionState
from emg_feedback.stream.chain import Features
from emg_feedback.training.calibration import LEAST_MVC_OVER_REST, LEAST_MVC_UV, Calibration, Trial
from emg_feedback.training.score import Hold, RepetitionScore


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the session in which the patient does one thing."""

    phase: Phase
    n_samples: int
    set: int = 0
    repetition: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """Something the session has to tell: an event without its sequence number and times."""

    kind: EventKind
    sample: int
    data: dict[str, Any]
    channel: int | None = None


class Session:
    """Calibrations, targets and repetitions of one patient.

    Parameters
    ----------
    channel_names : list of str
    sample_rate_hz : float
    """

    def __init__(self, channel_names: list[str], sample_rate_hz: float) -> None:
        self.channel_names = channel_names
        self.calibration = Calibration.none(len(channel_names))
        self.protocol: Protocol | None = None
        self.targets: list[Band | None] = [None] * len(channel_names)
        self.scores: list[RepetitionScore] = []
        self.refused: str | None = None
        self._rate_hz = sample_rate_hz
        self._steps: list[Step] = []
        self._position = 0
        self._left = 0
        self._resting_phase = Phase.IDLE
        self._paused = False
        self._sample = 0
        self._hold: Hold | None = None
        self._trial = Trial()
        self._trial_channels: list[int] = []
        self._changes: list[Change] = []

    @property
    def phase(self) -> Phase:
        """What the patient is asked to do now."""
        if self._paused:
            return Phase.PAUSE
        return self._step.phase if self._step else self._resting_phase

    @property
    def state(self) -> SessionState:
        """What every view shows."""
        step = self._step
        return SessionState(
            phase=self.phase,
            protocol=self.protocol.name if self.protocol else None,
            set=step.set if step else 0,
            sets=self.protocol.sets if self.protocol else 0,
            repetition=step.repetition if step else 0,
            repetitions=self.protocol.repetitions if self.protocol else 0,
            remaining_s=self._left / self._rate_hz if step else None,
            phase_s=step.n_samples / self._rate_hz if step else None,
            targets=self.targets,
            score=self.scores[-1].time_in_band if self.scores else None,
            completed=sum(score.counted for score in self.scores),
        )

    # Samples.

    def advance(self, features: Features) -> None:
        """Move through the session by a block of samples."""
        envelope = features.slow_envelope_uv
        self._sample = features.first_sample
        start = 0
        while start < len(envelope):
            stop = len(envelope)
            if self._step and not self._paused:
                stop = min(stop, start + self._left)
                self._take(envelope[start:stop])
                self._left -= stop - start
            self._sample += stop - start
            if self._hold is not None:
                for edge in features.events:
                    if edge.kind == "onset" and edge.sample >= self._hold.first_sample:
                        self._hold.onsets.setdefault(edge.channel, edge.sample)
            if self._step and not self._paused and self._left == 0:
                self._finish_step()
            start = stop

    def interrupt(self, reason: str) -> None:
        """Pause by itself, because so much was lost that what runs must be done again."""
        if self._step and not self._paused:
            self.refused = reason
            self.pause()

    def changes(self) -> list[Change]:
        """Return what changed since the last call."""
        changes, self._changes = self._changes, []
        return changes

    def flag(self, reason: str) -> None:
        """Note a disturbance: the running repetition will not count."""
        if self._hold is not None:
            self._hold.flags.add(reason)

    # Commands.

    def calibrate_rest(self, seconds: float) -> None:
        """Measure the rest level from the next ``seconds``."""
        self._refuse_while_training()
        self._begin([Step(Phase.REST_CALIBRATION, self._samples(seconds))])

    def calibrate_mvc(self, channel: int | None, seconds: float) -> None:
        """Measure a maximal voluntary contraction of one channel, or of all at once."""
        self._refuse_while_training()
        everyone = range(len(self.channel_names))
        self._trial_channels = list(everyone) if channel is None else [self._checked(channel)]
        self._begin([Step(Phase.MVC_CALIBRATION, self._samples(seconds))])

    def start_protocol(self, protocol: Protocol) -> None:
        """Begin an exercise."""
        self._refuse_while_training()
        if len(protocol.muscles) > len(self.channel_names):
            raise UserError(
                f"{protocol.name} needs {len(protocol.muscles)} channels, "
                f"this board gives {len(self.channel_names)}"
            )
        for channel, muscle in enumerate(protocol.muscles):
            if muscle.target is not None and np.isnan(self.calibration.mvc_uv[channel]):
                raise UserError(f"{muscle.name} has no MVC yet: calibrate it first")
        self.protocol = protocol
        self.scores = []
        self.targets = [None] * len(self.channel_names)
        for channel, muscle in enumerate(protocol.muscles):
            self.targets[channel] = muscle.target
        self._begin(list(self._lay_out(protocol)))
        self._tell(EventKind.TARGET, targets=self.targets)

    def set_target(self, channel: int, low: float, high: float, unit: str = "mvc") -> None:
        """Set a target band in fractions of MVC, or in µV (``unit="uv"``)."""
        self._checked(channel)
        if unit == "uv":
            mvc_uv = self.calibration.mvc_uv[channel]
            if np.isnan(mvc_uv):
                raise UserError(f"{self.channel_names[channel]} has no MVC yet: calibrate it first")
            low, high = low / float(mvc_uv), high / float(mvc_uv)
        if not 0.0 <= low < high <= 1.5:
            raise UserError("a target needs 0 ≤ low < high ≤ 1.5 of MVC")
        self.targets = [*self.targets]
        self.targets[channel] = (low, high)
        self._tell(EventKind.TARGET, channel=channel, targets=self.targets)

    def pause(self) -> None:
        """Hold the session up; a hold that was running will be done again."""
        if self._paused or not self._step:
            raise UserError("nothing is running that could be paused")
        self._paused = True
        self._hold = None
        self._tell_phase()

    def resume(self) -> None:
        """Go on after a pause, from the start of the repetition or calibration."""
        if not self._paused or not self._step:
            raise UserError("the session is not paused")
        self._paused = False
        here = (self._step.set, self._step.repetition)
        while self._position > 0:
            before = self._steps[self._position - 1]
            if (before.set, before.repetition) != here:
                break
            self._position -= 1
        self._enter_step()

    def skip(self) -> None:
        """Leave the present step out and go to the next."""
        if not self._step:
            raise UserError("nothing is running that could be skipped")
        self._paused = False
        self._next_step()

    def stop(self) -> None:
        """End the exercise or calibration now."""
        if not self._step:
            raise UserError("nothing is running that could be stopped")
        self._paused = False
        self._position = len(self._steps)
        self._enter_step()

    # Inside.

    @property
    def _step(self) -> Step | None:
        return self._steps[self._position] if self._position < len(self._steps) else None

    def _lay_out(self, protocol: Protocol) -> Iterator[Step]:
        for set_ in range(1, protocol.sets + 1):
            for repetition in range(1, protocol.repetitions + 1):
                last = repetition == protocol.repetitions and set_ < protocol.sets
                for phase, seconds in (
                    (Phase.PREPARE, protocol.prepare_s),
                    (Phase.HOLD, protocol.hold_s),
                    (Phase.RELAX, protocol.set_rest_s if last else protocol.relax_s),
                ):
                    if seconds > 0.0:
                        yield Step(phase, self._samples(seconds), set_, repetition)

    def _begin(self, steps: list[Step]) -> None:
        self.refused = None
        self._steps, self._position = steps, 0
        self._enter_step()

    def _enter_step(self) -> None:
        self._hold, self._trial = None, Trial()
        step = self._step
        if step is None:
            was_training = bool(self._steps) and self._steps[0].repetition > 0
            self._resting_phase = Phase.DONE if was_training else Phase.IDLE
        else:
            self._left = step.n_samples
            if step.phase == Phase.HOLD:
                self._hold = Hold(self._sample)
        self._tell_phase()

    def _take(self, slow_envelope_uv: NDArray[np.float64]) -> None:
        if self._hold is not None:
            self._hold.intensities.append(slow_envelope_uv / self.calibration.mvc_uv)
            if not np.isfinite(slow_envelope_uv).all():
                self._hold.flags.add("gap")
        elif self.phase in (Phase.REST_CALIBRATION, Phase.MVC_CALIBRATION):
            self._trial.add(slow_envelope_uv)

    def _finish_step(self) -> None:
        step = self._step
        assert step is not None
        if self._hold is not None:
            score = self._hold.score((step.set, step.repetition), self.targets, self._rate_hz)
            self.scores.append(score)
            self._tell(EventKind.REPETITION, **msgspec.to_builtins(score))
        elif step.phase == Phase.REST_CALIBRATION:
            level, self.refused = self._trial.rest(self.channel_names)
            if self.refused is None:
                self.calibration.rest_uv = level
        elif step.phase == Phase.MVC_CALIBRATION:
            self._judge_mvc(self._trial.mvc(self._rate_hz))
        self._next_step()

    def _judge_mvc(self, level: NDArray[np.float64]) -> None:
        for channel in self._trial_channels:
            rest_uv = self.calibration.rest_uv[channel]
            name = self.channel_names[channel]
            least_uv = np.fmax(LEAST_MVC_UV, LEAST_MVC_OVER_REST * rest_uv)
            if not np.isfinite(level[channel]):
                self.refused = f"{name}: samples were lost, do it again"
            elif level[channel] < least_uv:
                self.refused = f"{name}: hardly more than rest, check the electrodes, do it again"
            else:
                self.calibration.mvc_uv[channel] = level[channel]

    def _next_step(self) -> None:
        self._position += 1
        self._enter_step()

    def _refuse_while_training(self) -> None:
        if self._step:
            raise UserError(f"{self.phase} is running: wait for its end, or stop it first")

    def _checked(self, channel: int) -> int:
        if not 0 <= channel < len(self.channel_names):
            raise UserError(f"there is no channel {channel}: 0 to {len(self.channel_names) - 1}")
        return channel

    def _samples(self, seconds: float) -> int:
        return max(1, round(seconds * self._rate_hz))

    def _tell(self, kind: EventKind, channel: int | None = None, **data: Any) -> None:
        self._changes.append(Change(kind, self._sample, data, channel))

    def _tell_phase(self) -> None:
        self._tell(EventKind.PHASE, **msgspec.to_builtins(self.state), refused=self.refused)

"""An exercise laid out in time: the steps through which the samples move."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from emg_config.protocol import Exercise, React, Reproduce
from emg_feedback.link.messages import CalibrateMvc, Phase

# To let go of the last part, and be told what the next one asks for.
BETWEEN_PARTS_S = 30.0


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the session in which the patient does one thing.

    Attributes
    ----------
    phase : Phase
    n_samples : int
    exercise : int
        Which one of those that were asked for together.
    set, repetition : int
        Counted from 1; both 0 in a calibration of rest, ``repetition`` in the rest before a part.
    hidden : bool
        The patient does not see the bars.
    foreseen : bool
        The patient is told how long it lasts.
    """

    phase: Phase
    n_samples: int
    exercise: int = 0
    set: int = 0
    repetition: int = 0
    hidden: bool = False
    foreseen: bool = True

    @property
    def of_repetition(self) -> bool:
        """Whether it belongs to a repetition of an exercise."""
        return self.set > 0 and self.repetition > 0


def exercise_steps(
    exercise: Exercise, number: int, sample_rate_hz: float, random: np.random.Generator
) -> Iterator[Step]:
    """Yield the steps of an exercise; a phase of no length is left out."""
    for set_ in range(1, exercise.sets + 1):
        for repetition in range(1, exercise.repetitions + 1):
            prepare_s, hidden = exercise.prepare_s, False
            if isinstance(exercise, React):
                prepare_s += random.uniform(*exercise.foreperiod_s)
            elif isinstance(exercise, Reproduce):
                hidden = repetition > exercise.shown_repetitions
            last = repetition == exercise.repetitions and set_ < exercise.sets
            relax_s = max(exercise.set_rest_s, exercise.relax_s) if last else exercise.relax_s
            for phase, seconds in (
                (Phase.PREPARE, prepare_s),
                (Phase.HOLD, exercise.hold_s),
                (Phase.RELAX, relax_s),
            ):
                if seconds > 0.0:
                    yield Step(
                        phase,
                        max(1, round(seconds * sample_rate_hz)),
                        number,
                        set_,
                        repetition,
                        hidden=hidden and phase is Phase.HOLD,
                        foreseen=phase is not Phase.PREPARE or not isinstance(exercise, React),
                    )


def rest_before(number: int, seconds: float, sample_rate_hz: float) -> Iterator[Step]:
    """Yield the rest before an exercise that follows another."""
    if number > 0 and seconds > 0.0:
        yield Step(Phase.RELAX, max(1, round(seconds * sample_rate_hz)), number, set=1)


def mvc_steps(asked: CalibrateMvc, sample_rate_hz: float) -> Iterator[Step]:
    """Yield the trials of an MVC calibration, with a rest after each but the last."""
    for trial in range(1, asked.trials + 1):
        rest_s = asked.rest_s if trial < asked.trials else 0.0
        for phase, seconds in (
            (Phase.PREPARE, asked.prepare_s),
            (Phase.MVC_CALIBRATION, asked.seconds),
            (Phase.RELAX, rest_s),
        ):
            if seconds > 0.0:
                yield Step(phase, max(1, round(seconds * sample_rate_hz)), repetition=trial)

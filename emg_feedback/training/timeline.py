"""The steps of what was asked for, and where in them the session is."""

from collections.abc import Sequence

from emg_config import UserError
from emg_feedback.link.messages import Phase
from emg_feedback.training.steps import Step

LONGEST_REST_S = 900.0


class Timeline:
    """Steps, one after the other, which take as many samples as they have, or are held up.

    Attributes
    ----------
    left : int
        Samples left of the present step.
    paused_for : str
        Why it is held up, until it is resumed or has no step left; empty while it is not.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self.left = 0
        self.paused_for = ""
        self._rate_hz = sample_rate_hz
        self._steps: Sequence[Step] = ()
        self._position = 0
        self._extra = 0

    @property
    def step(self) -> Step | None:
        """The present step; None before the first and after the last."""
        return self._steps[self._position] if self._position < len(self._steps) else None

    @property
    def moving(self) -> bool:
        """Whether samples move through a step now."""
        return self.step is not None and not self.paused_for

    @property
    def phase(self) -> Phase:
        """What the patient is asked to do now."""
        if self.paused_for:
            return Phase.PAUSE
        if self.step is not None:
            return self.step.phase
        return Phase.DONE if self._steps and self._steps[-1].set > 0 else Phase.IDLE

    @property
    def trials(self) -> int:
        """How many trials the calibration has that was asked for."""
        return self._steps[-1].repetition if self._steps else 0

    @property
    def left_s(self) -> float:
        """Seconds left of the present step."""
        return self.left / self._rate_hz

    @property
    def length_s(self) -> float:
        """Seconds that the present step takes, with what it was made longer by."""
        return (self.step.n_samples + self._extra) / self._rate_hz if self.step else 0.0

    @property
    def gone(self) -> int:
        """Samples since the present step began."""
        return self.step.n_samples - self.left if self.step else 0

    def comes_next(self, phase: Phase) -> bool:
        """Return whether the same repetition goes on with a step of a phase."""
        following = self._steps[self._position + 1 : self._position + 2]
        return any(self._belongs(step) and step.phase is phase for step in following)

    def begin(self, steps: Sequence[Step]) -> None:
        """Enter the first of these steps; without any, nothing was asked for."""
        self._steps, self._position = steps, -1
        self.next()

    def next(self) -> None:
        """Enter the next step."""
        self._position += 1
        self._enter()

    def next_exercise(self) -> None:
        """Enter the first step of the next exercise."""
        present = self.step
        while present and self.step and self.step.exercise == present.exercise:
            self._position += 1
        self._enter()

    def end(self) -> None:
        """Leave what is left of the steps out."""
        self._position = len(self._steps)
        self._enter()

    def pause(self, reason: str) -> None:
        """Hold the present step up; pain is a reason also while another one holds.

        Raises
        ------
        UserError
            There is no step, or it is held up.
        """
        if self.step is None:
            raise UserError("nothing is running now")
        if self.paused_for and (reason != "pain" or self.paused_for == "pain"):
            raise UserError("the session is paused already")
        self.paused_for = reason

    def resume(self, anew: bool) -> None:
        """Go on with the present step, or ``anew`` with the first of its repetition or trial."""
        self.paused_for = ""
        if anew:
            self._rewind()
        self._enter()

    def go_back(self, set_: int, repetition: int) -> None:
        """Enter the first step of this repetition, or of one before it, of the same exercise."""
        while self.step and (self.step.set, self.step.repetition) != (set_, repetition):
            self._position -= 1
        self._rewind()
        self._enter()

    def extend_rest(self, seconds: float) -> None:
        """Make the present rest longer.

        Raises
        ------
        UserError
            There is none, or it would be too long.
        """
        if self.phase is not Phase.RELAX:
            raise UserError("there is no rest now to make longer")
        extra = round(seconds * self._rate_hz)
        if self.left + extra > round(LONGEST_REST_S * self._rate_hz):
            raise UserError(f"a rest lasts {LONGEST_REST_S:.0f} s at most")
        self.left += extra
        self._extra += extra

    def _rewind(self) -> None:
        while self._position > 0 and self._belongs(self._steps[self._position - 1]):
            self._position -= 1

    def _enter(self) -> None:
        self._extra = 0
        self.left = self.step.n_samples if self.step else 0
        if self.step is None:
            self.paused_for = ""

    def _belongs(self, other: Step) -> bool:
        step = self.step
        return step is not None and (step.exercise, step.set, step.repetition) == (
            other.exercise,
            other.set,
            other.repetition,
        )

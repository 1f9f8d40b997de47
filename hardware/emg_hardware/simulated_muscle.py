"""How one muscle follows an instruction: late, roughly, not quite steady, correcting by eye."""

from collections import deque
from dataclasses import dataclass
from math import exp, isfinite, sqrt

import numpy as np

REACTION_S = (0.2, 0.35)
RISE_S = (0.15, 0.35)
RELEASE_S = (0.15, 0.3)
AIM_ERROR_SD = 0.12
UNSTEADINESS_SD = 0.03
UNSTEADINESS_TAU_S = 0.4
FATIGUE_PER_S = 0.01
SEEING_S = 0.25
CORRECTION_PER_S = 0.8
LEAST_DRIVE = 0.02
LARGEST_DRIVE = 1.2
LEAST_SLOPE_PER_S = 0.5


@dataclass
class Contraction:
    """What a muscle really did.

    Attributes
    ----------
    onset_sample
        First sample with drive above zero.
    offset_sample
        First sample at zero again; None while it lasts.
    peak_drive
        Largest drive so far.
    """

    onset_sample: int
    offset_sample: int | None = None
    peak_drive: float = 0.0


class Muscle:
    """One muscle's will and drive. A goal is a fraction of MVC; 1 and above is all that one can."""

    def __init__(self, rate_hz: float, random: np.random.Generator) -> None:
        self.contractions: list[Contraction] = []
        self._rate_hz = rate_hz
        self._random = random
        self._wanted: float | None = None
        self._goal: float | None = None
        self._reacts_in = 0
        self._aim = 0.0
        self._level = 0.0
        self._slope = 0.0
        self._seen: deque[float | None] = deque(maxlen=max(1, round(SEEING_S * rate_hz)))
        self._steadiness = exp(-1 / (UNSTEADINESS_TAU_S * rate_hz))
        self._kick = UNSTEADINESS_SD * sqrt(1 - self._steadiness**2)
        self._error = 0.0

    def want(self, wanted: float | None) -> None:
        """Notice an instruction; act on a new one only after a reaction time.

        A goal that moves while one works towards it is followed at once: its path is seen ahead.
        """
        if wanted is not None and self._goal is not None and max(wanted, self._goal) < 1:
            self._aim = min(1.0, max(LEAST_DRIVE, self._aim + wanted - self._goal))
            self._wanted = self._goal = wanted
        elif wanted != self._wanted:
            pending = self._goal is None and self._wanted is not None and wanted is not None
            self._wanted = wanted
            if not pending:
                self._reacts_in = self._n_samples(REACTION_S)

    def step(self, sample: int, intensity: float | None) -> float:
        """Live through one sample and return the drive."""
        self._seen.append(intensity)
        if self._goal != self._wanted:
            self._reacts_in -= 1
            if self._reacts_in <= 0:
                self._change_goal()
        if self._goal is not None and self._level == self._aim:
            self._correct(self._goal)
        self._level += min(self._slope, max(-self._slope, self._aim - self._level))
        self._error = self._steadiness * self._error + self._kick * self._random.standard_normal()
        drive = min(LARGEST_DRIVE, self._level * max(0.5, 1 + self._error))
        self._note_truth(sample, drive)
        return drive

    def _change_goal(self) -> None:
        self._goal = self._wanted
        if self._goal is None:
            self._aim = 0.0
            ramp = self._n_samples(RELEASE_S)
        else:
            sense = AIM_ERROR_SD * min(2.0, max(-2.0, self._random.standard_normal()))
            aim = 1.0 if self._goal >= 1 else self._goal * (1 + sense)
            self._aim = min(1.0, max(LEAST_DRIVE, aim))
            ramp = self._n_samples(RISE_S)
        self._slope = max(LEAST_SLOPE_PER_S / self._rate_hz, abs(self._aim - self._level) / ramp)

    def _correct(self, goal: float) -> None:
        seen = self._seen[0]
        if goal >= 1:
            self._aim *= 1 - FATIGUE_PER_S / self._rate_hz
        elif seen is not None and isfinite(seen):
            error = min(0.5, max(-0.5, goal - seen))
            correction = CORRECTION_PER_S * error / self._rate_hz
            self._aim = min(1.0, max(LEAST_DRIVE, self._aim + correction))

    def _note_truth(self, sample: int, drive: float) -> None:
        contracting = bool(self.contractions) and self.contractions[-1].offset_sample is None
        if drive > 0 and not contracting:
            self.contractions.append(Contraction(sample))
        elif drive == 0 and contracting:
            self.contractions[-1].offset_sample = sample
        if drive > 0:
            self.contractions[-1].peak_drive = max(self.contractions[-1].peak_drive, drive)

    def _n_samples(self, range_s: tuple[float, float]) -> int:
        return max(1, round(self._random.uniform(*range_s) * self._rate_hz))

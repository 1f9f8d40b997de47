"""A person who does what the display asks, as people do."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from emg_hardware.emg_simulator import EmgSimulator
from emg_hardware.simulated_muscle import Contraction, Muscle

T = TypeVar("T")


@dataclass(frozen=True)
class Instruction:
    """What the display shows.

    Attributes
    ----------
    phase
        ``hold`` asks for the targets, ``mvc_calibration`` for all that is possible of every
        muscle, every other phase for rest.
    targets
        A band a muscle, in fractions of a maximal contraction, or None. One that reaches down to
        zero asks for rest.
    intensity
        The bar a muscle, in the same unit, or None where none is shown.
    hidden
        Whether the bars cannot be seen.
    """

    phase: str = "idle"
    targets: Sequence[tuple[float, float] | None] = ()
    intensity: Sequence[float | None] = ()
    hidden: bool = False


class SimulatedPatient:
    """A person at the electrodes of a board.

    Time is counted in samples, never read from a clock; ``instruct`` is asked once a block.

    Parameters
    ----------
    simulator
        Turns drive into what the board reads.
    instruct
        Returns what the display shows now.
    seed
        The same seed and instructions give the same person.
    """

    def __init__(
        self, simulator: EmgSimulator, instruct: Callable[[], Instruction], seed: int
    ) -> None:
        self.n_samples = 0
        self._simulator = simulator
        self._instruct = instruct
        seeds = np.random.SeedSequence(seed).spawn(simulator.n_muscles)
        self._muscles = [Muscle(simulator.sample_rate_hz, np.random.default_rng(s)) for s in seeds]

    @property
    def contractions(self) -> list[list[Contraction]]:
        """The truth so far, a list a muscle."""
        return [muscle.contractions for muscle in self._muscles]

    def next_block(self, n_samples: int) -> NDArray[np.float64]:
        """Return the next samples in µV, shape (n_samples, n_channels)."""
        return self._simulator.next_block(self.drive(n_samples))

    def drive(self, n_samples: int) -> NDArray[np.float64]:
        """Live on and return the drive, shape (n_samples, n_muscles), in fractions of MVC."""
        instruction = self._instruct()
        drive = np.empty((n_samples, len(self._muscles)))
        for m, muscle in enumerate(self._muscles):
            muscle.want(_wanted(instruction, m))
            intensity = None if instruction.hidden else _at(instruction.intensity, m)
            for k in range(n_samples):
                drive[k, m] = muscle.step(self.n_samples + k, intensity)
        self.n_samples += n_samples
        return drive


def _wanted(instruction: Instruction, muscle: int) -> float | None:
    target = _at(instruction.targets, muscle)
    if instruction.phase == "hold" and target is not None and target[0] > 0.0:
        centre = (target[0] + target[1]) / 2
        return centre if isfinite(centre) else None
    if instruction.phase == "mvc_calibration":
        return 1.0
    return None


def _at(values: Sequence[T | None], index: int) -> T | None:
    return values[index] if index < len(values) else None

"""Number the samples, date them, and find what was lost."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.clock import SampleClock
from emg_hardware.source import RawSamples

# After a silence that the counter cannot tell from one that is a whole turn longer, wait this long
# for the backlog to drain: then the elapsed time tells how many turns were lost.
DRAIN_S = 0.1
# Arrivals may run ahead of the line by this much before a step of the counter is disbelieved.
SLACK_S = 0.1


@dataclass(frozen=True, slots=True)
class Block:
    """Consecutive samples with nothing lost between them.

    Attributes
    ----------
    first_sample : int
        Absolute index; lost samples count.
    lost_before : int
        Samples lost between the previous block and this one.
    data_uv : ndarray, shape (n_samples, n_channels)
    t_sample, t_arrive : float
        Engine seconds: the last sample by the line through the arrivals; when it was in hand.
    t_driver, t_board : float
        Unix seconds: when the driver parsed it, when the sender wrote it (NaN if unknown).
    """

    first_sample: int
    lost_before: int
    data_uv: NDArray[np.float64]
    t_sample: float
    t_arrive: float
    t_driver: float
    t_board: float

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.data_uv)


class Acquisition:
    """Turn what the driver hands over into numbered blocks.

    The counter tells how many samples are missing up to whole turns of it; the elapsed time tells
    the number of turns, and overrules a counter that claims more than time allows. Of a board that
    was started again it tells all.
    """

    def __init__(self, sample_rate_hz: float, counter_modulus: int) -> None:
        self.clock = SampleClock(sample_rate_hz)
        self.received = 0
        self.lost = 0
        self._rate_hz = sample_rate_hz
        self._modulus = counter_modulus
        self._last_counter: int | None = None
        self._last_arrival = 0.0
        self._next_sample = 0
        self._held: list[tuple[RawSamples, float]] = []

    @property
    def next_sample(self) -> int:
        """Index that the next sample will have if none is lost."""
        return self._next_sample

    def push(self, raw: RawSamples, t_arrive: float) -> list[Block]:
        """Take what the driver had at ``t_arrive``, possibly nothing.

        Times are of a clock that only goes forward: a step of the computer's date must not look
        like lost samples.
        """
        if raw.n_samples:
            if self._held or raw.anew or self._ambiguous(raw.counter, t_arrive):
                self._held.append((raw, t_arrive))
            self._last_arrival = t_arrive
        if self._held:
            return self._release() if t_arrive >= self._held[0][1] + DRAIN_S else []
        return list(self._number(raw, t_arrive)) if raw.n_samples else []

    def _ambiguous(self, counter: NDArray[np.int64], t_arrive: float) -> bool:
        """Return whether a turn may be hidden: in a silence, or in a loss behind late arrivals."""
        if self._last_counter is None:
            return False
        silent = (t_arrive - self._last_arrival) * self._rate_hz
        steps = self._steps(counter)
        late = self.clock.sample_at(t_arrive) - (self._next_sample - 1 + int(steps.sum()))
        lost = bool((steps != 1).any())
        return silent > 0.4 * self._modulus or (lost and late > 0.4 * self._modulus)

    def _release(self) -> list[Block]:
        held, self._held = self._held, []
        if held[0][0].anew:
            return self._begin_anew(held)
        steps = self._steps(np.concatenate([raw.counter for raw, _ in held]))
        counted = self._next_sample - 1 + int(steps.sum())
        ahead = self.clock.sample_at(held[-1][1]) - counted
        turns = max(0, round(ahead / self._modulus))
        gap = int(steps.argmax())  # where samples are missing anyway, or else before the first
        blocks: list[Block] = []
        for raw, t_arrive in held:
            inside = turns and 0 <= gap < raw.n_samples
            hidden = turns * self._modulus
            blocks += self._number(raw, t_arrive, (gap, hidden) if inside else None)
            gap -= raw.n_samples
        return blocks

    def _begin_anew(self, held: list[tuple[RawSamples, float]]) -> list[Block]:
        """Tell from the time alone how many were lost before these samples, and number them."""
        self._last_counter = int(held[0][0].counter[0]) - 1
        steps = self._steps(np.concatenate([raw.counter for raw, _ in held])).cumsum()
        ends = np.cumsum([raw.n_samples for raw, _ in held]) - 1
        due = np.array([self.clock.sample_at(t_arrive) for _, t_arrive in held])
        lost = max(0, round(float((due - steps[ends]).min())) - self._next_sample + 1)
        (first, t_first), *others = held
        blocks = list(self._number(first, t_first, (0, lost)))
        for raw, t_arrive in others:
            blocks += self._number(raw, t_arrive)
        return blocks

    def _steps(self, counter: NDArray[np.int64]) -> NDArray[np.int64]:
        previous = counter[0] - 1 if self._last_counter is None else self._last_counter
        steps = np.diff(counter, prepend=previous) % self._modulus
        steps[steps == 0] = self._modulus if self.clock.started else 1
        return steps

    def _number(
        self, raw: RawSamples, t_arrive: float, hidden: tuple[int, int] | None = None
    ) -> Iterator[Block]:
        """Yield numbered blocks; before the sample ``hidden[0]`` ``hidden[1]`` more were lost."""
        steps = self._steps(raw.counter)
        if hidden is not None:
            steps[hidden[0]] += hidden[1]
        self._last_counter = int(raw.counter[-1])
        self.received += raw.n_samples
        due = self.clock.sample_at(t_arrive) if self.clock.started else np.inf
        starts = [0, *(np.flatnonzero(steps[1:] != 1) + 1).tolist(), raw.n_samples]
        for start, stop in pairwise(starts):
            lost = int(steps[start]) - 1
            room = due - (self._next_sample + raw.n_samples - 1 - start)
            if lost > room + SLACK_S * self._rate_hz:
                lost = max(0, round(room))
            first = self._next_sample + lost
            self.lost += lost
            self._next_sample = first + stop - start
            last = self._next_sample - 1
            self.clock.update(last + raw.n_samples - stop, t_arrive)
            yield Block(
                first_sample=first,
                lost_before=lost,
                data_uv=np.ascontiguousarray(raw.data_uv[start:stop]),
                t_sample=self.clock.time_of(last),
                t_arrive=t_arrive,
                t_driver=float(raw.driver_time_s[stop - 1]),
                t_board=float(raw.board_time_s[stop - 1]),
            )

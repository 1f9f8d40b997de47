"""What a board looks like to the rest of the system."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class RawSamples:
    """Samples as the driver handed them over, oldest first.

    Attributes
    ----------
    counter : ndarray of int64, shape (n_samples,)
        The board's own sample counter; it wraps at ``Board.counter_modulus``.
    data_uv : ndarray of float64, shape (n_samples, n_channels)
        EMG in microvolts, C-contiguous.
    driver_time_s : ndarray of float64, shape (n_samples,)
        Unix time at which the driver parsed each sample. Bursty: never use it to date a sample.
    board_time_s : ndarray of float64, shape (n_samples,)
        Unix time at which the sender wrote each sample; NaN where the sender's clock is unknown.
    anew : bool
        The board was started again before the first of them: its counter tells nothing of what
        was lost.
    """

    counter: NDArray[np.int64]
    data_uv: NDArray[np.float64]
    driver_time_s: NDArray[np.float64]
    board_time_s: NDArray[np.float64]
    anew: bool = False

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.counter)


def no_samples(n_channels: int) -> RawSamples:
    """Return what a board hands over when nothing has arrived."""
    none = np.empty(0)
    return RawSamples(np.empty(0, np.int64), np.empty((0, n_channels)), none, none)


class Driver(Protocol):
    """What makes a board's samples. ``start`` and ``stop`` may block for seconds, ``read`` never.

    None of them may be called while another thread is in ``start`` or ``stop``.

    ``gain`` is that of the amplifier, None where it is not known; ``converter_delay_s`` is by how
    much a sample tells later what was at the electrodes; ``notes`` is what went not quite as it
    should on ``start``.
    """

    name: str
    sample_rate_hz: float
    channel_names: tuple[str, ...]
    counter_modulus: int
    full_scale_uv: float
    gain: float | None
    converter_delay_s: float
    notes: list[str]

    def start(self) -> None:
        """Connect, configure and begin to stream; raise ``DeviceError`` when that fails."""

    def read(self) -> RawSamples:
        """Return what has arrived since the last call, possibly nothing."""

    def stop(self) -> None:
        """Stop streaming and let go of the port; safe to call twice."""

    def missing(self) -> str | None:
        """Return what to do about a port that is not there; None when it is, or needs not be."""


class Board(Protocol):
    """A source of samples, as the engine sees it; ``read`` never blocks.

    ``trouble`` is why nothing comes, in one line that says what to do; None where that is not
    known. All else is as in `Driver`.
    """

    name: str
    sample_rate_hz: float
    counter_modulus: int
    full_scale_uv: float
    gain: float | None
    converter_delay_s: float
    trouble: str | None

    @property
    def notes(self) -> list[str]:
        """What went not quite as it should when it was started last."""

    def read(self) -> RawSamples:
        """Return what has arrived since the last call, possibly nothing."""

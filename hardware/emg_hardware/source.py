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
    """

    counter: NDArray[np.int64]
    data_uv: NDArray[np.float64]
    driver_time_s: NDArray[np.float64]
    board_time_s: NDArray[np.float64]

    @property
    def n_samples(self) -> int:
        """Number of samples."""
        return len(self.counter)


class Board(Protocol):
    """A source of samples. ``start`` and ``stop`` may block for seconds; ``read`` never blocks.

    ``gain`` is that of the amplifier, None where it is not known; ``converter_delay_s`` is by how
    much a sample tells later what was at the electrodes.
    """

    name: str
    sample_rate_hz: float
    channel_names: tuple[str, ...]
    counter_modulus: int
    full_scale_uv: float
    gain: float | None
    converter_delay_s: float

    def start(self) -> None:
        """Connect, configure and begin to stream; raise ``DeviceError`` when that fails."""

    def read(self) -> RawSamples:
        """Return what has arrived since the last call, possibly nothing."""

    def stop(self) -> None:
        """Stop streaming and let go of the port; safe to call twice."""

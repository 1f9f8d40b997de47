"""What every reader returns, and the checks that hold for all of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emg_config.errors import UserError


@dataclass(frozen=True)
class Recording:
    """Samples on an even grid; sample ``i`` was taken ``i / sample_rate_hz`` s after the first.

    Attributes
    ----------
    data_uv : (n_samples, n_channels) float64, µV, C-contiguous
        A row of NaN stands for a sample that was lost.
    sample_rate_hz : float
        Nominal rate, Hz.
    channel_names : tuple of str
        One name a column; a column keeps its place even when it was not connected.
    format : str
        What the file turned out to be, for people to read.
    """

    data_uv: NDArray[np.float64]
    sample_rate_hz: float
    channel_names: tuple[str, ...]
    format: str


def make_recording(
    path: Path,
    data_uv: ArrayLike,
    sample_rate_hz: float,
    channel_names: tuple[str, ...],
    format_name: str,
) -> Recording:
    """Check the samples and wrap them.

    Parameters
    ----------
    path : Path
        The file, for messages.
    data_uv : (n_samples, n_channels), µV
    sample_rate_hz : float
    channel_names : tuple of str
    format_name : str

    Raises
    ------
    UserError
        Without samples, or when a row holds an infinity or is lost in some channels only.
    """
    data = np.ascontiguousarray(data_uv, dtype=np.float64)
    if data.size == 0:
        raise UserError(f"{path}: holds no samples; record again or choose another file")
    finite = np.isfinite(data)
    broken = finite.any(axis=1) & ~finite.all(axis=1) | np.isinf(data).any(axis=1)
    if broken.any():
        raise UserError(
            f"{path}: sample {int(np.argmax(broken))} is not a number in every channel; "
            "mend it, or mark a lost sample by nan in all channels"
        )
    return Recording(data, sample_rate_hz, channel_names, format_name)


def numbered_names(n_channels: int) -> tuple[str, ...]:
    """Names for channels that the file does not name, counted from 1 as on the boards."""
    return tuple(f"channel {number}" for number in range(1, n_channels + 1))

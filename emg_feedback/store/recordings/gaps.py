"""Lost samples: found from the sample counter and the clock, filled with NaN.

Stamps are taken when data reach the computer, so they come in bursts: several samples share one,
and a stalled link delivers late and then catches up. None of that is a loss. Only two things are:
a counter that skips, and a clock that jumps ahead and stays ahead.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

CYTON_CYCLE = 256
"""Values of the Cyton's sample counter, which is one byte."""

JUMP_S = 0.5
"""Stamps from a USB serial chip may lag 0.48 s (a full 4 kB transfer): less proves nothing."""

CATCH_UP_S = 5.0
"""How long a stalled link may take to catch up."""

COUNTER_TOLERANCE_S = 0.1
"""How closely clock and counter must agree before the counter decides on single samples."""

LONGEST_S = 3600.0


def lost_before(
    sample_rate_hz: float,
    clock_s: FloatArray | None = None,
    counter: IntArray | None = None,
    cycle: int = CYTON_CYCLE,
) -> IntArray:
    """Count the samples lost before each sample.

    Parameters
    ----------
    sample_rate_hz : float
    clock_s : (n_samples,), s, optional
        Arrival stamps.
    counter : (n_samples,), optional
        A counter with values from 0 to ``cycle - 1``, which counts every sample or every second.
    cycle : int

    Returns
    -------
    (n_samples,) int64
    """
    n_samples = len(counter) if counter is not None else len(clock_s) if clock_s is not None else 0
    skipped, period = _skipped(counter, cycle, n_samples)
    lost = np.where(skipped <= JUMP_S * sample_rate_hz, skipped, 0)
    if clock_s is None or n_samples < 2:
        return lost
    if counter is None and (grid := _on_grid(clock_s * sample_rate_hz)) is not None:
        return grid
    lag_s = clock_s - (np.arange(n_samples) + np.cumsum(lost)) / sample_rate_hz
    reach = int(CATCH_UP_S * sample_rate_hz)
    start = 0
    for row in np.flatnonzero(np.diff(lag_s) > JUMP_S) + 1:
        before_s = lag_s[max(start, row - reach) : row].min()
        excess_s = lag_s[row : row + reach].min() - before_s
        if excess_s > JUMP_S:
            by_clock = int(lost[row]) + round(excess_s * sample_rate_hz)
            off = (int(skipped[row]) - by_clock + period // 2) % period - period // 2
            agree = abs(off) <= COUNTER_TOLERANCE_S * sample_rate_hz
            lost[row] = by_clock + off if agree else by_clock
            start = int(row)
    return lost


def stamp_rate_hz(clock_s: FloatArray) -> float | None:
    """Median rate over stretches of the stamps; None when they do not advance.

    Parameters
    ----------
    clock_s : (n_samples,), s
    """
    span = max(1, min(1000, len(clock_s) // 2))
    elapsed_s = clock_s[span:] - clock_s[:-span]
    if len(elapsed_s) == 0 or not np.median(elapsed_s) > 0:
        return None
    return float(span / np.median(elapsed_s))


def _skipped(counter: IntArray | None, cycle: int, n_samples: int) -> tuple[IntArray, int]:
    """Count what the counter passed over, modulo its period in samples (1: no counter)."""
    skipped = np.zeros(n_samples, dtype=np.int64)
    if counter is None or n_samples < 2:
        return skipped, 1
    steps = np.diff(counter) % cycle
    usual = int(np.bincount(steps).argmax())
    if usual not in (1, 2):
        return skipped, 1
    skipped[1:] = np.maximum(steps // usual - 1, 0)
    return skipped, cycle // usual


def _on_grid(clock_samples: FloatArray) -> IntArray | None:
    """Losses by a clock of the samples themselves, whose every step is a whole number of them."""
    steps = np.diff(clock_samples)
    whole = np.rint(steps)
    if np.any(whole < 1) or np.any(np.abs(steps - whole) > 0.3):
        return None
    return np.concatenate(([0], whole.astype(np.int64) - 1))


def fill(path: Path, data: FloatArray, lost: IntArray, sample_rate_hz: float) -> FloatArray:
    """Put as many rows of NaN before each row as were lost there.

    Parameters
    ----------
    path : Path
        The file, for messages.
    data : (n_samples, n_channels)
    lost : (n_samples,)
    sample_rate_hz : float

    Returns
    -------
    (n_samples + lost.sum(), n_channels)
    """
    if np.max(lost, initial=0) > LONGEST_S * sample_rate_hz:
        raise UserError(
            f"{path}: pauses for {np.max(lost) / sample_rate_hz / 3600:.1f} h after sample "
            f"{int(np.argmax(lost)) - 1}; split it there"
        )
    if not lost.any():
        return data
    place = np.arange(len(data)) + np.cumsum(lost)
    filled = np.full((int(place[-1]) + 1, data.shape[1]), np.nan)
    filled[place] = data
    return filled

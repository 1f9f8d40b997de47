"""Text of BrainFlow: what its file streamer and ``DataFilter.write_file`` write.

One row a sample, tabs between cells, no header: the number of columns tells the board, and the
stamps tell its rate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError
from emg_feedback.store.recordings.gaps import fill, lost_before, stamp_rate_hz
from emg_feedback.store.recordings.given import Given
from emg_feedback.store.recordings.recording import Recording, make_recording, numbered_names
from emg_feedback.store.recordings.text import cells, drop_cut_line, is_number, plain, table


@dataclass(frozen=True)
class Layout:
    """Where a board's rows hold what; the counter is column 0, channels follow it."""

    board: str
    n_channels: int
    stamp_column: int
    rates_hz: tuple[float, ...]
    counts: bool


LAYOUTS = {
    15: Layout("Ganglion", 4, 13, (200.0,), counts=False),
    24: Layout("Cyton", 8, 22, (250.0, 1000.0), counts=True),
    32: Layout("Cyton with Daisy", 16, 30, (125.0, 250.0, 1000.0), counts=True),
}

SHORT = 250
"""With fewer samples, bursts of equal stamps hide the rate."""


def matches(text: str) -> bool:
    """Whether the first line is a counter, samples and a Unix time in seconds, between tabs."""
    row = cells(text.partition("\n")[0], "\t")
    if len(row) < 3 or not all(is_number(cell) for cell in row):
        return False
    values = [float(cell) for cell in row]
    counted = values[0].is_integer() and 0 <= values[0] < 256
    return counted and any(1e9 < value < 4e9 for value in values)


def read(text: str, given: Given) -> Recording:
    """Read BrainFlow's text; the board is the one with that many columns."""
    path = given.path
    rows = [line for line in text.splitlines() if line]
    n_columns = len(cells(rows[0], "\t"))
    layout = LAYOUTS.get(n_columns)
    if layout is None:
        known = ", ".join(f"{count} ({LAYOUTS[count].board})" for count in LAYOUTS)
        raise UserError(
            f"{path}: is BrainFlow text with {n_columns} columns, known are {known}; keep the "
            "channels' columns only and give --sample-rate-hz"
        )
    rows = drop_cut_line(rows, "\t", text.endswith("\n"))
    columns = list(range(layout.n_channels + 1))
    values = table(path, rows, "\t", [*columns, layout.stamp_column])
    clock_s = plain(path, values[:, -1], "time stamps")
    sample_rate_hz = given.rate_hz(_rate_hz(clock_s, layout.rates_hz))
    counter = plain(path, values[:, 0], "counter").astype(np.int64) if layout.counts else None
    lost = lost_before(sample_rate_hz, clock_s, counter)
    data_uv = fill(path, values[:, 1:-1] * given.scale_uv("uV"), lost, sample_rate_hz)
    names = numbered_names(layout.n_channels)
    return make_recording(path, data_uv, sample_rate_hz, names, f"BrainFlow text, {layout.board}")


def _rate_hz(clock_s: NDArray[np.float64], rates_hz: tuple[float, ...]) -> float | None:
    """Rate of the board that the stamps agree with; None when they agree with none."""
    measured_hz = stamp_rate_hz(clock_s)
    if measured_hz is None or len(clock_s) < SHORT:
        return rates_hz[0]
    near = [rate_hz for rate_hz in rates_hz if abs(measured_hz / rate_hz - 1) < 0.2]
    return near[0] if near else None

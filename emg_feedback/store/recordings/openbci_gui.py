"""Text of the OpenBCI GUI: versions 3 and 4 (``Raw EEG Data``), 5 and 6 (``Raw EXG Data``)."""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError
from emg_feedback.store.recordings.gaps import fill, lost_before
from emg_feedback.store.recordings.given import Given
from emg_feedback.store.recordings.recording import Recording, make_recording, numbered_names
from emg_feedback.store.recordings.text import cells, drop_cut_line, plain, table

BOARD_CHANNELS = (16, 8, 4)
"""Daisy, Cyton, Ganglion. The Ganglion's counter differs by firmware and restarts at will."""

LEAST_AUXILIARY = 3
"""Columns after the channels in versions 3 and 4: acceleration or more."""

DAY_S = 86400.0


@dataclass(frozen=True)
class Columns:
    """Which columns hold what; column 0 is the counter."""

    channels: list[int]
    names: tuple[str, ...]
    stamp: int | None


def read(text: str, given: Given) -> Recording:
    """Read the text of an OpenBCI GUI file; `given` may not contradict its header."""
    path = given.path
    lines = text.splitlines()
    header = "\n".join(line for line in lines[:20] if line.startswith("%"))
    stated_hz = re.search(r"%\s*Sample Rate\s*=\s*(\d+(?:\.\d+)?)", header)
    sample_rate_hz = given.rate_hz(float(stated_hz[1]) if stated_hz else None)
    rows = [line for line in lines if line and not line.startswith("%")]
    titles = cells(rows.pop(0), ",") if rows and rows[0].startswith("Sample Index") else None
    rows = drop_cut_line(rows, ",", text.endswith("\n"))
    if not rows:
        raise UserError(f"{path}: holds no samples; record again or choose another file")
    first = cells(rows[0], ",")
    columns = _titled(titles) if titles else _untitled(header, first)
    n_channels, stamp = len(columns.channels), columns.stamp
    if not n_channels or max(*columns.channels, stamp or 0) >= len(first):
        raise UserError(f"{path}: its header does not match its columns; export it again")

    as_text = stamp is not None and ":" in first[stamp]
    wanted = [0, *columns.channels] + ([stamp] if stamp is not None and not as_text else [])
    values = table(path, rows, ",", wanted)
    clock_s: NDArray[np.float64] | None = None
    if as_text:
        clock_s = _time_of_day_s(path, rows)
    elif stamp is not None:
        clock_s = plain(path, values[:, -1], "time stamp")
        clock_s = clock_s * (1e-3 if clock_s[0] > 1e11 else 1.0)
    counter = None
    if n_channels > BOARD_CHANNELS[-1]:
        counter = plain(path, values[:, 0], "sample index").astype(np.int64)
    lost = lost_before(sample_rate_hz, clock_s, counter)
    data_uv = values[:, 1 : 1 + n_channels] * given.scale_uv("uV")
    data_uv = fill(path, data_uv, lost, sample_rate_hz)
    return make_recording(path, data_uv, sample_rate_hz, columns.names, "OpenBCI GUI text")


def _titled(titles: list[str]) -> Columns:
    """Columns by their titles, as in versions 5 and 6."""
    channels = [place for place, title in enumerate(titles) if title.startswith("EXG Channel")]
    stamp = titles.index("Timestamp") if "Timestamp" in titles else None
    return Columns(channels, tuple(titles[place] for place in channels), stamp)


def _untitled(header: str, first: list[str]) -> Columns:
    """Columns by their number, as in versions 3 and 4.

    A row ends with the time of day; from version 4 the Unix time in ms follows it.
    """
    n_timed = 1 if ":" in first[-1] else 2 if ":" in first[-2:][0] else 0
    stated = re.search(r"%\s*Number of channels\s*=\s*(\d{1,3})\b", header)
    fit = (n for n in BOARD_CHANNELS if 1 + n + LEAST_AUXILIARY <= len(first) - n_timed)
    n_channels = int(stated[1]) if stated else next(fit, 0)
    stamp = len(first) - 1 if n_timed else None
    return Columns(list(range(1, n_channels + 1)), numbered_names(n_channels), stamp)


def _time_of_day_s(path: Path, rows: list[str]) -> NDArray[np.float64]:
    """Clock in the last column, ``HH:MM:SS.mmm``, carried on over midnight."""
    try:
        parts = np.array([row.rsplit(",", 1)[1].split(":") for row in rows], dtype=np.float64)
        clock_s = parts @ np.array([3600.0, 60.0, 1.0])
    except (ValueError, IndexError) as error:
        raise UserError(
            f"{path}: a row does not end with a time HH:MM:SS; remove or mend that row"
        ) from error
    midnights = np.concatenate(([0], np.cumsum(np.diff(clock_s) < -DAY_S / 2)))
    return plain(path, clock_s + DAY_S * midnights, "time")

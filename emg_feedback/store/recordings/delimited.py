"""Delimited text: one row a sample, one column a channel, and perhaps a column of time.

Comma, semicolon (then with decimal commas too), tab or blanks. The first line may name the
columns, with units as in ``biceps (mV)``, ``time_ms``; lines before it may be comments (``#``).
A column named ``time``, ``timestamp`` or ``t`` gives the rate and shows gaps. Without a unit
anywhere, samples are µV, as OpenBCI's tools write them.
"""

import re

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError
from emg_feedback.store.recordings.gaps import fill, lost_before, stamp_rate_hz
from emg_feedback.store.recordings.given import Given
from emg_feedback.store.recordings.recording import Recording, make_recording, numbered_names
from emg_feedback.store.recordings.text import cells, drop_cut_line, is_number, plain, table

TIME_TITLES = {"time", "timestamp", "timestamps", "t"}

SECONDS_PER = {"s": 1.0, "ms": 1e-3, "us": 1e-6}

PLAUSIBLE_HZ = (50.0, 20_000.0)
"""Rates of surface EMG: less than a factor of 1000, so that only one unit of time can fit."""

TITLE_UNIT = re.compile(r"(.*?)(?:\s*[(\[](m?s|[uµμ]s|[mnuµμ]?V)[)\]]|_(m?s|us|[mnuµμ]v))")


def read(text: str, given: Given) -> Recording:
    """Read delimited text with what it says about itself and what the user adds."""
    path = given.path
    lines = [line for line in text.splitlines() if line.strip() and line[0] not in "#%"]
    if not lines:
        raise UserError(f"{path}: holds no samples; record again or choose another file")
    delimiter = _delimiter(lines[min(1, len(lines) - 1)])
    if delimiter == ";":
        lines = [line.replace(",", ".") for line in lines]
    first = cells(lines[0], delimiter)
    titles = None if any(is_number(cell) for cell in first) else first
    rows = drop_cut_line(lines[1:] if titles else lines, delimiter, text.endswith(("\n", "\r")))
    if rows and not any(is_number(cell) for cell in cells(rows[0], delimiter)):
        raise UserError(
            f"{path}: is no recording, its rows hold no numbers; give OpenBCI GUI or BrainFlow "
            "text, EDF, BDF, XDF, .npy, or delimited text with a row a sample"
        )
    values = table(path, rows, delimiter, list(range(len(first))))
    if titles is None:
        rate_hz = given.rate_hz(None, hint=", or name a column of time in a first line")
        data_uv = values * given.scale_uv("")
        return make_recording(path, data_uv, rate_hz, numbered_names(len(first)), "delimited text")

    parts = [split_title(title) for title in titles]
    time = next((k for k, (name, _) in enumerate(parts) if name.lower() in TIME_TITLES), None)
    channels = [k for k in range(len(parts)) if k != time]
    if not channels:
        raise UserError(f"{path}: has a column of time only; choose a file with channels")
    scale_uv = np.array([given.scale_uv(parts[k][1]) for k in channels])
    data_uv = values[:, channels] * scale_uv
    if time is None:
        rate_hz = given.rate_hz(None, hint=", or add a column named time_s")
    else:
        stamps = plain(path, values[:, time], "time")
        second = _seconds_per_stamp(given, stamps, parts[time][1])
        rate_hz = given.rate_hz(_snapped_hz(stamp_rate_hz(stamps * second)))
        data_uv = fill(path, data_uv, lost_before(rate_hz, stamps * second), rate_hz)
    names = tuple(parts[k][0] for k in channels)
    return make_recording(path, data_uv, rate_hz, names, "delimited text")


def _delimiter(row: str) -> str | None:
    """Find what parts the cells of a row, None for blanks; titles may hold blanks, numbers not."""
    one_cell = len(row.split()) == 1
    return next((mark for mark in "\t;," if mark in row), "," if one_cell else None)


def split_title(title: str) -> tuple[str, str]:
    """Part a column's title into its name and its unit, empty when it has none that fits."""
    found = TITLE_UNIT.fullmatch(title)
    if not found:
        return title, ""
    name, unit = found[1], str(found[2] or found[3].replace("v", "V"))
    of_time = unit.endswith("s")
    return (name, unit) if of_time == (name.lower() in TIME_TITLES) else (title, "")


def _seconds_per_stamp(given: Given, stamps: NDArray[np.float64], unit: str) -> float:
    """Find the unit of the stamps: the stated one, or the only one that makes a plausible rate."""
    if unit:
        return SECONDS_PER[unit.replace("µ", "u").replace("μ", "u")]
    per_stamp = stamp_rate_hz(stamps)
    least, most = PLAUSIBLE_HZ
    fits = [
        second
        for second in SECONDS_PER.values()
        if per_stamp is not None and least <= per_stamp / second <= most
    ]
    if not fits:
        raise UserError(
            f"{given.path}: its time column fits no sample rate from {least:g} to {most:g} Hz; "
            "name it time_s, time_ms or time_us, or remove it and give --sample-rate-hz"
        )
    return fits[0]


def _snapped_hz(rate_hz: float | None) -> float | None:
    """Round to a whole number of Hz within 0.1 %: stamps are seldom more exact."""
    if rate_hz is None:
        return None
    whole = float(round(rate_hz))
    return whole if abs(rate_hz - whole) <= 1e-3 * whole else rate_hz

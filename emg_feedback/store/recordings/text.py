"""Lines of text to numbers, for every text format."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError


def decode(path: Path, content: bytes) -> str:
    """Text of a file; its numbers are ASCII, only names may not be."""
    if any(byte < 9 or 13 < byte < 32 for byte in content[:4096]):
        raise UserError(
            f"{path}: is not a recording this program can read; give OpenBCI or BrainFlow text, "
            "EDF, BDF, XDF, delimited text or .npy"
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def cells(line: str, delimiter: str | None) -> list[str]:
    """Split one line into cells without blanks or quotes around them."""
    return [cell.strip().strip('"') for cell in line.split(delimiter)]


def is_number(cell: str) -> bool:
    """Whether `cell` is a number, nan included."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def drop_cut_line(lines: list[str], delimiter: str | None, whole: bool) -> list[str]:
    """Leave out a last line that the end of the recording cut short.

    Parameters
    ----------
    lines : list of str
    delimiter : str or None
        None for runs of white space.
    whole : bool
        Whether the file ends with a line break.
    """
    if whole or len(lines) < 2:
        return lines
    last, previous = cells(lines[-1], delimiter), cells(lines[-2], delimiter)
    complete = len(last) == len(previous) and is_number(last[-1]) == is_number(previous[-1])
    return lines if complete else lines[:-1]


def table(
    path: Path, lines: list[str], delimiter: str | None, columns: list[int]
) -> NDArray[np.float64]:
    """Numbers in the chosen columns.

    Parameters
    ----------
    path : Path
        The file, for messages.
    lines : list of str
        Rows, each with the same number of cells.
    delimiter : str or None
        None for runs of white space.
    columns : list of int

    Returns
    -------
    (n_lines, n_columns) float64
    """
    if not lines:
        raise UserError(f"{path}: holds no samples; record again or choose another file")
    counts = [line.count(delimiter) if delimiter else len(line.split()) for line in lines]
    for number, count in enumerate(counts):
        if count != counts[0]:
            raise UserError(
                f"{path}: row {number + 1} of the data has not as many columns as the first; "
                "remove or mend that row"
            )
    try:
        return np.loadtxt(lines, delimiter=delimiter, usecols=columns, comments=None, ndmin=2)
    except (ValueError, OverflowError) as error:
        place = next((k for k, line in enumerate(lines) if _bad(line, delimiter, columns)), 0)
        raise UserError(
            f"{path}: row {place + 1} of the data holds something else than numbers; "
            "remove or mend that row"
        ) from error


def _bad(line: str, delimiter: str | None, columns: list[int]) -> bool:
    row = cells(line, delimiter)
    return max(columns) >= len(row) or not all(is_number(row[column]) for column in columns)


def plain(path: Path, column: NDArray[np.float64], what: str) -> NDArray[np.float64]:
    """Return a column of stamps or counts, refused when a value is missing or absurd.

    Parameters
    ----------
    path : Path
        The file, for messages.
    column : (n_samples,) float64
    what : str
        What the column holds, for messages.
    """
    good = np.abs(column) < 2**53
    if not good.all():
        raise UserError(
            f"{path}: row {int(np.argmin(good)) + 1} of the data has no valid {what}; "
            "remove or mend that row"
        )
    return column

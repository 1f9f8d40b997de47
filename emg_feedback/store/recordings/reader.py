"""Choose the reader of a recording by its first bytes; suffixes lie."""

from pathlib import Path

from emg_config.errors import UserError
from emg_feedback.store.recordings import (
    brainflow_text,
    delimited,
    edf,
    npy,
    openbci_gui,
    xdf,
)
from emg_feedback.store.recordings.given import Given
from emg_feedback.store.recordings.recording import Recording
from emg_feedback.store.recordings.text import decode

MOST_BYTES = 2**30

BINARY_READERS = {
    b"\x93NUMPY": npy.read,
    b"XDF:": xdf.read,
    b"\xffBIOSEMI": edf.read,
    b"0       ": edf.read,
}


def read_recording(
    path: Path | str, *, sample_rate_hz: float | None = None, unit: str | None = None
) -> Recording:
    """Read a recording of any known format.

    Parameters
    ----------
    path : Path or str
        OpenBCI GUI text, BrainFlow text, EDF, EDF+, BDF, BDF+, XDF, delimited text or ``.npy``.
    sample_rate_hz : float, optional
        Rate of a file that does not state it, Hz.
    unit : str, optional
        Unit of a file that does not state it: V, mV or uV (µV). Without it, µV.

    Returns
    -------
    Recording

    Raises
    ------
    UserError
        When there is no such recording, or it is damaged, or contradicts what was given.
    """
    path = Path(path)
    given = Given(path, sample_rate_hz, unit)
    content = _content(path)
    for magic, read in BINARY_READERS.items():
        if content.startswith(magic):
            return read(content, given)
    text = decode(path, content)
    if text.startswith("%OpenBCI Raw"):
        return openbci_gui.read(text, given)
    if brainflow_text.matches(text):
        return brainflow_text.read(text, given)
    return delimited.read(text, given)


def _content(path: Path) -> bytes:
    """Everything in the file, refused when that is nothing or too much."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(f"{path}: is larger than 1 GB; cut it into shorter recordings")
        content = path.read_bytes()
    except IsADirectoryError as error:
        raise UserError(f"{path}: is a folder; give a recording in it") from error
    except FileNotFoundError as error:
        raise UserError(f"{path}: there is no such file; check its name") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a name of a file"
        raise UserError(f"{path}: cannot be read ({reason}); choose another file") from error
    if not content.strip():
        raise UserError(f"{path}: is empty; record again or choose another file")
    return content

"""What may stand on the command line: each turns a text into a value or says what is wrong."""

from argparse import ArgumentTypeError
from collections.abc import Callable
from typing import TypeVar

import msgspec

from emg_feedback.link.messages import AddPatient

Number = TypeVar("Number", int, float)


def _between(kind: type[Number], low: float, high: float) -> Callable[[str], Number]:
    """Return a reader of numbers from ``low`` to ``high``."""
    called = "a whole number" if kind is int else "a number"

    def read(text: str) -> Number:
        try:
            value = kind(text)
            if low <= value <= high:
                return value
        except ValueError:
            pass
        raise ArgumentTypeError(f"{text!r} is not {called} from {low:g} to {high:.9g}")

    return read


positive_number = _between(float, 1e-6, 1e8)
sample_rate_hz = _between(float, 1.0, 1e6)
seed_number = _between(int, 0, 999_999_999)
count = _between(int, 1, 100_000)
one_to_eight = _between(int, 1, 8)
percent = _between(int, 0, 100)
text_size = _between(float, 1.0, 1.6)
channel_number = _between(int, 0, 999)


def list_of_names(text: str) -> list[str]:
    """Read names, separated by commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or any(len(name) > 64 for name in names):
        raise ArgumentTypeError("names are separated by commas and have at most 64 letters")
    if len(set(names)) < len(names):
        raise ArgumentTypeError("a name stands twice: say left and right, or upper and lower")
    return names


def stretch_of_time(text: str) -> tuple[float, float]:
    """Read a stretch in seconds, such as 2.5:8."""
    start, stop = _two(text, float, "stretch of time such as 2.5:8")
    if not 0.0 <= start < stop < 1e9:
        raise ArgumentTypeError(f"{text!r} is no stretch of time such as 2.5:8")
    return start, stop


def stretch_of_samples(text: str) -> tuple[int, int]:
    """Read a first sample and a number of samples, such as 500:25."""
    start, count = _two(text, int, "stretch of samples such as 500:25")
    if start < 0 or count < 1:
        raise ArgumentTypeError(f"{text!r} is no stretch of samples such as 500:25")
    return start, count


def pair_of_channels(text: str) -> tuple[int, int]:
    """Read two channels, such as 0:1."""
    first, second = _two(text, int, "pair of channels such as 0:1")
    if min(first, second) < 0 or first == second:
        raise ArgumentTypeError(f"{text!r} is no pair of channels such as 0:1")
    return first, second


def pseudonym(text: str) -> str:
    """Read the name under which a patient is kept."""
    try:
        return msgspec.convert({"patient": text}, AddPatient).patient
    except msgspec.ValidationError:
        raise ArgumentTypeError(
            f"{text!r} is no pseudonym: at most 32 letters, digits, - and _, no spaces"
        ) from None


def _two(text: str, kind: type[Number], wanted: str) -> tuple[Number, Number]:
    first, colon, second = text.partition(":")
    try:
        if colon:
            return kind(first), kind(second)
    except ValueError:
        pass
    raise ArgumentTypeError(f"{text!r} is no {wanted}")

"""What may stand on the command line: each turns a text into a value or says what is wrong.

Their names appear in error messages.
"""

from argparse import ArgumentTypeError


def positive_number(text: str) -> float:
    """Read a positive number."""
    value = float(text)
    if not 0.0 < value < 1e9:
        raise ArgumentTypeError(f"{text} is not a positive number")
    return value


def seed_number(text: str) -> int:
    """Read a seed."""
    value = int(text)
    if value < 0:
        raise ArgumentTypeError(f"{text} is negative")
    return value


def count(text: str) -> int:
    """Read how many."""
    value = int(text)
    if not 1 <= value <= 100_000:
        raise ArgumentTypeError(f"{text} is not between 1 and 100000")
    return value


def one_to_eight(text: str) -> int:
    """Read a number of muscles."""
    value = int(text)
    if not 1 <= value <= 8:
        raise ArgumentTypeError(f"{text} is not between 1 and 8")
    return value


def percent(text: str) -> int:
    """Read a share in percent."""
    value = int(text)
    if not 0 <= value <= 100:
        raise ArgumentTypeError(f"{text} is not between 0 and 100")
    return value


def text_size(text: str) -> float:
    """Read how many times as large letters are."""
    value = float(text)
    if not 1.0 <= value <= 1.6:
        raise ArgumentTypeError(f"{text} is not between 1.0 and 1.6")
    return value


def list_of_names(text: str) -> list[str]:
    """Read names, separated by commas."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names or any(len(name) > 64 for name in names):
        raise ArgumentTypeError("names are separated by commas and have at most 64 letters")
    return names


def stretch_of_time(text: str) -> tuple[float, float]:
    """Read a stretch in seconds, such as 2.5:8."""
    start, stop = (float(part) for part in text.split(":"))
    if not 0.0 <= start < stop < 1e9:
        raise ArgumentTypeError(f"{text} is no stretch of time such as 2.5:8")
    return start, stop


def stretch_of_samples(text: str) -> tuple[int, int]:
    """Read a first sample and a number of samples, such as 500:25."""
    start, count = (int(part) for part in text.split(":"))
    if start < 0 or count < 1:
        raise ArgumentTypeError(f"{text} is no stretch of samples such as 500:25")
    return start, count


def pair_of_channels(text: str) -> tuple[int, int]:
    """Read two channels, such as 0:1."""
    first, second = (int(part) for part in text.split(":"))
    if min(first, second) < 0 or first == second:
        raise ArgumentTypeError(f"{text} is no pair of channels such as 0:1")
    return first, second


def channel_number(text: str) -> int:
    """Read the number of a channel, from 0."""
    value = int(text)
    if not 0 <= value < 1000:
        raise ArgumentTypeError(f"{text} is no channel: they are counted from 0")
    return value

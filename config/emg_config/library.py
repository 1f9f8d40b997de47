"""The exercise library: the package's protocols, and the user's own beside them."""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import msgspec

from emg_config.errors import UserError
from emg_config.home import home
from emg_config.muscles import placements, split_side
from emg_config.protocol import Exercise, Protocol, parse_protocol

REGIONS = (
    "neck",
    "shoulder",
    "elbow",
    "wrist and hand",
    "back and core",
    "hip",
    "knee",
    "ankle and foot",
    "jaw",
    "pelvic floor",
    "evaluation",
)
# What a referral says.
REFERRALS = (
    "pinched nerve",
    "back pain and sciatica",
    "headache and migraine",
    "neck pain",
    "shoulder pain",
    "elbow pain",
    "wrist and hand pain",
    "hip and knee pain",
    "foot and ankle pain",
    "jaw pain",
    "pelvic pain and incontinence",
    "accident and work injuries",
    "stroke",
)


def protocols() -> dict[str, Protocol]:
    """Return every protocol by name: what the package brings, then the user's own.

    A protocol of the user's (in ``protocols/`` of the home folder) stands for the one of the same
    name that the package brings. A file of the user's that cannot be read is left out: `unreadable`
    tells which and why.
    """
    own = (read for _, read in _own() if not isinstance(read, UserError))
    return _shipped() | {protocol.name: protocol for protocol in own}


def unreadable() -> list[str]:
    """Return what is wrong with each file of the user's that is not a valid protocol."""
    return [str(read) for _, read in _own() if isinstance(read, UserError)]


def load_protocol(name: str) -> Protocol:
    """Find a protocol by name.

    Raises
    ------
    UserError
        There is none; or the user's own file of this name is not valid, which must not let the
        package's dose be given in its place.
    """
    for file_name, read in _own():
        if (
            isinstance(read, UserError)
            and file_name.removesuffix(".toml").replace("_", "-") == name
        ):
            raise read
    known = protocols()
    if name not in known:
        raise UserError(f"no protocol is called {name!r}: see 'emg-feedback protocols list'")
    return known[name]


def find(words: str = "", region: str = "") -> list[Protocol]:
    """Return the protocols in which every word occurs, by region.

    Words are looked for in title, region, mode, muscles (also by their other names) and in what a
    referral would say, from the beginning of a word on: ``"sciatica"`` finds what helps with "back
    pain and sciatica".

    Raises
    ------
    UserError
        There is no such region.
    """
    regions = [known for known in REGIONS if _match(region, [known])]
    if not regions:
        raise UserError(f"no region is called {region!r}: {', '.join(REGIONS)}")
    others = {name: placement.others for name, placement in placements().items()}

    def told(protocol: Protocol) -> list[str]:
        names = [split_side(muscle.name)[0] for muscle in protocol.muscles]
        also = [other for name in names for other in others.get(name, ())]
        about = (protocol.title, protocol.region, protocol.mode)
        return [protocol.name, *about, *names, *also, *protocol.helps]

    found = [
        protocol
        for protocol in protocols().values()
        if (not region or protocol.region in regions) and _match(words, told(protocol))
    ]
    order = {known: place for place, known in enumerate(REGIONS)}
    return sorted(found, key=lambda protocol: order.get(protocol.region, len(order)))


def described(protocol: Exercise) -> dict[str, Any]:
    """Return a protocol as plain data, with its mode and how long it takes."""
    return {**msgspec.to_builtins(protocol), "total_s": protocol.total_s}


def from_description(told: dict[str, Any]) -> Protocol:
    """Return the protocol that was `described`.

    Raises
    ------
    msgspec.ValidationError
        It is of another version.
    """
    plain = {field: value for field, value in told.items() if field != "total_s"}
    return msgspec.convert(plain, Protocol)  # type: ignore[no-any-return]


def read_protocol(file: Traversable) -> Protocol:
    """Read a protocol from a file.

    Raises
    ------
    UserError
        It cannot be read, or is not a valid protocol.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{file} cannot be read ({error.strerror}): check the name, or give another file"
        ) from None
    except UnicodeDecodeError:
        raise UserError(f"{file.name} is not text in UTF-8") from None
    try:
        return parse_protocol(text, file.name)
    except RecursionError:
        raise UserError(f"{file.name} is not a valid protocol: nested too deeply") from None


def own_files() -> list[Traversable]:
    """Return the files of the user's own protocols."""
    return _files(home() / "protocols")


def shipped_files() -> list[Traversable]:
    """Return the files of the package's protocols."""
    return _files(files("emg_config") / "protocols")


def _files(folder: Traversable) -> list[Traversable]:
    if not folder.is_dir():
        return []
    found = (file for file in folder.iterdir() if file.name.endswith(".toml"))
    return sorted(found, key=lambda file: file.name)


@cache
def _shipped() -> dict[str, Protocol]:
    return {protocol.name: protocol for protocol in map(read_protocol, shipped_files())}


def _own() -> Iterator[tuple[str, Protocol | UserError]]:
    for file in own_files():
        try:
            yield file.name, read_protocol(file)
        except UserError as error:
            yield file.name, error


def _words(text: str) -> list[str]:
    """Split into words without case and plural."""
    return [word.removesuffix("s") or word for word in re.findall(r"\w+", text.casefold())]


def _match(words: str, texts: list[str]) -> bool:
    known = [word for text in texts for word in _words(text)]
    return all(any(one.startswith(word) for one in known) for word in _words(words))

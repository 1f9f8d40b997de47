"""An exercise: which muscles, how strong, how long, how often. Read from TOML."""

from collections.abc import Iterator
from importlib.resources import files
from typing import Annotated, Literal

import msgspec

from emg_config.errors import UserError

Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=600.0)]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Muscle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A muscle and its target band ``[low, high]`` in fractions of MVC; none to watch only."""

    name: Name
    target: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.target is not None and not 0.0 <= self.target[0] < self.target[1] <= 1.5:
            raise ValueError("a target needs 0 ≤ low < high ≤ 1.5 (fractions of MVC)")


class Protocol(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Repetitions of prepare, hold and relax, in sets; muscles sit on channels in their order."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    title: Name
    region: Name
    mode: Literal["hold"]
    prepare_s: Seconds
    hold_s: Annotated[float, msgspec.Meta(ge=2.0, le=600.0)]
    relax_s: Seconds
    repetitions: Annotated[int, msgspec.Meta(ge=1, le=100)]
    sets: Annotated[int, msgspec.Meta(ge=1, le=20)]
    set_rest_s: Seconds
    muscles: Annotated[tuple[Muscle, ...], msgspec.Meta(min_length=1, max_length=16)]

    def __post_init__(self) -> None:
        if all(muscle.target is None for muscle in self.muscles):
            raise ValueError("at least one muscle needs a target")


def shipped_protocols() -> Iterator[Protocol]:
    """Yield every protocol that comes with the package."""
    for file in sorted((files("emg_config") / "protocols").iterdir(), key=lambda f: f.name):
        if file.name.endswith(".toml"):
            yield parse_protocol(file.read_text(encoding="utf-8"), file.name)


def parse_protocol(text: str, source: str) -> Protocol:
    """Read a protocol; ``source`` names it in an error."""
    try:
        return msgspec.toml.decode(text, type=Protocol)
    except msgspec.DecodeError as error:
        raise UserError(f"{source} is not a valid protocol: {error}") from None


def load_protocol(name: str) -> Protocol:
    """Find a shipped protocol by name."""
    protocols = {protocol.name: protocol for protocol in shipped_protocols()}
    if name not in protocols:
        raise UserError(f"no protocol is called {name!r}: choose one of {', '.join(protocols)}")
    return protocols[name]

"""Where the electrodes go, muscle by muscle. Read from TOML."""

from functools import cache, lru_cache
from importlib.resources import files
from typing import Annotated

import msgspec

from emg_config.errors import UserError
from emg_config.home import home
from emg_config.protocol import Name

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=300)]
SIDES = ("left", "right")


class Placement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to put two electrodes on a muscle.

    Attributes
    ----------
    name, region : str
    others : tuple of str
        What else the muscle is called.
    posture, location, direction, reference : str
        How the patient sits or lies meanwhile, where the pair goes, along which line, and where
        the reference electrode goes.
    spacing_mm : float
        Between the centres of the electrodes.
    heartbeats : bool
        The heart is likely to be seen too.
    seniam : bool
        The location is the one that SENIAM recommends.
    note : str, optional
        What else to know, such as which neighbours are heard.
    source : str
    """

    name: Name
    region: Name
    others: tuple[Name, ...] = ()
    posture: Sentence
    location: Sentence
    direction: Sentence
    reference: Sentence
    spacing_mm: Annotated[float, msgspec.Meta(ge=5.0, le=50.0)] = 20.0
    heartbeats: bool
    seniam: bool = False
    note: Sentence | None = None
    source: Sentence


class _Muscles(msgspec.Struct, forbid_unknown_fields=True):
    muscles: list[Placement]


def split_side(muscle: str) -> tuple[str, str | None]:
    """Split ``"Soleus left"`` into the muscle and its side; None where no side is named."""
    name, _, last = muscle.rpartition(" ")
    return (name, last) if name and last in SIDES else (muscle, None)


@lru_cache(maxsize=1024)
def unnamed(channel: int) -> str:
    """Return what a channel is called while it is on no muscle."""
    return f"CH{channel + 1}"


def side_of(muscle: str) -> str:
    """Return the side that the last or the first word of a name tells; empty if none does."""
    words = muscle.lower().split()
    return next((word for word in (*words[-1:], *words[:1]) if word in SIDES), "")


def placements() -> dict[str, Placement]:
    """Return every placement by the muscle's name: what the package brings, then the user's own.

    The user's own are in ``muscles.toml`` of the home folder, in the same form; one of the same
    name stands for the package's.

    Raises
    ------
    UserError
        The user's file is not valid.
    """
    known = dict(_shipped())
    own = home() / "muscles.toml"
    if own.is_file():
        try:
            known |= parse_placements(own.read_text("utf-8"), own.name)
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{own} cannot be read: {error}") from None
    return known


def parse_placements(text: str, source: str) -> dict[str, Placement]:
    """Read placements; ``source`` names them in an error."""
    try:
        found = msgspec.toml.decode(text, type=_Muscles).muscles
    except msgspec.DecodeError as error:
        raise UserError(f"{source} is not a valid list of muscles: {error}") from None
    return {placement.name: placement for placement in found}


def placement(muscle: str) -> Placement | None:
    """Return where the electrodes go for a muscle of a protocol, or None if it is not known."""
    return placements().get(split_side(muscle)[0])


@cache
def _shipped() -> dict[str, Placement]:
    file = files("emg_config") / "muscles.toml"
    return parse_placements(file.read_text("utf-8"), file.name)

"""With what a muscle is recorded."""

import re
from typing import Annotated, Literal, Self

import msgspec

Kind = Literal["gel", "paste", "dry", "probe"]

_TOLD = re.compile(r"^(?P<kind>\w+) (?P<size_mm>[\d.]+) mm, (?P<spacing_mm>[\d.]+) mm apart$")


class Electrode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of the two alike electrodes of a channel.

    Attributes
    ----------
    kind : {"gel", "paste", "dry", "probe"}
        Single use with gel, reusable with paste, reusable and dry, or a probe.
    size_mm : float
        Diameter.
    spacing_mm : float
        From centre to centre.
    """

    kind: Kind = "gel"
    size_mm: Annotated[float, msgspec.Meta(ge=1.0, le=60.0)] = 24.0
    spacing_mm: Annotated[float, msgspec.Meta(ge=5.0, le=100.0)] = 20.0

    def __str__(self) -> str:
        return f"{self.kind} {self.size_mm:g} mm, {self.spacing_mm:g} mm apart"

    @classmethod
    def read(cls, told: str | None) -> Self | None:
        """Return the electrode that was written as text; None if this is none."""
        found = _TOLD.match(told or "")
        try:
            return msgspec.convert(found.groupdict(), cls, strict=False) if found else None
        except msgspec.ValidationError:
            return None

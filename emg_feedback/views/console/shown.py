"""The things a console shows, as plain values."""

from dataclasses import dataclass
from enum import Enum

from emg_config.protocol import Band, Unit
from emg_feedback.views.console.words import Quality
from emg_feedback.views.words import Place


class Link(Enum):
    """How the console stands to the engine."""

    WAITING = "waiting"
    LIVE = "live"
    SILENT = "silent"
    LOST = "lost"


@dataclass(frozen=True)
class Notice:
    """A line for the therapist: what was done, or why it was not."""

    text: str
    refused: bool
    at_s: float


@dataclass(frozen=True)
class ChannelView:
    """One channel as it is now; ``target`` is in ``unit``, ``level`` too; None where unknown."""

    number: int
    name: str
    quality: Quality
    quality_number: str
    envelope_uv: float | None
    intensity: float | None
    rest_uv: float | None
    mvc_uv: float | None
    unit: Unit
    level: float | None
    target: Band | None
    role: str
    place: Place
    stale: bool
    used: bool = True

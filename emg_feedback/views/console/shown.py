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
    """One channel as it is now; what is unknown is None.

    ``level``, ``target``, ``band`` and ``ceiling`` are in ``unit``. The ``target`` is what is asked
    for now, the ``band`` what a therapist sets: only in the rest of contract–relax they are not the
    same, where a muscle is to fall below the ``ceiling``. The bar ends at ``full``, for the patient
    too.
    """

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
    band: Band | None
    ceiling: float | None
    full: float
    role: str
    place: Place
    stale: bool
    used: bool = True

"""What the archive keeps, as typed structs: a struct is a row, a field a column of that name.

Times are Unix seconds. Lists and maps are kept as JSON, in which NaN becomes null.
"""

from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal, Self, get_origin

import msgspec

Completeness = Literal["running", "complete", "interrupted", "recovered"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A row of a table."""

    def columns(self) -> dict[str, Any]:
        """Return the columns as SQLite takes them."""
        return {
            name: _as_json(value) if isinstance(value, list | dict) else value
            for name, value in msgspec.structs.asdict(self).items()
        }

    @classmethod
    def read(cls, columns: dict[str, Any]) -> Self:
        """Return what `columns` gave."""
        for name in _json_columns(cls):
            columns[name] = msgspec.json.decode(columns[name])
        return msgspec.convert(columns, cls)


class PatientRow(Row, frozen=True, kw_only=True):
    """A patient, known by a pseudonym of letters, digits, ``-`` and ``_``, at most 32.

    ``look`` is how the patient's page looks, as far as it was ever changed for this patient.
    """

    id: str
    created: float
    look: dict[str, Any] = {}


class ProgrammeRow(Row, frozen=True, kw_only=True):
    """A patient's own list of exercises, as it stood from ``since`` on."""

    patient: str
    since: float
    items: list[dict[str, Any]]


class SessionRow(Row, frozen=True, kw_only=True):
    """A session; ``patient`` is None when nobody was named.

    ``n_samples`` counts the ``lost_samples`` too. ``ended`` is None while the session runs, and
    stays so when the program was cut off. ``used`` and ``electrodes`` tell of each channel whether
    it is used, and with what it is recorded; both are empty where that was not kept yet.
    """

    id: str
    patient: str | None
    started: float
    board: str
    sample_rate_hz: float
    channel_names: list[str]
    software: str
    used: list[bool] = []
    electrodes: list[str | None] = []
    ended: float | None = None
    state: Completeness = "running"
    n_samples: int = 0
    lost_samples: int = 0

    @property
    def seconds(self) -> float:
        """Return how long it was recorded, s."""
        return self.n_samples / self.sample_rate_hz


class CalibrationRow(Row, frozen=True, kw_only=True):
    """Rest and reference of one muscle, with all that must be alike to use them again.

    ``fraction`` is the share of full effort that was asked for; ``mvc_uv`` is full effort.
    """

    session: str
    channel: int
    muscle: str
    rest_uv: float | None
    mvc_uv: float | None
    board: str
    sample_rate_hz: float
    measured: float
    fraction: float = 1.0
    trials: list[dict[str, Any]] = []
    electrode: str | None = None
    gain: float | None = None


class ExerciseRow(Row, frozen=True, kw_only=True):
    """An exercise of a session, counted from 1; ``protocol`` as it was done, dose included.

    ``skipped`` are repetitions that were left out on purpose.
    """

    session: str
    number: int
    protocol: dict[str, Any]
    started: float
    channels: list[int] = []
    ended: float | None = None
    skipped: int = 0


class RepetitionRow(Row, frozen=True, kw_only=True):
    """The score of one repetition, as its event tells it."""

    session: str
    exercise: int
    score: dict[str, Any]


class EventRow(Row, frozen=True, kw_only=True):
    """Something that happened: a target, a pause, pain, a mark, a note, a change by itself."""

    session: str
    kind: str
    sample: int
    t_unix: float
    channel: int | None = None
    data: dict[str, Any] = {}


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """All that is kept of a session, each list in the order it was written.

    ``outcomes`` tells of each exercise ``protocol``, ``title``, ``mode``, ``planned`` repetitions,
    how many there were, how many of them ``good`` and ``void`` (disturbed), how many more were
    ``skipped``, and the mean ``time_in_band`` and ``asymmetry`` of those that count.
    """

    session: SessionRow
    outcomes: list[dict[str, Any]]
    calibrations: list[CalibrationRow]
    exercises: list[ExerciseRow]
    repetitions: list[RepetitionRow]
    events: list[EventRow]


def iso(t_unix: float) -> str:
    """Return a time as text, ISO 8601 in UTC."""
    return datetime.fromtimestamp(t_unix, UTC).isoformat(timespec="seconds")


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


@cache
def _json_columns(kind: type[Row]) -> tuple[str, ...]:
    fields = msgspec.structs.fields(kind)
    return tuple(field.name for field in fields if get_origin(field.type) in (list, dict))

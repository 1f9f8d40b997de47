"""What is asked of the archive on behalf of a console; carried out in the archive's thread."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec

from emg_config import UserError
from emg_config.library import load_protocol
from emg_feedback.link.messages import PatientLook, ProgrammeItem
from emg_feedback.store.archive import Archive
from emg_feedback.store.history import history
from emg_feedback.store.rows import (
    CalibrationRow,
    EventRow,
    PatientRow,
    ProgrammeRow,
    SessionRow,
)
from emg_feedback.training.evaluation import Evaluated
from emg_feedback.training.progress import progressed
from emg_feedback.training.statistics import Played

R = TypeVar("R")


def patients(archive: Archive) -> dict[str, Any]:
    """Return who is in the archive."""
    return {"patients": archive.patients()}


def add_patient(archive: Archive, patient: str, now: float) -> dict[str, Any]:
    """Enter a patient; return who is in the archive then."""
    archive.add_patient(PatientRow(id=patient, created=now))
    return patients(archive)


class Known(NamedTuple):
    """What is known of a patient as a session begins.

    Attributes
    ----------
    references : list of CalibrationRow
        The newest of each muscle.
    look : PatientLook or None
        How the patient's page looks; None if nobody changed that.
    last : SessionRow or None
        The last session.
    """

    references: list[CalibrationRow]
    look: PatientLook | None
    last: SessionRow | None


def known(archive: Archive, patient: str) -> Known:
    """Return what is known of a patient; what cannot be read is as if it were not there."""
    archive.require_patient(patient)
    look = _readable(lambda: msgspec.convert(archive.look(patient) or None, PatientLook | None))
    references = _readable(lambda: archive.last_calibrations(patient))
    return Known(references or [], look, _readable(lambda: archive.last_session(patient)))


def set_programme(
    archive: Archive, patient: str, items: Sequence[ProgrammeItem], now: float
) -> dict[str, Any]:
    """Replace a patient's programme, if it can be done as it is; return the patient's history."""
    for item in items:
        load_protocol(item.protocol).with_dose(item.dose)
    _keep(archive, patient, items, now)
    return history(archive, patient)


def move_programme_on(archive: Archive, patient: str, played: Sequence[Played], now: float) -> None:
    """Move a patient's programme on after a session."""
    items = msgspec.convert(archive.programme(patient), list[ProgrammeItem])
    moved = progressed(items, played)
    if moved != items:
        _keep(archive, patient, moved, now)


def keep_evaluation(archive: Archive, mark: EventRow, evaluated: Evaluated) -> None:
    """Keep what an evaluation came to; without a programme if the library cannot be read."""
    programme: list[ProgrammeItem] = []
    with suppress(UserError):
        programme = evaluated.programme()
    data = {"evaluation": evaluated.told(programme)}
    archive.add(msgspec.structs.replace(mark, data=data))


def _readable(read: Callable[[], R]) -> R | None:
    with suppress(msgspec.MsgspecError):
        return read()
    return None


def _keep(archive: Archive, patient: str, items: Sequence[ProgrammeItem], now: float) -> None:
    told = msgspec.to_builtins(list(items))
    archive.set_programme(ProgrammeRow(patient=patient, since=now, items=told))

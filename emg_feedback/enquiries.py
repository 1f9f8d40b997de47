"""What is asked of the archive on behalf of a console; carried out in the archive's thread."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from emg_config import UserError
from emg_config.library import load_protocol
from emg_feedback.link.messages import ProgrammeItem
from emg_feedback.store.archive import Archive
from emg_feedback.store.history import history
from emg_feedback.store.rows import CalibrationRow, EventRow, PatientRow, ProgrammeRow
from emg_feedback.training.evaluation import Evaluated
from emg_feedback.training.progress import progressed
from emg_feedback.training.statistics import Played


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
    look : dict
        How the patient's page looks; empty if nobody changed that.
    """

    references: list[CalibrationRow]
    look: dict[str, Any]


def known(archive: Archive, patient: str) -> Known:
    """Return what is known of a patient."""
    archive.require_patient(patient)
    return Known(archive.last_calibrations(patient), archive.look(patient))


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


def _keep(archive: Archive, patient: str, items: Sequence[ProgrammeItem], now: float) -> None:
    told = msgspec.to_builtins(list(items))
    archive.set_programme(ProgrammeRow(patient=patient, since=now, items=told))

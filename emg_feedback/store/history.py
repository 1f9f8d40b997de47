"""What a patient did so far, told in short."""

from typing import Any, TypedDict

import msgspec

from emg_feedback.store.archive import Archive
from emg_feedback.store.rows import iso


class Evaluation(TypedDict, total=False):
    """How what is told of an initial evaluation must look to be shown."""

    channels: list[dict[str, Any]]
    findings: list[str]


def history(archive: Archive, patient: str) -> dict[str, Any]:
    """Return a patient's programme, sessions and newest calibrations, the newest first.

    Times are ISO 8601 in UTC.

    Raises
    ------
    UserError
        There is no such patient.
    """
    archive.require_patient(patient)
    outcomes, deeds = archive.outcomes(patient), archive.deeds(patient)
    for deed in deeds.values():
        try:
            msgspec.convert(deed["evaluation"], Evaluation)
        except msgspec.ValidationError:
            deed["evaluation"] = None
    return {
        "patient": patient,
        "programme": archive.programme(patient),
        "sessions": [
            {
                "id": one.id,
                "started": iso(one.started),
                "state": one.state,
                "exercises": outcomes.get(one.id, []),
                **deeds.get(one.id, {}),
            }
            for one in archive.sessions(patient)
        ],
        "calibrations": [
            {
                "muscle": one.muscle,
                "channel": one.channel,
                "rest_uv": one.rest_uv,
                "mvc_uv": one.mvc_uv,
                "fraction": one.fraction,
                "measured": iso(one.measured),
                "board": one.board,
                "gain": one.gain,
                "electrode": one.electrode,
            }
            for one in archive.last_calibrations(patient)
        ],
    }

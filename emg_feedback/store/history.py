"""What a patient did so far, told in short."""

from typing import Any, TypedDict

import msgspec

from emg_config.protocol import Dose
from emg_feedback.store.archive import Archive
from emg_feedback.store.rows import iso


class Evaluation(TypedDict, total=False):
    """How what is told of an initial evaluation must look to be shown."""

    channels: list[dict[str, Any]]
    findings: list[str]


def history(archive: Archive, patient: str) -> dict[str, Any]:
    """Return a patient's programme, sessions and newest calibrations, the newest first.

    ``doses`` tells by exercise the last one that was trained with. Times are ISO 8601 in UTC.

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
        "doses": {
            one["protocol"]["name"]: {"dose": dose, "started": iso(one["started"]), "running": now}
            for one in archive.last_done(patient)
            if (dose := last_dose(one["protocol"], now := one["running"])) is not None
        },
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


def last_dose(exercise: dict[str, Any], running: bool) -> dict[str, Any] | None:
    """Return the dose of an exercise that was done; None if it cannot be given again.

    Targets in µV are of the electrodes of that day: only a session that is ``running`` has them.
    """
    dose = {field: exercise.get(field) for field in Dose.__struct_fields__}
    dose["targets"] = [
        {"low": band[0], "high": band[1], "unit": muscle.get("unit", "mvc")}
        if (band := muscle.get("target")) and (running or muscle.get("unit", "mvc") == "mvc")
        else None
        for muscle in exercise.get("muscles", [])
    ]
    try:
        told: dict[str, Any] = msgspec.to_builtins(msgspec.convert(dose, Dose))
    except msgspec.ValidationError:
        return None
    return told

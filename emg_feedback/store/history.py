"""What a patient did so far, told in short."""

from collections.abc import Sequence
from typing import Any

import msgspec

from emg_feedback.store.archive import Archive
from emg_feedback.store.rows import Judged, Title, iso


def history(archive: Archive, patient: str) -> dict[str, Any]:
    """Return a patient's programme, sessions and newest calibrations, the newest first.

    Times are ISO 8601 in UTC.

    Raises
    ------
    UserError
        There is no such patient.
    """
    archive.require_patient(patient)
    results: dict[tuple[str, int], list[Judged]] = {}
    for row in archive.of_patient("repetitions", "session, exercise, score", patient):
        results.setdefault((row["session"], row["exercise"]), []).append(
            msgspec.json.decode(row["score"], type=Judged)
        )
    exercises: dict[str, list[dict[str, Any]]] = {}
    for row in archive.of_patient("exercises", "session, number, protocol", patient):
        done = results.get((row["session"], row["number"]), [])
        title = msgspec.json.decode(row["protocol"], type=Title)
        exercises.setdefault(row["session"], []).append(outcome(title, done))
    return {
        "patient": patient,
        "programme": archive.programme(patient),
        "sessions": [
            {
                "id": one.id,
                "started": iso(one.started),
                "state": one.state,
                "exercises": exercises.get(one.id, []),
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


def outcome(title: Title, results: Sequence[Judged]) -> dict[str, Any]:
    """Return what came of an exercise: counts, and the mean time in band of what counts."""
    ends = [one.result for one in results]
    in_band = [
        one.time_in_band for one in results if one.result != "void" and one.time_in_band is not None
    ]
    return {
        "protocol": title.name,
        "title": title.title,
        "mode": title.mode,
        "repetitions": len(ends),
        "planned": title.sets * title.repetitions,
        "good": ends.count("good"),
        "void": ends.count("void"),
        "time_in_band": sum(in_band) / len(in_band) if in_band else None,
    }

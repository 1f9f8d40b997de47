"""The command ``sessions``: what the archive keeps, listed, shown, and deleted."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from emg_config import UserError
from emg_feedback.store.archive import Archive
from emg_feedback.store.archive_file import default_path
from emg_feedback.store.rows import (
    Contents,
    EventRow,
    ExerciseRow,
    RepetitionRow,
    SessionRow,
    iso,
)
from emg_feedback.training.alike import compared, shares
from emg_feedback.training.conclusion import conclusion

WIDTH = 100
# What the table of exercises tells.
TOLD_ELSEWHERE = ("repetition", "onset", "offset")
PAUSES = {"asked": "", "pain": "because of pain", "loss": "because too much was lost"}


def list_sessions(path: Path | None = None, patient: str | None = None) -> list[dict[str, Any]]:
    """Return all sessions, or a patient's, the newest first, as plain data.

    ``path`` names another archive than the user's own; one's own may not be there yet.
    """
    if path is None and not default_path().exists():
        return []
    with _archive(path) as archive:
        return [_told(session) for session in archive.sessions(patient)]


def tell_list(listed: list[dict[str, Any]]) -> str:
    """Write the list as a table."""
    if not listed:
        return "no sessions yet"
    rows = [
        (
            one["id"],
            one["patient"] or "–",
            _day_and_time(one["started"]),
            _length(one["n_samples"] / one["sample_rate_hz"]),
            one["state"],
            _share(one["lost_samples"], one["n_samples"]),
        )
        for one in listed
    ]
    return _table(("Session", "Patient", "Started", "Length", "State", "Lost"), rows)


def show_session(session: str, path: Path | None = None) -> dict[str, Any]:
    """Return everything that is kept of a session, as plain data."""
    contents = _contents(session, path)
    repetitions = _by_exercise(contents.repetitions)
    return {
        **_told(contents.session),
        "calibrations": [
            {**msgspec.structs.asdict(one), "measured": iso(one.measured)}
            for one in contents.calibrations
        ],
        "exercises": [
            {
                **msgspec.structs.asdict(one),
                "started": iso(one.started),
                "ended": None if one.ended is None else iso(one.ended),
                "repetitions": repetitions.get(one.number, []),
            }
            for one in contents.exercises
        ],
        "events": [msgspec.structs.asdict(one) for one in contents.events],
    }


def tell_session(session: str, path: Path | None = None) -> str:
    """Write what is kept of a session, for the one who held it."""
    contents = _contents(session, path)
    kept = contents.session
    parts = [
        "\n".join(
            (
                f"Session {kept.id}, {kept.state}",
                f"Patient {kept.patient or 'not named'}, {_day_and_time(iso(kept.started))}, "
                f"{_length(kept.seconds)}",
                f"Board {kept.board} at {kept.sample_rate_hz:g} samples/s, "
                f"{_share(kept.lost_samples, kept.n_samples)} lost",
            )
        )
    ]
    newest = {(one.channel, one.muscle): one for one in contents.calibrations}
    if newest:
        rows = [
            (
                one.muscle,
                _number(one.rest_uv, "{:.1f} µV"),
                _number(one.mvc_uv, "{:.0f} µV"),
                "full" if one.fraction == 1.0 else f"{one.fraction:.0%} asked",
            )
            for one in newest.values()
        ]
        parts.append(_table(("Muscle", "Rest", "Full effort (MVC)", "Effort"), rows))
    if contents.exercises:
        columns = (
            "Exercise", "Mode", "Dose", "Repetitions", "Good", "Missed", "Disturbed", "In band",
        )  # fmt: skip
        parts.append(_table(columns, map(_done, contents.exercises, contents.outcomes)))
        parts += _alike(contents)
    rows = [
        (_length(max(0.0, one.t_unix - kept.started)), _channel(one, kept), *told)
        for one in contents.events
        if (told := _event(one, kept)) is not None
    ]
    if rows:
        parts.append(_table(("After", "Muscle", "What happened", ""), rows))
    return "\n\n".join(parts)


def delete_session(session: str, sure: bool, path: Path | None = None) -> dict[str, Any]:
    """Delete a session for good.

    Raises
    ------
    UserError
        There is no such session, it is running, or nobody is ``sure``.
    """
    with _archive(path) as archive:
        kept = archive.session(session).session
        if not sure:
            raise UserError(
                f"this would delete session {kept.id} ({_length(kept.seconds)}) for good: "
                "add --yes if that is meant"
            )
        archive.delete_session(session)
        return {"deleted": [session]}


def delete_patient(patient: str, sure: bool, path: Path | None = None) -> dict[str, Any]:
    """Delete a patient, and every session of theirs, for good.

    Raises
    ------
    UserError
        There is no such patient, a session of theirs is running, or nobody is ``sure``.
    """
    with _archive(path) as archive:
        archive.require_patient(patient)
        sessions = [session.id for session in archive.sessions(patient)]
        if not sure:
            raise UserError(
                f"this would delete patient {patient} for good, with {_sessions(sessions)}: "
                "add --yes if that is meant"
            )
        archive.delete_patient(patient)
        return {"deleted": sessions, "patient": patient}


def tell_deleted(gone: dict[str, Any]) -> str:
    """Say what was deleted."""
    if "patient" in gone:
        return f"patient {gone['patient']} is deleted, with {_sessions(gone['deleted'])}"
    return f"session {gone['deleted'][0]} is deleted"


@contextmanager
def _archive(path: Path | None) -> Iterator[Archive]:
    """Open an archive that is there; asking makes no new one."""
    path = path or default_path()
    if not path.exists():
        raise UserError(f"{path}: there is no archive; check the name, or hold a session first")
    with Archive(path) as archive:
        yield archive


def _contents(session: str, path: Path | None) -> Contents:
    with _archive(path) as archive:
        return archive.session(session)


def _told(session: SessionRow) -> dict[str, Any]:
    return {
        **msgspec.structs.asdict(session),
        "started": iso(session.started),
        "ended": None if session.ended is None else iso(session.ended),
    }


def _by_exercise(repetitions: Iterable[RepetitionRow]) -> dict[int, list[dict[str, Any]]]:
    scores: dict[int, list[dict[str, Any]]] = {}
    for repetition in repetitions:
        scores.setdefault(repetition.exercise, []).append(repetition.score)
    return scores


def _done(exercise: ExerciseRow, outcome: dict[str, Any]) -> tuple[str, ...]:
    missed = outcome["repetitions"] - outcome["good"] - outcome["void"]
    return (
        outcome["title"] or "–",
        outcome["mode"] or "–",
        _dose(exercise.protocol),
        _of(outcome["repetitions"], outcome["planned"], outcome["skipped"]),
        str(outcome["good"]),
        str(missed),
        str(outcome["void"]),
        _number(outcome["time_in_band"], "{:.0%}"),
    )


def _alike(contents: Contents) -> Iterator[str]:
    """Say how alike the sides were in each exercise that is for that."""
    names = contents.session.channel_names
    for exercise, outcome in zip(contents.exercises, contents.outcomes, strict=True):
        pair = [names[channel] for channel in compared(exercise.channels) if channel < len(names)]
        uneven = outcome["asymmetry"]
        if outcome["mode"] == "symmetry" and uneven is not None and len(pair) == 2:
            yield f"{outcome['title']}: {shares(uneven, pair)}"


def _dose(protocol: dict[str, Any]) -> str:
    """Return what was asked for: sets, if there are several, repetitions and length of a hold."""
    if "hold_s" not in protocol:
        return "–"
    sets = f"{protocol['sets']} × " if protocol["sets"] > 1 else ""
    return f"{sets}{protocol['repetitions']} × {protocol['hold_s']:g} s"


def _of(done: int, planned: int, skipped: int) -> str:
    told = f"{done} of {planned}" if done < planned else str(done)
    return f"{told}, {skipped} left out" if skipped else told


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for row in rows:
        table.add_row(*row)
    console = Console(file=StringIO(), width=WIDTH, markup=False, emoji=False, highlight=False)
    with console.capture() as written:
        console.print(table)
    return "\n".join(line.rstrip() for line in written.get().splitlines())


def _sessions(which: Sequence[str]) -> str:
    return "1 session" if len(which) == 1 else f"{len(which)} sessions"


def _day_and_time(started: str) -> str:
    return datetime.fromisoformat(started).astimezone().strftime("%d %b %Y %H:%M")


def _length(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"


def _share(lost: int, of: int) -> str:
    return f"{lost / of:.1%}" if lost and of else "0 %"


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _channel(event: EventRow, session: SessionRow) -> str:
    names = session.channel_names
    if event.channel is None or not 0 <= event.channel < len(names):
        return ""
    return names[event.channel]


def _event(event: EventRow, session: SessionRow) -> tuple[str, str] | None:
    """Return what happened in words, and the details; None for what need not be told."""
    data = event.data
    match event.kind:
        case kind if kind in TOLD_ELSEWHERE:
            return None
        case "phase":
            reason = PAUSES.get(data.get("paused_for", ""), "")
            return ("pause", reason) if data.get("phase") == "pause" else None
        case "mark" if "evaluation" in data:
            return "evaluation", conclusion(data["evaluation"])
        case "mark" if "note" in data:
            return "note", data["note"]
        case "mark" if "skipped" in data:
            return "skipped", _repetitions(data["skipped"])
        case "mark" if "taken_back" in data:
            return "taken back", _repetitions(data["taken_back"])
        case "target" if "auto_target" in data:
            return "auto-target", "on" if (data["auto_target"] or {}).get("on") else "off"
        case "target":
            return "target", _bands(event, session)
        case "gap":
            return "samples were lost", _length(data.get("lost", 0) / session.sample_rate_hz)
        case "stall":
            return "the board fell silent", ""
        case "resume":
            return "the board came back", ""
        case kind:
            details = (str(value) for value in data.values() if value not in (None, ""))
            return kind, ", ".join(details)


def _repetitions(numbers: Sequence[Sequence[int]]) -> str:
    """Return repetitions, each with its set, in words."""
    return ", ".join(f"repetition {repetition} of set {set_}" for set_, repetition in numbers)


def _bands(event: EventRow, session: SessionRow) -> str:
    """Return the targets that an event sets, in percent of MVC, and who set them."""
    bands = [
        (name, band)
        for channel, (name, band) in enumerate(
            zip(session.channel_names, event.data.get("targets", ()), strict=False)
        )
        if band is not None and event.channel in (None, channel)
    ]
    words = [
        f"{100 * low:.0f}–{100 * high:.0f} %{f' {name}' if event.channel is None else ''}"
        for name, (low, high) in bands
    ]
    by = " by itself" if event.data.get("by") == "auto" else ""
    return ", ".join(words) + by

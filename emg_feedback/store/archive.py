"""The archive: patients, programmes, sessions and what happened in them, in one SQLite file.

Identifiers are made by the caller, so that a write needs no answer. Each write is one statement,
whole or not at all.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from emg_config import UserError
from emg_feedback.closing import Closing
from emg_feedback.store.archive_file import ArchiveError, explained, open_archive
from emg_feedback.store.queries import DEEDS, LAST_DONE, LAST_NAMED, NEWEST, OUTCOMES
from emg_feedback.store.rows import (
    CalibrationRow,
    Completeness,
    Contents,
    EventRow,
    ExerciseRow,
    PatientRow,
    ProgrammeRow,
    RepetitionRow,
    Row,
    SessionRow,
    iso,
)

R = TypeVar("R", bound=Row)

TABLES: dict[type[Row], str] = {
    PatientRow: "patients",
    ProgrammeRow: "programmes",
    SessionRow: "sessions",
    CalibrationRow: "calibrations",
    ExerciseRow: "exercises",
    RepetitionRow: "repetitions",
    EventRow: "events",
}


class Archive(Closing):
    """One file, one connection, one thread.

    Parameters
    ----------
    path : Path
        Made, readable by its owner alone, when there is none.
    busy_s : float, optional
        How long another program's write is waited for, once it is open.

    Raises
    ------
    ArchiveError
        From the constructor and every method: the file cannot be used, with the reason in a line.
    """

    def __init__(self, path: Path, busy_s: float | None = None) -> None:
        self.path = path
        self._connection = open_archive(path, busy_s)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Keep everything that is written inside, or nothing of it."""
        self._run("BEGIN IMMEDIATE")
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            raise

    # Patients.

    def patients(self) -> list[dict[str, Any]]:
        """Return ``id``, ``created``, number of ``sessions`` and start of the ``last`` of each.

        A session that runs does not count yet. Times are ISO 8601 in UTC.
        """
        rows = self._run(
            "SELECT patients.id, created, count(sessions.id) AS sessions, max(started) AS last "
            "FROM patients LEFT JOIN sessions ON sessions.patient = patients.id "
            "AND sessions.state != 'running' "
            "GROUP BY patients.id ORDER BY patients.id"
        )
        return [
            {
                "id": row["id"],
                "created": iso(row["created"]),
                "sessions": row["sessions"],
                "last": None if row["last"] is None else iso(row["last"]),
            }
            for row in rows
        ]

    def add_patient(self, patient: PatientRow) -> None:
        """Enter a patient.

        Raises
        ------
        UserError
            The patient is known already, or the name cannot be a pseudonym.
        """
        if self.has_patient(patient.id):
            raise UserError(f"{patient.id} is in the archive already: choose that patient")
        try:
            self.add(patient)
        except sqlite3.IntegrityError:
            raise UserError(
                f"{patient.id!r} cannot stand for a patient: use up to 32 letters, digits, '-' and "
                "'_', and no name"
            ) from None

    def has_patient(self, patient: str) -> bool:
        """Return whether a patient is known."""
        return bool(self._run("SELECT 1 FROM patients WHERE id = ?", patient))

    def require_patient(self, patient: str) -> None:
        """Refuse a patient who is not known.

        Raises
        ------
        UserError
            There is no such patient.
        """
        if not self.has_patient(patient):
            raise UserError(f"no patient is called {patient!r}: check the name, or add the patient")

    def look(self, patient: str) -> dict[str, Any]:
        """Return how a patient's page looks; empty if that was never changed."""
        rows = self._rows(PatientRow, "WHERE id = ?", patient)
        return rows[0].look if rows else {}

    def keep_look(self, patient: str, look: dict[str, Any]) -> None:
        """Note how a patient's page looks from now on."""
        told = msgspec.json.encode(look).decode()
        self._run("UPDATE patients SET look = ? WHERE id = ?", told, patient)

    def programme(self, patient: str) -> list[dict[str, Any]]:
        """Return the items of a patient's present programme."""
        rows = self._rows(ProgrammeRow, "WHERE patient = ? ORDER BY number DESC LIMIT 1", patient)
        return rows[0].items if rows else []

    def set_programme(self, programme: ProgrammeRow) -> None:
        """Replace a patient's programme; the old one is kept behind it.

        Raises
        ------
        UserError
            There is no such patient.
        """
        self.require_patient(programme.patient)
        self.add(programme)

    def last_calibrations(self, patient: str) -> list[CalibrationRow]:
        """Return the newest calibration of each muscle, one with an MVC before one without.

        That of a session that runs does not count yet.
        """
        return self._rows(CalibrationRow, NEWEST, patient)

    def last_session(self, patient: str) -> SessionRow | None:
        """Return a patient's newest session that is over and has a muscle named; None without."""
        rows = self._rows(SessionRow, LAST_NAMED, patient)
        return rows[0] if rows else None

    def outcomes(self, patient: str) -> dict[str, list[dict[str, Any]]]:
        """Return what came of a patient's exercises, by session, as in `Contents`."""
        of_patient = "session IN (SELECT id FROM sessions WHERE patient = ?)"
        found: dict[str, list[dict[str, Any]]] = {}
        for one in self._outcomes(of_patient, patient):
            found.setdefault(one.pop("session"), []).append(one)
        return found

    def deeds(self, patient: str) -> dict[str, dict[str, Any]]:
        """Return what else was done in each of a patient's sessions, by session.

        ``rest`` and ``maximum`` are whether they were measured, ``pain`` how often it was pressed,
        ``evaluation`` what the initial evaluation came to, None without one.
        """
        return {
            row["id"]: {
                "rest": bool(row["rest"]),
                "maximum": bool(row["maximum"]),
                "pain": row["pain"],
                "evaluation": msgspec.json.decode(row["evaluation"] or "null"),
            }
            for row in self._run(DEEDS, patient)
        }

    def last_done(self, patient: str) -> list[dict[str, Any]]:
        """Return ``protocol``, as it was begun the last time, of each exercise a patient did.

        ``started`` is when its session began, ``running`` whether that still runs.
        """
        return [
            {
                "protocol": msgspec.json.decode(row["protocol"]),
                "started": row["started"],
                "running": row["state"] == "running",
            }
            for row in self._run(LAST_DONE, patient)
        ]

    # A session as it goes.

    def begin_session(self, session: SessionRow) -> None:
        """Enter a session.

        Raises
        ------
        UserError
            Its patient is not known.
        """
        if session.patient is not None:
            self.require_patient(session.patient)
        self.add(session)

    def name_channels(
        self,
        session: str,
        channel_names: list[str],
        used: Sequence[bool],
        electrodes: Sequence[str | None],
    ) -> None:
        """Note which muscles the channels are on now, which are used, and with what."""
        told = [msgspec.json.encode(one).decode() for one in (channel_names, used, electrodes)]
        self._run(
            "UPDATE sessions SET channel_names = ?, used = ?, electrodes = ? WHERE id = ?",
            *told,
            session,
        )

    def progress(self, session: str, n_samples: int, lost_samples: int) -> None:
        """Note how much has been recorded so far."""
        self._run(
            "UPDATE sessions SET n_samples = ?, lost_samples = ? WHERE id = ?",
            n_samples,
            lost_samples,
            session,
        )

    def end_session(
        self,
        session: str,
        ended: float,
        n_samples: int,
        lost_samples: int,
        state: Completeness = "complete",
    ) -> None:
        """Note that a session is over, and how."""
        self._run(
            "UPDATE sessions SET ended = ?, n_samples = ?, lost_samples = ?, state = ? "
            "WHERE id = ?",
            ended,
            n_samples,
            lost_samples,
            state,
            session,
        )

    def add(self, row: Row) -> None:
        """Keep a calibration, an exercise, a repetition or an event of a session."""
        columns = row.columns()
        places = ", ".join("?" * len(columns))
        self._run(
            f"INSERT INTO {TABLES[type(row)]} ({', '.join(columns)}) VALUES ({places})",
            *columns.values(),
        )

    def end_exercise(self, session: str, number: int, ended: float, skipped: int = 0) -> None:
        """Note that an exercise is over, and how many repetitions were left out on purpose."""
        self._run(
            "UPDATE exercises SET ended = ?, skipped = ? WHERE session = ? AND number = ?",
            ended,
            skipped,
            session,
            number,
        )

    # Sessions that were.

    def sessions(self, patient: str | None = None) -> list[SessionRow]:
        """Return all sessions, or a patient's, the newest first."""
        newest_first = "ORDER BY started DESC, id DESC"
        if patient is None:
            return self._rows(SessionRow, newest_first)
        return self._rows(SessionRow, f"WHERE patient = ? {newest_first}", patient)

    def session(self, session: str) -> Contents:
        """Return all that is kept of a session.

        Raises
        ------
        UserError
            There is no such session.
        """
        found = self._rows(SessionRow, "WHERE id = ?", session)
        if not found:
            raise UserError(f"no session is called {session!r}: see 'emg-feedback sessions list'")
        in_order = "WHERE session = ? ORDER BY number"
        return Contents(
            session=found[0],
            calibrations=self._rows(CalibrationRow, in_order, session),
            exercises=self._rows(ExerciseRow, in_order, session),
            outcomes=self._outcomes("session = ?", session),
            repetitions=self._rows(RepetitionRow, in_order, session),
            events=self._rows(EventRow, in_order, session),
        )

    def delete_session(self, session: str) -> None:
        """Delete a session and every trace of it in the file.

        Raises
        ------
        UserError
            There is no such session, or it is running.
        """
        self._refuse_running([self.session(session).session])
        self._delete("DELETE FROM sessions WHERE id = ?", session)

    def delete_patient(self, patient: str) -> None:
        """Delete a patient with every session, and every trace of them in the file.

        Raises
        ------
        UserError
            There is no such patient, or one of the sessions is running.
        """
        self.require_patient(patient)
        self._refuse_running(self.sessions(patient))
        self._delete("DELETE FROM patients WHERE id = ?", patient)

    # Inside.

    def _run(self, statement: str, *values: Any) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise explained(self.path, error) from error

    def _rows(self, kind: type[R], which: str, *values: Any) -> list[R]:
        columns = ", ".join(kind.__struct_fields__)
        found = self._run(f"SELECT {columns} FROM {TABLES[kind]} {which}", *values)
        return [kind.read(dict(row)) for row in found]

    def _outcomes(self, which: str, key: str) -> list[dict[str, Any]]:
        """Count in SQLite, which lets other threads work meanwhile."""
        return [dict(row) for row in self._run(OUTCOMES.format(which=which), key, key)]

    def _refuse_running(self, sessions: Sequence[SessionRow]) -> None:
        running = [session.id for session in sessions if session.state == "running"]
        if running:
            raise UserError(f"session {running[0]} is running: end it first")

    def _delete(self, statement: str, key: str) -> None:
        """Delete, and leave nothing of it in free pages or in the write-ahead log."""
        self._run(statement, key)
        self._run("VACUUM")
        ((is_busy, _, _),) = self._run("PRAGMA wal_checkpoint(TRUNCATE)")
        if is_busy:
            raise ArchiveError(
                f"{self.path}: {key} is deleted, but a program that reads the archive keeps traces "
                "of it there: close that program"
            )

"""Open the archive's file: new, ours, older than us, or none of our business."""

import os
import sqlite3
from contextlib import closing, suppress
from importlib.resources import files
from pathlib import Path

from emg_config import UserError
from emg_config.home import home

# "EMGF" in SQLite's header tells our files from anybody else's.
APPLICATION_ID = 0x454D4746
# The n-th script takes a file from version n to n + 1.
SCHEMAS = ("schema.sql", "schema_2.sql", "schema_3.sql", "schema_4.sql")
# Another program's write is waited for this long.
BUSY_S = 2.0
PRIVATE = 0o600
ELSEWHERE = "or choose another with --archive"

HELD = f"another program holds it: close that, {ELSEWHERE}"
REASONS = {
    sqlite3.SQLITE_BUSY: HELD,
    sqlite3.SQLITE_LOCKED: HELD,
    sqlite3.SQLITE_PROTOCOL: HELD,
    sqlite3.SQLITE_NOTADB: f"is not an archive of emg-feedback: check the name, {ELSEWHERE}",
    sqlite3.SQLITE_CORRUPT: f"is damaged: put a backup in its place, {ELSEWHERE}",
    sqlite3.SQLITE_CANTOPEN: f"cannot be opened: check the folder and its permissions, {ELSEWHERE}",
    sqlite3.SQLITE_READONLY: f"cannot be written: check its permissions, {ELSEWHERE}",
    sqlite3.SQLITE_PERM: f"cannot be written: check its permissions, {ELSEWHERE}",
    sqlite3.SQLITE_NOMEM: "there is no memory left: close other programs",
    sqlite3.SQLITE_FULL: "the disk is full: make room on it",
    sqlite3.SQLITE_IOERR: f"the disk does not work: check it, {ELSEWHERE}",
}


class ArchiveError(UserError):
    """The archive's file cannot be used now."""


def default_path() -> Path:
    """Return the archive that is meant when none is named."""
    return home() / "archive.sqlite"


def explained(path: Path, error: sqlite3.Error) -> Exception:
    """Return an error of the file in words; any other is returned as it is."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return ArchiveError(f"{path}: {REASONS[code]}") if code in REASONS else error


def open_archive(path: Path, busy_s: float | None = None) -> sqlite3.Connection:
    """Open the archive, made private and brought to our version; a new one where there is none.

    The connection waits ``busy_s`` for another program's write, `BUSY_S` if nothing is said.

    Sessions that still say ``running`` although no program has the file open were cut off: they
    become ``interrupted``.

    Raises
    ------
    ArchiveError
        It is no archive, newer than this program, locked, damaged or not writable.
    """
    try:
        _create(path)
        if not _is_current(path):
            try:
                _bring_up(path)
            except sqlite3.OperationalError:
                if not _is_current(path):  # else another program was sooner, and has it open
                    raise
        if _some_session_runs(path):
            _interrupt_sessions(path)
        connection = _connect(path, busy_s)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise explained(path, error) from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a name of a file"
        raise ArchiveError(f"{path}: cannot be opened ({reason}): {ELSEWHERE[3:]}") from error
    return connection


def _create(path: Path) -> None:
    """Make an empty file that only its owner can read; SQLite gives its neighbours the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, PRIVATE))


def _connect(path: Path, busy_s: float | None = None) -> sqlite3.Connection:
    timeout_s = BUSY_S if busy_s is None else busy_s
    connection = sqlite3.connect(path.absolute(), timeout=timeout_s, isolation_level=None)
    connection.row_factory = sqlite3.Row
    return connection


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _is_current(path: Path) -> bool:
    """Refuse what is not ours; return whether it is as we would make it."""
    with closing(_connect(path)) as connection:
        is_empty = connection.execute("SELECT 1 FROM sqlite_master").fetchone() is None
        if not is_empty and _number(connection, "application_id") != APPLICATION_ID:
            raise ArchiveError(f"{path}: {REASONS[sqlite3.SQLITE_NOTADB]}")
        version = _number(connection, "user_version")
        journal = connection.execute("PRAGMA journal_mode").fetchone()[0]
    if version > len(SCHEMAS):
        raise ArchiveError(
            f"{path}: was written by a newer emg-feedback: update this one, {ELSEWHERE}"
        )
    if path.stat().st_mode & 0o077:
        with suppress(PermissionError):
            path.chmod(PRIVATE)
    return version == len(SCHEMAS) and journal == "wal"


def _bring_up(path: Path) -> None:
    """Lay out a new archive, or take an older one to our version, while nobody else has it open."""
    with closing(_connect(path)) as alone:
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        alone.execute("BEGIN EXCLUSIVE")
        for script in SCHEMAS[_number(alone, "user_version") :]:
            text = (files("emg_feedback") / "store" / script).read_text(encoding="utf-8")
            for statement in text.split(";\n"):
                alone.execute(statement)
        alone.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        alone.execute(f"PRAGMA user_version = {len(SCHEMAS)}")
        alone.execute("COMMIT")
        if alone.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise ArchiveError(f"{path}: its file system cannot hold an archive: use a local disk")


def _some_session_runs(path: Path) -> bool:
    with closing(_connect(path)) as connection:
        query = "SELECT 1 FROM sessions WHERE state = 'running'"
        return connection.execute(query).fetchone() is not None


def _interrupt_sessions(path: Path) -> None:
    """Mark sessions as cut off, if nobody else has the file open.

    Whoever has it open in WAL mode holds a shared lock, which the system takes back when the
    program dies in any way; an exclusive lock is had only by who is alone.
    """
    with closing(_connect(path, busy_s=0.0)) as alone:
        alone.execute("PRAGMA locking_mode = EXCLUSIVE")
        try:
            alone.execute("UPDATE sessions SET state = 'interrupted' WHERE state = 'running'")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise

import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from emg_config import UserError
from emg_feedback.store import archive_file
from emg_feedback.store.archive import Archive
from emg_feedback.store.archive_file import ArchiveError, default_path, explained
from emg_feedback.store.history import history
from emg_feedback.store.rows import (
    CalibrationRow,
    EventRow,
    ExerciseRow,
    PatientRow,
    ProgrammeRow,
    RepetitionRow,
    SessionRow,
)

SECRET = "P012-unmistakable"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "archive.sqlite"


@pytest.fixture
def archive(path):
    with Archive(path) as archive:
        yield archive


def session(name="20261123T101500-P012", patient=SECRET, started=1000.0, **more):
    return SessionRow(
        id=name,
        patient=patient,
        started=started,
        board="cyton",
        sample_rate_hz=250.0,
        channel_names=["Vastus medialis", "Vastus lateralis"],
        software="0.1.0",
        **more,
    )


def calibration(of, muscle="Vastus medialis", measured=1001.0, **more):
    given = {"rest_uv": 3.5, "mvc_uv": 412.25, "gain": 24.0, "electrode": "gel 20 mm"} | more
    return CalibrationRow(
        session=of, channel=0, muscle=muscle, board="cyton", sample_rate_hz=250.0,
        measured=measured, trials=[{"mvc_uv": 412.25, "ok": True, "why": None}], **given,
    )  # fmt: skip


def exercise(of, number=1):
    protocol = {"name": "knee-quad-set", "title": "Quad set", "mode": "hold"}
    return ExerciseRow(session=of, number=number, protocol=protocol, started=1010.0, channels=[0])


def repetition(of, result="good", time_in_band=0.5, number=1):
    score = {"set": 1, "result": result, "time_in_band": time_in_band, "flags": []}
    return RepetitionRow(session=of, exercise=number, score=score)


def event(of, kind="mark", **data):
    return EventRow(session=of, kind=kind, sample=2500, t_unix=1012.5, channel=0, data=data)


def whole_session(archive, of="20261123T101500-P012", patient=SECRET, started=1000.0):
    known = {one["id"] for one in archive.patients()}
    if patient is not None and patient not in known:
        archive.add_patient(PatientRow(id=patient, created=999.0))
    archive.begin_session(session(of, patient, started))
    archive.add(calibration(of, measured=started + 1.0))
    archive.add(exercise(of))
    archive.add(repetition(of))
    archive.add(event(of, label="said it tickled"))
    archive.end_exercise(of, 1, started + 60.0)
    archive.end_session(of, started + 90.0, 22500, 25)


def everything(path):
    """Every byte that is on the disk for this archive."""
    return b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))


def foreign(path):
    """A reader that knows nothing of ours."""
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    return connection


# The file.


def test_file_is_private_and_marked(archive, path):
    whole_session(archive)
    for file in path.parent.glob(f"{path.name}*"):
        assert file.stat().st_mode & 0o777 == 0o600, file.name
    assert len(list(path.parent.iterdir())) == 3
    reader = foreign(path)
    assert reader.execute("PRAGMA application_id").fetchone()[0] == 0x454D4746
    assert reader.execute("PRAGMA user_version").fetchone()[0] == len(archive_file.SCHEMAS)
    assert reader.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    reader.close()


def test_archive_that_others_could_read_is_made_private(path):
    Archive(path).close()
    path.chmod(0o644)
    Archive(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_default_is_at_home(monkeypatch, tmp_path):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path / "own"))
    Archive(default_path()).close()
    assert (tmp_path / "own" / "archive.sqlite").exists()


def refusal(path):
    with pytest.raises(ArchiveError) as refused:
        Archive(path)
    text = str(refused.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    assert ": " in text.removeprefix(f"{path}: ")  # what is wrong: what to do
    return text


@pytest.mark.parametrize("content", [b"Dear diary,\n" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_file_that_is_no_archive_is_left_alone(path, content):
    path.write_bytes(content)
    path.chmod(0o644)
    assert "is not an archive" in refusal(path)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o644


def test_a_database_of_others_is_left_alone(path):
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE sessions (id)")
    other.close()
    before = path.read_bytes()
    assert "is not an archive" in refusal(path)
    assert path.read_bytes() == before


def test_newer_archive_is_refused_and_untouched(archive, path):
    archive.close()
    newer = sqlite3.connect(path)
    newer.execute("PRAGMA user_version = 99")
    newer.close()
    assert "newer" in refusal(path)
    reader = foreign(path)
    assert reader.execute("PRAGMA user_version").fetchone()[0] == 99
    reader.close()


def test_older_archive_is_brought_up_with_what_is_in_it(path, monkeypatch):
    with monkeypatch.context() as before:
        before.setattr(archive_file, "SCHEMAS", archive_file.SCHEMAS[:1])
        with Archive(path) as old:
            assert old.patients() == []
    writer = sqlite3.connect(path)
    writer.execute("INSERT INTO patients (id, created) VALUES ('P1', 1.0)")
    columns = session("s", "P1").columns()
    del columns["used"], columns["electrodes"]
    writer.execute(
        f"INSERT INTO sessions ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        list(columns.values()),
    )
    writer.execute(
        "INSERT INTO exercises (session, number, protocol, dose, channels, started, ended) "
        "VALUES ('s', 1, '{\"name\": \"x\"}', '{}', '[1]', 2.0, 3.0)"
    )
    writer.commit()
    writer.close()
    with Archive(path) as archive:
        (kept,) = archive.session("s").exercises
        assert kept == ExerciseRow(
            session="s", number=1, protocol={"name": "x"}, channels=[1], started=2.0, ended=3.0
        )
        archive.add(repetition("s"))
        archive.end_session("s", 9.0, 5, 0)
        assert archive.look("P1") == {}
        archive.delete_patient("P1")
        assert archive.sessions() == []
    reader = foreign(path)
    assert reader.execute("PRAGMA user_version").fetchone()[0] == len(archive_file.SCHEMAS)
    assert reader.execute("SELECT count(*) FROM repetitions").fetchone()[0] == 0
    reader.close()


def test_write_ahead_log_is_brought_back(archive, path):
    whole_session(archive)
    archive.close()
    other = sqlite3.connect(path)
    assert other.execute("PRAGMA journal_mode = DELETE").fetchone()[0] == "delete"
    other.close()
    with Archive(path) as archive:
        assert len(archive.sessions()) == 1
        reader = foreign(path)
        assert reader.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        reader.close()


def test_locked_archive(archive, path, monkeypatch):
    monkeypatch.setattr(archive_file, "BUSY_S", 0.0)
    archive.close()
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN EXCLUSIVE")
    assert "another program holds it" in refusal(path)
    other.close()
    Archive(path).close()


def test_a_write_that_another_program_holds_up_says_so(path, monkeypatch):
    monkeypatch.setattr(archive_file, "BUSY_S", 0.0)
    with Archive(path) as archive:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ArchiveError, match="another program holds it"):
            archive.add_patient(PatientRow(id="P1", created=1.0))
        other.close()
        archive.add_patient(PatientRow(id="P1", created=1.0))


def test_places_that_cannot_hold_an_archive(tmp_path):
    assert "cannot be opened" in refusal(tmp_path)
    (tmp_path / "file").write_bytes(b"")
    assert "cannot be opened" in refusal(tmp_path / "file" / "archive.sqlite")
    assert "cannot be opened" in refusal(Path("/proc/archive.sqlite"))
    assert "not a name" in refusal(tmp_path / "a\0b")


def test_read_only_archive_is_said_to_be(archive, path):
    reader = foreign(path)
    with pytest.raises(sqlite3.OperationalError) as error:
        reader.execute("DELETE FROM sessions")
    reader.close()
    text = str(explained(path, error.value))
    assert text.startswith(f"{path}: cannot be written: check its permissions")


def test_damaged_archive_says_so(archive, path):
    whole_session(archive)
    archive.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\x5a" * (len(content) - 4096)
    path.write_bytes(content)
    assert "is damaged" in refusal(path)


def test_many_may_open_a_new_archive_at_once(path):
    with ThreadPoolExecutor(8) as pool:
        for opened in [pool.submit(lambda: Archive(path).close()) for _ in range(24)]:
            opened.result()
    with Archive(path) as archive:
        assert archive.sessions() == []


# What is kept.


def test_everything_is_read_back_equal(archive):
    whole_session(archive)
    of = "20261123T101500-P012"
    kept = archive.session(of)
    assert kept.session == session(ended=1090.0, state="complete", n_samples=22500, lost_samples=25)
    assert kept.session.seconds == 90.0
    assert kept.calibrations == [calibration(of)]
    assert kept.exercises == [msgspec.structs.replace(exercise(of), ended=1060.0)]
    assert kept.repetitions == [repetition(of)]
    assert kept.events == [event(of, label="said it tickled")]
    assert archive.sessions() == [kept.session]


def test_channels_are_named_as_muscles_are_chosen(archive):
    archive.begin_session(session(patient=None))
    archive.name_channels(session().id, ["Soleus", 'Größter "Muskel"'], [], [])
    (kept,) = archive.sessions()
    assert kept.channel_names == ["Soleus", 'Größter "Muskel"']
    archive.name_channels(kept.id, ["A", "B"], [True, False], ["gel 20 mm", None])
    (kept,) = archive.sessions()
    assert (kept.channel_names, kept.used, kept.electrodes) == (
        ["A", "B"], [True, False], ["gel 20 mm", None],
    )  # fmt: skip


def test_the_last_session_is_the_newest_that_is_over(archive):
    whole_session(archive, "a", "P1", started=100.0)
    whole_session(archive, "b", "P1", started=200.0)
    whole_session(archive, "c", "P2", started=300.0)
    archive.begin_session(session("d", "P1", started=400.0))
    assert archive.last_session("P1").id == "b"
    assert archive.last_session("nobody") is None


def test_a_stranger_can_read_the_file(archive, path):
    whole_session(archive)
    reader = foreign(path)
    row = reader.execute("SELECT * FROM sessions").fetchone()
    assert (row["patient"], row["state"], row["n_samples"]) == (SECRET, "complete", 22500)
    assert json.loads(row["channel_names"]) == ["Vastus medialis", "Vastus lateralis"]
    row = reader.execute("SELECT * FROM calibrations").fetchone()
    assert (row["rest_uv"], row["mvc_uv"], row["gain"], row["fraction"]) == (3.5, 412.25, 24.0, 1.0)
    assert json.loads(row["trials"])[0]["ok"] is True
    joined = reader.execute(
        "SELECT protocol, score FROM repetitions JOIN exercises "
        "ON exercises.session = repetitions.session AND exercises.number = exercise"
    ).fetchone()
    assert json.loads(joined["protocol"])["title"] == "Quad set"
    assert json.loads(joined["score"])["result"] == "good"
    assert json.loads(reader.execute("SELECT data FROM events").fetchone()["data"]) == {
        "label": "said it tickled"
    }
    assert reader.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    reader.close()


def test_what_is_not_a_number_is_null(archive):
    archive.begin_session(session(patient=None))
    of = session().id
    archive.add(event(of, level=float("nan")))
    archive.add(calibration(of, rest_uv=float("nan"), mvc_uv=None))
    kept = archive.session(of)
    assert kept.events[0].data == {"level": None}
    assert kept.calibrations[0].rest_uv is None


def test_patients(archive):
    whole_session(archive, "a", "P2", started=0.0)
    whole_session(archive, "b", "P2", started=86400.0)
    archive.add_patient(PatientRow(id="P1", created=5.0))
    assert archive.patients() == [
        {"id": "P1", "created": "1970-01-01T00:00:05+00:00", "sessions": 0, "last": None},
        {
            "id": "P2",
            "created": "1970-01-01T00:16:39+00:00",
            "sessions": 2,
            "last": "1970-01-02T00:00:00+00:00",
        },
    ]
    with pytest.raises(UserError, match="already"):
        archive.add_patient(PatientRow(id="P1", created=6.0))


@pytest.mark.parametrize("name", ["", "Jane Doe", "Müller", "-x", "x" * 33, "a.b", "a\nb"])
def test_a_patient_goes_by_a_pseudonym(archive, name):
    with pytest.raises(UserError, match="cannot stand for a patient"):
        archive.add_patient(PatientRow(id=name, created=1.0))
    assert archive.patients() == []


def test_session_of_an_unknown_patient_is_refused(archive):
    with pytest.raises(UserError, match="no patient is called"):
        archive.begin_session(session())
    for asked in (history, Archive.delete_patient):
        with pytest.raises(UserError, match="no patient is called"):
            asked(archive, "P404")
    with pytest.raises(UserError, match="no patient is called"):
        archive.set_programme(ProgrammeRow(patient="P404", since=1.0, items=[]))
    for asked in (archive.session, archive.delete_session):
        with pytest.raises(UserError, match="no session is called"):
            asked("nope")


def test_newest_programme_counts_and_the_old_one_stays(archive, path):
    archive.add_patient(PatientRow(id="P1", created=1.0))
    assert archive.programme("P1") == []
    first = [{"protocol": "knee-quad-set", "dose": {"target": [0.2, 0.4]}}]
    archive.set_programme(ProgrammeRow(patient="P1", since=2.0, items=first))
    archive.set_programme(ProgrammeRow(patient="P1", since=2.0, items=[]))
    assert archive.programme("P1") == []
    archive.set_programme(ProgrammeRow(patient="P1", since=3.0, items=first))
    assert archive.programme("P1") == first
    reader = foreign(path)
    assert reader.execute("SELECT count(*) FROM programmes").fetchone()[0] == 3
    reader.close()


def test_newest_calibration_of_each_muscle(archive):
    whole_session(archive, "a", "P1", started=100.0)
    whole_session(archive, "b", "P1", started=200.0)
    whole_session(archive, "c", "P2", started=900.0)
    archive.add(calibration("a", "Soleus", measured=150.0))
    archive.add(calibration("b", "Soleus", measured=160.0, mvc_uv=None))
    assert [(one.muscle, one.measured) for one in archive.last_calibrations("P1")] == [
        ("Vastus medialis", 201.0),
        ("Soleus", 150.0),
    ]
    assert archive.last_calibrations("nobody") == []


def test_a_session_that_runs_is_no_visit_yet(archive):
    archive.add_patient(PatientRow(id="P1", created=1.0))
    archive.begin_session(session("a", patient="P1"))
    (known,) = archive.patients()
    assert (known["sessions"], known["last"]) == (0, None)
    archive.end_session("a", 200.0, 1, 0)
    assert archive.patients()[0]["sessions"] == 1


def test_history(archive):
    whole_session(archive, "a", "P1", started=0.0)
    whole_session(archive, "b", "P1", started=500.0)
    archive.add(exercise("b", 2))
    for result, time_in_band in (("good", 0.9), ("missed", 0.3), ("void", 0.0), ("void", None)):
        archive.add(repetition("b", result, time_in_band, number=2))
    archive.add(exercise("b", 3))
    archive.end_exercise("b", 3, 900.0, skipped=3)
    items = [{"protocol": "knee-quad-set"}]
    archive.set_programme(ProgrammeRow(patient="P1", since=2.0, items=items))
    told = history(archive, "P1")
    assert list(told) == ["patient", "programme", "doses", "sessions", "calibrations"]
    assert (told["patient"], told["programme"]) == ("P1", items)
    assert [one["id"] for one in told["sessions"]] == ["b", "a"]
    newest = told["sessions"][0]
    assert newest["started"] == "1970-01-01T00:08:20+00:00"
    assert newest["state"] == "complete"
    about = {"protocol": "knee-quad-set", "title": "Quad set", "mode": "hold", "planned": 0}
    names = ("repetitions", "good", "void", "skipped", "time_in_band", "asymmetry")
    counts = [(1, 1, 0, 0, 0.5, None), (4, 1, 2, 0, 0.6, None), (0, 0, 0, 3, None, None)]
    assert newest["exercises"] == [about | dict(zip(names, count, strict=True)) for count in counts]
    assert told["calibrations"] == [
        {
            "muscle": "Vastus medialis",
            "channel": 0,
            "rest_uv": 3.5,
            "mvc_uv": 412.25,
            "fraction": 1.0,
            "measured": "1970-01-01T00:08:21+00:00",
            "board": "cyton",
            "gain": 24.0,
            "electrode": "gel 20 mm",
        }
    ]
    json.dumps(told, allow_nan=False)


def test_history_tells_the_last_dose_of_each_exercise_that_was_trained(archive):
    whole_session(archive, "a", "P1", started=0.0)
    whole_session(archive, "other", "P2", started=900.0)

    def begin(of, number, **dose):
        done = {"name": "hold", **dose}
        archive.add(ExerciseRow(session=of, number=number, protocol=done, started=1.0))

    bands = [{"target": [0.2, 0.4]}, {"target": [40.0, 60.0], "unit": "uv"}, {"name": "watched"}]
    begin("a", 2, repetitions=6)
    begin("a", 3, repetitions=8, hold_s=4.0, muscles=bands)
    for number in (2, 3):
        archive.add(repetition("a", number=number))
    archive.begin_session(session("b", "P1", 500.0))
    begin("b", 1, repetitions=12)  # stopped before its first repetition
    told = history(archive, "P1")["doses"]
    assert list(told) == ["hold", "knee-quad-set"]
    assert told["hold"]["started"] == "1970-01-01T00:00:00+00:00"
    assert not told["hold"]["running"]
    dose, in_band = told["hold"]["dose"], {"low": 0.2, "high": 0.4, "unit": "mvc"}
    assert (dose["repetitions"], dose["hold_s"], dose["sets"]) == (8, 4.0, None)
    assert [*dose["targets"]] == [in_band, None, None], "no µV of another day's electrodes"
    begin("b", 2, repetitions=12, muscles=bands)
    archive.add(repetition("b", number=2))
    told = history(archive, "P1")["doses"]
    assert (told["hold"]["running"], told["hold"]["dose"]["repetitions"]) == (True, 12)
    assert told["hold"]["dose"]["targets"][1] == {"low": 40.0, "high": 60.0, "unit": "uv"}
    begin("b", 3, repetitions=-1)  # of another version
    archive.add(repetition("b", number=3))
    assert list(history(archive, "P1")["doses"]) == ["knee-quad-set"]


def test_history_tells_what_was_measured_and_whether_it_hurt(archive):
    archive.add_patient(PatientRow(id="P1", created=1.0))
    for number, of in enumerate(("nothing", "rest", "taken", "all")):
        archive.begin_session(session(of, "P1", started=100.0 * number))
        archive.end_session(of, 100.0 * number + 90.0, 1, 0)
    archive.add(msgspec.structs.replace(calibration("rest", mvc_uv=None), trials=[]))
    refused = {"mvc_uv": 9.0, "ok": False, "why": "hardly more than rest"}
    for trials in ([], [refused]):  # taken from an earlier session, then tried in vain
        archive.add(msgspec.structs.replace(calibration("taken", rest_uv=None), trials=trials))
    archive.add(calibration("all"))
    for paused_for in ("pain", "asked", "loss", "pain"):
        archive.add(event("all", "phase", phase="pause", paused_for=paused_for))
    archive.add(event("all", note="pain while nothing was running", reason="pain"))
    for told in ({"label": "pain"}, {"note": 'says "pain", means an itch'}):
        archive.add(event("rest", **told))
    assert {
        one["id"]: (one["rest"], one["maximum"], one["pain"])
        for one in history(archive, "P1")["sessions"]
    } == {
        "nothing": (False, False, 0),
        "rest": (True, False, 0),
        "taken": (False, False, 0),
        "all": (True, True, 3),
    }


def test_history_tells_the_newest_evaluation_of_a_session(archive):
    whole_session(archive, "a", "P1", started=0.0)
    whole_session(archive, "b", "P1", started=500.0)
    for findings in (["old"], ["new"]):
        archive.add(event("a", evaluation={"findings": findings}))
    archive.add(event("a", evaluation="of another make"))
    archive.add(event("a", note='"evaluation" went well'))
    told = [one["evaluation"] for one in history(archive, "P1")["sessions"]]
    assert told == [None, {"findings": ["new"]}]


@pytest.mark.parametrize("wrong", [{"findings": None}, {"channels": [1]}])
def test_history_leaves_out_an_evaluation_that_cannot_be_shown(archive, wrong):
    whole_session(archive, "a", "P1")
    archive.add(event("a", evaluation=wrong))
    assert [one["evaluation"] for one in history(archive, "P1")["sessions"]] == [None]


def test_an_event_that_is_no_json_hides_no_history(archive, path):
    whole_session(archive, "a", "P1")
    archive.add(event("a", "mark", reason="pain"))
    with sqlite3.connect(path) as plain:
        plain.execute("""UPDATE events SET data = '{"pain" "evaluation"' WHERE kind = 'mark'""")
    plain.close()
    assert [one["pain"] for one in history(archive, "P1")["sessions"]] == [0]


def write_together(archive, events):
    with archive.together():
        for one in events:
            archive.add(one)


def test_together_is_all_or_nothing(archive):
    archive.begin_session(session(patient=None))
    with pytest.raises(sqlite3.IntegrityError):
        write_together(archive, [event(session().id), event("nope")])
    assert archive.session(session().id).events == []
    write_together(archive, [event(session().id)] * 2)
    assert len(archive.session(session().id).events) == 2


# Deleting.


def test_deleted_session_leaves_no_trace(archive, path):
    whole_session(archive, "kept", "P1")
    whole_session(archive, "20261123-gone")
    assert b"tickled" in everything(path)
    archive.delete_session("20261123-gone")
    assert b"20261123-gone" not in everything(path)
    assert everything(path).count(b"tickled") == 1
    assert [one.id for one in archive.sessions()] == ["kept"]
    assert SECRET in {one["id"] for one in archive.patients()}


def test_deleted_patient_leaves_no_trace(archive, path):
    whole_session(archive, "kept", "P1")
    for n in range(20):
        whole_session(archive, f"s{n}", started=float(n))
    archive.set_programme(ProgrammeRow(patient=SECRET, since=1.0, items=[{"protocol": SECRET}]))
    size = len(everything(path))
    archive.delete_patient(SECRET)
    assert SECRET.encode() not in everything(path)
    assert everything(path).count(b"tickled") == 1
    assert len(everything(path)) < size
    assert [one["id"] for one in archive.patients()] == ["P1"]
    assert archive.session("kept").events


def test_deleting_while_another_reads_says_that_traces_are_left(archive, path, monkeypatch):
    monkeypatch.setattr(archive_file, "BUSY_S", 0.0)
    whole_session(archive)
    archive.close()
    reader = foreign(path)
    with Archive(path) as archive:
        archive.add_patient(PatientRow(id="P1", created=1.0))
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sessions").fetchone()
        with pytest.raises(ArchiveError, match="keeps traces"):
            archive.delete_patient(SECRET)
        reader.close()
        archive.delete_patient("P1")
        assert SECRET.encode() not in everything(path)


def test_what_runs_is_not_deleted(archive):
    archive.add_patient(PatientRow(id=SECRET, created=1.0))
    archive.begin_session(session())
    for delete, which in ((archive.delete_session, session().id), (archive.delete_patient, SECRET)):
        with pytest.raises(UserError, match="is running: end it first"):
            delete(which)
    assert len(archive.sessions()) == 1


# Sessions that were cut off.

HOLD_A_SESSION = """
import sys
from pathlib import Path
from emg_feedback.store.archive import Archive
from emg_feedback.store.rows import SessionRow
archive = Archive(Path(sys.argv[1]))
archive.begin_session(SessionRow(id="running", patient=None, started=1.0, board="b",
                              sample_rate_hz=250.0, channel_names=[], software="1"))
archive.progress("running", 500, 3)
print("ready", flush=True)
sys.stdin.read()
"""


def test_a_session_runs_as_long_as_its_program_lives(path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_A_SESSION, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with holder:
        assert holder.stdout.readline() == b"ready\n"
        with Archive(path) as archive:
            assert archive.session("running").session.state == "running"
        holder.kill()
    with Archive(path) as archive:
        found = archive.session("running").session
        assert (found.state, found.ended) == ("interrupted", None)
        assert (found.n_samples, found.lost_samples) == (500, 3)


def test_the_same_program_does_not_cut_itself_off(archive, path):
    archive.begin_session(session(patient=None))
    Archive(path).close()
    assert archive.sessions()[0].state == "running"


# Any order of calls.

NAMES = st.sampled_from(["a", "b", "c"])
NUMBERS = st.integers(1, 2)
LEVELS = st.none() | st.floats(allow_nan=False, allow_infinity=False)
DATA = st.dictionaries(
    st.text(max_size=5),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(2**53), 2**53)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=5,
    ),
    max_size=3,
)


class AnyOrder(RuleBasedStateMachine):
    """The archive against a model made of plain dicts and lists."""

    @initialize()
    def open_archive(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "archive.sqlite"
        self.archive = Archive(self.path)
        self.patients, self.sessions, self.exercises = {}, {}, {}
        self.programmes, self.calibrations, self.repetitions, self.events = [], [], [], []

    def attempt(self, allowed, method, *values):
        """Call, and return whether it was done, which must be what the model allows."""
        try:
            method(*values)
        except (UserError, sqlite3.IntegrityError):
            assert not allowed
            return False
        assert allowed
        return True

    @rule(patient=NAMES)
    def add_patient(self, patient):
        entry = PatientRow(id=patient, created=1.0)
        if self.attempt(patient not in self.patients, self.archive.add_patient, entry):
            self.patients[patient] = entry

    @rule(patient=NAMES, items=st.lists(DATA, max_size=2))
    def set_programme(self, patient, items):
        programme = ProgrammeRow(patient=patient, since=1.0, items=items)
        if self.attempt(patient in self.patients, self.archive.set_programme, programme):
            self.programmes.append(programme)

    @rule(of=NAMES, patient=st.none() | NAMES, started=st.floats(0, 1e9))
    def begin_session(self, of, patient, started):
        allowed = of not in self.sessions and (patient is None or patient in self.patients)
        entry = session(of, patient, started)
        if self.attempt(allowed, self.archive.begin_session, entry):
            self.sessions[of] = entry

    @rule(of=NAMES, n_samples=st.integers(0, 2**40), lost=st.integers(0, 100))
    def progress(self, of, n_samples, lost):
        self.archive.progress(of, n_samples, lost)
        self.change(of, n_samples=n_samples, lost_samples=lost)

    @rule(of=NAMES, ended=st.floats(0, 1e9), state=st.sampled_from(["complete", "recovered"]))
    def end_session(self, of, ended, state):
        self.archive.end_session(of, ended, 7, 3, state)
        self.change(of, ended=ended, n_samples=7, lost_samples=3, state=state)

    def change(self, of, **changes):
        if of in self.sessions:
            self.sessions[of] = msgspec.structs.replace(self.sessions[of], **changes)

    @rule(of=NAMES, muscle=st.text(max_size=5), rest_uv=LEVELS, mvc_uv=LEVELS)
    def add_calibration(self, of, muscle, rest_uv, mvc_uv):
        entry = calibration(of, muscle, rest_uv=rest_uv, mvc_uv=mvc_uv)
        if self.attempt(of in self.sessions, self.archive.add, entry):
            self.calibrations.append(entry)

    @rule(of=NAMES, number=NUMBERS, protocol=DATA)
    def begin_exercise(self, of, number, protocol):
        entry = ExerciseRow(session=of, number=number, protocol=protocol, started=1.0)
        allowed = of in self.sessions and (of, number) not in self.exercises
        if self.attempt(allowed, self.archive.add, entry):
            self.exercises[of, number] = entry

    @rule(of=NAMES, number=NUMBERS, ended=st.floats(0, 1e9))
    def end_exercise(self, of, number, ended):
        self.archive.end_exercise(of, number, ended)
        if (of, number) in self.exercises:
            done = msgspec.structs.replace(self.exercises[of, number], ended=ended)
            self.exercises[of, number] = done

    @rule(of=NAMES, number=NUMBERS, score=DATA)
    def add_repetition(self, of, number, score):
        entry = RepetitionRow(session=of, exercise=number, score=score)
        if self.attempt((of, number) in self.exercises, self.archive.add, entry):
            self.repetitions.append(entry)

    @rule(of=NAMES, kind=st.text(max_size=5), sample=st.integers(0, 2**40), data=DATA)
    def add_event(self, of, kind, sample, data):
        entry = EventRow(session=of, kind=kind, sample=sample, t_unix=2.5, data=data)
        if self.attempt(of in self.sessions, self.archive.add, entry):
            self.events.append(entry)

    @rule(of=NAMES)
    def delete_session(self, of):
        allowed = of in self.sessions and self.sessions[of].state != "running"
        if self.attempt(allowed, self.archive.delete_session, of):
            self.forget({of})

    @rule(patient=NAMES)
    def delete_patient(self, patient):
        own = {of for of, entry in self.sessions.items() if entry.patient == patient}
        running = any(self.sessions[of].state == "running" for of in own)
        allowed = patient in self.patients and not running
        if self.attempt(allowed, self.archive.delete_patient, patient):
            del self.patients[patient]
            self.programmes = [one for one in self.programmes if one.patient != patient]
            self.forget(own)

    def forget(self, gone):
        self.sessions = {of: one for of, one in self.sessions.items() if of not in gone}
        self.exercises = {key: one for key, one in self.exercises.items() if key[0] not in gone}
        for name in ("calibrations", "repetitions", "events"):
            setattr(self, name, [one for one in getattr(self, name) if one.session not in gone])

    @rule()
    def open_again(self):
        """Nobody else has it open, so what ran was cut off."""
        self.archive.close()
        self.archive = Archive(self.path)
        for of, entry in self.sessions.items():
            if entry.state == "running":
                self.change(of, state="interrupted")

    @invariant()
    def is_read_back_equal(self):
        assert {one["id"] for one in self.archive.patients()} == set(self.patients)
        found = {one.id: self.archive.session(one.id) for one in self.archive.sessions()}
        assert {of: one.session for of, one in found.items()} == self.sessions
        for of, one in found.items():
            assert one.calibrations == [kept for kept in self.calibrations if kept.session == of]
            assert one.repetitions == [kept for kept in self.repetitions if kept.session == of]
            assert one.events == [kept for kept in self.events if kept.session == of]
            own = sorted((key, kept) for key, kept in self.exercises.items() if key[0] == of)
            assert one.exercises == [kept for _, kept in own]
        for patient in self.patients:
            newest = [one.items for one in self.programmes if one.patient == patient][-1:]
            assert self.archive.programme(patient) == (newest[0] if newest else [])
            json.dumps(history(self.archive, patient))

    @invariant()
    def a_stranger_finds_it_sound(self):
        reader = foreign(self.path)
        assert reader.execute("PRAGMA foreign_key_check").fetchall() == []
        for table in ("programmes", "calibrations", "exercises", "repetitions", "events"):
            n_rows = reader.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            assert n_rows == len(getattr(self, table))
        reader.close()

    def teardown(self):
        reader = foreign(self.path)
        assert reader.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        reader.close()
        self.archive.close()
        assert os.listdir(self.folder.name) == ["archive.sqlite"]  # noqa: PTH208
        self.folder.cleanup()


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=15, stateful_step_count=20, deadline=None)

import json
import os
import re
from datetime import datetime

import pytest
from commands import run

from emg_feedback.cli import main
from emg_feedback.store.archive import Archive
from emg_feedback.store.archive_file import default_path
from emg_feedback.store.rows import (
    CalibrationRow,
    EventRow,
    ExerciseRow,
    PatientRow,
    ProgrammeRow,
    RepetitionRow,
    SessionRow,
)

MORNING = 1_795_429_800.0


HAPPENED = (
    (None, "phase", {"phase": "hold", "paused_for": ""}),
    (1, "mark", {"note": "felt a pull"}),
    (None, "mark", {"evaluation": {"findings": ["Soleus: tires"], "programme": []}}),
    (None, "phase", {"phase": "pause", "paused_for": "pain"}),
    (None, "target", {"by": "therapist", "targets": [[0.2, 0.4], None]}),
    (1, "target", {"by": "auto", "targets": [[0.2, 0.4], [0.25, 0.35]]}),
    (None, "target", {"by": "therapist", "auto_target": {"on": True}}),
    (None, "mark", {"skipped": [[1, 3], [2, 1]]}),
    (None, "mark", {"taken_back": [[2, 1]]}),
    (None, "gap", {"lost": 500}),
    (None, "stall", {}),
    (None, "resume", {}),
    (0, "onset", {"decided_sample": 5}),
    (9, "of a later version", {"level": 3.5, "x": None}),
)


@pytest.fixture(autouse=True)
def _own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))


@pytest.fixture
def kept():
    """An archive with two sessions that are over and one that was cut off."""
    with Archive(default_path()) as archive:
        archive.add_patient(PatientRow(id="P012", created=MORNING - 60.0))
        archive.add_patient(PatientRow(id="P007", created=MORNING - 60.0))
        archive.set_programme(ProgrammeRow(patient="P012", since=MORNING, items=[]))
        for number, patient in enumerate(("P012", "P007", None)):
            hold_session(archive, f"s{number}", patient, MORNING + 86400.0 * number)


def hold_session(archive, of, patient, started):
    archive.begin_session(
        SessionRow(
            id=of, patient=patient, started=started, board="cyton", sample_rate_hz=250.0,
            channel_names=["Vastus medialis", "Vastus lateralis"], software="0.1.0",
        )
    )  # fmt: skip
    if patient is None:
        archive.progress(of, 2500, 0)
        return
    for channel, (muscle, mvc_uv) in enumerate((("Vastus medialis", 412.4), ("[red]x", None))):
        archive.add(
            CalibrationRow(
                session=of, channel=channel, muscle=muscle, rest_uv=99.9, mvc_uv=None,
                board="cyton", sample_rate_hz=250.0, measured=started + 10.0,
            )
        )  # fmt: skip
        archive.add(
            CalibrationRow(
                session=of, channel=channel, muscle=muscle, rest_uv=3.52, mvc_uv=mvc_uv,
                board="cyton", sample_rate_hz=250.0, measured=started + 30.0, fraction=0.5,
            )
        )  # fmt: skip
    dose = {"sets": 2, "repetitions": 5, "hold_s": 4.0}
    protocol = {"name": "knee-quad-set", "title": "Quad set", "mode": "hold", **dose}
    archive.add(ExerciseRow(session=of, number=1, protocol=protocol, started=started))
    for result, time_in_band in (("good", 0.91), ("missed", 0.4), ("void", None)):
        score = {"result": result, "time_in_band": time_in_band}
        archive.add(RepetitionRow(session=of, exercise=1, score=score))
    archive.end_exercise(of, 1, started + 200.0)
    alike = {"name": "bridge", "title": "Bridge", "mode": "symmetry", **dose}
    archive.add(ExerciseRow(session=of, number=2, protocol=alike, started=started, channels=[1, 0]))
    for result, asymmetry in (("good", 0.1), ("missed", 0.3), ("void", -1.0), ("good", None)):
        score = {"result": result, "asymmetry": asymmetry}
        archive.add(RepetitionRow(session=of, exercise=2, score=score))
    archive.end_exercise(of, 2, started + 210.0)
    for channel, kind, data in HAPPENED:
        t_unix = started + 125.0
        archive.add(
            EventRow(session=of, kind=kind, sample=500, t_unix=t_unix, channel=channel, data=data)
        )
    archive.end_session(of, started + 245.0, 61250, 245)


def told(capsys, *arguments):
    assert main(["sessions", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    return printed.out


def refused(capsys, *arguments):
    assert main(["sessions", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("emg-feedback: ")
    assert printed.err.count("\n") == 1
    return printed.err


def test_nothing_was_kept_yet(capsys):
    assert json.loads(told(capsys, "list", "--json")) == []
    assert "no sessions yet" in told(capsys, "list")
    assert not default_path().exists()
    for arguments in (("show", "s0"), ("delete", "s0", "--yes")):
        assert "there is no archive" in refused(capsys, *arguments)
    assert not default_path().exists()


def test_list(kept, capsys):
    listed = json.loads(told(capsys, "list", "--json"))
    assert [one["id"] for one in listed] == ["s2", "s1", "s0"]
    assert [one["state"] for one in listed] == ["interrupted", "complete", "complete"]
    first = listed[-1]
    assert {"patient": "P012", "n_samples": 61250, "lost_samples": 245}.items() <= first.items()
    assert datetime.fromisoformat(first["started"]).timestamp() == MORNING
    assert listed[0]["patient"] is None
    assert listed[0]["ended"] is None
    assert [
        one["id"] for one in json.loads(told(capsys, "list", "--patient", "P007", "--json"))
    ] == ["s1"]
    header, _, *rows = told(capsys, "list").splitlines()
    assert header.split() == ["Session", "Patient", "Started", "Length", "State", "Lost"]
    assert [row.split()[0] for row in rows] == ["s2", "s1", "s0"]
    assert "4 min 5 s" in rows[2]
    assert "0.4%" in rows[2]


def test_show(kept, capsys):
    shown = json.loads(told(capsys, "show", "s0", "--json"))
    assert shown["channel_names"] == ["Vastus medialis", "Vastus lateralis"]
    assert shown["calibrations"][1]["mvc_uv"] == 412.4
    assert [one["result"] for one in shown["exercises"][0]["repetitions"]] == [
        "good", "missed", "void",
    ]  # fmt: skip
    assert [one["kind"] for one in shown["events"]] == [kind for _, kind, _ in HAPPENED]
    text = told(capsys, "show", "s0")
    for words in (
        "Session s0, complete",
        "Patient P012",
        "3.5 µV",
        "412 µV",
        "50% asked",
        "[red]x",
        "Quad set",
        "2 × 5 × 4 s",
        "3 of 10",
        "66%",
        "2 min 5 s",
        "Bridge: Vastus medialis 40 %, Vastus lateralis 60 %",
    ):
        assert words in text
    happened = text[text.index("What happened") :].splitlines()[2:]
    assert [re.split(r"\s{2,}", row.removeprefix("2 min 5 s").strip()) for row in happened] == [
        ["Vastus lateralis", "note", "felt a pull"],
        ["evaluation", "Stands out: Soleus: tires."],
        ["pause", "because of pain"],
        ["target", "20–40 % Vastus medialis"],
        ["Vastus lateralis", "target", "25–35 % by itself"],
        ["auto-target", "on"],
        ["skipped", "repetition 3 of set 1, repetition 1 of set 2"],
        ["taken back", "repetition 1 of set 2"],
        ["samples were lost", "2 s"],
        ["the board fell silent"],
        ["the board came back"],
        ["of a later version", "3.5"],
    ]
    assert "99.9" not in text  # measured again
    assert "not named" in told(capsys, "show", "s2")
    assert "no session is called 'nope'" in refused(capsys, "show", "nope")


def test_delete_asks_first(kept, capsys):
    assert "add --yes" in refused(capsys, "delete", "s0")
    assert "with 1 session:" in refused(capsys, "delete", "--patient", "P012")
    assert len(json.loads(told(capsys, "list", "--json"))) == 3
    gone = json.loads(told(capsys, "delete", "s0", "--yes", "--json"))
    assert gone == {"deleted": ["s0"]}
    assert [one["id"] for one in json.loads(told(capsys, "list", "--json"))] == ["s2", "s1"]
    assert "no session" in refused(capsys, "delete", "s0", "--yes")


def test_delete_patient(kept, capsys):
    assert "no patient" in refused(capsys, "delete", "--patient", "P404", "--yes")
    gone = json.loads(told(capsys, "delete", "--patient", "P012", "--yes", "--json"))
    assert gone == {"deleted": ["s0"], "patient": "P012"}
    assert b"P012" not in default_path().read_bytes()
    assert told(capsys, "delete", "--patient", "P007", "--yes") == (
        "patient P007 is deleted, with 1 session\n"
    )
    assert told(capsys, "delete", "s2", "--yes") == "session s2 is deleted\n"


def test_while_a_session_runs(kept, capsys):
    with Archive(default_path()) as engine:
        hold_session(engine, "now", None, MORNING)
        states = {one["id"]: one["state"] for one in json.loads(told(capsys, "list", "--json"))}
        assert states["now"] == "running"
        assert "is running: end it first" in refused(capsys, "delete", "now", "--yes")
        told(capsys, "delete", "s0", "--yes", "--json")
        engine.end_session("now", MORNING + 9.0, 2500, 0)
    assert json.loads(told(capsys, "list", "--json"))[0]["id"] == "s2"


def test_another_archive(kept, capsys, tmp_path):
    default_path().rename(tmp_path / "other.sqlite")
    named = ("--archive", str(tmp_path / "other.sqlite"))
    assert len(json.loads(told(capsys, "list", "--json", *named))) == 3
    assert json.loads(told(capsys, "show", "s0", "--json", *named))["id"] == "s0"
    assert json.loads(told(capsys, "list", "--json")) == []
    nowhere = ("--archive", str(tmp_path / "nowhere.sqlite"))
    assert "there is no archive" in refused(capsys, "list", *nowhere)
    (tmp_path / "notes.txt").write_text("not an archive at all\n" * 100)
    text = refused(capsys, "list", "--archive", str(tmp_path / "notes.txt"))
    assert "is not an archive of emg-feedback" in text


@pytest.mark.parametrize(
    "arguments", [(), ("show",), ("delete",), ("delete", "s0", "--patient", "P012"), ("melt",)]
)
def test_usage(capsys, arguments):
    refused(capsys, *arguments)


def test_the_command_itself(kept):
    code, printed, said = run("sessions", "list", "--json", environment=dict(os.environ))
    assert (code, said) == (0, "")
    assert len(json.loads(printed)) == 3

"""A session as a therapist starts it: three processes that belong together."""

import os
import signal

import pytest
from commands import free_endpoint, processes_naming, run, start, wait_until

from emg_config import UserError
from emg_feedback.run import run_of, typed
from emg_feedback.store.archive import Archive

GIVEN = {
    "board": "emulated-cyton", "serial_port": None, "muscles": [], "config": None, "patient": None,
    "protocol": None, "display": True, "archive": None, "publish": "tcp://a", "control": "tcp://b",
}  # fmt: skip


def test_a_place_is_told_as_it_would_be_typed(tmp_path):
    config = tmp_path / "place.toml"
    config.write_text(
        '[engine]\nmuscles = ["A", "B"]\nmains-hz = 60\n'
        '[display]\nfull-screen = true\nside = "left"\n'
    )
    made = run_of(**{**GIVEN, "config": config, "protocol": "neck-nod"})
    assert made.engine[-4:] == ("--muscles", "A,B", "--mains-hz", "60")
    assert made.display[-3:] == ("--full-screen", "--side", "left")
    assert made.console[-2:] == ("--protocol", "neck-nod")
    assert typed({"sound": False, "volume": 50}) == ("--volume", "50")
    assert run_of(**{**GIVEN, "display": False}).display is None


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"protocol": "dance"}, "no protocol is called"),
        ({"patient": "Mr Smith"}, "no pseudonym"),
        ({"patient": "x" * 33}, "no pseudonym"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(more, words):
    with pytest.raises(UserError, match=words):
        run_of(**{**GIVEN, **more})


@pytest.mark.parametrize("text", ["[engine", "[motor]\nx = 1", "[engine]\nmuscles = {}"])
def test_a_bad_config_is_refused_in_one_line(tmp_path, text):
    config = tmp_path / "place.toml"
    config.write_text(text)
    code, _, said = run("run", "--config", str(config))
    assert code == 2
    assert "place.toml" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.display
def test_a_window_that_crashes_is_opened_again_and_all_end_together(tmp_path):
    publish, control = free_endpoint(), free_endpoint()
    archive = tmp_path / "archive.sqlite"
    process = start(
        *("run", "--patient", "P1", "--archive", str(archive)),
        *("--publish", publish, "--control", control),
    )

    def windows(name):
        mine = set(processes_naming(f"--connect\0{publish}"))
        return mine & set(processes_naming(f"emg_feedback\0{name}"))

    try:
        assert wait_until(lambda: windows("console") and windows("display"), 30.0)
        assert wait_until(lambda: archive.exists() and _patients(archive) == ["P1"], 40.0)
        (console,) = windows("console")
        os.kill(console, signal.SIGKILL)
        assert wait_until(lambda: windows("console") - {console}, 30.0)
    finally:
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20.0)
    assert process.returncode == 0, said
    assert "the console crashed; the session goes on" in said
    assert wait_until(lambda: not processes_naming(publish), 5.0)
    with Archive(archive) as kept:
        (session,) = kept.sessions("P1")
        assert session.state == "complete"


def _patients(archive):
    with Archive(archive) as kept:
        return [one["id"] for one in kept.patients()]

"""A session as a therapist starts it: three processes that belong together."""

import os
import signal
from types import SimpleNamespace

import pytest
from commands import (
    asked,
    call,
    end,
    free_endpoint,
    handles_term,
    processes_naming,
    run,
    start,
    wait_for_engine,
    wait_until,
)

from emg_config import DeviceError, UserError
from emg_feedback.link.control import ControlClient
from emg_feedback.process import ChildFailedError
from emg_feedback.run import MOST_CRASHES, OPENING_S, RECOVERED_S, _Window, run_of, typed
from emg_feedback.store.archive import Archive
from emg_feedback.store.rows import PatientRow, SessionRow

GIVEN = {
    "board": "emulated-cyton", "serial_port": None, "muscles": [], "config": None, "patient": None,
    "protocol": None, "mains_hz": None, "look": {}, "archive": None, "publish": "tcp://a",
    "control": "tcp://b",
}  # fmt: skip


def test_a_place_is_told_as_it_would_be_typed(tmp_path):
    config = tmp_path / "place.toml"
    config.write_text(
        '[engine]\nmuscles = ["A", "B"]\nmains-hz = 60\n'
        '[display]\nfull-screen = true\nside = "left"\n'
    )
    made = run_of(**{**GIVEN, "config": config, "protocol": "neck-nod"})
    assert made.engine[-5:] == ("--muscles", "A,B", "--mains-hz", "60", "--last-muscles")
    assert made.display[-3:] == ("--full-screen", "--side", "left")
    assert made.console[-2:] == ("--protocol", "neck-nod")
    assert typed({"sound": False, "volume": 50}) == ("--volume", "50")
    assert run_of(**{**GIVEN, "look": None}).display is None
    asked = {"side": "right", "full-screen": True}
    typed_too = run_of(**{**GIVEN, "config": config, "look": asked, "mains_hz": 50})
    assert typed_too.display[-3:] == ("--full-screen", "--side", "right")
    assert typed_too.engine[-2:] == ("--mains-hz", "50")
    assert "--last-muscles" not in run_of(**{**GIVEN, "config": config, "muscles": ["C"]}).engine


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"protocol": "dance"}, "no protocol is called"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(more, words):
    with pytest.raises(UserError, match=words):
        run_of(**{**GIVEN, **more})


class Doomed:
    """A window that fails, again and again."""

    def __init__(self, *command):
        self.running, self.error = True, None

    def check(self):
        if self.error is not None:
            self.running = False
            raise self.error

    def ask_to_end(self):
        pass

    def end(self):
        return {}


class Windows:
    """A window on a clock of the test's own, and what is said of it."""

    def __init__(self, monkeypatch):
        self.now_s, self.said, self.opened = 0.0, [], []
        monkeypatch.setattr("emg_feedback.run.Child", self.child)
        monkeypatch.setattr("emg_feedback.run.time", SimpleNamespace(monotonic=lambda: self.now_s))
        self.window = _Window("display", ("--connect", "tcp://a"), self.said.append)

    def child(self, *command):
        self.opened.append(Doomed())
        return self.opened[-1]

    def fail(self, after_s, error):
        self.now_s += after_s
        self.opened[-1].error = error
        return self.window.watch()


CRASHED = DeviceError("it was killed")
LEFT = (
    "; the session goes on without it (Ctrl-C ends it): "
    "to open it again, emg-feedback display --connect tcp://a"
)


@pytest.fixture
def windows(monkeypatch):
    return Windows(monkeypatch)


@pytest.mark.parametrize(("lasted_s", "leaves"), [(1.0, True), (RECOVERED_S + 1.0, False)])
def test_only_a_window_that_crashes_again_and_again_is_left(windows, lasted_s, leaves):
    for n in range(MOST_CRASHES):
        assert not windows.fail(lasted_s, CRASHED)
        assert len(windows.opened) == n + 2
    assert not windows.fail(lasted_s, CRASHED)
    assert len(windows.opened) == MOST_CRASHES + (1 if leaves else 2)
    assert windows.window.running is not leaves
    assert (windows.said[-1] == f"the display keeps crashing{LEFT}") is leaves


@pytest.mark.parametrize("code", [2, 3])
def test_without_a_window_that_ends_with_an_error_the_session_goes_on(windows, code):
    for _ in range(3):
        assert not windows.fail(OPENING_S, ChildFailedError(code))
    assert windows.said == [f"the display ended with an error{LEFT}"]
    assert len(windows.opened) == 1
    windows.window.open()
    assert windows.window.running
    assert not windows.window.watch()


@pytest.mark.parametrize("code", [2, 3])
def test_a_window_that_cannot_be_opened_at_first_ends_the_run(windows, code):
    with pytest.raises(ChildFailedError):
        windows.fail(OPENING_S - 1.0, ChildFailedError(code))


def test_a_run_goes_on_without_its_windows(monkeypatch):
    children, now_s, said = {}, 0.0, []

    class Children(Doomed):
        def __init__(self, command, *_):
            super().__init__()
            children[command] = self

        def end(self):
            return {"samples": 7}

    def sleep(seconds):
        nonlocal now_s
        now_s += seconds
        if now_s > 2.0 * OPENING_S:
            for name in ("console", "display"):
                children[name].error = ChildFailedError(3)

    clock = SimpleNamespace(monotonic=lambda: now_s, sleep=sleep)
    monkeypatch.setattr("emg_feedback.run.Child", Children)
    monkeypatch.setattr("emg_feedback.run.time", clock)
    monkeypatch.setattr("emg_feedback.run.tell", lambda *_, **__: False)
    given = {**GIVEN, "control": "inproc://nobody"}
    told = run_of(**given).run(lambda: now_s > 100.0, said.append)
    assert now_s > 100.0
    assert told == {"samples": 7}
    assert len(said) == 2


@pytest.mark.parametrize("patient", ["Mr Smith", "x" * 33, ""])
def test_a_patient_who_is_no_pseudonym_is_refused(patient, capfd):
    for command in ("run", "engine"):
        code, _, said = call(capfd, command, "--patient", patient)
        assert code == 2
        assert "no pseudonym" in said


@pytest.mark.parametrize("text", ["[engine", "[motor]\nx = 1", "[engine]\nmuscles = {}"])
def test_a_bad_config_is_refused_in_one_line(tmp_path, text, capfd):
    config = tmp_path / "place.toml"
    config.write_text(text)
    code, _, said = call(capfd, "run", "--config", str(config))
    assert code == 2
    assert "place.toml" in said
    assert len(said.strip().splitlines()) == 1


@pytest.mark.display
def test_windows_that_crash_or_close_come_back_and_all_end_together(tmp_path):
    publish, control = free_endpoint(), free_endpoint()
    archive = tmp_path / "archive.sqlite"
    process = start(
        *("run", "--patient", "P1", "--archive", str(archive)),
        *("--publish", publish, "--control", control),
    )

    def windows(name):
        mine = set(processes_naming(f"--connect\0{publish}"))
        return mine & set(processes_naming(f"emg_feedback\0{name}"))

    def close_display():
        assert wait_until(lambda: windows("display"))
        (display,) = windows("display")
        assert wait_until(lambda: handles_term(display))
        os.kill(display, signal.SIGTERM)
        assert wait_until(lambda: display not in windows("display"))

    try:
        assert wait_until(lambda: windows("console") and windows("display"))
        assert wait_until(lambda: _patients(control) == ["P1"])
        (console,) = windows("console")
        os.kill(console, signal.SIGKILL)
        assert wait_until(lambda: windows("console") - {console})
        close_display()
        with ControlClient(control) as client:
            assert wait_until(lambda: not _shown(client))
            client.ask("open_display")
            assert wait_until(lambda: _shown(client))
            client.ask("start_protocol", name="neck-look")
        close_display()
        assert wait_until(lambda: windows("display"))
    finally:
        _, said = end(process)
    assert process.returncode == 0, said
    assert "the console crashed; the session goes on" in said
    assert said.count("the patient's display opens again") == 2
    assert wait_until(lambda: not processes_naming(publish))
    with Archive(archive) as kept:
        (session,) = kept.sessions("P1")
        assert session.state == "complete"


@pytest.mark.display
def test_a_second_run_leaves_the_first_one_its_patient(tmp_path):
    publish, control = free_endpoint(), free_endpoint()
    archive = tmp_path / "archive.sqlite"
    ends = ("--archive", str(archive), "--publish", publish, "--control", control)
    first = start("engine", "--patient", "P1", *ends)
    try:
        assert wait_until(lambda: _patients(control) == ["P1"])
        code, _, said = run("run", "--patient", "P2", "--no-display", *ends)
        assert code == 3
        assert "already in use" in said
        assert _patients(control) == ["P1"]
        with Archive(archive) as kept:
            assert [one.patient for one in kept.sessions()] == ["P1"]
    finally:
        end(first)


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize(
    ("muscles", "channels"), [([], ["Soleus", "Peroneus"]), (["C", "D"], ["C", "D"])]
)
def test_what_was_typed_goes_before_the_last_session_and_this_before_the_place(
    tmp_path, at_once, muscles, channels
):
    path, config, control = tmp_path / "a.sqlite", tmp_path / "place.toml", free_endpoint()
    config.write_text('[engine]\nmuscles = ["A", "B"]\n')
    with Archive(path) as archive:
        archive.add_patient(PatientRow(id="P1", created=1.0))
        archive.begin_session(
            SessionRow(
                id="last", patient="P1", started=77.0, board="b", sample_rate_hz=250.0,
                channel_names=["Soleus", "Peroneus"], used=[True, True], software="0.1.0",
            )
        )  # fmt: skip
        archive.end_session("last", 90.0, 5, 0)
    ends = {"archive": path, "publish": free_endpoint(), "control": control}
    patient = "P1" if at_once else None
    made = run_of(**{**GIVEN, **ends, "config": config, "muscles": muscles, "patient": patient})
    engine = start("engine", *made.engine)
    try:
        with ControlClient(control, timeout_s=5.0) as client:
            wait_for_engine(engine, client)
            told = client.ask("state") if at_once else client.ask("begin_session", patient="P1")
            assert (told["patient"], told["channels"]) == ("P1", channels)
    finally:
        end(engine)


@pytest.mark.display
@pytest.mark.parametrize("seconds", ["0.01", "1"])
def test_a_run_that_ends_before_it_begins_ends_well(seconds):
    code, _, said = run(
        *("run", "--seconds", seconds, "--no-display"),
        *("--publish", free_endpoint(), "--control", free_endpoint()),
    )
    assert code == 0, said
    assert "0 samples" in said


def _shown(client):
    (display,) = client.ask("state")["displays"]
    return display["shown"]


def _patients(control):
    with ControlClient(control) as client:
        answer = asked(client, "patients")
    return answer and [one["id"] for one in answer["patients"]]

"""What the console asks for reaches the frames, the status and the archive of a real engine."""

import tempfile
import time
from contextlib import contextmanager

import msgspec
import pytest
import zmq
from commands import PATIENCE_S, cpu_s, end, free_endpoint, start, wait_for_engine, wait_until

from emg_config import UserError
from emg_feedback.link.control import ControlClient
from tests.views.console_room import qt

__all__ = ["qt"]  # a fixture

MUSCLES = "Multifidus right,Multifidus left"
GEL = {"kind": "gel", "size_mm": 10.0, "spacing_mm": 20.0}
DRY = {"kind": "dry", "size_mm": 10.0, "spacing_mm": 30.0}
HIGHER = 0.45
TURN_MS = 50
OPENING_S = 1.0  # of work, in which a window had time to open
# What of a session no time changes.
STEADY = ("phase", "protocol", "set", "repetition", "targets", "results", "completed", "skipped")


class Station:
    """An engine, a console's socket, and what it publishes."""

    def __init__(self, archive):
        self.publish, self.control = free_endpoint(), free_endpoint()
        self.process = start(
            *("engine", "--muscles", MUSCLES, "--archive", archive),
            *("--publish", self.publish, "--control", self.control),
        )
        self.client = ControlClient(self.control)
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 0
        self.socket.rcvhwm = 0  # all of them, however late they are read
        self.socket.connect(self.publish)
        for topic in (b"frame ", b"status ", b"event "):
            self.socket.subscribe(topic)
        wait_for_engine(self.process, self.client)

    def ask(self, command, **args):
        return self.client.ask(command, **args)

    def read(self, topic):
        while True:
            assert self.socket.poll(1000 * PATIENCE_S)
            part = self.socket.recv()
            if part.startswith(topic):
                return msgspec.msgpack.decode(part.partition(b" ")[2])

    def frames_until_now(self):
        """Return all that were not yet read, up to the first frame that was sent after now."""
        sent_s, frames = time.time(), [self.read(b"frame ")]
        while frames[-1]["t_publish"] <= sent_s:
            frames.append(self.read(b"frame "))
        return frames

    def next_state(self):
        """Return the session in the first frame that was sent after now."""
        return self.frames_until_now()[-1]["session"]

    def close(self):
        self.client.close()
        self.socket.close()
        end(self.process)


@pytest.fixture(scope="module")
def station():
    with tempfile.TemporaryDirectory(prefix="emg") as folder:
        made = Station(f"{folder}/archive.sqlite")
        yield made
        made.close()


@pytest.fixture
def session(station):
    """Return the engine with both muscles' references known and nothing running."""
    for channel in range(2):
        station.ask("set_reference", channel=channel, mvc_uv=200.0)
    yield station
    if station.ask("state")["phase"] not in ("idle", "done"):
        station.ask("stop")


def test_electrodes_are_kept_remembered_and_compared(session):
    session.ask("add_patient", patient="P1")
    session.ask("begin_session", patient="P1")
    for channel, name in enumerate(MUSCLES.split(",")):
        told = session.ask("name_channel", channel=channel, muscle=name, electrode=GEL)
        session.ask("set_reference", channel=channel, mvc_uv=200.0)
    assert told["electrodes"] == [GEL, GEL]
    session.ask("end_session")
    for known in session.ask("history", patient="P1")["calibrations"]:
        assert (known["electrode"], known["gain"]) == ("gel 10 mm, 20 mm apart", 24.0)
    told = session.ask("begin_session", patient="P1")
    assert told["electrodes"] == [GEL, GEL]
    assert told["calibration"]["warnings"] == []
    told = session.ask("name_channel", channel=1, muscle="Multifidus left", electrode=DRY)
    assert told["calibration"]["warnings"] == [
        "Multifidus left: other electrodes than last time (gel 10 mm, 20 mm apart, now dry 10 mm, "
        "30 mm apart): measure the maximum again"
    ]
    status = session.read(b"status ")
    while status["electrodes"] != [GEL, DRY]:
        status = session.read(b"status ")
    with pytest.raises(UserError, match="size must be at least 1 mm"):
        session.ask("name_channel", channel=0, muscle="A", electrode={"size_mm": 0})
    session.ask("end_session")


def test_pain_is_kept_while_nothing_runs(session):
    session.ask("add_patient", patient="P9")
    session.ask("begin_session", patient="P9")
    assert session.ask("pause", reason="pain")["phase"] == "idle"
    while (event := session.read(b"event "))["kind"] != "mark":
        pass
    assert event["data"] == {"note": "pain while nothing was running", "reason": "pain"}
    while not session.read(b"status ")["pain_unseen"]:
        pass
    assert session.ask("state")["pain_unseen"], "also by who asks later"
    assert not session.ask("pain_seen")["pain_unseen"]
    while session.read(b"status ")["pain_unseen"]:
        pass
    with pytest.raises(UserError, match="nothing is running now"):
        session.ask("pause")
    told = session.ask("end_session")["summary"]
    assert (told["notes"], told["pauses"]) == (["pain while nothing was running"], {})


def test_left_and_right_are_in_the_frames(session):
    session.ask("start_protocol", name="back-bridge-symmetry", channels=[1, 0])
    assert session.next_state()["sides"] == ["right", "left"]


def test_a_channel_is_put_out_of_use_and_into_it_again(session):
    muscle = session.ask("state")["channels"][1]
    told = session.ask("name_channel", channel=1, muscle=muscle, used=False)
    assert told["used"] == [True, False]
    assert told["calibration"]["mvc_uv"][1] is None
    session.ask("set_reference", channel=1, mvc_uv=200.0)
    with pytest.raises(UserError, match="is not in use"):
        session.ask("start_protocol", name="back-bridge-symmetry", channels=[0, 1])
    told = session.ask("name_channel", channel=1, muscle=muscle, used=True)
    assert told["used"] == []


def test_each_muscle_has_its_own_target_and_unit(session):
    targets = [{"low": 2.0, "high": 6.0, "unit": "uv"}, None]
    session.ask("start_protocol", name="neck-shoulders-hang", dose={"targets": targets})
    state = session.next_state()
    assert state["units"] == ["uv", "uv"]
    assert state["targets_uv"][0] == pytest.approx([2.0, 6.0])
    assert state["targets_uv"][1] != state["targets_uv"][0]
    session.ask("set_target", channel=1, low=3.0, high=5.0, unit="uv")
    state = session.next_state()
    assert (state["units"][1], state["targets_uv"][1]) == ("uv", [3.0, 5.0])
    session.ask("set_target", channel=1, low=0.1, high=0.2)
    assert session.next_state()["units"] == ["uv", "mvc"]
    session.ask("stop")
    with pytest.raises(UserError, match="3 targets for 2 muscles"):
        session.ask("start_protocol", name="neck-shoulders-hang", dose={"targets": [None] * 3})
    upside_down = [{"low": 9.0, "high": 6.0, "unit": "uv"}]
    with pytest.raises(UserError, match="low < high ≤ 5000 µV"):
        session.ask("start_protocol", name="neck-shoulders-hang", dose={"targets": upside_down})


def test_a_target_is_in_the_frame_after_the_one_it_was_set_in(session):
    for n in range(20):
        low = round(0.1 + 0.01 * n, 2)
        answer = session.ask("set_target", channel=0, low=low, high=low + 0.2)
        assert answer["targets"][0] == pytest.approx([low, low + 0.2])
        assert session.next_state()["targets"][0] == pytest.approx([low, low + 0.2])


def test_a_path_is_in_the_frame_after_the_one_it_was_set_in(session):
    with pytest.raises(UserError, match="there is no path now"):
        session.ask("set_path", high=0.3)
    session.ask("start_protocol", name="shoulder-turn-out-follow", dose={"prepare_s": 60.0})
    for n in range(10):
        high = round(0.3 + 0.02 * n, 2)
        session.ask("set_path", high=high, ramp_s=1.0 + 0.2 * n)
        path = session.next_state()["path"]
        assert path[1] == pytest.approx([1.0 + 0.2 * n, high])
    before = session.next_state()["path"]
    for wrong, words in (
        ({"high": 0.01}, "low < high"),
        ({"high": 1.6}, "high must be at most 1.5"),
        ({"ramp_s": 0.01}, "ramp must be at least 0.1 s"),
        ({"ramp_s": 50.0}, "longer than both ramps"),
        ({"tolerance": 0.6}, "tolerance must be at most 0.5"),
    ):
        with pytest.raises(UserError, match=words):
            session.ask("set_path", **wrong)
    assert session.next_state()["path"] == before


def test_placements_are_told(session):
    told = session.ask("placements")["placements"]
    assert set(told["Soleus"]) >= {"posture", "location", "direction", "spacing_mm", "source"}


@contextmanager
def opened_windows(station):
    """Open both windows, and kill what is left of them."""
    windows = [
        start(name, "--connect", station.publish, "--control", station.control)
        for name in ("display", "console")
    ]
    try:
        for one in windows:
            assert wait_until(lambda one=one: one.poll() is not None or cpu_s(one.pid) > OPENING_S)
            assert one.poll() is None
        yield windows
    finally:
        for one in windows:
            one.kill()
            one.communicate()


@pytest.mark.display
def test_killing_both_windows_changes_nothing_in_any_phase(session):
    dose = {"prepare_s": 60.0, "hold_s": 60.0, "relax_s": 60.0, "repetitions": 1}
    frames = session.frames_until_now()

    def led_to(phase, command, **args):
        session.ask(command, **args)
        frames.extend(session.frames_until_now())
        assert frames[-1]["session"]["phase"] == phase

    def kill(windows):
        frames.extend(session.frames_until_now())
        before = frames[-1]["session"]
        for one in windows:
            one.kill()
            one.communicate()
        frames.extend(session.frames_until_now())
        after = frames[-1]["session"]
        assert {name: after[name] for name in STEADY} == {name: before[name] for name in STEADY}

    led_to("rest_calibration", "calibrate_rest", seconds=60.0)
    with opened_windows(session) as windows:
        kill(windows)
    session.ask("stop")
    led_to("mvc_calibration", "calibrate_mvc", seconds=60.0)
    with opened_windows(session) as windows:
        session.ask("stop")
        led_to("prepare", "start_protocol", name="knee-extension-hold", dose=dose)
        kill(windows)
    with opened_windows(session) as windows:
        led_to("hold", "skip")
        kill(windows)
    led_to("relax", "skip")
    with opened_windows(session) as windows:
        led_to("pause", "pause")
        kill(windows)
    session.ask("resume")
    led_to("done", "skip")
    numbers = [frame["seq"] for frame in frames]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {frame["lost"] for frame in frames} == {0}


@pytest.mark.display
def test_a_path_dragged_in_the_window_is_the_engines_path(session, qt):
    from PySide6.QtCore import QEventLoop, QPoint, Qt
    from PySide6.QtTest import QTest

    from emg_feedback.views.console.course import Grip
    from emg_feedback.views.console.window import ConsoleWindow

    session.ask("start_protocol", name="shoulder-turn-out-follow", dose={"prepare_s": 60.0})
    window = ConsoleWindow(session.publish, session.control)
    window.traces.widget.hide()
    window.resize(1240, 800)
    window.show()
    bar = window.exercise.training.path.bar

    def turn():
        """Let the window work, but not for longer than it takes to look again."""
        qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, TURN_MS)

    def shown(condition):
        """Let the window work until something holds, which must not take forever."""
        end_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < end_s
            turn()

    try:
        shown(lambda: bar.isVisible() and bar.handles())
        left, at = Qt.MouseButton.LeftButton, bar.handles()[Grip.TOP].toPoint()
        QTest.mousePress(bar, left, pos=at)
        for pixels in range(2, 42, 4):
            QTest.mouseMove(bar, at - QPoint(0, pixels))
            turn()
        QTest.mouseRelease(bar, left, pos=at - QPoint(0, pixels))
        shown(lambda: bar.value.high > HIGHER)
        # The last of several moves may still be on its way.
        shown(lambda: session.next_state()["path"][1][1] == bar.value.high)
    finally:
        window.leave()

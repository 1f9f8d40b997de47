"""With a real window; Xvfb and Mesa will do."""

import itertools

import numpy as np
import pytest
from PIL import Image

from emg_config.errors import DeviceError
from emg_feedback.link.messages import PatientLook, Phase
from emg_feedback.views import palette
from emg_feedback.views.kept_look import KeptLook
from emg_feedback.views.look import Layout, Look, Side
from emg_feedback.views.model import ViewModel
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.pause import Asked
from emg_feedback.views.window import PAUSE_KEYS
from emg_feedback.views.words import Place
from tests.views.frames import T0_S, frame, session, status
from tests.views.scenes import scenes

SIZE = (800, 600)


@pytest.fixture(scope="session")
def screen():
    """Import only where a display is promised: these modules load GLFW."""
    from emg_feedback.views import canvas, window

    return canvas, window


class Script:
    """A subscriber, a clock and a stop: every wait brings one frame, time passes as it waits."""

    trouble = ""

    def __init__(self, intensity, seconds, until_s=np.inf):
        self.now_s, self.end_s = T0_S, T0_S + seconds
        self.until_s = T0_S + until_s
        self.intensity = intensity
        self.seq = itertools.count()

    def clock(self):
        self.now_s += 1e-4
        return self.now_s

    def stop(self):
        return self.now_s >= self.end_s

    def wait(self, timeout_s):
        self.now_s += max(timeout_s, 1e-3)
        return self.now_s < self.until_s

    def drain(self):
        first = [status(len(self.intensity))]
        seq = next(self.seq)
        return (first if seq == 0 else []) + [frame(self.intensity, seq=seq, at_s=self.now_s)]


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image).astype(int)


def shown(screen, path, script, size=SIZE):
    _, window = screen
    summary = window.run_patient_window(
        script,
        stop=script.stop,
        clock=script.clock,
        screenshot=path,
        after_s=script.end_s - T0_S - 0.1,
        size=size,
    )
    return pixels(path), summary


def count(image, colour):
    wanted = np.round(255 * np.array(colour[:3])).astype(int)
    return int((np.abs(image - wanted).max(axis=2) <= 2).sum())


@pytest.mark.display
def test_screenshot_has_the_size_of_the_window(screen, tmp_path):
    for size in (SIZE, (640, 480)):
        image, _ = shown(screen, tmp_path / "page.png", Script([0.3], 0.5), size)
        assert image.shape == (size[1], size[0], 3)


@pytest.mark.display
def test_the_bar_follows_the_level_and_the_place(screen, tmp_path):
    areas = {}
    for level, place in (
        (0.1, Place.BELOW),
        (0.2, Place.BELOW),
        (0.3, Place.IN),
        (0.45, Place.ABOVE),
    ):
        image, _ = shown(screen, tmp_path / "page.png", Script([level], 0.5))
        areas[level] = count(image, palette.PLACES[place])
        for other in set(palette.PLACES) - {place, Place.NONE}:
            assert count(image, palette.PLACES[other]) == 0
    assert areas[0.2] > 1.5 * areas[0.1] > 0
    assert min(areas.values()) > 1000


@pytest.mark.display
def test_stale_looks_different_within_a_quarter_of_a_second(screen, tmp_path):
    live, _ = shown(screen, tmp_path / "live.png", Script([0.3], 1.0))
    stale, _ = shown(screen, tmp_path / "stale.png", Script([0.3], 1.0, until_s=0.6))
    assert count(live, palette.PLACES[Place.IN]) > 1000
    assert count(stale, palette.PLACES[Place.IN]) == 0
    assert (np.abs(live - stale).max(axis=2) > 30).mean() > 0.02


@pytest.mark.display
def test_waiting_page_without_an_engine(screen, tmp_path):
    image, summary = shown(screen, tmp_path / "page.png", Script([0.3], 0.5, until_s=0.0))
    assert count(image, palette.TEXT) > 500
    assert summary.first_bar_s is None
    assert summary.latency_ms == {}


@pytest.mark.display
def test_what_was_drawn_is_measured(screen, tmp_path):
    _, summary = shown(screen, tmp_path / "page.png", Script([0.3, 0.3], 1.0))
    assert 30 <= summary.frames_drawn <= 62
    assert 0 < summary.first_bar_s < 0.1
    assert set(summary.latency_ms) == {"publish_to_receive", "receive_to_drawn", "sample_to_drawn"}
    assert all({"p50", "p99", "max"} <= set(stage) for stage in summary.latency_ms.values())


@pytest.mark.display
def test_closing_the_window_ends_the_loop(screen, monkeypatch):
    _, window = screen

    class ClosedByUser(window.Window):
        polls = 0

        def poll(self):
            super().poll()
            self.polls += 1
            self.closed = self.polls > 5

    monkeypatch.setattr(window, "Window", ClosedByUser)
    script = Script([0.3], 1e9)
    summary = window.run_patient_window(script, stop=script.stop, clock=script.clock, size=SIZE)
    assert summary.frames_drawn >= 1


@pytest.mark.display
def test_resizing_and_full_screen(screen, tmp_path):
    canvas, _ = screen
    model = ViewModel()
    model.receive(frame([0.3], state=session(Phase.HOLD, [(0.25, 0.35)])), T0_S)

    def draw(window):
        window.poll()
        window.draw(lambda painter, size: draw_patient(painter, model, size, T0_S))
        window.screenshot(tmp_path / "page.png")
        height, width, _ = pixels(tmp_path / "page.png").shape
        return width, height

    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        assert draw(window) == window.size == SIZE
        window.resize(640, 480)
        for _ in range(100):
            if draw(window) == (640, 480):
                break
        assert draw(window) == window.size == (640, 480)
        window.toggle_full_screen()
        draw(window)
        window.toggle_full_screen()
        assert draw(window) == window.size


@pytest.mark.display
def test_more_words_than_the_atlas_holds(screen, tmp_path):
    canvas, _ = screen

    def paint(number):
        return lambda painter, _size: painter.text(f"Word {number}", 10, 300, 160, palette.TEXT)

    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        for number in range(150):
            window.draw(paint(number))
        window.screenshot(tmp_path / "late.png")
    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        window.draw(paint(149))
        window.screenshot(tmp_path / "fresh.png")
    assert (pixels(tmp_path / "late.png") == pixels(tmp_path / "fresh.png")).all()


def test_without_a_display_the_reason_is_one_line(monkeypatch):
    from emg_feedback.views import canvas

    def refuse(**_):
        raise OSError("Could not init glfw:\n['no DISPLAY']")

    monkeypatch.setattr(canvas.app, "Canvas", refuse)
    with pytest.raises(DeviceError, match="terminal view") as caught:
        canvas.Window("test")
    assert "\n" not in str(caught.value)


class Pressed:
    """Stands for the patient's button; remembers when it was pressed."""

    def __init__(self, endpoint):
        self.endpoint, self.pressed = endpoint, 0
        self.closed = False
        Pressed.made = self

    def press(self, _now_s):
        self.pressed += 1

    def asked(self, _now_s, _session):
        return Asked.SENT if self.pressed else Asked.NOTHING

    def close(self):
        self.closed = True


@pytest.mark.display
@pytest.mark.parametrize(
    ("points", "keys", "pressed"),
    [
        ([], [" "], True),
        ([(750, 560)], [], True),
        ([(400, 300)], ["Enter", "R", "A"], False),
    ],
)
def test_the_space_bar_and_the_button_pause(screen, tmp_path, monkeypatch, points, keys, pressed):
    _, window = screen

    class Handled(window.Window):
        polls = 0

        def input(self):
            self.polls += 1
            return (points, keys) if self.polls == 5 else ([], [])

    monkeypatch.setattr(window, "Window", Handled)
    monkeypatch.setattr(window, "PauseButton", Pressed)
    script = Script([0.3], 0.5)
    window.run_patient_window(
        script,
        stop=script.stop,
        clock=script.clock,
        screenshot=tmp_path / "page.png",
        after_s=0.4,
        size=SIZE,
        control="tcp://127.0.0.1:5557",
    )
    assert Pressed.made.pressed == int(pressed)
    assert Pressed.made.closed
    assert (count(pixels(tmp_path / "page.png"), palette.HINT) > 1000) is pressed


@pytest.mark.display
def test_keys_and_presses_reach_the_window(screen):
    canvas, _ = screen
    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        from vispy.util import keys

        for key in (keys.SPACE, keys.Key(" "), keys.Key("A")):
            window._canvas.events.key_press(key=key, text="", modifiers=[])  # noqa: SLF001
        window._canvas.events.mouse_press(pos=(30, 40), button=1)  # noqa: SLF001
        points, names = window.input()
        assert points == [(30.0, 40.0)]
        assert names == [" ", " ", "A"]
        assert window.input() == ([], [])


@pytest.mark.display
def test_escape_pauses_and_never_closes(screen):
    canvas, _ = screen
    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        from vispy.util import keys

        def press(key):
            window._canvas.events.key_press(key=key, text="", modifiers=[])  # noqa: SLF001

        press(keys.Key("F"))
        press(keys.ESCAPE)
        assert window.full_screen
        assert not window.closed
        (key,) = window.input()[1]
        assert key in PAUSE_KEYS
        press(keys.Key("Q"))
        assert not window.full_screen
        press(keys.Key("Q"))
        assert window.closed


@pytest.mark.display
@pytest.mark.parametrize("name", ["hold", "follow", "symmetry", "endurance_alarm", "done"])
def test_a_frame_is_one_upload_and_one_draw_call(screen, monkeypatch, name):
    canvas, _ = screen
    model = scenes()[name]
    with canvas.Window("test", size=SIZE, background=palette.GROUND) as window:
        calls, program = [], window._program  # noqa: SLF001
        monkeypatch.setattr(program._program, "draw", calls.append)  # noqa: SLF001
        uploads = []
        monkeypatch.setattr(
            program._buffer,  # noqa: SLF001
            "set_data",
            lambda data, copy: uploads.append(len(data)),
        )
        window.draw(lambda painter, size: draw_patient(painter, model, size, T0_S))
        assert calls == ["triangles"]
        assert len(uploads) == 1


@pytest.mark.display
def test_the_game_is_a_layout(screen, tmp_path):
    _, window = screen
    images = []
    for layout in (Layout.AUTO, Layout.GAME):
        script = Script([0.3], 0.5)
        window.run_patient_window(
            script,
            stop=script.stop,
            clock=script.clock,
            screenshot=tmp_path / "page.png",
            after_s=0.4,
            size=SIZE,
            look=Look(layout=layout),
        )
        images.append(pixels(tmp_path / "page.png"))
    assert (np.abs(images[0] - images[1]).max(axis=2) > 30).mean() > 0.05


class Calling(Script):
    """A script with a status in each turn, which calls the page to the front."""

    def __init__(self, calls):
        super().__init__([0.3], 1.0)
        self.calls = iter(calls)

    def drain(self):
        told = status(1)
        told.display_calls = next(self.calls, 1)
        return [told, frame([0.3], seq=next(self.seq), at_s=self.now_s)]


@pytest.mark.display
def test_the_page_comes_to_the_front_when_it_is_called(screen, monkeypatch):
    _, window = screen
    calls = []

    class Called(window.Window):
        def come_forward(self):
            calls.append(super().come_forward())

    monkeypatch.setattr(window, "Window", Called)
    script = Calling([3, 3, 4, 4, 5, 0, 0, 1])
    window.run_patient_window(script, stop=script.stop, clock=script.clock, size=SIZE)
    assert len(calls) == 3, "not for the calls before it was opened"


def test_what_keys_change_is_asked_to_be_kept():
    asked = []

    class Requests:
        def ask_newest(self, _slot, command, **args):
            asked.append((command, args))

        def pending(self, command):
            return bool(asked) and command == "set_look"

        def poll(self):
            pass

        def close(self):
            pass

    kept = KeptLook(Look(calm=True), None, lambda: 0.0)
    kept._requests = Requests()  # noqa: SLF001
    kept.press(["Enter"])
    assert not asked
    kept.press(["Left", "Up"])
    assert asked == [("set_look", {"look": {"side": "left", "text_size": 1.2}})]
    kept.follow(PatientLook(side="right"))
    assert kept.now == Look(calm=True, side=Side.LEFT, text_size=1.2), "the key is newer"
    asked.clear()
    kept.follow(PatientLook(side="left", text_size=1.2))
    kept.follow(PatientLook(side="left", text_size=1.2))
    assert kept.now == Look(calm=True, side=Side.LEFT, text_size=1.2)
    kept.follow(None)
    assert kept.now == Look(calm=True), "another patient"
    kept.close()


def test_a_display_that_starts_again_looks_as_it_was_kept():
    kept = KeptLook(Look(high_contrast=True), None, lambda: 0.0)
    kept.follow(PatientLook(side="right", text_size=1.4))
    assert kept.now == Look(high_contrast=True, side=Side.RIGHT, text_size=1.4)
    kept.close()

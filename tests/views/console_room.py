"""A console's window on a real screen with a scripted engine, and hands to use it."""

import os
import tempfile
import time
from functools import reduce
from operator import or_

import pytest

from emg_config import DeviceError
from emg_feedback.views.console.words import Step
from tests.views.console_engine import FakeEngine, protocol

PATIENCE_S = 60.0
SIZE = (1240, 800)


@pytest.fixture(scope="session")
def qt():
    """Import only where a display is promised, and make the one application."""
    from PySide6.QtCore import QtMsgType, qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from emg_feedback.views.console import theme
    from emg_feedback.views.console.app import check_screen

    try:
        check_screen()
    except DeviceError as error:
        if os.environ.get("REQUIRE_DISPLAY"):
            pytest.fail(str(error))
        pytest.skip(str(error))
    said = []

    def listen(kind, _context, text):
        if kind is not QtMsgType.QtDebugMsg:
            said.append(text)

    qInstallMessageHandler(listen)
    application = QApplication.instance() or QApplication([])
    theme.dress(application)
    application.said = said
    yield application
    qInstallMessageHandler(None)


class Room:
    """An engine, a window, and hands."""

    def __init__(self, qt, folder, with_traces):
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        self.qt, self.folder, self.test, self.names = qt, folder, QTest, Qt
        self.with_traces = with_traces
        self.engine = self.start_engine()
        self.window = self.open()

    @property
    def endpoints(self):
        return f"ipc://{self.folder}/p", f"ipc://{self.folder}/c"

    def start_engine(self):
        return FakeEngine(*self.endpoints)

    def open(self):
        from emg_feedback.views.console.window import ConsoleWindow

        window = ConsoleWindow(*self.endpoints)
        window.resize(*SIZE)
        traces = window.traces.widget
        policy = traces.sizePolicy()
        policy.setRetainSizeWhenHidden(True)  # the pages have no more room than they will have
        traces.setSizePolicy(policy)
        traces.setVisible(self.with_traces)
        window.show()
        return window

    def turn(self, engine=True):
        """Let what is asked be answered, and what is published be shown."""
        if engine:
            self.engine.turn()
            self.window._subscriber.wait(0.02)  # noqa: SLF001
        self.window.tick()
        self.qt.processEvents()

    def until(self, condition, turn=True):
        deadline_s = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline_s:
            self.turn(turn)
            if condition():
                return
        raise AssertionError("it never came about")

    def settle(self):
        """Let everything that was published be shown."""
        for _ in range(3):
            self.turn()

    def activate(self):
        """Have the keyboard; there may be no window manager to give it."""

        def active():
            self.window.activateWindow()
            return self.window.isActiveWindow()

        self.until(active)

    def know(self):
        model = self.window.model
        self.until(lambda: model.known and model.answers.patients and model.answers.protocols)
        self.settle()

    def measure(self, mvc_uv=400.0):
        """Have rest and the maximum of every muscle measured."""
        self.engine.rest_uv = [4.0] * len(self.engine.names)
        self.engine.mvc_uv = [mvc_uv] * len(self.engine.names)
        self.engine.set()
        self.until(lambda: self.window.model.calibration.mvc_uv == self.engine.mvc_uv)

    def go(self, step):
        self.window.go(step)
        self.settle()
        self.engine.asked.clear()
        return self.window.pages[step]

    def asked(self, *names):
        self.until(lambda: self.engine.commands(*names))
        return self.engine.commands(*names)

    def click(self, widget):
        assert widget.isVisible()
        assert widget.isEnabled()
        self.test.mouseClick(widget, self.names.MouseButton.LeftButton)

    def key(self, name, widget=None, modifier="NoModifier"):
        key = getattr(self.names.Key, f"Key_{name}")
        modifiers = (self.names.KeyboardModifier[one] for one in modifier.split("|"))
        modifier = reduce(or_, modifiers)
        self.test.keyClick(widget or self.window.focusWidget() or self.window, key, modifier)

    def type(self, widget, text):
        """Type as people do: the window is drawn between two keys."""
        for letter in text:
            self.test.keyClicks(widget, letter)
            self.turn()

    def drag(self, bar, start_y, stop_y, steps=6):
        from PySide6.QtCore import QPoint

        left, x = self.names.MouseButton.LeftButton, bar.width() // 2
        self.test.mouseMove(bar, QPoint(x, round(start_y)))
        self.test.mousePress(bar, left, pos=QPoint(x, round(start_y)))
        for step in range(1, steps + 1):
            y = start_y + (stop_y - start_y) * step / steps
            self.test.mouseMove(bar, QPoint(x, round(y)))
            self.turn()
        self.test.mouseRelease(bar, left, pos=QPoint(x, round(stop_y)))


def choose(room, choice, text):
    """Choose from a list with the keyboard."""
    choice.setFocus()
    for _ in range(choice.count()):
        room.key("Up", choice)
    for _ in range(choice.findText(text)):
        room.key("Down", choice)
    assert choice.currentText() == text


def library(room):
    """Give the engine three exercises, one of them for its muscles, and go there."""
    room.engine.protocols = [
        protocol("hip", "Clam", "hip", helps=["hip and knee"], muscles=[]),
        protocol("knee", "Quad set", "knee"),
        protocol("step", "Step up with the knee", "leg", muscles=[]),
    ]
    room.window.model.forget_answers()
    room.know()
    return room.go(Step.EXERCISE)


@pytest.fixture
def with_traces():
    """Whether the traces are drawn, which is slow without a graphics card."""
    return False


@pytest.fixture
def room(qt, with_traces):
    with tempfile.TemporaryDirectory(prefix="emg") as folder:
        made = Room(qt, folder, with_traces)
        try:
            made.know()
            made.activate()
            qt.said.clear()
            yield made
            assert qt.said == [], qt.said
        finally:
            made.window.leave()
            made.engine.close()


@pytest.fixture
def training(room):
    room.engine.run_exercise()
    room.go(Step.EXERCISE)
    training = room.window.exercise.training
    room.until(lambda: len(training.bars) == 2 and training.bars[0].bar.value is not None)
    room.until(lambda: not room.window.model.lacks_figures)
    room.settle()
    return training


def type_into(room, number, text):
    number.setFocus()
    number.selectAll()
    room.type(number, text)
    room.key("Return", number)

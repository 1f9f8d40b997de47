"""The console's window: receives, asks, shows; its keys work wherever the cursor is."""

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from PySide6.QtCore import QEvent, QKeyCombination, QObject, QSocketNotifier, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.link.messages import Phase
from emg_feedback.link.requests import Requests, Then, Why
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views.console import patient_screen, theme
from emg_feedback.views.console.banner import Banner
from emg_feedback.views.console.canvas import TraceCanvas
from emg_feedback.views.console.electrodes_page import ElectrodesPage
from emg_feedback.views.console.exercise_page import ExercisePage
from emg_feedback.views.console.frame import Foot, Rail
from emg_feedback.views.console.inputs import Number, takes_text
from emg_feedback.views.console.maximum_page import MaximumPage
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.page import LAST_KEY, TURN_KEY, Page
from emg_feedback.views.console.patient_page import PatientPage
from emg_feedback.views.console.progress import present_step
from emg_feedback.views.console.rest_page import RestPage
from emg_feedback.views.console.shown import Link
from emg_feedback.views.console.summary_page import SummaryPage
from emg_feedback.views.console.traces import draw_traces
from emg_feedback.views.console.training import NUDGE
from emg_feedback.views.console.words import DONE, PAIN_NOTED, TITLE, Step, sentence
from emg_feedback.views.painter import Painter

PICTURE_MS = 34
ASK_AGAIN_S = 1.0
TRACES_SHARE = 0.27
LEAST_SIZE = (1240, 700)
FIRST_QUESTIONS = ("state", "patients", "protocols", "placements")


class ConsoleWindow(QMainWindow):
    """The whole console.

    Parameters
    ----------
    publish, control : str
        Endpoints of the engine.
    clock : callable
        Seconds that only go forward.
    stop : callable
        Tells when to close.
    """

    def __init__(
        self,
        publish: str,
        control: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        stop: Callable[[], bool] = lambda: False,
        protocol: str | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(f"{TITLE} – therapist")
        self.model = ConsoleModel()
        self._clock, self._stop = clock, stop
        self._subscriber = Subscriber(publish)
        self._requests = Requests(control, self._done, self._failed, clock)
        self._asked_s: dict[str, float] = {}
        self._placed = False
        self._patient: str | None = None
        self.step = Step.PATIENT
        self.exercise = ExercisePage(self, protocol)
        self.pages: dict[Step, Page] = {
            Step.PATIENT: PatientPage(self),
            Step.ELECTRODES: ElectrodesPage(self),
            Step.REST: RestPage(self),
            Step.MAXIMUM: MaximumPage(self),
            Step.EXERCISE: self.exercise,
            Step.SUMMARY: SummaryPage(self),
        }
        self._stack = QStackedWidget()
        for page in self.pages.values():
            self._stack.addWidget(page)
        self.rail = Rail(self.go, self.open_display)
        self.banner = Banner(self._stop_and_close, partial(self.ask, "pain_seen"))
        self._leaving = False
        self.foot = Foot(self.stop_now, self.resume, self.pain)
        self.results = self.exercise.training.results
        self._ground = QWidget()
        self._ground.setObjectName("ground")
        self.traces = TraceCanvas(self._ground, self._paint, self._drawn)
        self._lay_out()
        self.setStyleSheet(theme.SHEET)
        self._acts = self._keys()
        self._notifier = QSocketNotifier(self._requests.descriptor, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._requests.poll)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self.tick)
        self._timer.start(PICTURE_MS)
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    # What pages ask for.

    def ask(
        self, command: str, *, then: Then | None = None, refused: Why | None = None, **args: Any
    ) -> None:
        """Send a request."""
        self._requests.ask(command, then=then, refused=refused, **args)

    def ask_newest(self, slot: str, command: str, **args: Any) -> None:
        """Send a request of which only the newest matters."""
        self._requests.ask_newest(slot, command, **args)

    def pending(self, command: str) -> bool:
        """Return whether such a request is on its way."""
        return self._requests.pending(command)

    def go(self, step: Step) -> None:
        """Show a page."""
        self.step, self._placed = step, True
        self._stack.setCurrentWidget(self.pages[step])
        self.pages[step].setFocus()
        self.pages[step].enter()
        self._refresh(self._clock())

    # What can be done at any moment.

    def pain(self) -> None:
        """Pause, because it hurts."""
        self.ask("pause", reason="pain")

    def resume(self) -> None:
        """Go on after a pause."""
        self.ask("resume")

    def stop_now(self) -> None:
        """End what runs."""
        self.ask("stop")

    def open_display(self) -> None:
        """Have the patient's screen opened, or brought to the front."""
        self.ask("open_display")

    # The loop.

    def tick(self) -> None:
        """Take what has come, show it, and ask what is not known yet."""
        if self._stop():
            self.leave()
            return
        now_s = self._clock()
        for message in self._subscriber.drain():
            self.model.receive(message, now_s)
        self.model.judge()
        self._requests.poll()
        self.model.trouble = self._subscriber.trouble or self._requests.trouble
        if self.model.session.patient != self._patient:
            self._patient = self.model.session.patient
            for page in self.pages.values():
                page.begin()
        self._catch_up(now_s)
        if not self._placed and self.model.frame is not None and self.model.known:
            self.go(present_step(self.model))
        self._refresh(now_s)
        self.traces.update()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Take the keys that must work wherever the cursor is."""
        if (
            event.type() == QEvent.Type.KeyPress
            and isinstance(event, QKeyEvent)
            and isinstance(watched, QWidget)
            and watched.window() is self
        ):
            return self._on_key(watched, event)
        return False

    def leave(self) -> None:
        """Close without a question; what runs goes on."""
        self._leaving = True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Ask first while something runs; then let go of sockets and OpenGL."""
        reached = self.model.link(self._clock()) in (Link.LIVE, Link.SILENT)
        if self.model.busy and reached and not self._leaving:
            event.ignore()
            self.banner.ask()
            self.banner.refresh(self.model)
            self.setFocus()
            return
        self._timer.stop()
        self._notifier.setEnabled(False)
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.traces.close()
        self._requests.close()
        self._subscriber.close()
        super().closeEvent(event)

    def _stop_and_close(self) -> None:
        self.ask("stop", then=lambda _result: QTimer.singleShot(0, self.leave))

    def _catch_up(self, now_s: float) -> None:
        if self.model.link(now_s) in (Link.WAITING, Link.LOST):
            self.model.forget_answers()
            return
        missing = not self.model.known or self.model.answers.patients is None
        if not missing and self.model.answers.protocols is not None:
            missing = self._history_missing()
        if self.model.lacks_figures and self._may_ask("figures", now_s):
            self._requests.ask("repetitions", quiet=True)
        if not missing or not self._may_ask("state", now_s):
            return
        for command in FIRST_QUESTIONS:
            self._requests.ask(command, quiet=True)
        patient = self.model.session.patient
        if patient is not None:
            self._requests.ask("history", quiet=True, patient=patient)

    def _may_ask(self, what: str, now_s: float) -> bool:
        """Return whether something that is missing was not asked for just now; note that it is."""
        if now_s - self._asked_s.get(what, -math.inf) < ASK_AGAIN_S:
            return False
        self._asked_s[what] = now_s
        return True

    def _history_missing(self) -> bool:
        patient = self.model.session.patient
        return patient is not None and not self.model.answers.history_of(patient)

    def _refresh(self, now_s: float) -> None:
        self.pages[self.step].refresh(now_s)
        self.results.setVisible(self.step is Step.EXERCISE and self.exercise.looking)
        self.rail.refresh(self.model, self.step, now_s)
        self.foot.refresh(self.model, now_s, typing=takes_text(QApplication.focusWidget()))
        self.banner.refresh(self.model)

    def _paint(self, painter: Painter, size: tuple[int, int], scale: float) -> None:
        draw_traces(painter, self.model, size, self._clock(), scale)

    def _drawn(self) -> None:
        self.model.drawn(self._clock())

    def _done(self, command: str, result: Any) -> None:
        self.model.answer(command, result)
        if command in DONE:
            self.model.tell(DONE[command], False, self._clock())
        if command == "pause" and result["phase"] != Phase.PAUSE:
            self.model.tell(PAIN_NOTED, False, self._clock())
        if command == "open_display":
            display = self.rail.display
            self.model.tell(patient_screen.called(result, display.here), False, self._clock())
            if result.get("shown") and not patient_screen.one_screen():
                display.take_keyboard_back(patient_screen.COMING_FORWARD)
        if command == "end_session":
            self._requests.ask("patients", quiet=True)
            patient = (result.get("summary") or {}).get("patient")
            if patient is not None:
                self._requests.ask("history", quiet=True, patient=patient)

    def _failed(self, _command: str, why: str) -> None:
        self.model.tell(sentence(why), True, self._clock())

    # Layout and keys; no QShortcut, so that a key means one thing wherever the cursor is.

    def _lay_out(self) -> None:
        middle = QHBoxLayout()
        middle.setContentsMargins(0, 0, 0, 0)
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self._stack, round(100 * (1 - TRACES_SHARE)))
        side = QVBoxLayout()
        side.setContentsMargins(0, 16, 16, 8)
        side.setSpacing(12)
        side.addWidget(self.traces.widget, 3)
        side.addWidget(self.results, 2)
        self.traces.widget.setMinimumWidth(240)
        middle.addLayout(side, round(100 * TRACES_SHARE))
        whole = QVBoxLayout(self._ground)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self.banner)
        whole.addLayout(middle, 1)
        whole.addWidget(self.foot)
        self.setCentralWidget(self._ground)
        self.setMinimumSize(*LEAST_SIZE)

    def _keys(self) -> dict[str, Callable[[], Any]]:
        training = self.exercise.training
        keys: dict[str, Callable[[], Any]] = {
            "F7": lambda: self.pages[self.step].act(),
            "F8": self.pain,
            "F9": self.resume,
            patient_screen.KEY: self.open_display,
            "Ctrl+Return": lambda: self.pages[self.step].go_on(),
            "Ctrl+Enter": lambda: self.pages[self.step].go_on(),
            "Ctrl+F": lambda: self.pages[self.step].seek(),
            LAST_KEY: lambda: self.pages[self.step].take_last(),
            TURN_KEY: lambda: self.pages[self.step].turn_over(),
            "Ctrl+P": training.pause_now,
            "Ctrl+Right": training.skip_now,
            "Ctrl+Left": training.take_back_now,
            "Ctrl+Shift+Right": training.skip_part_now,
            "Ctrl+E": training.extend_rest,
            "Ctrl+M": training.mark_now,
            "Ctrl+N": self._write_note,
            "Ctrl+Up": lambda: training.nudge(NUDGE),
            "Ctrl+Down": lambda: training.nudge(-NUDGE),
            "Ctrl+T": lambda: training.set_auto(not training.auto_on),
        }
        return keys | {f"F{int(step)}": partial(self.go, step) for step in Step}

    def _on_key(self, watched: QWidget, event: QKeyEvent) -> bool:
        typing = takes_text(watched)
        if isinstance(watched, Number) and event.key() == Qt.Key.Key_F7:
            watched.interpretText()  # what was typed counts, though the cursor is still there
        key, keys = event.key(), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        pressed = QKeySequence(QKeyCombination(keys, Qt.Key(key))).toString()
        act = self._acts.get(pressed)
        if key == Qt.Key.Key_Space and not typing:
            act = self.pain
        elif key == Qt.Key.Key_Escape:
            act = self.setFocus if typing else self.stop_now
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and isinstance(watched, QAbstractButton):
            act = act or watched.click
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and typing:  # from word to word
            act = None
        if act is not None and not event.isAutoRepeat():
            act()
        return act is not None

    def _write_note(self) -> None:
        self.go(Step.EXERCISE)
        self.results.note.setFocus()

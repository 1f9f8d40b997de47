"""Whether the patient's display is shown, and where; pressed, it opens or comes to the front."""

import socket
from collections.abc import Callable, Sequence
from html import escape
from typing import Any

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton

from emg_feedback.link.messages import DisplayAt
from emg_feedback.views.console import theme

KEY = "F10"
NAME = "Patient's screen"
SHOWN, CLOSED, NOWHERE = "Open", "Closed", "Not open"
OPEN, SHOW = "Open", "Show"
HEIGHT_PX, KEY_PX = 64, 74
# A page that opens takes the keyboard, and once more as it fills its screen; one that comes forward
# once. A slow computer takes its time. Who leaves us oftener, or later, means it.
OPENING, COMING_FORWARD = 2, 1
WATCHED_MS, WATCHES = 400, 25


def told(displays: Sequence[DisplayAt], here: str) -> tuple[str, str]:
    """Return the state in words, and what can be done about it from here; empty for nothing.

    ``here`` is the name of this computer.
    """
    shown = sorted({one.host for one in displays if one.shown})
    if shown:
        return SHOWN if here in shown else f"{SHOWN} on {', '.join(shown)}", SHOW
    able = [one.host for one in displays if one.opens]
    if not able:
        return NOWHERE, ""
    return CLOSED if here in able else f"{CLOSED} on {able[0]}", OPEN


def called(answer: dict[str, Any], here: str) -> str:
    """Return what the engine's answer to a call for the patient's screen means."""
    shown = list(answer.get("shown") or [])
    where = "" if here in shown else f" on {', '.join(shown)}"
    if not shown:
        return "The patient's screen opens"
    if answer.get("opens"):
        return f"The patient's screen is open{where or ' here'}; it opens on another computer, too"
    return f"The patient's screen comes to the front{where}"


def one_screen() -> bool:
    """Return whether the page and we share a screen, where who has the keyboard is in front."""
    return len(QGuiApplication.screens()) == 1


class PatientScreen(QPushButton):
    """A screen that is lit while the patient's display is shown, with its state and key."""

    def __init__(self, open_display: Callable[[], None]) -> None:
        super().__init__()
        self.here = socket.gethostname()
        self._shown = self._known = False
        self.state, self.act = "", ""
        self._times = self._watches = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._take_back)
        self.setProperty("kind", "step")
        self.setFixedHeight(HEIGHT_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _checked=False: open_display())

    def show_displays(self, displays: Sequence[DisplayAt]) -> None:
        """Show where it is, or that it is not."""
        state, act = told(displays, self.here)
        again = self._known or self.state == CLOSED
        if state == SHOWN != self.state and not (again and one_screen()):
            self.take_keyboard_back(OPENING)
        self._known |= state == SHOWN
        if (state, act) != (self.state, self.act):
            self.state, self.act = state, act
            self._shown = any(one.shown for one in displays)
            self.setAccessibleName(f"{NAME}: {state}")
            self.setToolTip(f"<qt>{escape(self.accessibleName())}</qt>")
            self.update()

    def take_keyboard_back(self, times: int) -> None:
        """Have the keyboard again when the page that comes on this computer has taken it."""
        self._times, self._watches = times, WATCHES
        self._timer.start(WATCHED_MS)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        super().paintEvent(event)
        box = QRectF(self.rect())
        ink = theme.colour(theme.WATCH if self.act == OPEN else theme.QUIET)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(ink, 2))
            painter.setBrush(theme.colour(theme.GOOD) if self._shown else Qt.BrushStyle.NoBrush)
            screen = QRectF(22, box.center().y() - 14, 34, 22)
            painter.drawRoundedRect(screen, 3, 3)
            painter.drawRect(QRectF(screen.center().x() - 7, screen.bottom() + 4, 14, 1))
            painter.setPen(theme.colour(theme.TEXT))
            painter.setFont(theme.font(17))
            at = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(70, 8, -8, -30), at, NAME)
            painter.setFont(theme.font(15))
            room = box.adjusted(70, 34, -14, -7)
            if self.act == OPEN or self.state == SHOWN:  # a computer's name needs the room
                key = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(room, key, f"{self.act}  {KEY}")
                room.setRight(room.right() - KEY_PX)
            painter.setPen(ink)
            fitting = painter.fontMetrics().elidedText(
                self.state, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, at, fitting)

    def _take_back(self) -> None:
        window = self.window()
        self._watches -= 1
        if not window.isActiveWindow():
            self._times -= 1
            window.activateWindow()
        if 0 in (self._times, self._watches):
            self._timer.stop()

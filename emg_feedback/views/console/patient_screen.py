"""Whether the patient's display is shown, and where; pressed, it has one opened."""

import socket
from collections.abc import Callable, Sequence
from html import escape

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QPushButton

from emg_feedback.link.messages import DisplayAt
from emg_feedback.views.console import theme

KEY = "F10"
NAME = "Patient's screen"
SHOWN, CLOSED, NOWHERE = "Open", "Closed", "Not open"
HEIGHT_PX, KEY_PX = 64, 74


def told(displays: Sequence[DisplayAt], here: str) -> tuple[str, bool]:
    """Return the state in words, and whether it can be opened from here.

    ``here`` is the name of this computer.
    """
    shown = [one.host for one in displays if one.shown]
    if shown:
        return SHOWN if here in shown else f"{SHOWN} on {', '.join(sorted(shown))}", False
    able = [one.host for one in displays if one.opens]
    if not able:
        return NOWHERE, False
    return CLOSED if here in able else f"{CLOSED} on {able[0]}", True


class PatientScreen(QPushButton):
    """A screen that is lit while the patient's display is shown, with its state and key."""

    def __init__(self, open_display: Callable[[], None]) -> None:
        super().__init__()
        self._here = socket.gethostname()
        self._shown = False
        self.state, self.can_open = "", False
        self.setProperty("kind", "step")
        self.setFixedHeight(HEIGHT_PX)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.clicked.connect(lambda _checked=False: open_display())

    def show_displays(self, displays: Sequence[DisplayAt]) -> None:
        """Show where it is, or that it is not."""
        state, can_open = told(displays, self._here)
        if state == SHOWN != self.state:
            # As it opens it takes the keyboard, and once more as it fills its screen.
            for later_ms in (0, 1500):
                QTimer.singleShot(later_ms, self.window().activateWindow)
        if (state, can_open) != (self.state, self.can_open):
            self.state, self.can_open = state, can_open
            self._shown = any(one.shown for one in displays)
            self.setAccessibleName(f"{NAME}: {state}")
            self.setToolTip(f"<qt>{escape(self.accessibleName())}</qt>")
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        super().paintEvent(event)
        box = QRectF(self.rect())
        ink = theme.colour(theme.WATCH if self.can_open else theme.QUIET)
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
            if self.can_open:
                key = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(room, key, f"Open  {KEY}")
                room.setRight(room.right() - KEY_PX)
            painter.setPen(ink)
            fitting = painter.fontMetrics().elidedText(
                self.state, Qt.TextElideMode.ElideRight, int(room.width())
            )
            painter.drawText(room, at, fitting)

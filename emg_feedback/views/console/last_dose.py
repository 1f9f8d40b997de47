"""That an exercise has the dose of the last time, and the way back to the usual one."""

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from emg_feedback.views.console.past import day
from emg_feedback.views.console.widgets import button, label, put

USUAL, TODAY = "Usual dose", "As earlier today"


def when(last: dict[str, Any], now_unix_s: float) -> str:
    """Return when a dose was the last that was trained with."""
    on = "" if last.get("running") else day(last.get("started"), now_unix_s)
    return f"As last time, {on}" if on else TODAY


class LastDose(QWidget):
    """One line, where the last dose is not the usual one.

    Parameters
    ----------
    give : callable
        Gives the exercise a dose; returns whether that is another than the usual one.
    """

    def __init__(self, give: Callable[[dict[str, Any]], bool]) -> None:
        super().__init__()
        self._give = give
        self._dose: dict[str, Any] = {}
        self._when, self._usual = "", False
        self.said = label("", "quiet")
        self.turn = button("", self._turn, kind="small")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said, 1)
        layout.addWidget(self.turn)
        self.hide()

    def begin(self, last: dict[str, Any]) -> None:
        """Give the exercise the dose of the last time; the usual one if there is none."""
        self._dose, self._when = last.get("dose", {}), when(last, time.time())
        self._usual = False
        self.setVisible(self._give(self._dose))
        self._tell()

    def _turn(self) -> None:
        self._usual = not self._usual
        self._give({} if self._usual else self._dose)
        self._tell()

    def _tell(self) -> None:
        said, other = (USUAL, self._when) if self._usual else (self._when, USUAL)
        put(self.said, said)
        put(self.turn, other)

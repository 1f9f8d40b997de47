"""That an exercise has the dose of the last time, and the way back to the usual one."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QWidget

from emg_feedback.views.console.past import LastDose
from emg_feedback.views.console.widgets import button, label, put

USUAL = "Usual dose"


class LastDoseLine(QWidget):
    """One line, where the last dose is not the usual one.

    Parameters
    ----------
    give : callable
        Gives the exercise a dose; returns whether that is another than the usual one.
    """

    def __init__(self, give: Callable[[dict[str, Any]], bool]) -> None:
        super().__init__()
        self._give = give
        self._last = LastDose({}, "")
        self._usual = False
        self.said = label("", "quiet")
        self.turn = button("", self._turn, kind="small")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.said, 1)
        layout.addWidget(self.turn)
        self.hide()

    def begin(self, last: LastDose) -> None:
        """Give the exercise the dose of the last time; the usual one if there is none."""
        self._last, self._usual = last, False
        self.setVisible(self._give(last.dose))
        self._tell()

    def _turn(self) -> None:
        self._usual = not self._usual
        self._give({} if self._usual else self._last.dose)
        self._tell()

    def _tell(self) -> None:
        said, other = (USUAL, self._last.when) if self._usual else (self._last.when, USUAL)
        put(self.said, said)
        put(self.turn, other)

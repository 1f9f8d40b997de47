"""Steering the path of a ``follow`` exercise: by hand on its picture, or typed below it."""

from typing import Any

from PySide6.QtWidgets import QVBoxLayout, QWidget

from emg_feedback.link.messages import SetPath
from emg_feedback.views.console.course import Course
from emg_feedback.views.console.inputs import Number
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.path_bar import PathBar
from emg_feedback.views.console.sent import Sent
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.widgets import captioned, row

FIELDS = {
    "low": ("Foot", " %", 100.0),
    "high": ("Top", " %", 100.0),
    "tolerance": ("Give or take", " %", 100.0),
    "ramp_s": ("Each ramp", " s", 1.0),
}
NUMBER_PX = 84


class PathSteer(QWidget):
    """The path and its figures; what is set is shown until the engine has taken it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._sent = Sent[Course]()
        self.bar = PathBar()
        self.bar.path_moved.connect(self._move)
        self.numbers = {
            field: Number(_limits(field, factor), 0.0, suffix=unit, decimals=1)
            for field, (_, unit, factor) in FIELDS.items()
        }
        self.captioned = {
            field: captioned(FIELDS[field][0], number) for field, number in self.numbers.items()
        }
        for field, number in self.numbers.items():
            number.setMinimumWidth(NUMBER_PX)
            number.editingFinished.connect(lambda field=field: self._type(field))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.bar, 1)
        layout.addLayout(row(*self.captioned.values(), None, spacing=10))

    def show_path(self, views: list[ChannelView], now_s: float, *, movable: bool) -> None:
        """Show the path of the exercise that runs, and the muscles that follow it."""
        model = self._desk.model
        told = model.course
        if told is None:
            return
        course = self._sent.shown(told, now_s, pending=self._desk.pending("set_path"))
        corners = course.along([*model.session.path], told)
        self.bar.show_path(course, corners, views, model.held_s, movable=movable)
        for field, number in self.numbers.items():
            self.captioned[field].setVisible(field != "ramp_s" or course.ramps)
            number.setEnabled(movable)
            if not number.hasFocus():
                number.blockSignals(True)
                number.setValue(FIELDS[field][2] * getattr(course, field))
                number.blockSignals(False)

    def _move(self, course: Course) -> None:
        self._sent.hold(course)
        ramp = {"ramp_s": course.ramp_s} if course.ramps else {}
        self._desk.ask_newest("path", "set_path", low=course.low, high=course.high, **ramp)

    def _type(self, field: str) -> None:
        course, factor = self.bar.value, FIELDS[field][2]
        typed = self.numbers[field].value() / factor
        if course is not None and abs(typed - getattr(course, field)) > 5e-4:
            asked: dict[str, Any] = {field: typed}
            self._desk.ask("set_path", **asked)


def _limits(field: str, factor: float) -> tuple[float, float]:
    least, most = limits(SetPath, field)
    return factor * least, factor * most

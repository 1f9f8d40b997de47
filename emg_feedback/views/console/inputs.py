"""What is typed or chosen: numbers with a unit, and lists."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.views.console import theme
from emg_feedback.views.console.shapes import around
from emg_feedback.views.console.widgets import button, label, put, row


def takes_text(widget: QWidget | None) -> bool:
    """Return whether a space that is typed there is a space."""
    return isinstance(widget, QLineEdit) and not isinstance(widget.parentWidget(), Number)


class Number(QDoubleSpinBox):
    """A number with a unit and limits; a wheel that passes by does not change it."""

    def __init__(
        self,
        limits: tuple[float, float],
        value: float,
        *,
        suffix: str = "",
        decimals: int = 0,
        step: float = 1.0,
    ) -> None:
        super().__init__()
        self.setDecimals(decimals)
        self.setRange(*limits)
        self.setSingleStep(step)
        self.setSuffix(suffix)
        self.setValue(value)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setKeyboardTracking(False)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def textFromValue(self, value: float) -> str:  # noqa: N802 - Qt's name
        """Return the value without zeros that say nothing."""
        return f"{value:g}"

    @property
    def typed(self) -> float:
        """Return the number as it stands there, taken or not."""
        return self.valueFromText(self.text())

    def setSuffix(self, suffix: str) -> None:  # noqa: N802 - Qt's name
        """Change the unit; Qt would drop what is being typed also where it stays as it is."""
        if suffix != self.suffix():
            super().setSuffix(suffix)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Let the page scroll instead."""
        event.ignore()


class Choice(QComboBox):
    """One of several; a wheel that passes by does not change it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it, with an arrow; of words without room the end is read, which tells the side."""
        box, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        told = QStyleOptionComboBox()
        self.initStyleOption(told)
        room_px = self.style().subControlRect(box, told, part, self).width()
        words = self.fontMetrics()
        fitting = words.elidedText(self.currentText(), Qt.TextElideMode.ElideMiddle, room_px)
        told.currentText = fitting
        with QPainter(self) as painter:
            self.style().drawComplexControl(box, told, painter, self)
            label_of = QStyle.ControlElement.CE_ComboBoxLabel
            self.style().drawControl(label_of, told, painter, self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(theme.QUIET), 2.5))
            middle = QPointF(self.width() - 22, self.height() / 2)
            painter.drawPolyline(around(middle, 6, ((-1.0, -0.5), (0.0, 0.5), (1.0, -0.5))))

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Let the page scroll instead."""
        event.ignore()


class Stepper(QWidget):
    """A number between two large buttons, its limits told above."""

    def __init__(self, caption: str, number: Number) -> None:
        super().__init__()
        self.number = number
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        self.caption = label("", "small")
        self.name(caption)
        layout.addWidget(self.caption)
        less, more = (button(sign, act, kind="small") for sign, act in self._signs())
        for one in (less, more):
            one.setFixedWidth(theme.TARGET_PX)
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            one.setAutoRepeat(True)
        number.setMinimumWidth(60)
        layout.addLayout(row(less, number, more, spacing=4))

    def name(self, caption: str) -> None:
        """Say what the number is."""
        least, most = (f"{value:g}" for value in (self.number.minimum(), self.number.maximum()))
        put(self.caption, f"{caption} ({least}–{most})")

    def _signs(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return ("−", self.number.stepDown), ("+", self.number.stepUp)

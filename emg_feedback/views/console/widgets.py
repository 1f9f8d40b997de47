"""Small parts that several pages use."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.views.console import theme


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label dressed as ``kind``."""
    made = QLabel(text)
    made.setProperty("kind", kind)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


class Button(QPushButton):
    """A button with room for all of its words and a gloved finger, however narrow the window."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return the room that it wants, and does not go below."""
        return super().sizeHint().expandedTo(QSize(theme.TARGET_PX, 0))


def button(
    text: str, clicked: Callable[[], None], *, key: str = "", kind: str = "", tip: str = ""
) -> Button:
    """Return a button that names its key."""
    made = Button(f"{text}   {key}" if key else text)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    if tip:
        made.setToolTip(tip)
    made.clicked.connect(lambda _checked=False: clicked())
    return made


def dress(widget: QWidget, name: str, value: str) -> None:
    """Change what the style sheet goes by, if it is other than before."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


def put(shown: QLabel | QPushButton, text: str) -> None:
    """Change a text, if it is other than before."""
    if shown.text() != text:
        shown.setText(text)


class Line(QLabel):
    """One line of words that ends in dots where there is no room for all of it."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.setProperty("kind", kind)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return that it may be as narrow as it must."""
        return QSize(0, super().minimumSizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw what there is room for."""
        with QPainter(self) as painter:
            wide, metrics = self.contentsRect().width(), self.fontMetrics()
            fitting = metrics.elidedText(self.text(), Qt.TextElideMode.ElideRight, wide)
            painter.drawText(self.contentsRect(), self.alignment(), fitting)


def card() -> tuple[QFrame, QVBoxLayout]:
    """Return a panel and its layout."""
    frame = QFrame()
    frame.setObjectName("card")
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(20, 16, 20, 16)
    layout.setSpacing(12)
    return frame, layout


def row(*widgets: QWidget | None, spacing: int = 12) -> QHBoxLayout:
    """Return widgets side by side; None is room that gives way."""
    layout = QHBoxLayout()
    layout.setSpacing(spacing)
    for widget in widgets:
        if widget is None:
            layout.addStretch(1)
        else:
            layout.addWidget(widget)
    return layout


def captioned(caption: str, widget: QWidget) -> QWidget:
    """Return a widget below its name."""
    made = QWidget()
    layout = QVBoxLayout(made)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(label(caption, "small"))
    layout.addWidget(widget)
    return made

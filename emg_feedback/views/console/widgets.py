"""Small parts that several pages use."""

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QFont, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QSizePolicy,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.views.console import theme
from emg_feedback.views.console.words import Light


def label(text: str = "", kind: str = "", *, wrap: bool = False) -> QLabel:
    """Return a label dressed as ``kind``."""
    made = QLabel(text)
    made.setProperty("kind", kind)
    made.setWordWrap(wrap)
    made.setTextFormat(Qt.TextFormat.PlainText)
    return made


def button(
    text: str, clicked: Callable[[], None], *, key: str = "", kind: str = "", tip: str = ""
) -> QPushButton:
    """Return a button that names its key."""
    made = QPushButton(f"{text}   {key}" if key else text)
    made.setProperty("kind", kind)
    made.setCursor(Qt.CursorShape.PointingHandCursor)
    made.setMinimumWidth(theme.TARGET_PX)
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

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Let the page scroll instead."""
        event.ignore()


class Choice(QComboBox):
    """One of several; a wheel that passes by does not change it."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it, with an arrow."""
        super().paintEvent(event)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(theme.colour(theme.QUIET), 2.5))
            middle = QPointF(self.width() - 22, self.height() / 2)
            painter.drawPolyline(_around(middle, 6, ((-1.0, -0.5), (0.0, 0.5), (1.0, -0.5))))

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
        number.setMinimumWidth(68)
        layout.addLayout(row(less, number, more, spacing=4))

    def name(self, caption: str) -> None:
        """Say what the number is."""
        least, most = (f"{value:g}" for value in (self.number.minimum(), self.number.maximum()))
        put(self.caption, f"{caption} ({least}–{most})")

    def _signs(self) -> tuple[tuple[str, Callable[[], None]], ...]:
        return ("−", self.number.stepDown), ("+", self.number.stepUp)


class LightShape(QWidget):
    """A quality light: a tick in a disc, a triangle, a cross in a square, or an empty ring."""

    def __init__(self, size_px: int = 28) -> None:
        super().__init__()
        self._light = Light.NONE
        self.setFixedSize(size_px, size_px)

    def show_light(self, light: Light) -> None:
        """Change what is shown."""
        if light is not self._light:
            self._light = light
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        with QPainter(self) as painter:
            draw_light(painter, self._light, QRectF(self.rect()))


def draw_light(painter: QPainter, light: Light, box: QRectF) -> None:
    """Draw a quality light into ``box``."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    middle, half = box.center(), min(box.width(), box.height()) / 2 - 1
    ink = theme.colour(theme.LIGHTS[light])
    dark = QPen(theme.colour(theme.FIELD), half * 0.28)
    dark.setCapStyle(Qt.PenCapStyle.RoundCap)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QBrush(ink))
    if light is Light.GOOD:
        painter.drawEllipse(middle, half, half)
        painter.setPen(dark)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(_around(middle, half, ((-0.45, 0.02), (-0.1, 0.36), (0.45, -0.34))))
    elif light is Light.WATCH:
        painter.drawPolygon(_around(middle, half, ((0.0, -0.95), (1.0, 0.85), (-1.0, 0.85))))
        painter.setPen(dark)
        painter.drawPolyline(_around(middle, half, ((0.0, -0.25), (0.0, 0.2))))
        painter.drawPoint(_around(middle, half, ((0.0, 0.58),)).at(0))
    elif light is Light.BAD:
        painter.drawRoundedRect(
            QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half), half / 3, half / 3
        )
        painter.setPen(dark)
        for stroke in (((-0.42, -0.42), (0.42, 0.42)), ((-0.42, 0.42), (0.42, -0.42))):
            painter.drawPolyline(_around(middle, half, stroke))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, half * 0.25))
        painter.drawEllipse(middle, 0.8 * half, 0.8 * half)


def _around(middle: QPointF, half: float, points: tuple[tuple[float, float], ...]) -> QPolygonF:
    return QPolygonF([QPointF(middle.x() + half * x, middle.y() + half * y) for x, y in points])


class Ring(QWidget):
    """The time that is left, as a ring that runs empty and a number."""

    def __init__(self, size_px: int) -> None:
        super().__init__()
        self._left: tuple[float, float] | None = None
        self.setFixedSize(size_px, size_px)

    def show_left(self, left: tuple[float, float] | None) -> None:
        """Show seconds left and the part of the phase left; None for no time running."""
        if left != self._left:
            self._left = left
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        size = self.width()
        thick = size * 0.09
        box = QRectF(self.rect()).adjusted(thick, thick, -thick, -thick)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            pen = QPen(theme.colour(theme.TRACK), thick)
            painter.setPen(pen)
            painter.drawEllipse(box)
            if self._left is None:
                return
            seconds, part = self._left
            pen.setColor(theme.colour(theme.ACCENT))
            painter.setPen(pen)
            painter.drawArc(box, 90 * 16, round(360 * 16 * part))
            painter.setPen(theme.colour(theme.TEXT))
            painter.setFont(theme.font(size * 0.3))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, f"{-(-seconds // 1):.0f}")


class Level(QWidget):
    """A level as a horizontal bar, with a mark for its peak."""

    def __init__(self) -> None:
        super().__init__()
        self._level = self._peak = 0.0
        self._stale = True
        self.setMinimumSize(QSize(90, 26))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_level(self, level: float, peak: float = 0.0, *, stale: bool = False) -> None:
        """Show parts of the whole bar."""
        self._level, self._peak, self._stale = min(1.0, max(0.0, level)), min(1.0, peak), stale
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        box = QRectF(self.rect())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(theme.TRACK))
            painter.drawRoundedRect(box, 6, 6)
            if self._stale:
                return
            painter.setClipRect(QRectF(box.x(), box.y(), self._level * box.width(), box.height()))
            painter.setBrush(theme.colour(theme.ACCENT))
            painter.drawRoundedRect(box, 6, 6)
            painter.setClipping(False)
            if self._peak > 0.0:
                painter.setBrush(theme.colour(theme.TEXT))
                painter.drawRect(QRectF(self._peak * (box.width() - 4), box.y(), 4, box.height()))


class Table(QTableWidget):
    """A table to be read; rows are tall, and its texts change in place."""

    def __init__(self, heads: list[str], stretch: int = 0) -> None:
        super().__init__(0, len(heads))
        self._shown: tuple[list[list[str]], list[str] | None] | None = None
        self.setHorizontalHeaderLabels(heads)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(40)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
        header.setHighlightSections(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)

    def show_rows(self, rows: list[list[str]], colours: list[str] | None = None) -> None:
        """Show rows of words; ``colours`` tint the second of each, a lone word is a heading."""
        if (rows, colours) == self._shown:
            return
        self._shown = (rows, colours)
        self.clearSpans()
        self.setRowCount(len(rows))
        for r, words in enumerate(rows):
            if len(words) == 1:
                self.setSpan(r, 0, 1, self.columnCount())
            for c, word in enumerate(words):
                item = self.item(r, c)
                if item is None:
                    item = QTableWidgetItem()
                    self.setItem(r, c, item)
                if item.text() != word:
                    item.setText(word)
                if c == 1 and colours is not None:
                    item.setForeground(theme.colour(colours[r]))
                item.setFont(theme.font(19 if len(words) == 1 else 17, _weight(words)))

    def words(self) -> list[list[str]]:
        """Return what is shown."""
        return [
            [item.text() if (item := self.item(r, c)) else "" for c in range(self.columnCount())]
            for r in range(self.rowCount())
        ]


def _weight(words: list[str]) -> QFont.Weight:
    return QFont.Weight.DemiBold if len(words) == 1 else QFont.Weight.Normal

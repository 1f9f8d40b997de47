"""What is drawn by hand: lights, a ring of time, a bar."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from emg_feedback.views.console import theme
from emg_feedback.views.console.words import Light


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
        painter.drawPolyline(around(middle, half, ((-0.45, 0.02), (-0.1, 0.36), (0.45, -0.34))))
    elif light is Light.WATCH:
        painter.drawPolygon(around(middle, half, ((0.0, -0.95), (1.0, 0.85), (-1.0, 0.85))))
        painter.setPen(dark)
        painter.drawPolyline(around(middle, half, ((0.0, -0.25), (0.0, 0.2))))
        painter.drawPoint(around(middle, half, ((0.0, 0.58),)).at(0))
    elif light is Light.BAD:
        painter.drawRoundedRect(
            QRectF(middle.x() - half, middle.y() - half, 2 * half, 2 * half), half / 3, half / 3
        )
        painter.setPen(dark)
        for stroke in (((-0.42, -0.42), (0.42, 0.42)), ((-0.42, 0.42), (0.42, -0.42))):
            painter.drawPolyline(around(middle, half, stroke))
    else:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(ink, half * 0.25))
        painter.drawEllipse(middle, 0.8 * half, 0.8 * half)


def around(middle: QPointF, half: float, points: tuple[tuple[float, float], ...]) -> QPolygonF:
    """Return points given in parts of ``half`` from the middle."""
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

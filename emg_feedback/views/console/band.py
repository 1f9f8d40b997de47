"""A muscle's bar with its target band, which the mouse or the arrow keys move."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen

from emg_config.protocol import Band, Unit
from emg_feedback.views.console import theme
from emg_feedback.views.console.draggable import Draggable
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.target import Grip, moved

GRIP_PX = 22
LABEL_PX = 48
END_ROOM_PX = 20
TIP = "Drag the band, or one of its edges.\nKeys: ↑ and ↓; with Shift its top, with Alt its foot."
KEY_STEP: dict[Unit, float] = {"mvc": 0.01, "uv": 1.0}


class BandBar(Draggable[Grip, Band]):
    """One bar; ``band_moved`` tells a new band while it is being moved.

    Its full scale keeps still while the band is held.
    """

    band_moved = Signal(float, float)

    def __init__(self) -> None:
        super().__init__(QSize(72, 80), TIP, Grip.WHOLE)
        self._view: ChannelView | None = None
        self._full = 1.2
        self._movable = False

    def show_channel(
        self, view: ChannelView, band: Band | None, full: float, *, movable: bool
    ) -> None:
        """Show a channel up to ``full``; ``band`` is its target, unless it is being moved."""
        self._view, self._movable = view, movable and band is not None
        if not self.held:
            self.value = band
            self._full = full
        elif not self._movable:
            self._grip = None
        self.update()

    def y_of(self, level: float) -> float:
        """Return where a level is, in the widget's pixels."""
        box = self._box()
        return box.bottom() - min(1.0, max(0.0, level / self._full)) * box.height()

    def grip_at(self, at: QPointF) -> Grip | None:
        """Return what a finger there would hold."""
        if not self._movable or self.value is None:
            return None
        y = at.y()
        low_y, high_y = self.y_of(self.value[0]), self.y_of(self.value[1])
        inside = min(GRIP_PX, (low_y - high_y) / 3)
        if high_y + inside < y < low_y - inside:
            return Grip.WHOLE
        if high_y - GRIP_PX <= y <= high_y + inside:
            return Grip.HIGH
        if low_y - inside <= y <= low_y + GRIP_PX:
            return Grip.LOW
        return None

    def drag(self, grip: Grip, before: Band, by: QPointF) -> None:
        """Move the band, or an edge of it."""
        if self._view is not None:
            higher = -by.y() / self._box().height() * self._full
            self._tell(moved(before, grip, higher, self._view.unit, self._view.mvc_uv))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the band with up and down, its upper edge with Shift, its lower with Alt."""
        way = {Qt.Key.Key_Up: 1.0, Qt.Key.Key_Down: -1.0}.get(Qt.Key(event.key()))
        if way is None or not self._movable or self.value is None or self._view is None:
            super().keyPressEvent(event)
            return
        keys, grip = event.modifiers(), Grip.WHOLE
        if keys & Qt.KeyboardModifier.ShiftModifier:
            grip = Grip.HIGH
        elif keys & Qt.KeyboardModifier.AltModifier:
            grip = Grip.LOW
        step = way * KEY_STEP[self._view.unit]
        self._tell(moved(self.value, grip, step, self._view.unit, self._view.mvc_uv))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the bar."""
        if self._view is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self._draw_bar(painter, self._view)
            self._draw_ends(painter, self._view.unit)
            if self.value is not None:
                self._draw_band(painter, self.value, asked=not self._relaxes)
            if self._view.ceiling is not None:
                self._draw_ceiling(painter, self._view.ceiling, self._view.unit)
            self._draw_scale(painter, self._view.unit)

    def _tell(self, band: Band) -> None:
        if band != self.value:
            self.value = band
            self.band_moved.emit(*band)
            self.update()

    def _box(self) -> QRectF:
        side = max(22.0, min(72.0, 0.28 * self.width()))
        width = max(24.0, min(190.0, self.width() - 2 * side))
        left = (self.width() - width) / 2
        return QRectF(left, 10, width, self.height() - 20)

    def _draw_bar(self, painter: QPainter, view: ChannelView) -> None:
        box = self._box()
        painter.setPen(
            QPen(theme.colour(theme.ACCENT), 2) if self.hasFocus() else Qt.PenStyle.NoPen
        )
        painter.setBrush(theme.colour(theme.TRACK))
        painter.drawRoundedRect(box, 8, 8)
        painter.setPen(Qt.PenStyle.NoPen)
        if view.level is None:
            return
        top = self.y_of(view.level)
        painter.setBrush(theme.colour(theme.DIM) if view.stale else theme.PLACES[view.place])
        painter.drawRoundedRect(QRectF(box.x(), top, box.width(), box.bottom() - top), 8, 8)
        if view.stale:
            painter.setPen(QPen(theme.colour(theme.GROUND, 0.7), 3))
            painter.setClipRect(box)
            step, reach = 16, int(box.width() + box.height())
            for offset in range(0, reach, step):
                start = QPointF(box.x(), box.y() + offset)
                painter.drawLine(start, start + QPointF(offset, -offset))
            painter.setClipping(False)

    @property
    def _relaxes(self) -> bool:
        """Whether the muscle is to be below the ceiling now, not in the band."""
        view = self._view
        return view is not None and view.ceiling is not None and view.target != view.band

    def _draw_ceiling(self, painter: QPainter, ceiling: float, unit: Unit) -> None:
        """Draw what to relax below after the hold."""
        box, y = self._box(), self.y_of(ceiling)
        ink = theme.colour(theme.TEXT if self._relaxes else theme.QUIET)
        if self._relaxes:
            low = QRectF(box.x(), y, box.width(), box.bottom() - y)
            painter.fillRect(low, theme.colour(ink.name(), 0.22))
        style = Qt.PenStyle.SolidLine if self._relaxes else Qt.PenStyle.DashLine
        painter.setPen(QPen(ink, 4 if self._relaxes else 2, style))
        painter.drawLine(QPointF(box.x() - 10, y), QPointF(box.right() + 10, y))
        if box.x() >= LABEL_PX:
            painter.setFont(theme.font(15))
            at = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 10, box.x() - 13, 20), at, f"≤ {told(ceiling, unit)}")

    def _draw_band(self, painter: QPainter, band: Band, *, asked: bool) -> None:
        box = self._box()
        high, low = self.y_of(band[1]), self.y_of(band[0])
        ink = theme.colour(theme.TEXT, 1.0 if self._movable and asked else 0.5)
        if asked:
            painter.fillRect(
                QRectF(box.x(), high, box.width(), low - high), theme.colour(ink.name(), 0.22)
            )
        painter.setPen(QPen(ink, 4 if self._movable else 2))
        for y in (high, low):
            painter.drawLine(QPointF(box.x() - 10, y), QPointF(box.right() + 10, y))
        if self._movable:
            painter.setBrush(ink)
            painter.setPen(Qt.PenStyle.NoPen)
            for y in (high, low):
                painter.drawEllipse(QPointF(box.right() + 12, y), 8, 8)

    def _draw_ends(self, painter: QPainter, unit: Unit) -> None:
        """Say what is at the top and at the foot of the bar, where no edge of the band is."""
        box = self._box()
        if box.x() < LABEL_PX:
            return
        painter.setFont(theme.font(13))
        painter.setPen(theme.colour(theme.QUIET))
        ceiling = self._view.ceiling if self._view is not None else None
        edges = [*(self.value or ()), *(() if ceiling is None else (ceiling,))]
        for level in (0.0, self._full):
            y = self.y_of(level)
            if any(abs(self.y_of(edge) - y) < END_ROOM_PX for edge in edges):
                continue
            at = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 10, box.x() - 6, 20), at, told(level, unit))

    def _draw_scale(self, painter: QPainter, unit: Unit) -> None:
        box = self._box()
        if self.value is None or box.x() < LABEL_PX:
            return
        painter.setFont(theme.font(15))
        painter.setPen(theme.colour(theme.TEXT))
        y_low, y_high = self.y_of(self.value[0]), self.y_of(self.value[1])
        if y_low - y_high < 18:
            middle = (y_low + y_high) / 2
            y_low, y_high = middle + 9, middle - 9
        for level, y in ((self.value[0], y_low), (self.value[1], y_high)):
            place = QRectF(0, y - 10, box.x() - 13, 20)
            at = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, at, told(level, unit))


def told(level: float, unit: Unit) -> str:
    """Return a level in whole units."""
    return f"{100 * level:.0f} %" if unit == "mvc" else f"{level:.0f} µV"

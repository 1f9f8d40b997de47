"""The path of a ``follow`` exercise, whose levels and ramps the mouse or the keys move."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF

from emg_feedback.views.console import theme
from emg_feedback.views.console.course import Corner, Course, Grip
from emg_feedback.views.console.draggable import Draggable
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.words import percent, short_seconds

GRIP_PX = 26
LEFT_PX, RIGHT_PX, TOP_PX, FOOT_PX = 58, 20, 16, 34
HANDLE_PX = 9
KEY_LEVEL, KEY_S = 0.01, 0.1
TIP = (
    "Drag the top, the foot, or the end of a ramp.\n"
    "Keys: ↑ and ↓ for the top, with Alt for the foot; → and ← for the ramps."
)


class PathBar(Draggable[Grip, Course]):
    """Levels over the time of a hold; ``path_moved`` tells a new path while it is being moved."""

    path_moved = Signal(object)

    def __init__(self) -> None:
        super().__init__(QSize(240, 120), TIP, Grip.RAMP_UP, Grip.RAMP_DOWN)
        self._corners: list[Corner] = []
        self._views: list[ChannelView] = []
        self._held_s: float | None = None
        self._full = 1.2
        self._movable = False

    def show_path(
        self,
        course: Course,
        corners: list[Corner],
        views: list[ChannelView],
        held_s: float | None,
        *,
        movable: bool,
    ) -> None:
        """Show a path, its corners, the muscles that follow it, and where on it they are."""
        self._views, self._held_s, self._movable = views, held_s, movable
        if not self.held or not movable:
            self._grip = None
            self._full = max((view.full for view in views), default=self._full)
        self.value, self._corners = course, corners
        self.update()

    def point(self, t_s: float, level: float) -> QPointF:
        """Return where a point of the path is, in the widget's pixels."""
        box, course = self._box(), self.value
        along = t_s / course.hold_s if course is not None else 0.0
        height = min(1.0, max(0.0, level / self._full)) * box.height()
        return QPointF(box.x() + along * box.width(), box.bottom() - height)

    def handles(self) -> dict[Grip, QPointF]:
        """Return what can be held, and where."""
        course = self.value
        if course is None or not self._movable:
            return {}
        highest_s = max(self._corners, key=lambda corner: corner[1])[0]
        handles = {
            Grip.TOP: self.point(course.hold_s / 2 if course.ramps else highest_s, course.high),
            Grip.FOOT: self.point(0.0, course.low),
        }
        if course.ramps:
            handles[Grip.RAMP_UP] = self.point(course.ramp_s, course.high)
            handles[Grip.RAMP_DOWN] = self.point(course.hold_s - course.ramp_s, course.high)
        return handles

    def grip_at(self, at: QPointF) -> Grip | None:
        """Return what a finger there would hold: the nearest handle, or all along the top."""
        handles = self.handles()
        near = {grip: (point - at).manhattanLength() for grip, point in handles.items()}
        if near and min(near.values()) <= GRIP_PX:
            return min(near, key=near.__getitem__)
        top, box = handles.get(Grip.TOP), self._box()
        if top is not None and abs(at.y() - top.y()) <= GRIP_PX / 2 and box.contains(at):
            return Grip.TOP
        return None

    def drag(self, grip: Grip, before: Course, by: QPointF) -> None:
        """Move the top, the foot, or the end of a ramp."""
        box = self._box()
        later_s = by.x() / box.width() * before.hold_s
        self._tell(before.moved(grip, later_s, -by.y() / box.height() * self._full))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Move the top with up and down, the foot with Alt, the ramps with right and left."""
        key, course = Qt.Key(event.key()), self.value
        higher = {Qt.Key.Key_Up: KEY_LEVEL, Qt.Key.Key_Down: -KEY_LEVEL}.get(key, 0.0)
        later_s = {Qt.Key.Key_Right: KEY_S, Qt.Key.Key_Left: -KEY_S}.get(key, 0.0)
        if course is None or not self._movable or (higher, later_s) == (0.0, 0.0):
            super().keyPressEvent(event)
            return
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        grip = Grip.RAMP_UP if later_s else Grip.FOOT if alt else Grip.TOP
        self._tell(course.moved(grip, later_s, higher))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw the corridor, the path, the muscles, and what can be held."""
        course = self.value
        if course is None:
            return
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            focus = QPen(theme.colour(theme.ACCENT), 2)
            painter.setPen(focus if self.hasFocus() else Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour(theme.TRACK))
            painter.drawRoundedRect(self._box(), 8, 8)
            self._draw_path(painter, course)
            self._draw_now(painter)
            self._draw_scale(painter, course)

    def _tell(self, course: Course) -> None:
        if course != self.value:
            self.path_moved.emit(course)

    def _box(self) -> QRectF:
        wide, tall = self.width() - LEFT_PX - RIGHT_PX, self.height() - TOP_PX - FOOT_PX
        return QRectF(LEFT_PX, TOP_PX, max(1, wide), max(1, tall))

    def _draw_path(self, painter: QPainter, course: Course) -> None:
        ink = theme.colour(theme.TEXT, 1.0 if self._movable else 0.5)
        upper = [self.point(t_s, level + course.tolerance) for t_s, level in self._corners]
        lower = [self.point(t_s, level - course.tolerance) for t_s, level in self._corners]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour(theme.TEXT, 0.18))
        painter.drawPolygon(QPolygonF([*upper, *reversed(lower)]))
        painter.setPen(QPen(ink, 3))
        painter.drawPolyline(QPolygonF([self.point(*corner) for corner in self._corners]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(ink)
        for point in self.handles().values():
            painter.drawEllipse(point, HANDLE_PX, HANDLE_PX)

    def _draw_now(self, painter: QPainter) -> None:
        if self._held_s is None:
            return
        foot, top = self.point(self._held_s, 0.0), self.point(self._held_s, self._full)
        painter.setPen(QPen(theme.colour(theme.ACCENT), 2))
        painter.drawLine(foot, top)
        painter.setPen(Qt.PenStyle.NoPen)
        for view in self._views:
            if view.intensity is not None and not view.stale:
                painter.setBrush(theme.PLACES[view.place])
                painter.drawEllipse(self.point(self._held_s, view.intensity), 7, 7)

    def _draw_scale(self, painter: QPainter, course: Course) -> None:
        box = self._box()
        painter.setFont(theme.font(15))
        painter.setPen(theme.colour(theme.TEXT))
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for level in (course.low, course.high):
            y = self.point(0.0, level).y()
            painter.drawText(QRectF(0, y - 10, LEFT_PX - 12, 20), right, percent(level))
        times = [0.0, course.hold_s]
        if course.ramps:
            times[1:1] = [course.ramp_s, course.hold_s - course.ramp_s]
        painter.setPen(theme.colour(theme.QUIET))
        for t_s in times:
            x = self.point(t_s, 0.0).x()
            place = QRectF(x - 40, box.bottom() + 6, 80, 20)
            place.moveRight(min(place.right(), self.width()))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, short_seconds(t_s))

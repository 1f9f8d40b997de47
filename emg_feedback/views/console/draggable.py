"""A picture of something of which a part can be held and moved, by a mouse or a finger."""

from enum import Enum
from typing import Generic, TypeVar

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

Part = TypeVar("Part", bound=Enum)
Value = TypeVar("Value")


class Draggable(QWidget, Generic[Part, Value]):
    """Shows ``value``; parts of it are held with the mouse, some of them also move ``sideways``."""

    def __init__(self, least: QSize, tip: str, *sideways: Part) -> None:
        super().__init__()
        self.value: Value | None = None
        self._before: Value | None = None
        self._grip: Part | None = None
        self._start = QPointF()
        self._sideways = sideways
        self.setMinimumSize(least)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @property
    def held(self) -> bool:
        """Return whether a part is being moved."""
        return self._grip is not None

    def grip_at(self, at: QPointF) -> Part | None:
        """Return what a finger there would hold."""
        raise NotImplementedError

    def drag(self, grip: Part, before: Value, by: QPointF) -> None:
        """Move a part by so many pixels from where it was ``before``."""
        raise NotImplementedError

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Take hold."""
        self._start, self._before = event.position(), self.value
        self._grip = self.grip_at(self._start)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Move what is held, or show what could be."""
        at, shapes = event.position(), Qt.CursorShape
        if self._grip is not None and self._before is not None:
            self.drag(self._grip, self._before, at - self._start)
            return
        grip = self.grip_at(at)
        along = shapes.SizeAllCursor if grip in self._sideways else shapes.SizeVerCursor
        self.setCursor(shapes.ArrowCursor if grip is None else along)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Let go."""
        self._grip = None

"""The traces on the screen."""

import logging
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from vispy import app
from vispy.util import logger as vispy_logger

from emg_feedback.views import palette
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.painter import Painter
from emg_feedback.views.program import Program

Paint = Callable[[Painter, tuple[int, int], float], None]


class TraceCanvas:
    """An OpenGL widget that is painted anew by ``paint(painter, size_px, scale)``.

    Parameters
    ----------
    parent : QWidget
    paint : callable
    drawn : callable
        Called when a picture has been handed to the screen.

    Attributes
    ----------
    widget : QWidget
    pictures : int
        How many were drawn.
    """

    def __init__(self, parent: QWidget, paint: Paint, drawn: Callable[[], None]) -> None:
        vispy_logger.setLevel(logging.ERROR)
        self.pictures = 0
        self._paint, self._drawn = paint, drawn
        self._canvas = app.Canvas(app="pyside6", parent=parent, keys=None, show=False)
        self._canvas.events.draw.connect(self._on_draw)
        self._canvas.events.draw.ignore_callback_errors = False
        self.widget: QWidget = self._canvas.native
        self.widget.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.widget.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._program: Program | None = None

    def update(self) -> None:
        """Ask for a new picture."""
        self._canvas.update()

    def close(self) -> None:
        """Let go of what OpenGL holds."""
        self._canvas.close()

    def _on_draw(self, _event: Any) -> None:
        if self._program is None:
            self._program = Program(Atlas(2048, 1024))
        size, scale = self._canvas.physical_size, self._canvas.pixel_scale
        self._program.paint(lambda painter: self._paint(painter, size, scale))
        self._program.draw(size, palette.GROUND)
        self.pictures += 1
        self._drawn()

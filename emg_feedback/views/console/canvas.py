"""The traces on the screen: one upload and one draw call of one OpenGL program a picture."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from vispy import app, gloo
from vispy.util import logger as vispy_logger

from emg_feedback.views import palette
from emg_feedback.views.atlas import Atlas, AtlasFull
from emg_feedback.views.painter import VERTEX, Painter

_VERTEX_SHADER = """
uniform vec2 u_size;
attribute vec2 a_position;
attribute vec2 a_texel;
attribute vec4 a_colour;
varying vec2 v_texel;
varying vec4 v_colour;
void main() {
    v_texel = a_texel;
    v_colour = a_colour;
    gl_Position = vec4(2.0 * a_position / u_size - 1.0, 0.0, 1.0) * vec4(1.0, -1.0, 1.0, 1.0);
}
"""
_FRAGMENT_SHADER = """
uniform sampler2D u_atlas;
varying vec2 v_texel;
varying vec4 v_colour;
void main() {
    gl_FragColor = vec4(v_colour.rgb, v_colour.a * texture2D(u_atlas, v_texel).r);
}
"""

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
        self._painter = Painter(Atlas(2048, 1024))
        self._program: Any = None

    def update(self) -> None:
        """Ask for a new picture."""
        self._canvas.update()

    def close(self) -> None:
        """Let go of what OpenGL holds."""
        self._canvas.close()

    def _prepare(self) -> None:
        self._program = gloo.Program(_VERTEX_SHADER, _FRAGMENT_SHADER)
        self._texture = gloo.Texture2D(
            self._painter.atlas.texels[..., np.newaxis], format="luminance", interpolation="nearest"
        )
        self._program["u_atlas"] = self._texture
        self._buffer = gloo.VertexBuffer(np.zeros(3, dtype=VERTEX))

    def _on_draw(self, _event: Any) -> None:
        if self._program is None:
            self._prepare()
        size = width, height = self._canvas.physical_size
        for _attempt in range(2):
            self._painter.clear()
            try:
                self._paint(self._painter, size, self._canvas.pixel_scale)
                break
            except AtlasFull:
                self._painter.atlas.clear()
        self._upload()
        gloo.set_viewport(0, 0, width, height)
        gloo.set_state(depth_test=False, cull_face=False, blend=True)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one")
        gloo.clear(color=palette.GROUND)
        self._program["u_size"] = (width, height)
        self._program.draw("triangles")
        self.pictures += 1
        self._drawn()

    def _upload(self) -> None:
        atlas = self._painter.atlas
        for x, y, width, height in atlas.dirty:
            part = atlas.texels[y : y + height, x : x + width, np.newaxis]
            self._texture.set_data(np.ascontiguousarray(part), offset=(y, x), copy=False)
        atlas.dirty.clear()
        self._buffer.set_data(self._painter.vertices(), copy=False)
        self._program.bind(self._buffer)

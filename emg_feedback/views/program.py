"""The one OpenGL program that puts a painter's triangles on a screen, in one draw call.

Shapes and words share a texture: shapes look up an opaque texel.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from vispy import gloo

from emg_feedback.views.atlas import Atlas, AtlasFull
from emg_feedback.views.painter import VERTEX, Colour, Painter

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
    gl_Position = vec4(2.0 * a_position.x / u_size.x - 1.0,
                       1.0 - 2.0 * a_position.y / u_size.y, 0.0, 1.0);
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


class Program:
    """Made while the canvas it draws on has the OpenGL context; so are its methods called."""

    def __init__(self, atlas: Atlas) -> None:
        self._painter = Painter(atlas)
        self._program: Any = gloo.Program(_VERTEX_SHADER, _FRAGMENT_SHADER)
        self._texture = gloo.Texture2D(
            atlas.texels[..., np.newaxis], format="luminance", interpolation="nearest"
        )
        self._program["u_atlas"] = self._texture
        self._buffer = gloo.VertexBuffer(np.zeros(3, dtype=VERTEX))
        self._program.bind(self._buffer)

    def paint(self, paint: Callable[[Painter], None]) -> None:
        """Have a picture painted, and upload it."""
        atlas = self._painter.atlas
        for _attempt in range(2):
            self._painter.clear()
            try:
                paint(self._painter)
                break
            except AtlasFull:
                atlas.clear()
        for x, y, width, height in atlas.dirty:
            part = atlas.texels[y : y + height, x : x + width, np.newaxis]
            self._texture.set_data(np.ascontiguousarray(part), offset=(y, x), copy=False)
        atlas.dirty.clear()
        self._buffer.set_data(self._painter.vertices(), copy=False)
        self._program.bind(self._buffer)

    def draw(self, size: tuple[int, int], background: Colour) -> None:
        """Draw the picture into ``size`` pixels."""
        gloo.set_viewport(0, 0, *size)
        gloo.set_state(depth_test=False, cull_face=False, blend=True)
        gloo.set_blend_func("src_alpha", "one_minus_src_alpha", "one", "one")
        gloo.clear(color=background)
        self._program["u_size"] = size
        self._program.draw("triangles")

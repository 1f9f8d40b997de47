"""Immediate-mode drawing: shapes and words become one array of coloured triangles.

Nothing here knows how triangles reach the screen. Coordinates are physical pixels from the top
left.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from emg_feedback.views import geometry
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.geometry import QUAD, Array, Mesh, Numbers, Point
from emg_feedback.views.lettering import CAP_HEIGHT_EM, box_px, width_px

Colour = tuple[float, float, float, float]

VERTEX = np.dtype(
    [("a_position", np.float32, 2), ("a_texel", np.float32, 2), ("a_colour", np.float32, 4)]
)
_UNIT_SQUARE = np.array([(0, 0), (1, 0), (1, 1), (0, 1)], dtype=np.float32)[QUAD]
_RING_STEPS = 720


class Painter:
    """Collects one frame.

    Parameters
    ----------
    atlas
        Where words are kept between frames.

    Attributes
    ----------
    origin : (float, float)
        Where on the screen what follows has its top left.
    theme : mapping of (red, green, blue) to (red, green, blue)
        Colours that are drawn as others.
    """

    def __init__(self, atlas: Atlas) -> None:
        self.atlas = atlas
        self.origin = (0.0, 0.0)
        self.theme: Mapping[tuple[float, float, float], tuple[float, float, float]] = {}
        self._store = np.empty((4096, 8), dtype=np.float32)
        self._used = 0

    def clear(self) -> None:
        """Start a new frame."""
        self._used = 0
        self.origin = (0.0, 0.0)

    def vertices(self) -> npt.NDArray[np.void]:
        """Return the triangles so far, as an array of `VERTEX`, three to a triangle."""
        return self._store[: self._used].view(VERTEX).reshape(-1)

    def rect(
        self, x: float, y: float, width: float, height: float, colour: Colour, radius: float = 0.0
    ) -> None:
        """Fill a rectangle, snapped to pixels, with rounded corners if ``radius`` is given."""
        left, top = round(x), round(y)
        columns, rows = round(x + width) - left, round(y + height) - top
        if columns <= 0 or rows <= 0:
            return
        radius = min(radius, columns / 2, rows / 2)
        if radius < 1.0:
            self._emit(_UNIT_SQUARE * (columns, rows) + (left, top), colour)
        else:
            self._place(geometry.rounded(columns, rows, round(radius, 1)), left, top, colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a convex polygon, clockwise on the screen."""
        self._place(geometry.polygon(tuple(points)), 0.0, 0.0, colour)

    def circle(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a disc."""
        self._place(geometry.disc(round(radius, 1)), x, y, colour)

    def ring(
        self,
        x: float,
        y: float,
        radius: float,
        thickness: float,
        colour: Colour,
        turn: float = 1.0,
        start: float = 0.0,
    ) -> None:
        """Draw an arc clockwise from twelve o'clock; ``start`` and ``turn`` are parts of a circle.

        ``radius`` is that of the outer edge.
        """
        turn, start = (round(part * _RING_STEPS) / _RING_STEPS for part in (turn, start))
        if turn > 0.0:
            self._place(geometry.ring(radius, thickness, min(turn, 1.0), start), x, y, colour)

    def star(self, x: float, y: float, radius: float, colour: Colour, line: float = 0.0) -> None:
        """Draw a star, filled, or as an outline ``line`` pixels wide."""
        radius = round(radius, 1)
        mesh = geometry.star_outline(radius, round(line, 1)) if line else geometry.star(radius)
        self._place(mesh, x, y, colour)

    def area(self, x: Numbers, top: Numbers, bottom: Numbers, colour: Colour) -> None:
        """Fill what is between two lines over the same ``x``, each of shape (n_points,)."""
        self._place(geometry.area(x, top, bottom), 0.0, 0.0, colour)

    def polyline(self, points: Sequence[Point] | Numbers, width: float, colour: Colour) -> None:
        """Draw a line of ``width`` pixels through ``points``, at least two."""
        self._place(geometry.ribbon(points, width), 0.0, 0.0, colour)

    def hatch(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        step: float,
        thickness: float,
        colour: Colour,
    ) -> None:
        """Draw diagonal lines, ``step`` pixels apart, over a rectangle."""
        self._place(geometry.hatch(round(width), round(height), step, thickness), x, y, colour)

    def text(
        self, string: str, x: float, y: float, size: float, colour: Colour, anchor: str = "lb"
    ) -> None:
        """Write ``string``, ``size`` pixels an em.

        Parameters
        ----------
        anchor
            Which point of it is at ``x``, ``y``: ``l``, ``m`` or ``r`` across, and ``t`` (top of
            a capital), ``m`` (its middle) or ``b`` (the baseline) down.
        """
        if not string:
            return
        size_px = max(1, round(size))
        across = {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * width_px(string, size_px)
        down = {"t": 1.0, "m": 0.5, "b": 0.0}[anchor[1]] * CAP_HEIGHT_EM * size_px
        ink_left, ink_top, _, _ = box_px(string, size_px)
        left, top = round(x - across) + ink_left, round(y + down) + ink_top
        u, v, width, height = self.atlas.region(string, size_px)
        rows, columns = self.atlas.texels.shape
        ink = _UNIT_SQUARE * (width, height)
        texels = np.add(ink, (u, v)) / (columns, rows)
        self._emit(np.add(ink, (left, top)), colour, texels=texels)

    def _place(self, mesh: Mesh, x: float, y: float, colour: Colour) -> None:
        self._emit(mesh.positions + np.array((x, y), dtype=np.float32), colour, mesh.alpha)

    def _emit(
        self,
        positions: npt.NDArray[np.floating],
        colour: Colour,
        alpha: Array | None = None,
        texels: npt.NDArray[np.floating] | None = None,
    ) -> None:
        end = self._used + len(positions)
        if end > len(self._store):
            grown = np.empty((2 * end, 8), dtype=np.float32)
            grown[: self._used] = self._store[: self._used]
            self._store = grown
        part = self._store[self._used : end]
        part[:, 0:2] = positions
        if self.origin != (0.0, 0.0):
            part[:, 0:2] += self.origin
        part[:, 2:4] = self.atlas.solid if texels is None else texels
        part[:, 4:8] = (*self.theme[colour[:3]], colour[3]) if colour[:3] in self.theme else colour
        if alpha is not None:
            part[:, 7] *= alpha
        self._used = end

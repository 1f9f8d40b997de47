"""Shapes that say the same as a colour and a word."""

import math

from emg_feedback.views import palette
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.words import Place


def draw_symbol(
    painter: Painter,
    place: Place,
    x: float,
    y: float,
    size: float,
    colour: Colour,
    quiet: bool = False,
) -> None:
    """Draw the shape of a state: point up for more, point down for less, a tick for good.

    The tick of a ``quiet`` muscle is in a ring instead of a disc.
    """
    half = size / 2
    if place is Place.IN:
        if quiet:
            painter.ring(x, y, half, 0.13 * size, colour)
            _tick(painter, x, y, 0.8 * size, colour)
        else:
            painter.circle(x, y, half, colour)
            _tick(painter, x, y, size, palette.GROUND)
        return
    way = 1 if place is Place.BELOW else -1
    corners = [
        (x - half, y + 0.8 * way * half),
        (x, y - way * half),
        (x + half, y + 0.8 * way * half),
    ]
    painter.polygon(corners[::way], colour)


def draw_warning(painter: Painter, x: float, y: float, size: float) -> None:
    """Draw a triangle with an exclamation mark."""
    half = size / 2
    corners = [(x - 1.1 * half, y + 0.85 * half), (x, y - half), (x + 1.1 * half, y + 0.85 * half)]
    painter.polygon(corners, palette.ALARM)
    painter.rect(x - 0.09 * size, y - 0.2 * size, 0.18 * size, 0.34 * size, palette.TEXT)
    painter.circle(x, y + 0.27 * size, 0.1 * size, palette.TEXT)


def draw_pause(painter: Painter, x: float, y: float, size: float, colour: Colour) -> None:
    """Draw two upright bars."""
    for side in (-1, 1):
        left = x + side * 0.26 * size - 0.14 * size
        painter.rect(left, y - size / 2, 0.28 * size, size, colour, 0.06 * size)


def draw_closed_eye(painter: Painter, x: float, y: float, size: float, colour: Colour) -> None:
    """Draw a lowered lid with lashes: there is nothing to look at now."""
    radius, line = size / 2, 0.09 * size
    y -= 0.3 * size
    painter.ring(x, y, radius, line, colour, 0.36, 0.32)
    for angle in (-0.75, -0.25, 0.25, 0.75):
        out_x, out_y = math.sin(angle), math.cos(angle)
        near, far = radius + 0.05 * size, radius + 0.24 * size
        painter.polyline(
            [(x + near * out_x, y + near * out_y), (x + far * out_x, y + far * out_y)], line, colour
        )


def draw_result(painter: Painter, result: str, x: float, y: float, radius: float) -> None:
    """Draw a repetition: a star for good, its outline for missed, a dash for disturbed."""
    if result == "good":
        painter.star(x, y, radius, palette.STAR)
    elif result == "missed":
        painter.star(x, y, radius, palette.QUIET, max(1.5, 0.16 * radius))
    else:
        painter.rect(
            x - 0.6 * radius, y - 0.13 * radius, 1.2 * radius, 0.26 * radius, palette.QUIET
        )


def _tick(painter: Painter, x: float, y: float, size: float, colour: Colour) -> None:
    half = size / 2
    tick = [(-0.45, 0.02), (-0.12, 0.36), (0.46, -0.32)]
    points = [(x + half * across, y + half * down) for across, down in tick]
    for leg in (points[:2], points[1:]):
        painter.polyline(leg, 0.14 * size, colour)
    painter.circle(*points[1], 0.07 * size, colour)

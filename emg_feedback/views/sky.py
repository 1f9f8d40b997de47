"""What the game is drawn with: a night sky with hills, a lane, stars, and a balloon."""

import numpy as np

from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.flight import Flight, Lane, stars
from emg_feedback.views.lettering import width_px
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.symbols import draw_closed_eye, draw_symbol
from emg_feedback.views.words import Place

SPAN_S = 9.0
BALLOON_AT = 0.28
TRAIL_S = 2.5


class Sky:
    """The picture: seconds of the hold from left to right, levels from the ground up."""

    def __init__(self, painter: Painter, box: Box, unit: float) -> None:
        self._painter, self._box, self._unit = painter, box, unit
        self._radius = min(5 * unit, 0.1 * box.height)
        self._ground = box.bottom - 2.4 * self._radius
        self._rise = self._ground - box.y - 1.3 * self._radius
        self._per_s = box.width / SPAN_S
        self._balloon_x = round(box.x + BALLOON_AT * box.width)

    def _x(self, time_s: float, at_s: float) -> float:
        return self._balloon_x + (time_s - at_s) * self._per_s

    def _y(self, height: float) -> float:
        return self._ground - min(1.0, max(0.0, height)) * self._rise

    def night(self) -> None:
        """Draw the sky, lighter towards the ground, and a moon."""
        box, unit = self._box, self._unit
        self._painter.rect(box.x, box.y, box.width, box.height, palette.PANEL)
        glow = palette.faded(palette.PLACES[Place.BELOW], 0.009)
        for step in range(1, 16):
            top = box.y + (step / 16) ** 0.7 * box.height
            self._painter.rect(box.x, top, box.width, box.bottom - top, glow)
        x, y = box.x + 0.8 * box.width, box.y + 0.24 * box.height
        for radius in (7.5, 6.2, 5.0):
            self._painter.circle(x, y, radius * unit, palette.faded(palette.QUIET, 0.07))

    def hills(self, travelled_s: float) -> None:
        """Draw two rows of hills, the far one slower, as they are seen after so long a way."""
        box, radius = self._box, self._radius
        x = np.linspace(box.x, box.right, 97, dtype=np.float32)
        bottom = np.full_like(x, box.bottom)
        for speed, length, height, colour in (
            (0.15, 0.62, 2.4, palette.faded(palette.DIM, 0.28)),
            (0.4, 0.37, 1.2, palette.TRACK),
        ):
            turns = (x - box.x + speed * travelled_s * self._per_s) / (length * box.width)
            rise = 0.5 + 0.3 * np.sin(2 * np.pi * turns) + 0.2 * np.sin(2 * np.pi * 1.7 * turns)
            top = box.bottom - radius * (0.5 + height * rise)
            self._painter.area(x, top.astype(np.float32), bottom, colour)

    def lane(self, lane: Lane, at_s: float, opacity: float) -> None:
        """Draw what is to be kept to: tinted, with an edge above and below."""
        start_s = at_s - BALLOON_AT * SPAN_S
        part = lane.between(start_s, start_s + SPAN_S)
        if part is None:
            return
        x = (self._balloon_x + (part.time_s - at_s) * self._per_s).astype(np.float32)
        x = np.clip(x, self._box.x, self._box.right)
        top, bottom = (
            (self._ground - edge * self._rise).astype(np.float32) for edge in (part.high, part.low)
        )
        colour = palette.faded(palette.BAND, opacity)
        self._painter.area(x, top, bottom, palette.faded(colour, 0.16))
        line = max(2.0, 0.6 * self._unit)
        for edge in (top, bottom):
            self._painter.polyline(np.stack([x, edge], axis=1), line, colour)
        for end in (0, -1):
            if part.time_s[end] == lane.time_s[end]:
                across = np.array([(x[end], top[end] - line / 2), (x[end], bottom[end] + line / 2)])
                self._painter.polyline(across, line, colour)

    def stars(self, flight: Flight, model: ViewModel, lane: Lane, at_s: float) -> None:
        """Draw the stars that are on the way, and those just passed."""
        radius = 0.5 * self._radius
        room_s = radius / self._per_s
        start_s = at_s - BALLOON_AT * SPAN_S + room_s
        for star in stars(lane, model.session, start_s, start_s + SPAN_S - 2 * room_s):
            x, y = round(self._x(star.time_s, at_s)), round(self._y(star.height))
            if star.number in flight.caught:
                self._painter.star(x, y, 1.25 * radius, palette.STAR)
            else:
                passed = star.time_s < at_s
                colour = palette.DIM if passed else palette.TEXT
                self._painter.star(x, y, radius, colour, max(1.5, 0.22 * radius))

    def trail(self, flight: Flight, at_s: float) -> None:
        """Draw where the balloon has been."""
        points = [
            (self._x(time_s, at_s), self._y(height))
            for time_s, height in flight.trail
            if at_s - TRAIL_S <= time_s <= at_s
        ]
        points = [point for point in points if point[0] >= self._box.x]
        if len(points) >= 2:
            self._painter.polyline(points, max(1.6, 0.45 * self._unit), palette.QUIET)

    def balloon(self, height: float, place: Place, colour: Colour) -> None:
        """Draw the balloon with its state on it; its middle is at ``height``."""
        painter, radius, x = self._painter, self._radius, self._balloon_x
        y = round(self._y(height))
        for side in (-1, 1):
            rope = [(x + side * 0.22 * radius, y + 1.3 * radius)]
            rope.append((x + side * 0.16 * radius, y + 1.65 * radius))
            painter.polyline(rope, max(1.2, 0.06 * radius), palette.QUIET)
        basket = Box(x - 0.26 * radius, y + 1.6 * radius, 0.52 * radius, 0.4 * radius)
        painter.rect(basket.x, basket.y, basket.width, basket.height, palette.QUIET, 0.1 * radius)
        shoulder, collar = (0.8 * radius, 0.6 * radius), (0.26 * radius, 1.4 * radius)
        painter.polygon(
            [
                (x - shoulder[0], y + shoulder[1]),
                (x + shoulder[0], y + shoulder[1]),
                (x + collar[0], y + collar[1]),
                (x - collar[0], y + collar[1]),
            ],
            colour,
        )
        painter.circle(x, y, radius, colour)
        if place is not Place.NONE:
            size, face = (1.5, colour) if place is Place.IN else (1.1, palette.GROUND)
            draw_symbol(painter, place, x, y, size * radius, face)

    def cloud(self) -> None:
        """Draw a cloud where the balloon is: it must not be seen now."""
        painter, radius, x = self._painter, 1.5 * self._radius, self._balloon_x
        y = self._y(0.5)
        for across, down, size in ((-1.1, 0.25, 0.75), (0.0, -0.15, 1.0), (1.1, 0.2, 0.8)):
            painter.circle(x + across * radius, y + down * radius, size * radius, palette.DIM)
        painter.rect(x - 1.4 * radius, y, 2.8 * radius, radius, palette.DIM, 0.5 * radius)
        draw_closed_eye(painter, x, y + 0.3 * radius, radius, palette.TEXT)

    def count(self, caught: int) -> None:
        """Write how many stars were caught in this hold."""
        size = round(6 * self._unit)
        x, y = self._box.right - 3 * self._unit, self._box.y + 6 * self._unit
        line = str(caught)
        self._painter.text(line, x, y, size, palette.TEXT, "rm")
        left = x - width_px(line, size) - 0.7 * size
        self._painter.star(left, y, 0.45 * size, palette.STAR)

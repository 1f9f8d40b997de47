"""One muscle on the patient's page: name, bar with its target, state, and the last seconds."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emg_feedback.views import palette
from emg_feedback.views.history import SPAN_S
from emg_feedback.views.lettering import fit, width_px, wrap
from emg_feedback.views.model import BarState
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.words import PLACES, Place

Array = npt.NDArray[np.float64]

SYMBOL_EM, GAP_EM = 1.0, 0.3


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return the middle across."""
        return self.x + self.width / 2


@dataclass(frozen=True)
class Style:
    """Sizes that all muscles on a page share, in pixels; ``unit`` is a hundredth of a column."""

    unit: float
    room: float
    name: int
    word: int


def page_style(bars: list[BarState], width: float, height: float) -> Style:
    """Return the largest letters with which every muscle fits into a column of this size."""
    unit, room = height / 100, 0.96 * width
    names = [wrap(bar.name, 6.4 * unit, room, 3.0 * unit)[1] for bar in bars]
    widest_em = max(width_px(word, 100) / 100 for word in PLACES.values()) + SYMBOL_EM + GAP_EM
    return Style(unit, room, min(names), round(min(8.2 * unit, room / widest_em)))


def draw_column(
    painter: Painter, bar: BarState, trace: tuple[Array, Array], box: Box, style: Style
) -> None:
    """Draw one muscle into ``box``."""
    unit = style.unit
    lines, _ = wrap(bar.name, style.name, style.room, style.name)
    for row, line in enumerate(reversed(lines)):
        baseline = box.y + 7.5 * unit - row * 1.15 * style.name
        painter.text(line, box.middle, baseline, style.name, palette.TEXT, "mb")
    width = min(0.42 * box.width, 30 * unit)
    _bar(painter, bar, Box(box.middle - width / 2, box.y + 11 * unit, width, 57 * unit), unit)
    if bar.hint:
        _hint(painter, bar.hint, box.middle, box.y + 73.5 * unit, style)
    else:
        _state(painter, bar, box.middle, box.y + 73.5 * unit, style)
        number, size = fit(bar.number, 6.8 * unit, style.room, 2.4 * unit)
        painter.text(number, box.middle, box.y + 82 * unit, size, palette.TEXT, "mm")
    _strip(painter, bar, trace, Box(box.x, box.y + 87 * unit, box.width, 13 * unit), unit)


def _bar(painter: Painter, bar: BarState, box: Box, unit: float) -> None:
    bottom, radius = box.y + box.height, 1.2 * unit
    painter.rect(box.x, box.y, box.width, box.height, palette.TRACK, radius)
    if bar.level is not None and bar.level > 0:
        colour = palette.DIM if bar.stale else palette.PLACES[bar.place]
        top = bottom - bar.level * box.height
        painter.rect(box.x, top, box.width, bottom - top, colour, radius)
    if bar.stale:
        ground = palette.faded(palette.GROUND, 0.75)
        painter.hatch(box.x, box.y, box.width, box.height, 4 * unit, max(1.5, 0.5 * unit), ground)
    if bar.band is not None:
        _target(painter, bar.band, box, unit, 0.35 if bar.stale else 1.0)


def _target(
    painter: Painter, band: tuple[float, float], box: Box, unit: float, opacity: float
) -> None:
    """Draw the zone to be in: tinted, with a bracket on either side of the bar."""
    high, low = (box.y + (1 - edge) * box.height for edge in (band[1], band[0]))
    colour = palette.faded(palette.BAND, opacity)
    painter.rect(box.x, high, box.width, low - high, palette.faded(colour, 0.22))
    line, gap, arm = max(2.0, 0.7 * unit), 1.1 * unit, 2.6 * unit
    for inner, direction in ((box.x - gap, -1), (box.x + box.width + gap, 1)):
        outer = inner + direction * arm
        left = min(inner, outer)
        painter.rect(left, high - line / 2, arm, line, colour)
        painter.rect(left, low - line / 2, arm, line, colour)
        painter.rect(outer - line / 2, high - line / 2, line, low - high + line, colour)


def _state(painter: Painter, bar: BarState, middle: float, y: float, style: Style) -> None:
    """Write the state's word, after its symbol."""
    colour = palette.PLACES[bar.place]
    if bar.place is Place.NONE:
        word, size = fit(bar.word, style.word, style.room, 2.4 * style.unit)
        painter.text(word, middle, y, size, colour, "mm")
        return
    symbol, gap = SYMBOL_EM * style.word, GAP_EM * style.word
    left = middle - (symbol + gap + width_px(bar.word, style.word)) / 2
    draw_symbol(painter, bar.place, left + symbol / 2, y, symbol, colour)
    painter.text(bar.word, left + symbol + gap, y, style.word, colour, "lm")


def _hint(painter: Painter, hint: str, middle: float, y: float, style: Style) -> None:
    """Write what is wrong with the signal instead of a state that would not be true."""
    lines, size = wrap(hint, 6.4 * style.unit, style.room, 2.4 * style.unit)
    for row, line in enumerate(lines):
        painter.text(line, middle, y + row * 1.25 * size, size, palette.HINT, "mm")


def draw_symbol(
    painter: Painter, place: Place, x: float, y: float, size: float, colour: Colour
) -> None:
    """Draw the shape of a state: point up for more, point down for less, a tick for good."""
    half = size / 2
    if place is Place.IN:
        painter.circle(x, y, half, colour)
        tick = [(-0.45, 0.02), (-0.12, 0.36), (0.46, -0.32)]
        points = [(x + half * across, y + half * down) for across, down in tick]
        for leg in (points[:2], points[1:]):
            painter.polyline(leg, 0.14 * size, palette.GROUND)
        painter.circle(*points[1], 0.07 * size, palette.GROUND)
        return
    way = 1 if place is Place.BELOW else -1
    corners = [
        (x - half, y + 0.8 * way * half),
        (x, y - way * half),
        (x + half, y + 0.8 * way * half),
    ]
    painter.polygon(corners[::way], colour)


def _strip(
    painter: Painter, bar: BarState, trace: tuple[Array, Array], box: Box, unit: float
) -> None:
    """Draw the last seconds, now at the right edge, with the target shaded."""
    painter.rect(box.x, box.y, box.width, box.height, palette.PANEL, 1.0 * unit)
    pad, head = 1.2 * unit, 1.1 * unit
    left, right = box.x + pad, box.x + box.width - pad - head
    bottom, height = box.y + box.height - pad, box.height - 2 * pad
    if bar.band is not None:
        low, high = bar.band
        shade = palette.faded(palette.BAND, 0.06 if bar.stale else 0.14)
        painter.rect(box.x, bottom - high * height, box.width, (high - low) * height, shade)
    age_s, level = trace
    if len(age_s) < 2:
        return
    x = right - age_s / SPAN_S * (right - left)
    points = np.stack([x, bottom - level * height], axis=1).astype(np.float32)
    painter.polyline(points, max(1.6, 0.55 * unit), palette.DIM if bar.stale else palette.QUIET)
    if not bar.stale:
        x_now, y_now = points[-1].tolist()
        painter.circle(x_now, y_now, head, palette.PLACES[bar.place])

"""One muscle on the patient's page: name, bar with its target, state, and the last seconds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emg_config.language import Language
from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.history import SPAN_S
from emg_feedback.views.lettering import LINE_EM, fill, fit, width_px, wrap
from emg_feedback.views.model import BarState
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.symbols import draw_closed_eye, draw_symbol
from emg_feedback.views.words import Place

Array = npt.NDArray[np.float64]

SYMBOL_EM, GAP_EM = 1.0, 0.3
# The number stands beside the word where the word is then no smaller than this, in units.
INLINE = 5.5
SMALLEST_NAME = 0.75
# A band in which the muscle need not be now.
FAINT = 0.35


@dataclass(frozen=True)
class Style:
    """Sizes that all muscles on a page share, in pixels; ``unit`` is a hundredth of a column."""

    unit: float
    room: float
    name: int
    name_lines: int
    word: int
    number: float
    inline: bool


def page_style(
    bars: Sequence[BarState],
    box: Box,
    language: Language,
    text_size: float = 1.0,
) -> Style:
    """Return the largest letters with which every muscle fits into a column like ``box``."""
    unit, room = box.height / 100, 0.96 * box.width
    letter = unit * text_size
    named = min(6.4 * letter, 8.0 * unit)
    names = [_name_lines(bar.name, named, room) for bar in bars]
    place = language.place
    said = (place.below, place.inside, place.above, place.quiet)
    widest_em = max(width_px(word, 100) / 100 for word in said) + SYMBOL_EM + GAP_EM
    inline_em = widest_em + GAP_EM + width_px("100 %", 100) / 100
    inline = inline_em * INLINE * letter <= room
    return Style(
        unit,
        room,
        name=min(size for _, size in names),
        name_lines=max(len(lines) for lines, _ in names),
        word=round(min(8.5 * letter, room / (inline_em if inline else widest_em))),
        number=6.0 * letter,
        inline=inline,
    )


def _name_lines(name: str, size_px: float, room_px: float) -> tuple[tuple[str, ...], int]:
    """Return a name on one line, or on two that together are not much higher than one."""
    line, size = fit(name, size_px, room_px, SMALLEST_NAME * size_px)
    if line == name:
        return (line,), size
    return wrap(name, SMALLEST_NAME * size_px, room_px, 0.4 * size_px)


def draw_column(painter: Painter, bar: BarState, box: Box, style: Style) -> None:
    """Draw one muscle into ``box``."""
    unit, bottom = style.unit, box.bottom
    name_y = box.y + style.name_lines * LINE_EM * style.name
    draw_name(painter, bar.name, box.middle, name_y, style)
    word_y = bottom - 0.5 * style.word - (0.0 if style.inline else 1.1 * style.number)
    if bar.hint:
        height = bottom - word_y + 0.5 * style.word
        draw_hint(painter, bar.hint, Box(box.x, bottom - height, box.width, height), style.word)
    elif style.inline:
        draw_state(painter, bar, box.middle, word_y, style.word, style.room, bar.number)
    else:
        draw_state(painter, bar, box.middle, word_y, style.word, style.room)
        number, size = fit(bar.number, style.number, style.room, 2.4 * unit)
        painter.text(number, box.middle, bottom - 0.5 * style.number, size, palette.TEXT, "mm")
    top = name_y + 2.6 * unit
    width = min(0.46 * box.width, 40 * unit)
    height = word_y - 0.65 * style.word - 1.2 * unit - top
    place = Box(box.middle - width / 2, top, width, height)
    draw_bar(painter, bar, place, min(unit, 0.07 * box.width))


def draw_name(painter: Painter, name: str, x: float, baseline: float, style: Style) -> None:
    """Write the muscle's name, its last line on ``baseline``."""
    lines, _ = wrap(name, style.name, style.room, style.name)
    for row, line in enumerate(reversed(lines)):
        y = baseline - row * LINE_EM * style.name
        painter.text(line, x, y, style.name, palette.TEXT, "mb")


def draw_bar(painter: Painter, bar: BarState, box: Box, unit: float) -> None:
    """Draw an upright bar; that of a muscle to keep quiet is slim and framed."""
    radius = 1.2 * unit
    if bar.role == "quiet":
        box = Box(box.x + 0.2 * box.width, box.y, 0.6 * box.width, box.height)
        line = max(2.0, 0.5 * unit)
        painter.rect(box.x, box.y, box.width, box.height, palette.DIM, radius)
        inner = box.inside(line)
        painter.rect(inner.x, inner.y, inner.width, inner.height, palette.GROUND, radius)
    else:
        painter.rect(box.x, box.y, box.width, box.height, palette.TRACK, radius)
    if bar.level is not None and bar.level > 0:
        colour = palette.DIM if bar.stale else palette.PLACES[bar.place]
        top = box.bottom - bar.level * box.height
        painter.rect(box.x, top, box.width, box.bottom - top, colour, radius)
    if bar.stale or bar.hidden:
        ground = palette.faded(palette.GROUND, 0.75)
        painter.hatch(box.x, box.y, box.width, box.height, 4 * unit, max(1.5, 0.5 * unit), ground)
    if bar.hidden and not bar.stale:
        eye = min(0.6 * box.width, 18 * unit)
        draw_closed_eye(painter, box.middle, box.centre, eye, palette.QUIET)
    elif bar.band is not None:
        if bar.other is not None:
            draw_target(painter, bar.other, box, unit, FAINT)
        draw_target(painter, bar.band, box, unit, FAINT if bar.stale or bar.resting else 1.0)


def draw_target(
    painter: Painter, band: tuple[float, float], box: Box, unit: float, opacity: float
) -> None:
    """Draw the zone to be in: tinted, with a bracket on either side of the bar.

    A zone that begins at nothing is a ceiling: its upper edge goes across the bar.
    """
    high, low = (box.y + (1 - edge) * box.height for edge in (band[1], band[0]))
    colour = palette.faded(palette.BAND, opacity)
    painter.rect(box.x, high, box.width, low - high, palette.faded(colour, 0.22))
    line, gap, arm = max(2.0, 0.7 * unit), 1.1 * unit, 2.6 * unit
    if band[0] <= 0.0:
        painter.rect(box.x - gap, high - line / 2, box.width + 2 * gap, line, colour)
    for inner, direction in ((box.x - gap, -1), (box.right + gap, 1)):
        outer = inner + direction * arm
        left = min(inner, outer)
        painter.rect(left, high - line / 2, arm, line, colour)
        if band[0] > 0.0:
            painter.rect(left, low - line / 2, arm, line, colour)
        painter.rect(outer - line / 2, high - line / 2, line, low - high + line, colour)


def draw_state(
    painter: Painter,
    bar: BarState,
    middle: float,
    y: float,
    size: int,
    room: float,
    number: str = "",
) -> None:
    """Write the state's word after its symbol, and ``number`` after it."""
    colour = palette.PLACES[bar.place]
    if bar.place is Place.NONE:
        line, size = fit(bar.word or number, size, room, 0.3 * size)
        painter.text(line, middle, y, size, colour if bar.word else palette.TEXT, "mm")
        return
    gap = 2 * GAP_EM * size
    after = width_px(number, size) + gap if number else 0.0
    quiet = bar.role == "quiet"
    right = draw_labelled(painter, bar.place, bar.word, middle - after / 2, y, size, colour, quiet)
    painter.text(number, right + gap, y, size, palette.TEXT, "lm")


def draw_labelled(
    painter: Painter,
    place: Place,
    word: str,
    middle: float,
    y: float,
    size: int,
    colour: Colour,
    quiet: bool = False,
) -> float:
    """Write a word after the symbol of ``place``, both centred at ``middle``.

    Returns
    -------
    right
        Where the word ends.
    """
    symbol, gap = SYMBOL_EM * size, GAP_EM * size
    left = middle - (symbol + gap + width_px(word, size)) / 2
    draw_symbol(painter, place, left + symbol / 2, y, symbol, colour, quiet)
    painter.text(word, left + symbol + gap, y, size, colour, "lm")
    return left + symbol + gap + width_px(word, size)


def draw_hint(painter: Painter, hint: str, box: Box, size_px: float) -> None:
    """Write what is wrong with the signal instead of a state that would not be true."""
    lines, size = fill(hint, 0.9 * size_px, 0.96 * box.width, box.height)
    for row, line in enumerate(lines):
        y = box.centre + (row - (len(lines) - 1) / 2) * LINE_EM * size
        painter.text(line, box.middle, y, size, palette.HINT, "mm")


def draw_strip(
    painter: Painter, bar: BarState, trace: tuple[Array, Array], box: Box, unit: float
) -> None:
    """Draw the last seconds, now at the right edge, with the target shaded."""
    if bar.hidden:
        return
    painter.rect(box.x, box.y, box.width, box.height, palette.PANEL, 1.0 * unit)
    pad, head = 1.2 * unit, 1.1 * unit
    left, right = box.x + pad, box.right - pad - head
    bottom, height = box.bottom - pad, box.height - 2 * pad
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

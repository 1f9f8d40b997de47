"""A single muscle over the whole page: a wide bar, and beside it what it says."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from emg_config.language import Language
from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.column import (
    draw_bar,
    draw_column,
    draw_hint,
    draw_name,
    draw_state,
    draw_strip,
    page_style,
)
from emg_feedback.views.lettering import LINE_EM, fit
from emg_feedback.views.look import Look
from emg_feedback.views.model import BarState
from emg_feedback.views.painter import Painter
from emg_feedback.views.symbols import draw_closed_eye

Array = npt.NDArray[np.float64]

LARGE = 1.25


def has_strip(look: Look) -> bool:
    """Return whether the last seconds are shown: they scroll, and large letters need the room."""
    return not look.calm and look.text_size < LARGE


def draw_one(
    painter: Painter,
    bar: BarState,
    trace: tuple[Array, Array],
    box: Box,
    language: Language,
    look: Look,
) -> None:
    """Draw one muscle as large as ``box`` allows."""
    if bar.hidden and not bar.stale:
        size = 0.6 * min(box.width, box.height)
        draw_closed_eye(painter, box.middle, box.centre, size, palette.QUIET)
        return
    style = page_style([bar], box, language, look.text_size)
    unit = style.unit
    if box.width < 1.3 * box.height:
        draw_column(painter, bar, box, style)
        return
    width = min(0.34 * box.width, 62 * unit)
    reach = 5 * unit
    place = Box(box.x + 0.13 * box.width, box.y + reach / 2, width, box.height - reach)
    draw_bar(painter, bar, place, unit)
    left = place.right + 8 * unit
    words = Box(left, box.y, box.right - left, box.height)
    style = page_style([bar], words, language, 1.5 * look.text_size)
    top, bottom = box.y + style.name_lines * LINE_EM * style.name, box.bottom
    draw_name(painter, bar.name, words.middle, top, style)
    if has_strip(look):
        bottom -= 16 * unit
        draw_strip(painter, bar, trace, Box(words.x, bottom, words.width, 16 * unit), unit)
    word_y, number_y = (top + part * (bottom - top) for part in (0.36, 0.74))
    if bar.hint:
        height = 2.2 * style.word
        hint = Box(words.x, word_y - height / 2, words.width, height)
        draw_hint(painter, bar.hint, hint, style.word)
        return
    draw_state(painter, bar, words.middle, word_y, style.word, style.room)
    number, size = fit(bar.number, 1.4 * style.number, style.room, 4 * unit)
    painter.text(number, words.middle, number_y, size, palette.TEXT, "mm")


def draw_bars(
    painter: Painter,
    bars: Sequence[BarState],
    box: Box,
    language: Language,
    look: Look,
) -> None:
    """Draw muscles side by side."""
    if not bars:
        return
    gap = min(0.04 * box.height, 0.12 * box.width / len(bars))
    places = box.row(len(bars), gap)
    style = page_style(bars, places[0], language, look.text_size)
    for bar, place in zip(bars, places, strict=True):
        draw_column(painter, bar, place, style)

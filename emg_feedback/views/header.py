"""The upper part of a page: what to do now, how often, how long."""

from emg_config.language import Language
from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.box import Box, Page
from emg_feedback.views.lettering import fit, width_px, wrap
from emg_feedback.views.look import Layout, Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.pause import Asked
from emg_feedback.views.symbols import draw_pause, draw_symbol, draw_warning
from emg_feedback.views.words import Place

MINUTES_FROM_S = 100
# How far letters shrink before a line is cut.
SMALLEST = 0.2


def draw_header(
    painter: Painter, model: ViewModel, page: Page, look: Look, now_s: float, asked: Asked
) -> None:
    """Draw the instruction, with the count on its left and the time on its right."""
    box, unit = page.header, page.unit
    side = min(22 * page.letter, 0.24 * box.width)
    headline, small, place, colour = _told(model, now_s, asked)
    room = box.width - 2 * side - 2 * unit
    small_size = min(5.4 * page.letter, 0.32 * box.height)
    told, told_size = _lines(small, small_size, box.width - 2 * side, small_size / 0.75, 0.0)
    left = box.height - (1.1 * told_size * len(told) if small else 0.0)
    middle = box.y + 0.5 * left
    symbol = 0.0 if place is Place.NONE and not _alarmed(model, now_s) else 1.25
    lines, size = _lines(headline, 12 * page.letter, room, 0.9 * box.height, symbol)
    size = min(size, int(0.9 * left / len(lines)))
    widest = max((width_px(line, size) for line in lines), default=0.0)
    for row, line in enumerate(lines):
        y = middle + (row - (len(lines) - 1) / 2) * 1.05 * size
        painter.text(line, box.middle + symbol * size / 2, y, size, colour, "mm")
    if symbol:
        x = box.middle + symbol * size / 2 - widest / 2 - 0.7 * size
        if place is Place.NONE:
            draw_warning(painter, x, middle, 0.95 * size)
        else:
            draw_symbol(painter, place, x, middle, 0.8 * size, colour)
    for row, line in enumerate(reversed(told if small else ())):
        y = box.bottom - 1.1 * row * told_size
        painter.text(line, box.middle, y, told_size, palette.QUIET, "mb")
    _count(painter, model, Box(box.x, box.y, side, box.height), page)
    _time(painter, model, Box(box.right - side, box.y, side, box.height), page, look, now_s)


def clock(seconds: int) -> str:
    """Return a time left as a patient reads it: seconds, or minutes and seconds."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02d}" if seconds >= MINUTES_FROM_S else str(seconds)


def _told(model: ViewModel, now_s: float, asked: Asked) -> tuple[str, str, Place, Colour]:
    """Return the headline, the line under it, a shape before it, and its colour."""
    pause = model.language.pause
    if asked is Asked.SILENT:
        return pause.silent, "", Place.NONE, palette.HINT
    if asked is Asked.REFUSED:
        return pause.refused, "", Place.NONE, palette.HINT
    if asked is Asked.SENT:
        return pause.sent, "", Place.NONE, palette.TEXT
    stale = model.stale(now_s)
    told = None if stale else model.outcome(now_s)
    if told is not None:
        colour = palette.TEXT if told.place is Place.NONE else palette.PLACES[told.place]
        return told.line, model.language.phase.let_go, told.place, colour
    colour = palette.QUIET if stale else palette.TEXT
    unsaid = model.session.paused_for == "pain" or model.session.alarm
    small = "" if unsaid else model.explanation(now_s)
    if not stale and _awaits_cue(model):
        return small, "", Place.NONE, colour
    return model.instruction(now_s), small, Place.NONE, colour


def _awaits_cue(model: ViewModel) -> bool:
    """Return whether the body of the page says what the headline would say."""
    session = model.session
    return session.mode == "react" and session.phase in (Phase.PREPARE, Phase.HOLD)


def _endures(model: ViewModel) -> bool:
    """Return whether the body of the page shows the time."""
    return model.session.mode == "endurance" and model.session.phase is Phase.HOLD


def _alarmed(model: ViewModel, now_s: float) -> bool:
    return model.session.alarm and not model.stale(now_s)


def _lines(
    headline: str, size_px: float, room: float, height: float, symbol_em: float
) -> tuple[tuple[str, ...], int]:
    """Return a text in one line, or in two where that lets it be larger or whole."""
    size = min(size_px, 0.75 * height)
    room = room - symbol_em * min(size, 0.12 * room)
    lines, fitted = wrap(headline, size, room, SMALLEST * size)
    if len(lines) == 1:
        return lines, fitted
    one, one_size = fit(headline, size, room, SMALLEST * size)
    two_size = min(fitted, int(height / 2.2))
    two = two_size > 1.15 * one_size or one != headline
    return (lines, two_size) if two else ((one,), one_size)


def _count(painter: Painter, model: ViewModel, box: Box, page: Page) -> None:
    """Write which repetition this is, and of which set."""
    count, session, language = model.repetitions(), model.session, model.language
    if count is None or count.total <= 0 or session.phase is Phase.DONE:
        return
    if count.total == 1 and session.sets <= 1:
        return
    room = box.width - page.unit
    if model.of_trials:
        line = language.page.trial.format(number=count.number, total=count.total)
        lines, size = wrap(line, 6 * page.letter, room, 2.2 * page.unit)
        for row, part in enumerate(lines):
            y = box.centre + (row - (len(lines) - 1) / 2) * 1.1 * size
            painter.text(part, box.x, y, size, palette.TEXT, "lm")
        return
    line = language.page.repetition.format(number=count.number, total=count.total)
    line, size = fit(line, 7 * page.letter, room, 2.2 * page.unit)
    several = session.sets > 1 and session.set > 0
    middle = box.centre + (0.45 * size if several else 0.0)
    painter.text(line, box.x, middle, size, palette.TEXT, "lm")
    if several:
        line = _set_line(language, session.set, session.sets)
        line, small = fit(line, 3.8 * page.letter, room, 2.0 * page.unit)
        painter.text(line, box.x, middle - 0.75 * size, small, palette.QUIET, "lb")


def _set_line(language: Language, number: int, total: int) -> str:
    return language.page.set.format(number=number, total=total)


def _time(
    painter: Painter, model: ViewModel, box: Box, page: Page, look: Look, now_s: float
) -> None:
    """Draw a ring that empties, and the seconds left in it; two bars in a pause."""
    radius = min(0.5 * box.height, 0.5 * box.width, 8.5 * page.letter)
    x, y = box.right - radius, box.centre
    if model.session.phase is Phase.PAUSE:
        draw_pause(painter, x, y, 1.1 * radius, palette.TEXT)
        return
    elsewhere = _endures(model) and look.layout is not Layout.GAME
    left = None if model.stale(now_s) or elsewhere else model.seconds_left()
    if left is not None:
        draw_ring(painter, x, y, radius, left, look.calm)


def draw_ring(
    painter: Painter, x: float, y: float, radius: float, left: tuple[int, float], calm: bool
) -> None:
    """Draw the time left, whole seconds and part; in steps of a second if ``calm``."""
    seconds, part = left
    if calm and part > 0.0 and seconds > 0:
        part = round(part * 24) / 24
    thick = 0.2 * radius
    painter.ring(x, y, radius, thick, palette.TRACK)
    painter.ring(x, y, radius, thick, palette.TEXT, part, 1.0 - part)
    line, size = fit(clock(seconds), 0.95 * radius, 1.4 * radius, 0.3 * radius)
    painter.text(line, x, y, size, palette.TEXT, "mm")

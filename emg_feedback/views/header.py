"""The upper part of a page: what to do now, how often, how long."""

from collections.abc import Callable
from typing import NamedTuple

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.box import Box, Page
from emg_feedback.views.lettering import LINE_EM, fill, fit, width_px
from emg_feedback.views.look import Layout, Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Colour, Painter
from emg_feedback.views.pause import Asked
from emg_feedback.views.symbols import draw_pause, draw_result, draw_symbol, draw_warning
from emg_feedback.views.words import Place, which_part

Mark = Callable[[Painter, float, float, float], None]

MINUTES_FROM_S = 100
# What is read at two metres: parts of the window's height.
SMALLEST_HEADLINE = 0.06
SYMBOL_EM = 1.25


class Told(NamedTuple):
    """A headline, the line under it, and what stands before it."""

    headline: str
    small: str = ""
    colour: Colour = palette.TEXT
    mark: Mark | None = None


def draw_header(
    painter: Painter, model: ViewModel, page: Page, look: Look, now_s: float, asked: Asked
) -> None:
    """Draw the instruction, with the count on its left and the time on its right.

    They give way to an instruction that would be too small between them.
    """
    box, told = page.header, _told(model, now_s, asked)
    side = min(20 * page.letter, 0.22 * box.width)
    aside = side + 2 * page.unit
    between = Box(box.x + aside, box.y, box.width - 2 * aside, box.height)
    symbol = SYMBOL_EM if told.mark else 0.0
    lines, size = _headline(told.headline, 11 * page.letter, between, symbol)
    if size < SMALLEST_HEADLINE * page.size[1] and not _awaits_cue(model):
        lines, size = _headline(told.headline, 11 * page.letter, box, symbol)
    if size * _widest_em(lines, symbol) <= between.width:
        _count(painter, model, Box(box.x, box.y, side, box.height), page)
        _time(painter, model, Box(box.right - side, box.y, side, box.height), page, look, now_s)
    middle = box.middle + symbol * size / 2
    _write(painter, lines, middle, box.centre, size, told.colour)
    if told.mark:
        told.mark(painter, middle - (_widest_em(lines) / 2 + 0.7) * size, box.centre, 0.8 * size)
    if told.small:
        room = page.cue
        lines, size = fill(told.small, 5 * page.letter, room.width, room.height)
        _write(painter, lines, room.middle, room.centre, size, palette.QUIET)


def clock(seconds: int) -> str:
    """Return a time left as a patient reads it: seconds, or minutes and seconds."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}:{rest:02d}" if seconds >= MINUTES_FROM_S else str(seconds)


def _told(model: ViewModel, now_s: float, asked: Asked) -> Told:
    pause, session = model.language.pause, model.session
    if asked is Asked.SILENT:
        return Told(pause.silent, colour=palette.HINT)
    if asked in (Asked.NOTED, Asked.REFUSED):
        return Told(pause.refused, colour=palette.HINT)
    if asked is Asked.SENT:
        return Told(pause.sent)
    if model.stale(now_s):
        return Told(model.instruction(now_s), model.explanation(now_s), palette.QUIET)
    told = model.outcome(now_s)
    if told is not None and told.place is Place.NONE:
        return Told(told.line, model.language.phase.let_go)
    if told is not None:
        colour = palette.PLACES[told.place]
        return Told(told.line, model.language.phase.let_go, colour, _symbol(told.place))
    small = model.explanation(now_s)
    if _awaits_cue(model):
        return Told(small)
    if session.alarm:
        return Told(model.instruction(now_s), mark=draw_warning)
    if session.paused_for == "pain":
        return Told(model.instruction(now_s))
    mark = _star if session.phase is Phase.RELAX and model.result() == "good" else None
    return Told(model.instruction(now_s), small, mark=mark)


def _awaits_cue(model: ViewModel) -> bool:
    """Return whether the body of the page says what the headline would say."""
    session = model.session
    return session.mode == "react" and session.phase in (Phase.PREPARE, Phase.HOLD)


def _endures(model: ViewModel) -> bool:
    """Return whether the body of the page shows the time."""
    return model.session.mode == "endurance" and model.session.phase is Phase.HOLD


def _headline(line: str, size_px: float, box: Box, symbol_em: float) -> tuple[tuple[str, ...], int]:
    """Return the lines of a headline, and the size with which it and a symbol fit into a box."""
    lines, size = fill(line, size_px, box.width, box.height)
    return lines, min(size, int(box.width / max(1.0, _widest_em(lines, symbol_em))))


def _widest_em(lines: tuple[str, ...], symbol_em: float = 0.0) -> float:
    return max(width_px(line, 100) for line in lines) / 100 + symbol_em


def _write(
    painter: Painter,
    lines: tuple[str, ...],
    x: float,
    y: float,
    size: int,
    colour: Colour,
    anchor: str = "mm",
) -> None:
    """Write lines around a point, or from it."""
    for row, line in enumerate(lines):
        down = (row - (len(lines) - 1) / 2) * LINE_EM * size
        painter.text(line, x, y + down, size, colour, anchor)


def _symbol(place: Place) -> Mark:
    def draw(painter: Painter, x: float, y: float, size: float) -> None:
        draw_symbol(painter, place, x, y, size, palette.PLACES[place])

    return draw


def _star(painter: Painter, x: float, y: float, size: float) -> None:
    draw_result(painter, "good", x, y, 0.6 * size)


def _count(painter: Painter, model: ViewModel, box: Box, page: Page) -> None:
    """Write which repetition this is, and of which part or set."""
    count, session, language = model.repetitions(), model.session, model.language
    if session.phase is Phase.DONE:
        return
    room, which = box.width, which_part(language, session)
    if count is None or count.total <= (1 if session.sets <= 1 else 0):
        if which:
            line, size = fit(which, min(3.8 * page.letter, box.height), room, 2.0 * page.unit)
            painter.text(line, box.x, box.centre, size, palette.QUIET, "lm")
        return
    if model.of_trials:
        line = language.page.trial.format(number=count.number, total=count.total)
        lines, size = fill(line, 5.5 * page.letter, room, box.height)
        _write(painter, lines, box.x, box.centre, size, palette.TEXT, "lm")
        return
    line = language.page.repetition.format(number=count.number, total=count.total)
    line, size = fit(line, min(7 * page.letter, 0.7 * box.height), room, 2.2 * page.unit)
    middle = box.centre + (0.35 * size if which else 0.0)
    painter.text(line, box.x, middle, size, palette.TEXT, "lm")
    if which:
        line, small = fit(which, min(3.8 * page.letter, 0.34 * box.height), room, 2.0 * page.unit)
        painter.text(line, box.x, middle - 0.55 * size, small, palette.QUIET, "lb")


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
    thick = 0.16 * radius
    painter.ring(x, y, radius, thick, palette.TRACK)
    painter.ring(x, y, radius, thick, palette.TEXT, part, 1.0 - part)
    line, size = fit(clock(seconds), 1.2 * radius, 1.45 * radius, 0.3 * radius)
    painter.text(line, x, y, size, palette.TEXT, "mm")

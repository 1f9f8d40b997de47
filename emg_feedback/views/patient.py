"""The patient's page: what to do now, how long, how often, and a bar for every muscle."""

import math

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette, words
from emg_feedback.views.column import Box, draw_column, page_style
from emg_feedback.views.lettering import fit
from emg_feedback.views.model import Repetitions, ViewModel
from emg_feedback.views.painter import Painter

_MOST_DOTS = 8


def draw_patient(painter: Painter, model: ViewModel, size: tuple[int, int], now_s: float) -> None:
    """Draw the page for ``model`` as it is at ``now_s`` into ``size`` pixels."""
    width, height = size
    unit = min(height, width * 0.75) / 100
    if model.frame is None:
        _waiting(painter, size, unit, now_s)
    else:
        margin = 3.5 * unit
        header = Box(margin, margin, width - 2 * margin, 0.175 * height)
        _header(painter, model, header, unit, now_s)
        top, bottom = 0.235 * height, 0.955 * height
        _columns(painter, model, Box(margin, top, width - 2 * margin, bottom - top), unit, now_s)
    if model.session.phase is Phase.IDLE:
        painter.text(
            words.DISCLAIMER, width / 2, height - 1.6 * unit, 2.8 * unit, palette.QUIET, "mb"
        )


def _waiting(painter: Painter, size: tuple[int, int], unit: float, now_s: float) -> None:
    width, height = size
    line, size_px = fit(words.WAITING, 10 * unit, 0.9 * width, unit)
    painter.text(line, width / 2, 0.44 * height, size_px, palette.TEXT, "mm")
    for dot in range(3):
        glow = 0.5 + 0.5 * math.sin(2 * math.pi * (now_s / 1.8 - dot / 6))
        x = width / 2 + (dot - 1) * 5 * unit
        painter.circle(
            x, 0.58 * height, 1.1 * unit, palette.faded(palette.QUIET, 0.25 + 0.75 * glow)
        )


def _header(painter: Painter, model: ViewModel, box: Box, unit: float, now_s: float) -> None:
    side = 22 * unit
    colour = palette.QUIET if model.stale(now_s) else palette.TEXT
    room = box.width - 2 * side
    line, size = fit(model.instruction(now_s), 15 * unit, room, 4 * unit)
    painter.text(line, box.middle, box.y + box.height / 2, size, colour, "mm")
    count = model.repetitions()
    if count is not None and count.total > 0:
        _count(painter, model, count, Box(box.x, box.y, side, box.height), unit)
    left = None if model.stale(now_s) else model.seconds_left()
    if left is not None:
        radius = 8.5 * unit
        x, y = box.x + box.width - radius, box.y + box.height / 2
        painter.ring(x, y, radius, 1.7 * unit, palette.TRACK)
        painter.ring(x, y, radius, 1.7 * unit, palette.TEXT, left[1], 1.0 - left[1])
        painter.text(str(left[0]), x, y, 8 * unit, palette.TEXT, "mm")


def _count(painter: Painter, model: ViewModel, count: Repetitions, box: Box, unit: float) -> None:
    """Write which repetition this is, with a dot for each, or a line if they are many."""
    session, middle = model.session, box.y + box.height / 2
    if session.sets > 1 and session.set > 0:
        line = words.SET_OF.format(set=session.set, sets=session.sets)
        painter.text(line, box.x, middle - 5.6 * unit, 3.6 * unit, palette.QUIET, "lb")
    line = words.OUT_OF.format(done=count.number, all=count.total)
    line, size = fit(line, 7 * unit, box.width, 3 * unit)
    painter.text(line, box.x, middle, size, palette.TEXT, "lm")
    if count.total > _MOST_DOTS:
        y, width, height = middle + 5.7 * unit, 0.75 * box.width, 1.6 * unit
        share = min(1.0, count.finished / count.total)
        painter.rect(box.x, y, width, height, palette.TRACK, height / 2)
        painter.rect(box.x, y, share * width, height, palette.TEXT, height / 2)
        return
    step = min(4.4 * unit, (box.width - 3 * unit) / count.total)
    radius = min(1.4 * unit, 0.38 * step)
    for dot in range(count.total):
        x, y = box.x + radius + dot * step, middle + 6.5 * unit
        if dot < count.finished:
            painter.circle(x, y, radius, palette.TEXT)
        else:
            colour = palette.TEXT if dot == count.number - 1 else palette.DIM
            painter.ring(x, y, radius, 0.45 * radius, colour)


def _columns(painter: Painter, model: ViewModel, box: Box, unit: float, now_s: float) -> None:
    bars = model.bars(now_s)
    if not bars:
        return
    gap = min(3 * unit, 0.12 * box.width / len(bars))
    width = (box.width - gap * (len(bars) - 1)) / len(bars)
    style = page_style(bars, width, box.height)
    for channel, bar in enumerate(bars):
        place = Box(box.x + channel * (width + gap), box.y, width, box.height)
        draw_column(painter, bar, model.trace(channel, now_s), place, style)

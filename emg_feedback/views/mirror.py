"""Both sides: bars that grow outwards from the middle, and a beam that tilts to the stronger."""

import math

from emg_config.protocol import Band
from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.column import FAINT, draw_labelled
from emg_feedback.views.lettering import fit, wrap
from emg_feedback.views.look import Look
from emg_feedback.views.model import BarState, ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.symbols import draw_closed_eye
from emg_feedback.views.words import Place

EVEN = 0.15
MOST_TILT = 0.20  # radians, at twice what is still even
STEP = 0.05


def draw_mirror(painter: Painter, model: ViewModel, box: Box, look: Look, now_s: float) -> None:
    """Draw a left and a right trained muscle."""
    balance = model.balance()
    if balance is None:
        return
    bars = model.bars(now_s)
    left, right, share = balance
    unit = min(box.height, 0.7 * box.width) / 100
    letter = unit * look.text_size
    gap = 1.6 * unit
    width = (box.width - gap) / 2
    head, words = min(14 * letter, 16 * unit), 12 * letter
    top = box.y + head
    height = max(16 * unit, 0.5 * (box.height - head - words - 8 * letter))
    words_y = top + height + 0.5 * words
    for bar, x, way in ((bars[left], box.x, -1), (bars[right], box.x + width + gap, 1)):
        names, size = wrap(bar.name, 8 * letter, 0.96 * width, 3 * unit)
        size = min(size, round((head - 3 * unit) / (1.1 * len(names))))
        for row, name in enumerate(reversed(names)):
            y = top - 4.5 * unit - row * 1.1 * size
            painter.text(name, x + width / 2, y, size, palette.TEXT, "mb")
        _bar(painter, bar, Box(x, top, width, height), way, unit)
        _words(painter, bar, Box(x, words_y, width, 0), letter)
    painter.rect(box.middle - 0.4 * unit, top - unit, 0.8 * unit, height + 2 * unit, palette.TEXT)
    beam_top = words_y + 0.5 * words
    told = not (bars[left].stale or bars[right].stale or bars[left].hidden)
    judged = told and model.session.phase is Phase.HOLD  # nobody is to balance muscles at rest
    _beam(
        painter,
        model,
        Box(box.x, beam_top, box.width, box.bottom - beam_top),
        share if judged else None,
        letter,
        look,
    )


def _bar(painter: Painter, bar: BarState, box: Box, way: int, unit: float) -> None:
    """Draw a bar that lies; it grows to the left if ``way`` is -1."""
    painter.rect(box.x, box.y, box.width, box.height, palette.TRACK, 1.2 * unit)
    start = box.x if way > 0 else box.right
    if bar.level is not None and bar.level > 0:
        colour = palette.DIM if bar.stale else palette.PLACES[bar.place]
        length = bar.level * box.width
        painter.rect(min(start, start + way * length), box.y, length, box.height, colour, unit)
    if bar.stale or bar.hidden:
        ground = palette.faded(palette.GROUND, 0.75)
        painter.hatch(box.x, box.y, box.width, box.height, 4 * unit, max(1.5, 0.5 * unit), ground)
    if bar.hidden and not bar.stale:
        draw_closed_eye(painter, box.middle, box.centre, 0.5 * box.height, palette.QUIET)
        return
    for band, faint in ((bar.other, True), (bar.band, bar.stale)):
        if band is not None:
            _target(painter, band, box, way, unit, FAINT if faint else 1.0)


def _target(painter: Painter, band: Band, box: Box, way: int, unit: float, opacity: float) -> None:
    """Draw the zone to be in: tinted, with a bracket above and below the bar."""
    colour = palette.faded(palette.BAND, opacity)
    start = box.x if way > 0 else box.right
    edges = [start + way * edge * box.width for edge in band]
    near, far = min(edges), max(edges)
    painter.rect(near, box.y, far - near, box.height, palette.faded(colour, 0.22))
    line, gap, arm = max(2.0, 0.8 * unit), 1.0 * unit, 3 * unit
    for y in (box.y - gap - line, box.bottom + gap):
        painter.rect(near - line / 2, y, far - near + line, line, colour)
    for x in (near, far):
        painter.rect(x - line / 2, box.y - gap - line, line, arm, colour)
        painter.rect(x - line / 2, box.bottom + gap + line - arm, line, arm, colour)


def _words(painter: Painter, bar: BarState, box: Box, letter: float) -> None:
    if bar.hint or bar.place is Place.NONE:
        line, size = fit(bar.hint or bar.word or bar.number, 8 * letter, 0.96 * box.width, 2.0)
        colour = palette.HINT if bar.hint else palette.QUIET
        painter.text(line, box.middle, box.y, size, colour, "mm")
        return
    line, size = fit(f"{bar.word}  {bar.number}", 8 * letter, 0.82 * box.width, 2.0)
    colour = palette.PLACES[bar.place]
    draw_labelled(painter, bar.place, line, box.middle, box.y, size, colour)


def _beam(
    painter: Painter, model: ViewModel, box: Box, share: float | None, letter: float, look: Look
) -> None:
    """Draw a see-saw; it is level, and says so, while both sides are alike."""
    unit = letter / look.text_size
    told = (model.status.protocol or {}) if model.status is not None else {}
    limit = told.get("most_asymmetry", EVEN)
    even = float(limit) if isinstance(limit, int | float) and 0.0 < limit < 1.0 else EVEN
    text = min(11 * letter, 0.4 * box.height)
    reach = 0.34 * box.width
    pivot_y = box.y + 0.3 * box.height
    lean = 0.0 if share is None else max(-1.0, min(1.0, share / (2 * even)))
    if look.calm:
        lean = round(lean / STEP) * STEP
    alike = share is not None and abs(share) <= even
    colour = palette.PLACES[Place.IN if alike else Place.ABOVE]
    if share is None:
        colour = palette.DIM
    most = pivot_y - box.y - 2.6 * unit
    rise = max(-most, min(most, math.sin(MOST_TILT * lean) * reach))
    ends = [(box.middle - reach, pivot_y - rise), (box.middle + reach, pivot_y + rise)]
    painter.polyline(ends, max(3.0, 2 * unit), colour)
    foot = min(5 * unit, 0.2 * box.height)
    painter.polygon(
        [
            (box.middle, pivot_y + unit),
            (box.middle + foot, pivot_y + 1.3 * foot),
            (box.middle - foot, pivot_y + 1.3 * foot),
        ],
        palette.QUIET,
    )
    for x, y in ends:
        painter.circle(x, y, 2.6 * unit, colour)
    if share is None:
        return
    modes = model.language.mode
    word = modes.even if alike else modes.more_left if share > 0 else modes.more_right
    line, size = fit(word, text, 0.8 * box.width, 2.0)
    painter.text(line, box.middle, box.bottom - 0.4 * text, size, colour, "mm")

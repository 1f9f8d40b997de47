"""The patient's page: what to do now, how long, how often, and every muscle."""

import math

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.beside import (
    draw_alarm_frame,
    draw_companion,
    draw_done,
    draw_pain_page,
    has_companion,
)
from emg_feedback.views.box import Box, Page, page_of
from emg_feedback.views.footer import draw_footer
from emg_feedback.views.game import draw_game
from emg_feedback.views.header import draw_header
from emg_feedback.views.lettering import fit, wrap
from emg_feedback.views.look import Layout, Look, layout_for
from emg_feedback.views.mirror import draw_mirror
from emg_feedback.views.model import ViewModel
from emg_feedback.views.one import draw_bars, draw_one
from emg_feedback.views.painter import Painter
from emg_feedback.views.path import draw_paths
from emg_feedback.views.pause import Asked

_PLAIN = Look()


def draw_patient(
    painter: Painter,
    model: ViewModel,
    size: tuple[int, int],
    now_s: float,
    look: Look = _PLAIN,
    asked: Asked | None = None,
) -> None:
    """Draw the page for ``model`` as it is at ``now_s`` into ``size`` pixels.

    ``asked`` is what came of the patient's pause button, None where there is none.
    """
    page = page_of(size, look)
    painter.origin = page.origin
    painter.theme = palette.HIGH_CONTRAST if look.high_contrast else {}
    if model.frame is None:
        _waiting(painter, model, page, look, now_s)
    else:
        draw_header(painter, model, page, look, now_s, asked or Asked.NOTHING)
        _body(painter, model, page, look, now_s)
    draw_footer(painter, model, page, asked)
    if model.session.alarm and not model.stale(now_s):
        whole = Box(0.0, 0.0, *page.size)
        draw_alarm_frame(painter, whole, 1.6 * page.unit)


def _waiting(painter: Painter, model: ViewModel, page: Page, look: Look, now_s: float) -> None:
    (width, height), unit = page.size, page.unit
    line, size_px = fit(model.language.page.waiting, 10 * page.letter, 0.9 * width, unit)
    painter.text(line, width / 2, 0.44 * height, size_px, palette.TEXT, "mm")
    for dot in range(3):
        glow = 0.5 + 0.5 * math.sin(2 * math.pi * (now_s / 1.8 - dot / 6))
        opacity = 1.0 if look.calm else 0.25 + 0.75 * glow
        x = width / 2 + (dot - 1) * 5 * unit
        painter.circle(x, 0.58 * height, 1.1 * unit, palette.faded(palette.QUIET, opacity))
    if model.trouble:
        lines, size_px = wrap(model.trouble, 4.5 * page.letter, 0.9 * width, unit)
        for row, line in enumerate(lines):
            y = 0.68 * height + 1.2 * row * size_px
            painter.text(line, width / 2, y, size_px, palette.HINT, "mm")


def _body(painter: Painter, model: ViewModel, page: Page, look: Look, now_s: float) -> None:
    session, box = model.session, page.body
    if model.over:
        return
    if session.phase is Phase.DONE:
        draw_done(painter, model, box, page.letter)
        return
    if session.phase is Phase.PAUSE and session.paused_for == "pain":
        draw_pain_page(painter, model, box, page.letter)
        return
    shown, trained = model.channels(), model.channels("train")
    layout = layout_for(session, look.layout, len(trained), len(shown))
    playing = layout is Layout.GAME
    if has_companion(model, playing):
        beside, box = box.halves(0.4 if playing else 0.5, 4 * page.unit)
        draw_companion(painter, model, beside, look, now_s)
    bars = model.bars(now_s)
    match layout:
        case Layout.GAME:
            draw_game(painter, model, box, page.unit, now_s, look.calm)
        case Layout.PATH:
            draw_paths(painter, model, trained or shown, box, look, now_s)
        case Layout.MIRROR:
            draw_mirror(painter, model, box, look, now_s)
        case Layout.ONE if shown:
            channel = (trained or shown)[0]
            draw_one(painter, bars[channel], model.trace(channel, now_s), box, model.language, look)
        case _:
            draw_bars(painter, [bars[channel] for channel in shown], box, model.language, look)

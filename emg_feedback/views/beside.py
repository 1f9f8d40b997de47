"""What stands beside the bars in some exercises, and pages without bars."""

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.header import draw_ring
from emg_feedback.views.lettering import LINE_EM, fill, fit
from emg_feedback.views.look import Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.symbols import draw_pause, draw_result, draw_warning

STARS_A_ROW = 6


def has_companion(model: ViewModel, playing: bool = False) -> bool:
    """Return whether something stands beside the bars, or the game, now."""
    phase, mode = model.session.phase, model.session.mode
    if mode == "endurance":
        return phase is Phase.HOLD and not playing
    return mode == "react" and phase in (Phase.PREPARE, Phase.HOLD)


def draw_companion(painter: Painter, model: ViewModel, box: Box, look: Look, now_s: float) -> None:
    """Draw the cue to react to, or the long ring of an endurance hold."""
    radius = 0.46 * min(box.width, box.height)
    x, y = box.middle, box.centre
    if model.stale(now_s):
        painter.ring(x, y, radius, 0.08 * radius, palette.DIM)
    elif model.session.mode == "endurance":
        left = model.seconds_left()
        if left is not None:
            draw_ring(painter, x, y, radius, left, look.calm)
        if model.session.alarm:
            draw_warning(painter, x, y - 0.58 * radius, 0.36 * radius)
    elif model.session.phase is Phase.PREPARE:
        painter.ring(x, y, radius, 0.08 * radius, palette.QUIET)
        word = model.language.mode.wait
        line, size = fit(word, 0.5 * radius * look.text_size, 1.6 * radius, 8.0)
        painter.text(line, x, y, size, palette.QUIET, "mm")
    else:
        _cue(painter, model, x, y, radius, look, now_s)


def draw_alarm_frame(painter: Painter, box: Box, thickness: float) -> None:
    """Draw a frame around the page."""
    across, down, line = box.width, box.height, thickness
    painter.rect(box.x, box.y, across, line, palette.ALARM)
    painter.rect(box.x, box.bottom - line, across, line, palette.ALARM)
    painter.rect(box.x, box.y, line, down, palette.ALARM)
    painter.rect(box.right - line, box.y, line, down, palette.ALARM)


def draw_done(painter: Painter, model: ViewModel, box: Box, letter: float) -> None:
    """Draw a star for every repetition of the exercise, and how many were good."""
    session, language = model.session, model.language
    results = session.results
    if not results:
        return
    counted = [result for result in results if result != "void"]
    if counted:
        line = language.page.good.format(number=counted.count("good"), total=len(counted))
        line, size = fit(line, min(13 * letter, 0.26 * box.height), box.width, 2 * letter)
        painter.text(line, box.middle, box.y + 0.86 * box.height, size, palette.TEXT, "mm")
    if len(results) > 8 * STARS_A_ROW:
        radius = 0.26 * min(box.width, box.height)
        draw_result(painter, "good", box.middle, box.y + 0.38 * box.height, radius)
        return
    rows = -(-len(results) // STARS_A_ROW)
    if rows > 2:
        rows = max(2, round((len(results) * box.height / box.width) ** 0.5))
    per_row = -(-len(results) // rows)
    step = min(0.7 * box.height / rows, box.width / per_row, 26 * letter)
    for number, result in enumerate(results):
        row, column = divmod(number, per_row)
        in_row = min(per_row, len(results) - row * per_row)
        x = box.middle + (column - (in_row - 1) / 2) * step
        y = box.y + 0.36 * box.height + (row - (rows - 1) / 2) * step
        draw_result(painter, result, x, y, 0.42 * step)


def draw_pain_page(painter: Painter, model: ViewModel, box: Box, letter: float) -> None:
    """Draw a calm page: the exercise stands still, and who helps."""
    told = Box(box.x, box.y + 0.56 * box.height, box.width, 0.44 * box.height)
    radius = 0.26 * min(box.width, box.height)
    painter.circle(box.middle, box.y + 0.29 * box.height, radius, palette.HINT)
    draw_pause(painter, box.middle, box.y + 0.29 * box.height, radius, palette.GROUND)
    lines, size = fill(model.language.pause.pain, 8 * letter, 0.94 * told.width, told.height)
    for row, line in enumerate(lines):
        y = told.centre + (row - (len(lines) - 1) / 2) * LINE_EM * size
        painter.text(line, told.middle, y, size, palette.TEXT, "mm")


def _cue(
    painter: Painter, model: ViewModel, x: float, y: float, radius: float, look: Look, now_s: float
) -> None:
    """Draw a bright disc with the word to act on."""
    painter.circle(x, y, radius, palette.HINT)
    line, size = fit(model.instruction(now_s), 0.72 * radius * look.text_size, 1.7 * radius, 8.0)
    painter.text(line, x, y, size, palette.GROUND, "mm")

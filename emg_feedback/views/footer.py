"""The lower part of a page: what was done so far, and the button for pain."""

from emg_config.language import Language
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views import palette
from emg_feedback.views.box import Box, Page
from emg_feedback.views.lettering import LINE_EM, fill, wrap
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.pause import Asked
from emg_feedback.views.symbols import draw_pause, draw_result

MOST_STARS = 12


def draw_footer(painter: Painter, model: ViewModel, page: Page, asked: Asked | None) -> None:
    """Draw the results, and the button unless ``asked`` is None."""
    box = page.footer
    if asked is not None:
        draw_button(painter, page, model.language, asked)
        box = Box(box.x, box.y, page.button.x - 2 * page.unit - box.x, box.height)
    session = model.session
    if session.phase is Phase.IDLE:
        lines, size = wrap(
            model.language.page.disclaimer, 2.8 * page.unit, box.width, 1.6 * page.unit
        )
        for row, line in enumerate(lines):
            y = box.bottom - (len(lines) - 1 - row) * 1.2 * size - 0.6 * page.unit
            painter.text(line, box.x, y, size, palette.QUIET, "lb")
    elif session.phase is not Phase.DONE and not model.of_trials:
        results = set_results(session, model.results())
        if len(results) > MOST_STARS:
            _tally(painter, model.results(), box, page.unit)
        elif len(results) > 1 or any(results):
            _stars(painter, results, box, page.unit)


def draw_button(painter: Painter, page: Page, language: Language, asked: Asked) -> None:
    """Draw the round button at the right, with its word before it; it lights up once pressed."""
    box, unit = page.button, page.unit
    radius = box.height / 2
    x, y = box.right - radius, box.centre
    pressed = asked in (Asked.SENT, Asked.TAKEN, Asked.NOTED)
    if pressed:
        painter.circle(x, y, radius, palette.HINT)
    else:
        painter.circle(x, y, radius, palette.TRACK)
        painter.ring(x, y, radius, max(2.0, 0.5 * unit), palette.TEXT)
    draw_pause(painter, x, y, 0.8 * radius, palette.GROUND if pressed else palette.TEXT)
    words = {Asked.SENT: language.pause.sent, Asked.TAKEN: language.phase.pause}
    label = words.get(asked, language.pause.button)
    room = box.width - 2 * radius - 2 * unit
    lines, size = fill(label, 5 * page.letter, room, box.height)
    for row, line in enumerate(lines):
        middle = y + (row - (len(lines) - 1) / 2) * LINE_EM * size
        painter.text(line, x - radius - 2 * unit, middle, size, palette.TEXT, "rm")


def set_results(session: SessionState, results: list[str]) -> list[str]:
    """Return the results of the present set, and empty texts for what is still to come."""
    total = max(session.repetitions, 0)
    done = results[max(0, (session.set - 1) * total) :]
    return (done + [""] * (total - len(done)))[: max(total, len(done))]


def _stars(painter: Painter, results: list[str], box: Box, unit: float) -> None:
    """Draw a star for each repetition."""
    rows = 2 if len(results) > 2 and box.width / len(results) < 6 * unit else 1
    in_row = -(-len(results) // rows)
    step = min(8 * unit, box.width / in_row, 1.1 * box.height / rows)
    radius = 0.44 * step
    for number, result in enumerate(results):
        row, place = divmod(number, in_row)
        x = box.x + radius + place * step
        y = box.centre + (row - (rows - 1) / 2) * step
        if result:
            draw_result(painter, result, x, y, radius)
        else:
            painter.circle(x, y, 0.28 * radius, palette.DIM)


def _tally(painter: Painter, results: list[str], box: Box, unit: float) -> None:
    """Draw how many repetitions of each kind there were."""
    step = min(22 * unit, box.width / 3)
    radius = min(3.4 * unit, 0.2 * step)
    for number, result in enumerate(("good", "missed", "void")):
        x = box.x + number * step
        draw_result(painter, result, x + radius, box.centre, radius)
        line = str(results.count(result))
        painter.text(
            line, x + 2.4 * radius, box.centre, min(6 * unit, 0.3 * step), palette.TEXT, "lm"
        )

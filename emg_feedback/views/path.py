"""The path to follow: a corridor, the patient's own line over it, and a ball that is now."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.column import draw_labelled
from emg_feedback.views.course import Course
from emg_feedback.views.lettering import fit
from emg_feedback.views.look import Look
from emg_feedback.views.model import BarState, ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.symbols import draw_closed_eye, draw_symbol
from emg_feedback.views.words import Place

Array = npt.NDArray[np.float64]

BEHIND_S, AHEAD_S = 3.0, 6.0
PAGE_S = 30.0
STEP_S = 0.5
MOST_POINTS = 400
# The path fills the page but for some room to overshoot.
ROOM = 1.2


@dataclass(frozen=True)
class Chart:
    """Where time and level are on the screen."""

    box: Box
    start_s: float
    stop_s: float
    top: float = 1.0

    def x(self, time_s: Array) -> Array:
        """Return where times are across; those outside are at the edges."""
        part = (np.asarray(time_s) - self.start_s) / (self.stop_s - self.start_s)
        return self.box.x + np.clip(part, 0.0, 1.0) * self.box.width

    def y(self, level: Array) -> Array:
        """Return where levels are down; those outside are at the edges."""
        return self.box.bottom - np.clip(np.asarray(level) / self.top, 0.0, 1.0) * self.box.height


def draw_paths(
    painter: Painter, model: ViewModel, channels: list[int], box: Box, look: Look, now_s: float
) -> None:
    """Draw the path of each muscle, one above the other."""
    if not channels:
        return
    bars = model.bars(now_s)
    gap = 0.03 * box.height
    height = (box.height - gap * (len(channels) - 1)) / len(channels)
    for row, channel in enumerate(channels):
        lane = Box(box.x, box.y + row * (height + gap), box.width, height)
        _lane(painter, model, channel, bars[channel], lane, look, now_s)


def _lane(
    painter: Painter,
    model: ViewModel,
    channel: int,
    bar: BarState,
    box: Box,
    look: Look,
    now_s: float,
) -> None:
    letter = min(box.height, 0.6 * box.width) / 100 * look.text_size
    title = min(max(9 * letter, 0.05 * box.width), 0.2 * box.height)
    _title(painter, bar, Box(box.x, box.y, box.width, 1.2 * title), title)
    panel = Box(box.x, box.y + 1.3 * title, box.width, box.height - 1.3 * title)
    painter.rect(panel.x, panel.y, panel.width, panel.height, palette.PANEL, 0.02 * box.height)
    ball = max(0.07 * panel.height, 0.018 * panel.width) * look.text_size**0.5
    ball = min(ball, 0.12 * panel.height, 0.06 * panel.width)
    inner = Box(panel.x, panel.y + 1.4 * ball, panel.width, panel.height - 2.8 * ball)
    course = None if bar.hidden else model.course(channel, now_s)
    chart = _chart(course, inner, look)
    if course is not None:
        _corridor(painter, course, chart, bar.stale)
    elif bar.band is not None and not bar.hidden:
        low, high = bar.band
        flat = Course(np.array([0.0, 1.0]), np.full(2, (low + high) / 2), (high - low) / 2, 0.0)
        _corridor(painter, flat, Chart(inner, 0.0, 1.0), bar.stale)
    if bar.hidden:
        draw_closed_eye(painter, panel.middle, panel.centre, 0.4 * panel.height, palette.QUIET)
        return
    at_s = 0.0 if course is None else course.at_s
    span_s = min(at_s - chart.start_s, PAGE_S)
    if span_s > 0.0:
        _line(painter, model.trace(channel, now_s, span_s), at_s, chart, bar.stale, ball)
    if bar.level is not None and not bar.stale:
        _ball(painter, bar, at_s, chart, ball, look)


def _title(painter: Painter, bar: BarState, box: Box, size_px: float) -> None:
    """Write the muscle's name on the left, its state in the middle and its number on the right."""
    third = box.width / 3
    name, size = fit(bar.name, size_px, 1.2 * third, 0.4 * size_px)
    painter.text(name, box.x, box.centre, size, palette.TEXT, "lm")
    if bar.hint or bar.place is Place.NONE:
        word = bar.hint or bar.word
        word, size = fit(word, size_px, third, 0.4 * size_px)
        colour = palette.HINT if bar.hint else palette.QUIET
        painter.text(word, box.x + 1.75 * third, box.centre, size, colour, "mm")
    else:
        _, size = fit(bar.word, size_px, 0.7 * third, 0.4 * size_px)
        colour = palette.PLACES[bar.place]
        draw_labelled(painter, bar.place, bar.word, box.x + 1.75 * third, box.centre, size, colour)
    if not bar.hint:
        painter.text(bar.number, box.right, box.centre, size_px, palette.TEXT, "rm")


def _chart(course: Course | None, box: Box, look: Look) -> Chart:
    """Return a chart that moves with the patient, or one that stands if the look is calm."""
    if course is None:
        return Chart(box, -2 * BEHIND_S, 0.25 * BEHIND_S)
    top = min(1.0, ROOM * (float(course.level.max()) + course.tolerance))
    if not look.calm:
        return Chart(box, course.at_s - BEHIND_S, course.at_s + AHEAD_S, top)
    if course.length_s <= PAGE_S:
        return Chart(box, -1.0, course.length_s + 1.0, top)
    page = max(0.0, min(course.at_s, course.length_s - 1e-6) // PAGE_S)
    return Chart(box, page * PAGE_S - 1.0, (page + 1.0) * PAGE_S + 1.0, top)


def _corridor(painter: Painter, course: Course, chart: Chart, stale: bool) -> None:
    """Draw where to be: a tinted band with firm edges, from its start to its end."""
    inside = (course.time_s > chart.start_s) & (course.time_s < chart.stop_s)
    ends = np.array([chart.start_s, chart.stop_s])
    ends = np.clip(ends, course.time_s[0], course.time_s[-1])
    if ends[0] >= ends[1]:
        return
    levels = np.interp(ends, course.time_s, course.level)
    time_s = np.concatenate([ends[:1], course.time_s[inside], ends[1:]])
    level = np.concatenate([levels[:1], course.level[inside], levels[1:]])
    x = chart.x(time_s)
    top, bottom = chart.y(level + course.tolerance), chart.y(level - course.tolerance)
    opacity = 0.35 if stale else 1.0
    painter.area(x, top, bottom, palette.faded(palette.BAND, 0.3 * opacity))
    line = max(2.0, 0.008 * chart.box.height)
    for edge in (top, bottom):
        points = np.stack([x, edge], axis=1)
        apart = np.concatenate([[True], np.abs(np.diff(points, axis=0)).max(axis=1) > 0.5])
        if apart.sum() >= 2:
            painter.polyline(points[apart], line, palette.faded(palette.BAND, 0.9 * opacity))


def _line(
    painter: Painter,
    trace: tuple[Array, Array],
    at_s: float,
    chart: Chart,
    stale: bool,
    ball: float,
) -> None:
    """Draw where the patient has been."""
    age_s, level = trace
    every = max(1, -(-len(age_s) // MOST_POINTS))
    age_s, level = age_s[::every], level[::every]
    if len(age_s) < 2:
        return
    points = np.stack([chart.x(at_s - age_s), chart.y(level)], axis=1)
    painter.polyline(points, max(2.0, 0.3 * ball), palette.DIM if stale else palette.QUIET)


def _ball(
    painter: Painter, bar: BarState, at_s: float, chart: Chart, radius: float, look: Look
) -> None:
    """Draw where the patient is: a disc with the shape of the state in it."""
    assert bar.level is not None
    shown_s = np.floor(at_s / STEP_S) * STEP_S if look.calm else at_s
    x = float(chart.x(np.array(shown_s)))
    x = min(max(x, chart.box.x + 1.2 * radius), chart.box.right - 1.2 * radius)
    y = float(chart.y(np.array(bar.level)))
    painter.circle(x, y, 1.2 * radius, palette.GROUND)
    if bar.place is Place.NONE:
        painter.circle(x, y, radius, palette.TEXT)
    elif bar.place is Place.IN:
        draw_symbol(painter, bar.place, x, y, 2 * radius, palette.PLACES[bar.place])
    else:
        painter.circle(x, y, radius, palette.PLACES[bar.place])
        draw_symbol(painter, bar.place, x, y, 0.9 * radius, palette.GROUND)

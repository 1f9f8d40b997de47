"""The last seconds of every muscle, one lane each, as one array of triangles."""

import numpy as np

from emg_feedback.views import palette
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.target import full_scale
from emg_feedback.views.console.words import Light, microvolts, percent
from emg_feedback.views.history import SPAN_S
from emg_feedback.views.lettering import fit
from emg_feedback.views.painter import Colour, Painter

LEAST_LANE_PX = 44
PAD_PX, GAP_PX = 12, 6
LIGHTS: dict[Light, Colour] = {
    Light.GOOD: palette.TEXT,
    Light.WATCH: palette.HINT,
    Light.BAD: (1.0, 0.48, 0.35, 1.0),
    Light.NONE: palette.DIM,
}


def draw_traces(
    painter: Painter, model: ConsoleModel, size: tuple[int, int], now_s: float, scale: float = 1.0
) -> None:
    """Draw all lanes into ``size`` pixels; ``scale`` is pixels per unit of the screen."""
    width, height = size
    views = model.muscles(now_s)
    if not views:
        painter.text("No signal yet", width / 2, height / 2, 20 * scale, palette.QUIET, "mm")
        return
    foot = 26 * scale
    shown = views[: max(1, int((height - foot) // (LEAST_LANE_PX * scale)))]
    lane = (height - foot) / len(shown)
    for number, view in enumerate(shown):
        _lane(painter, model, view, (0.0, number * lane, width, lane), now_s, scale)
    y = height - foot / 2
    left, right = PAD_PX * scale, width - PAD_PX * scale
    more = len(views) - len(shown)
    said = f"last {SPAN_S:.0f} s" + (f" – {more} more not shown" if more else "")
    painter.text(said, left, y, 14 * scale, palette.QUIET, "lm")
    painter.text("now", right, y, 14 * scale, palette.QUIET, "rm")


def _lane(
    painter: Painter,
    model: ConsoleModel,
    view: ChannelView,
    box: tuple[float, float, float, float],
    now_s: float,
    scale: float,
) -> None:
    x, y, width, height = box
    pad, gap = PAD_PX * scale, GAP_PX * scale
    painter.rect(x, y + gap / 2, width, height - gap, palette.PANEL, 8 * scale)
    head = min(26 * scale, 0.4 * height)
    number = percent(view.level) if view.unit == "mvc" else microvolts(view.level)
    colour = palette.DIM if view.stale else palette.PLACES[view.place]
    middle = y + gap / 2 + 0.62 * head
    name_px = min(16 * scale, 0.7 * head)
    painter.text("–" if view.stale else number, x + width - pad, middle, 1.25 * name_px,
                 palette.DIM if view.stale else palette.TEXT, "rm")  # fmt: skip
    said = view.name if view.quality.light is Light.GOOD else f"{view.name} – {view.quality.word}"
    line, size_px = fit(said, name_px, width - 2 * pad - 80 * scale, 10 * scale)
    painter.text(line, x + pad, middle, size_px, LIGHTS[view.quality.light], "lm")
    top, bottom = y + gap / 2 + head, y + height - gap
    age_s, level = model.trace(view.number, now_s)
    highest = float(level.max()) if len(level) else None
    full = view.full
    if highest is not None and highest > full:
        full = full_scale(view.unit, highest)
    left, right, tall = x + pad, x + width - pad, bottom - top
    if view.target is not None:
        low, high = (bottom - min(1.0, edge / full) * tall for edge in view.target)
        painter.rect(left, high, right - left, low - high, palette.faded(palette.BAND, 0.16))
    painter.rect(left, bottom - 1, right - left, 1, palette.TRACK)
    if len(age_s) < 2:
        return
    points = np.stack(
        [
            right - age_s / SPAN_S * (right - left),
            bottom - np.clip(level / full, 0.0, 1.0) * tall,
        ],
        axis=1,
    ).astype(np.float32)
    painter.polyline(points, 2.0 * scale, colour)

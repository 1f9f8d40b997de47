"""A line chart as SVG, without a plotting library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

# Okabe and Ito's colours, which the colour-blind tell apart.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999")
WIDTH, HEIGHT = 460, 340
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 34, 46
LEGEND_ROW = 18
TICKS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """Points with error bars.

    Attributes
    ----------
    x, y : sequence of float
        None in ``y`` leaves a point out.
    bars : sequence of (low, high), optional
    dashed : bool
        For what is not measured but calculated.
    """

    x: Sequence[float]
    y: Sequence[float | None]
    bars: Sequence[tuple[float | None, float | None]] = ()
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart: title, labels of the axes, and a line for each name."""

    title: str
    x_label: str
    y_label: str
    lines: Mapping[str, Line]


def draw(panels: Sequence[Panel]) -> str:
    """Draw charts side by side over one legend; a name has the same colour in all of them."""
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    width, height = WIDTH * len(panels), HEIGHT + LEGEND_ROW * -(-len(names) // 2) + 10
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, panel in enumerate(panels):
        parts += [f'<g transform="translate({number * WIDTH} 0)">', *_panel(panel, names), "</g>"]
    dashed = {name for panel in panels for name, line in panel.lines.items() if line.dashed}
    for number, name in enumerate(names):
        x, y = LEFT + number % 2 * width / 2, HEIGHT + 8 + number // 2 * LEGEND_ROW
        parts.append(
            f'<path d="M{x:.0f} {y}h24" {_stroke(names.index(name), name in dashed)}/>'
            f'<text x="{x + 30:.0f}" y="{y + 4}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _stroke(number: int, dashed: bool) -> str:
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    if not dashed and number >= len(COLOURS):
        dash = ' stroke-dasharray="1 3"'
    return f'fill="none" stroke="{COLOURS[number % len(COLOURS)]}" stroke-width="2"{dash}'


def _panel(panel: Panel, names: list[str]) -> list[str]:
    lines = panel.lines.values()
    xs = sorted({x for line in lines for x in line.x})
    top = max((y for line in lines for y in _heights(line)), default=1.0)
    step = _round_step(top / TICKS)
    top = step * -(-top // step)
    span = max(xs[-1] - xs[0], 1e-9)

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (x - xs[0]) / span * (WIDTH - LEFT - RIGHT - 20) + 10,
            HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM),
        )

    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [
        f'<text x="{LEFT}" y="20" font-weight="bold">{escape(panel.title)}</text>',
        f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 10}" text-anchor="middle">'
        f"{escape(panel.x_label)}</text>",
        f'<text transform="translate(16 {(TOP + bottom) / 2}) rotate(-90)" text-anchor="middle">'
        f"{escape(panel.y_label)}</text>",
    ]
    for tick in range(round(top / step) + 1):
        _, y = place(xs[0], tick * step)
        parts.append(
            f'<path d="M{LEFT} {y:.1f}H{right}" stroke="#dddddd"/>'
            f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{tick * step:g}</text>'
        )
    for x in xs:
        at, _ = place(x, 0.0)
        parts.append(f'<text x="{at:.1f}" y="{bottom + 16}" text-anchor="middle">{x:g}</text>')
    for name, line in panel.lines.items():
        stroke = _stroke(names.index(name), line.dashed)
        points = [place(x, y) for x, y in zip(line.x, line.y, strict=True) if y is not None]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" {stroke}/>')
        for x, (low, high) in zip(line.x, line.bars, strict=False):
            if low is not None and high is not None:
                (at, from_), (_, to) = place(x, low), place(x, high)
                parts.append(f'<path d="M{at:.1f} {from_:.1f}V{to:.1f}" {stroke}/>')
    return parts


def _heights(line: Line) -> list[float]:
    every = [*line.y, *(end for bar in line.bars for end in bar)]
    return [y for y in every if y is not None]


def _round_step(least: float) -> float:
    """Return the next of 1, 2, 5, 10, 20, … ."""
    power = 1.0
    while power * 10 <= least:
        power *= 10
    return next(power * m for m in (1, 2, 5, 10) if power * m >= least)

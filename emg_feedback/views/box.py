"""A rectangle, and how a page is cut into them."""

from dataclasses import dataclass, replace

from emg_feedback.views.look import Look, Side

# A page narrower than so many heights has its headline and its cue on two lines each: parts of the
# window's height with room for letters that are read at two metres.
SLENDER = 1.1
HEADLINE_ROOM, CUE_ROOM = 0.135, 0.036


@dataclass(frozen=True)
class Box:
    """A rectangle in pixels."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Return the middle across."""
        return self.x + self.width / 2

    @property
    def centre(self) -> float:
        """Return the middle down."""
        return self.y + self.height / 2

    @property
    def right(self) -> float:
        """Return the right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return self.y + self.height

    def inside(self, by: float) -> "Box":
        """Return the box without a margin of ``by`` pixels."""
        return Box(self.x + by, self.y + by, self.width - 2 * by, self.height - 2 * by)

    def halves(self, first: float, gap: float) -> tuple["Box", "Box"]:
        """Cut it where it is longer; ``first`` is the share of the left or upper part."""
        if self.width >= 1.1 * self.height:
            width = first * (self.width - gap)
            rest = self.width - gap - width
            return (
                Box(self.x, self.y, width, self.height),
                Box(self.right - rest, self.y, rest, self.height),
            )
        height = first * (self.height - gap)
        rest = self.height - gap - height
        return (
            Box(self.x, self.y, self.width, height),
            Box(self.x, self.bottom - rest, self.width, rest),
        )

    def row(self, count: int, gap: float) -> list["Box"]:
        """Cut it into ``count`` equal parts, side by side."""
        width = (self.width - gap * (count - 1)) / count
        return [
            Box(self.x + part * (width + gap), self.y, width, self.height) for part in range(count)
        ]


@dataclass(frozen=True)
class Page:
    """The parts of a patient's page, from its own top left at ``origin``.

    ``unit`` is a hundredth of its size, ``letter`` the same for what is read. The ``header`` holds
    the headline between the count and the time, and ``cue`` the small line under them.
    """

    origin: tuple[float, float]
    size: tuple[float, float]
    unit: float
    letter: float
    header: Box
    cue: Box
    body: Box
    footer: Box
    button: Box

    def on_button(self, x: float, y: float) -> bool:
        """Return whether a point of the window is on the pause button or its label."""
        x, y = x - self.origin[0], y - self.origin[1]
        button, room = self.button, 1.5 * self.unit
        across = button.x - room <= x <= button.right + room
        return across and button.y - room <= y <= button.bottom + room


def page_of(size: tuple[int, int], look: Look) -> Page:
    """Lay out a window of ``size`` pixels."""
    width, height = float(size[0]), float(size[1])
    left = 0.0
    if look.side is not Side.WHOLE:
        left = float(round(width / 2)) if look.side is Side.RIGHT else 0.0
        width = width - left if left else float(round(width / 2))
    unit = min(height, 0.9 * width) / 100
    letter = unit * look.text_size
    margin = 3 * unit
    inner = width - 2 * margin
    slender = width < SLENDER * height
    header = Box(margin, 1.5 * unit, inner, 7 * unit + 5 * letter)
    line = max(5.6 * unit, 10 * letter - 4.4 * unit)
    if slender:
        header = replace(header, height=max(header.height, HEADLINE_ROOM * height))
        line = 2 * max(line, CUE_ROOM * height)
    cue = Box(margin, header.bottom, inner, line)
    low = max(10 * unit + 1.5 * letter, 0.1 * height)
    footer = Box(margin, height - 1.5 * unit - low, inner, low)
    top, bottom = cue.bottom + 1.2 * unit, footer.y - unit
    reach = min(12 * unit + 40 * letter, (0.5 if slender else 0.62) * inner)
    button = Box(footer.right - reach, footer.y, reach, low)
    body = Box(margin, top, inner, bottom - top)
    return Page((left, 0.0), (width, height), unit, letter, header, cue, body, footer, button)

"""Which of a computer's screens the patient's page goes to."""

from collections.abc import Sequence
from typing import NamedTuple


class Screen(NamedTuple):
    """Where a screen is on the desktop, in its units."""

    left: int
    top: int
    width: int
    height: int

    @property
    def middle(self) -> tuple[float, float]:
        """Return the point in its middle."""
        return self.left + self.width / 2, self.top + self.height / 2

    def holds(self, x: float, y: float) -> bool:
        """Return whether it shows a point of the desktop."""
        inside = self.left <= x < self.left + self.width
        return inside and self.top <= y < self.top + self.height

    def middle_part(self, width: int, height: int) -> "Screen":
        """Return a part of it, in its middle, of a size or less where it is smaller."""
        width, height = min(width, self.width), min(height, self.height)
        left, top = self.left + (self.width - width) // 2, self.top + (self.height - height) // 2
        return Screen(left, top, width, height)


def second_screen(screens: Sequence[Screen]) -> Screen | None:
    """Return the largest screen that shows nothing of the first, which is the console's.

    None if there is no such screen: one alone, or one that shows the same as the first.
    """
    if not screens:
        return None
    first, *others = screens
    apart = [one for one in others if not _overlap(first, one)]
    return max(apart, key=lambda one: one.width * one.height, default=None)


def _overlap(one: Screen, other: Screen) -> bool:
    beside = one.left + one.width <= other.left or other.left + other.width <= one.left
    above = one.top + one.height <= other.top or other.top + other.height <= one.top
    return not (beside or above)

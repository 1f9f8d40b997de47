"""Which muscle stands where: what is left on the body is on the left of every screen."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emg_config.muscles import SIDES

# Of two sides that give less together, as parts of the maximum, nobody can say who gives more.
LEAST_SHARED = 0.02


def left_first(channels: Sequence[int], sides: Sequence[str]) -> list[int]:
    """Return channels with the left ones first and the right ones last, if there are both.

    ``sides`` has the side of every channel; empty, or too short, where none is told.
    """

    def place(channel: int) -> float:
        side = sides[channel] if channel < len(sides) else ""
        return SIDES.index(side) if side in SIDES else 0.5

    both = {place(channel) for channel in channels} >= {0, 1}
    return sorted(channels, key=place) if both else [*channels]


def balance(
    levels: NDArray[np.float64], trained: Sequence[int], sides: Sequence[str]
) -> tuple[int, int, float | None] | None:
    """Return left and right muscle, and how they share: -1 all left, 0 even, 1 all right.

    ``levels`` and ``sides`` are of every channel, and ``trained`` those that are compared. How they
    share is None where a level is not known, or both are at rest.
    """
    if len(trained) < 2 or max(trained) >= len(levels):
        return None
    left, right = _pair(trained, sides)
    of_left, of_right = float(levels[left]), float(levels[right])
    total = of_left + of_right
    if not total >= LEAST_SHARED:
        return left, right, None
    return left, right, min(1.0, max(-1.0, (of_right - of_left) / total))


def _pair(trained: Sequence[int], sides: Sequence[str]) -> tuple[int, int]:
    """Return a left and a right muscle; the first ones where their sides are not told."""
    told = {channel: sides[channel] if channel < len(sides) else "" for channel in trained}
    lefts, rights = ([c for c in trained if told[c] == side] for side in SIDES)
    if lefts and rights:
        return lefts[0], rights[0]
    first, second = trained[:2]
    turned = told[first] == "right" or told[second] == "left"
    return (second, first) if turned else (first, second)

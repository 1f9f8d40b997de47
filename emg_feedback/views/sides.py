"""Which muscle stands where: what is left on the body is on the left of every screen."""

from collections.abc import Sequence

from emg_config.muscles import SIDES


def left_first(channels: Sequence[int], sides: Sequence[str]) -> list[int]:
    """Return channels with the left ones first and the right ones last, if there are both.

    ``sides`` has the side of every channel; empty, or too short, where none is told.
    """

    def place(channel: int) -> float:
        side = sides[channel] if channel < len(sides) else ""
        return SIDES.index(side) if side in SIDES else 0.5

    both = {place(channel) for channel in channels} >= {0, 1}
    return sorted(channels, key=place) if both else [*channels]

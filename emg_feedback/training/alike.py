"""How alike two sides were, in words."""

from collections.abc import Sequence

from emg_config.muscles import SIDES, side_of


def compared(channels: Sequence[int]) -> list[int]:
    """Return which of an exercise's channels its asymmetry compares: it is of the second's side."""
    return sorted(channels[:2])


def shares(asymmetry: float, pair: Sequence[str]) -> str:
    """Return what each of two muscles gave of what both did, the left one first.

    ``asymmetry`` is that of `RepetitionScore`, ``pair`` the first and the second muscle.
    """
    sides = tuple(map(side_of, pair))
    names = sides if {*sides} == {*SIDES} else pair
    second = round(50 * (1 + asymmetry))
    told = [f"{name} {share} %" for name, share in zip(names, (100 - second, second), strict=True)]
    return ", ".join(told[::-1] if sides == SIDES[::-1] else told)

"""How tall a bar is: fractions of MVC where it is known, microvolts otherwise."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from emg_config.protocol import Band
from emg_feedback.link.messages import Phase, SessionState

SMALLEST_UV = 50.0
SMALLEST_TARGET_UV = 5.0
HEADROOM = 0.9
SETTLE_S = 30.0
MVC_FULL_SCALE = 1.2
TARGET_ROOM = 1.6
# A muscle that is to stay quiet has little to show: its zone is a larger part of its bar.
QUIET_ROOM = 3.0
# What to relax below ends at this part of a bar at least: a few % of MVC are seen two metres away.
FOOT = 0.2
# While these run, a scale makes room for a target that is moved, but never shrinks: what was asked
# for is about to come back.
_KEEPS = (Phase.RELAX, Phase.PAUSE)

Array = NDArray[np.float64]


class MicrovoltScale:
    """A full scale that makes room at once and comes back so slowly that nobody notices."""

    def __init__(self) -> None:
        self.full_uv = SMALLEST_UV

    def update(self, envelope_uv: float, elapsed_s: float) -> None:
        """Take a new value, ``elapsed_s`` after the last."""
        wanted_uv = max(SMALLEST_UV, envelope_uv / HEADROOM)
        settled_uv = wanted_uv + (self.full_uv - wanted_uv) * math.exp(-elapsed_s / SETTLE_S)
        self.full_uv = max(wanted_uv, settled_uv)


def full_fraction(targets: list[Band | None], room: float = TARGET_ROOM) -> float | None:
    """Return the fraction of MVC at the top of the bars, or None without targets."""
    highest = max((band[1] for band in targets if band is not None), default=0.0)
    return math.ceil(round(highest * room * 10, 6)) / 10 if highest > 0.0 else None


@dataclass
class ChannelScale:
    """What stands at the top of one channel's bar.

    ``foot`` is what to relax below after a hold, as a fraction of MVC: a part of the bar that is
    seen from afar ends there, however little it is of the whole.
    """

    of_mvc: float | None = None
    of_target_uv: float | None = None
    foot: float | None = None


class Scales:
    """The scales of all channels; they stay as they were while no target says otherwise.

    One scale holds for a whole repetition: there is room for all that its phases ask for.
    """

    def __init__(self, n_channels: int) -> None:
        self._free = [MicrovoltScale() for _ in range(n_channels)]
        self._set = [ChannelScale() for _ in range(n_channels)]
        self._calibrating = False

    def update(
        self, session: SessionState, envelope_uv: list[float | None], elapsed_s: float
    ) -> None:
        """Take a frame's session and envelope, ``elapsed_s`` after the last."""
        for scale, value_uv in zip(self._free, envelope_uv, strict=True):
            known = value_uv is not None and math.isfinite(value_uv)
            scale.update(value_uv if known and value_uv is not None else 0.0, elapsed_s)
        self._calibrating = session.in_trials
        quiet = [role == "quiet" for role in session.roles]
        working = [
            band
            for channel, band in enumerate(session.hold_targets or session.targets)
            if not (channel < len(quiet) and quiet[channel])
        ]
        if session.path:
            tops = [(0.0, max(level for _, level in session.path)) for _ in working]
            working = [top if band else None for top, band in zip(tops, working, strict=True)]
        together = full_fraction(working + session.relax_targets)
        for channel, scale_set in enumerate(self._set):
            least = scale_set if session.phase in _KEEPS else ChannelScale()
            alone = channel < len(quiet) and quiet[channel]
            band = _at(session.targets, channel)
            full = full_fraction([band], QUIET_ROOM) if alone else together
            if full is not None:
                scale_set.of_mvc = max(full, least.of_mvc or 0.0)
            relaxed = _at(session.relax_targets, channel)
            scale_set.foot = None if relaxed is None else relaxed[1]
            band_uv = _at(session.targets_uv, channel)
            scale_set.of_target_uv = least.of_target_uv
            if band_uv is not None:
                full_uv = _round_up(
                    max(SMALLEST_TARGET_UV, band_uv[1]) * (QUIET_ROOM if alone else TARGET_ROOM)
                )
                scale_set.of_target_uv = max(full_uv, least.of_target_uv or 0.0)

    def full_fraction(self, channel: int) -> float:
        """Return the fraction of MVC at the top of a bar."""
        return MVC_FULL_SCALE if self._calibrating else self._set[channel].of_mvc or 1.0

    def full_uv(self, channel: int) -> float:
        """Return the µV at the top of a bar."""
        set_uv = None if self._calibrating else self._set[channel].of_target_uv
        return set_uv or self._free[channel].full_uv

    @np.errstate(over="ignore")
    def heights(self, channel: int, values: ArrayLike, *, of_mvc: bool) -> Array:
        """Return where values are on a bar, in parts of its height and beyond, however far.

        They are fractions of MVC, or else µV. With a foot they rise more steeply up to it than
        from there to the top, and without a jump.
        """
        levels, one = np.asarray(values, np.float64), self._set[channel]
        if not of_mvc:
            return levels / self.full_uv(channel)
        full = self.full_fraction(channel)
        if self._calibrating or one.foot is None or one.foot >= FOOT * full:
            return levels / full
        above = FOOT + (levels - one.foot) / (full - one.foot) * (1.0 - FOOT)
        return np.where(levels < one.foot, levels / one.foot * FOOT, above)


def _round_up(value_uv: float) -> float:
    """Return the next number with two digits, so that small changes leave the scale alone."""
    step = 10.0 ** (math.floor(math.log10(value_uv)) - 1)
    return math.ceil(round(value_uv / step, 6)) * step


def _at(bands: list[Band | None], channel: int) -> Band | None:
    return bands[channel] if channel < len(bands) else None

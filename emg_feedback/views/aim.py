"""What the trained muscles do together, seen from their targets: one level and one band."""

from statistics import fmean
from typing import NamedTuple

from emg_config.protocol import Band
from emg_feedback.views.model import BarState, ViewModel


class Aim(NamedTuple):
    """The trained muscles' mean, in parts of a bar's height.

    Attributes
    ----------
    level : float
    band : (low, high) or None
        Mean of their bands; none when nothing is asked.
    inside : bool
        Each of them is in its band, and none that is to stay quiet is above its own.
    top : float
        The highest that the repetition asks for, or the top of the bars.
    """

    level: float
    band: Band | None
    inside: bool
    top: float = 1.0


def aim(model: ViewModel, now_s: float) -> Aim | None:
    """Return what the trained muscles do, or None when that is not known or must not be shown."""
    if model.frame is None or model.stale(now_s) or model.session.hidden:
        return None
    bars = model.bars(now_s)
    training = [bars[channel] for channel in model.channels("train")]
    trained = _levels(training)
    if not trained:
        return None
    pairs = [(level, band) for level, band in trained if band is not None]
    if not pairs:
        return Aim(fmean(level for level, _ in trained), None, inside=False)
    quiet = _levels([bars[channel] for channel in _quiet(model)])
    calm = all(band is None or level <= band[1] for level, band in quiet)
    common = fmean(low for _, (low, _) in pairs), fmean(high for _, (_, high) in pairs)
    others = [bar.other[1] for bar in training if bar.other is not None]
    return Aim(
        level=min(1.0, fmean(carried(level, own, common) for level, own in pairs)),
        band=common,
        inside=calm and all(low <= level <= high for level, (low, high) in pairs),
        top=max([common[1], *others]),
    )


def carried(level: float, own: Band, common: Band) -> float:
    """Return where ``level``, seen from its ``own`` band, stands against a ``common`` one.

    Zero, both edges, and every place between them go to the same place of the common band; above
    it a level goes on as steeply as inside. It rises with ``level``, without a jump.
    """
    (low, high), (common_low, common_high) = own, common
    if level < low:
        return level / low * common_low
    if high <= low:
        return common_high
    return common_low + (level - low) / (high - low) * (common_high - common_low)


def _quiet(model: ViewModel) -> list[int]:
    """Return the muscles that are to stay quiet; none before an exercise has said so."""
    return model.channels("quiet") if any(model.session.roles) else []


def _levels(bars: list[BarState]) -> list[tuple[float, Band | None]]:
    """Return level and band of the muscles whose signal can be trained with."""
    return [(bar.level, bar.band) for bar in bars if bar.level is not None and not bar.hint]

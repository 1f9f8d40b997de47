"""How a patient's programme moves on from one session to the next."""

from collections.abc import Sequence

import msgspec

from emg_config.library import load_protocol
from emg_config.protocol import Aim, Muscle, StayBelow
from emg_feedback.link.messages import ProgrammeItem
from emg_feedback.training.statistics import Played
from emg_feedback.training.targets import Target


def progressed(items: Sequence[ProgrammeItem], played: Sequence[Played]) -> list[ProgrammeItem]:
    """Return the programme for the next session: harder where this one went well.

    An item moves on when at least ``progress_at`` of the repetitions that count were good, all of
    its repetitions were done, and it has a ``step``.
    """
    return [_next(item, played) for item in items]


def _next(item: ProgrammeItem, played: Sequence[Played]) -> ProgrammeItem:
    done = [one for one in played if one.exercise.name == item.protocol]
    asked = sum(one.exercise.sets * one.exercise.repetitions for one in done[-1:])
    counted = sum(one.count("good") + one.count("missed") for one in done)
    good = sum(one.count("good") for one in done)
    if item.step == 0.0 or not counted or counted < asked or good < item.progress_at * counted:
        return item
    exercise = load_protocol(item.protocol).with_dose(item.dose)
    if not any(_moves(muscle) for muscle in exercise.muscles):
        return item
    by = -item.step if isinstance(done[-1].exercise, StayBelow) else item.step
    targets = tuple(_moved(muscle, by, item.limit) for muscle in exercise.muscles)
    dose = msgspec.structs.replace(item.dose, target=None, targets=targets)
    return msgspec.structs.replace(item, dose=dose)


def _moved(muscle: Muscle, by: float, limit: float) -> Aim | None:
    """Return a muscle's next target, never one that is easier; None without a target."""
    if muscle.target is None:
        return None
    low, high = muscle.target
    if _moves(muscle):
        band = Target(low, high)
        limits = (min(limit, high), 1.5) if by < 0.0 else (0.0, max(limit, band.middle))
        moved = band.moved(by, limits)
        low, high = round(moved.low, 4), round(moved.high, 4)
    return Aim(low=low, high=high, unit=muscle.unit)


def _moves(muscle: Muscle) -> bool:
    """Return whether a step fits a muscle's target, which must be in fractions of MVC."""
    return muscle.role == "train" and muscle.target is not None and muscle.unit == "mvc"

"""How a patient's programme moves on from one session to the next."""

from collections.abc import Sequence

import msgspec

from emg_config.library import load_protocol
from emg_config.protocol import Band, StayBelow
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
    band = item.dose.target or _first_target(item)
    if band is None:
        return item
    relaxing = isinstance(done[-1].exercise, StayBelow)
    limits = (item.limit, 1.5) if relaxing else (0.0, item.limit)
    moved = Target(*band).moved(-item.step if relaxing else item.step, limits)
    dose = msgspec.structs.replace(item.dose, target=(round(moved.low, 4), round(moved.high, 4)))
    return msgspec.structs.replace(item, dose=dose)


def _first_target(item: ProgrammeItem) -> Band | None:
    muscles = load_protocol(item.protocol).muscles
    bands = [one.target for one in muscles if one.role == "train" and one.unit == "mvc"]
    return bands[0] if bands else None

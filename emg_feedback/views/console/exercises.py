"""The library as the engine tells it: find an exercise, its targets, its length; no Qt."""

from typing import Any

import msgspec
import numpy as np

from emg_config import UserError
from emg_config.library import from_description
from emg_config.muscles import SIDES, side_of, split_side
from emg_config.protocol import Dose, Unit
from emg_feedback.training.goals import placed
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.words import MODES, percent

# Stands for the maximum where a target changes its unit before that is known.
ASSUMED_MVC_UV = 100.0
# Stands in an exercise for whichever muscle is tested.
ANY_MUSCLE = "tested muscle"
SHAPES = {
    "trapezoid": "Up in {ramp_s:g} s, stay, and down again",
    "steps": "Up in {cycles} steps",
    "sine": "{cycles} waves",
}


def found(protocol: dict[str, Any], wanted: str) -> bool:
    """Return whether every word of a search is in an exercise's title, region or referrals."""
    text = " ".join(
        [
            str(protocol.get("title", "")),
            str(protocol.get("region", "")),
            str(protocol.get("name", "")),
            MODES.get(str(protocol.get("mode")), ""),
            *(str(referral) for referral in protocol.get("helps", [])),
            *(str(muscle.get("name", "")) for muscle in protocol.get("muscles", [])),
        ]
    ).lower()
    return all(word in text for word in wanted.lower().split())


def rank(protocol: dict[str, Any], wanted: str) -> int:
    """Return how plainly an exercise is what was searched for; the smallest first."""
    words = wanted.lower().split()
    title, region = (str(protocol.get(field, "")).lower() for field in ("title", "region"))
    if all(word in region for word in words):
        return 0
    return 1 if all(word in f"{title} {region}" for word in words) else 2


def proposed(
    protocols: list[dict[str, Any]],
    programme: list[str],
    last: list[str],
    done: list[str],
    names: list[str],
) -> str | None:
    """Return the exercise to begin with, if one stands out.

    The first of the ``programme``, else of the ``last`` session, that is not ``done`` today; else
    one for the muscles that have electrodes, which ``names`` tells.
    """
    known = {str(one["name"]) for one in protocols}
    for listed in (programme, last):
        here = [name for name in listed if name in known]
        if here:
            return next((name for name in here if name not in done), here[0])
    fitting = {str(one["name"]): n for one in protocols if (n := with_electrodes(one, names))}
    return max(fitting, key=lambda name: fitting[name], default=None)


def with_electrodes(protocol: dict[str, Any], names: list[str]) -> int:
    """Return how many muscles of an exercise have electrodes, which ``names`` tells.

    0 if one lacks them that is trained or kept quiet: the exercise is not for these muscles.
    """
    muscles = protocol.get("muscles", []) if names else []
    on: dict[int, dict[str, Any]] = {}
    wanted = [str(muscle["name"]) for muscle in muscles]
    for muscle, name, channel in zip(muscles, wanted, channels_for(wanted, names), strict=True):
        if _same_name(name, names[channel]) or _same_muscle(name, names[channel]):
            on.setdefault(channel, muscle)
    lacking = [muscle for muscle in muscles if muscle not in on.values()]
    return 0 if any(muscle.get("role") != "watch" for muscle in lacking) else len(on)


def length_s(dose: dict[str, float]) -> float:
    """Return how long an exercise of this dose takes, pauses left out."""
    once_s = dose["prepare_s"] + dose["hold_s"] + dose["relax_s"]
    between_s = (dose["sets"] - 1) * max(0.0, dose["set_rest_s"] - dose["relax_s"])
    return dose["sets"] * dose["repetitions"] * once_s + between_s


def total_s(protocol: dict[str, Any], dose: dict[str, Any]) -> float:
    """Return how long an exercise takes with what a dose changes."""
    dosed = {**protocol, **{field: value for field, value in dose.items() if value is not None}}
    plain_s = float(protocol.get("total_s") or 0.0)
    return plain_s + length_s(dosed) - length_s(protocol)


def channels_for(muscles: list[str], names: list[str]) -> list[int]:
    """Return a channel for each muscle: its own, else one of its side, else the next free one.

    With fewer channels than muscles the last one stands for those without.
    """
    chosen: dict[int, int] = {}
    for fits in (_same_name, _same_muscle, _same_side, _any):
        for place, muscle in enumerate(muscles):
            taken = chosen.values()
            free = [c for c, n in enumerate(names) if c not in taken and fits(muscle, n)]
            if place not in chosen and free:
                chosen[place] = free[0]
    return [chosen.get(place, len(names) - 1) for place in range(len(muscles))]


def misplaced(muscles: list[str], names: list[str]) -> list[str]:
    """Return the muscles of an exercise whose channel is named otherwise.

    ``names`` are those of the channels that the muscles are on.
    """
    return [muscle for muscle, name in zip(muscles, names, strict=True) if not _fits(muscle, name)]


def _fits(muscle: str, name: str) -> bool:
    meant, side = apart(muscle.lower())
    if meant == ANY_MUSCLE:
        return side_of(name.lower()) in ("", side)
    return _same_name(muscle, name) or _same_muscle(muscle, name)


def _same_name(muscle: str, name: str) -> bool:
    return muscle.lower() == name.lower()


def _same_muscle(muscle: str, name: str) -> bool:
    """Return whether they are one muscle of which only one of the two tells the side."""
    (one, side), (other, other_side) = apart(muscle.lower()), apart(name.lower())
    return one == other and "" in (side, other_side)


def _same_side(muscle: str, name: str) -> bool:
    return side_of(muscle) != "" and side_of(muscle) == side_of(name)


def _any(_muscle: str, _name: str) -> bool:
    return True


def apart(name: str) -> tuple[str, str]:
    """Return a muscle and its side; an empty side where the name tells none."""
    words = name.split()
    side = side_of(name)
    if not side or len(words) < 2:
        return name, ""
    rest = words[:-1] if words[-1].lower() == side else words[1:]
    return " ".join(rest), side


def together(muscle: str, side: str) -> str:
    """Return the name of a muscle on a side."""
    return f"{muscle} {side}" if side in SIDES else muscle


def aims(protocol: dict[str, Any], dose: dict[str, Any]) -> list[dict[str, Any] | None]:
    """Return the target of each muscle with what a dose changes; None for one that has none."""
    own = dose.get("targets") or []
    told: list[dict[str, Any] | None] = []
    for place, muscle in enumerate(protocol.get("muscles", [])):
        band = muscle.get("target")
        if band is None:
            told.append(None)
            continue
        if place < len(own) and own[place] is not None:
            told.append(dict(own[place]))
            continue
        if dose.get("target") and muscle.get("role", "train") == "train":
            band = dose["target"]
        told.append({"low": band[0], "high": band[1], "unit": muscle.get("unit", "mvc")})
    return told


def alike(a: dict[str, Any] | None, b: dict[str, Any] | None) -> bool:
    """Return whether two targets are the same, as far as one can type them."""
    if a is None or b is None:
        return a is b
    within = 5e-4 if a["unit"] == "mvc" else 0.05
    edges = ((a["low"], b["low"]), (a["high"], b["high"]))
    return a["unit"] == b["unit"] and all(abs(x - y) < within for x, y in edges)


def in_unit(aim: dict[str, Any], unit: Unit, mvc_uv: float | None) -> dict[str, Any]:
    """Return a target in another unit."""
    if aim["unit"] == unit:
        return aim
    factor = mvc_uv or ASSUMED_MVC_UV
    if unit == "mvc":
        factor = 1.0 / factor
    return {"low": aim["low"] * factor, "high": aim["high"] * factor, "unit": unit}


def told_path(protocol: dict[str, Any]) -> str:
    """Return what the path of an exercise is like; empty where it follows none."""
    path = protocol.get("path")
    if not isinstance(path, dict):
        return ""
    shape = SHAPES.get(str(path.get("shape")), "").format_map(path)
    low, high = percent(path.get("low")), percent(path.get("high"))
    return f"{shape}, from {low} to {high}, give or take {percent(path.get('tolerance'))}"


def refusal(
    protocol: dict[str, Any],
    dose: dict[str, Any],
    channels: list[int],
    views: list[ChannelView],
) -> UserError | None:
    """Return why the engine would not begin an exercise; None if it would, as far as is known."""
    names = [view.name for view in views]
    mvc_uv = np.array([view.mvc_uv for view in views], dtype=float)
    try:
        exercise = from_description(protocol).with_dose(msgspec.convert(dose, Dose))
        placed(exercise, channels, names, mvc_uv)
    except UserError as error:
        return error
    except msgspec.ValidationError:
        pass
    return None


def moves_on(protocol: dict[str, Any], targets: list[dict[str, Any] | None]) -> bool:
    """Return whether the targets can move on from session to session: in % of maximum only."""
    return any(
        aim is not None and aim["unit"] == "mvc" and muscle.get("role", "train") == "train"
        for muscle, aim in zip(protocol.get("muscles", []), targets, strict=False)
    )


def where(muscle: str, placements: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return where the electrodes of a muscle go; empty if nobody says."""
    name = muscle if muscle in placements else split_side(muscle)[0]
    known = {one.lower(): place for one, place in placements.items()}
    return placements.get(name) or known.get(apart(muscle)[0].lower(), {})


def in_short(place: dict[str, Any]) -> str:
    """Return where the electrodes go, in a line or two."""
    if not place:
        return ""
    return f"{place.get('location', '')} {place.get('spacing_mm', 20.0):g} mm apart."


def in_full(place: dict[str, Any]) -> list[tuple[str, str]]:
    """Return all that is known of where the electrodes go, by heading."""
    told = [
        ("Position", place.get("posture")),
        ("Electrodes", in_short(place)),
        ("Direction", place.get("direction")),
        ("Reference", place.get("reference")),
        ("Note", place.get("note")),
        ("Source", place.get("source")),
    ]
    return [(heading, str(text)) for heading, text in told if text]

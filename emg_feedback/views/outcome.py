"""What a patient is told of the repetition just done, beyond whether it was good."""

import math
from typing import Any, NamedTuple

from emg_config.language import Language
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.words import Place


class Outcome(NamedTuple):
    """A line to show, and its shape and colour."""

    line: str
    place: Place


def outcome(language: Language, session: SessionState) -> Outcome | None:
    """Return how far from its level a hidden hold was, or how fast the patient reacted.

    None outside of the rest after that repetition, in other modes, before the engine has scored
    it, and if it was disturbed.
    """
    last = session.last
    if session.phase is not Phase.RELAX or not scored(session) or last.get("result") == "void":
        return None
    channels = last.get("channels")
    figures = [
        one
        for one in (channels if isinstance(channels, list) else [])
        if isinstance(one, dict) and one.get("role") == "train"
    ]
    if session.mode == "reproduce" and last.get("hidden"):
        return _error(language, figures)
    return _reaction(language, figures) if session.mode == "react" else None


def scored(session: SessionState) -> bool:
    """Return whether the engine has scored the repetition that the session is at."""
    last = session.last
    return (last.get("set"), last.get("repetition")) == (session.set, session.repetition)


def _error(language: Language, figures: list[dict[str, Any]]) -> Outcome | None:
    """Return the largest difference of a mean to the middle of its band.

    In % of MVC, or where that is unknown of the middle.
    """
    errors, inside = [], True
    for one in figures:
        band = one.get("band")
        ends = [_number(edge) for edge in band] if isinstance(band, list | tuple) else []
        mean = _number(one.get("mean"))
        if len(ends) != 2 or mean is None or ends[0] is None or ends[1] is None:
            continue
        middle = (ends[0] + ends[1]) / 2
        whole = 1.0 if one.get("unit") == "mvc" else middle
        errors.append((mean - middle) / whole if whole > 0.0 else 0.0)
        inside = inside and ends[0] <= mean <= ends[1]
    if not errors:
        return None
    worst = max(errors, key=abs)
    percent = round(100 * abs(worst))
    if inside or percent == 0:
        return Outcome(language.error.exact, Place.IN)
    if worst > 0:
        return Outcome(language.error.too_strong.format(percent=percent), Place.ABOVE)
    return Outcome(language.error.too_weak.format(percent=percent), Place.BELOW)


def _reaction(language: Language, figures: list[dict[str, Any]]) -> Outcome | None:
    times_s = [_number(one.get("onset_latency_s")) for one in figures]
    known_s = [time_s for time_s in times_s if time_s is not None and time_s >= 0.0]
    if not known_s:
        return None
    seconds = language.number(min(known_s), 2)
    return Outcome(language.error.reaction.format(seconds=seconds), Place.NONE)


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if known else None

"""The library as the engine tells it: find an exercise, its target, its length; no Qt."""

from typing import Any

from emg_config.protocol import Band
from emg_feedback.views.console.words import MODES


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


def common_target(protocol: dict[str, Any]) -> Band | None:
    """Return the target of the first trained muscle, if it is in fractions of MVC."""
    for muscle in protocol.get("muscles", []):
        if muscle.get("role", "train") == "train" and muscle.get("target"):
            if muscle.get("unit", "mvc") != "mvc":
                return None
            low, high = muscle["target"]
            return float(low), float(high)
    return None


def length_s(dose: dict[str, float]) -> float:
    """Return how long an exercise of this dose takes, pauses left out."""
    once_s = dose["prepare_s"] + dose["hold_s"] + dose["relax_s"]
    between_s = (dose["sets"] - 1) * max(0.0, dose["set_rest_s"] - dose["relax_s"])
    return dose["sets"] * dose["repetitions"] * once_s + between_s


def channel_for(muscle: str, place: int, names: list[str]) -> int:
    """Return the channel that a muscle is on, else the one in its place."""
    wanted = muscle.lower()
    for channel, name in enumerate(names):
        if name.lower() == wanted:
            return channel
    return min(place, len(names) - 1)

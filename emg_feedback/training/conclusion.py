"""What the initial evaluation came to, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

PARTS = {
    "rest_share": "tone at rest",
    "mvc_uv": "full effort",
    "reaction_s": "speed of beginning",
    "steadiness_cv": "steadiness",
    "release_s": "speed of letting go",
    "endurance": "endurance",
}


def conclusion(told: Mapping[str, Any]) -> str:
    """Return what stands out, and what was not measured, of what `Evaluated.told` tells."""
    findings, missing = "; ".join(map(str, told.get("findings", []))), ", ".join(_missing(told))
    if findings:
        said = f"Stands out: {findings}."
    elif any(one.get(name) is not None for one in told.get("channels", []) for name in PARTS):
        said = f"Nothing stands out{' in what was measured' if missing else ''}."
    else:
        return "Nothing was measured."
    return f"{said} Not measured: {missing}." if missing else said


def _missing(told: Mapping[str, Any]) -> Iterator[str]:
    """Return which parts are missing, and of which muscles, unless of all."""
    channels = told.get("channels", [])
    for name, part in PARTS.items():
        who = [str(one.get("name", "")) for one in channels if one.get(name) is None]
        if who:
            yield part if len(who) == len(channels) else f"{part} ({', '.join(who)})"

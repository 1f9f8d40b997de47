"""Why a repetition was missed, in words; no Qt."""

from typing import Any

from emg_feedback.views.console.words import microvolts, percent

REACHED = 0.7  # of the hold in the band makes a good one


def why_missed(score: dict[str, Any], mode: str | None) -> str:
    """Return in a few words what a missed repetition lacked; empty if its figures do not tell."""
    channels = [one for one in score.get("channels") or [] if isinstance(one, dict)]
    trained = [one for one in channels if one.get("role", "train") == "train"]
    if mode == "react":
        return "no contraction"
    if off := _off_the_band(trained):
        return off
    if any((_share(one) or 0.0) < REACHED for one in trained):
        return "too short in the band"
    quiet = [one for one in channels if one.get("role") == "quiet"]
    if mode == "isolate" and any((_share(one) or 0.0) < REACHED for one in quiet):
        return "the other muscle was not quiet"
    if mode == "symmetry" and score.get("asymmetry") is not None:
        return f"uneven by {percent(abs(score['asymmetry']))}"
    if mode == "contract-relax" and any(one.get("below_s") is None for one in trained):
        return "did not let go far enough"
    return ""


def _off_the_band(trained: list[dict[str, Any]]) -> str:
    """Return how far the muscle that was furthest off was above or below its band."""
    furthest, words = 0.0, ""
    for one in trained:
        mean, band = one.get("mean"), one.get("band")
        if mean is None or band is None or (_share(one) or 0.0) >= REACHED:
            continue
        above, below = mean - band[1], band[0] - mean
        if max(above, below) > furthest:
            furthest = max(above, below)
            told = percent if one.get("unit", "mvc") == "mvc" else microvolts
            words = f"{told(furthest)} {'above' if above > below else 'below'} the band"
    return words


def _share(one: dict[str, Any]) -> float | None:
    share = one.get("time_in_band")
    return None if share is None else float(share)

"""The initial evaluation: what was measured, what stands out, and a programme to begin with.

Every limit below marks what a therapist may want to look at; none is a diagnosis.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from emg_config.library import protocols
from emg_config.muscles import placement, split_side
from emg_config.protocol import Protocol
from emg_feedback.link.messages import ProgrammeItem
from emg_feedback.training.calibration import Calibration
from emg_feedback.training.statistics import Played, exercise_summary

RECRUITMENT, HOLD, ENDURANCE = "evaluation-recruitment", "evaluation-hold", "evaluation-endurance"
EXERCISES = (RECRUITMENT, HOLD, ENDURANCE)

# Full effort of the sides: 10 to 15 % is the usual limit of limb symmetry in rehabilitation.
MOST_STRENGTH_DIFFERENCE = 0.15
MOST_RESTING_SHARE = 0.05
# A simple reaction to light takes about 0.2 s, and the muscle's answer a little more.
SLOWEST_REACTION_S = 0.40
SLOWEST_RELEASE_S = 0.70
# Of the muscle's own level: the randomness of its signal is not in it.
MOST_UNSTEADINESS = 0.17
LEAST_ENDURANCE = 0.70
MOST_ITEMS = 5


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """Something that stands out on a channel, and the modes of exercise that train it."""

    channel: int
    what: str
    modes: tuple[str, ...]


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """What an evaluation came to.

    Attributes
    ----------
    names : tuple of str
        Muscle of each channel of the board.
    channels : list of dict
        Figures of each muscle that was evaluated.
    strength_difference : float or None
        (right − left) / greater, of the signal at full effort of one muscle's two sides.
    findings : list of Finding
        What stands out.
    """

    names: tuple[str, ...]
    channels: list[dict[str, Any]] = []
    strength_difference: float | None = None
    findings: list[Finding] = []

    def programme(self) -> list[ProgrammeItem]:
        """Return exercises for what stands out, those of the muscle itself before its region's.

        Raises
        ------
        UserError
            The library, which is read for it, has a list of muscles that is not valid.
        """
        items: dict[str, ProgrammeItem] = {}
        for finding in self.findings:
            for mode in finding.modes:
                exercise = _exercise(split_side(self.names[finding.channel])[0], mode)
                if exercise is not None and exercise.name not in items:
                    step = 0.02 if exercise.mode in ("hold", "symmetry", "contract-relax") else 0.0
                    items[exercise.name] = ProgrammeItem(protocol=exercise.name, step=step)
                    break
        return list(items.values())[:MOST_ITEMS]

    def told(self, programme: Sequence[ProgrammeItem]) -> dict[str, Any]:
        """Return it as plain data, with the programme to begin with."""
        return {
            "channels": self.channels,
            "strength_difference": self.strength_difference,
            "findings": [f"{self.names[one.channel]}: {one.what}" for one in self.findings],
            "programme": msgspec.to_builtins(list(programme)),
        }


def evaluate(played: Sequence[Played], calibration: Calibration, names: Sequence[str]) -> Evaluated:
    """Return what an evaluation came to; nothing is read.

    Parameters
    ----------
    played : sequence of Played
        Of the session; the newest of each of `EXERCISES` counts that was done on the same channels
        as the newest of all.
    calibration : Calibration
    names : sequence of str
        Muscle of each channel.
    """
    begun = parts_of(played)
    parts = [one for one in begun if one.scores] or begun
    if not parts:
        return Evaluated(names=tuple(names))
    channels = list(parts[-1].channels)
    newest = {one.exercise.name: one for one in parts if list(one.channels) == channels}
    figures = [_figures(channel, newest, calibration, names) for channel in channels]
    difference = _difference(figures)
    findings = [
        finding
        for channel, one in zip(channels, figures, strict=True)
        for finding in _findings(channel, one)
    ]
    if difference is not None and abs(difference) > MOST_STRENGTH_DIFFERENCE:
        weaker = channels[0] if difference > 0 else channels[1]
        what = f"{100 * abs(difference):.0f} % less signal at full effort"
        findings.insert(0, Finding(channel=weaker, what=what, modes=("symmetry", "hold")))
    return Evaluated(
        names=tuple(names), channels=figures, strength_difference=difference, findings=findings
    )


def parts_of(played: Sequence[Played]) -> list[Played]:
    """Return the exercises of a session that are parts of the evaluation."""
    return [one for one in played if one.exercise.name in EXERCISES]


def _figures(
    channel: int, newest: dict[str, Played], calibration: Calibration, names: Sequence[str]
) -> dict[str, Any]:
    rest_uv, mvc_uv = float(calibration.rest_uv[channel]), float(calibration.mvc_uv[channel])
    known = {
        name: exercise_summary(one, names)["channels"][list(one.channels).index(channel)]
        for name, one in newest.items()
    }
    fast, hold, long = (known.get(name, {}) for name in EXERCISES)
    return {
        "name": names[channel],
        "rest_uv": rest_uv if rest_uv == rest_uv else None,
        "mvc_uv": mvc_uv if any(trial.ok for trial in calibration.trials[channel]) else None,
        "fraction": calibration.share(channel),
        "rest_share": rest_uv / mvc_uv if rest_uv / mvc_uv == rest_uv / mvc_uv else None,
        "reaction_s": fast.get("onset_s"),
        "steadiness_cv": hold.get("steadiness_cv"),
        "release_s": hold.get("release_s"),
        "endurance": long.get("time_in_band"),
    }


def _findings(channel: int, figures: dict[str, Any]) -> list[Finding]:
    """Compare a muscle's figures with the limits, the most telling first."""
    rules = (
        (
            "rest_share",
            MOST_RESTING_SHARE,
            "tense at rest, {1:.0f} % of the maximum",
            ("stay-below",),
        ),
        ("release_s", SLOWEST_RELEASE_S, "slow to let go, {0:.2f} s", ("contract-relax",)),
        ("reaction_s", SLOWEST_REACTION_S, "slow to begin, {0:.2f} s", ("react",)),
        ("steadiness_cv", MOST_UNSTEADINESS, "unsteady, varies by {1:.0f} %", ("follow", "hold")),
    )
    found = [
        Finding(channel=channel, what=words.format(figures[name], 100 * figures[name]), modes=modes)
        for name, most, words, modes in rules
        if figures[name] is not None and figures[name] > most
    ]
    if figures["endurance"] is not None and figures["endurance"] < LEAST_ENDURANCE:
        what = f"tires, {100 * figures['endurance']:.0f} % of the long hold in the band"
        found.append(Finding(channel=channel, what=what, modes=("endurance", "hold")))
    return found


def _exercise(muscle: str, mode: str) -> Protocol | None:
    """Return an exercise of a mode for a muscle, or else for its region."""
    known = placement(muscle)
    region = known.region if known else ""
    of_mode = [one for one in protocols().values() if one.mode == mode and one.region == region]
    for one in of_mode:
        if any(split_side(trained.name)[0] == muscle for trained in one.muscles):
            return one
    return of_mode[0] if of_mode else None


def _difference(figures: Sequence[dict[str, Any]]) -> float | None:
    """Compare the two sides of a muscle, if both were measured today at full effort."""
    if len(figures) < 2:
        return None
    left, right = figures[:2]
    (muscle, side), (other, other_side) = (split_side(one["name"]) for one in (left, right))
    full = left["fraction"] == right["fraction"] == 1.0
    if not full or (muscle, {side, other_side}) != (other, {"left", "right"}):
        return None
    left_uv, right_uv = left["mvc_uv"], right["mvc_uv"]
    if left_uv is None or right_uv is None:
        return None
    return float((right_uv - left_uv) / max(left_uv, right_uv))

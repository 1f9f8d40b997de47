"""What a session came to, in the figures that clinics know."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import msgspec
import numpy as np

from emg_config.protocol import Exercise
from emg_feedback.link.wire import or_none
from emg_feedback.store.rows import CalibrationRow
from emg_feedback.training.alike import compared
from emg_feedback.training.calibration import Calibration
from emg_feedback.training.score import ChannelScore, RepetitionScore


@dataclass(slots=True)
class Played:
    """An exercise as it is done: on which channels, with what success.

    ``exercise`` is the newest, if its path was moved meanwhile; ``left_out`` are repetitions, by
    set and number, that were skipped.
    """

    exercise: Exercise
    channels: Sequence[int]
    scores: list[RepetitionScore] = field(default_factory=list)
    left_out: set[tuple[int, int]] = field(default_factory=set)

    @property
    def planned(self) -> int:
        """Return how many repetitions it has."""
        return self.exercise.sets * self.exercise.repetitions

    @property
    def skipped(self) -> int:
        """Return how many repetitions were skipped."""
        return len(self.left_out)

    @property
    def to_do(self) -> set[tuple[int, int]]:
        """Return the repetitions that were neither done nor skipped."""
        all_ = product(range(1, self.exercise.sets + 1), range(1, self.exercise.repetitions + 1))
        return {number for number in all_ if not self.is_over(*number)}

    def is_over(self, set_: int, repetition: int) -> bool:
        """Return whether a repetition was done or skipped."""
        done = ((score.set, score.repetition) for score in self.scores)
        return (set_, repetition) in {*done, *self.left_out}

    def count(self, result: str, set_: int | None = None) -> int:
        """Return how many repetitions ended so, of a set or of all."""
        return sum(score.result == result and set_ in (None, score.set) for score in self.scores)


def exercise_summary(played: Played, names: Sequence[str]) -> dict[str, Any]:
    """Return the figures of an exercise; disturbed repetitions count in ``void`` only.

    ``sets`` are the counts of each set, ``missed_scores`` the scores of the missed ones, from which
    it can be told why, ``pair`` the muscles that ``asymmetry`` compares.

    Work and rest are means over the repetitions, each without its first second; onset and release
    are medians, of those below two seconds (as in the statistics of clinical EMG units).
    """
    counted = [score for score in played.scores if score.counted]
    results = ("good", "missed", "void")
    return {
        "protocol": played.exercise.name,
        "title": played.exercise.title,
        "mode": played.exercise.mode,
        "repetitions": len(played.scores),
        "planned": played.planned,
        **{result: played.count(result) for result in results},
        "sets": [
            {"set": set_} | {result: played.count(result, set_) for result in results}
            for set_ in sorted({score.set for score in played.scores})
        ],
        "skipped": played.skipped,
        "time_in_band": _mean(score.time_in_band for score in counted),
        "error": _mean(score.error for score in counted),
        "asymmetry": _mean(score.asymmetry for score in counted),
        "pair": [names[channel] for channel in compared(played.channels)],
        "co_contraction": _mean(score.co_contraction for score in counted),
        "missed_scores": [
            msgspec.to_builtins(score) for score in counted if score.result == "missed"
        ],
        "channels": [
            channel_summary(names[channel], _of(channel, counted)) for channel in played.channels
        ],
    }


def channel_summary(name: str, scores: Sequence[ChannelScore]) -> dict[str, Any]:
    """Return the figures of one muscle in an exercise."""
    works = [score.mean for score in scores if score.mean is not None]
    return {
        "name": name,
        "unit": scores[0].unit if scores else "mvc",
        "target": scores[-1].band if scores else None,
        "work_mean": _mean(works),
        "work_deviation": float(np.std(works, ddof=1)) if len(works) > 1 else None,
        "rest_mean": _mean(score.rest_mean for score in scores),
        "peak": max((score.peak for score in scores if score.peak is not None), default=None),
        "steadiness_cv": _mean(score.steadiness_cv for score in scores),
        "time_in_band": _mean(score.time_in_band for score in scores),
        "onset_s": _median(score.onset_latency_s for score in scores),
        "rise_s": _median(score.rise_s for score in scores),
        "release_s": _median(score.release_s for score in scores),
    }


def maxima(
    calibration: Calibration, names: Sequence[str], last: Mapping[str, CalibrationRow]
) -> list[dict[str, Any]]:
    """Return every muscle's maximum that is known, and that of the last session.

    ``fraction`` is the share of full effort it was reckoned from.
    """
    return [
        {
            "name": name,
            "mvc_uv": mvc_uv,
            "fraction": calibration.share(channel),
            "last_uv": last[name].mvc_uv if name in last else None,
        }
        for channel, (name, mvc_uv) in enumerate(
            zip(names, or_none(calibration.mvc_uv), strict=True)
        )
        if mvc_uv is not None
    ]


def _of(channel: int, scores: Iterable[RepetitionScore]) -> list[ChannelScore]:
    return [one for score in scores for one in score.channels if one.channel == channel]


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _median(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.median(known)) if known else None

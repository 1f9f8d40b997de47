"""Answers of the engine in a shape that pages can use; what is missing or new does no harm."""

from typing import Any, NamedTuple

import msgspec

from emg_config.electrode import Electrode
from emg_feedback.link.messages import DisplayAt
from emg_feedback.views.console.misses import why_missed
from emg_feedback.views.console.words import FLAGS, microvolts, percent

# What else tells how a repetition of a mode went.
TELLING = {
    "follow": ("error", "off the path by"),
    "reproduce": ("error", "off by"),
    "symmetry": ("asymmetry", "uneven by"),
    "isolate": ("co_contraction", "co-contraction"),
}


class Trial(msgspec.Struct, kw_only=True):
    """One attempt at full effort of one channel."""

    mvc_uv: float | None = None
    ok: bool = False
    why: str | None = None


class Calibration(msgspec.Struct, kw_only=True):
    """Reference levels a channel, and how they were found."""

    rest_uv: list[float | None] = []
    mvc_uv: list[float | None] = []
    refused: str | None = None
    fraction: list[float | None] = []
    trials: list[list[Trial]] = []
    spread: list[float | None] = []
    warnings: list[str] = []


class Health(msgspec.Struct, kw_only=True):
    """The board and the signal."""

    stalled: bool = False
    archive: str | None = None
    received: int = 0
    lost: int = 0
    quality: list[str] = []
    quality_numbers: dict[str, list[float | None]] = {}

    def number(self, word: str, channel: int) -> str:
        """Return the figure that stands behind a word of quality, with its unit."""
        name, told = {
            "mains": ("mains_uv", "mains {}"),
            "heartbeat": ("heartbeat_share", "heart {}"),
            "off scale": ("rail_share", "{} off scale"),
            "movement": ("movement_share", "movement {}"),
            "flat": ("flat_s", ""),
        }.get(word, ("noise_uv", "noise {}"))
        values = self.quality_numbers.get(name, [])
        value = values[channel] if channel < len(values) else None
        if value is None or not told:
            return ""
        return told.format(microvolts(value) if name.endswith("_uv") else percent(value))


class AutoTarget(msgspec.Struct, kw_only=True):
    """How targets follow success now."""

    on: bool = True
    rate: float = 0.8
    step: float = 0.04
    low: float = 0.1
    high: float = 0.8


class Facts(msgspec.Struct, kw_only=True):
    """What a status and an answer tell alike."""

    channels: list[str] = []
    calibration: Calibration = msgspec.field(default_factory=Calibration)
    settings: dict[str, Any] = {}
    health: Health = msgspec.field(default_factory=Health)
    auto_target: AutoTarget | None = None
    electrodes: list[Electrode | None] = []
    channels_from: float | None = None
    displays: list[DisplayAt] = []
    pain_unseen: bool = False


class Figures(msgspec.Struct, kw_only=True):
    """What a trained muscle did in a repetition; None where that is not known."""

    channel: int = 0
    mean: float | None = None
    unit: str = "mvc"
    onset_latency_s: float | None = None
    onset_between_s: tuple[float, float] | None = None
    release_s: float | None = None
    release_between_s: tuple[float, float] | None = None


class Row(NamedTuple):
    """One repetition in the list of results; None where it was not seen or does not apply."""

    number: str
    result: str
    time_in_band: float | None = None
    trained: tuple[Figures, ...] = ()
    remarks: str = ""
    why: str = ""


def rows_of(
    results: list[str],
    scores: list[dict[str, Any]],
    *,
    sets: int,
    mode: str | None,
) -> list[Row]:
    """Return the newest repetition first; the earliest are without figures where some lack."""
    known = scores[: len(results)]
    told: list[dict[str, Any] | None] = [None] * (len(results) - len(known)) + [*known]
    rows = [
        _row(index, result, score, sets, mode)
        for index, (result, score) in enumerate(zip(results, told, strict=True))
    ]
    return rows[::-1]


def _row(index: int, result: str, score: dict[str, Any] | None, sets: int, mode: str | None) -> Row:
    if score is None:
        return Row(str(index + 1), result)
    trained = [one for one in score.get("channels") or [] if one.get("role", "train") == "train"]
    set_, repetition = score.get("set"), score.get("repetition")
    number = f"{set_} · {repetition}" if sets > 1 and repetition else str(index + 1)
    return Row(
        number=number,
        result=result,
        time_in_band=score.get("time_in_band"),
        trained=tuple(map(_figures, trained)),
        remarks=", ".join(_remarks(score, mode)),
        why=why_missed(score, mode) if result == "missed" else "",
    )


def _figures(told: dict[str, Any]) -> Figures:
    try:
        return msgspec.convert(told, Figures)
    except msgspec.ValidationError:
        return Figures()


def _remarks(score: dict[str, Any], mode: str | None) -> list[str]:
    remarks = [FLAGS.get(flag, str(flag)) for flag in score.get("flags") or []]
    name, word = TELLING.get(mode or "", ("", ""))
    if score.get(name) is not None:
        remarks.append(f"{word} {percent(abs(score[name]))}")
    return remarks

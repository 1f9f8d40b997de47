"""Every word a therapist reads that more than one page uses, in one place."""

from collections.abc import Sequence
from enum import Enum, IntEnum
from typing import NamedTuple

from emg_feedback.link.messages import Phase

TITLE = "emg-feedback"
EVALUATION = "Initial evaluation"
DISCLAIMER = "Research and training software – not a medical device"


class Step(IntEnum):
    """The pages, in the order of a session."""

    PATIENT = 1
    ELECTRODES = 2
    REST = 3
    MAXIMUM = 4
    EXERCISE = 5
    SUMMARY = 6


STEPS = {
    Step.PATIENT: "Patient",
    Step.ELECTRODES: "Electrodes",
    Step.REST: "Rest",
    Step.MAXIMUM: "Maximum",
    Step.EXERCISE: "Exercise",
    Step.SUMMARY: "Summary",
}


class Mark(Enum):
    """How far a step is."""

    OPEN = "To do"
    RUNNING = "Running"
    PAUSED = "Paused"
    DONE = "Done"
    CHECK = "Check"


class Light(Enum):
    """A light for quality, told by colour, shape and word."""

    GOOD = "good"
    WATCH = "watch"
    BAD = "bad"
    NONE = "none"


class Quality(NamedTuple):
    """What a word of the engine's means to a therapist."""

    light: Light
    word: str
    hint: str


NO_QUALITY = Quality(Light.NONE, "No signal", "Nothing comes from the board")
QUALITY = {
    "good": Quality(Light.GOOD, "Good", ""),
    "off scale": Quality(Light.BAD, "Loose", "Loose electrode? Press it on, check its plug"),
    "flat": Quality(Light.BAD, "Unplugged", "No signal: plug the cable in"),
    "check electrode": Quality(
        Light.BAD, "Poor contact", "Clean the skin, then press it on or take a fresh one"
    ),
    "movement": Quality(Light.WATCH, "Cable moves", "Tape the cable down"),
    "mains": Quality(Light.WATCH, "Mains hum", "Move cables away from lamps and chargers"),
    "heartbeat": Quality(Light.WATCH, "Heartbeat", "Fine to go on, but low levels read high"),
    "noisy": Quality(Light.WATCH, "Noisy", "Let the muscle relax; still noisy? Check contact"),
}
QUALITY_OTHER = Quality(Light.WATCH, "Check", "Check the electrode")

PHASES = {
    Phase.IDLE: "Ready",
    Phase.REST_CALIBRATION: "Relax",
    Phase.MVC_CALIBRATION: "As strong as possible",
    Phase.PREPARE: "Get ready",
    Phase.HOLD: "Hold",
    Phase.RELAX: "Let go",
    Phase.PAUSE: "Paused",
    Phase.DONE: "Finished",
}
# Between two parts of an evaluation.
REST = "Rest"
# What a mode asks for in its hold, where that is not to hold.
HOLDS = {
    "stay-below": "Stay loose",
    "follow": "Follow the path",
    "react": "Now!",
    "free": "Try it out",
}
PAUSED_FOR = {
    "pain": "Paused – pain",
    "loss": "Paused – signal lost",
}
RESULTS = {"good": "Good", "missed": "Missed", "void": "Disturbed"}
FLAGS = {
    "gap": "samples lost",
    "stall": "board was silent",
    "pause": "paused",
    "early": "too early",
    "movement": "the cable moved",
    "off scale": "electrode off",
    "flat": "no signal",
    "check electrode": "no contact",
}
MODES = {
    "hold": "Hold in a band",
    "stay-below": "Stay below",
    "contract-relax": "Contract, then relax",
    "follow": "Follow a path",
    "react": "React to a cue",
    "isolate": "This muscle, not that one",
    "symmetry": "Both sides alike",
    "endurance": "Endurance",
    "reproduce": "Reproduce without seeing",
    "free": "Free",
}
ROLES = {"train": "train", "quiet": "keep quiet", "watch": "watch", "": ""}

LINK_WAITING = "Waiting for engine"
FIRST_START = "The very first start takes up to a minute; later ones take seconds."
LINK_LIVE = "Connected"
LINK_SILENT = "Board is silent"
LINK_LOST = "Disconnected"

DONE = {
    "add_patient": "Patient added",
    "begin_session": "Session begun",
    "end_session": "Session ended",
    "set_programme": "Programme kept",
    "drop_trial": "Trial dropped",
    "set_reference": "Last session's maximum taken",
    "mark": "Moment marked",
    "note": "Note kept",
    "extend_rest": "Rest extended",
    "name_channel": "Noted",
    "auto_target": "Automatic target changed",
}
PAIN_NOTED = "Pain noted; nothing was running"


def unfinished(done: int, skipped: int, planned: int) -> str:
    """Return what of an exercise that is over was not done, in words; empty if everything was."""
    if done + skipped < planned:
        told = f"stopped: {done} of {planned} done"
        return f"{told}, {skipped} left out" if skipped else told
    return f"{skipped} of {planned} left out" if skipped else ""


def sentence(told: str) -> str:
    """Return words as they stand at the beginning of a line."""
    return told[:1].upper() + told[1:]


def percent(fraction: float | None) -> str:
    """Return a fraction as a percentage, a dash if it is not known."""
    return "–" if fraction is None else f"{100 * fraction:.0f} %"


def microvolts(value_uv: float | None) -> str:
    """Return a level with its unit, a dash if it is not known."""
    if value_uv is None:
        return "–"
    return f"{value_uv:.1f} µV" if value_uv < 9.95 else f"{value_uv:.0f} µV"


def seconds(value_s: float | None) -> str:
    """Return a short time with its unit, a dash if it is not known."""
    return "–" if value_s is None else f"{value_s:.2f} s"


def seconds_or_range(
    value_s: float | None, between_s: Sequence[float] | None, sure_s: float
) -> str:
    """Return a short time, or where it may be off by more than ``sure_s`` the range it is in."""
    if value_s is None or not between_s:
        return seconds(value_s)
    earliest_s, latest_s = between_s
    if max(value_s - earliest_s, latest_s - value_s) <= sure_s:
        return seconds(value_s)
    return f"{earliest_s:.2f}–{latest_s:.2f} s"


def short_seconds(value_s: float) -> str:
    """Return a length of time with its unit, without figures that say nothing."""
    return f"{value_s:.1f}".removesuffix(".0") + " s"


def minutes(value_s: float) -> str:
    """Return a longer time, rounded as one says it."""
    if value_s < 90:
        return f"{value_s:.0f} s"
    return f"{value_s / 60:.0f} min"

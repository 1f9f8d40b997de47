"""Every word a patient reads, in one table, so that another language is another table."""

from enum import StrEnum

from emg_feedback.link.messages import Phase


class Place(StrEnum):
    """Where a bar is, seen from its target."""

    BELOW = "below"
    IN = "in"
    ABOVE = "above"
    NONE = "none"


WAITING = "Waiting for the board…"
STALE = "Please wait"
NO_SIGNAL = "No signal"
DISCLAIMER = "Research and training software – not a medical device"
OUT_OF = "{done} of {all}"
SET_OF = "Set {set} of {sets}"
CHANNEL = "Muscle {number}"
SECONDS = "{seconds} s"
HEALTH = "delay {delay:.0f} ms · lost samples {lost} · missed frames {missed} · gaps {gaps}"

PHASES = {
    Phase.IDLE: "Ready",
    Phase.REST_CALIBRATION: "Relax",
    Phase.MVC_CALIBRATION: "As strong as you can",
    Phase.PREPARE: "Get ready",
    Phase.HOLD: "Hold",
    Phase.RELAX: "Let go",
    Phase.PAUSE: "Pause",
    Phase.DONE: "Well done",
}
MORE, HOLD, LESS, MIXED = "More", "Hold", "Less", "Adjust"
PLACES = {Place.BELOW: MORE, Place.IN: "Good", Place.ABOVE: LESS, Place.NONE: ""}

GOOD = "good"
QUALITY = {
    GOOD: "",
    "off scale": "Loose electrode?",
    "flat": "Unplugged?",
    "mains": "",
    "movement": "",
    "heartbeat": "",
    "noisy": "",
}
QUALITY_OTHER = "Check electrode"

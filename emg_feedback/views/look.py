"""How the patient's page is to look: what suits the patient rather than the exercise."""

from dataclasses import dataclass, replace
from enum import StrEnum

from emg_feedback.link.messages import Phase, SessionState


class Layout(StrEnum):
    """What the page is made of; ``auto`` follows the exercise."""

    AUTO = "auto"
    BARS = "bars"
    PATH = "path"
    ONE = "one"
    MIRROR = "mirror"
    GAME = "game"


class Side(StrEnum):
    """Where on the screen everything is: in one half for a patient who neglects the other."""

    WHOLE = "whole"
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, kw_only=True)
class Look:
    """What was chosen for a patient.

    Attributes
    ----------
    layout : Layout
    side : Side
    text_size : float
        Letters are this many times as large, 1.0 to 1.6.
    calm : bool
        Nothing pulses or scrolls; what moves by itself moves in steps.
    high_contrast : bool
        On black.
    """

    layout: Layout = Layout.AUTO
    side: Side = Side.WHOLE
    text_size: float = 1.0
    calm: bool = False
    high_contrast: bool = False


LETTERS = {"Up": 0.2, "Down": -0.2}
SMALLEST, LARGEST = 1.0, 1.6


def look_after(key: str, look: Look) -> Look:
    """Return the look after a key: ← and → for one half and back, ↑ and ↓ for the letters."""
    side = {"Left": Side.LEFT, "Right": Side.RIGHT}.get(key, look.side)
    if key in ("Left", "Right") and side is look.side:
        side = Side.WHOLE
    size = round(look.text_size + LETTERS.get(key, 0.0), 1)
    return replace(look, side=side, text_size=min(LARGEST, max(SMALLEST, size)))


def is_calibrating(session: SessionState) -> bool:
    """Return whether rest is being measured, or full effort, with what comes between its trials."""
    return session.phase is Phase.REST_CALIBRATION or session.in_trials


def layout_for(session: SessionState, chosen: Layout, n_trained: int, n_shown: int) -> Layout:
    """Return what the page is made of; a layout that needs what is not there gives way to bars."""
    by_mode = {"follow": Layout.PATH, "symmetry": Layout.MIRROR}.get(session.mode or "")
    layout = chosen
    if chosen is Layout.AUTO:
        layout = Layout.BARS if by_mode is None or is_calibrating(session) else by_mode
    if layout is Layout.GAME and is_calibrating(session):
        layout = Layout.BARS
    hides_some = layout is Layout.ONE or (layout is Layout.PATH and by_mode is not Layout.PATH)
    if hides_some and "quiet" in session.roles:  # of which the headline speaks, too
        layout = Layout.BARS
    if layout is Layout.MIRROR and n_trained < 2:
        layout = Layout.BARS
    if layout is Layout.BARS and n_shown == 1:
        layout = Layout.ONE
    return layout

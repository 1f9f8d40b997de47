"""Colours: Okabe and Ito's, which colour-blind people tell apart, on a calm dark ground."""

from emg_feedback.views.painter import Colour
from emg_feedback.views.words import Place


def _hex(code: str, alpha: float = 1.0) -> Colour:
    red, green, blue = (int(code[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue, alpha


def faded(colour: Colour, alpha: float) -> Colour:
    """Return ``colour`` with its opacity times ``alpha``."""
    return (*colour[:3], colour[3] * alpha)


GROUND = _hex("10171F")
TRACK = _hex("23303D")
PANEL = _hex("18222D")
TEXT = _hex("F4F6F8")
QUIET = _hex("A9B6C3")
DIM = _hex("66727F")
BAND = _hex("FFFFFF")
HINT = _hex("F0E442")
ALARM = _hex("D55E00")
STAR = _hex("F0E442")

PLACES = {
    Place.BELOW: _hex("56B4E9"),
    Place.IN: _hex("12B886"),
    Place.ABOVE: _hex("E69F00"),
    Place.NONE: _hex("94A6B8"),
}

# The same on black, with nothing grey that must be read.
HIGH_CONTRAST = {
    colour[:3]: _hex(code)[:3]
    for colour, code in (
        (GROUND, "000000"),
        (TRACK, "333333"),
        (PANEL, "141414"),
        (TEXT, "FFFFFF"),
        (QUIET, "F0F0F0"),
        (DIM, "A0A0A0"),
        (ALARM, "FF7A1A"),
        (PLACES[Place.BELOW], "7CCBFF"),
        (PLACES[Place.IN], "2BE5A5"),
        (PLACES[Place.ABOVE], "FFB52E"),
        (PLACES[Place.NONE], "E0E0E0"),
    )
}

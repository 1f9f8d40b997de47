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

PLACES = {
    Place.BELOW: _hex("56B4E9"),
    Place.IN: _hex("12B886"),
    Place.ABOVE: _hex("E69F00"),
    Place.NONE: _hex("94A6B8"),
}

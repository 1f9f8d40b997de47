"""A calm game: a balloon rises with the muscles' pull, along a lane with stars to catch.

Nobody can fail at it: a star that was not caught drifts by.
"""

import math
from weakref import WeakKeyDictionary

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.beside import (
    draw_alarm_frame,
    draw_companion,
    draw_done,
    draw_pain_page,
    has_companion,
)
from emg_feedback.views.box import Box, page_of
from emg_feedback.views.flight import Flight, flying
from emg_feedback.views.footer import draw_footer
from emg_feedback.views.header import draw_header
from emg_feedback.views.look import Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.pause import Asked
from emg_feedback.views.sky import Sky
from emg_feedback.views.words import Place

_PLAIN = Look()
# What each display has flown so far; a display follows one model.
_flights: WeakKeyDictionary[ViewModel, Flight] = WeakKeyDictionary()


def draw_game(
    painter: Painter,
    model: ViewModel,
    size: tuple[int, int],
    now_s: float,
    look: Look = _PLAIN,
    asked: Asked | None = None,
) -> None:
    """Draw the game's page for ``model`` as it is at ``now_s`` into ``size`` pixels.

    ``asked`` is what came of the patient's pause button, None where there is none.
    """
    page = page_of(size, look)
    painter.origin = page.origin
    painter.theme = palette.HIGH_CONTRAST if look.high_contrast else {}
    draw_header(painter, model, page, look, now_s, asked or Asked.NOTHING)
    session, box = model.session, page.body
    if session.phase is Phase.DONE:
        draw_done(painter, model, box, page.letter)
    elif session.phase is Phase.PAUSE and session.paused_for == "pain":
        draw_pain_page(painter, model, box, page.letter)
    else:
        if session.mode == "react" and has_companion(model):
            beside, box = box.halves(0.4, 4 * page.unit)
            draw_companion(painter, model, beside, look, now_s)
        draw_sky(painter, model, box, page.unit, now_s, look.calm)
    draw_footer(painter, model, page, asked)
    if session.alarm and not model.stale(now_s):
        draw_alarm_frame(painter, Box(0.0, 0.0, *page.size), 1.6 * page.unit)


def draw_sky(
    painter: Painter, model: ViewModel, box: Box, unit: float, now_s: float, calm: bool
) -> None:
    """Draw the game itself into ``box``; if ``calm``, it moves on in steps of a second."""
    flight = _flights.setdefault(model, Flight())
    flight.update(model, now_s)
    sky = Sky(painter, box, unit)
    session = model.session
    at_s = flight.time_s
    if flying(session) and flight.aim is not None:
        at_s = model.elapsed_s(now_s) or at_s
    at_s = math.floor(at_s) if calm else at_s
    lane = flight.lane(model, now_s)
    sky.night()
    sky.hills(flight.travelled_s + at_s - flight.time_s)
    if lane is not None:
        ahead = session.phase is Phase.PREPARE
        sky.lane(lane, at_s, 0.5 if ahead else 1.0)
        if flying(session) or ahead:
            sky.stars(flight, model, lane, at_s)
    if session.hidden and not model.stale(now_s):
        sky.cloud()
    elif model.frame is not None:
        if flying(session) and flight.aim is not None and not calm:
            sky.trail(flight, at_s)
        resting = session.phase in (Phase.PAUSE, Phase.DONE)
        place = Place.NONE if flight.aim is None else place_of(model, now_s)
        colour = palette.DIM if flight.aim is None else palette.PLACES[place]
        sky.balloon(0.0 if resting else flight.height, place, colour)
    if flight.caught and session.phase in (Phase.HOLD, Phase.RELAX) and not session.hidden:
        sky.count(len(flight.caught))


def place_of(model: ViewModel, now_s: float) -> Place:
    """Return what the bars would say together."""
    bars = model.bars(now_s)
    places = {bars[channel].place for channel in model.channels("train", "quiet")}
    for place in (Place.BELOW, Place.ABOVE):
        if places - {Place.NONE, Place.IN} == {place}:
            return place
    return Place.IN if Place.IN in places and len(places - {Place.NONE}) == 1 else Place.NONE

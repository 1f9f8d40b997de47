"""A calm game: a balloon rises with the muscles' pull, along a lane with stars to catch.

Nobody can fail at it: a star that was not caught drifts by.
"""

import math
from weakref import WeakKeyDictionary

from emg_feedback.link.messages import Phase
from emg_feedback.views import palette
from emg_feedback.views.box import Box
from emg_feedback.views.flight import Flight, flying
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.sky import Sky
from emg_feedback.views.words import Place

# What each display has flown so far; a display follows one model.
_flights: WeakKeyDictionary[ViewModel, Flight] = WeakKeyDictionary()


def draw_game(
    painter: Painter, model: ViewModel, box: Box, unit: float, now_s: float, calm: bool
) -> None:
    """Draw the game into ``box``; if ``calm``, it moves on in steps of a second."""
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

import gc
import itertools
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views import game, palette
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.flight import (
    FIRST_STAR_S,
    SMOOTHING_S,
    STAR_EVERY_S,
    Flight,
    Lane,
    most_stars,
    stars,
)
from emg_feedback.views.game import place_of
from emg_feedback.views.lettering import CAP_HEIGHT_EM, box_px, width_px
from emg_feedback.views.look import Layout, Look, Side
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.words import Place
from tests.views.frames import T0_S, frame, status

BAND = (0.25, 0.35)
STEP_S = 0.032
PATH = [(0.0, 0.0), (3.0, 0.4), (5.0, 0.4), (5.0, 0.2), (8.0, 0.0)]


class Recorder(Painter):
    """A painter that also knows where the words and stars are."""

    def __init__(self):
        super().__init__(Atlas())
        self.words, self.boxes, self.stars = [], [], []

    def text(self, string, x, y, size, colour, anchor="lb"):
        super().text(string, x, y, size, colour, anchor)
        size_px = max(1, round(size))
        left, top, right, bottom = box_px(string, size_px)
        x -= {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * width_px(string, size_px)
        y += {"t": 1.0, "m": 0.5, "b": 0.0}[anchor[1]] * CAP_HEIGHT_EM * size_px
        self.words.append(string)
        self.boxes.append((x + left, y + top, x + right, y + bottom))

    def star(self, x, y, radius, colour, line=0.0):
        super().star(x, y, radius, colour, line)
        self.stars.append((x, y, colour))


def state(phase=Phase.HOLD, at_s=0.0, length_s=6.0, **changes):
    given_ = {
        "protocol": "quad-set",
        "mode": "hold",
        "cue": "Press your knee down",
        "set": 1,
        "sets": 3,
        "repetition": 2,
        "repetitions": 4,
        "remaining_s": length_s - at_s,
        "phase_s": length_s,
        "roles": ["train"],
        "targets": [BAND],
    }
    return SessionState(phase=phase, **(given_ | changes))


def tell(model, session, levels, at_s, **others):
    model.receive(frame(levels, seq=model.n_frames, at_s=at_s, state=session, **others), at_s)


def flown(levels, length_s=6.0, seconds=None, flight=None, model=None, **changes):
    """Fly one hold; ``levels`` tells each muscle's level at a time of it."""
    model, flight = model or ViewModel(), flight or Flight()
    for time_s in np.arange(0.0, length_s if seconds is None else seconds, STEP_S):
        told = state(at_s=time_s, length_s=length_s, **changes)
        tell(model, told, levels(time_s), T0_S + time_s)
        flight.update(model, T0_S + time_s)
    return flight, model


def test_every_star_is_caught_in_the_band_and_none_outside():
    for length_s in (1.0, 2.0, 5.0, 6.5):
        inside, _ = flown(lambda _: [0.3], length_s)
        assert inside.caught == set(range(most_stars(state(length_s=length_s))))
        for level in (0.0, 0.24, 0.36, 2.0):
            assert not flown(lambda _, level=level: [level], length_s)[0].caught


def test_stars_are_those_passed_while_inside():
    flight, _ = flown(lambda time_s: [0.3 if 2.2 < time_s < 4.8 else 0.1])
    passed = [k for k in range(5) if 2.2 < FIRST_STAR_S + k * STAR_EVERY_S < 4.8]
    assert flight.caught == set(passed)


@given(st.lists(st.floats(0.0, 1.5), min_size=1, max_size=200))
def test_stars_of_a_hold_only_grow_and_are_bounded(levels):
    model, flight, before = ViewModel(), Flight(), 0
    for k, level in enumerate(levels):
        told = state(at_s=min(6.0, k * STEP_S))
        tell(model, told, [level], T0_S + k * STEP_S)
        flight.update(model, T0_S + k * STEP_S)
        assert before <= len(flight.caught) <= most_stars(told)
        assert 0.0 <= flight.height <= 1.0
        before = len(flight.caught)


def test_two_displays_agree_however_often_they_draw():
    levels = [[0.3 + 0.1 * np.sin(0.7 * k)] for k in range(180)]
    model, often, rarely = ViewModel(), Flight(), Flight()
    for k, level in enumerate(levels):
        at_s = T0_S + k * STEP_S
        tell(model, state(at_s=k * STEP_S), level, at_s)
        for later_s in (0.0, 0.005, 0.010):
            often.update(model, at_s + later_s)
        rarely.update(model, at_s + 0.010)
    assert (often.caught, often.height, often.time_s) == (
        rarely.caught,
        rarely.height,
        rarely.time_s,
    )


def test_all_muscles_must_be_in_and_quiet_ones_calm():
    two = {"targets": [BAND, BAND]}
    assert not flown(lambda _: [0.3, 0.2], roles=["train", "train"], **two)[0].caught
    assert flown(lambda _: [0.3, 0.2], roles=["train", "quiet"], **two)[0].caught
    assert not flown(lambda _: [0.3, 0.5], roles=["train", "quiet"], **two)[0].caught
    assert flown(lambda _: [0.3, 0.9], roles=["train", ""], **two)[0].caught


def test_without_an_mvc_the_band_in_microvolts_counts():
    model, flight = ViewModel(), Flight()
    for time_s in np.arange(0.0, 3.0, STEP_S):
        told = state(at_s=time_s, targets=[None], targets_uv=[(20.0, 40.0)])
        tell(model, told, [None], T0_S + time_s, envelope_uv=[30.0])
        flight.update(model, T0_S + time_s)
    assert len(flight.caught) == 2


@pytest.mark.parametrize("changes", [{"hidden": True}, {"targets": [None]}])
def test_nothing_is_caught_unseen_or_without_a_band(changes):
    flight, model = flown(lambda _: [0.3], **changes)
    assert not flight.caught
    assert flight.lane(model, T0_S + 6.0) is None


def test_nothing_moves_while_stale():
    flight, model = flown(lambda _: [0.3], seconds=3.0)
    caught, height, time_s = set(flight.caught), flight.height, flight.time_s
    for later_s in (0.3, 1.0, 100.0):
        flight.update(model, T0_S + 3.0 + later_s)
        assert flight.aim is None
        assert flight.lane(model, T0_S + 3.0 + later_s) is None
    assert (flight.caught, flight.height, flight.time_s) == (caught, height, time_s)


def test_height_rises_with_intensity():
    heights = [
        flown(lambda _, level=level: [level])[0].height for level in np.linspace(0.0, 0.5, 6)
    ]
    assert (np.diff(heights) > 0.0).all()


def test_height_follows_within_its_smoothing():
    flight, _ = flown(lambda time_s: [0.0 if time_s < 1.0 else 0.4], seconds=1.0 + 4 * SMOOTHING_S)
    assert flight.height == pytest.approx(0.4 / 0.6, rel=0.05)


def test_a_new_repetition_begins_with_no_stars_and_the_rest_keeps_them():
    flight, model = flown(lambda _: [0.3])
    caught = set(flight.caught)
    travelled_s = flight.travelled_s
    at_s = T0_S + 6.0
    tell(model, state(Phase.RELAX, 0.0), [0.02], at_s)
    flight.update(model, at_s)
    assert flight.caught == caught
    assert flight.lane(model, at_s) is None
    tell(model, state(Phase.PREPARE, 0.0, repetition=3), [0.02], at_s + 0.1)
    flight.update(model, at_s + 0.1)
    assert not flight.caught
    assert flight.travelled_s == travelled_s
    assert flight.time_s == 0.0


def test_the_lane_is_the_band_of_now():
    flight, model = flown(lambda _: [0.3], seconds=2.0)
    lane = flight.lane(model, T0_S + 2.0)
    low, high = model.bars(T0_S + 2.0)[0].band
    for time_s in (0.0, 2.0, 5.9):
        assert lane.at(time_s) == pytest.approx((low, high))
    assert (lane.time_s[0], lane.time_s[-1]) == (0.0, 6.0)


def test_letting_go_has_a_lane_only_where_it_is_the_exercise():
    for mode, expected in (("hold", False), ("contract-relax", True)):
        model, flight = ViewModel(), Flight()
        tell(model, state(Phase.RELAX, mode=mode, targets=[(0.0, 0.1)]), [0.05], T0_S)
        flight.update(model, T0_S)
        assert (flight.lane(model, T0_S) is not None) == expected


def test_the_lane_of_a_path_is_the_coming_path():
    model, flight = ViewModel(), Flight()
    told = state(at_s=1.5, length_s=8.0, mode="follow", path=PATH, targets=[(0.15, 0.25)])
    tell(model, told, [0.2], T0_S)
    flight.update(model, T0_S)
    lane = flight.lane(model, T0_S)
    full = model.bars(T0_S)[0].band[1] / 0.25
    for time_s, level in ((1.5, 0.2), (4.0, 0.4), (6.5, 0.1)):
        assert lane.at(time_s) == pytest.approx(
            ((level - 0.05) * full, (level + 0.05) * full), abs=1e-6
        )
    part = lane.between(4.0, 100.0)
    assert part.time_s[0] == 4.0
    assert part.time_s[-1] == 8.0
    assert lane.between(8.5, 9.0) is None


lanes = st.lists(
    st.tuples(st.floats(0.0, 5.0), st.floats(0.0, 1.0), st.floats(0.0, 1.0)),
    min_size=2,
    max_size=6,
).map(
    lambda corners: Lane(
        np.cumsum([0.1 + step for step, _, _ in corners]),
        np.array([min(edges) for _, *edges in corners]),
        np.array([max(edges) for _, *edges in corners]),
    )
)


@given(lanes, st.floats(-5.0, 30.0), st.floats(0.1, 9.0), st.floats(1.0, 40.0))
def test_stars_are_inside_the_lane_and_the_hold(lane, start_s, span_s, length_s):
    session = state(length_s=length_s)
    found = stars(lane, session, start_s, start_s + span_s)
    assert len(found) <= span_s / STAR_EVERY_S + 1
    for star in found:
        low, high = lane.at(star.time_s)
        assert low - 1e-9 <= star.height <= high + 1e-9
        assert start_s - 1e-9 <= star.time_s <= start_s + span_s + 1e-9
        assert 0 <= star.number < most_stars(session)
        assert star.time_s < length_s


numbers = st.one_of(st.none(), st.floats(0.0, 3.0), st.sampled_from([np.nan, np.inf, -1.0]))
bands = st.one_of(
    st.none(), st.tuples(st.floats(0.0, 1.4), st.floats(0.01, 1.0)).map(lambda b: (b[0], sum(b)))
)
times = st.one_of(st.none(), st.floats(0.0, 600.0))


@st.composite
def some_frames(draw):
    n_channels = draw(st.integers(0, 4))
    many = {"min_size": n_channels, "max_size": n_channels}
    session = SessionState(
        phase=draw(st.sampled_from(Phase)),
        protocol="x",
        mode=draw(st.sampled_from([None, "hold", "follow", "react", "endurance", "reproduce"])),
        cue=draw(st.sampled_from(["", "Press your knee down"])),
        set=draw(st.integers(0, 2)),
        sets=2,
        repetition=draw(st.integers(0, 3)),
        repetitions=3,
        remaining_s=draw(times),
        phase_s=draw(times),
        targets=draw(st.lists(bands, max_size=4)),
        targets_uv=draw(st.lists(bands, max_size=4)),
        roles=draw(st.lists(st.sampled_from(["train", "quiet", "watch", ""]), max_size=4)),
        hidden=draw(st.booleans()),
        alarm=draw(st.booleans()),
        path=draw(st.sampled_from([[], PATH])),
        results=draw(st.lists(st.sampled_from(["good", "missed", "void"]), max_size=6)),
    )
    return {
        "intensity": draw(st.lists(numbers, **many)),
        "envelope_uv": draw(st.lists(numbers, **many)),
        "quality": draw(st.lists(st.sampled_from(["good", "flat", "mains"]), **many)),
        "state": session,
    }


SIZES = [(1280, 800), (640, 800), (640, 480), (1920, 1080)]
looks = st.builds(
    Look,
    side=st.sampled_from(Side),
    calm=st.booleans(),
    high_contrast=st.booleans(),
    text_size=st.floats(1.0, 1.6),
)


@given(
    st.lists(some_frames(), min_size=1, max_size=4),
    st.sampled_from(SIZES),
    looks,
    st.sampled_from([0.0, 0.1, 0.4]),
)
def test_any_frames_can_be_drawn(frames, size, look, late_s):
    model, painter = ViewModel(), Recorder()
    for k, told in enumerate(frames):
        at_s = T0_S + 0.1 * k
        model.receive(frame(seq=k, at_s=at_s, **told), at_s)
        painter.clear()
        draw_patient(painter, model, size, at_s + late_s, replace(look, layout=Layout.GAME))
        corners = painter.vertices()["a_position"]
        assert np.isfinite(corners).all()
        assert len(corners) < 60_000


def drawn(model, now_s, size=(1280, 800), look=None):
    painter = Recorder()
    draw_patient(painter, model, size, now_s, replace(look or Look(), layout=Layout.GAME))
    return painter


def playing(levels=lambda _: [0.3], seconds=4.0, **changes):
    """Return a model that was drawn with every frame of a hold, and its last painter and time."""
    model = ViewModel()
    model.receive(status(1), T0_S)
    for time_s in np.arange(0.0, seconds, 3 * STEP_S):
        tell(model, state(at_s=time_s, **changes), levels(time_s), T0_S + time_s)
        painter = drawn(model, T0_S + time_s)
    return model, painter, T0_S + time_s


def test_the_page_says_what_to_do_how_often_and_how_many_stars():
    _, painter, _ = playing()
    for expected in ("Hold", "Press your knee down", "2 of 4", "Set 1 of 3", "3"):
        assert expected in painter.words
    caught = [star for star in painter.stars if star[2] == palette.STAR]
    assert len(caught) >= 3


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("phase", Phase)
def test_no_words_overlap_and_nothing_is_outside(phase, size):
    model = ViewModel()
    tell(model, state(phase, 2.0), [0.3], T0_S)
    painter = drawn(model, T0_S, size)
    corners = painter.vertices()["a_position"]
    assert corners.min() >= -1.0
    assert (corners.max(axis=0) <= np.add(size, 1.0)).all()
    for one, other in itertools.combinations(painter.boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart


def test_stale_shows_no_advice_no_lane_and_no_new_star():
    model, _, now_s = playing()
    stale = drawn(model, now_s + 0.3)
    assert "Please wait" in stale.words
    assert not {"Hold", "More", "Less"} & set(stale.words)
    assert len([star for star in stale.stars if star[2] == palette.TEXT]) == 0


def balloon_colours(painter):
    used = set(map(bytes, np.round(255 * painter.vertices()["a_colour"][:, :3]).astype(np.uint8)))
    colours = {place: np.round(255 * np.array(palette.PLACES[place][:3])) for place in Place}
    return {place for place in Place if bytes(colours[place].astype(np.uint8)) in used}


def test_the_balloon_tells_its_place():
    for level, place in ((0.1, Place.BELOW), (0.3, Place.IN), (0.5, Place.ABOVE)):
        model, painter, now_s = playing(lambda _, level=level: [level], seconds=1.0)
        assert place_of(model, now_s) is place
        # The glow of the sky has the colour of `BELOW`.
        assert balloon_colours(painter) - {Place.BELOW} == {place} - {Place.BELOW}


def test_hidden_shows_no_balloon_whatever_the_level():
    shown = [playing(lambda _, k=k: [k], 1.0, hidden=True)[1].vertices() for k in (0.0, 0.3, 0.9)]
    assert all((vertices == shown[0]).all() for vertices in shown)


def test_calm_moves_on_once_a_second():
    model = ViewModel()
    places = set()
    for time_s in np.arange(1.0, 2.99, 3 * STEP_S):
        tell(model, state(at_s=time_s), [0.1], T0_S + time_s)
        painter = drawn(model, T0_S + time_s, look=Look(calm=True))
        places.add(tuple(x for x, _, colour in painter.stars if colour == palette.TEXT))
    assert len(places) == 2


def test_a_model_that_is_gone_leaves_nothing_behind():
    model = playing(seconds=0.2)[0]
    known = weakref.ref(model)
    assert model in game._flights  # noqa: SLF001
    del model
    gc.collect()
    assert known() is None

"""What the console keeps and asks, without Qt."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_config.protocol import HIGHEST, Dose
from emg_feedback.link.messages import (
    AutoTarget,
    CalibrateMvc,
    Event,
    EventKind,
    Phase,
    SessionState,
    SetPath,
)
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.console.answers import Answers
from emg_feedback.views.console.course import Course, course_of
from emg_feedback.views.console.course import Grip as PathGrip
from emg_feedback.views.console.exercises import (
    aims,
    alike,
    apart,
    channels_for,
    found,
    in_short,
    in_unit,
    length_s,
    moves_on,
    together,
    told_path,
    total_s,
    where,
)
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.progress import marks, present_step
from emg_feedback.views.console.results import details
from emg_feedback.views.console.shown import Link
from emg_feedback.views.console.target import NARROWEST, Grip, moved
from emg_feedback.views.console.traces import draw_traces
from emg_feedback.views.console.words import QUALITY, Light, Mark, Step, seconds_or_range
from emg_feedback.views.painter import Painter
from emg_feedback.views.scale import Scales
from emg_feedback.views.words import Place
from tests.views.console_engine import protocol
from tests.views.frames import NAMES, T0_S, frame, status

NOW_S = 1000.0


def facts(**calibration):
    told = status(2)
    told.calibration = {"rest_uv": [4.0, 5.0], "mvc_uv": [400.0, None], **calibration}
    return told


def live(session=None, *, seq=0, at_s=NOW_S, quality=None, told=None):
    model = ConsoleModel()
    model.receive(told or facts(), at_s)
    model.receive(frame([0.3, None], seq=seq, state=session, quality=quality), at_s)
    model.judge()
    return model


def repetition(number, result="good", **more):
    return Event(
        seq=number,
        kind=EventKind.REPETITION,
        channel=None,
        sample=0,
        t_event=0.0,
        t_decided=0.0,
        data={
            "set": 1,
            "repetition": number,
            "result": result,
            "flags": [],
            "time_in_band": 0.1 * number,
            "channels": [{"channel": 0, "role": "train", "unit": "mvc", "mean": 0.4}],
            **more,
        },
    )


def test_connection_is_told_and_comes_back():
    model = ConsoleModel()
    assert model.link(NOW_S) is Link.WAITING
    model.receive(status(2), NOW_S)
    assert model.link(NOW_S) is Link.SILENT
    model.receive(frame([0.3, 0.3]), NOW_S)
    assert model.link(NOW_S + 0.2) is Link.LIVE
    assert model.link(NOW_S + 0.3) is Link.SILENT
    assert model.link(NOW_S + 2.1) is Link.LOST
    assert all(view.stale for view in model.channels(NOW_S + 0.3))
    model.receive(frame([0.3, 0.3], seq=1), NOW_S + 9.0)
    assert model.link(NOW_S + 9.0) is Link.LIVE


def test_another_engine_is_noticed():
    model = live(seq=50)
    assert model.known
    model.receive(frame([0.3, None], seq=3), NOW_S + 1.0)
    assert not model.known


def test_a_channel_is_shown_in_the_unit_that_is_known():
    session = SessionState(
        phase=Phase.HOLD, targets=[(0.25, 0.35), None], targets_uv=[(100.0, 140.0), (30.0, 60.0)]
    )
    model = live(session)
    first, second = model.channels(NOW_S)
    assert (first.unit, first.level, first.target) == ("mvc", 0.3, (0.25, 0.35))
    assert (second.unit, second.target) == ("uv", (30.0, 60.0))
    assert first.name == NAMES[0]


def test_quality_is_a_light_a_word_and_a_hint():
    model = live(quality=["check electrode", "a word of tomorrow"])
    known, unknown = model.channels(NOW_S)
    assert known.quality.light is Light.BAD
    assert known.quality.hint
    assert unknown.quality.light is Light.WATCH
    assert {quality.light for word, quality in QUALITY.items() if word != "good"} == {
        Light.BAD,
        Light.WATCH,
    }


def test_marks_follow_the_session():
    model = live(SessionState(patient="P-1"))
    told = marks(model, NOW_S)
    assert told[Step.PATIENT] is Mark.DONE
    assert told[Step.ELECTRODES] is Mark.DONE
    assert told[Step.REST] is Mark.DONE
    assert told[Step.MAXIMUM] is Mark.CHECK
    assert marks(live(SessionState(phase=Phase.HOLD, set=1)), NOW_S)[Step.EXERCISE] is Mark.RUNNING
    resting = SessionState(phase=Phase.RELAX, repetition=1)
    assert marks(live(resting), NOW_S)[Step.MAXIMUM] is Mark.RUNNING
    later = live(SessionState(patient="P-1"))
    later.done.append("quad-set")
    assert marks(later, NOW_S)[Step.EXERCISE] is Mark.DONE
    bad = marks(live(quality=["flat", "good"]), NOW_S)
    assert bad[Step.ELECTRODES] is Mark.CHECK
    told = facts()
    told.channel_names = ["Soleus", "CH2"]
    assert marks(live(told=told), NOW_S)[Step.ELECTRODES] is Mark.OPEN
    left_out = SessionState(patient="P-1", used=[True, False])
    assert marks(live(left_out, told=told), NOW_S)[Step.ELECTRODES] is Mark.DONE
    assert marks(model, NOW_S + 1.0)[Step.ELECTRODES] is Mark.OPEN
    nobody = live(told=facts(rest_uv=[None] * 2, mvc_uv=[None] * 2))
    assert marks(nobody, NOW_S)[Step.ELECTRODES] is Mark.OPEN


@pytest.mark.parametrize(
    ("session", "step"),
    [
        (SessionState(), Step.PATIENT),
        (SessionState(patient="P-1"), Step.ELECTRODES),
        (SessionState(phase=Phase.REST_CALIBRATION), Step.REST),
        (SessionState(phase=Phase.MVC_CALIBRATION, repetition=1), Step.MAXIMUM),
        (SessionState(phase=Phase.RELAX, repetition=1), Step.MAXIMUM),
        (SessionState(phase=Phase.PAUSE, set=1, repetition=2), Step.EXERCISE),
        (SessionState(phase=Phase.DONE), Step.EXERCISE),
    ],
)
def test_opened_at_any_moment_the_right_page_is_found(session, step):
    assert present_step(live(session)) is step


def test_results_come_newest_first_with_their_figures():
    model = live(SessionState(phase=Phase.HOLD, set=1, sets=1, results=[]))
    for number in (1, 2):
        model.receive(repetition(number), NOW_S)
        state = SessionState(phase=Phase.RELAX, set=1, sets=1, results=["good"] * number)
        model.receive(frame([0.3, None], seq=number, state=state), NOW_S)
    rows = model.results()
    assert [row.number for row in rows] == ["2", "1"]
    assert [row.time_in_band for row in rows] == [0.2, 0.1]
    fresh = SessionState(phase=Phase.PREPARE, set=1, sets=1, results=[])
    model.receive(frame([0.3, None], seq=9, state=fresh), NOW_S)
    assert model.results() == []


def test_a_time_that_is_not_surely_known_is_told_as_a_range():
    onset = {"onset_latency_s": 0.23, "onset_between_s": [0.194, 0.251]}
    release = {"release_s": 0.42, "release_between_s": [0.39, 0.45]}
    last = repetition(1, channels=[{"role": "train", **onset, **release}]).data
    session = SessionState(phase=Phase.RELAX, set=1, sets=1, results=["good"], last=last)
    (row,) = live(session).results()
    assert "start 0.19–0.25 s · let go 0.42 s" in details(row, str)
    assert seconds_or_range(0.23, [0.22, 0.24], 0.02) == "0.23 s"
    assert seconds_or_range(None, None, 0.02) == "–"


def test_the_figures_of_both_trained_muscles_are_told():
    channels = [
        {"channel": 1, "role": "train", "mean": 0.41, "onset_latency_s": 0.29, "release_s": 0.5},
        {"channel": 2, "role": "quiet", "mean": 0.03},
        {"channel": 3, "role": "train", "mean": "wrong"},
        {
            "channel": 0,
            "role": "train",
            "mean": 38.0,
            "unit": "uv",
            "onset_latency_s": None,
            "release_s": 0.6,
        },
    ]
    last = repetition(1, channels=channels).data
    session = SessionState(phase=Phase.RELAX, set=1, sets=1, results=["good"], last=last)
    (row,) = live(session).results()
    first, second = "mean 41 % · start 0.29 s · let go 0.50 s", "mean 38 µV · let go 0.60 s"
    names = ["Soleus", "Tibialis anterior", "", "?"]
    lines = ["10 % in band", f"Tibialis anterior: {first}", f"Soleus: {second}"]
    assert details(row, names.__getitem__).splitlines() == lines
    row = row._replace(trained=(row.trained[0], row.trained[2]))
    names = ["Soleus right", "Soleus left"]
    lines[1:] = f"Left: {first}", f"Right: {second}"
    assert details(row, names.__getitem__).splitlines() == lines


def test_opened_late_the_figures_of_all_repetitions_are_asked_for():
    last = repetition(3, "void", flags=["gap"], time_in_band=None).data
    session = SessionState(
        phase=Phase.HOLD, set=1, sets=2, results=["good", "missed", "void"], last=last
    )
    model = live(session)
    newest, *older = model.results()
    assert (newest.number, newest.result, newest.remarks) == ("1 · 3", "void", "samples lost")
    assert [row.result for row in older] == ["missed", "good"]
    assert all(row.time_in_band is None for row in older)
    assert model.lacks_figures
    others = [repetition(1).data, repetition(1, "missed").data]
    model.answer("repetitions", {"repetitions": others})
    assert model.lacks_figures, "those of another exercise are not taken"
    told = [repetition(1).data, repetition(2, "missed").data, last]
    model.answer("repetitions", {"repetitions": told})
    assert not model.lacks_figures
    assert [row.time_in_band for row in model.results()] == [None, 0.2, 0.1]
    model.receive(repetition(4), NOW_S)
    assert [row.number for row in model.results()] == ["1 · 3", "1 · 2", "1 · 1"]


@pytest.mark.parametrize("again", [{"station": "other"}, {"seq": 0}])
def test_no_time_passed_between_two_engines(again):
    state = SessionState(targets=[(0.2, 0.4), None])
    model = live(state, seq=4)
    high = frame([0.3, None], seq=5, envelope_uv=[120.0, 900.0], state=state)
    model.receive(high, NOW_S)
    low = frame([0.1, None], seq=6, at_s=T0_S + 60.0, state=state)
    model.receive(msgspec.structs.replace(low, **again), NOW_S)
    model.judge()
    first, second = model.channels(NOW_S)
    assert first.place is Place.IN
    assert second.full == pytest.approx(1000.0)


def test_figures_that_came_before_their_frame_are_not_taken_for_another_repetition():
    model = live(SessionState(phase=Phase.HOLD, set=1, sets=1, results=["good"]))
    model.receive(repetition(1), NOW_S)
    model.receive(repetition(2), NOW_S)
    assert [row.time_in_band for row in model.results()] == [0.1]


def test_answers_that_lack_or_add_things_do_no_harm():
    model = live()
    model.answer("state", {"channels": ["A"], "calibration": {"rest_uv": "wrong"}})
    assert model.name(0) == NAMES[0]
    model.answer("state", {"channels": ["A"], "calibration": {"new": 1}, "tomorrow": 2})
    assert model.name(0) == "A"
    model.answer("note", None)
    model.answer("patients", {})
    assert model.answers.patients == []


def test_latency_is_a_median_and_waits_for_live_frames():
    model = live()
    assert model.latency_ms is None
    for late_s in (0.010, 0.011, 0.200):
        model.drawn(NOW_S + late_s)
    assert model.latency_ms == pytest.approx(2.0 + 11.0, abs=0.01)
    model.drawn(NOW_S + 60.0)
    assert model.latency_ms == pytest.approx(13.0, abs=0.01)


def test_limits_are_those_of_the_messages():
    assert limits(CalibrateMvc, "trials") == (1, 10)
    assert limits(Dose, "hold_s") == (1, 1800)
    assert limits(AutoTarget, "rate") == (0.5, 0.95)
    with pytest.raises(ValueError, match="two limits"):
        limits(Dose, "target")


@given(
    st.floats(0, 1.48),
    st.floats(0.02, 1.5),
    st.sampled_from(list(Grip)),
    st.floats(-3, 3),
)
def test_a_moved_band_can_always_be_asked_for(low, width, grip, by):
    band = low, min(1.5, low + width)
    new = moved(band, grip, by, "mvc")
    assert 0.0 <= new[0] < new[1] <= HIGHEST["mvc"]
    assert new[1] - new[0] >= min(NARROWEST["mvc"], band[1] - band[0]) - 1e-12
    if grip is Grip.WHOLE:
        assert new[1] - new[0] == pytest.approx(band[1] - band[0])


@pytest.mark.parametrize("phase", [Phase.RELAX, Phase.PAUSE])
def test_a_band_moved_in_the_rest_has_room_and_shrinks_no_bar(phase):
    scales = Scales(1)
    for now, high in ((Phase.HOLD, 0.5), (phase, 0.9), (phase, 0.1)):
        band, band_uv = (0.0, high), (0.0, 400 * high)
        scales.update(SessionState(phase=now, targets=[band], targets_uv=[band_uv]), [1.0], 0.0)
        assert scales.full_fraction(0) > high
        assert scales.full_uv(0) > 400 * high
    assert (scales.full_fraction(0), scales.full_uv(0)) == (1.5, 580.0)


def test_exercises_are_found_by_referral_region_title_and_muscle():
    one = protocol("quad-set", "Press the knee down", "knee", helps=["accident and work injuries"])
    assert all(found(one, text) for text in ("", "knee", "work acc", "VASTUS", "hold in"))
    assert not found(one, "neck")
    assert length_s(one) == one["total_s"]
    assert total_s({**one, "total_s": 180.0}, {"repetitions": 5}) == 180.0 - 65.0


@pytest.mark.parametrize(
    ("muscles", "names", "channels"),
    [
        (["vastus lateralis"], NAMES, [1]),
        (["Unknown", "Vastus medialis"], NAMES, [1, 0]),
        (["Multifidus left", "Multifidus right"], ["Back right", "Left back"], [1, 0]),
        (["Multifidus left", "Multifidus right"], ["CH1", "Multifidus left"], [1, 0]),
        (["A left", "B left"], ["X left", "Y right", "Z left"], [0, 2]),
        (["Soleus", "Tibialis anterior"], ["Tibialis anterior left", "Soleus left"], [1, 0]),
        (["Soleus right"], ["Soleus left", "Soleus", "Vastus right"], [1]),
        (["A", "B"], ["Only"], [0, 0]),
    ],
)
def test_muscles_find_their_channels(muscles, names, channels):
    assert channels_for(muscles, names) == channels


def test_a_side_is_told_first_or_last_and_put_last():
    assert apart("Soleus left") == ("Soleus", "left")
    assert apart("Right vastus medialis") == ("vastus medialis", "right")
    assert apart("Left") == ("Left", "")
    assert apart("Upright") == ("Upright", "")
    assert together("Soleus", "left") == "Soleus left"
    assert together("Soleus", "") == "Soleus"


def test_targets_are_those_of_the_exercise_the_dose_and_the_muscle():
    one = protocol("quad-set", "Quad set", "knee")
    one["muscles"] = [
        *one["muscles"], {"name": "C", "role": "quiet", "target": [0.0, 8.0], "unit": "uv"},
        {"name": "D", "role": "watch", "target": None},
    ]  # fmt: skip
    low, high = {"low": 0.3, "high": 0.5, "unit": "mvc"}, {"low": 0.2, "high": 0.4, "unit": "mvc"}
    quiet = {"low": 0.0, "high": 8.0, "unit": "uv"}
    assert aims(one, {}) == [low, low, quiet, None]
    assert aims(one, {"target": [0.2, 0.4]}) == [high, high, quiet, None]
    assert aims(one, {"target": [0.2, 0.4], "targets": [None, low]}) == [high, low, quiet, None]
    assert moves_on(one, aims(one, {}))
    assert not moves_on(one, [quiet, quiet, low, None])
    assert in_unit(low, "uv", 400.0) == {"low": 120.0, "high": 200.0, "unit": "uv"}
    assert in_unit(low, "mvc", None) is low
    assert alike(in_unit(in_unit(low, "uv", None), "mvc", None), low)
    assert not alike(low, quiet)
    assert not alike(low, None)


def test_where_electrodes_go_is_found_whatever_the_side():
    places = {"Soleus": {"location": "At two thirds of the line.", "spacing_mm": 20.0}}
    assert where("soleus left", places) == where("Soleus", places) == places["Soleus"]
    assert where("Heart", places) == {}
    assert in_short(places["Soleus"]) == "At two thirds of the line. 20 mm apart."
    assert in_short({}) == ""


PATH = {
    "shape": "trapezoid", "low": 0.05, "high": 0.4, "ramp_s": 3.0, "cycles": 3, "tolerance": 0.08,
}  # fmt: skip


def test_a_path_is_told_in_words_and_read_as_it_is_told():
    said = "Up in 3 s, stay, and down again, from 5 % to 40 %, give or take 8 %"
    assert told_path({"path": PATH}) == said
    assert told_path({}) == ""
    course = course_of({"hold_s": 12.0, "path": PATH})
    assert course.along([], course) == [(0.0, 0.05), (3.0, 0.4), (9.0, 0.4), (12.0, 0.05)]
    steps = course_of({"hold_s": 12.0, "path": {**PATH, "shape": "steps"}})
    higher = steps.moved(PathGrip.TOP, 0.0, 0.35)
    first, last = higher.along([(0.0, 0.225), (12.0, 0.4)], steps)
    assert first == pytest.approx((0.0, 0.4))
    assert last == pytest.approx((12.0, 0.75))
    for wrong in (None, {}, {"path": PATH}, {"hold_s": 5, "path": {"shape": "round"}}):
        assert course_of(wrong) is None


@given(
    st.floats(0, 1.4),
    st.floats(0.02, 1.5),
    st.floats(1.0, 60.0),
    st.lists(st.tuples(st.sampled_from(list(PathGrip)), st.floats(-99, 99), st.floats(-3, 3))),
)
def test_a_moved_path_can_always_be_asked_for(low, climb, hold_s, moves):
    course = Course(
        shape="trapezoid", low=low, high=min(1.5, low + climb), ramp_s=0.4 * hold_s,
        tolerance=0.05, hold_s=hold_s,
    )  # fmt: skip
    for grip, later_s, higher in moves:
        course = course.moved(grip, later_s, higher)
        msgspec.convert({"low": course.low, "high": course.high, "ramp_s": course.ramp_s}, SetPath)
        assert 0.0 <= course.low < course.high <= HIGHEST["mvc"]
        assert 0.0 < 2.0 * course.ramp_s < hold_s


def test_a_target_is_shown_in_the_unit_in_which_it_is_set():
    session = SessionState(
        phase=Phase.HOLD, targets=[(0.0, 0.02), None], targets_uv=[(0.0, 8.0), (30.0, 60.0)],
        units=["uv", "mvc"],
    )  # fmt: skip
    first, second = live(session).channels(NOW_S)
    assert (first.unit, first.level, first.target) == ("uv", 120.0, (0.0, 8.0))
    assert (second.unit, second.target) == ("uv", (30.0, 60.0)), "there is no maximum yet"


def test_a_pair_is_found_by_its_sides():
    told = facts()
    told.channel_names = ["Soleus", "Multifidus right"]
    assert live(told=told).sides() is None
    told.channel_names = ["Multifidus right", "Multifidus left"]
    assert live(told=told).sides() == (1, 0)


def test_traces_are_one_array_of_triangles():
    model = live(SessionState(phase=Phase.HOLD, targets=[(0.2, 0.4), None]))
    for step in range(60):
        model.receive(frame([0.3, None], seq=step + 1), NOW_S + 0.034 * step)
    painter = Painter(Atlas())
    draw_traces(painter, model, (400, 600), NOW_S + 2.0)
    corners = painter.vertices()
    assert len(corners) > 18 * 50
    assert corners["a_position"][:, 0].max() <= 401
    painter.clear()
    draw_traces(painter, ConsoleModel(), (400, 600), NOW_S)
    assert len(painter.vertices()) > 0


@pytest.mark.parametrize("patient", ["P-023", None])
def test_a_late_answer_does_not_take_the_summary_of_the_session_that_ended(patient):
    model = ConsoleModel()
    model.answer("end_session", {"summary": {"patient": "P-017", "exercises": [{}]}})
    model.answer("summary", {"summary": {"patient": patient, "exercises": []}})
    assert model.answers.summary["patient"] == "P-017"


def test_an_evaluation_of_another_patient_comes_too_late():
    answers = Answers()
    told = {"patient": "P1", "channels": [{"name": "Soleus"}]}
    answers.take("evaluation", told, "P2")
    assert answers.evaluation == {}
    answers.take("evaluation", told, "P1")
    assert answers.evaluation == told

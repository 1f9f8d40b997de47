import itertools
import math

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from emg_config.language import load_language
from emg_feedback.link.messages import Event, EventKind, Phase, SessionState
from emg_feedback.views.history import SPAN_S, STEP_S, History
from emg_feedback.views.model import STALE_S, STEADY_S, ViewModel
from emg_feedback.views.scale import SMALLEST_UV, MicrovoltScale, full_fraction
from emg_feedback.views.sides import left_first
from emg_feedback.views.words import Place
from tests.views.frames import T0_S, frame, session, status

ENGLISH = load_language()
TOLD = {
    Phase.REST_CALIBRATION: "Relax",
    Phase.MVC_CALIBRATION: "Push!",
    Phase.PREPARE: "Get ready",
    Phase.RELAX: "Let go",
    Phase.PAUSE: "Pause",
    Phase.DONE: "Well done",
}
levels = st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True))


def model_of(*frames_in_order, names=0):
    model = ViewModel()
    if names:
        model.receive(status(names), T0_S)
    for message in frames_in_order:
        model.receive(message, message.t_publish + 0.001)
    return model


def test_waits_until_something_comes():
    model = ViewModel()
    assert model.instruction(T0_S) == ENGLISH.page.waiting
    assert model.stale(T0_S)
    assert model.bars(T0_S) == []


@pytest.mark.parametrize(
    ("intensity", "place", "instruction"),
    [(0.1, Place.BELOW, "More"), (0.3, Place.IN, "Hold"), (0.5, Place.ABOVE, "Less")],
)
def test_place_and_instruction_follow_the_target(intensity, place, instruction):
    model = model_of(frame([intensity]))
    assert model.bars(T0_S)[0].place is place
    assert model.instruction(T0_S) == instruction


def test_muscles_on_both_sides_of_their_targets():
    model = model_of(frame([0.1, 0.5]))
    assert model.instruction(T0_S) == ENGLISH.place.mixed


@pytest.mark.parametrize("phase", [p for p in Phase if p not in (Phase.HOLD, Phase.IDLE)])
def test_only_a_hold_is_judged(phase):
    model = model_of(frame([0.1], state=session(phase, [(0.25, 0.35)])))
    assert model.bars(T0_S)[0].place is Place.NONE
    assert model.instruction(T0_S) == TOLD[phase]


def test_a_bad_signal_is_not_judged_but_explained():
    bar = model_of(frame([0.3], quality=["off scale"])).bars(T0_S)[0]
    assert bar.place is Place.NONE
    assert bar.hint == ENGLISH.hint.off_scale
    assert (
        model_of(frame([0.3], quality=["odd"])).bars(T0_S)[0].hint == ENGLISH.hint.check_electrode
    )


def test_names_come_from_the_status():
    assert model_of(frame([0.3])).bars(T0_S)[0].name == "Muscle 1"
    assert model_of(frame([0.3]), names=1).bars(T0_S)[0].name == "Vastus medialis"


def test_a_name_is_one_line():
    model = model_of(frame([0.3]), names=1)
    model.status.channel_names = ["Vastus\n medialis"]
    assert model.bars(T0_S)[0].name == "Vastus medialis"


def test_stale_after_a_quarter_of_a_second():
    model = model_of(frame([0.3]))
    received_s = T0_S
    assert not model.stale(received_s + STALE_S - 0.01)
    late_s = received_s + STALE_S
    assert model.stale(late_s)
    assert model.instruction(late_s) == ENGLISH.page.stale
    assert model.bars(late_s)[0].word == ENGLISH.page.no_signal
    assert model.bars(late_s)[0].place is Place.NONE


def test_frames_without_new_samples_are_stale():
    late = frame([0.3], at_s=T0_S)
    late.t_arrive -= STALE_S
    assert model_of(late).stale(T0_S)


def test_clocks_of_two_machines_may_differ():
    model = ViewModel()
    model.receive(frame([0.3], at_s=T0_S), T0_S + 3600)
    assert not model.stale(T0_S + 3600.1)


def test_a_channel_without_a_value_has_no_signal():
    bars = model_of(frame([0.3, None])).bars(T0_S)
    assert not bars[0].stale
    assert bars[1].stale
    assert bars[1].level is None


def test_target_is_in_the_upper_middle_of_the_bar():
    bar = model_of(frame([0.3])).bars(T0_S)[0]
    assert bar.band is not None
    assert 0.4 < sum(bar.band) / 2 < 0.7


def test_scale_survives_phases_without_targets():
    rest = frame([0.3], seq=1, state=session(Phase.RELAX))
    model = model_of(frame([0.3]))
    before = model.bars(T0_S)[0].level
    model.receive(rest, T0_S)
    assert model.bars(T0_S)[0].level == before


def test_before_calibration_bars_are_in_microvolts():
    bar = model_of(frame([None], envelope_uv=[45.0], state=session(Phase.IDLE))).bars(T0_S)[0]
    assert bar.number == "45 µV"
    assert bar.level == pytest.approx(0.9)
    assert bar.band is None


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0.001, 0.1))
def test_microvolt_scale_holds_every_value_and_shrinks_slowly(values_uv, step_s):
    scale = MicrovoltScale()
    for value_uv in values_uv:
        before_uv = scale.full_uv
        scale.update(value_uv, step_s)
        assert scale.full_uv >= max(SMALLEST_UV, value_uv)
        assert scale.full_uv > before_uv * (1 - step_s / 10)


@given(st.floats(0.01, 1.0))
def test_full_scale_leaves_room_above_the_target(high):
    full = full_fraction([None, (high / 2, high)])
    assert full is not None
    assert 1.6 * high <= full + 1e-6 < 1.6 * high + 0.1 + 1e-5
    assert full_fraction([None]) is None


@given(st.lists(levels, max_size=9), st.lists(levels, max_size=9), st.floats(0, 1))
@example([1.7e308], [None], 0.0)
def test_any_frame_can_be_shown(intensity, envelope_uv, later_s):
    message = frame(intensity)
    message.envelope_uv = envelope_uv
    model = model_of(message)
    bars = model.bars(T0_S + later_s)
    assert len(bars) == len(envelope_uv)
    for bar in bars:
        assert bar.level is None or 0.0 <= bar.level <= 1.0


def test_instruction_does_not_flicker_at_the_edge():
    model = ViewModel()
    told = []
    for k in range(60):
        now_s = T0_S + k / 60
        model.receive(frame([0.24 + 0.02 * (k % 2)], seq=k, at_s=now_s), now_s)
        told.append(model.instruction(now_s))
    changes = sum(a != b for a, b in itertools.pairwise(told))
    assert changes <= 1 / STEADY_S


def test_a_new_phase_is_told_at_once():
    model = model_of(
        frame([0.1]), frame([0.1], seq=1, at_s=T0_S + 0.01, state=session(Phase.RELAX))
    )
    assert model.instruction(T0_S) == "Let go"


@pytest.mark.parametrize("again", [{"station": "other"}, {"seq": 0}])
def test_an_engine_that_was_started_again_has_ended_no_session(again):
    idle, begun = SessionState(), SessionState(patient="P-017")
    model = model_of(frame([0.3], seq=4, state=begun))
    new = msgspec.structs.replace(frame([0.3], seq=5, state=idle), **again)
    model.receive(new, T0_S)
    assert not model.over
    model = model_of(frame([0.3], seq=4, state=begun), frame([0.3], seq=5, state=idle))
    assert model.over


def test_missed_frames_gaps_and_latency_are_counted():
    model = model_of(frame([0.3], seq=4), frame([0.3], seq=7))
    gap = Event(
        seq=1,
        kind=EventKind.GAP,
        channel=None,
        sample=1,
        t_event=T0_S,
        t_decided=T0_S,
        data={},
    )
    model.receive(gap, T0_S)
    assert (model.missed_frames, model.gaps, model.n_frames) == (2, 1, 2)


def test_trace_holds_the_last_seconds_at_a_steady_rate():
    model = ViewModel()
    for k in range(3000):
        now_s = T0_S + k / 250
        model.receive(frame([0.25], seq=k, at_s=now_s), now_s)
    age_s, level = model.trace(0, now_s)
    assert age_s[0] == pytest.approx(SPAN_S, abs=2 * STEP_S)
    assert 0 <= age_s[-1] <= STEP_S + 0.005
    assert (age_s[:-1] > age_s[1:]).all()
    assert level == pytest.approx([model.bars(now_s)[0].level] * len(level))


@pytest.mark.parametrize(
    ("phase", "expected"),
    [
        (Phase.PREPARE, (2, 4, 1)),
        (Phase.HOLD, (2, 4, 1)),
        (Phase.RELAX, (2, 4, 2)),
        (Phase.DONE, (5, 12, 5)),
    ],
)
def test_repetitions(phase, expected):
    state = session(phase)
    state.completed = 5
    assert model_of(frame([0.3], state=state)).repetitions() == expected


def test_no_repetitions_before_the_exercise():
    state = session(Phase.MVC_CALIBRATION)
    state.repetition = 0
    assert model_of(frame([0.3], state=state)).repetitions() is None


def test_time_left():
    model = model_of(frame([0.3]))
    assert model.seconds_left() == (4, pytest.approx(0.72))
    untimed = session()
    untimed.remaining_s = math.nan
    assert model_of(frame([0.3], state=untimed)).seconds_left() is None


@pytest.mark.parametrize("phase", [Phase.PREPARE, Phase.RELAX, Phase.PAUSE, Phase.MVC_CALIBRATION])
def test_around_full_effort_no_target_of_an_exercise_is_shown(phase):
    state = SessionState(
        phase=phase, repetition=2, repetitions=3, targets=[(0.3, 0.5)], roles=["train"],
        remaining_s=2.0, phase_s=3.0,
    )  # fmt: skip
    model = ViewModel()
    model.receive(frame([0.6], state=state), T0_S)
    (bar,) = model.bars(T0_S)
    assert model.of_trials
    assert bar.band is None
    assert bar.level == pytest.approx(0.5), "of 120 %, as while it is tried"
    if phase is Phase.PREPARE:
        assert model.instruction(T0_S) == "Get ready"
        assert model.explanation(T0_S) == "As strong as you can"
        asked = msgspec.structs.replace(state, effort=0.5)
        model.receive(frame([0.6], state=asked), T0_S)
        assert model.explanation(T0_S) == "About half as hard as you can"


def test_a_channel_that_is_not_used_is_no_muscle_of_the_page():
    model = ViewModel()
    model.receive(frame([0.3, 0.4], state=SessionState(used=[False, True])), T0_S)
    assert model.channels() == [1]
    assert [bar.role for bar in model.bars(T0_S)] == ["", "train"]


@pytest.mark.parametrize(
    ("sides", "channels"),
    [
        (["right", "left"], [1, 0]),
        (["left", "right"], [0, 1]),
        (["right", ""], [0, 1]),
        ([], [0, 1]),
    ],
)
def test_of_two_muscles_the_left_one_is_on_the_left(sides, channels):
    model = ViewModel()
    model.receive(frame([0.3, 0.4], state=SessionState(sides=sides)), T0_S)
    assert model.channels() == channels
    state = SessionState(sides=sides, roles=["train", "train"])
    model.receive(frame([0.3, 0.4], seq=1, state=state), T0_S)
    assert model.channels("train") == channels
    stopped = SessionState(phase=Phase.DONE, sides=sides, roles=["train", "train"])
    model.receive(frame([0.3, 0.4], seq=2, state=stopped), T0_S)
    assert model.channels() == channels


def test_of_many_muscles_the_left_ones_come_first_and_the_right_ones_last():
    assert left_first(range(5), ["right", "", "left", "right", "left"]) == [2, 4, 1, 0, 3]
    assert left_first([3, 1], ["", "left", "", "right"]) == [1, 3]
    assert left_first(range(3), ["right", "", "right"]) == [0, 1, 2]


def test_there_is_no_trace_before_the_first_frame():
    age_s, values = History(0).trace(3, T0_S, False)
    assert len(age_s) == len(values) == 0

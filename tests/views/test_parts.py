"""What patient and therapist are told of the parts of an evaluation."""

import pytest

from emg_config.language import load_language
from emg_feedback.link.messages import Part, Phase, SessionState
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.parts import count_of, what_of_each
from emg_feedback.views.model import ViewModel
from emg_feedback.views.terminal import log_line
from tests.views.frames import T0_S, frame

FAST, STEADY = Part(title="How fast", planned=8), Part(title="How steady", planned=5)
LONG = Part(title="Evaluation: how long", planned=1)
DONE = [
    Part(title="How fast", planned=8, results=["good"] * 6 + ["missed", "void"]),
    Part(title="How steady", planned=5, results=["good"] * 2, skipped=3),
    Part(title="How long", planned=1, skipped=1),
]
REST = {"phase": Phase.RELAX, "set": 1, "sets": 1, "repetitions": 5, "part": 2}
RESTING = SessionState(parts=[FAST, STEADY, LONG], title="How steady", cue="Hold", **REST)


def over(*parts):
    ended = {"phase": Phase.DONE, "title": "How long", "sets": 1, "repetitions": 1, "skipped": 1}
    return SessionState(**ended, part=3, parts=[*parts])


def patient(state, language="en"):
    model = ViewModel(load_language(language))
    model.receive(frame([0.2, 0.2], state=state), T0_S)
    return model


def console(state):
    model = ConsoleModel()
    model.receive(frame([0.2, 0.2], state=state), T0_S)
    return model


@pytest.mark.parametrize(
    ("language", "rest", "part"),
    [("en", "Rest", "Part 2 of 3"), ("de", "Ausruhen", "Teil 2 von 3")],
)
def test_between_two_parts_the_patient_rests_and_sees_which_comes(language, rest, part):
    model = patient(RESTING, language)
    assert model.instruction(T0_S) == rest
    assert model.explanation(T0_S) == ""
    assert model.repetitions() is None
    assert part in log_line(model, T0_S).plain


def test_the_patient_is_told_well_done_for_all_parts_though_the_last_was_left_out():
    model = patient(over(*DONE))
    assert model.instruction(T0_S) == "Well done"
    assert model.explanation(T0_S) == "", "not the title of the last part alone"
    assert model.session.results == ["good"] * 6 + ["missed", "void"] + ["good"] * 2
    assert model.repetitions() == (9, 14, 9)
    assert "Part" not in log_line(model, T0_S).plain
    nothing = patient(over(FAST, Part(title="How steady", planned=5, skipped=5), LONG))
    assert nothing.instruction(T0_S) == "Ready"


def test_the_console_counts_parts_too():
    assert console(RESTING).asked_for == "Rest"
    assert count_of(RESTING) == "Part 2 of 3"
    hold = SessionState(**REST | {"phase": Phase.HOLD, "repetition": 3}, parts=RESTING.parts)
    assert count_of(hold) == "Part 2 of 3 · 3 of 5"
    alone = SessionState(set=1, sets=2, repetition=3, repetitions=5)
    assert count_of(alone) == "3 of 5 · Set 1 of 2"
    assert count_of(SessionState()) == ""


@pytest.mark.parametrize(
    ("parts", "ended"),
    [
        (DONE, "Finished"),
        ([DONE[0], STEADY, LONG], "Stopped"),
        ([Part(title="How long", planned=1, skipped=1)] * 2, "Stopped"),
    ],
)
def test_the_end_of_an_evaluation_is_that_of_all_its_parts(parts, ended):
    model = console(over(*parts))
    assert model.asked_for == ended
    assert model.evaluated
    assert count_of(model.session) == ""


def test_what_came_of_each_part_is_told():
    assert what_of_each(over(*DONE)).splitlines() == [
        "1  How fast: 8 of 8 done",
        "2  How steady: 2 of 5 done, 3 left out",
        "3  How long: left out",
    ]
    stopped = over(DONE[0], Part(title="How steady", planned=5, results=["good"]), LONG)
    assert what_of_each(stopped).splitlines()[1:] == [
        "2  How steady: 1 of 5 done",
        "3  How long: not done",
    ]

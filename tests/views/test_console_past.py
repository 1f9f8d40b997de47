"""What is told of earlier sessions: on the patient's page, and beside what was done today."""

from datetime import datetime

import pytest

from emg_feedback.views.console.past import earlier_sessions, last_time, what_was_done
from emg_feedback.views.console.words import Step

NOW_S = datetime(2026, 11, 20, 12).timestamp()


def session(number, of_november, *exercises, state="complete", **more):
    started = datetime(2026, 11, of_november, 9).isoformat()
    return {"id": number, "state": state, "started": started, "exercises": exercises, **more}


def done(protocol, good, number=10, share=0.75):
    return {"protocol": protocol, "title": protocol.capitalize(), "repetitions": number,
            "planned": 10, "good": good, "time_in_band": share}  # fmt: skip


UNEVEN = {"mode": "symmetry", "asymmetry": -0.08}
HISTORY = {
    "sessions": [
        session(5, 20, done("squat", 10), state="running"),
        session(4, 18, done("squat", 9), done("squat", 8, share=0.84), pain=1),
        session(3, 16),
        session(2, 15, done("bridge", 2, number=4), done("squat", 0, number=0), pain=2),
        session(
            1, 3, done("squat", 1), {**done("bird", 3, number=4), **UNEVEN, "planned": 4}, rest=True
        ),
    ]
}


@pytest.mark.parametrize(
    ("protocol", "of_session", "told"),
    [
        ("squat", 5, "Last time, 18 November: 8 of 10 good, 84 % in the band"),
        ("squat", 4, "Last time, 3 November: 1 of 10 good, 75 % in the band"),
        (
            "bridge",
            5,
            "Last time, 15 November: 2 of 4 good, 75 % in the band, stopped: 4 of 10 done",
        ),
        ("bird", 5, "Last time, 3 November: 3 of 4 good, 75 % in the band, uneven by 8 %"),
        ("plank", 5, ""),
        (None, 5, ""),
    ],
)
def test_the_last_time_is_that_before_this_session(protocol, of_session, told):
    assert last_time(HISTORY, protocol, of_session, NOW_S) == told


def test_two_visits_of_one_day_are_told_with_their_time():
    def at(hour, number, **more):
        started = datetime(2026, 11, 18, hour, 40).isoformat()
        return {"id": number, "state": "complete", "started": started, **more}

    first, empty, other = at(9, 1, exercises=[done("squat", 9)]), at(11, 2), session(3, 15, pain=1)
    alone = {"sessions": [empty, first, other]}
    assert last_time(alone, "squat", 9, NOW_S).startswith("Last time, 18 November: ")
    for second in (at(16, 4, rest=True), at(16, 4, state="running")):
        both = {"sessions": [second, *alone["sessions"]]}
        assert last_time(both, "squat", 4, NOW_S).startswith("Last time, 18 November, 09:40: ")
    assert earlier_sessions({"sessions": [at(16, 4, pain=1), first, other]}, NOW_S).split("\n") == [
        "18 November, 09:40",
        "Squat: 9 of 10 good, 75 % in the band",
        "",
        "15 November",
        "Pain was pressed once",
    ]


def test_the_evaluation_is_told_as_one_with_its_parts():
    parts = [
        {"title": "Evaluation: how fast", "protocol": "evaluation-recruitment",
         "repetitions": 8, "planned": 8, "good": 8},
        {"title": "Evaluation: how long", "protocol": "evaluation-endurance",
         "planned": 1, "skipped": 1},
    ]  # fmt: skip
    assert what_was_done({"exercises": [*parts, done("squat", 10)]}) == [
        "Initial evaluation: how fast; how long (1 of 1 left out)",
        "Squat: 10 of 10 good, 75 % in the band",
    ]


def test_earlier_sessions_are_those_before_the_last_in_which_something_was_done():
    bridge, first = earlier_sessions(HISTORY, NOW_S).split("\n\n")
    assert bridge.splitlines()[:3] == [
        "15 November",
        "Pain was pressed twice",
        "Bridge: 2 of 4 good, 75 % in the band, stopped: 4 of 10 done",
    ]
    assert first.splitlines() == [
        "3 November",
        "Rest measured",
        "Squat: 1 of 10 good, 75 % in the band",
        "Bird: 3 of 4 good, 75 % in the band, uneven by 8 %",
    ]
    many = {"sessions": [session(k, 1, done("squat", 1)) for k in range(23)]}
    assert earlier_sessions(many, NOW_S).split("\n\n")[20:] == ["and 2 more before"]
    assert earlier_sessions({}, NOW_S) == ""


@pytest.mark.display
def test_what_was_done_is_compared_with_the_last_time_also_after_the_end(room):
    room.engine.history["sessions"] = HISTORY["sessions"]
    room.engine.set(patient="P-017")
    exercise = {"protocol": "squat", "title": "Squat", "good": 10, "planned": 10, "channels": []}
    room.engine.summary = {
        "session": 5, "patient": "P-017", "seconds": 400, "exercises": [exercise],
    }  # fmt: skip
    page = room.go(Step.SUMMARY)
    room.until(lambda: len(page.table.words()) == 2)
    told = page.table.words()[1]
    assert told[0].endswith("18 November: 8 of 10 good, 84 % in the band")
    room.key("F7")
    room.until(lambda: "has ended" in page.lead.text())
    room.until(lambda: len(page.table.words()) == 2)
    assert page.table.words()[1] == told
    patients = room.go(Step.PATIENT)
    patients.list.setCurrentRow(0)
    room.until(lambda: patients.earlier.isVisible())
    assert patients.past_head.text().startswith("Last session, 18 November")
    assert patients.pain.text() == "Pain was pressed once"
    assert "Bridge: 2 of 4 good" in patients.earlier.text()

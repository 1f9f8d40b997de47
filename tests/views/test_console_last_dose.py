"""The dose of the last time, on the console's real window."""

import time
from datetime import datetime

import pytest

from emg_feedback.link.messages import Phase
from emg_feedback.views.console.past import last_dose
from emg_feedback.views.console.words import Step

THEN = {"started": datetime(2025, 11, 3, 9).isoformat(), "running": False}
TARGET = {"low": 0.2, "high": 0.3, "unit": "mvc"}
DOSE = {"repetitions": 6, "hold_s": 8.0, "sets": None, "targets": [TARGET, None]}


def test_when_it_was():
    def told(**last):
        sessions = [{"started": THEN["started"], "pain": 1} for _ in range(last.pop("of", 1))]
        history = {"sessions": sessions, "doses": {"squat": {**THEN, "dose": DOSE, **last}}}
        return last_dose(history, "squat", datetime(2025, 11, 20).timestamp())

    assert told() == (DOSE, "As last time, 3 November")
    assert told(of=2) == (DOSE, "As last time, 3 November, 09:00")
    assert told(running=True) == (DOSE, "As earlier today")
    assert last_dose({}, "squat", time.time()) == ({}, "")


@pytest.fixture
def details(room):
    """Return the exercise that P-017 did the last time with another dose than the usual one."""
    room.engine.history["doses"] = {"quad-set": {**THEN, "dose": DOSE}}
    room.measure()
    room.engine.set(patient="P-017")
    page = room.go(Step.EXERCISE)
    page.picker.search.setText("quad")
    details = page.picker.details
    room.until(details.last.isVisible)
    return details


def dose(details):
    aims = [tuple(row.aim.values())[:2] for row in details.muscles]
    return details.dose["repetitions"].value(), details.dose["hold_s"].value(), aims


LAST = 6.0, 8.0, [(0.2, 0.3), (0.3, 0.5)]
USUAL = 10.0, 5.0, [(0.3, 0.5), (0.3, 0.5)]


@pytest.mark.display
def test_the_same_exercise_comes_back_with_the_dose_of_the_last_time(room, details):
    assert details.last.said.text() == "As last time, 3 November 2025"
    assert dose(details) == LAST
    room.click(details.last.turn)
    assert dose(details) == USUAL
    assert (details.last.said.text(), details.changed_dose()) == ("Usual dose", {})
    assert details.last.turn.text() == "As last time, 3 November 2025"
    room.click(details.last.turn)
    assert dose(details) == LAST
    room.settle()
    room.key("F7")
    ((_, asked),) = room.asked("start_protocol")
    assert (asked["dose"]["repetitions"], asked["dose"]["hold_s"]) == (6, 8.0)
    assert [*asked["dose"]["targets"]] == [TARGET, None]


@pytest.mark.display
def test_the_programme_goes_before_the_last_time(room, details):
    room.engine.history["programme"] = [{"protocol": "quad-set", "dose": {"repetitions": 7}}]
    room.window.ask("history", patient="P-017")
    room.until(lambda: not details.last.isVisible())
    assert dose(details) == (7.0, *USUAL[1:])


@pytest.mark.display
def test_nothing_of_the_last_time_is_carried_to_another_patient(room, details):
    room.engine.history = {"programme": [], "sessions": [], "doses": {}}
    room.engine.set(patient="P-023")
    room.until(lambda: room.window.model.session.patient == "P-023")
    room.window.exercise.picker.search.setText("quad")
    room.until(lambda: not details.last.isVisible())
    assert dose(details) == USUAL


@pytest.mark.display
def test_what_is_the_usual_dose_is_not_told(room, details):
    room.engine.history["doses"] = {"quad-set": {**THEN, "dose": {"repetitions": 10}}}
    room.window.ask("history", patient="P-017")
    room.until(lambda: not details.last.isVisible())
    assert dose(details) == USUAL


@pytest.mark.display
def test_after_an_exercise_its_dose_is_the_last_one(room, details):
    room.engine.run_exercise()
    page = room.window.exercise
    room.until(lambda: page.looking)
    today = {"dose": {"repetitions": 4}, "started": datetime.now().isoformat(), "running": True}
    room.engine.history = {**room.engine.history, "doses": {"quad-set": today}}
    room.engine.run_exercise(Phase.DONE, set=0)
    room.until(page.training.another.isVisible)
    room.click(page.training.another)
    room.until(lambda: details.last.said.text() == "As earlier today")
    assert dose(details) == (4.0, *USUAL[1:])

"""What keeps a therapist out of trouble, through the console's real window."""

import os
import socket
import time

import pytest

from emg_feedback.link.messages import DisplayAt, EventKind, Part, Phase, SessionState
from emg_feedback.views.console.electrodes_page import in_a_ring
from emg_feedback.views.console.evaluation import evaluation_rows
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.past import LastDose
from emg_feedback.views.console.sent import HELD_S
from emg_feedback.views.console.words import Step
from emg_feedback.views.model import ViewModel
from tests.views.console_engine import NAMES, protocol
from tests.views.console_room import choose, library, type_into

pytestmark = pytest.mark.display
UNTRAINED = {"targets": [(0.3, 0.5)] * 2, "roles": ["train"] * 2, "set": 0, "mode": None}


def test_full_effort_begins_with_getting_ready(room):
    room.engine.mvc_uv = [400.0, 400.0]
    page = room.go(Step.MAXIMUM)
    room.key("F7")
    assert room.asked("calibrate_mvc")[0][1]["prepare_s"] == 3.0
    room.engine.set(
        phase=Phase.PREPARE, repetition=1, repetitions=3, remaining_s=2.4, phase_s=3.0, **UNTRAINED
    )
    room.until(lambda: page.said.text() == "Get ready")
    assert page.count.text() == "Trial 1 of 3"
    assert not page.main.isEnabled()
    assert [view.target for view in room.window.model.channels(0.0)] == [None, None]
    room.engine.set(phase=Phase.PAUSE, paused_for="pain")
    room.until(lambda: page.said.text() == "Paused – pain")
    assert room.window.rail.steps[Step.MAXIMUM].mark.value == "Paused"
    assert room.window.rail.steps[Step.EXERCISE].mark.value == "To do"


def test_the_rest_between_two_trials_is_skipped(room):
    room.engine.mvc_uv = [400.0, 400.0]
    page = room.go(Step.MAXIMUM)
    trials = {"repetition": 1, "repetitions": 3, **UNTRAINED}
    room.engine.set(phase=Phase.MVC_CALIBRATION, **trials)
    room.until(lambda: page.said.text() == "Push!")
    assert not page.skip.isVisible(), "nobody skips a trial by mistake"
    room.engine.set(phase=Phase.RELAX, **trials)
    room.until(page.skip.isVisible)
    room.click(page.skip)
    assert room.asked("skip") == [("skip", {"part": None})]


def test_where_the_result_of_the_evaluation_is(room, training):
    ended = {"phase": Phase.DONE, "set": 0, "repetition": 0}
    room.engine.run_exercise(protocol="evaluation-hold", mode="hold", **ended)
    room.until(lambda: training.count.text() == "Hold in a band")
    assert not training.parts.isVisible()
    parts = [
        Part(title="How fast", planned=2, results=["good", "missed"]),
        Part(title="How long", planned=1, skipped=1),
    ]
    ended |= {"part": 2, "parts": parts, "results": []}
    room.engine.run_exercise(protocol="evaluation-endurance", **ended)
    room.until(lambda: training.again.text().startswith("See the result"))
    assert (training.title.text(), training.phase.text()) == ("Initial evaluation", "Finished")
    assert training.parts.text() == "1  How fast: 2 of 2 done\n2  How long: left out"
    assert not training.cue.isVisible(), "of the last part alone"
    assert training.results.head.text() == "Part 2: no repetition"
    assert not training.summary.isVisible(), "one way there is enough"
    assert training.again.text() == "See the result   F6"
    room.key("F7")
    room.settle()
    assert room.window.step is Step.EXERCISE, "F7 is the end of the session a page further on"
    ended["parts"] = [Part(title="How fast", planned=2, skipped=2), parts[1]]
    room.engine.run_exercise(protocol="evaluation-endurance", **ended)
    room.until(lambda: training.again.text().startswith("Same again"))
    assert training.summary.isVisible()
    room.click(training.again)
    assert room.asked("start_evaluation", "start_protocol")[0][0] == "start_evaluation"
    ended["parts"] = parts
    room.engine.run_exercise(protocol="evaluation-endurance", **ended)
    room.until(lambda: training.again.text().startswith("See the result"))
    room.click(training.again)
    assert room.window.step is Step.SUMMARY


def test_from_the_result_of_the_evaluation_the_exercises_are_one_press_away(room, training):
    room.engine.evaluation = EVALUATION
    ended = {"phase": Phase.DONE, "set": 0, "repetition": 0, "part": 1, "results": []}
    ended["parts"] = [Part(title="How fast", planned=1, results=["good"])]
    room.engine.run_exercise(protocol="evaluation-endurance", patient="P-017", **ended)
    room.until(lambda: training.again.text().startswith("See the result"))
    room.click(training.again)
    summary, page = room.window.pages[Step.SUMMARY], room.window.exercise
    room.until(summary.evaluation.on.isVisible)
    room.click(summary.evaluation.on)
    room.settle()
    assert room.window.step is Step.EXERCISE
    assert not page.looking, "its end was seen"
    room.go(Step.SUMMARY)
    room.engine.set(patient=None)
    room.until(lambda: not summary.evaluation.on.isVisible())


def test_the_evaluation_is_told_as_one_with_its_parts(room):
    room.engine.set(patient="P-017")
    fast = {"title": "Evaluation: how fast", "protocol": "evaluation-recruitment",
            "good": 7, "missed": 1, "planned": 8}  # fmt: skip
    long = {"title": "Evaluation: how long", "protocol": "evaluation-endurance", "planned": 1}
    knee = {"title": "Quad set", "protocol": "quad-set", "good": 2, "planned": 2}
    room.engine.summary = {"patient": "P-017", "seconds": 300, "exercises": [fast, long, knee]}
    page = room.go(Step.SUMMARY)
    room.until(lambda: page.table.rowCount() == 4)
    assert page.facts.text().startswith("5 min  ·  Initial evaluation  ·  1 exercise  ·")
    assert [row[0] for row in page.table.words()] == [
        "Initial evaluation",
        "How fast  –  7 of 8 good",
        "How long  –  stopped: 0 of 1 done",
        "Quad set  –  2 of 2 good",
    ]
    room.engine.summary["exercises"] = [fast, long]
    room.until(lambda: page.table.rowCount() == 3)
    assert "exercise" not in page.facts.text()


def test_a_repetition_that_was_skipped_is_done_after_all(room, training):
    assert not training.back.isVisible()
    room.engine.run_exercise(Phase.PREPARE, repetition=3, skipped=1, skipped_last=(1, 2))
    room.until(training.back.isVisible)
    assert training.back.text() == "Do repetition 2 after all   Ctrl+←"
    room.click(training.back)
    assert room.asked("take_back") == [("take_back", {})]
    room.engine.run_exercise(Phase.PREPARE, repetition=2, skipped_last=None)
    room.until(lambda: not training.back.isVisible())


def test_a_part_of_the_evaluation_is_left_out(room, training):
    assert not training.skip_part.isVisible()
    room.key("Right", room.window, "ShiftModifier|ControlModifier")
    room.settle()
    assert room.engine.commands("skip") == [], "an exercise alone has no parts"
    parts = [Part(title="How fast", planned=8), Part(title="How long", planned=1)]
    assert training.results.head.text() == "Repetitions: 1 of 2 good"
    room.engine.run_exercise(Phase.HOLD, part=1, parts=parts)
    room.until(training.skip_part.isVisible)
    assert training.count.text() == "Part 1 of 2 · 3 of 10"
    assert training.results.head.text() == "Part 1: 1 of 2 good"
    assert training.skip_part.text() == "Leave out part 1   Ctrl+Shift+→"
    room.click(training.skip_part)
    assert not training.skip_part.isEnabled()
    room.key("Right", room.window, "ShiftModifier|ControlModifier")
    assert room.asked("skip") == [("skip", {"part": 1})], "not two in one go"
    room.engine.run_exercise(Phase.RELAX, part=2, parts=parts, repetition=0, mode=None)
    room.until(lambda: training.phase.text() == "Rest")
    assert training.count.text() == "Part 2 of 2"
    assert training.extend.isEnabled()
    room.engine.asked.clear()
    room.until(training.skip_part.isEnabled)
    room.key("Right", room.window, "ShiftModifier|ControlModifier")
    assert room.asked("skip") == [("skip", {"part": 2})]


def test_a_skip_in_a_pause_leaves_the_pause_on_screen(room, training):
    parts = [Part(title="How fast", planned=8, skipped=8), Part(title="How long", planned=1)]
    paused = {"paused_for": "pain", "part": 2, "parts": parts}
    for place, count in (
        ({"repetition": 0, "mode": None}, "Part 2 of 2"),
        ({"repetition": 1, "repetitions": 1}, "Part 2 of 2 · 1 of 1"),
    ):
        room.engine.run_exercise(Phase.PAUSE, **paused, **place)
        room.until(lambda count=count: training.count.text() == count)
        assert training.phase.text() == "Paused – pain"
        assert room.window.model.seconds_left() is None, "no countdown"
        assert training.skip_part.text() == "Leave out part 2   Ctrl+Shift+→"
        enabled = [training.skip, training.skip_part, room.window.foot.resume]
        assert all(one.isVisible() and one.isEnabled() for one in enabled)
        assert not training.pause.isEnabled()
        assert not training.extend.isEnabled()


def test_who_has_no_patient_yet_is_told_what_to_do(room):
    page = room.go(Step.PATIENT)
    assert not page.nobody.isVisible()
    room.window.leave()
    room.engine.patients = []
    room.window = room.open()
    room.until(lambda: room.window.pages[Step.PATIENT].nobody.isVisible())
    assert not room.window.pages[Step.PATIENT].known.isVisible()
    assert not room.window.pages[Step.PATIENT].next.isEnabled()
    room.key("F2")
    assert room.window.step is Step.ELECTRODES
    assert not room.engine.commands("begin_session")


def test_who_waits_for_the_first_start_is_told_how_long_it_takes(room):
    foot = room.window.foot
    assert "minute" not in foot.notice.text()
    foot.refresh(ConsoleModel(), 0.0)
    assert (foot.link.text(), "a minute" in foot.notice.text()) == ("Waiting for engine", True)


def test_what_is_asked_for_at_full_effort_is_not_carried_to_the_next_patient(room):
    room.engine.set(patient="P-017")
    page = room.go(Step.MAXIMUM)
    room.until(lambda: page.muscle.count() == 3)
    usual = (3, 5.0, 30.0, 100.0, 0)

    def asked_for():
        numbers = (page.trials, page.seconds, page.rest, page.effort)
        return (*(number.value() for number in numbers), page.muscle.currentIndex())

    assert asked_for() == usual
    for number, value in ((page.trials, 1), (page.seconds, 3), (page.rest, 5), (page.effort, 50)):
        number.setValue(value)
    page.muscle.setCurrentIndex(2)
    room.settle()
    assert asked_for() == (1, 3.0, 5.0, 50.0, 2)
    room.engine.set(patient="P-042")
    room.until(lambda: asked_for() == usual)


def test_less_than_full_effort_is_asked_for_by_all_that_is_read(room):
    page = room.go(Step.MAXIMUM)
    trials = {"repetition": 1, "repetitions": 3, **UNTRAINED}
    room.engine.set(phase=Phase.MVC_CALIBRATION, effort=0.5, **trials)
    room.until(lambda: page.said.text() == "Push to 50 %")
    assert "about 50 % of full effort" in page.lead.text()
    room.engine.set(effort=1.0)
    room.until(lambda: page.said.text() == "Push!")
    assert page.lead.text().endswith("Cheer.")


@pytest.mark.parametrize("with_traces", [True])
def test_a_console_opened_on_a_silent_board_shows_no_traces(room):
    room.window.leave()
    room.engine.silent = True
    room.window = room.open()

    def told():
        room.engine.publisher.send(room.engine.status())
        return room.window.model.n_channels == 2 and room.window.traces.pictures > 1

    room.until(told)
    assert room.window.model.frame is None


def test_pain_while_nothing_runs_is_told_on_every_page_until_it_is_seen(room):
    banner = room.window.banner
    room.engine.set(patient="P-017")
    room.until(lambda: room.window.model.session.patient == "P-017")
    assert not banner.isVisible()
    room.engine.pain_unseen = True
    for step in Step:
        room.go(step)
        room.until(banner.isVisible)
        assert "pain was pressed while nothing was running" in banner.text.text()
        assert not banner.close_all.isVisible()
    room.engine.archive = "the disk is full"
    room.engine.set()
    room.until(lambda: "the disk is full" in banner.text.text())
    assert "pain was pressed" in banner.text.text()
    room.window.leave()
    room.window = room.open()
    banner = room.window.banner
    room.until(lambda: "pain was pressed" in banner.text.text())
    room.click(banner.seen)
    room.until(lambda: "pain was pressed" not in banner.text.text())
    assert room.asked("pain_seen") == [("pain_seen", {})]
    assert "the disk is full" in banner.text.text()
    room.engine.archive = None
    room.engine.set()
    room.until(lambda: not banner.isVisible())


def test_what_cannot_be_kept_is_told_on_every_page(room):
    banner = room.window.banner
    room.engine.set(patient="P-017")
    page = room.go(Step.SUMMARY)
    room.until(lambda: page.kept.text().startswith("Everything so far is kept"))
    room.engine.archive = "/home/clinic/archive.sqlite: the disk is full: make room"
    room.engine.set()
    for step in Step:
        room.go(step)
        room.until(banner.isVisible)
        assert banner.text.text().startswith(
            "Not everything can be kept now: the disk is full: make room. Training goes on"
        )
    assert page.kept.text().startswith("Not everything can be kept now.")
    assert not banner.keep.isVisible()
    room.engine.archive = None
    room.engine.set()
    room.until(lambda: not banner.isVisible())


def test_enter_changes_no_target_as_an_exercise_begins(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    page.picker.list.setFocus()
    room.key("F7")
    room.asked("start_protocol")
    room.engine.run_exercise()
    room.until(lambda: page.looking)
    room.engine.asked.clear()
    for _ in range(2):
        room.key("Return")
        room.key("Enter")
    for _ in range(12):
        room.key("Tab")
        room.key("Return")
    room.settle()
    changing = ("nudge_target", "set_target", "auto_target", "set_path")
    assert room.engine.commands(*changing) == []
    assert room.engine.session.targets == [(0.3, 0.5)] * 2


def test_the_next_patient_finds_the_exercises_not_the_end_of_the_last_one(room, training):
    page = room.window.exercise
    page.picker.search.setText("quad")
    room.engine.run_exercise(Phase.DONE, set=0, patient="P-017", results=["good"])
    room.until(lambda: training.phase.text().startswith("Stopped"))
    assert page.looking
    room.engine.set(phase=Phase.IDLE, patient=None, protocol=None, title=None, results=[])
    room.until(lambda: not page.looking)
    room.engine.set(patient="P-023")
    room.until(lambda: room.window.model.session.patient == "P-023")
    room.settle()
    assert not page.looking
    assert page.main.isVisible()
    assert page.picker.search.text() == ""
    room.key("F7")
    assert room.asked("start_protocol")


def test_an_exercise_that_was_stopped_at_once_is_proposed_again(room):
    page = library(room)
    room.engine.history["sessions"] = [{"id": "a", "state": "complete", "exercises": []}]
    room.engine.history["programme"] = [{"protocol": "hip"}, {"protocol": "knee"}]
    room.engine.set(patient="P-023")
    room.until(lambda: page.picker.chosen["name"] == "hip")
    room.engine.run_exercise(protocol="hip", results=[])
    room.until(lambda: page.looking)
    room.engine.run_exercise(Phase.DONE, protocol="hip", set=0, results=[])
    room.until(page.training.again.isVisible)
    room.key("F", modifier="ControlModifier")
    room.until(lambda: not page.looking)
    room.settle()
    assert page.picker.chosen["name"] == "hip"


def test_an_exercise_that_was_stopped_is_not_called_finished(room, training):
    room.engine.run_exercise(
        Phase.DONE, set=0, repetition=0, last={"set": 1, "repetition": 2}, remaining_s=None
    )
    room.until(lambda: training.phase.text() == "Stopped: 2 of 10 done")
    room.engine.set(results=[], skipped=1)
    room.until(lambda: training.phase.text() == "Stopped: 0 of 10 done, 1 left out")
    room.engine.set(results=["good"] * 9, skipped=1)
    room.until(lambda: training.phase.text() == "Finished, 1 of 10 left out")
    room.engine.set(results=["good"] * 10, skipped=0)
    room.until(lambda: training.phase.text() == "Finished")
    room.engine.set(results=[])
    room.until(lambda: training.phase.text() == "Stopped: 0 of 10 done")


def test_a_console_opened_again_shows_the_figures_of_every_repetition(room, training):
    results = ["good", "missed", "good"]
    room.engine.repetitions = [
        {"set": 1, "repetition": number, "result": result, "time_in_band": number / 10}
        for number, result in enumerate(results, start=1)
    ]
    room.engine.set(results=results, last=room.engine.repetitions[-1])
    room.window.leave()
    room.window = room.open()
    room.know()
    room.until(lambda: not room.window.model.lacks_figures)
    room.settle()
    assert [(row.line.text(), row.details.text()) for row in room.window.results.rows] == [
        ("3  Good", "30 % in band"),
        ("2  Missed", "20 % in band"),
        ("1  Good", "10 % in band"),
    ]


def test_the_same_exercise_again_with_a_key(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    page.picker.details.dose["repetitions"].setValue(6)
    room.key("F7")
    (first,) = room.asked("start_protocol")
    room.engine.run_exercise()
    room.until(lambda: page.looking)
    room.engine.run_exercise(Phase.DONE, set=0)
    room.until(page.training.again.isVisible)
    room.engine.asked.clear()
    room.key("F7")
    assert room.asked("start_protocol") == [first]
    room.engine.asked.clear()
    room.click(page.training.again)
    assert room.asked("start_protocol") == [first]
    room.key("F", modifier="ControlModifier")
    room.until(lambda: not page.looking)
    assert room.window.focusWidget() is page.picker.search


def test_an_exercise_that_another_console_began_is_done_again_as_it_was(room):
    room.engine.running = protocol("quad-set", "Quad set", "knee", repetitions=4)
    room.engine.run_exercise()
    page = room.go(Step.EXERCISE)
    room.until(lambda: page.looking)
    room.engine.run_exercise(Phase.DONE, set=0)
    room.until(page.training.again.isVisible)
    room.key("F7")
    _, args = room.asked("start_protocol")[0]
    assert (args["name"], args["dose"]["repetitions"]) == ("quad-set", 4)


def test_a_channel_is_left_out_and_taken_in_again(room):
    page = room.go(Step.ELECTRODES)
    room.engine.quality = ["good", "flat"]
    room.until(lambda: "1 to mend" in page.said.text())
    room.click(page.rows[1].use)
    wanted = {"channel": 1, "muscle": None, "electrode": None, "used": False}
    assert room.asked("name_channel") == [("name_channel", wanted)]
    room.until(lambda: page.said.text().startswith("All electrodes are good"))
    assert page.rows[1].word.text() == "Not in use"
    assert page.rows[1].use.text() == "Off"
    assert not page.rows[1].name.isEnabled()
    room.engine.rest_uv, room.engine.mvc_uv = [4.0, None], [400.0, None]
    room.engine.set()
    marks = room.window.rail.steps
    room.until(lambda: marks[Step.MAXIMUM].mark.value == "Done")
    assert marks[Step.REST].mark.value == "Done"
    rest = room.go(Step.REST)
    assert [row[0] for row in rest.table.words()] == NAMES[:1]
    maximum = room.go(Step.MAXIMUM)
    assert not maximum.rows[1].isVisible()
    assert [maximum.muscle.itemText(i) for i in range(maximum.muscle.count())] == [
        "All muscles together", f"Only {NAMES[0]}"
    ]  # fmt: skip
    row = room.go(Step.EXERCISE).picker.details.muscles[0].channel
    assert [row.itemText(i) for i in range(row.count())] == [f"1  {NAMES[0]}"]
    page = room.go(Step.ELECTRODES)
    room.click(page.rows[1].use)
    room.until(lambda: page.rows[1].word.text() == "Unplugged")


def test_a_muscle_that_is_refused_stays_until_its_side_makes_it_another(room):
    room.engine.names[0] = "Biceps brachii left"
    page = room.go(Step.ELECTRODES)
    row = page.rows[1]
    choose(room, row.side, "left")
    room.until(lambda: room.engine.names[1] == f"{NAMES[1]} left")
    why = "Biceps brachii left is already on channel 1"
    row.name.setFocus()
    row.name.selectAll()
    room.type(row.name, "Biceps brachii")
    row.side.setFocus()
    room.until(lambda: row.refused.text() == why)
    over_s = time.monotonic() + HELD_S + 0.2
    room.until(lambda: time.monotonic() > over_s)
    assert (row.name.text(), row.side.currentText()) == ("Biceps brachii", "left")
    assert page.said.text().startswith("A name was not taken")
    choose(room, row.side, "right")
    room.until(lambda: room.engine.names[1] == "Biceps brachii right")
    room.until(lambda: not row.refused.isVisible())


def test_two_sides_are_swapped_one_after_the_other(room):
    room.engine.names = ["Biceps brachii left", "Biceps brachii right"]
    first, second = room.go(Step.ELECTRODES).rows[:2]
    room.until(lambda: second.side.currentText() == "right")
    choose(room, first.side, "right")
    room.until(lambda: first.refused.text() == "Biceps brachii right is already on channel 2")
    choose(room, second.side, "left")
    room.until(lambda: room.engine.names == ["Biceps brachii right", "Biceps brachii left"])
    room.until(lambda: not (first.refused.isVisible() or second.refused.isVisible()))
    assert (first.side.currentText(), second.side.currentText()) == ("right", "left")


def test_a_refused_name_is_taken_once_it_is_free(room):
    room.engine.names = ["Soleus left", "Soleus right"]
    first, second = room.go(Step.ELECTRODES).rows[:2]
    room.until(lambda: second.side.currentText() == "right")
    choose(room, first.side, "right")
    room.until(lambda: bool(first.refusal))
    choose(room, second.side, "–")
    room.until(lambda: room.engine.names == ["Soleus right", "Soleus"])
    room.until(lambda: not first.refused.isVisible())


@pytest.mark.parametrize("why", ["taken all the same", "left out", "named by another console"])
def test_a_refused_name_goes_with_its_reason(room, why):
    row = room.go(Step.ELECTRODES).rows[1]
    room.engine.refuse["name_channel"] = "no"
    if why == "taken all the same":
        room.engine.names = [NAMES[0], "Soleus"]
    row.name.setText("Soleus")
    row.name.editingFinished.emit()
    room.asked("name_channel")
    room.until(lambda: not room.window.pending("name_channel"))
    if why != "taken all the same":
        room.until(lambda: row.refused.text() == "No")
    if why == "left out":
        room.engine.set(used=[True, False])
    elif why == "named by another console":
        room.engine.names = [NAMES[0], "Gluteus"]
        room.engine.set()
    room.until(lambda: row.name.text() == room.engine.names[1] and not row.refused.isVisible())


def test_who_waits_in_a_ring_is_found():
    assert in_a_ring({0: 1, 1: 0}) in (0, 1)
    assert in_a_ring({0: 1, 1: 2, 2: 1}) in (1, 2)
    assert in_a_ring({0: 1, 1: 2}) is None
    assert in_a_ring({}) is None


def test_a_session_finds_nothing_of_the_one_before_on_its_pages(room):
    for of_channels in ("names", "level", "rest_uv", "mvc_uv", "quality", "electrodes"):
        setattr(room.engine, of_channels, 4 * getattr(room.engine, of_channels))
    room.engine.set(patient="P-017")
    electrodes = room.go(Step.ELECTRODES)
    room.until(lambda: len(electrodes.rows) == 8)
    room.engine.refuse["name_channel"] = "no"
    electrodes.rows[1].name.setText("Soleus")
    electrodes.rows[1].name.editingFinished.emit()
    room.until(lambda: electrodes.rows[1].refused.text() == "No")
    bar = electrodes.channels.verticalScrollBar()
    bar.setValue(bar.maximum())
    assert bar.value() > 0
    exercise = room.go(Step.EXERCISE)
    exercise.picker.search.setText("neck")
    room.go(Step.SUMMARY)
    room.engine.set(patient=None)
    room.settle()
    room.engine.set(patient="P-017")
    room.until(lambda: room.window.model.session.patient == "P-017")
    room.settle()
    assert exercise.picker.search.text() == ""
    assert bar.value() == 0
    assert electrodes.rows[1].name.text() == NAMES[1]


def test_a_target_that_is_none_is_told_while_one_types(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    muscle = page.picker.details.muscles[0]
    muscle.low.setFocus()
    muscle.low.selectAll()
    room.type(muscle.low, "90")
    assert muscle.told_fault.text() == "The first number must be smaller than the second"
    assert muscle.told_fault.isVisible()
    room.until(lambda: not page.main.isEnabled())
    room.key("F7", muscle.low)
    room.settle()
    assert room.engine.commands("start_protocol") == []
    type_into(room, muscle.low, "20")
    assert not muscle.told_fault.isVisible()
    room.until(page.main.isEnabled)


def test_what_was_typed_counts_at_the_start_without_enter(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    number = page.picker.details.dose["repetitions"]
    number.setFocus()
    number.selectAll()
    room.type(number, "7")
    room.key("F7", number)
    assert room.asked("start_protocol")[0][1]["dose"]["repetitions"] == 7


def test_an_impossible_target_is_told_beside_the_bar(room, training):
    muscle = training.bars[0]
    muscle.low.setFocus()
    muscle.low.selectAll()
    room.type(muscle.low, "80")
    assert muscle.fault.isVisible()
    room.key("Return", muscle.low)
    room.settle()
    assert room.engine.commands("set_target") == []


def test_a_target_is_dragged_to_the_maximum_and_typed_above_it(room, training):
    muscle = training.bars[0]
    room.drag(muscle.bar, muscle.bar.y_of(0.4), muscle.bar.y_of(0.4) - 4 * muscle.bar.height())
    room.until(lambda: room.engine.session.targets[0] == pytest.approx((0.8, 1.0)))
    type_into(room, muscle.high, "120")
    room.until(lambda: room.engine.session.targets[0] == pytest.approx((0.8, 1.2)))


def test_bars_in_percent_of_maximum_have_one_scale(room, training):
    room.engine.set(targets=[(0.3, 0.5), (0.8, 1.0)])
    first, second = (training.bars[number].bar for number in (0, 1))
    room.until(lambda: second.value == (0.8, 1.0))
    room.settle()
    assert first.y_of(0.4) == second.y_of(0.4)


@pytest.mark.parametrize("high", [0.2, 0.5, 1.2])
@pytest.mark.parametrize("unit", ["mvc", "uv"])
def test_a_bar_ends_where_that_of_the_patient_does(room, training, high, unit):
    bands = [(0.1, high), (0.02, 0.1)]
    room.engine.set(targets=bands, roles=["train", "quiet"])
    if unit == "uv":
        room.engine.mvc_uv = [None] * 2
        room.engine.set(units=["uv"] * 2, targets_uv=[(4.0, 400 * high), (8.0, 40.0)])
    room.settle()
    frame, patient = room.window.model.frame, ViewModel()
    patient.receive(frame, frame.t_publish)
    ends = [patient.bars(frame.t_publish)[channel].band[1] for channel in (0, 1)]
    for channel, end in enumerate(ends):
        bar = training.bars[channel].bar
        foot, edge, top = (bar.y_of(level) for level in (0.0, bar.value[1], 1e6))
        assert (foot - edge) / (foot - top) == pytest.approx(end)


def test_closing_while_an_exercise_runs_asks_inside_the_window(room, training):
    banner = room.window.banner
    room.engine.asked.clear()
    room.window.close()
    room.settle()
    assert room.window.isVisible()
    assert banner.text.text() == "An exercise is running. Stop it and close?"
    assert room.engine.asked == []
    room.click(banner.keep)
    room.until(lambda: not banner.isVisible())
    room.window.close()
    room.until(banner.isVisible)
    room.click(banner.close_all)
    while room.window.isVisible():
        room.engine.turn()
        room.qt.processEvents()
    assert room.engine.commands("stop") == [("stop", {})]


def test_closing_between_exercises_asks_for_nothing(room):
    room.engine.asked.clear()
    room.window.close()
    assert not room.window.isVisible()
    for _ in range(5):
        room.engine.turn()
    assert room.engine.asked == []


def test_why_a_repetition_was_missed_is_told(room, training):
    scores = (
        {"mean": 0.62, "band": [0.3, 0.5], "time_in_band": 0.1},
        {"mean": 0.26, "band": [0.3, 0.5], "time_in_band": 0.2},
        {"mean": 0.41, "band": [0.3, 0.5], "time_in_band": 0.55},
    )
    for number, figures in enumerate(scores, start=3):
        channel = {"channel": 0, "role": "train", "unit": "mvc", **figures}
        room.engine.event(
            EventKind.REPETITION,
            {"set": 1, "repetition": number, "result": "missed", "flags": [],
             "time_in_band": figures["time_in_band"], "channels": [channel]},
        )  # fmt: skip
    room.engine.set(results=["good", "missed", "missed", "missed", "missed"])
    rows = room.window.results.rows
    room.until(lambda: len([row for row in rows if row.isVisible()]) == 5)
    assert [row.line.text() for row in rows[:3]] == [
        "5  Missed – too short in the band",
        "4  Missed – 4 % below the band",
        "3  Missed – 12 % above the band",
    ]
    assert rows[2].details.text().startswith("10 % in band · mean 62 %")


def test_the_summary_tells_maxima_pauses_notes_and_misses(room):
    room.engine.set(patient="P-017")
    score = {"set": 1, "repetition": 3, "channels": [
        {"role": "train", "unit": "mvc", "mean": 0.62, "band": [0.3, 0.5], "time_in_band": 0.1}
    ]}  # fmt: skip
    room.engine.summary = {
        "patient": "P-017", "seconds": 900, "lost_samples": 0,
        "pauses": {"pain": 1, "asked": 2}, "notes": ["slight pain, knee"],
        "maxima": [{"name": NAMES[0], "mvc_uv": 236.0, "last_uv": 200.0},
                   {"name": NAMES[1], "mvc_uv": 180.0, "last_uv": None},
                   {"name": "Soleus", "mvc_uv": 90.0, "fraction": 0.5, "last_uv": 100.0},
                   {"name": "Peroneus", "mvc_uv": 70.0, "last_uv": 70.0}],
        "exercises": [{"title": "Quad set", "mode": "hold", "good": 4, "missed": 4, "void": 0,
                       "planned": 50, "missed_scores": [score], "channels": []},
                      {"title": "Knee in steps", "planned": 4, "channels": [{"name": NAMES[0]}]},
                      {"title": "Bridge", "good": 3, "planned": 4, "skipped": 1,
                       "channels": []}],
    }  # fmt: skip
    page = room.go(Step.SUMMARY)
    room.until(page.main.isVisible)
    room.key("F7")
    room.until(page.table.isVisible)
    told = page.more.text().replace("\N{NO-BREAK SPACE}", " ")
    assert told.splitlines() == [
        f"Maximum: {NAMES[0]} 236 µV  ·  {NAMES[1]} 180 µV  ·  "
        "Soleus 90 µV (from 50 % of full effort)  ·  "
        "Peroneus 70 µV (last session's, not measured anew)",
        "1 pause because of pain",
        "Note: slight pain, knee",
    ]
    words = [row[0] for row in page.table.words()]
    assert words == [
        "Quad set  –  4 of 8 good, stopped: 8 of 50 done",
        "Missed: 3 – 12 % above the band",
        "Knee in steps  –  stopped: 0 of 4 done",
        "Bridge  –  3 of 3 good, 1 of 4 left out",
    ]


@pytest.mark.parametrize(
    ("units", "percent", "microvolts"),
    [(["mvc"], True, False), (["uv"], False, True), (["uv", "mvc"], True, True)],
)
def test_levels_are_of_todays_maximum_and_microvolts_of_today_only(
    room, units, percent, microvolts
):
    room.engine.set(patient="P-017")
    channels = [{"name": name, "unit": unit} for name, unit in zip(NAMES, units, strict=False)]
    done = {"title": "Jaw", "good": 4, "planned": 4, "channels": channels}
    room.engine.summary = {"seconds": 60, "lost_samples": 0, "exercises": [done]}
    page = room.go(Step.SUMMARY)
    room.until(lambda: "1 exercise" in page.facts.text())
    told = page.facts.text()
    assert ("today's maximum" in told, "another day" in told) == (percent, microvolts)
    maxima = [{"name": NAMES[0], "mvc_uv": 236.0}, {"mvc_uv": 70.0, "last_uv": 70.0}]
    room.engine.summary["maxima"] = maxima
    page.enter()
    room.until(lambda: page.more.isVisible())
    told = page.facts.text()
    assert ("the maximum" in told, "today's" in told) == (percent, False)


def test_what_was_stopped_before_its_first_repetition_is_told_and_not_counted(room):
    room.engine.set(patient="P-017")
    page = room.go(Step.SUMMARY)
    room.until(lambda: page.facts.text().startswith("No repetition yet: each is told here"))
    stopped = {"title": "Knee in steps", "planned": 4, "channels": [{"name": NAMES[0]}]}
    done = {"title": "Quad set", "good": 8, "planned": 8, "channels": []}
    room.engine.summary = {"seconds": 900, "exercises": [done, stopped]}
    page.enter()
    room.until(lambda: "1 exercise  ·" in page.facts.text())
    room.engine.summary["exercises"] = [stopped]
    room.engine.summary |= {"patient": "P-017", "pauses": {"pain": 1}, "notes": ["knee swollen"]}
    page.enter()
    room.until(lambda: page.facts.text().startswith("No repetition yet"))
    room.key("F7")
    room.until(lambda: page.facts.text() == "No repetition was done in this session.")
    assert page.table.words()[0][0] == "Knee in steps  –  stopped: 0 of 4 done"
    assert page.more.text() == "1 pause because of pain\nNote: knee swollen"


def test_the_last_maximum_has_its_effort_its_day_and_a_warning(room):
    room.engine.set(patient="P-017")
    day = {"measured": "2026-10-27T10:00:00+00:00"}
    room.engine.history["calibrations"] = [
        {"muscle": NAMES[0], "mvc_uv": 236.0, **day},
        {"muscle": NAMES[1], "mvc_uv": 120.0, "fraction": 0.6, **day},
    ]
    page = room.go(Step.MAXIMUM)
    room.window.ask("history", patient="P-017")
    room.until(page.last.isVisible)
    assert [row.last.text() for row in page.rows] == [
        "Last session 236 µV, full effort, 27 Oct 2026",
        "Last session 120 µV, from 60 % of full effort, 27 Oct 2026",
    ]
    assert "Electrodes are new today: measure again" in page.hint.text()
    room.key("L", modifier="ControlModifier")
    room.until(lambda: len(room.engine.commands("set_reference")) == 2)
    taken = room.engine.commands("set_reference")
    assert [(args["channel"], args["fraction"]) for _, args in taken] == [(0, 1.0), (1, 0.6)]
    room.engine.mvc_uv = [236.0, 200.0]
    room.engine.calibration = {"trials": [[{"mvc_uv": 9.0, "ok": False, "why": "let go"}], []]}
    room.engine.set()
    room.until(lambda: page.said.text() == "✓ Last session's")
    room.engine.calibration = {"trials": [[{"mvc_uv": 300.0, "ok": True}]] * 2}
    room.engine.set()
    room.until(lambda: page.said.text() == "✓ Measured")
    choose(room, page.muscle, f"Only {NAMES[1]}")
    room.engine.asked.clear()
    room.click(page.last)
    assert [args["channel"] for _, args in room.asked("set_reference")] == [1]


def test_two_muscles_and_what_they_gave_last_time_are_seen_at_once(room):
    from PySide6.QtWidgets import QScrollArea

    room.window.resize(1280, 800)
    room.engine.set(patient="P-017")
    day = {"measured": "2026-10-27T10:00:00+00:00"}
    room.engine.history["calibrations"] = [
        {"muscle": name, "mvc_uv": 236.0, "fraction": 0.6, **day} for name in NAMES
    ]
    page = room.go(Step.MAXIMUM)
    room.window.ask("history", patient="P-017")
    room.until(page.rows[1].last.isVisible)
    tries = [{"mvc_uv": mvc_uv, "ok": True} for mvc_uv in (228.0, 241.0, 236.0)]
    measured = {"trials": [tries] * 2, "spread": [0.06, 0.14], "fraction": [0.6] * 2}
    for facts in ({}, measured, {**measured, "warnings": ["the gain is another than last time"]}):
        room.engine.calibration = facts
        room.until(lambda facts=facts: page.rows[0].drop.isVisible() == bool(facts))
        room.until(lambda facts=facts: page.warnings.isVisible() == ("warnings" in facts))
        room.settle()
        assert not page.findChild(QScrollArea).verticalScrollBar().isVisible()
        assert page.rows[1].last.visibleRegion().boundingRect() == page.rows[1].last.rect()


def test_an_exercise_for_another_muscle_is_warned_of_and_can_be_started(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    assert not page.warning.isVisible()
    room.engine.names = ["Biceps brachii", NAMES[1]]
    room.until(page.warning.isVisible)
    assert page.warning.text() == (
        "Check the electrodes for Vastus medialis: the channel has another name."
    )
    room.key("F7")
    assert room.asked("start_protocol")


@pytest.mark.parametrize(
    ("muscle", "name", "fits"),
    [
        ("Vastus medialis", "vastus medialis left", True),
        ("Masseter left", "Masseter", True),
        ("Masseter left", "Masseter left", True),
        ("Masseter left", "Masseter right", False),
        ("Tested muscle left", "Soleus left", True),
        ("Tested muscle left", "Soleus right", False),
        ("Vastus medialis", "CH1", False),
    ],
)
def test_which_channel_fits_a_muscle(muscle, name, fits):
    from emg_feedback.views.console.exercises import misplaced

    assert misplaced([muscle], [name]) == ([] if fits else [muscle])


def described_library(room):
    """Give the engine the exercises that come with it."""
    from emg_config.library import described, protocols

    room.engine.protocols = [described(one) for one in protocols().values()]
    room.window.model.forget_answers()
    room.know()
    return room.go(Step.EXERCISE)


LAST = LastDose({"repetitions": 3}, "As earlier today")


def show(room, page, name, last=None):
    """Show an exercise of the library, and how it was done the last time."""
    known = {one["name"]: one for one in room.engine.protocols}
    page.picker.details.show_exercise(known[name], [], last or LastDose({}, ""))
    room.settle()


def test_what_lacks_a_maximum_leads_there_before_it_is_refused(room):
    page = room.go(Step.EXERCISE)
    assert page.warning.text() == (
        "Measure the maximum of Vastus medialis and Vastus lateralis first."
    )
    assert not page.main.isVisible()
    room.key("F7")
    room.settle()
    assert room.engine.commands("start_protocol") == []
    room.click(page.to_maximum)
    assert room.window.step is Step.MAXIMUM
    room.measure()
    room.go(Step.EXERCISE)
    assert not page.warning.isVisible()
    assert not page.to_maximum.isVisible()
    room.click(page.main)
    assert room.asked("start_protocol")


def test_a_target_in_microvolts_needs_no_maximum(room):
    page = room.go(Step.EXERCISE)
    first, second = page.picker.details.muscles
    choose(room, first.unit, "µV")
    room.settle()
    assert page.warning.text() == "Measure the maximum of Vastus lateralis first."
    choose(room, second.unit, "µV")
    room.until(page.main.isVisible)
    assert page.main.isEnabled()
    assert not page.warning.isVisible()
    choose(room, second.channel, f"1  {NAMES[0]}")
    room.until(page.warning.isVisible)
    assert page.warning.text().endswith("Quad set needs electrodes on 2 muscles.")
    assert not page.main.isEnabled()


def test_a_path_needs_a_maximum_and_a_look_none(room):
    page = described_library(room)
    show(room, page, "knee-steps-follow")
    assert page.to_maximum.isVisible()
    show(room, page, "neck-look")
    assert page.main.isVisible()
    assert "maximum" not in page.warning.text()


def test_the_initial_evaluation_leads_to_the_maximum_it_needs(room):
    page = described_library(room)
    assert page.evaluate.text() == "Initial evaluation: rest first"
    room.click(page.evaluate)
    assert room.window.step is Step.REST
    room.engine.rest_uv = [4.0, 4.0]
    room.engine.set()
    room.go(Step.EXERCISE)
    room.until(lambda: page.evaluate.text() == "Initial evaluation: maximum first")
    room.click(page.evaluate)
    assert room.window.step is Step.MAXIMUM
    assert room.engine.commands("start_evaluation") == []
    room.measure()
    room.go(Step.EXERCISE)
    assert page.evaluate.text() == "Initial evaluation"
    room.click(page.evaluate)
    assert room.asked("start_evaluation") == [("start_evaluation", {"channels": [0, 1]})]


def test_the_initial_evaluation_leads_to_the_names_of_the_muscles_it_compares(room):
    page = described_library(room)
    room.measure()
    room.engine.names = [NAMES[0], "CH2"]
    room.engine.set()
    room.until(lambda: page.evaluate.text() == "Initial evaluation: name the muscles first")
    room.click(page.evaluate)
    assert room.window.step is Step.ELECTRODES
    assert room.engine.commands("start_evaluation") == []
    room.engine.names = list(NAMES)
    room.engine.set()
    room.go(Step.EXERCISE)
    room.until(lambda: page.evaluate.text() == "Initial evaluation")


@pytest.mark.parametrize("measured", [True, False])
def test_muscles_targets_and_dose_are_seen_without_scrolling(room, measured):
    from emg_feedback.views.console.inputs import Stepper
    from emg_feedback.views.console.named_list import ROW_PX

    room.window.resize(1280, 800)
    page = described_library(room)
    if measured:
        room.measure()
    details = page.picker.details
    cut = []
    for one in room.engine.protocols:
        names = [str(muscle["name"]) for muscle in one["muscles"]]
        if len(names) > len(NAMES):
            continue
        room.engine.names = [*names, *NAMES][:2]
        room.engine.set()
        room.until(lambda: room.window.model.facts.channels == room.engine.names)
        show(room, page, one["name"], LAST if measured else None)
        steppers = details.findChildren(Stepper)[:4]
        assert [step.caption.text().split(" (")[0] for step in steppers] == [
            "Repetitions", "Sets", "Hold", "Rest between",
        ]  # fmt: skip
        for part in (details.title, *details.muscles, *steppers):
            if part.visibleRegion().boundingRect() != part.rect():
                cut.append((one["name"], part))
        assert page.picker.list.viewport().height() >= 6 * ROW_PX
    assert cut == []


PARTS = {"part": 2, "parts": [Part(title="Evaluation: how steady", planned=5, skipped=3)] * 3}


@pytest.mark.parametrize("height", [728])
@pytest.mark.parametrize("of", [{}, PARTS, {"phase": Phase.DONE, "set": 0, **PARTS}])
def test_everything_fits_a_small_screen_below_a_title_bar(room, height, of):
    room.engine.archive = "the disk is full"
    room.engine.run_exercise(patient="P-017", **of)
    room.window.resize(1366, height)
    for step in Step:
        room.go(step)
        room.settle()
        page = room.window.pages[step]
        assert page.minimumSizeHint().height() <= page.height(), step
        assert (room.window.width(), room.window.height()) == (1366, height), step
        foot = room.window.foot
        assert foot.geometry().bottom() < height, step


@pytest.mark.parametrize("width", [1240, 1280])
def test_nothing_is_cut_or_covered_on_a_narrow_screen(room, width):
    from PySide6.QtWidgets import QPushButton

    from emg_feedback.views.console.inputs import Stepper

    room.engine.set(patient="P-017")
    room.window.resize(width, 800)
    for step in (Step.MAXIMUM, Step.EXERCISE):
        page = room.go(step)
        room.settle()
        shown = [one for one in page.findChildren(Stepper) if one.isVisible()]
        assert len(shown) >= 4
        for one in shown:
            where = (step, one.caption.text())
            assert one.number.width() >= one.number.minimumWidth(), where
            signs = one.findChildren(QPushButton)
            assert not any(one.number.geometry().intersects(s.geometry()) for s in signs), where
    details = room.window.exercise.picker.details
    assert details.widget().width() <= details.viewport().width()
    assert room.window.width() == width


@pytest.mark.parametrize("width", [1240, 1280])
def test_the_titles_of_all_exercises_are_read_in_full(room, monkeypatch, width):
    from PySide6.QtGui import QFontMetrics

    from emg_config.library import protocols
    from emg_feedback.views.console import named_list

    room.window.resize(width, 760)
    page = library(room)
    room.settle()
    written = {}

    def note(_painter, box, text, font, _colour):
        written[text] = QFontMetrics(font).horizontalAdvance(text), box.width()

    titles = [one.title for one in protocols().values()]
    monkeypatch.setattr(named_list, "_write", note)
    names = named_list.NamedList()
    for title in titles:
        names.add_row(title, title, "")
    names.resize(page.picker.list.width(), len(titles) * named_list.ROW_PX + 20)
    names.grab()
    assert [title for title in titles if written[title][0] > written[title][1]] == []
    longest = max(titles, key=len)
    room.engine.run_exercise(title=longest)
    training = page.training
    room.until(lambda: training.title.text() == longest)
    room.settle()
    for _ in range(2):  # while it runs, and when it is over
        needed_px = training.title.fontMetrics().horizontalAdvance(longest)
        assert needed_px <= training.title.contentsRect().width()
        room.engine.run_exercise(Phase.DONE, title=longest, set=0)
        room.until(training.again.isVisible)
        room.settle()


def test_the_patients_screen_is_told_and_opened(room):
    screen = room.window.rail.display
    room.until(lambda: screen.state == "Not open")
    room.engine.displays = [DisplayAt(host=socket.gethostname(), shown=False, opens=True)]
    room.until(lambda: screen.state == "Closed")
    room.click(screen)
    room.asked("open_display")
    room.key("F10")
    room.until(lambda: len(room.engine.commands("open_display")) == 2)
    room.engine.displays = [DisplayAt(host="elsewhere", shown=True, opens=False)]
    room.until(lambda: screen.state == "Open on elsewhere")
    room.key("F10")
    said = "The patient's screen comes to the front on elsewhere"
    room.until(lambda: room.window.model.notice.text == said)


@pytest.mark.parametrize("alone", [True, False])
@pytest.mark.parametrize("away", ["Closed", "Not open"])  # closed; killed, and not heard of since
def test_a_page_that_opens_again_on_the_only_screen_stays_in_front(room, monkeypatch, alone, away):
    from emg_feedback.views.console import patient_screen

    monkeypatch.setattr(patient_screen, "one_screen", lambda: alone)
    monkeypatch.setattr(patient_screen, "WATCHED_MS", 100_000)
    screen, taking = room.window.rail.display, room.window.rail.display._timer  # noqa: SLF001

    def show(state):
        told = DisplayAt(host=screen.here, shown=state == "Open", opens=True)
        room.engine.displays = [] if state == "Not open" else [told]
        room.until(lambda: screen.state == state)

    show("Open")
    assert taking.isActive(), "as both open, we have the keyboard"
    taking.stop()
    show(away)
    show("Open")
    assert taking.isActive() is not alone


@pytest.mark.parametrize(
    ("displays", "expected"),
    [
        ([("a", True, True)], ("Open", "Show")),
        ([("b", False, True)], ("Closed on b", "Open")),
        ([("a", False, True), ("b", True, False)], ("Open on b", "Show")),
        ([("a", True, True), ("b", True, False)], ("Open", "Show")),
        ([("b", False, False)], ("Not open", "")),
    ],
)
def test_the_patients_screen_in_words(displays, expected):
    from emg_feedback.views.console.patient_screen import told

    known = [DisplayAt(host=host, shown=shown, opens=opens) for host, shown, opens in displays]
    assert told(known, "a") == expected


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("hold", "Hold"),
        ("endurance", "Hold"),
        ("stay-below", "Stay loose"),
        ("follow", "Follow the path"),
        ("react", "Now!"),
        ("free", "Try it out"),
    ],
)
def test_nobody_who_is_to_let_go_is_told_to_hold(mode, said):
    from emg_config.language import load_language
    from emg_feedback.views.console.words import HOLDS, PHASES
    from emg_feedback.views.words import phase_word

    assert HOLDS.get(mode, PHASES[Phase.HOLD]) == said
    if mode != "endurance":
        session = SessionState(phase=Phase.HOLD, mode=mode)
        assert phase_word(load_language(), session, 0.0) == said, "as the patient is told"


def test_the_exercise_says_what_its_mode_asks_for(room, training):
    room.engine.set(mode="stay-below")
    room.until(lambda: training.phase.text() == "Stay loose")


@pytest.mark.parametrize("width", [1240, 1280])
def test_no_long_word_takes_the_room_of_a_button(room, training, width):
    from PySide6.QtWidgets import QPushButton

    def cut():
        room.settle()
        buttons = [one for one in room.window.exercise.findChildren(QPushButton) if one.isVisible()]
        assert len(buttons) >= 3
        return [one.text() for one in buttons if one.width() < one.sizeHint().width()]

    room.window.resize(width, 800)
    room.engine.set(title="Look and learn: neck and shoulders", cue="Watch your shoulders " * 8)
    room.engine.set(set=10, sets=12, repetition=10, repetitions=12)
    room.until(lambda: training.count.text() == "10 of 12 · Set 10 of 12")
    assert training.title.text().startswith("Look and learn")
    assert cut() == []
    assert training.count.sizeHint().width() <= training.count.width()
    over = {"set": 0, "repetition": 0, "results": [], "last": {}, "repetitions": 80, "skipped": 10}
    room.engine.run_exercise(Phase.DONE, **over)
    room.until(lambda: training.phase.text() == "Stopped: 0 of 80 done, 10 left out")
    assert cut() == []
    assert training.phase.height() >= training.phase.heightForWidth(training.phase.width())
    room.engine.run_exercise(skipped=0, **PARTS)
    room.until(training.skip_part.isVisible)
    assert cut() == []
    assert training.count.sizeHint().width() <= training.count.width()


@pytest.mark.parametrize(
    ("area", "scale"),
    [
        (None, None),
        ((1366.0, 740.0), None),
        ((1280.0, 672.0), "0.908"),  # 1920 × 1080 at 150 %
        ((1024.0, 768.0), "0.826"),
        ((320.0, 240.0), "0.600"),
    ],
)
def test_all_of_the_console_is_on_a_small_screen(monkeypatch, area, scale):
    from emg_feedback.views.console import app

    monkeypatch.setenv("QT_SCALE_FACTOR", "")
    monkeypatch.delenv("QT_SCALE_FACTOR")
    app.fit(area)
    assert os.environ.get("QT_SCALE_FACTOR") == scale
    monkeypatch.setenv("QT_SCALE_FACTOR", "1.5")
    app.fit(area)
    assert os.environ["QT_SCALE_FACTOR"] == "1.5", "chosen by hand"


def test_the_evaluation_and_the_exercises_have_the_page_in_turn(room):
    room.window.resize(1280, 800)
    room.engine.set(patient="P-017")
    room.until(lambda: room.window.model.session.patient is not None)
    figures = {"rest_share": 0.01, "mvc_uv": 242.0, "reaction_s": 0.29, "steadiness_cv": 0.03}
    sides = [f"Gastrocnemius medialis {side}" for side in ("left", "right")]
    room.engine.evaluation = {
        "channels": [{"name": name, **figures} for name in sides],
        "findings": [f"{name}: slow to let go, 0.82 s" for name in sides],
        "programme": [{"protocol": "quad-set"}],
    }
    done = {"good": 4, "planned": 4, "channels": [{"name": name} for name in sides]}
    evaluated = [{"title": f"Part {n}", "protocol": "evaluation-endurance"} for n in (1, 2, 3)]
    room.engine.summary = {"exercises": [one | done for one in evaluated], "pauses": {"pain": 1}}
    page = room.go(Step.SUMMARY)
    told = page.evaluation
    room.until(lambda: told.isVisible() and page.more.isVisible() and told.take.isVisible())
    room.settle()
    assert not page.table.isVisible()
    assert told.table.geometry().bottom() < told.findings.y()
    assert told.findings.geometry().bottom() < told.programme.y()
    for part in (told.findings, told.programme, told.take):
        assert part.visibleRegion().boundingRect() == part.rect()
    assert page.turn.text() == "See the exercises   Ctrl+R"
    room.click(told.take)
    assert room.asked("set_programme")
    room.until(lambda: told.programme.text() == "The programme now: Quad set")
    assert not told.take.isVisible(), "it is taken"
    room.click(page.turn)
    room.until(page.table.isVisible)
    assert not told.isVisible()
    room.key("R", modifier="ControlModifier")
    room.until(told.isVisible)
    room.key("R", modifier="ControlModifier")
    room.until(page.table.isVisible)
    room.go(Step.EXERCISE)
    room.go(Step.SUMMARY)
    room.until(told.isVisible)
    room.go(Step.EXERCISE)
    room.engine.summary["exercises"].append({"title": "Quad set", "protocol": "quad-set"} | done)
    room.go(Step.SUMMARY)
    room.until(page.table.isVisible)
    assert page.turn.text() == "See the evaluation   Ctrl+R"


def test_a_maximum_from_less_than_full_effort_says_so_in_the_evaluation():
    half, whole = {"mvc_uv": 477.0, "fraction": 0.5}, {"mvc_uv": 242.0, "fraction": 1.0}
    told = evaluation_rows({"channels": [half, whole, {"fraction": 0.5}, {"mvc_uv": 9.0}]})
    assert [row[2] for row in told] == ["477 µV (from 50 %)", "242 µV", "–", "9.0 µV"]


FIGURES = {"rest_share": 0.01, "mvc_uv": 242.0, "reaction_s": 0.29, "steadiness_cv": 0.03}
EVALUATION = {
    "channels": [{"name": f"Soleus {side}", **FIGURES} for side in ("left", "right")],
    "findings": [],
    "programme": [{"protocol": "quad-set"}],
}
SKIPPED = (
    "Nothing stands out in what was measured. Not measured: speed of letting go, endurance."
)  # fmt: skip


def test_the_evaluation_stays_when_the_session_has_ended_and_goes_with_the_next(room):
    room.engine.set(patient="P-017")
    room.until(lambda: room.window.model.session.patient is not None)
    room.engine.evaluation = EVALUATION
    done = {"good": 4, "planned": 4, "channels": [{"name": "Soleus left"}]}
    parts = [{"title": "How fast", "protocol": "evaluation-recruitment", **done}]
    parts.append({"title": "How long", "protocol": "evaluation-endurance", "skipped": 1})
    room.engine.summary = {"patient": "P-017", "exercises": parts}
    page = room.go(Step.SUMMARY)
    told = page.evaluation
    room.until(told.isVisible)
    assert told.findings.text() == SKIPPED
    room.key("F7")
    room.asked("end_session")
    room.until(lambda: "has ended" in page.lead.text())
    room.settle()
    assert told.isVisible()
    assert (told.head.text(), told.findings.text()) == ("Initial evaluation", SKIPPED)
    room.key("R", modifier="ControlModifier")
    room.until(page.table.isVisible)
    room.go(Step.PATIENT)
    room.go(Step.SUMMARY)
    room.until(told.isVisible)
    room.click(told.take)
    assert room.asked("set_programme")[0][1]["patient"] == "P-017"
    room.engine.evaluation = {"channels": []}
    room.engine.set(patient="P-023")  # by another console
    room.until(lambda: not told.isVisible())
    assert not page.turn.isVisible()


def test_who_comes_back_finds_the_evaluation_of_then(room):
    then = {"id": 1, "state": "complete", "started": "2025-11-03T12:00:00", "exercises": []}
    last = {"id": 2, "state": "complete", "started": "2025-11-21T12:00:00", "evaluation": None}
    room.engine.history["sessions"] = [last, {**then, "evaluation": EVALUATION}]
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(1)
    page.list.setCurrentRow(0)
    room.until(page.evaluation.isVisible)
    assert page.evaluation_head.text() == "Initial evaluation, 3 November 2025"
    assert page.evaluation.text() == SKIPPED
    room.click(page.main)
    room.until(lambda: room.window.step is Step.ELECTRODES)
    summary = room.go(Step.SUMMARY)
    room.until(summary.turn.isVisible)
    assert not summary.evaluation.isVisible(), "today nothing was done yet"
    room.key("R", modifier="ControlModifier")
    room.until(summary.evaluation.isVisible)
    assert summary.evaluation.head.text() == "Initial evaluation, 3 November 2025"
    assert not summary.evaluation.take.isVisible(), "the programme has moved on since"
    room.engine.evaluation = {
        **EVALUATION,
        "findings": ["Soleus left: 20 % less signal at full effort"],
    }
    room.go(Step.SUMMARY)
    room.until(lambda: summary.evaluation.head.text() == "Initial evaluation")


def test_an_evaluation_does_not_cover_what_runs(room):
    room.engine.set(patient="P-017")
    room.until(lambda: room.window.model.session.patient is not None)
    room.engine.evaluation = EVALUATION
    part = {"title": "How fast", "protocol": "evaluation-recruitment", "good": 2, "planned": 8}
    room.engine.summary = {"exercises": [part | {"running": True}]}
    page = room.go(Step.SUMMARY)
    room.until(lambda: page.table.isVisible() and page.turn.isVisible())
    room.engine.summary = {"exercises": [part | {"running": False}]}
    room.engine.set(phase=Phase.DONE)
    room.until(page.evaluation.isVisible)


@pytest.mark.parametrize("width", [1240, 1280, 1366])
def test_names_and_remarks_are_read_in_full_in_the_summary(room, width):
    from PySide6.QtCore import QRect
    from PySide6.QtGui import QFontMetrics

    def cut(table):
        rows = []
        for r in range(table.rowCount()):
            item, cell = table.item(r, 0), table.visualItemRect(table.item(r, 0))
            room_for = QRect(0, 0, cell.width() - 26, 0)
            needed = QFontMetrics(item.font()).boundingRect(
                room_for, room.names.TextFlag.TextWordWrap, item.text()
            )
            if needed.width() > room_for.width() or needed.height() > cell.height():
                rows.append((item.text(), needed, cell))
        return rows

    sides = [f"Gastrocnemius medialis {side}" for side in ("left", "right")]
    room.window.resize(width, 760)
    room.engine.set(patient="P-017")
    figures = {"rest_share": 0.01, "mvc_uv": 242.0, "reaction_s": 0.29, "steadiness_cv": 0.03}
    room.engine.evaluation = {
        "channels": [{"name": name, **figures} for name in sides],
        "findings": [],
        "programme": [],
    }
    room.until(lambda: room.window.model.session.patient is not None)
    page = room.go(Step.SUMMARY)
    room.until(page.evaluation.isVisible)
    room.settle()
    assert page.evaluation.table.rowCount() == 2
    assert cut(page.evaluation.table) == []
    assert not page.evaluation.table.verticalScrollBar().isVisible()
    done = {"target": [0.3, 0.5], "work_mean": 0.41, "time_in_band": 1.0, "onset_s": 0.3}
    missed = [
        {"set": 1, "repetition": n, "channels": [
            {"role": "train", "mean": 0.6, "band": [0.3, 0.5], "time_in_band": 0.1}]}
        for n in range(1, 9)
    ]  # fmt: skip
    exercise = {"title": "Both alike", "good": 2, "missed": 8, "missed_scores": missed}
    exercise["channels"] = [{"name": name, **done} for name in sides]
    room.engine.summary = {"patient": "P-017", "seconds": 900, "exercises": [exercise]}
    room.key("F7")
    room.until(page.table.isVisible)
    room.settle()
    assert page.table.rowCount() == 4
    assert cut(page.table) == []

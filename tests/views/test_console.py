"""The console's window on a real screen, driven by clicks, drags and keys; Xvfb will do."""

import subprocess
import sys
from datetime import datetime

import pytest
from PIL import Image

from emg_config.electrode import Electrode
from emg_feedback.cli import main
from emg_feedback.link.messages import EventKind, Phase
from emg_feedback.views.console.course import Grip
from emg_feedback.views.console.patient_page import NOTHING_DONE, wrong_with
from emg_feedback.views.console.summary_page import NOTHING_YET
from emg_feedback.views.console.words import Mark, Step
from tests.views.console_engine import FOLLOW, NAMES
from tests.views.console_room import SIZE, choose, type_into

pytestmark = pytest.mark.display


# Who.


def test_a_patient_is_picked_and_the_session_begun(room):
    page = room.go(Step.PATIENT)
    assert page.list.count() == 2
    page.search.setFocus()
    room.type(page.search, "023")
    room.key("Return", page.search)
    room.settle()
    assert page.name.text() == "P-023"
    assert page.visits.text() == "new, no session yet"
    room.click(page.main)
    assert room.asked("begin_session") == [("begin_session", {"patient": "P-023"})]
    room.until(lambda: room.window.step is Step.ELECTRODES)
    assert room.engine.commands("history")[-1] == ("history", {"patient": "P-023"})
    room.until(lambda: "P-023" in room.window.rail.patient.text())


def test_nobody_is_chosen_by_itself(room):
    page = room.go(Step.PATIENT)
    page.list.setFocus()  # where the keyboard is, is no choice
    room.key("Return", modifier="ControlModifier")
    room.key("F7")
    room.settle()
    assert (page.name.text(), page.known.isVisible()) == ("", False)
    assert page.state.isVisible()
    assert page.state.text().startswith("Nobody is chosen")
    assert not page.main.isEnabled()
    assert not page.next.isEnabled()
    assert room.window.step is Step.PATIENT
    room.key("Return", page.list)
    room.settle()
    assert page.name.text() == "P-017"
    assert not page.state.isVisible()
    room.key("Return", page.list)
    assert room.asked("begin_session") == [("begin_session", {"patient": "P-017"})]


def test_the_only_patient_is_not_chosen_by_itself_either(room):
    room.engine.patients = room.engine.patients[:1]
    page = room.go(Step.PATIENT)
    room.window.ask("patients")
    room.until(lambda: page.list.count() == 1)
    room.settle()
    assert not page.main.isEnabled()
    room.type(page.search, "p-0")
    room.until(page.main.isEnabled)


def test_whom_the_search_hides_is_no_longer_chosen(room):
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(0)
    page.search.setText("p-0")
    assert page.name.text() == "P-017"
    page.search.setText("023")
    assert page.name.text() == "P-023"
    page.search.setText("")
    assert (page.name.text(), page.list.currentRow()) == ("P-023", 1)
    page.search.setText("nobody")
    page.search.setText("")
    assert page.name.text() == ""


@pytest.mark.parametrize("by_key", [False, True])
def test_going_on_begins_the_session_of_who_is_chosen(room, by_key):
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(0)
    room.settle()
    for patient in ("P-017", None):
        if by_key:
            room.key("Return", modifier="ControlModifier")
        else:
            room.click(page.next)
        room.until(lambda: room.window.step is Step.ELECTRODES)
        asked = room.engine.commands("begin_session")
        assert asked == ([("begin_session", {"patient": patient})] if patient else [])
        room.settle()
        room.go(Step.PATIENT)


def test_the_patient_whose_session_another_console_began_is_chosen(room):
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(0)
    assert page.name.text() == "P-017"
    room.engine.set(patient="P-023")
    room.until(lambda: page.name.text() == "P-023")
    assert page.next.property("state") == "due"


def test_a_patient_is_added_by_pseudonym_only(room):
    page = room.go(Step.PATIENT)
    page.new.setFocus()
    page.list.setCurrentRow(0)
    room.until(page.main.isEnabled)
    room.type(page.new, "Ann Smith")
    assert not page.add.isEnabled()
    assert page.rule.text() == "Only letters A to Z, figures, - and _: no space."
    room.until(lambda: not (page.main.isEnabled() or page.next.isEnabled()))
    room.key("Return", page.new)
    room.key("F7")
    page.list.itemClicked.emit(page.list.item(0))
    assert page.new.text() == "", "who is chosen is meant"
    room.until(page.main.isEnabled)
    room.type(page.new, "P-099")
    assert page.rule.text() == "Add P-099 first, or pick a patient."
    room.until(lambda: not page.main.isEnabled())
    room.click(page.add)
    assert room.asked("add_patient") == [("add_patient", {"patient": "P-099"})]
    room.until(lambda: page.name.text() == "P-099")
    room.until(page.main.isEnabled)
    assert room.engine.commands("begin_session") == []
    assert page.list.count() == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("P-042", ""),
        ("P-017", "P-017 is there already: pick that patient in the list."),
        ("_7", "It must begin with a letter or a figure."),
        ("J. Müller", "Only letters A to Z, figures, - and _: no “.”, no space, no “ü”."),
    ],
)
def test_what_is_wrong_with_a_name_is_told(name, told):
    assert wrong_with(name, ["P-017"]) == told


def test_the_programme_and_the_last_session_are_shown(room):
    room.engine.history = {
        "programme": [{"protocol": "quad-set", "dose": {"repetitions": 7}}],
        "sessions": [
            {
                "id": 1,
                "exercises": [
                    {"title": "Quad set", "mode": "hold", "repetitions": 10, "good": 8, "void": 0,
                     "time_in_band": 0.75}
                ],
            }
        ],
        "calibrations": [],
    }  # fmt: skip
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(1)
    page.list.setCurrentRow(0)
    room.until(lambda: "Quad set" in page.programme.text())
    assert page.past.text() == "Quad set: 8 of 10 good, 75 % in the band"
    room.engine.set(patient="P-017")
    room.until(lambda: not page.main.isEnabled())
    details = room.go(Step.EXERCISE).picker.details
    room.until(lambda: details.programme.head.text() == "Number 1 of 1 in the programme")
    assert details.dose["repetitions"].value() == 7


@pytest.mark.parametrize(
    ("last", "past", "pain"),
    [
        ({"exercises": [], "pain": 2}, NOTHING_DONE, "Pain was pressed twice"),
        ({"rest": True, "maximum": True}, "Rest and maximum measured", ""),
        ({"maximum": True, "pain": 1}, "Maximum measured", "Pain was pressed once"),
        (
            {"rest": True, "pain": 4,
             "exercises": [{"title": "Quad set", "repetitions": 4, "good": 3, "planned": 10}]},
            "Rest measured\nQuad set: 3 of 4 good, stopped: 4 of 10 done",
            "Pain was pressed 4 times",
        ),
    ],
)  # fmt: skip
def test_the_last_session_tells_its_day_what_was_done_and_pain(room, last, past, pain):
    then = datetime(datetime.now().year - 1, 11, 3, 12)
    running = {"id": "now", "state": "running", "pain": 7}
    whole = {"id": "then", "state": "complete", "started": then.isoformat(), **last}
    empty = {"id": "after", "state": "complete", "started": datetime.now().isoformat()}
    room.engine.history["sessions"] = [running, empty, whole]
    page = room.go(Step.PATIENT)
    page.list.setCurrentRow(1)
    page.list.setCurrentRow(0)
    room.until(lambda: page.past_head.text() == f"Last session, 3 November {then.year}")
    assert page.past.text() == past
    assert (page.pain.text() if page.pain.isVisible() else "") == pain
    room.engine.history["sessions"] = [running, empty]
    page.list.setCurrentRow(1)
    room.until(lambda: page.past.text() == "Nothing yet")
    assert (page.past_head.text(), page.pain.isVisible()) == ("Last session", False)


def item(name, **more):
    return {"protocol": name, "dose": {}, "progress_at": 0.8, "step": 0.0, "limit": 0.8, **more}


@pytest.fixture
def programme(room):
    """Return the programme's card with the first exercise of two chosen."""
    room.engine.history["programme"] = [item("quad-set"), item("neck-rest", step=0.05)]
    room.engine.set(patient="P-017")
    page = room.go(Step.EXERCISE)
    room.window.ask("history", patient="P-017")
    card = page.picker.details.programme
    room.until(lambda: card.head.text() == "Number 1 of 2 in the programme")
    return card


def kept(room):
    """Return the programme as it was asked for last."""
    asked = room.asked("set_programme")[-1][1]["items"]
    room.settle()
    room.engine.asked.clear()
    return [
        (
            one["protocol"],
            {field: value for field, value in one["dose"].items() if value not in (None, [], ())},
            (one["step"], one["limit"], one["progress_at"]),
        )
        for one in asked
    ]


def test_an_exercise_of_the_programme_is_changed(room, programme):
    details = room.window.exercise.picker.details
    assert not programme.keep.isEnabled()
    type_into(room, programme.numbers["step"], "2.5")
    type_into(room, programme.numbers["limit"], "60")
    type_into(room, programme.numbers["progress_at"], "90")
    type_into(room, details.dose["repetitions"], "6")
    room.until(programme.keep.isEnabled)
    details.ensureWidgetVisible(programme.keep)
    room.click(programme.keep)
    assert kept(room) == [
        ("quad-set", {"repetitions": 6}, (0.025, 0.6, 0.9)),
        ("neck-rest", {}, (0.05, 0.8, 0.8)),
    ]
    room.until(lambda: not programme.keep.isEnabled())
    assert programme.numbers["step"].value() == 2.5


def test_the_programme_is_put_in_order_shortened_and_lengthened(room, programme):
    assert not programme.earlier.isEnabled()
    room.click(programme.later)
    assert [name for name, *_ in kept(room)] == ["neck-rest", "quad-set"]
    room.until(lambda: programme.head.text() == "Number 2 of 2 in the programme")
    room.click(programme.earlier)
    assert [name for name, *_ in kept(room)] == ["quad-set", "neck-rest"]
    room.until(programme.later.isEnabled)
    room.click(programme.remove)
    assert [name for name, *_ in kept(room)] == ["neck-rest"]
    room.until(lambda: programme.keep.text() == "Add to programme")
    assert not programme.remove.isVisible()
    room.click(programme.keep)
    assert [name for name, *_ in kept(room)] == ["neck-rest", "quad-set"]


# Electrodes, rest, maximum.


def test_electrodes_are_named_and_their_quality_told(room):
    page = room.go(Step.ELECTRODES)
    room.engine.quality = ["good", "check electrode"]
    room.until(lambda: page.rows[1].word.text() == "Poor contact")
    assert "press it on" in page.rows[1].hint.text()
    assert page.rows[0].word.text() == "Good"
    assert "1 to mend" in page.said.text()
    name = page.rows[0].name
    name.setFocus()
    name.selectAll()
    room.type(name, "Soleus")
    room.key("Return", name)
    wanted = {"channel": 0, "muscle": "Soleus", "electrode": None, "used": None}
    assert room.asked("name_channel") == [("name_channel", wanted)]
    room.until(lambda: room.window.model.name(0) == "Soleus")
    name.clearFocus()
    room.settle()
    assert len(room.engine.commands("name_channel")) == 1


def test_a_channel_without_a_muscle_is_told_and_can_be_gone_past(room):
    room.engine.names = ["CH1", "CH2"]
    room.engine.set(patient="P-017")
    page = room.go(Step.ELECTRODES)
    room.until(lambda: page.said.text().startswith("Name the muscles of 2 channels, or take them"))
    rail = room.window.rail.steps[Step.ELECTRODES]
    assert (rail.mark, page.next.property("state")) == (Mark.OPEN, "")
    page.rows[0].name.setFocus()
    page.rows[0].name.selectAll()
    room.type(page.rows[0].name, "Soleus")
    room.key("Return", page.rows[0].name)
    room.until(lambda: page.said.text() == "Name the muscle of CH2, or take it out of use")
    room.click(page.next)
    assert room.window.step is Step.REST
    room.go(Step.ELECTRODES)
    room.click(page.rows[1].use)
    room.until(lambda: rail.mark is Mark.DONE)
    assert page.next.property("state") == "due"


def test_only_the_channels_with_a_muscle_are_used_with_one_press(room):
    page = room.go(Step.ELECTRODES)
    room.settle()
    assert not page.only_named.isVisible(), "all have a muscle"
    room.engine.names = ["Soleus", "CH2"]
    room.engine.set()
    room.until(page.only_named.isVisible)
    room.click(page.only_named)
    left_out = {"channel": 1, "muscle": None, "electrode": None, "used": False}
    assert room.asked("name_channel") == [("name_channel", left_out)]
    room.until(lambda: not page.only_named.isVisible())
    assert page.rows[1].word.text() == "Not in use"
    assert page.next.property("state") == "due"
    room.engine.names = ["CH1", "CH2"]
    room.engine.set()
    room.until(lambda: "Name the muscle of CH1" in page.said.text())
    assert not page.only_named.isVisible(), "none has a muscle"


def test_the_side_of_a_muscle_is_chosen_or_typed(room):
    page = room.go(Step.ELECTRODES)
    first, second = page.rows
    choose(room, first.side, "left")
    room.until(lambda: room.engine.names[0] == f"{NAMES[0]} left")
    second.name.setFocus()
    second.name.selectAll()
    room.type(second.name, "Vastus medialis right")
    room.key("Return", second.name)
    room.until(lambda: room.engine.names[1] == f"{NAMES[0]} right")
    second.name.clearFocus()
    room.until(lambda: (second.name.text(), second.side.currentText()) == (NAMES[0], "right"))
    assert room.window.model.sides() == (0, 1)
    room.measure()
    room.click(room.go(Step.EXERCISE).evaluate)
    assert room.asked("start_evaluation")[0][1] == {"channels": [0, 1]}


def test_the_electrodes_are_said_once_for_all_muscles(room):
    page = room.go(Step.ELECTRODES)
    assert page.kit.kind.currentText() == "Which electrodes?"
    choose(room, page.kit.kind, "Reusable, dry")
    room.until(lambda: None not in room.engine.electrodes)
    type_into(room, page.kit.across, "10")
    type_into(room, page.kit.spacing, "30")
    wanted = Electrode(kind="dry", size_mm=10.0, spacing_mm=30.0)
    room.until(lambda: room.engine.electrodes == [wanted, wanted])
    assert room.engine.names == NAMES
    page.kit.spacing.clearFocus()
    room.engine.electrodes = [Electrode(kind="probe"), None]
    room.engine.set()
    room.until(lambda: page.kit.kind.currentText() == "Probe")
    assert page.kit.across.value() == 24.0
    room.engine.run_exercise()
    room.until(lambda: not page.kit.isEnabled())
    assert not page.rows[0].name.isEnabled()


def test_what_is_told_from_before_undoes_nothing_on_the_page(room):
    page = room.go(Step.ELECTRODES)
    row = page.rows[0]
    row.name.setFocus()
    row.name.setText("Soleus")
    choose(room, page.kit.kind, "Reusable, dry")
    for _ in range(3):
        room.turn(engine=False)
    assert row.name.text() == "Soleus"
    assert page.kit.kind.currentText() == "Reusable, dry"
    choose(room, row.side, "left")
    wanted = Electrode(kind="dry")
    room.until(lambda: room.engine.electrodes == [wanted, wanted])
    room.until(lambda: room.engine.names == ["Soleus left", NAMES[1]])
    room.settle()
    assert (row.name.text(), row.side.currentText()) == ("Soleus", "left")


def test_where_the_electrodes_go_is_told(room):
    page = room.go(Step.ELECTRODES)
    assert not page.rows[0].where.isVisible()
    room.engine.placements = {
        NAMES[0]: {"location": "At four fifths of the line.", "direction": "Across.",
                   "spacing_mm": 20.0, "posture": "Sitting.", "source": "SENIAM", "note": None}
    }  # fmt: skip
    room.window.ask("placements")
    room.until(page.rows[0].where.isVisible)
    assert not page.rows[1].where.isVisible()
    room.click(page.rows[0].where)
    from PySide6.QtWidgets import QLabel

    told = {label.text() for label in page.place.findChildren(QLabel) if label.isVisible()}
    assert {"Sitting.", "At four fifths of the line. 20 mm apart.", "Across.", "SENIAM"} <= told
    room.click(page.rows[0].where)
    assert not page.place.isVisible()
    details = room.go(Step.EXERCISE).picker.details
    room.until(details.places.isVisible)
    assert details.places.text() == f"{NAMES[0]}: At four fifths of the line. 20 mm apart."


def test_that_the_channels_are_those_of_the_last_session_is_told(room):
    page = room.go(Step.ELECTRODES)
    assert page.lead.text().startswith("Put the electrodes on")
    then = datetime(datetime.now().year, 11, 21, 12)
    room.engine.channels_from = then.timestamp()
    room.engine.set()
    line = "As in the last session, 21 November{}. Check each electrode's place."
    room.until(lambda: page.lead.text() == line.format(""))
    assert page.lead.height() < 1.5 * page.lead.fontMetrics().height(), "one line"
    room.engine.channels_from = then.replace(year=then.year - 1).timestamp()
    room.engine.set()
    room.until(lambda: page.lead.text() == line.format(f" {then.year - 1}"))
    room.engine.channels_from = None
    room.engine.set()
    room.until(lambda: page.lead.text().startswith("Put the electrodes on"))


def test_what_does_not_fit_the_last_session_is_told_where_it_can_be_mended(room):
    page = room.go(Step.ELECTRODES)
    assert not page.warnings.isVisible()
    warning = "All muscles: another gain than last time (24, now 12)"
    room.engine.calibration = {"warnings": [warning]}
    room.engine.set()
    room.until(page.warnings.isVisible)
    assert page.warnings.text() == warning


def test_rest_is_measured_and_a_refusal_has_its_reason(room):
    page = room.go(Step.REST)
    page.seconds.setValue(8)
    room.click(page.main)
    assert room.asked("calibrate_rest") == [("calibrate_rest", {"seconds": 8.0})]
    room.engine.set(phase=Phase.REST_CALIBRATION, remaining_s=6.0, phase_s=8.0)
    room.until(lambda: not page.main.isEnabled())
    assert page.said.text() == "Relax"
    room.engine.calibration = {"refused": "Vastus medialis: not at rest, relax and measure again"}
    room.engine.set(phase=Phase.IDLE, remaining_s=None)
    room.until(lambda: page.refused.isVisible() and page.main.isEnabled())
    assert "not at rest" in page.refused.text()
    assert page.next.property("state") != "due"
    room.engine.calibration, room.engine.rest_uv = {}, [3.9, 4.6]
    room.until(lambda: page.said.text() == "✓ Rest is measured")
    assert (page.next.property("state"), page.main.property("state")) == ("due", "done")
    assert page.table.words()[1][:3] == [NAMES[1], "Measured", "4.6 µV"]


def test_maximum_is_measured_dropped_and_taken_from_last_time(room):
    room.engine.set(patient="P-017")
    room.engine.history["calibrations"] = [
        {"muscle": NAMES[1], "channel": 0, "mvc_uv": 388.0, "rest_uv": 4.0, "fraction": 1.0}
    ]
    page = room.go(Step.MAXIMUM)
    room.window.ask("history", patient="P-017")
    room.until(lambda: page.muscle.count() == 3 and page.rows[1].last.isVisible())
    assert not page.rows[0].last.isVisible()
    page.muscle.setCurrentIndex(2)
    page.trials.setValue(2)
    assert page.lead.text().endswith("as hard as possible without pain. Cheer.")
    page.effort.setValue(50)
    room.until(lambda: "about 50 % of full effort" in page.lead.text())
    assert page.lead.text().endswith("Do not cheer.")
    room.click(page.main)
    wanted = {
        "channel": 1, "seconds": 5.0, "trials": 2, "rest_s": 30.0, "prepare_s": 3.0, "fraction": 0.5
    }  # fmt: skip
    assert room.asked("calibrate_mvc") == [("calibrate_mvc", wanted)]
    trials = [{"mvc_uv": 300.0, "ok": True}, {"mvc_uv": None, "ok": False, "why": "samples lost"}]
    room.engine.calibration = {
        "trials": [trials, []],
        "spread": [0.12, None],
        "warnings": ["the gain is another than last time"],
    }
    room.until(lambda: "samples lost" in page.rows[0].trials.text())
    assert page.rows[0].spread.text() == "spread 12 %"
    assert page.warnings.text() == "the gain is another than last time"
    room.click(page.rows[0].drop)
    assert room.asked("drop_trial") == [("drop_trial", {"channel": 0})]
    room.click(page.last)
    assert room.asked("set_reference") == [
        ("set_reference", {"channel": 1, "mvc_uv": 388.0, "fraction": 1.0})
    ]


# Exercise.


def test_an_exercise_is_found_dosed_and_started(room):
    room.measure()
    page = room.go(Step.EXERCISE)
    room.key("F", modifier="ControlModifier")
    room.type(page.picker.search, "headache")
    room.key("Return", page.picker.search)
    room.settle()
    assert page.picker.chosen["name"] == "neck-rest"
    details = page.picker.details
    details.dose["repetitions"].setValue(6)
    type_into(room, details.muscles[0].low, "10")
    type_into(room, details.muscles[0].high, "20")
    details.muscles[0].channel.setCurrentIndex(1)
    details.muscles[1].channel.setCurrentIndex(0)
    room.key("F7")
    _, args = room.asked("start_protocol")[0]
    assert args["name"] == "neck-rest"
    assert args["channels"] == [1, 0]
    dose = {key: value for key, value in args["dose"].items() if value is not None}
    assert dose == {
        "repetitions": 6,
        "targets": ({"low": 0.1, "high": 0.2, "unit": "mvc"}, None),
    }


def test_a_target_is_set_in_microvolts_before_it_starts(room):
    room.engine.mvc_uv = [400.0, None]
    room.engine.protocols[1]["muscles"][0] = {
        "name": NAMES[0], "role": "train", "target": [0.0, 8.0], "unit": "uv",
    }  # fmt: skip
    room.window.model.forget_answers()
    room.know()
    page = room.go(Step.EXERCISE)
    page.picker.list.setCurrentRow(1)
    room.settle()
    first, second = page.picker.details.muscles
    assert (first.high.text(), first.unit.currentText()) == ("8 µV", "µV")
    type_into(room, first.high, "6.5")
    choose(room, second.unit, "µV")
    assert (second.low.text(), second.high.text()) == ("30 µV", "50 µV"), "no maximum to go by"
    choose(room, first.unit, "%")
    assert first.high.text() == "1.6 %", "of a maximum of 400 µV"
    choose(room, first.unit, "µV")
    type_into(room, first.high, "6.5")
    room.key("F7")
    assert room.asked("start_protocol")[0][1]["dose"]["targets"] == (
        {"low": 0.0, "high": 6.5, "unit": "uv"},
        {"low": 30.0, "high": 50.0, "unit": "uv"},
    )


def test_posture_caution_and_source_are_told(room):
    room.engine.protocols[0] |= {
        "posture": "Lying, a towel under the knee.", "caution": "As the surgeon allows.",
        "source": "mtrigger.com",
    }  # fmt: skip
    room.window.model.forget_answers()
    room.know()
    details = room.go(Step.EXERCISE).picker.details
    assert details.posture.text() == "Lying, a towel under the knee."
    assert details.caution.text() == "As the surgeon allows."
    assert details.source.text() == "Dose and targets: mtrigger.com"
    room.engine.running = room.engine.protocols[0]
    room.engine.run_exercise()
    training = room.window.exercise.training
    room.until(training.caution.isVisible)
    assert training.caution.text() == "As the surgeon allows."
    assert "a towel under the knee" in training.cue.text()
    assert "Press your knee down" in training.cue.text()


def test_the_band_is_dragged_whole_and_by_its_edges(room, training):
    bar, pixel = training.bars[1].bar, 1.2 / training.bars[1].bar.height()
    for start, stop, low, high in (
        (0.4, 0.5, 0.4, 0.6),
        (0.6, 0.7, 0.4, 0.7),
        (0.4, 0.35, 0.35, 0.7),
    ):
        room.engine.asked.clear()
        room.drag(bar, bar.y_of(start), bar.y_of(stop))
        room.until(lambda: not room.window._requests.pending("set_target"))  # noqa: SLF001
        sent = [args for _, args in room.engine.commands("set_target")]
        assert all((args["channel"], args["unit"]) == (1, "mvc") for args in sent)
        assert sent[-1]["low"] == pytest.approx(low, abs=3 * pixel)
        assert sent[-1]["high"] == pytest.approx(high, abs=3 * pixel)
        room.until(lambda: bar.value == room.engine.session.targets[1])
    assert room.engine.session.targets[0] == (0.3, 0.5)


def test_channels_may_come_while_a_band_is_held(room, training):
    from PySide6.QtCore import QPoint

    left, bar = room.names.MouseButton.LeftButton, training.bars[0].bar
    room.test.mousePress(bar, left, pos=QPoint(bar.width() // 2, round(bar.y_of(0.4))))
    assert bar.held
    for of_channels in ("names", "level", "quality", "electrodes"):
        setattr(room.engine, of_channels, 2 * getattr(room.engine, of_channels))
    room.engine.run_exercise()
    room.until(lambda: len(training.bars) == 4)
    room.test.mouseRelease(bar, left)


def test_letting_go_leaves_the_scale_and_the_band_that_can_be_moved(room, training):
    hold, loose = (0.3, 0.5), (0.0, 0.05)
    mode = {"mode": "contract-relax", "hold_targets": [hold] * 2, "relax_targets": [loose] * 2}
    room.engine.run_exercise(**mode)
    muscle = training.bars[1]
    bar = muscle.bar
    room.settle()
    at_y = bar.y_of(0.4)
    room.engine.run_exercise(Phase.RELAX, targets=[loose] * 2, **mode)
    room.until(lambda: training.phase.text() == "Let go")
    room.until(lambda: "Less" in muscle.place.text())  # than what to relax below
    assert bar.y_of(0.4) == at_y
    room.engine.level = [0.01, 0.01]
    room.until(lambda: muscle.place.text() == "✓ Relaxed")
    assert (bar.value, muscle.low.value(), muscle.high.value()) == (hold, 30, 50)
    room.drag(bar, bar.y_of(0.4), bar.y_of(0.5))
    room.until(lambda: not room.window._requests.pending("set_target"))  # noqa: SLF001
    sent = room.engine.commands("set_target")[-1][1]
    assert (sent["low"], sent["high"]) == (
        pytest.approx(0.4, abs=0.02),
        pytest.approx(0.6, abs=0.02),
    )


def test_the_band_is_moved_by_keys_and_typed(room, training):
    muscle = training.bars[0]
    muscle.bar.setFocus()
    room.key("Up", muscle.bar)
    room.key("Up", muscle.bar, "ShiftModifier")
    room.until(lambda: room.engine.session.targets[0] != (0.3, 0.5))
    room.until(lambda: room.engine.session.targets[0] == pytest.approx((0.31, 0.52)))
    room.until(lambda: muscle.low.value() == 31)
    muscle.high.setFocus()
    muscle.high.selectAll()
    room.type(muscle.high, "60")
    room.key("Return", muscle.high)
    room.until(lambda: room.engine.session.targets[0][1] == pytest.approx(0.6))
    assert room.engine.session.targets[0][0] == pytest.approx(0.31)


def test_a_target_in_microvolts_is_typed_and_moved_in_microvolts(room, training):
    room.engine.set(units=["uv", "mvc"])
    muscle = training.bars[0]
    room.until(lambda: muscle.high.text() == "200 µV")
    type_into(room, muscle.high, "160")
    wanted = {"channel": 0, "low": 120.0, "high": 160.0, "unit": "uv"}
    assert room.asked("set_target") == [("set_target", wanted)]
    room.until(lambda: muscle.bar.value == (120.0, 160.0))
    muscle.bar.setFocus()
    room.until(lambda: not room.window._requests.pending("set_target"))  # noqa: SLF001
    room.engine.asked.clear()
    room.key("Up", muscle.bar)
    assert room.asked("set_target")[-1][1] == {**wanted, "low": 121.0, "high": 161.0}
    assert training.bars[1].high.text() == "50 %"


# The path.


@pytest.fixture
def path(room):
    room.engine.run_path()
    room.go(Step.EXERCISE)
    path = room.window.exercise.training.path
    room.until(lambda: path.isVisible() and path.bar.handles())
    room.settle()
    return path


def drag_path(room, bar, start, by):
    """Drag from a point of the path by some pixels."""
    from PySide6.QtCore import QPoint

    left, at = room.names.MouseButton.LeftButton, bar.handles()[start].toPoint()
    room.test.mouseMove(bar, at)
    room.test.mousePress(bar, left, pos=at)
    for part in range(1, 6):
        room.test.mouseMove(bar, at + QPoint(round(by[0] * part / 5), round(by[1] * part / 5)))
        room.turn()
    room.test.mouseRelease(bar, left, pos=at + QPoint(*by))
    room.until(lambda: not room.window._requests.pending("set_path"))  # noqa: SLF001
    room.settle()


def test_the_path_is_dragged_by_its_top_its_foot_and_its_ramps(room, path):
    bar = path.bar
    for grip, by, field in (
        (Grip.TOP, (0, -20), "high"),
        (Grip.FOOT, (0, -10), "low"),
        (Grip.RAMP_UP, (30, 0), "ramp_s"),
        (Grip.RAMP_DOWN, (60, 0), "ramp_s"),
    ):
        before = room.engine.running["path"]
        per_px = {
            "ramp_s": 1.0 / (bar.point(1, 0) - bar.point(0, 0)).x(),
            "high": 0.1 / (bar.point(0, 0.1) - bar.point(0, 0)).y(),
        }
        per_px["low"] = per_px["high"]
        way = -1.0 if grip is Grip.RAMP_DOWN else 1.0
        drag_path(room, bar, grip, by)
        told = room.engine.running["path"]
        wanted = before[field] + way * sum(by) * per_px[field]
        for name in ("low", "high", "ramp_s"):
            expected = wanted if name == field else before[name]
            assert told[name] == pytest.approx(expected, rel=0.05), grip
        room.until(lambda told=told: bar.value.high == told["high"])
    assert room.engine.commands("set_target") == []


def test_the_path_is_moved_by_keys_and_typed(room, path):
    bar = path.bar
    bar.setFocus()
    room.key("Up", bar)
    room.until(lambda: bar.value.high == pytest.approx(0.41))
    room.key("Down", bar, "AltModifier")
    room.until(lambda: bar.value.low == pytest.approx(0.04))
    room.key("Right", bar)
    room.until(lambda: room.engine.running["path"]["ramp_s"] == pytest.approx(3.1))
    for field, text, value in (
        ("high", "35", 0.35),
        ("low", "10", 0.1),
        ("ramp_s", "2.5", 2.5),
        ("tolerance", "6", 0.06),
    ):
        type_into(room, path.numbers[field], text)
        room.until(lambda f=field, v=value: room.engine.running["path"][f] == pytest.approx(v))
    room.engine.refuse["set_path"] = "hold_s must be longer than both ramps of its path"
    type_into(room, path.numbers["ramp_s"], "9")
    notice = room.window.foot.notice
    room.until(lambda: "both ramps" in notice.text())
    path.numbers["ramp_s"].clearFocus()
    room.until(lambda: path.numbers["ramp_s"].value() == 2.5)


def test_a_path_without_ramps_and_one_that_is_over_cannot_be_held(room, path):
    room.engine.running = {**FOLLOW, "path": {**FOLLOW["path"], "shape": "sine"}}
    room.engine.set()
    room.until(lambda: set(path.bar.handles()) == {Grip.TOP, Grip.FOOT})
    assert not path.captioned["ramp_s"].isVisible()
    room.engine.set(phase=Phase.DONE, path=[], set=0)
    room.until(lambda: not path.isVisible())


def test_every_button_of_the_exercise_asks_for_its_thing(room, training):
    for widget, command, args in (
        (training.pause, "pause", {"reason": "asked"}),
        (training.skip, "skip", {"part": None}),
        (training.mark, "mark", {"label": "mark"}),
        (training.easier, "nudge_target", {"by": -0.05}),
        (training.harder, "nudge_target", {"by": 0.05}),
    ):
        room.click(widget)
        assert room.asked(command)[-1] == (command, args)
        room.engine.asked.clear()
        room.engine.run_exercise(paused_for="")
        room.until(lambda: training.pause.isEnabled())
    assert not training.extend.isEnabled()
    room.engine.set(phase=Phase.RELAX)
    room.until(training.extend.isEnabled)
    room.click(training.extend)
    assert room.asked("extend_rest") == [("extend_rest", {"seconds": 15.0})]
    room.window.results.note.setFocus()
    room.type(room.window.results.note, "slight pain, knee")
    room.key("Return", room.window.results.note)
    assert room.asked("note") == [("note", {"text": "slight pain, knee"})]
    room.until(lambda: room.window.results.note.text() == "")
    assert room.engine.commands("pause") == []
    room.click(training.auto)
    _, args = room.asked("auto_target")[0]
    assert args == {"on": True, "rate": 0.8, "step": 0.04, "low": 0.1, "high": 0.8}
    room.engine.auto_target = args
    room.engine.set()
    room.until(training.auto_limits.isVisible)
    assert "is on" in training.auto.text()


def test_without_a_target_there_is_none_to_change(room, training):
    aimed = (training.easier, training.harder, training.auto)
    assert all(one.isEnabled() for one in aimed)
    room.engine.set(mode="free", targets=[None, None], targets_uv=[None, None])
    room.until(lambda: not any(one.isEnabled() for one in aimed))


def test_the_keys_of_the_exercise(room, training):
    for key, modifier, command, args in (
        ("P", "ControlModifier", "pause", {"reason": "asked"}),
        ("Right", "ControlModifier", "skip", {"part": None}),
        ("Left", "ControlModifier", "take_back", {}),
        ("M", "ControlModifier", "mark", {"label": "mark"}),
        ("Up", "ControlModifier", "nudge_target", {"by": 0.05}),
        ("Down", "ControlModifier", "nudge_target", {"by": -0.05}),
        ("T", "ControlModifier", "auto_target", None),
        ("F8", "NoModifier", "pause", {"reason": "pain"}),
        ("F9", "NoModifier", "resume", {}),
        ("Escape", "NoModifier", "stop", {}),
    ):
        room.engine.asked.clear()
        room.window.setFocus()
        room.key(key, modifier=modifier)
        asked = room.asked(command)
        assert len(asked) == 1
        assert args is None or asked[0][1] == args


def test_results_are_listed_with_their_figures(room, training):
    room.engine.event(
        EventKind.REPETITION,
        {"set": 1, "repetition": 3, "result": "good", "flags": [], "time_in_band": 0.84,
         "channels": [{"channel": 0, "role": "train", "unit": "mvc", "mean": 0.41,
                       "onset_latency_s": 0.31, "release_s": 0.42}]},
    )  # fmt: skip
    room.engine.set(results=["good", "missed", "good"])
    results = room.window.results
    room.until(lambda: len([row for row in results.rows if row.isVisible()]) == 3)
    assert results.rows[0].line.text() == "3  Good"
    told = "84 % in band · mean 41 % · start 0.31 s · let go 0.42 s"
    assert results.rows[0].details.text() == told
    assert results.rows[1].line.text() == "2  Missed"
    assert results.head.text() == "Repetitions: 2 of 3 good"


# Pain, at any moment.


def test_space_pauses_for_pain_from_everywhere_and_never_resumes(room, training):
    room.engine.run_exercise(Phase.PAUSE, paused_for="asked")
    room.until(room.window.foot.resume.isEnabled)
    places = [
        training.skip,
        training.bars[0].bar,
        training.bars[0].low,
        *room.window.rail.steps.values(),
        room.window,
    ]
    for place in places:
        room.engine.asked.clear()
        place.setFocus()
        room.key("Space", place)
        assert room.asked("pause")[0] == ("pause", {"reason": "pain"})
        room.settle()
        assert [name for name, _ in room.engine.asked] == ["pause"]
    assert room.window.foot.resume.focusPolicy() is room.names.FocusPolicy.NoFocus


def test_while_one_types_a_space_is_a_space_and_escape_leaves_off(room, training):
    room.key("N", modifier="ControlModifier")
    room.settle()
    assert room.window.focusWidget() is room.window.results.note
    room.engine.asked.clear()
    room.type(room.window.results.note, "a b")
    assert room.window.results.note.text() == "a b"
    assert room.window.foot.pain.text() == "Pause – pain   F8"
    room.key("Escape", room.window.results.note)
    assert room.window.focusWidget() is not room.window.results.note
    room.settle()
    assert room.engine.asked == []
    assert room.window.foot.pain.text() == "Pause – pain   Space"
    room.key("Space")
    assert room.asked("pause") == [("pause", {"reason": "pain"})]


def test_the_red_button_stop_and_resume_are_on_every_page(room):
    foot = room.window.foot
    for step in Step:
        room.go(step)
        room.engine.run_exercise(paused_for="")
        for widget, command in ((foot.pain, "pause"), (foot.resume, "resume"), (foot.stop, "stop")):
            room.until(widget.isEnabled)
            room.click(widget)
            assert len(room.asked(command)) == 1


def test_stop_and_pain_are_quiet_while_nothing_runs_and_act_all_the_same(room):
    foot = room.window.foot

    def colour(widget):
        return widget.grab().toImage().pixelColor(12, widget.height() // 2)

    red, quiet = {}, {}
    for run, seen in ((True, red), (False, quiet)):
        if run:
            room.engine.run_exercise()
        else:
            room.engine.set(phase=Phase.IDLE, set=0, repetition=0)
        room.until(lambda run=run: room.window.model.busy is run)
        room.settle()
        seen.update({one: colour(one) for one in (foot.pain, foot.stop)})
    assert red[foot.pain].red() > 2 * quiet[foot.pain].red()
    assert foot.stop.toolTip() == "Nothing is running now"
    assert foot.pain.toolTip() == "Nothing is running now: the pain will be noted"
    room.click(foot.pain)
    room.until(lambda: foot.notice.text() == "Pain noted; nothing was running")
    room.engine.asked.clear()
    room.engine.run_exercise(Phase.PAUSE, paused_for="pain")
    room.until(lambda: foot.pain.toolTip() == "It pauses already, because of pain")
    assert (foot.pain.property("state"), foot.stop.property("state")) == ("idle", "")
    for widget, command in ((foot.pain, "pause"), (foot.stop, "stop")):
        room.engine.refuse[command] = "nothing is running"
        room.click(widget)
        assert len(room.asked(command)) == 1
        room.until(lambda: foot.notice.text() == "Nothing is running")


# Summary.


def test_what_was_done_so_far_is_told_while_the_session_runs(room):
    room.engine.set(patient="P-017")
    room.engine.summary = {"seconds": 60, "exercises": []}
    page = room.go(Step.SUMMARY)
    room.until(lambda: page.facts.text() == NOTHING_YET)
    assert not page.table.isVisible()
    assert page.main.isEnabled()
    exercise = {
        "title": "Quad set", "running": True, "planned": 20, "good": 9, "missed": 2, "void": 0,
        "sets": [{"set": 1, "good": 8, "missed": 2, "void": 0},
                 {"set": 2, "good": 1, "missed": 0, "void": 0}],
        "channels": [{"name": NAMES[0], "time_in_band": 0.82}],
    }  # fmt: skip
    room.engine.summary = {"seconds": 400, "exercises": [exercise]}
    room.engine.run_exercise(set=2, repetition=2)
    room.until(lambda: len(page.table.words()) == 3)
    heading, row, sets = page.table.words()
    assert heading[0] == "Quad set  –  9 of 11 good, 11 of 20 done so far"
    assert row[:3] == [NAMES[0], "–", "82 %"]
    assert sets[0] == "Set 1: 8 of 10 good;  set 2: 1 of 1 good"
    assert "P-017" in page.lead.text()
    assert not page.main.isEnabled()  # an exercise runs
    exercise.update(running=False, good=10)
    room.engine.set(results=["good"] * 12)
    room.until(lambda: "10 of 12 good" in page.table.words()[0][0])
    assert "stopped: 12 of 20 done" in page.table.words()[0][0]
    asked = len(room.engine.commands("summary"))
    room.settle()
    assert len(room.engine.commands("summary")) <= asked + 1  # not in every picture
    room.engine.set(phase=Phase.DONE, set=0)
    room.until(page.main.isEnabled)
    assert page.main.geometry().right() > 0.9 * page.contentsRect().right()
    room.engine.summary = {"seconds": 400, "exercises": [{**exercise, "good": k} for k in range(9)]}
    room.go(Step.EXERCISE)
    room.until(room.window.exercise.training.summary.isVisible)
    room.click(room.window.exercise.training.summary)
    assert room.window.step is Step.SUMMARY
    room.until(lambda: len(page.table.words()) > 20)
    assert page.table.rowAt(0) == 0, "the first heading is seen"


def test_the_session_is_ended_and_summed_up(room):
    room.engine.set(patient="P-017")
    room.engine.summary = {
        "patient": "P-017",
        "seconds": 900,
        "lost_samples": 7,
        "exercises": [
            {"title": "Quad set", "good": 8, "missed": 1, "void": 1,
             "channels": [{"name": NAMES[0], "work_mean": 0.41, "rest_mean": 0.03, "peak": 0.6,
                           "onset_s": 0.31, "release_s": None, "time_in_band": 0.82,
                           "target": [0.3, 0.5]},
                          {"name": NAMES[1], "unit": "uv", "work_mean": 41.0}]}
        ],
    }  # fmt: skip
    page = room.go(Step.SUMMARY)
    room.until(page.main.isVisible)
    room.key("F7")
    assert room.asked("end_session") == [("end_session", {})]
    room.until(page.table.isVisible)
    heading, row, other = page.table.words()
    assert heading[0] == "Quad set  –  8 of 9 good, 1 disturbed and not counted"
    assert row == [NAMES[0], "30–50 %", "82 %", "41 %", "3 %", "60 %", "0.31 s", "–"]
    assert other[:4] == [NAMES[1], "–", "–", "41 µV"]
    assert "15 min" in page.facts.text()
    assert "7 lost samples" in page.facts.text()


@pytest.mark.parametrize("by_key", [False, True])
def test_after_the_end_the_next_patient_is_one_step_away(room, by_key):
    patients = room.go(Step.PATIENT)
    patients.list.setCurrentRow(0)
    room.settle()
    room.key("F7")
    room.until(lambda: room.window.step is Step.ELECTRODES)
    page = room.go(Step.SUMMARY)
    room.engine.summary = {"patient": "P-017", "exercises": []}
    for words, step in (("End session   F7", Step.SUMMARY), ("Next patient   F7", Step.PATIENT)):
        room.until(lambda words=words: page.main.text() == words)
        if by_key:
            room.key("F7")
        else:
            room.click(page.main)
        room.settle()
        assert room.window.step is step
    assert room.engine.session.patient is None
    assert (patients.name.text(), patients.main.isEnabled()) == ("", False)


def test_the_initial_evaluation_is_run_and_its_programme_taken(room):
    room.measure()
    room.engine.set(patient="P-017")
    page = room.go(Step.EXERCISE)
    room.click(page.evaluate)
    assert room.asked("start_evaluation") == [("start_evaluation", {"channels": [0, 1]})]
    room.engine.evaluation = {
        "channels": [
            {"name": NAMES[0], "rest_share": 0.08, "mvc_uv": 400.0, "reaction_s": 0.31,
             "steadiness_cv": 0.1, "release_s": 0.82, "endurance": 0.9}
        ],
        "strength_difference": None,
        "findings": ["Vastus medialis: slow to let go, 0.82 s"],
        "programme": [{"protocol": "quad-set", "dose": {}, "step": 0.02}],
    }  # fmt: skip
    told = room.go(Step.SUMMARY).evaluation
    room.until(told.isVisible)
    assert told.table.words() == [[NAMES[0], "8 %", "400 µV", "0.31 s", "10 %", "0.82 s", "90 %"]]
    assert "slow to let go" in told.findings.text()
    assert told.programme.text() == "Proposed programme: Quad set"
    room.click(told.take)
    _, args = room.asked("set_programme")[0]
    assert args["patient"] == "P-017"
    assert [item["protocol"] for item in args["items"]] == ["quad-set"]


# The link.


def test_a_killed_engine_shows_and_comes_back_by_itself(room, training):
    foot = room.window.foot
    room.engine.close()
    room.until(lambda: training.bars[0].place.text() == "Stale", turn=False)
    room.until(lambda: foot.link.text() == "Disconnected", turn=False)
    assert training.phase.text() == "No signal"
    room.click(foot.stop)
    room.until(lambda: "cannot be reached" in room.window.model.notice.text, turn=False)
    room.engine = room.start_engine()
    room.until(lambda: foot.link.text() == "Connected")
    room.until(lambda: room.engine.commands("state") and room.engine.commands("patients"))
    assert room.engine.commands("stop") == []


def test_a_silent_board_is_told(room):
    room.engine.silent = True

    def keep_telling():
        room.engine.publisher.send(room.engine.status())
        return room.window.foot.link.text() == "Board is silent"

    room.until(keep_telling)


def test_a_refusal_is_shown_in_the_engines_words(room):
    room.go(Step.REST)
    room.engine.refuse["calibrate_rest"] = "an exercise is running: stop it first"
    room.key("F7")
    notice = room.window.foot.notice
    room.until(lambda: notice.text() == "An exercise is running: stop it first")
    assert notice.property("state") == "refused"


def test_opened_in_mid_session_it_shows_the_session(room):
    room.window.leave()
    room.engine.run_exercise(
        Phase.PAUSE, paused_for="pain", patient="P-017", results=["good", "missed"]
    )
    room.window = room.open()
    room.until(lambda: room.window.step is Step.EXERCISE)
    room.know()
    room.until(lambda: room.window.exercise.training.phase.text() == "Paused – pain")
    assert len([row for row in room.window.results.rows if row.isVisible()]) == 2
    assert "P-017" in room.window.rail.patient.text()


# How it looks.


def test_everything_to_hit_is_large_and_inside_the_window(room):
    from PySide6.QtCore import QPoint
    from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton

    room.engine.set(patient="P-017")
    room.engine.calibration = {"trials": [[{"mvc_uv": 300.0, "ok": True}]] * 2}
    for running in (False, True):
        if running:
            room.engine.run_exercise()
        for step in Step:
            room.go(step)
            for kind in (QPushButton, QLineEdit, QComboBox):
                for widget in room.window.findChildren(kind):
                    if not widget.isVisible() or widget.objectName() == "qt_spinbox_lineedit":
                        continue
                    told = f"{step.name} {widget.objectName()} {getattr(widget, 'text', str)()}"
                    assert widget.height() >= 44, told
                    assert widget.width() >= 44, told
                    corner = widget.mapTo(room.window, QPoint(widget.width(), 0))
                    assert 0 < corner.x() <= room.window.width(), told


@pytest.mark.parametrize("with_traces", [True])
def test_the_picture_is_not_empty_and_its_traces_move(room, training, tmp_path):
    pictures = []
    for number in range(2):
        room.engine.level = [0.2 + 0.3 * number] * 2
        wanted = room.window.traces.pictures + 3
        room.until(lambda wanted=wanted: room.window.traces.pictures >= wanted)
        path = tmp_path / f"{number}.png"
        assert room.window.grab().save(str(path))
        with Image.open(path) as image:
            pictures.append(image.convert("RGB").copy())
    assert pictures[0].size == SIZE
    traces = room.window.traces.widget
    corner = traces.mapTo(room.window, traces.rect().topLeft())
    box = (corner.x(), corner.y(), corner.x() + traces.width(), corner.y() + traces.height())
    first, second = (picture.crop(box) for picture in pictures)
    assert len(first.getcolors(1 << 20)) > 20
    assert first.tobytes() != second.tobytes()


def test_the_command_saves_a_picture(tmp_path):
    target = tmp_path / "console.png"
    command = [sys.executable, "-m", "emg_feedback", "console", "--screenshot", str(target)]
    endpoints = ["--connect", f"ipc://{tmp_path}/p", "--control", f"ipc://{tmp_path}/c"]
    subprocess.run([*command, *endpoints, "--after", "0.5"], check=True, timeout=60)
    with Image.open(target) as image:
        assert min(image.size) >= 700


def test_the_command_says_in_one_line_why_it_cannot(capfd, monkeypatch):
    assert main(["console", "--screenshot", "/nowhere/console.png"]) == 2
    assert "no place for a file" in capfd.readouterr().err
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert main(["console"]) == 3
    told = capfd.readouterr().err
    assert told.count("\n") == 1
    assert "no screen" in told


def test_a_bar_without_a_name_yet_asks_for_no_room_for_it(room):
    from emg_feedback.views.console.muscle_bar import MuscleBar

    bar = MuscleBar(room.window, 0)
    assert bar.name_px == 0
    bar.name.setMinimumHeight(bar.name_px)

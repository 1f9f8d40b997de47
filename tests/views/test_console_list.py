"""Which exercises are listed, in which order, and which is chosen already."""

import pytest

from emg_feedback.link.messages import Phase
from emg_feedback.views.console.exercises import with_electrodes
from emg_feedback.views.console.picker import FITTING, OTHERS, OWN
from emg_feedback.views.console.words import Step
from tests.views.console_engine import NAMES, protocol
from tests.views.console_room import library


@pytest.mark.parametrize(
    ("muscles", "names", "n_fitting"),
    [
        (["Soleus"], ["Soleus left"], 1),
        (["Soleus left", "Soleus right"], ["Soleus left", "Soleus"], 2),
        (["Soleus left", "Soleus right"], ["Soleus"], 0),
        (["Soleus", "Gluteus"], ["Soleus", "Biceps"], 0),
        (["Soleus", "Gluteus (watch)"], ["Biceps", "Soleus"], 1),
        (["Soleus", "Gluteus (watch)"], ["Soleus"], 1),
        (["Soleus", "Gluteus (quiet)"], ["Soleus"], 0),
        (["Tested muscle left"], ["Soleus left"], 0),
        (["Soleus"], [], 0),
        ([], ["Soleus"], 0),
    ],
)
def test_which_exercise_is_for_the_muscles_with_electrodes(muscles, names, n_fitting):
    told = [
        {"name": name.split(" (")[0], "role": name.split(" (")[1][:-1] if "(" in name else "train"}
        for name in muscles
    ]
    assert with_electrodes({"muscles": told}, names) == n_fitting


@pytest.mark.display
def test_only_what_the_search_shows_can_be_started(room):
    page = library(room)
    picker = page.picker
    assert listed(picker) == [FITTING, "knee", OTHERS, "hip", "step"]
    picker.search.setText("knee")
    assert listed(picker) == [FITTING, "knee", OTHERS, "step", "hip"]
    assert picker.chosen["name"] == "knee"
    picker.search.setText("xyzzy")
    assert picker.nothing.text() == (
        "No exercise for “xyzzy”. Try a region, a muscle or a complaint."
    )
    assert picker.nothing.isVisible()
    assert picker.chosen is None
    room.until(lambda: not page.main.isEnabled())
    room.key("F7")
    room.settle()
    assert room.engine.commands("start_protocol") == []
    picker.search.setText("clam")
    assert not picker.nothing.isVisible()
    assert picker.chosen["name"] == "hip"


def listed(picker):
    """Return headings and exercises as they stand in the list."""
    rows = range(picker.list.count())
    return [picker.list.key(row) or picker.list.item(row).text() for row in rows]


@pytest.mark.display
def test_what_is_for_the_muscles_with_electrodes_is_listed_first(room):
    page = library(room)
    picker = page.picker
    assert listed(picker) == [FITTING, "knee", OTHERS, "hip", "step"]
    picker.details.dose["repetitions"].setValue(7)
    room.engine.names = ["Soleus", "Gastrocnemius"]
    room.engine.set()
    room.until(lambda: listed(picker) == ["hip", "knee", "step"])
    assert picker.chosen["name"] == "knee"
    assert picker.details.dose["repetitions"].value() == 7, "what was typed stays"
    room.engine.names = list(NAMES)
    room.engine.history["programme"] = [{"protocol": "step"}]
    room.engine.set(patient="P-017")
    room.window.ask("history", patient="P-017")
    room.until(lambda: listed(picker) == [OWN, "step", FITTING, "knee", OTHERS, "hip"])
    picker.search.setText("clam")
    assert listed(picker) == [OTHERS, "hip"]


@pytest.mark.display
def test_a_library_of_any_length_makes_no_more_widgets(room):
    from PySide6.QtWidgets import QWidget

    listed = library(room).picker.list
    before = len(listed.findChildren(QWidget))
    room.engine.protocols = [protocol(f"knee-{n}", f"Knee {n}", "knee") for n in range(60)]
    room.window.model.forget_answers()
    room.until(lambda: listed.count() == 60)
    room.settle()
    assert len(listed.findChildren(QWidget)) == before
    assert listed.item(7).text() == "Knee 7"


@pytest.mark.display
def test_what_fits_the_muscles_or_the_patient_is_chosen_already(room):
    page = library(room)
    assert page.picker.chosen["name"] == "knee"
    done = {"protocol": "step", "title": "Step up", "good": 1, "repetitions": 1}
    room.engine.history["sessions"] = [
        {"id": "b", "state": "running", "exercises": [{"protocol": "hip"}]},
        {"id": "a", "state": "complete", "exercises": [done]},
    ]
    room.engine.set(patient="P-017")
    room.window.ask("history", patient="P-017")
    room.until(lambda: page.picker.chosen["name"] == "step")
    room.engine.history["programme"] = [{"protocol": "hip"}, {"protocol": "knee"}]
    room.engine.set(patient="P-023")
    room.window.ask("history", patient="P-023")
    room.until(lambda: page.picker.chosen["name"] == "hip")
    room.engine.run_exercise(protocol="hip")
    room.until(lambda: page.looking)
    room.engine.run_exercise(Phase.DONE, protocol="hip", set=0)
    room.until(page.training.again.isVisible)
    room.key("F", modifier="ControlModifier")
    room.until(lambda: not page.looking and page.picker.chosen["name"] == "knee")
    page.picker.list.setCurrentRow(page.picker.list.count() - 1)
    chosen = page.picker.chosen["name"]
    room.engine.names = ["Soleus", "Gastrocnemius"]
    room.settle()
    assert page.picker.chosen["name"] == chosen, "a choice made by hand stays"
    patient = room.go(Step.PATIENT)
    patient.list.setCurrentRow(1)
    room.until(lambda: "Step up" in patient.past.text())

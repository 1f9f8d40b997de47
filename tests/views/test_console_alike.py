"""How alike two sides are, on the console's real window."""

import math
import time

import numpy as np
import pytest

from emg_feedback.link.messages import Phase
from emg_feedback.views.console.results import shared_now
from emg_feedback.views.console.words import Step
from emg_feedback.views.sides import balance

pytestmark = pytest.mark.display
NAMES = ["Multifidus right", "Multifidus left"]


@pytest.fixture
def bridge(room):
    """Both sides alike, in a hold; the right does twice what the left does."""
    room.engine.names, room.engine.level = NAMES, [0.4, 0.2]
    room.engine.run_exercise(mode="symmetry", title="Bridge", sides=["right", "left"])
    room.go(Step.EXERCISE)
    return room.window.results


def now(results):
    word, *shares = results.shared.text().replace(",", "").split()
    assert word == "Now:"
    return shares


def test_how_the_sides_share_is_told_in_the_hold(room, bridge):
    room.until(lambda: bridge.shared.isVisible() and len(now(bridge)) == 6)
    left, of_left, _, right, of_right, _ = now(bridge)
    assert (left, right) == ("left", "right")
    assert int(of_left) + int(of_right) == 100
    assert int(of_left) == pytest.approx(33, abs=4)
    room.engine.run_exercise(Phase.RELAX, mode="symmetry", sides=["right", "left"])
    room.until(lambda: now(bridge) == ["–"])
    room.engine.level = [0.0001, 0.0]
    room.engine.run_exercise(mode="symmetry", sides=["right", "left"])
    room.until(lambda: now(bridge) == ["–"])  # nobody gives anything
    room.engine.run_exercise()
    room.until(lambda: not bridge.shared.isVisible())


@pytest.mark.parametrize(("right", "left"), [(0.4, math.nan), (math.nan, math.nan), (0.01, 0.005)])
def test_what_is_not_known_is_no_balance(right, left):
    levels = np.array([right, left])
    assert balance(levels, [0, 1], ["right", "left"]) == (1, 0, None)


def test_a_muscle_of_which_no_level_came_has_no_balance():
    assert balance(np.array([0.3]), [0, 1], ["left", "right"]) is None
    assert balance(np.array([0.3, 0.3]), [0], ["left", "right"]) is None


def test_what_is_too_old_is_no_balance(room, bridge):
    room.until(lambda: len(now(bridge)) == 6)
    assert shared_now(room.window.model, time.monotonic() + 3.0) == "Now: –"


def test_the_summary_tells_how_the_sides_shared(room):
    room.engine.set(patient="P-017")
    done = {"title": "Bridge", "mode": "symmetry", "good": 4, "planned": 4, "channels": [],
            "asymmetry": 0.084, "pair": ["Multifidus left", "Multifidus right"]}  # fmt: skip
    others = ({"mode": "hold"}, {"asymmetry": None}, {"pair": []})
    room.engine.summary = {"seconds": 60, "exercises": [done, *({**done, **x} for x in others)]}
    page = room.go(Step.SUMMARY)
    room.until(lambda: len(page.table.words()) == 5)
    told = [words[0] for words in page.table.words()]
    assert told[1] == "Sides: left 46 %, right 54 %;  uneven by 8 %"
    assert [one for one in told if "left" in one] == told[1:2]

"""Where targets may be, and where paths go."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from emg_config import UserError
from emg_config.protocol import HIGHEST, Follow, Muscle, Path, Symmetry
from emg_feedback.link.messages import AutoTarget
from emg_feedback.training import targets
from emg_feedback.training.auto_target import step_after
from emg_feedback.training.calibration import Calibration
from emg_feedback.training.goals import Goals
from emg_feedback.training.targets import Target

fractions = st.floats(0.0, 1.5)
paths = st.builds(
    Path,
    shape=st.sampled_from(["trapezoid", "steps", "sine"]),
    low=st.floats(0.0, 0.5),
    high=st.floats(0.55, 1.5),
    ramp_s=st.floats(0.1, 4.0),
    cycles=st.integers(1, 8),
)


@given(fractions, fractions, st.floats(-2.0, 2.0), st.none() | st.tuples(fractions, fractions))
def test_a_moved_band_stays_a_band_of_the_same_width(low, high, by, limits):
    assume(low + 0.01 < high)
    limits = limits and (min(limits), max(limits))
    moved = Target(low, high).moved(by, limits)
    assert 0.0 <= moved.low < moved.high <= HIGHEST["mvc"] + 1e-12
    if low > 0.0:
        assert moved.high - moved.low == pytest.approx(high - low)
    else:
        assert moved.low == 0.0


@given(fractions, st.floats(-0.5, 0.5))
def test_a_band_within_its_limits_moves_by_what_was_asked(middle, by):
    assume(0.3 < middle < 1.2 and 0.3 < middle + by < 1.2)
    moved = Target(middle - 0.1, middle + 0.1).moved(by, (0.3, 1.2))
    assert moved.middle == pytest.approx(middle + by)


@given(paths, st.floats(8.5, 30.0))
def test_a_path_stays_between_its_levels_and_meets_its_corners(path, hold_s):
    t_s = np.linspace(0.0, hold_s, 501)
    level = targets.centre(path, hold_s, t_s)
    assert level.min() >= path.low - 1e-9
    assert level.max() <= path.high + 1e-9
    corners = targets.corners(path, hold_s)
    times = [time for time, _ in corners]
    assert times == sorted(times)
    assert (times[0], times[-1]) == (0.0, pytest.approx(hold_s))
    if path.shape != "steps":
        at_corners = targets.centre(path, hold_s, np.array(times))
        assert at_corners == pytest.approx([one for _, one in corners], abs=1e-9)


def test_steps_climb_to_the_top():
    path = Path(shape="steps", low=0.0, high=0.3, cycles=3)
    level = targets.centre(path, 9.0, np.array([0.0, 2.99, 3.0, 5.99, 6.0, 9.0]))
    assert level == pytest.approx([0.1, 0.1, 0.2, 0.2, 0.3, 0.3])


@given(st.floats(0.5, 0.95), st.floats(0.005, 0.2))
def test_the_automatic_target_rests_where_the_rate_is_met(rate, step):
    rule = AutoTarget(on=True, rate=rate, step=step)
    up, down = step_after(True, rule, harder=1.0), step_after(False, rule, harder=1.0)
    assert rate * up + (1.0 - rate) * down == pytest.approx(0.0, abs=1e-12)
    assert step_after(True, rule, harder=-1.0) == -up


@pytest.mark.parametrize("mvc_uv", [np.nan, 200.0])
def test_a_band_in_microvolts_needs_no_mvc_and_stays_in_microvolts(mvc_uv):
    calibration = Calibration.none(1)
    calibration.mvc_uv[0] = mvc_uv
    goals = Goals(calibration)
    goals.set(0, 20.0, 60.0, "uv")
    assert goals.unit(0) == "uv"
    assert goals.in_uv(goals.targets) == [pytest.approx((20.0, 60.0))]
    with pytest.raises(UserError, match="low < high"):
        goals.set(0, 60.0, 20.0, "uv")


def test_a_narrow_band_in_microvolts_moves_the_way_it_is_asked():
    goals = Goals(Calibration.none(1))
    goals.roles[0] = "train"
    goals.set(0, 0.0, 8.0, "uv")
    goals.move(-0.03)
    assert goals.targets[0].high == pytest.approx(5.0)
    goals.move(-0.5)
    assert goals.targets[0] == Target(0.0, 1.0, "uv")
    goals.move(0.02)
    assert goals.targets[0].high == pytest.approx(3.0)


def following(**path):
    goals = Goals(Calibration.none(2))
    exercise = Follow(
        name="line", title="Line", region="knee", hold_s=10.0,
        muscles=(Muscle(name="A"), Muscle(name="B", role="watch")), path=Path(**path),
    )  # fmt: skip
    goals.begin(exercise, [1, 0])
    return goals


def test_a_path_is_changed_while_it_is_followed():
    goals = following(shape="trapezoid", low=0.1, high=0.4, ramp_s=2.0)
    goals.set_path(low=0.05, high=0.6, ramp_s=3.0, tolerance=0.1)
    assert targets.corners(goals.exercise.path, 10.0) == [
        (0.0, 0.05), (3.0, 0.6), (7.0, 0.6), (10.0, 0.05),
    ]  # fmt: skip
    assert goals.targets[0] is None
    low, high = goals.targets[1].low, goals.targets[1].high
    assert (low, high) == pytest.approx((0.0, 0.15))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"low": 0.5}, "0 ≤ low < high ≤ 1.5 of MVC"),
        ({"high": 1.6}, "0 ≤ low < high ≤ 1.5 of MVC"),
        ({"ramp_s": 5.0}, "longer than both ramps"),
    ],
)
def test_what_is_no_path_is_refused_and_changes_nothing(changed, words):
    goals = following(shape="trapezoid", low=0.1, high=0.4, ramp_s=2.0)
    before = goals.exercise
    with pytest.raises(UserError, match=words):
        goals.set_path(**changed)
    assert goals.exercise is before
    with pytest.raises(UserError, match="no path now"):
        Goals(Calibration.none(1)).set_path(high=0.3)


@pytest.mark.parametrize("limits", [None, (1.0, 1.5)])
def test_a_path_at_the_top_stays_a_path(limits):
    goals = following(shape="trapezoid", low=1.49, high=1.5, ramp_s=2.0)
    goals.move(0.1, limits)
    assert (goals.exercise.path.low, goals.exercise.path.high) == (1.49, 1.5)


def test_the_sides_are_those_of_the_exercise():
    goals = Goals(Calibration.none(3))
    pair = tuple(Muscle(name=f"A {side}", target=(0.2, 0.4)) for side in ("left", "right"))
    goals.begin(Symmetry(name="a", title="A", region="hip", muscles=pair), [2, 0])
    assert goals.sides == ["right", "", "left"]

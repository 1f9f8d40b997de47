"""A simulated patient does every mode unattended; the scores must agree with the truth."""

import msgspec
import numpy as np
import pytest
from clinic import BLOCK, Clinic
from truth import BOTH, EXERCISE_OF, ONE_PERCENT, compared, errors, lead, ranges

from emg_config.library import load_protocol
from emg_config.protocol import Dose, Exercise
from emg_feedback.link.messages import AutoTarget, EventKind, Phase
from emg_feedback.training.conclusion import conclusion
from emg_feedback.training.evaluation import EXERCISES, HOLD, RECRUITMENT, evaluate
from emg_hardware.simulated_patient import Instruction

UNSEEN = (31, 32, 33, 34)


@pytest.fixture(scope="module")
def patients():
    """Every mode done once by a few patients, and all their scores beside their truth."""
    led = [lead(seed) for seed in UNSEEN]
    return led, [one for patient in led for one in compared(*patient)]


@pytest.fixture(scope="module", params=range(2))
def played(request, patients):
    """Every mode done once by one patient: scores by mode, with the start of each hold."""
    return patients[0][request.param]


def test_every_mode_is_tried():
    assert set(EXERCISE_OF) == {one.__struct_config__.tag for one in Exercise.__subclasses__()}


@pytest.mark.parametrize("mode", EXERCISE_OF)
def test_a_patient_who_does_what_is_asked_scores_well(played, mode):
    exercise, scores, _ = played[1][mode]
    assert len(scores) == exercise.repetitions
    assert [score.result for score in scores] == ["good"] * len(scores)


@pytest.fixture(scope="module")
def found(patients):
    """All scores of these patients beside their truth."""
    return patients[1]


def test_onset_and_release_are_those_of_the_true_drive(found):
    onsets = errors(found, "onset_s")
    assert len(onsets) >= 20 * len(UNSEEN)
    assert np.median(onsets) <= 0.010
    assert np.mean(onsets <= 0.020) >= 0.93
    assert onsets.max() <= 0.080
    releases = errors(found, "release_s")
    assert len(releases) >= 20 * len(UNSEEN)
    assert np.median(releases) <= 0.012
    assert np.mean(releases <= 0.040) >= 0.98
    assert releases.max() <= 0.080


@pytest.mark.parametrize(("name", "most_s"), [("onset", 0.06), ("release", 0.06)])
def test_a_time_is_in_the_range_that_is_told(found, name, most_s):
    off_s, earliest_s, latest_s = ranges(found, name).T
    assert (earliest_s <= off_s).all()
    assert (off_s <= latest_s).all()
    assert np.median(latest_s - earliest_s) <= most_s
    half_a_sample_s = 0.002
    inside = (earliest_s <= half_a_sample_s) & (latest_s >= -half_a_sample_s)
    assert np.mean(inside) >= 0.9


def test_at_the_end_of_a_path_the_release_is_no_worse(found):
    releases = errors([one for one in found if one.mode == "follow"], "release_s")
    assert len(releases) >= len(UNSEEN)
    assert releases.max() <= 0.060


def test_time_in_band_is_that_of_the_true_level(found):
    shares = errors(found, "in_band")
    assert np.mean(shares <= ONE_PERCENT) >= 0.93
    clear = errors([one for one in found if one.off_edge > 0.15], "in_band")
    assert len(clear) >= 15 * len(UNSEEN)
    assert np.mean(clear <= ONE_PERCENT) >= 0.99
    assert shares.mean() <= 0.006


def test_the_mean_is_that_of_the_true_level(found):
    means = errors(found, "mean")
    assert np.median(means) <= 0.035
    assert means.max() <= 0.15


def test_what_only_one_mode_tells(played):
    _, done = played
    assert all(abs(score.asymmetry) < 0.15 for score in done["symmetry"][1])
    assert all(score.co_contraction < 0.2 for score in done["isolate"][1])
    assert [score.hidden for score in done["reproduce"][1]] == [False, True]
    assert all(one.below_s < 1.5 for one in done["contract-relax"][1][0].channels)
    assert done["free"][1][0].time_in_band is None


def test_a_path_moves_the_target_and_is_told_ahead(played):
    clinic, _ = played
    exercise = EXERCISE_OF["follow"]
    clinic.session.start([exercise])
    path = clinic.session.state.path
    assert path[0] == (0.0, pytest.approx(0.2))
    assert path[-1] == (pytest.approx(8.0), pytest.approx(0.2))
    clinic.until(Phase.HOLD)
    seen = set()
    while clinic.session.phase is Phase.HOLD:
        low, high = clinic.session.state.targets[0]
        assert high - low == pytest.approx(0.24, abs=1e-9)
        seen.add(round((low + high) / 2, 2))
        clinic.turn()
    assert (min(seen), max(seen)) == (0.2, 0.5)
    clinic.session.stop()


def test_the_wait_before_a_cue_is_not_told(played):
    clinic, _ = played
    clinic.session.start([EXERCISE_OF["react"]])
    assert clinic.session.phase is Phase.PREPARE
    assert clinic.session.state.remaining_s is None
    clinic.until(Phase.HOLD)
    assert clinic.session.state.remaining_s is not None
    clinic.session.stop()


def test_too_early_an_answer_does_not_count():
    clinic = Clinic(["A", "B"], seed=4)
    clinic.calibrate()
    clinic.session.start([EXERCISE_OF["react"]])
    clinic.instead = Instruction("hold", [muscle.target for muscle in BOTH])
    clinic.until(Phase.DONE)
    assert [score.result for score in clinic.session.scores] == ["void", "void"]
    assert "early" in clinic.session.scores[0].flags


def test_a_tug_at_the_start_of_a_hold_does_not_void_it():
    clinic = Clinic(["A", "B"], seed=9)
    clinic.calibrate()
    results = []
    for mode, first_s, last_s in (
        ("hold", 0.0, 1.9),
        ("hold", 0.8, 2.6),
        ("hold", 0.8, 3.7),
        ("hold", 2.0, 2.5),
        ("react", 0.5, 1.0),
    ):
        exercise = msgspec.structs.replace(EXERCISE_OF[mode], repetitions=1)
        clinic.session.start([exercise])
        clinic.until(Phase.HOLD)
        started = len(clinic.drives)
        while clinic.session.phase is Phase.HOLD:
            gone_s = (len(clinic.drives) - started) * BLOCK / clinic.rate_hz
            said = first_s <= gone_s <= last_s
            clinic.session.watch_quality(["movement" if said else "good", "good"])
            clinic.turn()
        clinic.until(Phase.DONE)
        results.append(clinic.session.scores[0].flags)
    assert results == [[], [], ["movement"], ["movement"], ["movement"]]


def test_the_alarm_of_endurance_comes_when_out_for_long_enough():
    clinic = Clinic(["A", "B"], seed=5)
    clinic.calibrate()
    exercise = msgspec.structs.replace(EXERCISE_OF["endurance"], alarm_after_s=1.0)
    clinic.session.start([exercise])
    clinic.instead = Instruction()
    clinic.until(Phase.HOLD)
    assert not clinic.session.state.alarm
    clinic.live(0.9)
    assert not clinic.session.state.alarm
    clinic.live(0.2)
    assert clinic.session.state.alarm
    clinic.until(Phase.DONE)
    assert not clinic.session.state.alarm
    assert clinic.session.scores[0].result == "missed"


def test_the_automatic_target_follows_success():
    clinic = Clinic(["A", "B"], seed=6)
    clinic.calibrate()
    rule = AutoTarget(on=True, rate=0.8, step=0.04, low=0.1, high=0.42)
    clinic.session.set_auto_target(rule)
    clinic.changes.clear()
    scores = clinic.do(EXERCISE_OF["hold"])
    moved = [
        c.data for c in clinic.changes if c.kind is EventKind.TARGET and c.data["by"] == "auto"
    ]
    assert [score.result for score in scores] == ["good", "good"]
    assert [one["moved_by"] for one in moved] == [pytest.approx(0.01)] * 2
    assert sum(clinic.session.state.targets[0]) / 2 == pytest.approx(0.42)


def test_the_initial_evaluation_runs_through():
    clinic = Clinic(["Vastus medialis left", "Vastus medialis right"], seed=7)
    clinic.calibrate()
    short = Dose(repetitions=2, hold_s=4.0, relax_s=3.0)
    clinic.session.start([load_protocol(name).with_dose(short) for name in EXERCISES[:2]])
    clinic.until(Phase.DONE)
    result = evaluate(
        clinic.session.played, clinic.session.calibration, clinic.session.channel_names
    )
    left, right = result.channels
    assert 0.1 < left["reaction_s"] < 0.5
    assert 0.1 < right["release_s"] < 0.8
    assert left["rest_share"] < 0.05
    assert left["endurance"] is None
    assert abs(result.strength_difference) < 0.15
    assert conclusion(result.told([])).endswith("Not measured: endurance.")
    clinic.session.start([load_protocol(HOLD).with_dose(short)])
    clinic.session.stop()
    again = evaluate(
        clinic.session.played, clinic.session.calibration, clinic.session.channel_names
    )
    assert again == result, "what was stopped at once takes nothing away"


def test_parts_on_other_channels_are_not_mixed():
    clinic = Clinic(["Vastus medialis left", "Vastus medialis right", "Soleus"], seed=7)
    clinic.calibrate()
    short = Dose(repetitions=1, hold_s=4.0, relax_s=3.0)
    for name, channels in ((RECRUITMENT, [0, 1]), (HOLD, [1, 2])):
        clinic.session.start([load_protocol(name).with_dose(short)], channels)
        clinic.until(Phase.DONE)
    session = clinic.session
    result = evaluate(session.played, session.calibration, session.channel_names)
    assert [one["name"] for one in result.channels] == ["Vastus medialis right", "Soleus"]
    assert [one["reaction_s"] for one in result.channels] == [None, None]
    assert all(one["release_s"] for one in result.channels)


@pytest.mark.parametrize(
    ("names", "shares", "compared"),
    [
        (("Soleus left", "Soleus right"), (1.0, 1.0), True),
        (("Soleus left", "Soleus right"), (0.5, 1.0), False),
        (("Soleus left", "Soleus right"), (0.5, 0.5), False),
        (("Soleus left", "Soleus left"), (1.0, 1.0), False),
        (("Soleus left", "Tibialis anterior right"), (1.0, 1.0), False),
        (("Soleus", "Tibialis anterior"), (1.0, 1.0), False),
    ],
)
def test_only_sides_that_were_measured_at_full_effort_are_compared(names, shares, compared):
    clinic = Clinic(["Soleus left", "Soleus right"], seed=7)
    clinic.calibrate()
    calibration = clinic.session.calibration
    calibration.mvc_uv[1] = 2.0 * calibration.mvc_uv[0]
    calibration.fraction[:] = shares
    clinic.session.start([load_protocol(HOLD).with_dose(Dose(repetitions=1, hold_s=4.0))])
    clinic.until(Phase.DONE)
    result = evaluate(clinic.session.played, calibration, names)
    assert result.strength_difference == (pytest.approx(0.5) if compared else None)
    said = conclusion(result.told([]))
    assert (f"{names[0]}: 50 % less signal at full effort" in said) is compared
    assert [one["fraction"] for one in result.channels] == list(shares)

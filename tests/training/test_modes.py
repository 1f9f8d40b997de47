"""A simulated patient does every mode unattended; the scores must agree with the truth."""

import msgspec
import numpy as np
import pytest
from clinic import BLOCK, Clinic

from emg_config.library import load_protocol
from emg_config.protocol import (
    ContractRelax,
    Dose,
    Endurance,
    Exercise,
    Follow,
    Free,
    Hold,
    Isolate,
    Muscle,
    Path,
    React,
    Reproduce,
    StayBelow,
    Symmetry,
)
from emg_feedback.link.messages import AutoTarget, EventKind, Phase
from emg_feedback.training.evaluation import EXERCISES, evaluate
from emg_hardware.simulated_patient import Instruction

BAND = (0.25, 0.55)
BOTH = (Muscle(name="A", target=BAND), Muscle(name="B", target=BAND))
RELAXED = (Muscle(name="A", target=(0.0, 0.1)), Muscle(name="B", target=(0.0, 0.1)))
ONE = (Muscle(name="A"), Muscle(name="B", role="watch"))
SHARED = {
    "title": "Test", "region": "knee", "prepare_s": 1.0, "hold_s": 4.0, "relax_s": 3.0,
    "repetitions": 2,
}  # fmt: skip
EXERCISE_OF = {
    "hold": Hold(name="t", muscles=BOTH, **SHARED),
    "stay-below": StayBelow(name="t", muscles=RELAXED, **SHARED),
    "contract-relax": ContractRelax(name="t", muscles=BOTH, **SHARED),
    "follow": Follow(
        name="t",
        muscles=ONE,
        path=Path(shape="sine", low=0.2, high=0.5, cycles=1, tolerance=0.12),
        **{**SHARED, "hold_s": 8.0},
    ),
    "react": React(name="t", muscles=BOTH, foreperiod_s=(0.5, 1.0), **{**SHARED, "hold_s": 2.0}),
    "isolate": Isolate(
        name="t",
        muscles=(BOTH[0], Muscle(name="B", role="quiet", target=(0.0, 0.1))),
        **SHARED,
    ),
    "symmetry": Symmetry(name="t", muscles=BOTH, **SHARED),
    "endurance": Endurance(name="t", muscles=BOTH, **{**SHARED, "hold_s": 8.0, "repetitions": 1}),
    "reproduce": Reproduce(name="t", muscles=BOTH, **SHARED),
    "free": Free(name="t", muscles=ONE, **SHARED),
}


@pytest.fixture(scope="module", params=[3, 8])
def played(request):
    """Every mode done once by one patient: scores by mode, with the start of each hold."""
    clinic = Clinic(["A", "B"], seed=request.param)
    clinic.calibrate()
    done = {}
    for mode, exercise in EXERCISE_OF.items():
        clinic.changes.clear()
        scores = clinic.do(exercise)
        starts = [
            change.sample
            for change in clinic.changes
            if change.kind is EventKind.PHASE and change.data["phase"] == "hold"
        ]
        done[mode] = (exercise, scores, starts)
    return clinic, done


def test_every_mode_is_tried():
    assert set(EXERCISE_OF) == {one.__struct_config__.tag for one in Exercise.__subclasses__()}


@pytest.mark.parametrize("mode", EXERCISE_OF)
def test_a_patient_who_does_what_is_asked_scores_well(played, mode):
    exercise, scores, _ = played[1][mode]
    assert len(scores) == exercise.repetitions
    assert [score.result for score in scores] == ["good"] * len(scores)


@pytest.mark.parametrize("mode", sorted(set(EXERCISE_OF) - {"free"}))
def test_time_in_band_of_each_repetition_is_that_of_the_true_level(played, mode):
    clinic, done = played
    exercise, scores, starts = done[mode]
    following = mode == "follow"
    t_s = np.arange(0.0 if following else 1.0, exercise.hold_s, 1.0 / clinic.rate_hz)
    middle = 0.2 + 0.15 * (1.0 - np.cos(2.0 * np.pi * t_s / exercise.hold_s))
    for score, start in zip(scores, starts, strict=True):
        for one in score.channels:
            if one.band is None:
                continue
            level = clinic.level(one.channel)[start + np.round(t_s * clinic.rate_hz).astype(int)]
            low, high = (middle - 0.12, middle + 0.12) if following else one.band
            inside = np.mean((level >= low) & (level <= high))
            off_edge = min(np.abs(level / low - 1.0).min() if one.band[0] else 1.0,
                           np.abs(level / high - 1.0).min())  # fmt: skip
            if following:
                assert abs(one.time_in_band - inside) <= 0.03
            elif off_edge >= 0.2:
                assert abs(one.time_in_band - inside) <= 0.01
            assert one.mean == pytest.approx(level.mean(), rel=0.12, abs=0.01)


def test_onset_and_release_are_those_of_the_true_drive(played):
    clinic, done = played
    onsets, releases = [], []
    for mode in ("hold", "contract-relax", "react", "symmetry", "reproduce"):
        exercise, scores, starts = done[mode]
        for score, start in zip(scores, starts, strict=True):
            stop = start + round(exercise.hold_s * clinic.rate_hz)
            for one in score.channels:
                true = next(
                    contraction
                    for contraction in clinic.patient.contractions[one.channel]
                    if start <= contraction.onset_sample < stop
                )
                onsets.append(one.onset_latency_s - (true.onset_sample - start) / clinic.rate_hz)
                releases.append(one.release_s - (true.offset_sample - stop) / clinic.rate_hz)
    assert np.median(np.abs(onsets)) <= 0.020
    assert np.percentile(np.abs(onsets), 90) <= 0.040
    assert np.abs(onsets).max() <= 0.060
    assert np.median(np.abs(releases)) <= 0.020
    assert np.percentile(np.abs(releases), 90) <= 0.040
    assert np.abs(releases).max() <= 0.060


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
    clinic.instead = Instruction("hold", [BAND, BAND])
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
    left, right = result["channels"]
    assert 0.1 < left["reaction_s"] < 0.5
    assert 0.1 < right["release_s"] < 0.8
    assert left["rest_share"] < 0.05
    assert left["endurance"] is None
    assert abs(result["strength_difference"]) < 0.15

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emg_hardware.emg_simulator import EmgSimulator
from emg_hardware.simulated_patient import Instruction, SimulatedPatient

HOLD = Instruction("hold", [(0.25, 0.35), None], [None, None])
RESTING = ("idle", "rest_calibration", "prepare", "relax", "pause", "done")


def patient(instruct: Callable[[], Instruction], seed: int = 1) -> SimulatedPatient:
    return SimulatedPatient(EmgSimulator(2, 1), instruct, seed)


@pytest.mark.parametrize("phase", RESTING)
def test_rests_when_not_asked(phase: str) -> None:
    resting = patient(lambda: Instruction(phase, [(0.2, 0.3)] * 2, [0.1, 0.1]))
    assert not resting.drive(500).any()
    assert resting.contractions == [[], []]


@pytest.mark.parametrize("seed", range(5))
def test_truth_of_a_hold(seed: int) -> None:
    now = [Instruction("prepare", HOLD.targets)]
    person = patient(lambda: now[0], seed)
    parts = [person.drive(250)]
    now[0] = HOLD
    parts.append(person.drive(1000))
    assert person.contractions[0][0].offset_sample is None
    now[0] = Instruction("relax", HOLD.targets)
    parts.append(person.drive(250))
    drive = np.vstack(parts)
    (contraction,) = person.contractions[0]
    active = np.flatnonzero(drive[:, 0])
    assert contraction.onset_sample == active[0]
    assert contraction.offset_sample == active[-1] + 1
    assert contraction.peak_drive == drive[:, 0].max()
    assert 0.19 < (active[0] - 250) / 250 < 0.36
    assert 0.3 < (active[-1] - 1250) / 250 < 0.7
    assert not drive[:, 1].any()


@pytest.mark.parametrize("seed", range(5))
def test_corrects_by_eye_towards_the_band(seed: int) -> None:
    shown: list[float | None] = [0.0, 0.0]
    person = patient(lambda: Instruction("hold", [(0.3, 0.4)] * 2, shown), seed)
    drives = []
    for _ in range(150):
        drives.append(person.drive(20))
        shown = [0.8 * float(level) for level in drives[-1].mean(axis=0)]
    late = np.vstack(drives)[2000:] * 0.8
    assert np.all(np.abs(late.mean(axis=0) - 0.35) < 0.02)
    assert np.all(late.std(axis=0) / late.mean(axis=0) < 0.06)


def test_best_effort_tires_a_little() -> None:
    drive = patient(lambda: Instruction("mvc_calibration", [None, (0.9, 1.0)])).drive(1250)
    assert (drive[500] > 0.9).all()
    assert 0.9 < drive[200:450, 1].mean() < 1.1
    assert drive[1000:, 1].mean() < drive[200:450, 1].mean() + 0.05


def test_best_effort_of_all_when_none_is_named() -> None:
    drive = patient(lambda: Instruction("mvc_calibration")).drive(500)
    assert np.all(drive[250:].mean(axis=0) > 0.85)


def test_short_instruction_never_noticed() -> None:
    now = [HOLD]
    person = patient(lambda: now[0])
    person.drive(25)
    now[0] = Instruction("relax")
    assert not person.drive(500).any()


FRACTION = st.none() | st.floats()
BANDS = st.lists(st.none() | st.tuples(st.floats(), st.floats()), max_size=3)
PHASES = st.sampled_from([*RESTING, "hold", "mvc_calibration", "nonsense"])


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.builds(Instruction, PHASES, BANDS, st.lists(FRACTION, max_size=3)),
            st.integers(0, 200),
        ),
        max_size=8,
    )
)
def test_drive_and_truth_keep_their_bounds(script: list[tuple[Instruction, int]]) -> None:
    now = [Instruction()]
    person = patient(lambda: now[0])
    parts = [np.zeros((0, 2))]
    for instruction, n_samples in script:
        now[0] = instruction
        parts.append(person.drive(n_samples))
    drive = np.vstack(parts)
    assert np.all((drive >= 0) & (drive <= 1.2))
    for m, contractions in enumerate(person.contractions):
        truth = np.zeros(len(drive), bool)
        for c in contractions:
            truth[c.onset_sample : c.offset_sample] = True
        np.testing.assert_array_equal(truth, drive[:, m] > 0)


def test_same_seed_same_person_whatever_the_blocks() -> None:
    whole = patient(lambda: HOLD).next_block(600)
    person = patient(lambda: HOLD)
    parts = np.vstack([person.next_block(n) for n in (1, 2, 97, 500)])
    np.testing.assert_allclose(parts, whole, atol=1e-9)
    assert whole.shape == (600, 8)

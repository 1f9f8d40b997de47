"""Whole sessions of simulated patients, as fast as the machine allows."""

from dataclasses import asdict

import numpy as np
import pytest

from emg_feedback import Chain
from emg_feedback.demo import compare
from emg_feedback.therapist import Onset
from emg_hardware.emg_simulator import EmgSimulator, SimulatorSettings
from emg_hardware.simulated_patient import Instruction, SimulatedPatient

REPETITION = [("prepare", 1.5), ("hold", 4.0), ("relax", 2.5)]
SCRIPT = [
    *[("idle", 2.0), ("rest_calibration", 3.0), ("mvc_calibration", 3.0), ("idle", 1.5)],
    *4 * REPETITION,
    ("done", 2.0),
]
TARGETS = [(0.3, 0.5), (0.3, 0.5)]


@pytest.mark.parametrize("seed", range(8))
def test_every_contraction_is_found_and_nothing_else(seed):
    shown = Instruction()
    patient = SimulatedPatient(
        EmgSimulator(2, seed, SimulatorSettings(mains_rms_uv=20.0)), lambda: shown, seed
    )
    chain, onsets = Chain(2, 250.0), []
    for phase, seconds in SCRIPT:
        shown = Instruction(phase, TARGETS, [None, None])
        for _ in range(round(seconds * 25)):
            features = chain.push(np.ascontiguousarray(patient.next_block(10)[:, :2]))
            onsets += [Onset(e.channel, e.sample) for e in features.events if e.kind == "onset"]
    true = [[asdict(one) for one in muscle] for muscle in patient.contractions]
    assert compare(true, onsets) == {"contractions": 10, "found": 10, "extra": 0}

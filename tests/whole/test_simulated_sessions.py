"""Whole sessions of simulated patients, as fast as the machine allows."""

from dataclasses import asdict

import numpy as np

from emg_feedback import Chain, ChainSettings
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


N_SESSIONS = 8


def lead(seed):
    """Lead a session through; return what was found of what there was."""
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
    return compare(true, onsets)


def test_every_contraction_is_found_and_no_more_false_ones_than_are_asked_for():
    found = [lead(seed) for seed in range(N_SESSIONS)]
    assert [(one["contractions"], one["found"]) for one in found] == [(10, 10)] * N_SESSIONS
    channel_minutes = 2 * N_SESSIONS * sum(seconds for _, seconds in SCRIPT) / 60.0
    allowed = ChainSettings().false_starts_per_minute * channel_minutes
    assert sum(one["extra"] for one in found) <= allowed

"""A whole session without sockets or clock: a simulated patient, the chain and the session."""

import numpy as np

from emg_feedback.link.messages import CalibrateMvc, Phase
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.intensity import Contractions
from emg_feedback.stream.smear import smear
from emg_feedback.training.session import Session
from emg_hardware.emg_simulator import EmgSimulator, SimulatorSettings
from emg_hardware.simulated_patient import Instruction, SimulatedPatient

BLOCK = 25
# Delay of the converter in sample periods.
CONVERTER_PERIODS = 1.5
# RMS after the filters at 250 samples/s, of 30 s of eight muscles at half of full drive.
FULL_DRIVE_UV = 210.9


class Clinic:
    """Runs a session; the truth is kept in ``drives`` and the patient's contractions.

    ``instead`` is what the patient does in place of what the session asks.
    """

    def __init__(self, names, seed=1, rate_hz=250.0, settings=None):
        simulator = EmgSimulator(
            len(names), seed, settings or SimulatorSettings(), len(names), rate_hz
        )
        self.rate_hz = rate_hz
        self.chain = Chain(len(names), rate_hz)
        behind = smear(self.chain, CONVERTER_PERIODS / rate_hz)
        self.session = Session(names, rate_hz, np.random.default_rng(seed), behind)
        self.patient = SimulatedPatient(simulator, self._see, seed)
        self.simulator = simulator
        self.instead = None
        self.drives = []
        self.changes = []
        self._contractions = Contractions(len(names), rate_hz, self.chain.envelopes.fast_delay_s)
        self._envelope = np.full(len(names), np.nan)

    def _see(self):
        if self.instead is not None:
            return self.instead
        state = self.session.state
        intensity = self.session.calibration.intensity(self._envelope)
        return Instruction(state.phase, state.targets, intensity, state.hidden)

    def live(self, seconds):
        """Let some time go by."""
        for _ in range(round(seconds * self.rate_hz / BLOCK)):
            self.turn()

    def turn(self):
        drive = self.patient.drive(BLOCK)
        self.drives.append(drive)
        features = self.chain.push(self.simulator.next_block(drive))
        rises = {
            one.offset: one.intensity.rise_s
            for one in self._contractions.push(features)
            if one.offset and one.intensity
        }
        self._envelope = features.envelope_uv[-1]
        self.session.advance(features, rises)
        self.changes += self.session.changes()

    def until(self, phase, most_s=600.0):
        """Let time go by until a phase begins."""
        for _ in range(round(most_s * self.rate_hz / BLOCK)):
            if self.session.phase == phase:
                return
            self.turn()
        raise AssertionError(f"{phase} did not come within {most_s} s")

    def calibrate(self):
        self.live(2.0)
        self.session.calibrate_rest(3.0)
        self.until(Phase.IDLE)
        assert self.session.refused is None
        self.session.calibrate_mvc(CalibrateMvc(seconds=3.0, trials=2, rest_s=2.0))
        self.until(Phase.IDLE)
        assert self.session.refused is None
        self.live(1.5)

    def do(self, exercise):
        """Do an exercise from beginning to end; return its scores."""
        self.session.start([exercise])
        self.until(Phase.DONE)
        return self.session.scores

    def level(self, channel):
        """True level of every sample so far in fractions of the measured MVC, rest included.

        Full drive reads as `FULL_DRIVE_UV`: what the converter's droop and the filters leave of it.
        """
        rest_uv = self.session.calibration.rest_uv[channel]
        uv = np.hypot(FULL_DRIVE_UV * self.truth[:, channel], rest_uv)
        return uv / self.session.calibration.mvc_uv[channel]

    @property
    def truth(self):
        """Drive of every sample so far, in fractions of MVC, shape (n_samples, n_muscles)."""
        return np.concatenate(self.drives)

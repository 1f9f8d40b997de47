"""Every exercise of the library, done by somebody who does exactly what is asked."""

import numpy as np
import pytest

from emg_config.library import protocols
from emg_config.protocol import Dose
from emg_feedback.link.messages import Phase
from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_feedback.training.session import Session

RATE_HZ = 4.0
MVC_UV = 100.0
CALM_UV = 1.0
REPETITIONS = 2
REACTION_SAMPLES = 1


@pytest.mark.parametrize("protocol", protocols().values(), ids=lambda protocol: protocol.name)
def test_whoever_does_what_is_asked_succeeds(protocol):
    n_channels = len(protocol.muscles)
    session = Session([muscle.name for muscle in protocol.muscles], RATE_HZ)
    for channel in range(n_channels):
        session.set_reference(channel, MVC_UV)
    session.start([protocol.with_dose(Dose(repetitions=REPETITIONS, sets=1))])
    sample, before = 0, Phase.IDLE
    while (state := session.state).phase is not Phase.DONE:
        holds = state.phase is Phase.HOLD
        level_uv, edges = np.full(n_channels, CALM_UV), []
        n_samples = 1 if holds or state.remaining_s is None else round(state.remaining_s * RATE_HZ)
        if holds:
            asked = [target or (0.0, CALM_UV) for target in state.targets_uv]
            level_uv = np.mean(asked, axis=1)
        if holds != (before is Phase.HOLD):
            kind, late = ("onset", REACTION_SAMPLES) if holds else ("offset", 0)
            edges = [Edge(kind, channel, sample + late, sample) for channel in range(n_channels)]
        rows = np.tile(level_uv, (n_samples, 1))
        session.advance(Features(sample, rows, rows, rows, rows > MVC_UV / 10, edges))
        sample, before = sample + n_samples, state.phase
    assert session.state.results == ["good"] * REPETITIONS

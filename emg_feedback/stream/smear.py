"""What lies between a muscle and the filtered signal: a delay, and what rings after work."""

from dataclasses import dataclass

import numpy as np

from emg_config import ChainSettings
from emg_feedback.stream.filters import FOLLOWING_S, design, mains_lines_hz

# An impulse is followed through the filters for so long.
IMPULSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Smear:
    """What the converter and the filters do to the power of a muscle's signal.

    Attributes
    ----------
    delay_s : float
        By how much the power comes later than it was in the muscle.
    ringing_hz : tuple of float
        Frequencies that ring after a contraction, for the mains is taken out there.
    rings_for_s : float
        Time constant of the ringing's amplitude.
    """

    delay_s: float = 0.0
    ringing_hz: tuple[float, ...] = ()
    rings_for_s: float = FOLLOWING_S


NO_SMEAR = Smear()


def smear(settings: ChainSettings, sample_rate_hz: float, converter_delay_s: float = 0.0) -> Smear:
    """Return what a chain and the converter before it do.

    The delay of the filters is the time until half the energy of an impulse has come through: their
    power response is a short bulk with a long faint tail, and the bulk is what moves an edge.
    """
    from scipy import signal

    sos, _ = design(settings, sample_rate_hz)
    impulse = np.zeros(round(IMPULSE_S * sample_rate_hz))
    impulse[0] = 1.0
    energy = np.cumsum(np.square(signal.sosfilt(sos, impulse)))
    come = np.concatenate([[0.0], energy / energy[-1]])
    half = float(np.interp(0.5, come, np.arange(len(come)) - 0.5))
    _, high_hz = settings.band_hz(sample_rate_hz)
    lines_hz = (
        []
        if settings.mains_hz is None
        else mains_lines_hz(settings.mains_hz, sample_rate_hz, high_hz)
    )
    return Smear(converter_delay_s + max(0.0, half) / sample_rate_hz, tuple(lines_hz))

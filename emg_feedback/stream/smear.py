"""What lies between a muscle and the filtered signal: a delay, and what rings after work."""

from dataclasses import dataclass

import numpy as np

from emg_feedback.stream.chain import Chain
from emg_feedback.stream.filters import FOLLOWING_S, design, end_of_band_hz, mains_lines_hz

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


def smear(chain: Chain, converter_delay_s: float = 0.0) -> Smear:
    """Return what a chain and the converter before it do.

    The delay of the filters is the time until half the energy of an impulse has come through: their
    power response is a short bulk with a long faint tail, and the bulk is what moves an edge.
    """
    from scipy import signal

    settings, rate_hz = chain.settings, chain.sample_rate_hz
    sos, _ = design(settings, rate_hz)
    impulse = np.zeros(round(IMPULSE_S * rate_hz))
    impulse[0] = 1.0
    energy = np.cumsum(np.square(signal.sosfilt(sos, impulse)))
    come = np.concatenate([[0.0], energy / energy[-1]])
    half = float(np.interp(0.5, come, np.arange(len(come)) - 0.5))
    lines_hz: list[float] = []
    if settings.mains_hz is not None:
        end_hz = end_of_band_hz(settings, rate_hz)
        lines_hz = mains_lines_hz(settings.mains_hz, rate_hz, end_hz)
    late_s = (chain.late_samples + max(0.0, half)) / rate_hz
    return Smear(converter_delay_s + late_s, tuple(lines_hz))

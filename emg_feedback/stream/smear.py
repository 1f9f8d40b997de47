"""What lies between a muscle and the filtered signal: a delay, filters that ring, a canceller."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.chain import Chain
from emg_feedback.stream.filters import FOLLOWING_S, design, end_of_band_hz, mains_lines_hz

Floats = NDArray[np.float64]

# An impulse is followed through the filters for so long.
IMPULSE_S = 0.5


@dataclass(frozen=True, slots=True)
class Smear:
    """What the converter and the filters do to the power of a muscle's signal.

    Attributes
    ----------
    delay_s : float
        By how much the power comes later than it was in the muscle.
    lines_hz : tuple of float
        The mains and its harmonics, which a canceller follows.
    following_s : float
        Time constant with which it does.
    filters_s : float
        The filters' part of the delay.
    turning : ndarray, shape (n_sections, 6)
        An allpass that turns the filters around in time, see `backward`.
    """

    delay_s: float = 0.0
    lines_hz: tuple[float, ...] = ()
    following_s: float = FOLLOWING_S
    filters_s: float = 0.0
    turning: Floats = field(default_factory=lambda: np.empty((0, 6)), compare=False)

    @property
    def delay_backward_s(self) -> float:
        """By how much the power of a signal filtered `backward` comes later than in the muscle."""
        return self.delay_s - 2.0 * self.filters_s

    def backward(self, filtered_uv: Floats) -> Floats:
        """Return what the filters, run backward in time, would have made of the signal.

        Filters ring after an edge; run backward they ring before it, and leave the end of a
        contraction clean. The allpass of the same poles, run backward over the filtered signal,
        turns the one into the other, for the zeros are the same both ways.

        Parameters
        ----------
        filtered_uv : ndarray, shape (n_samples,)
            It must end at rest: nothing is known of what comes after.

        Returns
        -------
        ndarray, shape (n_samples,)
            The last sample first.
        """
        from scipy import signal

        turned = filtered_uv[::-1]
        return np.asarray(signal.sosfilt(self.turning, turned)) if len(self.turning) else turned


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
    if settings.mains_hz is not None and settings.mains_filter == "adaptive":
        end_hz = end_of_band_hz(settings, rate_hz)
        lines_hz = mains_lines_hz(settings.mains_hz, rate_hz, end_hz)
    filters_s = max(0.0, half) / rate_hz
    delay_s = converter_delay_s + chain.late_samples / rate_hz + filters_s
    return Smear(delay_s, tuple(lines_hz), filters_s=filters_s, turning=turning(sos))


def turning(sos: Floats) -> Floats:
    """Design the allpass that turns filters around in time whose zeros are on the unit circle.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6)
        Zeros off the circle, of the correction of the converter's droop, stay as they are.

    Returns
    -------
    ndarray, shape (n_sections, 6)
    """
    turned = sos.copy()
    for section in turned:
        poles = np.trim_zeros(section[3:], "b")
        section[:3] = 0.0
        section[: len(poles)] = poles[::-1]
    return turned

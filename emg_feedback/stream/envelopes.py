"""The two envelopes of each channel: one for the bar and one, slower, for the score."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_kernels import (
    adaptive,
    adaptive_envelopes,
    drive_envelope,
    moving_mean,
    rms_envelope,
    sosfilt,
)
from emg_kernels import envelope as fixed

Floats = NDArray[np.float64]
Estimate = Callable[[Floats, Floats], None]

# Muscle fills no wider a band than this, whatever the amplifier passes.
MUSCLE_BAND_HZ = 100.0
# Time from a step of 15 dB, up or down, to half its height: measured (benchmarks/envelopes.py).
ADAPTIVE_DELAY_S, BAYES_DELAY_S = 0.06, 0.03
# The adaptive envelope looks for changes in cells of this length, and starts anew after one with
# at least so much signal.
CELL_S, SHORTEST_MEAN_S = 0.004, 0.06
# Levels of the Bayesian estimate.
LOWEST_UV, HIGHEST_UV, LEVEL_STEP_DB = 0.01, 1e4, 1.5
JUMPS_PER_S = 0.01
# RMS over mean magnitude of a Gaussian signal: every envelope is shown as an RMS.
RMS_OF_ARV = math.sqrt(math.pi / 2.0)
# Delay of a slow movement through a second-order Butterworth low-pass, in periods of its corner.
BUTTERWORTH_DELAY = math.sqrt(0.5) / math.pi
# Spectrum that the whitener flattens: muscle (Stulen & De Luca 1981, IEEE Trans Biomed Eng
# 28:515) and a share of white noise.
MUSCLE_LOW_HZ, MUSCLE_HIGH_HZ, NOISE_SHARE = 60.0, 120.0, 0.1


class Envelopes:
    """Both envelopes of all channels, with their state.

    Parameters
    ----------
    settings : ChainSettings
    sample_rate_hz : float
    n_channels : int

    Attributes
    ----------
    fast_delay_s, slow_delay_s : float
        Delay of each after a large change.
    fast_memory_s, slow_memory_s : float
        Length of the moving RMS that is as steady in a hold; small and slow changes are followed
        with half of it as delay. See ``hold_cv``.
    default : bool
        Whether ``adaptive_envelopes`` alone does it, with ``settings`` and ``state``.
    """

    def __init__(self, settings: ChainSettings, sample_rate_hz: float, n_channels: int) -> None:
        self._settings, self._rate_hz, self._n_channels = settings, sample_rate_hz, n_channels
        low_hz, high_hz = settings.band_hz(sample_rate_hz)
        self._bandwidth_hz = min(high_hz - low_hz, MUSCLE_BAND_HZ)
        self.fast_delay_s, self.slow_delay_s = settings.fast_delay_s, settings.slow_delay_s
        self.fast_memory_s, self.slow_memory_s = 2.0 * self.fast_delay_s, 2.0 * self.slow_delay_s
        self._states: list[Floats] = []
        self.settings, self.state = np.empty(0), np.empty((0, n_channels))
        self._whitener = whitener(sample_rate_hz, low_hz, high_hz) if settings.whiten else None
        self._whitener_state = self._state(1, 2, n_channels)
        self._slow_alpha = _alpha(settings.slow_delay_s, sample_rate_hz)
        makers = {
            "adaptive": self._adaptive,
            "bayes": self._bayes,
            "damped": self._damped,
            "rms": self._moving_rms,
            "arv": self._moving_arv,
            "butterworth": self._butterworth,
        }
        self._estimate = makers[settings.envelope]()
        self.default = settings.envelope == "adaptive" and not settings.whiten

    def push(self, filtered_uv: Floats) -> tuple[Floats, Floats]:
        """Return the fast and the slow envelope of a block, µV, each of the block's shape.

        Parameters
        ----------
        filtered_uv : ndarray, shape (n_samples, n_channels)
            Contiguous; NaN where samples are lost, and the envelopes start anew after them.
        """
        signal_uv = filtered_uv
        if self._whitener is not None:
            signal_uv = np.empty_like(filtered_uv)
            sosfilt(filtered_uv, *self._whitener, self._whitener_state, signal_uv)
        out = np.empty((2, *filtered_uv.shape))
        self._estimate(signal_uv, out)
        return out[0], out[1]

    def move_state(self, state: Floats) -> None:
        """Keep ``state`` where somebody else has room for it."""
        self._states[:] = [state if one is self.state else one for one in self._states]
        self.state = state

    def reset(self) -> None:
        """Return to the first state."""
        for state in self._states:
            state[:] = np.nan

    def _state(self, *shape: int) -> Floats:
        self._states.append(np.full(shape, np.nan))
        return self._states[-1]

    def _adaptive(self) -> Estimate:
        self.fast_delay_s, self.fast_memory_s = ADAPTIVE_DELAY_S, self._settings.memory_s
        cell = max(1, round(CELL_S * self._rate_hz))
        shortest_s = min(SHORTEST_MEAN_S, self._settings.memory_s / 2.0)
        settings = np.array(
            [
                cell,
                self._settings.memory_s * self._rate_hz / (2.0 * cell),
                max(2, round(shortest_s * self._rate_hz / cell)),
                min(1.0, 2.0 * self._bandwidth_hz * cell / self._rate_hz),
                self._slow_alpha,
            ]
        )
        state = self._state(adaptive.N_ADAPTIVE, self._n_channels)
        self.settings, self.state = settings, state
        return lambda block, out: adaptive_envelopes(block, settings, self.state, out)

    def _bayes(self) -> Estimate:
        self.fast_delay_s, self.fast_memory_s = BAYES_DELAY_S, self._settings.memory_s
        step = LEVEL_STEP_DB * math.log(10.0) / 20.0
        levels_uv = np.exp(np.arange(math.log(LOWEST_UV), math.log(HIGHEST_UV) + step, step))
        freedom = min(1.0, 2.0 * self._bandwidth_hz / self._rate_hz)
        levels = np.stack([freedom / (2.0 * levels_uv**2), levels_uv**-freedom, np.log(levels_uv)])
        # A Kalman filter on the logarithm of the level, of which a sample tells 2 freedom, has the
        # time constant 1 / (2 freedom rate variance) with variance² = diffusion / (2 freedom).
        information = 2.0 * freedom
        diffusion = (2.0 / (self._settings.memory_s * self._rate_hz)) ** 2 / information
        move, jump = min(0.25, diffusion / (2.0 * step**2)), JUMPS_PER_S / self._rate_hz
        state = self._state(self._n_channels, levels.shape[1])
        return self._with_slow(lambda x, out: drive_envelope(x, levels, move, jump, state, out))

    def _damped(self) -> Estimate:
        alpha = _alpha(self.fast_delay_s, self._rate_hz)
        state = self._state(fixed.N_DAMPED, self._n_channels)
        return self._with_slow(lambda x, out: rms_envelope(x, alpha, state, out))

    def _moving(self) -> Estimate:
        n_window = max(1, round(self.fast_memory_s * self._rate_hz))
        ring = self._state(n_window, self._n_channels)
        state = self._state(fixed.N_MOVING, self._n_channels)
        return lambda x, out: moving_mean(x, ring, state, out)

    def _moving_rms(self) -> Estimate:
        mean = self._moving()

        def estimate(x: Floats, out: Floats) -> None:
            mean(np.square(x), out)
            np.sqrt(out, out=out)

        return self._with_slow(estimate)

    def _moving_arv(self) -> Estimate:
        mean = self._moving()
        return self._with_slow(lambda x, out: mean(RMS_OF_ARV * np.abs(x), out))

    def _butterworth(self) -> Estimate:
        corner_hz = BUTTERWORTH_DELAY / self.fast_delay_s
        sos, steady_state = low_pass(min(corner_hz, 0.4 * self._rate_hz), self._rate_hz)
        state = self._state(1, 2, self._n_channels)

        def estimate(x: Floats, out: Floats) -> None:
            sosfilt(RMS_OF_ARV * np.abs(x), sos, steady_state, state, out)
            np.maximum(out, 0.0, out=out)

        return self._with_slow(estimate)

    def _with_slow(self, fast: Estimate) -> Estimate:
        state = self._state(fixed.N_DAMPED, self._n_channels)

        def estimate(x: Floats, out: Floats) -> None:
            fast(x, out[0])
            rms_envelope(x, self._slow_alpha, state, out[1])

        return estimate


def hold_cv(memory_s: float, bandwidth_hz: float) -> float:
    """Coefficient of variation, in a steady hold, of a moving RMS over ``memory_s``.

    For a Gaussian signal with a flat spectrum (Bendat & Piersol, Random Data, ch. 8).
    """
    return 0.5 / math.sqrt(bandwidth_hz * memory_s)


def low_pass(corner_hz: float, sample_rate_hz: float) -> tuple[Floats, Floats]:
    """Second-order Butterworth low-pass as one section, and its steady state."""
    w = math.tan(math.pi * corner_hz / sample_rate_hz)
    a0 = 1.0 + math.sqrt(2.0) * w + w * w
    b, a1 = w * w / a0, 2.0 * (w * w - 1.0) / a0
    a2 = (1.0 - math.sqrt(2.0) * w + w * w) / a0
    return _section(b, 2.0 * b, b, a1, a2)


def whitener(sample_rate_hz: float, low_hz: float, high_hz: float) -> tuple[Floats, Floats]:
    """Flatten the spectrum of a typical muscle inside a band, and keep its power.

    The error filter of a linear predictor of second order, one fixed for all as Clancy & Farry
    (2000, IEEE Trans Biomed Eng 47:709) found to do: it learns nothing, so it is stable and the
    same in every session.

    Returns
    -------
    sos : ndarray, shape (1, 6)
    steady_state : ndarray, shape (1, 2)
    """
    f = np.linspace(0.0, sample_rate_hz / 2.0, 2001)
    muscle = f**2 / ((f**2 + MUSCLE_LOW_HZ**2) * (f**2 + MUSCLE_HIGH_HZ**2) ** 2)
    muscle /= muscle.mean()
    lags = np.exp(2j * np.pi * np.outer(np.arange(3), f / sample_rate_hz))
    r = (lags.real * (muscle + NOISE_SHARE)).mean(axis=1)
    predictor = np.linalg.solve([[r[0], r[1]], [r[1], r[0]]], r[1:])
    taps = np.array([1.0, -predictor[0], -predictor[1]])
    muscle[(f < low_hz) | (f > high_hz)] = 0.0
    taps /= math.sqrt(float(np.mean(muscle * np.abs(taps @ lags) ** 2) / muscle.mean()))
    return _section(float(taps[0]), float(taps[1]), float(taps[2]), 0.0, 0.0)


def _section(b0: float, b1: float, b2: float, a1: float, a2: float) -> tuple[Floats, Floats]:
    gain = (b0 + b1 + b2) / (1.0 + a1 + a2)
    second = b2 - a2 * gain
    first = b1 - a1 * gain + second
    return np.array([[b0, b1, b2, 1.0, a1, a2]]), np.array([[first, second]])


def _alpha(delay_s: float, sample_rate_hz: float) -> float:
    return 1.0 - math.exp(-2.0 / (delay_s * sample_rate_hz))

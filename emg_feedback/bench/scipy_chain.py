"""The default chain as one writes it with SciPy today: what the kernels are compared with."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.stream.filters import design

Array = NDArray[np.float64]

RMS_WINDOW_S = 0.1
ONSET_SCATTERS, RELEASE_SCATTERS = 6.0, 2.0


class ScipyChain:
    """Band-pass and notches, two smoothed squares, a threshold on an RMS; state carried.

    Each stage is the fastest call SciPy and NumPy have for it. Against our chain this one has a
    fixed rest level, does not look back for the onset and does not know of lost samples.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    settings : ChainSettings
    rest_uv : float
        Rest level; its scatter is taken as a tenth of it.
    """

    def __init__(
        self, n_channels: int, sample_rate_hz: float, settings: ChainSettings, rest_uv: float
    ) -> None:
        from scipy import signal

        self._sosfilt, self._lfilter = signal.sosfilt, signal.lfilter
        notches = msgspec.structs.replace(settings, mains_filter="notch")
        self._sos, _ = design(notches, sample_rate_hz)
        self._delays = np.zeros((len(self._sos), 2, n_channels))
        self._smoothers = []
        for delay_s in (settings.fast_delay_s, settings.slow_delay_s):
            pole = np.exp(-2.0 / (delay_s * sample_rate_hz))
            b, a = np.array([(1.0 - pole) ** 2]), np.array([1.0, -2.0 * pole, pole**2])
            self._smoothers.append([b, a, np.zeros((2, n_channels))])
        window = max(1, round(RMS_WINDOW_S * sample_rate_hz))
        self._window = np.zeros((window, n_channels))
        self._on = (rest_uv * (1.0 + 0.1 * ONSET_SCATTERS)) ** 2
        self._off = (rest_uv * (1.0 + 0.1 * RELEASE_SCATTERS)) ** 2
        self._active = np.zeros(n_channels, np.bool_)

    def push(self, block_uv: Array) -> tuple[Array, Array, Array, NDArray[np.bool_]]:
        """Return filtered samples, fast and slow envelope, and who is active."""
        filtered, self._delays = self._sosfilt(self._sos, block_uv, axis=0, zi=self._delays)
        squares = filtered * filtered
        envelopes = []
        for smoother in self._smoothers:
            b, a, delays = smoother
            power, smoother[2] = self._lfilter(b, a, squares, axis=0, zi=delays)
            envelopes.append(np.sqrt(np.maximum(power, 0.0)))
        return filtered, envelopes[0], envelopes[1], self._decide(squares)

    def _decide(self, squares: Array) -> NDArray[np.bool_]:
        n_window, n_samples = len(self._window), len(squares)
        recent = np.concatenate((self._window, squares))
        self._window = recent[-n_window:]
        sums = np.cumsum(recent, axis=0)
        power = (sums[n_window:] - sums[:n_samples]) / n_window
        on, off = power > self._on, power < self._off
        decided = np.where(on | off, np.arange(1, n_samples + 1)[:, None], 0)
        decided = np.maximum.accumulate(decided, axis=0)
        before = np.concatenate((self._active[None], on))
        active: NDArray[np.bool_] = np.take_along_axis(before, decided, axis=0)
        self._active = active[-1]
        return active

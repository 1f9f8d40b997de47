"""Surface EMG that looks like EMG: noise of the right spectrum that follows a drive.

numpy only: the emulated board must start in well under a second.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from emg_hardware.electrodes import Background, SimulatorSettings
from emg_hardware.interference import movement
from emg_hardware.shaping import Converter, stulen_de_luca

__all__ = ["ANALOG_RATE_HZ", "EmgSimulator", "SimulatorSettings"]

ANALOG_RATE_HZ = 2000
_SHAPING_TAPS = 255
_CHUNK_SAMPLES = 32


class EmgSimulator:
    """Muscles on the first channels; the other channels are shorted and read noise only.

    The samples do not depend on how they are cut into blocks: everything but the drive is made in
    chunks of fixed length.

    Parameters
    ----------
    n_muscles
        Number of muscles.
    seed
        The same seed and drive give the same samples.
    settings
        Amplitudes.
    n_channels
        Columns of the output.
    sample_rate_hz
        Divides 2000.
    """

    def __init__(
        self,
        n_muscles: int,
        seed: int,
        settings: SimulatorSettings | None = None,
        n_channels: int = 8,
        sample_rate_hz: float = 250.0,
    ) -> None:
        self.n_muscles = n_muscles
        self.n_channels = n_channels
        self.sample_rate_hz = sample_rate_hz
        self.settings = settings or SimulatorSettings()
        self._factor = round(ANALOG_RATE_HZ / sample_rate_hz)
        if self._factor * sample_rate_hz != ANALOG_RATE_HZ or not 0 < n_muscles <= n_channels:
            raise ValueError("the rate must divide 2000 Hz, every muscle needs a channel")
        self._random, other = np.random.default_rng(seed).spawn(2)
        self._background = Background(
            self.settings, n_muscles, n_channels, ANALOG_RATE_HZ, self._factor, other
        )
        self._converter = Converter(self._factor, self._background.offset_uv)
        self._shaping = stulen_de_luca(
            self.settings.f_low_hz, self.settings.f_high_hz, ANALOG_RATE_HZ, _SHAPING_TAPS
        )
        self._mixing = np.full((n_muscles, n_muscles), self.settings.crosstalk)
        np.fill_diagonal(self._mixing, 1.0)
        self._white = self._random.standard_normal((_SHAPING_TAPS - 1, n_muscles))
        self._carrier = np.empty((0, n_muscles))
        self._background_uv = np.empty((0, n_channels))
        self._tug_uv = self.settings.artefact_peak_uv * movement(ANALOG_RATE_HZ)
        self._tugs_uv = np.zeros((len(self._tug_uv), n_muscles))
        self._last_drive = np.zeros((1, n_muscles))

    def next_block(self, drive: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what the board reads while the muscles follow ``drive``.

        Parameters
        ----------
        drive : ndarray, shape (n_samples, n_muscles)
            Fraction of a maximal contraction.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_channels)
            Microvolts.
        """
        if len(drive) == 0:
            return np.empty((0, self.n_channels))
        n_analog = len(drive) * self._factor
        self._fill(n_analog)
        before = np.vstack((self._last_drive, drive[:-1]))
        self._last_drive = drive[-1:].copy()
        amplitude_uv = self.settings.mvc_rms_uv * self._analog_drive(before, drive)
        emg_uv = amplitude_uv * self._carrier[:n_analog]
        analog_uv = self._background_uv[:n_analog].copy()
        analog_uv[:, : self.n_muscles] += emg_uv @ self._mixing + self._movement_uv(before, drive)
        self._carrier = self._carrier[n_analog:]
        self._background_uv = self._background_uv[n_analog:]
        return self._converter.push(analog_uv)

    def _analog_drive(
        self, before: NDArray[np.float64], drive: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        rise = np.arange(1, self._factor + 1)[:, None] / self._factor
        analog = before[:, None, :] + (drive - before)[:, None, :] * rise
        return analog.reshape(-1, self.n_muscles)

    def _movement_uv(
        self, before: NDArray[np.float64], drive: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        n_analog = len(drive) * self._factor
        tugs_uv = np.vstack((self._tugs_uv, np.zeros((n_analog, self.n_muscles))))
        for sample, muscle in zip(*np.nonzero((before == 0) & (drive > 0)), strict=True):
            start = sample * self._factor
            tugs_uv[start : start + len(self._tug_uv), muscle] += self._tug_uv
        self._tugs_uv = tugs_uv[n_analog:]
        return tugs_uv[:n_analog]

    def _fill(self, n_analog: int) -> None:
        carriers, backgrounds_uv = [self._carrier], [self._background_uv]
        chunk_length = _CHUNK_SAMPLES * self._factor
        n_chunks = -(-(n_analog - len(self._carrier)) // chunk_length)
        for _ in range(n_chunks):
            carriers.append(self._next_carrier(chunk_length))
            backgrounds_uv.append(self._background.next_chunk(chunk_length))
        self._carrier = np.concatenate(carriers)
        self._background_uv = np.concatenate(backgrounds_uv)

    def _next_carrier(self, n_analog: int) -> NDArray[np.float64]:
        new = self._random.standard_normal((n_analog, self.n_muscles))
        white = np.vstack((self._white, new))
        self._white = white[n_analog:]
        return np.asarray(sliding_window_view(white, _SHAPING_TAPS, axis=0) @ self._shaping)

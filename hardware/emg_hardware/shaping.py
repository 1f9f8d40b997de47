"""What gives simulated EMG its spectrum, and the converter its droop."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray


def stulen_de_luca(
    f_low_hz: float, f_high_hz: float, rate_hz: float, n_taps: int
) -> NDArray[np.float64]:
    """Return a filter that turns white noise of unit RMS into surface EMG of unit RMS.

    The power spectrum is f_h^4 f^2 / ((f^2 + f_l^2) (f^2 + f_h^2)^2): Stulen and De Luca 1981,
    IEEE Trans Biomed Eng 28:515. Linear phase: the delay of noise means nothing.

    Returns
    -------
    ndarray of float64, shape (n_taps,)
    """
    f_hz = np.fft.rfftfreq(8 * n_taps, 1 / rate_hz)
    magnitude = f_high_hz**2 * f_hz / (np.hypot(f_hz, f_low_hz) * (f_hz**2 + f_high_hz**2))
    centred = np.fft.fftshift(np.fft.irfft(magnitude))
    start = 4 * n_taps - n_taps // 2
    taps = centred[start : start + n_taps] * np.hanning(n_taps)
    taps -= taps.mean()
    return np.asarray(taps / np.linalg.norm(taps))


def sinc3(factor: int) -> NDArray[np.float64]:
    """Return the decimation filter of a third-order delta-sigma converter.

    Three running means over one output period: -3 dB at 0.262 of the output rate (ADS1299 data
    sheet, SBAS499), zeros at its multiples, 1.5 periods of delay.

    Returns
    -------
    ndarray of float64, shape (3 * factor - 2,)
    """
    mean = np.full(factor, 1 / factor)
    return np.convolve(np.convolve(mean, mean), mean)


class Converter:
    """A delta-sigma converter that samples every ``factor`` analog values.

    Parameters
    ----------
    factor
        Analog values a sample.
    before : ndarray, shape (n_channels,)
        What was at the inputs until now.
    """

    def __init__(self, factor: int, before: NDArray[np.float64]) -> None:
        self._factor = factor
        self._taps = sinc3(factor)
        self._memory = np.tile(before, (len(self._taps) - factor, 1))

    def push(self, analog: NDArray[np.float64]) -> NDArray[np.float64]:
        """Convert whole samples: (n_samples * factor, n_channels) to (n_samples, n_channels)."""
        joined = np.vstack((self._memory, analog))
        self._memory = joined[len(analog) :]
        windows = sliding_window_view(joined, len(self._taps), axis=0)[:: self._factor]
        return np.asarray(windows @ self._taps)

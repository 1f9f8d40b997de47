"""What the filters make of mains, and of a spike and a jump of the electrode."""

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.stream.filters import end_of_band_hz, mains_lines
from emg_kernels import fits, mains

# The grid, and a board's clock, are off by no more.
MOST_OFF_HZ = 0.5
# A harmonic above this share of the rate is weak by the time it is folded into the band: 180 Hz at
# 250 samples/s is left 4 % by the sinc³ filter. At 200, where 120 Hz is left a half, it is below.
CONVERTER_ENDS_SHARE = 0.625


class Shapes:
    """What the filters make of mains, and of a spike and a jump of the electrode.

    Parameters
    ----------
    settings : ChainSettings
    sample_rate_hz : float
    sos : ndarray, shape (n_sections, 6)
        The filters.

    Attributes
    ----------
    lines : ndarray, shape (n_lines, mains.N_LINE)
        See `emg_kernels.mains`; none if mains is not left to the canceller.
    n_appearing : int
        How many of the lines, the first, are tried where mains may have appeared: those beyond
        `CONVERTER_ENDS_SHARE` a converter lets hardly through.
    """

    def __init__(
        self, settings: ChainSettings, sample_rate_hz: float, sos: NDArray[np.float64]
    ) -> None:
        from scipy import signal

        self._sos = sos
        cycles: list[float] = []
        harmonics: list[int] = []
        self.n_appearing = 0
        if settings.mains_filter == "adaptive" and settings.mains_hz is not None:
            end_hz = end_of_band_hz(settings, sample_rate_hz)
            lines_hz = mains_lines(settings.mains_hz, sample_rate_hz, end_hz)
            cycles = [line_hz / sample_rate_hz for line_hz in lines_hz]
            harmonics = list(lines_hz.values())
            ends_hz = CONVERTER_ENDS_SHARE * sample_rate_hz
            self.n_appearing = sum(abs(one) * settings.mains_hz < ends_hz for one in harmonics)
        self.lines = np.zeros((len(cycles), mains.N_LINE))
        if cycles:
            turns = 2.0 * np.pi * np.array(cycles)
            _, gain = signal.sosfreqz(sos, turns)
            self.lines[:, mains.CYCLES] = cycles
            self.lines[:, mains.TURN_COS], self.lines[:, mains.TURN_SIN] = (
                np.cos(turns),
                np.sin(turns),
            )
            self.lines[:, mains.GAIN_RE], self.lines[:, mains.GAIN_IM] = gain.real, gain.imag
            self.lines[:, mains.NOW] = -2.0
            self.lines[:, mains.REACH] = MOST_OFF_HZ / sample_rate_hz * np.array(harmonics)

    def responses(self, n_samples: int) -> NDArray[np.float64]:
        """Responses to what ``fits`` has rows for, from zero on; zeros for lines that are not."""
        from scipy import signal

        n = np.arange(n_samples)
        inputs = np.zeros((fits.N_RESPONSES, n_samples))
        inputs[fits.IMPULSE], inputs[fits.LATER] = n == 0, n == 1
        inputs[fits.STEP] = inputs[fits.JUMP] = 1.0
        for line, cycles in enumerate(self.lines[: fits.MOST_REGRESSORS // 2, mains.CYCLES]):
            angles = 2.0 * np.pi * cycles * n
            inputs[fits.LINES + 2 * line] = np.cos(angles)
            inputs[fits.LINES + 2 * line + 1] = np.sin(angles)
        return np.ascontiguousarray(signal.sosfilt(self._sos, inputs, axis=1))


def factors_of(responses: NDArray[np.float64], n_burst: int) -> NDArray[np.float64]:
    """Return Cholesky factors, as ``fits`` wants them, of the products of the responses.

    Parameters
    ----------
    responses : ndarray, shape (fits.N_RESPONSES, n_samples)
    n_burst : int
        The greatest length.

    Returns
    -------
    ndarray, shape (n_burst + 1, fits.N_RESPONSES, fits.N_RESPONSES)
    """
    shape = (n_burst + 1, fits.N_RESPONSES, fits.N_RESPONSES)
    together = np.zeros(shape[1:], np.bool_)
    for first, end in fits.GROUPS:
        together[first:end, first:end] = True
    products = np.zeros(shape)
    parts = responses[:, :n_burst].T
    products[1:] = np.cumsum(parts[:, :, None] * parts[:, None, :] * together, axis=0)
    diagonal = np.arange(fits.N_RESPONSES)
    products[:, diagonal, diagonal] *= 1.0 + fits.RIDGE
    products[:, diagonal, diagonal] += fits.LEAST_RIDGE
    factors = np.linalg.cholesky(products)
    factors[:, diagonal, diagonal] = 1.0 / factors[:, diagonal, diagonal]
    return np.ascontiguousarray(factors)

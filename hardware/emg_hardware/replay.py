"""A recording as what is at the electrodes."""

import numpy as np
from numpy.typing import NDArray

from emg_config.errors import UserError
from emg_hardware.cyton_protocol import N_CHANNELS, SAMPLE_RATE_HZ


class Replay:
    """Play a recording once; channels it does not have, and samples it lost (NaN), read zero.

    Parameters
    ----------
    data_uv : ndarray, shape (n_samples, n_channels)
        Microvolts, at most 8 channels.
    sample_rate_hz
        Must be the Cyton's 250 Hz.

    Raises
    ------
    UserError
        The recording does not fit the board.
    """

    def __init__(self, data_uv: NDArray[np.float64], sample_rate_hz: float) -> None:
        n_channels = data_uv.shape[1]
        if sample_rate_hz != SAMPLE_RATE_HZ:
            raise UserError(
                f"the emulated Cyton plays {SAMPLE_RATE_HZ:g} samples/s, this recording has "
                f"{sample_rate_hz:g}: resample it first, or use 'emg-feedback analyze' on it"
            )
        if n_channels > N_CHANNELS:
            raise UserError(
                f"the emulated Cyton has {N_CHANNELS} channels, this recording has {n_channels}: "
                f"keep at most {N_CHANNELS} of them"
            )
        self._data_uv = np.zeros((len(data_uv), N_CHANNELS))
        self._data_uv[:, :n_channels] = np.nan_to_num(data_uv)
        self._position = 0

    def next_block(self, n_samples: int) -> NDArray[np.float64]:
        """Return the next samples in µV, shape (n_samples, 8); fewer at the end."""
        start = self._position
        self._position = min(start + n_samples, len(self._data_uv))
        return self._data_uv[start : self._position]

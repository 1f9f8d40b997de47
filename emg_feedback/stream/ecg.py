"""Heartbeats in EMG channels of the neck, the shoulder and the trunk."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from emg_config import UserError
from emg_kernels import ecg, remove_heartbeats

# A heartbeat in the EMG's band lasts about 0.1 s. Its power, smoothed, is greatest near its end.
SMOOTHING_S = 0.014
LEAD_S, COMPARED_S, CURVE_S = 0.092, 0.107, 0.18
# The peak of the power falls now on one wave of the beat, now on the next.
LAG_S = 0.02
COARSE_STEP_S = 0.002
# 180 and 35 beats a minute.
SHORTEST_S, LONGEST_S = 0.33, 1.7
FORGET_S = 8.0
# A heart that has not been seen for so many of the longest intervals may be none.
IN_SIGHT = 2.0
HELD_S, TAIL_S = 0.18, 0.03
LEVEL_S, FADE_S = 0.5, 0.1
N_CURVES = 8


class Heart:
    """Find heartbeats in filtered samples and take them out.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    channels : sequence of int
        Channels, from 0, out of which heartbeats are taken; they are found in all.

    Attributes
    ----------
    delay_samples : int
        How late the signal without heartbeats is, in every channel.

    Raises
    ------
    UserError
        There is no such channel.
    """

    def __init__(
        self, n_channels: int, sample_rate_hz: float, channels: Sequence[int] = ()
    ) -> None:
        if not all(0 <= channel < n_channels for channel in channels):
            raise UserError(
                f"heartbeats cannot be taken out of channels {list(channels)}: there are "
                f"{n_channels}, counted from 0"
            )
        self._wanted = np.zeros(n_channels, np.bool_)
        self._wanted[list(channels)] = True
        self._settings = np.zeros(ecg.N_SETTINGS)
        in_samples = {
            ecg.LEAD: LEAD_S,
            ecg.LENGTH: COMPARED_S,
            ecg.LAG: LAG_S,
            ecg.STRIDE: COARSE_STEP_S,
            ecg.SHORTEST: SHORTEST_S,
            ecg.LONGEST: LONGEST_S,
            ecg.FORGET: FORGET_S,
            ecg.HELD: HELD_S,
            ecg.TAIL: TAIL_S,
        }
        for entry, seconds in in_samples.items():
            self._settings[entry] = max(1, round(seconds * sample_rate_hz))
        self._settings[ecg.SMOOTH_ALPHA] = 1.0 - math.exp(-1.0 / (SMOOTHING_S * sample_rate_hz))
        self._settings[ecg.LEVEL_RATE] = 1.0 / (LEVEL_S * sample_rate_hz)
        self._settings[ecg.FADE] = 1.0 / (FADE_S * sample_rate_hz)
        self.delay_samples = int(self._settings[ecg.LENGTH] + 2 * self._settings[ecg.LAG])
        n_curve = round(CURVE_S * sample_rate_hz)
        self._state = np.empty((ecg.N_STATE, n_channels))
        self._ring = np.empty((self.delay_samples + 1, n_channels))
        self._curves = np.empty((n_channels, N_CURVES, n_curve))
        self._known = np.empty((n_channels, N_CURVES, ecg.N_KNOWN))
        self.reset()

    def push(
        self, filtered_uv: NDArray[np.float64], first_sample: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Take a block.

        Returns
        -------
        without_uv : ndarray, shape (n_samples, n_channels)
            The signal ``delay_samples`` ago without heartbeats; NaN where there is none.
        heart : ndarray of int64, shape (n_samples, n_channels)
            What can be said at once of each sample: ``ecg.NOTHING``, ``SUSPECTED``, ``HEARTBEAT``
            or ``RECOGNISED``.
        """
        self._next_sample = first_sample + len(filtered_uv)
        without_uv = np.empty_like(filtered_uv)
        heart = np.empty(filtered_uv.shape, np.int64)
        remove_heartbeats(
            filtered_uv,
            self._settings,
            first_sample,
            self._state,
            self._ring,
            self._curves,
            self._known,
            self._wanted,
            without_uv,
            heart,
        )
        return without_uv, heart

    @property
    def share(self) -> NDArray[np.float64]:
        """Power of the heart in each channel at rest, as a share of all that is there, 0 to 1."""
        best = self._known[:, :, ecg.COUNT].argmax(axis=1)
        energy = np.square(self._curves[np.arange(len(best)), best]).sum(axis=1)
        interval = np.maximum(self._state[ecg.INTERVAL], self._settings[ecg.SHORTEST])
        power = np.where(self._beating, energy / interval, 0.0)
        rest = ecg.MEDIAN_VARIANCE * np.square(self._state[ecg.LEVEL])
        return np.asarray(power / np.maximum(power + rest, np.finfo(float).tiny))

    @property
    def _beating(self) -> NDArray[np.bool_]:
        """Whether a heart is known that beat not long ago; what is none beats no more at rest."""
        out_of_sight = IN_SIGHT * self._settings[ecg.LONGEST]
        since_beat = self._next_sample - self._state[ecg.LAST_BEAT]
        return np.asarray((self._state[ecg.BEAT_POWER] > 0.0) & (since_beat < out_of_sight))

    def reset(self) -> None:
        """Forget everything."""
        self._next_sample = 0
        self._state[:] = 0.0
        self._state[list(ecg.TIMES)] = -np.inf
        self._state[[ecg.LOST_AT, ecg.NEXT]] = -1.0
        self._ring[:] = np.nan
        self._curves[:] = 0.0
        self._known[:] = 0.0

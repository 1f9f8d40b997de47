"""Onset and offset of contractions, channel by channel."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_kernels import detect_contractions, onset

SETTLE_S = 0.5
LEARN_S = 1.0
HANG_OVER_S = 0.06
MOST_LOST_S = 0.5
TRACKING_S = 5.0
LOOK_BACK_S = 0.5
FLOOR_UV = 0.2
KEPT_WHEN_LEARNING = (onset.WINDOW_POWER, onset.LAST_EVENT)


@dataclass(frozen=True, slots=True)
class Edge:
    """The start or the end of a contraction.

    Attributes
    ----------
    kind : {"onset", "offset"}
    channel : int
    sample : int
        Absolute index of the sample at which it happened, by the estimate that looks back.
    decided_sample : int
        Absolute index of the sample at which it became known.
    """

    kind: Literal["onset", "offset"]
    channel: int
    sample: int
    decided_sample: int


class Detector:
    """Decide from filtered samples when each muscle starts and stops to contract."""

    def __init__(self, n_channels: int, sample_rate_hz: float, settings: ChainSettings) -> None:
        self._settings = np.zeros(onset.N_SETTINGS)
        in_samples = {
            onset.WINDOW: settings.window_s,
            onset.SETTLE: SETTLE_S,
            onset.LEARN: LEARN_S,
            onset.HANG_OVER: HANG_OVER_S,
            onset.MOST_LOST: MOST_LOST_S,
        }
        for entry, seconds in in_samples.items():
            self._settings[entry] = max(1, round(seconds * sample_rate_hz))
        self._settings[onset.TRACK_ALPHA] = 1.0 / (TRACKING_S * sample_rate_hz)
        self._settings[onset.ONSET_SD] = settings.onset_sd
        self._settings[onset.RELEASE_SD] = settings.release_sd
        self._settings[onset.FLOOR_UV] = FLOOR_UV
        n_ring = round(max(LOOK_BACK_S, settings.window_s) * sample_rate_hz)
        self._ring = np.zeros((n_ring, n_channels))
        self._state = np.zeros((onset.N_STATE, n_channels))
        self._ended: list[Edge] = []
        self._last_sample = 0

    def push(
        self, filtered_uv: NDArray[np.float64], first_sample: int
    ) -> tuple[NDArray[np.bool_], list[Edge]]:
        """Take a block and return who is active at each sample, and what was decided."""
        active = np.empty(filtered_uv.shape, np.bool_)
        events = np.empty((filtered_uv.size, 4), np.int64)
        n_events = detect_contractions(
            filtered_uv, self._settings, first_sample, self._state, self._ring, active, events
        )
        ended, self._ended = self._ended, []
        self._last_sample = first_sample + len(filtered_uv) - 1
        return active, ended + [
            Edge("onset" if is_onset else "offset", channel, max(sample, 0), decided)
            for channel, is_onset, sample, decided in events[:n_events].tolist()
        ]

    @property
    def rest_uv(self) -> NDArray[np.float64]:
        """Rest level of each channel in µV."""
        return np.array(self._state[onset.REST_UV])

    @property
    def scatter_uv(self) -> NDArray[np.float64]:
        """Standard deviation of the level at rest, of each channel in µV."""
        return np.array(np.sqrt(self._state[onset.REST_VARIANCE]))

    def set_rest(self, rest_uv: NDArray[np.float64], scatter_uv: NDArray[np.float64]) -> None:
        """Take a rest level as known; detection starts at once and goes on tracking from there."""
        resting = self._state[onset.PHASE] != onset.CONTRACTING
        self._state[onset.PHASE, resting] = onset.RESTING
        self._state[onset.REST_UV] = rest_uv
        self._state[onset.REST_VARIANCE] = np.square(scatter_uv)

    def learn_rest(self) -> None:
        """Learn the rest level anew from the next second; a contraction that is on ends here."""
        for channel in np.flatnonzero(self._state[onset.PHASE] == onset.CONTRACTING).tolist():
            self._ended.append(Edge("offset", channel, self._last_sample, self._last_sample))
        self._state[:] = np.where(
            np.isin(np.arange(onset.N_STATE), KEPT_WHEN_LEARNING)[:, None], self._state, 0.0
        )
        self._state[onset.PHASE] = onset.LEARNING

    def reset(self) -> None:
        """Forget everything."""
        self._state[:] = 0.0
        self._ring[:] = 0.0
        self._ended = []
        self._last_sample = 0

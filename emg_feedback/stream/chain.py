"""The signal chain: samples in, envelopes and contractions out."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings, UserError
from emg_feedback.stream.detector import Detector, Edge
from emg_feedback.stream.filters import design
from emg_kernels import bridge_gaps, rms_envelope, sosfilt

BRIDGED_GAP_S = 0.02
# After this much nothing of the past is left in the chain: a longer gap is only counted.
LONGEST_GAP_S = 1.0


@dataclass(frozen=True, slots=True)
class Features:
    """What the chain makes of one block; arrays have shape (n_samples, n_channels).

    Attributes
    ----------
    first_sample : int
        Absolute index of the first sample.
    filtered_uv : ndarray of float64
        Band-passed samples without mains.
    envelope_uv, slow_envelope_uv : ndarray of float64
        Envelope for the bar, and the steadier one for the score; NaN while samples are lost.
    active : ndarray of bool
        Whether the muscle contracts.
    events : list of Edge
        Onsets and offsets decided in this block.
    """

    first_sample: int
    filtered_uv: NDArray[np.float64]
    envelope_uv: NDArray[np.float64]
    slow_envelope_uv: NDArray[np.float64]
    active: NDArray[np.bool_]
    events: list[Edge]


class Chain:
    """Filters, envelopes and detector of all channels, with their state.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    settings : ChainSettings, optional

    Raises
    ------
    UserError
        The settings make no sense at this rate.
    """

    def __init__(
        self, n_channels: int, sample_rate_hz: float, settings: ChainSettings | None = None
    ) -> None:
        if n_channels < 1:
            raise UserError(f"a chain needs at least one channel, not {n_channels}")
        self.n_channels = n_channels
        self.sample_rate_hz = sample_rate_hz
        self.settings = settings or ChainSettings()
        self._sos, self._steady_state = design(self.settings, sample_rate_hz)
        self._detector = Detector(n_channels, sample_rate_hz, self.settings)
        self._alphas = [
            1.0 - math.exp(-2.0 / (delay_s * sample_rate_hz))
            for delay_s in (self.settings.fast_delay_s, self.settings.slow_delay_s)
        ]
        self._bridge = np.empty((2, n_channels))
        self._filter = np.empty((len(self._sos), 2, n_channels))
        self._envelopes = np.empty((2, 4, n_channels))
        self.reset()

    def push(self, block_uv: NDArray[np.float64]) -> Features:
        """Process a block of any length; NaN marks a lost sample.

        Parameters
        ----------
        block_uv : ndarray, shape (n_samples, n_channels)
            Samples in µV.
        """
        block = np.ascontiguousarray(block_uv, np.float64)
        if block.ndim != 2 or block.shape[1] != self.n_channels:
            raise UserError(
                f"a block must have shape (n_samples, {self.n_channels}), not {block.shape}"
            )
        bridged, filtered = np.empty_like(block), np.empty_like(block)
        fast, slow = np.empty_like(block), np.empty_like(block)
        bridge_gaps(block, BRIDGED_GAP_S * self.sample_rate_hz, self._bridge, bridged)
        sosfilt(bridged, self._sos, self._steady_state, self._filter, filtered)
        rms_envelope(filtered, self._alphas[0], self._envelopes[0], fast)
        rms_envelope(filtered, self._alphas[1], self._envelopes[1], slow)
        active, events = self._detector.push(filtered, self._next_sample)
        features = Features(self._next_sample, filtered, fast, slow, active, events)
        self._next_sample += len(block)
        return features

    def skip(self, n_samples: int) -> Features:
        """Count samples that never arrived; return what is known of the first of them."""
        looked_at = min(n_samples, round(LONGEST_GAP_S * self.sample_rate_hz))
        features = self.push(np.full((looked_at, self.n_channels), np.nan))
        self._next_sample += n_samples - looked_at
        return features

    @property
    def rest_uv(self) -> NDArray[np.float64]:
        """Rest level of each channel, µV, as the detector knows it now."""
        return self._detector.rest_uv

    @property
    def rest_scatter_uv(self) -> NDArray[np.float64]:
        """Standard deviation of the level at rest, µV."""
        return self._detector.scatter_uv

    def set_rest(self, rest_uv: NDArray[np.float64], scatter_uv: NDArray[np.float64]) -> None:
        """Take the rest level from a calibration."""
        self._detector.set_rest(rest_uv, scatter_uv)

    def learn_rest(self) -> None:
        """Learn the rest level anew from the next second."""
        self._detector.learn_rest()

    def reset(self) -> None:
        """Return to the first state: the next sample is number zero."""
        self._bridge[0], self._bridge[1] = np.nan, 0.0
        self._filter[:] = np.nan
        self._envelopes[:] = np.nan
        self._detector.reset()
        self._next_sample = 0

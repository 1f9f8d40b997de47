"""What rest and full effort look like today, on this skin, with these electrodes."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from emg_feedback.link.messages import or_none

MVC_WINDOW_S = 0.5
# An MVC must stand out of rest by this factor, and rest must vary by less than this share.
LEAST_MVC_OVER_REST = 3.0
LEAST_MVC_UV = 5.0
MOST_REST_VARIATION = 0.5


@dataclass(slots=True)
class Calibration:
    """Reference levels per channel in µV; NaN where not yet measured."""

    rest_uv: NDArray[np.float64]
    mvc_uv: NDArray[np.float64]

    @classmethod
    def none(cls, n_channels: int) -> "Calibration":
        """Nothing measured."""
        return cls(np.full(n_channels, np.nan), np.full(n_channels, np.nan))

    def intensity(self, envelope_uv: NDArray[np.float64]) -> list[float | None]:
        """Envelope as a fraction of MVC; None where there is none to compare with."""
        return or_none(envelope_uv / self.mvc_uv)


@dataclass(slots=True)
class Trial:
    """The slow envelope during one calibration, kept until it is judged."""

    envelopes: list[NDArray[np.float64]] = field(default_factory=list)

    def add(self, slow_envelope_uv: NDArray[np.float64]) -> None:
        """Keep a block, shape (n_samples, n_channels)."""
        self.envelopes.append(slow_envelope_uv)

    def rest(self, channel_names: list[str]) -> tuple[NDArray[np.float64], str | None]:
        """Return the mean level per channel, and why it cannot be used, if so."""
        level = np.vstack(self.envelopes)
        mean = level.mean(axis=0)
        for channel, name in enumerate(channel_names):
            if not np.isfinite(mean[channel]):
                return mean, f"{name}: samples were lost, measure rest again"
            if level[:, channel].std() > MOST_REST_VARIATION * mean[channel] > 0.0:
                return mean, f"{name}: not at rest, relax and measure again"
        return mean, None

    def mvc(self, sample_rate_hz: float) -> NDArray[np.float64]:
        """Return the best mean over ``MVC_WINDOW_S`` per channel."""
        level = np.vstack(self.envelopes)
        window = min(round(MVC_WINDOW_S * sample_rate_hz), len(level))
        total = np.cumsum(np.vstack([np.zeros(level.shape[1]), level]), axis=0)
        return np.asarray(((total[window:] - total[:-window]) / window).max(axis=0))

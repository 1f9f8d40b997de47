"""Fatigue: where the power of a contracting muscle lies in frequency, and which way that goes."""

import math
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_config.settings import HIGHEST_SHARE_OF_RATE
from emg_feedback.stream.chain import Features
from emg_kernels import lag_products

LONGEST_LAG_S = 0.064
FREQUENCY_STEP_HZ = 2.0
FRAME_S = 0.5
# What share of a frame must be contraction for the frame to be a point of the trend.
LEAST_ACTIVE = 0.9
MEMORY_S = 5.0
MOST_POINTS, LEAST_POINTS = 40, 8
# A trend is believed when chance would give as clear a one in less than a hundredth of the cases.
SIGNIFICANT_Z = 2.58
# Up to this rate the board has taken most of the spectrum away: frequencies compare with
# themselves only.
RELATIVE_UP_TO_HZ = 256.0

Word = Literal["steady", "fatigue", "recovery", "force increase", "force decrease"]
# By the direction of the amplitude and of the median frequency.
WORDS: dict[tuple[int, int], Word] = {
    (0, 0): "steady",
    (0, -1): "fatigue",
    (1, -1): "fatigue",
    (1, 0): "force increase",
    (1, 1): "force increase",
    (0, 1): "recovery",
    (-1, 1): "recovery",
    (-1, 0): "force decrease",
    (-1, -1): "force decrease",
}


@dataclass(slots=True)
class Trend:
    """Amplitude and median frequency of one muscle over the time it contracted.

    It holds at most ``MOST_POINTS`` points: when they are full, neighbours become one, so that
    they span all of the time, evenly.

    The line is that of Theil and Sen (Sen 1968, J Am Stat Assoc 63:1379), the median of the slopes
    between all pairs of points; whether it means anything is Kendall's test on the same pairs.
    What the two slopes mean together is the joint analysis of spectrum and amplitude (Luttmann
    et al. 1996, Int J Ind Ergon 18:33; 2000, J Electromyogr Kinesiol 10:131).
    """

    points: list[tuple[float, float, float]] = field(default_factory=list)
    pending: list[tuple[float, float, float]] = field(default_factory=list)
    frames_a_point: int = 1
    known: dict[str, Any] | None = None

    def add(self, time_s: float, amplitude_uv: float, median_frequency_hz: float) -> None:
        """Take one frame."""
        self.pending.append((time_s, amplitude_uv, median_frequency_hz))
        if len(self.pending) < self.frames_a_point:
            return
        self.points.append(_middle(self.pending))
        self.pending, self.known = [], None
        if len(self.points) == MOST_POINTS:
            self.points = [_middle(self.points[i : i + 2]) for i in range(0, MOST_POINTS, 2)]
            self.frames_a_point *= 2

    def told(self) -> dict[str, Any]:
        """Return slopes per second, as shares of the median level, and what they mean in a word."""
        if self.known is None:
            self.known = self._judge()
        return self.known

    def _judge(self) -> dict[str, Any]:
        if len(self.points) < LEAST_POINTS:
            return {"amplitude_slope_per_s": None, "frequency_slope_per_s": None, "trend": None}
        time_s, amplitude_uv, frequency_hz = np.array(self.points).T
        amplitude_slope, amplitude_sign = _theil_sen(time_s, amplitude_uv)
        frequency_slope, frequency_sign = _theil_sen(time_s, frequency_hz)
        return {
            "amplitude_slope_per_s": round(amplitude_slope, 6),
            "frequency_slope_per_s": round(frequency_slope, 6),
            "trend": WORDS[amplitude_sign, frequency_sign],
        }


class Fatigue:
    """Median and mean frequency of each contracting muscle, and their trend, as a stream.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    settings : ChainSettings
        For the band, which says how often samples are needed.
    memory_s : float
        About how much contraction the frequencies are of; infinite for all of a recording.
    """

    def __init__(
        self,
        n_channels: int,
        sample_rate_hz: float,
        settings: ChainSettings,
        memory_s: float = MEMORY_S,
    ) -> None:
        _, high_hz = settings.band_hz(sample_rate_hz)
        self._rate_hz = sample_rate_hz
        self._stride = max(1, math.floor(HIGHEST_SHARE_OF_RATE * sample_rate_hz / high_hz + 1e-9))
        used_rate_hz = sample_rate_hz / self._stride
        n_lags = max(8, round(LONGEST_LAG_S * used_rate_hz))
        self._state = np.zeros((n_lags, n_channels))
        self._sums = np.zeros((n_lags + 1, n_channels))
        self._remembered = np.zeros((n_lags + 1, n_channels))
        self._frame = max(1, round(FRAME_S * sample_rate_hz))
        self._frame_number = 0
        self._memory = memory_s * used_rate_hz
        self._frequency_hz = np.arange(0.0, used_rate_hz / 2, FREQUENCY_STEP_HZ)
        lags = np.arange(n_lags)
        taper = np.where(lags == 0, 1.0, 1.0 + np.cos(np.pi * lags / n_lags))
        turns = np.outer(self._frequency_hz, lags) / used_rate_hz
        self._transform = taper * np.cos(2.0 * np.pi * turns)
        self.trends = [Trend() for _ in range(n_channels)]

    def push(self, features: Features) -> None:
        """Take a block."""
        n_samples, start = len(features.active), 0
        while start < n_samples:
            now = features.first_sample + start
            stop = min(n_samples, start + self._frame - now % self._frame)
            if now // self._frame != self._frame_number:
                self._end_frame()
                self._frame_number = now // self._frame
            lag_products(
                features.filtered_uv[start:stop],
                features.active[start:stop],
                self._stride,
                now,
                self._state,
                self._sums,
            )
            start = stop

    def restart_trends(self) -> None:
        """Forget the trends: an exercise begins."""
        self.trends = [Trend() for _ in self.trends]

    def told(self) -> list[dict[str, Any]]:
        """Return for each channel its frequencies, slopes and word; None where not yet known."""
        median_hz, mean_hz = self._median_and_mean_hz(self._remembered + self._sums)
        return [
            {
                "median_frequency_hz": None if math.isnan(median) else round(median, 2),
                "mean_frequency_hz": None if math.isnan(mean) else round(mean, 2),
                **trend.told(),
                "relative": self._rate_hz <= RELATIVE_UP_TO_HZ,
            }
            for median, mean, trend in zip(
                median_hz.tolist(), mean_hz.tolist(), self.trends, strict=True
            )
        ]

    def _end_frame(self) -> None:
        count = self._sums[-1]
        if count.any():
            self._remembered *= np.exp(-count / self._memory)
            self._remembered += self._sums
            full = count >= LEAST_ACTIVE * (self._frame // self._stride)
            if full.any():
                median_hz, _ = self._median_and_mean_hz(self._sums)
                for channel in np.flatnonzero(full & np.isfinite(median_hz)).tolist():
                    self.trends[channel].add(
                        (self._frame_number + 0.5) * self._frame / self._rate_hz,
                        math.sqrt(self._sums[0, channel] / count[channel]),
                        float(median_hz[channel]),
                    )
            self._sums[:] = 0.0

    def _median_and_mean_hz(
        self, sums: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the frequencies that halve and average the power; NaN where there is none."""
        power = np.maximum(self._transform @ sums[:-1], 0.0)
        total = power.sum(axis=0)
        total[total <= 0.0] = np.nan
        mean_hz = self._frequency_hz @ power / total
        below = np.cumsum(power, axis=0)
        last = np.argmax(below >= total / 2, axis=0)
        channels = np.arange(power.shape[1])
        inside = (below[last, channels] - total / 2) / power[last, channels].clip(min=1e-300)
        return self._frequency_hz[last] + (0.5 - inside) * FREQUENCY_STEP_HZ, mean_hz


def _middle(points: list[tuple[float, float, float]]) -> tuple[float, float, float]:
    time_s, amplitude_uv, frequency_hz = (
        sum(column) / len(points) for column in zip(*points, strict=True)
    )
    return time_s, amplitude_uv, frequency_hz


@cache
def _two_of(n_points: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the numbers of the first and the second of each pair."""
    first, second = np.triu_indices(n_points, 1)
    return first, second


def _theil_sen(time_s: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[float, int]:
    """Return the slope as a share of the median of y, and its sign, 0 when it may be chance."""
    first, second = _two_of(len(y))
    slopes = (y[second] - y[first]) / (time_s[second] - time_s[first])
    n = len(y)
    score = float(np.sign(slopes).sum()) / math.sqrt(n * (n - 1) * (2 * n + 5) / 18)
    sign = 0 if abs(score) < SIGNIFICANT_Z else 1 if score > 0 else -1
    return float(np.median(slopes) / np.median(y)), sign

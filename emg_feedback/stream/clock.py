"""The time at which a sample was taken, by the computer's clock.

Samples arrive in lumps: late by milliseconds on a good link, by half a second on a bad one, but
never early. The earliest arrivals therefore lie on a line, and that line dates every sample.
"""

from collections import deque

import numpy as np

BUCKET_S = 1.0
N_BUCKETS = 60
LEAST_BUCKETS_FOR_DRIFT = 10
MOST_DRIFT = 0.02  # a crystal is off by some 50 ppm, an emulated or radio-bound board by more


class SampleClock:
    """A line through the earliest arrivals.

    In each second the arrival with the least delay is kept. The slope is the median of the slopes
    between all kept arrivals (Theil 1950; Sen 1968), and the line touches the earliest of them.
    """

    def __init__(self, sample_rate_hz: float) -> None:
        self._period_s = 1.0 / sample_rate_hz
        self._kept: deque[tuple[int, float]] = deque(maxlen=N_BUCKETS)
        self._bucket_end_s = -np.inf
        self._drift = 0.0
        self._offset_s = 0.0

    @property
    def started(self) -> bool:
        """Whether any sample was seen."""
        return bool(self._kept)

    def update(self, sample: int, t_arrive: float) -> None:
        """Note that ``sample`` was the newest one in hand at ``t_arrive`` (engine seconds)."""
        lateness = t_arrive - sample * self._period_s
        if t_arrive >= self._bucket_end_s:
            self._fit()
            self._bucket_end_s = t_arrive + BUCKET_S
            self._kept.append((sample, lateness))
        elif self._straight(sample, lateness) < self._straight(*self._kept[-1]):
            self._kept[-1] = (sample, lateness)
        else:
            return
        self._offset_s = min(self._straight(*kept) for kept in self._kept)

    def time_of(self, sample: float) -> float:
        """Engine time at which ``sample`` was in the computer's reach at the earliest."""
        return self._offset_s + sample * self._period_s * (1.0 + self._drift)

    def sample_at(self, t: float) -> float:
        """Index of the sample that is due at ``t``."""
        return (t - self._offset_s) / (self._period_s * (1.0 + self._drift))

    def _straight(self, sample: int, lateness: float) -> float:
        return lateness - sample * self._period_s * self._drift

    def _fit(self) -> None:
        if len(self._kept) < LEAST_BUCKETS_FOR_DRIFT:
            return
        sample, lateness = np.array(self._kept).T
        i, j = np.triu_indices(len(sample), 1)
        slopes = (lateness[j] - lateness[i]) / ((sample[j] - sample[i]) * self._period_s)
        self._drift = float(np.clip(np.median(slopes), -MOST_DRIFT, MOST_DRIFT))

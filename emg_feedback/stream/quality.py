"""Is a channel fit to be believed? One plain word each, and the numbers behind it."""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.filters import mains_lines_hz
from emg_kernels import quality, watch_quality

Array = NDArray[np.float64]

GOOD, OFF_SCALE, FLAT, CHECK_ELECTRODE = "good", "off scale", "flat", "check electrode"
MAINS, MOVEMENT, HEARTBEAT, NOISY = "mains", "movement", "heartbeat", "noisy"
# The first that holds is said.
WORDS = (OFF_SCALE, FLAT, CHECK_ELECTRODE, MOVEMENT, MAINS, HEARTBEAT, NOISY)

FLAT_S = 0.5
RAIL = 0.999
WINDOW_S = 0.5
DRIFT_HZ, MOVEMENT_HZ = 2.5, 12.0
LINES_EACH = 3
# Windows for which a word must be deserved before it is said, and undeserved before it is not.
SAY_AFTER = {OFF_SCALE: 1, MOVEMENT: 1, HEARTBEAT: 8}
SAY_AFTER_ELSE, DROP_AFTER = 2, 4
# Rest is the quietest window of the last four stretches; that window reads low by this factor.
STRETCH_WINDOWS, N_STRETCHES, QUIETEST = 20, 4, 0.85
CONTRACTING = 2.0
# Thresholds; where each comes from is told in docs/decisions/0009-quality.md.
RAIL_SHARE = 0.01
MAINS_SHARE, MAINS_UV = 0.5, 15.0
MOVEMENT_SHARE, MOVEMENT_UV, MOVEMENT_RISE = 0.6, 25.0, 3.0
HEARTBEAT_SHARE = 0.5
NOISE_UV = 20.0
OPEN_MAINS_UV, OPEN_NOISE_UV = 300.0, 100.0


class Quality:
    """Watch raw and filtered samples for all that is not muscle.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    full_scale_uv : float
        Largest reading of the amplifier.
    heartbeat_share : callable, optional
        Returns the heart's share of the power at rest in each channel.

    Attributes
    ----------
    numbers : dict of str to ndarray, shape (n_channels,)
        What was measured in the last half second, NaN where unknown: ``mains_uv`` and
        ``mains_share`` of the power above the drift, ``movement_share`` of what is below the EMG's
        band in all, ``noise_uv`` RMS of the filtered signal at rest, ``heartbeat_share``,
        ``rail_share`` of the samples, ``flat_s``.
    """

    def __init__(
        self,
        n_channels: int,
        sample_rate_hz: float,
        full_scale_uv: float,
        heartbeat_share: Callable[[], Array] | None = None,
    ) -> None:
        self._rate_hz = sample_rate_hz
        self._heartbeat_share = heartbeat_share
        self._window = max(2, round(WINDOW_S * sample_rate_hz))
        of_50_hz, of_60_hz = (
            mains_lines_hz(mains_hz, sample_rate_hz, 0.45 * sample_rate_hz)[:LINES_EACH]
            for mains_hz in (50, 60)
        )
        self._n_lines_50 = len(of_50_hz)
        angles = 2.0 * np.pi * np.array(of_50_hz + of_60_hz) / sample_rate_hz
        self._cosines = 2.0 * np.cos(angles)
        self._settings = np.empty(quality.N_SETTINGS)
        for entry, cut_off_hz in (
            (quality.DRIFT_ALPHA, DRIFT_HZ),
            (quality.LOW_ALPHA, MOVEMENT_HZ),
        ):
            self._settings[entry] = 1.0 - math.exp(-2.0 * np.pi * cut_off_hz / sample_rate_hz)
        self._settings[quality.RAIL_UV] = RAIL * full_scale_uv
        self._settings[quality.FLAT_SAMPLES] = FLAT_S * sample_rate_hz
        self._state = np.zeros((quality.N_STATE, n_channels))
        self._state[[quality.LAST, quality.SLOW]] = np.nan
        self._sums = np.zeros((quality.N_SUMS, n_channels))
        self._lines = np.zeros((len(self._cosines), 2, n_channels))
        self._quietest_uv = np.full((2, N_STRETCHES, n_channels), np.inf)
        self._n_windows = self._in_window = self._unfit = 0
        unknown = np.full(n_channels, np.nan)
        names = "mains_uv mains_share movement_share noise_uv heartbeat_share rail_share flat_s"
        self.numbers = {name: unknown.copy() for name in names.split()}
        self._deserved = {word: np.zeros(n_channels, np.int64) for word in WORDS}
        self._said = {word: np.zeros(n_channels, np.bool_) for word in WORDS}
        self._words = [GOOD] * n_channels

    def push(self, block_uv: Array, filtered_uv: Array) -> list[str]:
        """Return a word for each channel.

        Parameters
        ----------
        block_uv, filtered_uv : ndarray, shape (n_samples, n_channels)
            Raw samples, and what the chain's filters make of them.
        """
        start = 0
        while start < len(block_uv):
            stop = min(len(block_uv), start + self._window - self._in_window)
            unfit = watch_quality(
                block_uv[start:stop],
                filtered_uv[start:stop],
                self._settings,
                self._cosines,
                self._state,
                self._sums,
                self._lines,
            )
            self._in_window += stop - start
            start = stop
            if self._in_window == self._window:
                self._measure()
                self._judge()
                self._sums[:] = 0.0
                self._lines[:] = 0.0
                self._in_window = 0
                self._unfit = -1
            if unfit or unfit != self._unfit:
                self._words = self._say()
                self._unfit = unfit
        return self._words

    def _measure(self) -> None:
        present = self._sums[quality.PRESENT]
        known = present >= 0.5 * self._window
        count = np.where(known, present, np.nan)
        low, band, muscle = (
            self._sums[row] / count
            for row in (quality.LOW_POWER, quality.BAND_POWER, quality.MUSCLE_POWER)
        )
        one, two = self._lines[:, 0], self._lines[:, 1]
        power = one**2 + two**2 - self._cosines[:, None] * one * two
        power = 2.0 * power / self._window**2
        each = power[: self._n_lines_50].sum(axis=0), power[self._n_lines_50 :].sum(axis=0)
        mains = np.where(known, np.maximum(*each), np.nan)
        tiny = np.finfo(float).tiny
        stretch = self._n_windows // STRETCH_WINDOWS % N_STRETCHES
        if self._n_windows % STRETCH_WINDOWS == 0:
            self._quietest_uv[:, stretch] = np.inf
        self._n_windows += 1
        self._now_uv = np.sqrt([muscle, low])
        self._quietest_uv[:, stretch] = np.fmin(self._quietest_uv[:, stretch], self._now_uv)
        quietest_uv = self._quietest_uv[0].min(axis=0)
        self.numbers = {
            "mains_uv": np.sqrt(mains),
            "mains_share": np.minimum(mains / np.maximum(band, tiny), 1.0),
            "movement_share": low / np.maximum(low + muscle, tiny),
            "noise_uv": np.where(np.isfinite(quietest_uv), quietest_uv / QUIETEST, np.nan),
            "heartbeat_share": self._heartbeat_share()
            if self._heartbeat_share is not None
            else np.full(len(low), np.nan),
            "rail_share": self._sums[quality.RAILED] / count,
            "flat_s": self._state[quality.SAME] / self._rate_hz,
        }

    def _judge(self) -> None:
        """Count for each word how long it has been deserved; comparisons with NaN are false."""
        numbers = self.numbers
        mains_uv, mains_share = numbers["mains_uv"], numbers["mains_share"]
        muscle_uv, low_uv = self._now_uv
        contracting = muscle_uv > CONTRACTING * numbers["noise_uv"]
        moved = low_uv > np.maximum(MOVEMENT_UV, MOVEMENT_RISE * self._quietest_uv[1].min(axis=0))
        long_enough = self._n_windows >= N_STRETCHES * STRETCH_WINDOWS
        deserved = {
            OFF_SCALE: numbers["rail_share"] > RAIL_SHARE,
            FLAT: np.zeros_like(contracting),
            CHECK_ELECTRODE: ((mains_share > MAINS_SHARE) & (mains_uv > OPEN_MAINS_UV))
            | ((numbers["noise_uv"] > OPEN_NOISE_UV) & long_enough),
            MAINS: (mains_share > MAINS_SHARE) & (mains_uv > MAINS_UV),
            MOVEMENT: (numbers["movement_share"] > MOVEMENT_SHARE) & moved,
            HEARTBEAT: numbers["heartbeat_share"] > HEARTBEAT_SHARE,
            NOISY: (numbers["noise_uv"] > NOISE_UV) & long_enough,
        }
        for word, holds in deserved.items():
            count = self._deserved[word]
            # What a contraction covers is not judged anew; what was a moment's is over.
            kept = contracting & ~holds & (word not in (OFF_SCALE, MOVEMENT))
            fresh = np.where(holds, np.maximum(count, 0) + 1, np.minimum(count, 0) - 1)
            count[:] = np.where(kept, count, fresh)
            said = self._said[word]
            said |= count >= SAY_AFTER.get(word, SAY_AFTER_ELSE)
            said &= count > -DROP_AFTER

    def _say(self) -> list[str]:
        words = np.full(len(self._words), GOOD, dtype=object)
        for word in reversed(WORDS):
            words[self._said[word]] = word
        words[self._state[quality.SAME] >= self._settings[quality.FLAT_SAMPLES]] = FLAT
        words[np.abs(self._state[quality.LAST]) >= self._settings[quality.RAIL_UV]] = OFF_SCALE
        said: list[str] = words.tolist()
        return said

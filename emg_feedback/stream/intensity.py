"""How strong each contraction was, told when it ends, live and over a recording."""

import math
from dataclasses import asdict, dataclass, field

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_kernels import bin_levels, fit_rise, level

BIN_S = 0.01
# Rest is learnt from what lies this far back, and this long after a contraction.
REST_DELAY_S, REST_WAIT_S, REST_MEMORY_S = 0.5, 0.3, 3.0
# How far an edge may have been dated wrongly, and what is kept to look back at.
MARGIN_S, KEPT_S = 0.12, 3.0
# Of a contraction longer than twice this, the first and the last so much is looked at.
LONGEST_PART_S = 60.0
SHORTEST_RAMP_S, LONGEST_RAMP_S, RAMP_STEP = 0.02, 2.0, 1.25
# A ramp is at most this share of a contraction.
MOST_RAMP = 0.3
FITS = 2
# A contraction's power is never believed to be below this share of rest, nor rest below this share
# of the contraction.
LEAST_OVER_REST, LEAST_REST = 0.1, 1e-6
# In the fit rest counts as no less: what is below a tenth of the strength may be the filters' echo.
LEAST_IN_FIT = 0.01
STEADY_PIECE_S, LEAST_PIECES = 0.25, 4
# Steady is what lies between the first and the last moment of this length at which the level is at
# least this share of its median.
STEADY_MOMENT_S, STEADY_SHARE = 0.1, 0.7
LINEAR_10_TO_90 = 0.8
TINY = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, slots=True)
class Intensity:
    """The strength and the shape of one contraction.

    A trapezoid (rise, plateau, release of the amplitude, on top of the power at rest) is fitted
    to the power in bins of 10 ms by maximum likelihood, so that neither an edge dated a little
    wrongly nor a slow rise weighs on the level.

    Attributes
    ----------
    mean_uv : float
        RMS of the steady contraction, rest included: from the first to the last moment at which
        the level is near its median.
    level_uv : float
        What the muscle's own signal has of it, whatever the noise and the ramps. Each bin of the
        contraction counts: the power above rest just before over the mean square of the fitted
        shape.
    peak_uv : float
        Highest envelope, rest included, and no less than ``mean_uv`` and ``level_uv``.
    time_to_peak_s : float
        From the onset to that highest value, the envelope's delay taken off.
    cv : float or None
        Steadiness: coefficient of variation of the level over successive 250 ms of the plateau;
        None on a plateau of less than a second. About 1 / sqrt(4 * 0.25 s * bandwidth) of it is
        the signal's own randomness: 0.1 at a bandwidth of 90 Hz.
    rise_s : float
    release_s : float or None
        Time from 10 to 90 % of the level, and from 90 to 10 %. None for the release of a
        contraction that was still on when the recording ended.
    """

    mean_uv: float
    level_uv: float
    peak_uv: float
    time_to_peak_s: float
    cv: float | None
    rise_s: float
    release_s: float | None

    def told(self, mvc_uv: float | None = None) -> dict[str, float | None]:
        """Return the fields rounded to a ten-thousandth; with ``mvc_uv`` as shares of it, too.

        ``mvc_uv`` is the level of full effort, be it measured or a submaximal reference divided by
        the share of full effort that it stands for; NaN when there is none yet.
        """
        values = asdict(self)
        if mvc_uv is not None:
            known = math.isfinite(mvc_uv)
            values["mean_mvc"] = self.mean_uv / mvc_uv if known else None
            values["level_mvc"] = self.level_uv / mvc_uv if known else None
            values["peak_mvc"] = self.peak_uv / mvc_uv if known else None
        return {name: None if value is None else round(value, 4) for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class Contraction:
    """A contraction that has ended, or (``offset`` is None) that the end of a recording cut.

    Its ``intensity`` is None if all of it was lost.
    """

    onset: Edge
    offset: Edge | None
    intensity: Intensity | None


@dataclass(slots=True)
class _Open:
    """A contraction that is on: its onset, the power at rest before it, and its bins so far."""

    onset: Edge
    first_bin: int
    next_bin: int
    rest_power: float
    bins: list[NDArray[np.float64]] = field(default_factory=list)


class Contractions:
    """Measure every contraction of every channel in bounded memory.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    envelope_delay_s : float
        Delay of ``Features.envelope_uv``.
    """

    def __init__(self, n_channels: int, sample_rate_hz: float, envelope_delay_s: float) -> None:
        self._size = max(1, round(BIN_S * sample_rate_hz))
        self._bin_s = self._size / sample_rate_hz
        self._delay_s = envelope_delay_s
        self._settings = np.array(
            [self._size, self._in_bins(REST_WAIT_S), self._in_bins(REST_MEMORY_S)], np.int64
        )
        self._state = np.zeros((level.N_STATE, n_channels))
        self._ring = np.zeros((self._in_bins(REST_DELAY_S), n_channels))
        self._ring[:] = np.nan
        n_ramps = round(math.log(LONGEST_RAMP_S / SHORTEST_RAMP_S, RAMP_STEP)) + 1
        ramps_s = SHORTEST_RAMP_S * np.power(RAMP_STEP, np.arange(float(n_ramps)))
        self._ramps: NDArray[np.float64] = ramps_s / self._bin_s
        self._kept = self._in_bins(KEPT_S)
        self._bins = np.empty((4 * self._kept, level.N_ROWS, n_channels))
        self._n_bins = 0
        self._next_bin = 0
        self._open: dict[int, _Open] = {}

    def set_rest(self, rest_uv: NDArray[np.float64]) -> None:
        """Take the RMS at rest as known, in µV; it is followed from there."""
        self._state[level.REST] = np.square(rest_uv)
        self._state[level.N_REST] = self._settings[2]

    def push(self, features: Features) -> list[Contraction]:
        """Take a block and return the contractions that ended in it."""
        n_samples, first = len(features.active), features.first_sample
        longest = self._kept * self._size
        ended: list[Contraction] = []
        for start in range(0, n_samples, longest):
            stop = min(start + longest, n_samples)
            self._take(features, start, stop)
            now = range(first + start if start else 0, first + stop)
            for event in features.events:
                if event.decided_sample - features.late_samples not in now:
                    continue
                if event.kind == "onset":
                    self._begin(event)
                elif event.channel in self._open:
                    ended.append(self._end(self._open.pop(event.channel), event))
        return ended

    def finish(self) -> list[Contraction]:
        """Return the contractions that are still on, at the end of a recording."""
        still_on, self._open = self._open, {}
        return [self._end(one, None) for one in still_on.values()]

    def _take(self, features: Features, start: int, stop: int) -> None:
        first_sample = features.first_sample + start
        first_bin = first_sample // self._size
        n_most = (stop - start) // self._size + 1
        if first_bin > self._next_bin:  # samples were skipped: the past lies elsewhere
            self._gather()
            self._n_bins = 0
            self._state[: level.REST] = 0.0
            self._next_bin = first_bin
        if self._n_bins + n_most > len(self._bins):
            self._gather()
            kept = min(self._kept, self._n_bins)
            self._bins[:kept] = self._bins[self._n_bins - kept : self._n_bins].copy()
            self._n_bins = kept
        n_new = bin_levels(
            features.filtered_uv[start:stop],
            features.envelope_uv[start:stop],
            features.active[start:stop],
            self._settings,
            first_sample,
            self._state,
            self._ring,
            self._bins[self._n_bins : self._n_bins + n_most],
        )
        self._n_bins += n_new
        self._next_bin += n_new

    def _begin(self, onset: Edge) -> None:
        onset_bin = onset.sample // self._size
        oldest = self._next_bin - self._n_bins
        first_bin = max(onset_bin - self._in_bins(MARGIN_S), oldest)
        rest_power = self._bins[: self._n_bins, level.BIN_REST, onset.channel]
        before = max(onset_bin - 1 - oldest, 0)
        known = (
            rest_power[before]
            if before < len(rest_power)
            else self._state[level.REST, onset.channel]
        )
        self._open[onset.channel] = _Open(onset, first_bin, first_bin, float(known))

    def _gather(self) -> None:
        """Put the bins of the open contractions by, before they are overwritten."""
        for channel, one in self._open.items():
            self._gather_one(channel, one, self._next_bin)

    def _gather_one(self, channel: int, one: _Open, stop_bin: int) -> None:
        oldest = self._next_bin - self._n_bins
        rows = self._bins[
            max(one.next_bin - oldest, 0) : max(stop_bin - oldest, 0), : level.BIN_REST, channel
        ]
        one.bins.append(rows.copy())
        one.next_bin = max(one.next_bin, stop_bin)
        part = self._in_bins(LONGEST_PART_S)
        if sum(map(len, one.bins)) > 2 * part:
            bins = np.concatenate(one.bins)
            one.bins = [bins[:part], bins[-part:]]

    def _end(self, one: _Open, offset: Edge | None) -> Contraction:
        stop_bin = self._next_bin if offset is None else (offset.decided_sample + 1) // self._size
        self._gather_one(one.onset.channel, one, stop_bin)
        bins = np.concatenate(one.bins)
        first = max(min(one.onset.sample // self._size - one.first_bin, len(bins) - 1), 0)
        after = 0 if offset is None else one.next_bin - offset.sample // self._size
        after = max(min(after, len(bins) - first - 1), 0)
        intensity = self._measure(bins, first, after, one.rest_power, cut=offset is None)
        return Contraction(one.onset, offset, intensity)

    def _measure(
        self, bins: NDArray[np.float64], before: int, after: int, rest_power: float, *, cut: bool
    ) -> Intensity | None:
        """Fit the trapezoid to bins of which ``before`` and ``after`` lie outside of the edges."""
        power, envelope = bins[:, level.BIN_POWER], bins[:, level.BIN_ENVELOPE]
        stop = len(power) - after
        length = stop - before
        inside = power[before:stop]
        inside = inside[np.isfinite(inside)]
        if not len(inside):
            return None
        rest_power = max(rest_power, LEAST_REST * float(inside.mean()), TINY)
        ramps = self._ramps[: max(int(np.sum(self._ramps <= MOST_RAMP * length)), 1)]
        middle = before + (length + 1) // 2
        rising, falling = power[:middle].copy(), power[middle - 1 :][::-1].copy()
        rise, fall = np.array([before, ramps[0]]), np.array([after, ramps[0]])
        time = np.arange(len(power)) + 0.5
        present = np.isfinite(power)
        above = float(inside.mean()) - rest_power
        for _ in range(FITS):
            above = max(above, LEAST_OVER_REST * rest_power)
            levels = np.array([max(rest_power, LEAST_IN_FIT * above), above])
            fit_rise(rising, ramps, self._reach(before, middle), levels, rise)
            shape = (time - rise[0]) / rise[1]
            if not cut:
                fit_rise(falling, ramps, self._reach(after, len(falling)), levels, fall)
                shape = np.minimum(shape, (len(power) - fall[0] - time) / fall[1])
            shape = np.clip(shape, 0.0, 1.0)
            seen = present & (shape > 0.0)
            above = float(np.sum(power[seen] - rest_power) / max(np.sum(shape[seen] ** 2), TINY))
        mean_uv = math.sqrt(float(np.nanmean(power[self._steady(power, before, stop)])))
        level_uv = math.sqrt(max(above, LEAST_OVER_REST * rest_power))
        later = np.where(np.isfinite(envelope[before:]), envelope[before:], 0.0)
        peak_bin = int(later.argmax())
        return Intensity(
            mean_uv=mean_uv,
            level_uv=level_uv,
            peak_uv=max(float(later[peak_bin]), mean_uv, level_uv),
            time_to_peak_s=max(peak_bin * self._bin_s - self._delay_s, 0.0),
            cv=self._variation(power[shape >= 1.0], rest_power),
            rise_s=LINEAR_10_TO_90 * float(rise[1]) * self._bin_s,
            release_s=None if cut else LINEAR_10_TO_90 * float(fall[1]) * self._bin_s,
        )

    def _steady(self, power: NDArray[np.float64], first: int, stop: int) -> slice:
        """Return the bins from the first to the last moment with a level near its median."""
        n = self._in_bins(STEADY_MOMENT_S)
        known = np.isfinite(power)
        total, count = (
            np.convolve(values, np.ones(n), "same")[first:stop]
            for values in (np.where(known, power, 0.0), known.astype(float))
        )
        level = total / np.maximum(count, 1.0)
        near = np.flatnonzero(level >= STEADY_SHARE**2 * np.median(level[count > 0.0]))
        return slice(first + int(near[0]), first + int(near[-1]) + 1)

    def _reach(self, foot: int, length: int) -> NDArray[np.int64]:
        margin = self._in_bins(MARGIN_S)
        return np.array([max(foot - margin, 0), min(foot + margin, length - 1)], np.int64)

    def _variation(self, plateau: NDArray[np.float64], rest_power: float) -> float | None:
        piece = self._in_bins(STEADY_PIECE_S)
        n_pieces = len(plateau) // piece
        if n_pieces < LEAST_PIECES:
            return None
        pieces = plateau[: n_pieces * piece].reshape(n_pieces, piece).mean(axis=1)
        pieces = np.sqrt(np.maximum(pieces[np.isfinite(pieces)] - rest_power, 0.0))
        if len(pieces) < LEAST_PIECES or not pieces.any():
            return None
        return float(pieces.std(ddof=1) / pieces.mean())

    def _in_bins(self, seconds: float) -> int:
        return max(1, round(seconds / self._bin_s))

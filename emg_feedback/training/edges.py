"""When a muscle set to work and when it let go, dated anew once it is known what came after.

The detector dates an edge as soon as it has found it. A score is told later, when the level to
which the amplitude rose, or from which it fell, is known: its foot is then told more sharply, and
less the delay of converter and filters.
"""

import functools
import math
from collections import deque
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.smear import Smear
from emg_feedback.training.level import half_freedom
from emg_kernels.mains import MOST_SCATTERS

Array = NDArray[np.float64]
EdgeName = tuple[Literal["onset", "offset"], int, int]


class Date(NamedTuple):
    """When an edge was, in samples with their fraction, and between which it was, at 95 %."""

    at: float
    earliest: float
    latest: float


# What is looked at on the side of rest and on that of the work, how far from where the detector saw
# it an edge may be, and how late it may be told.
REST_S, WORK_S, REACH_S, TOLD_S = 0.5, 0.75, 0.12, 1.0
# The power is taken together over so long.
CELL_S = 0.004
# Durations of a ramp that are tried, and by how much the logarithm of its height may differ from
# the level at work, which is the highest of those between these times: a contraction may be short.
# The ramp is looked at for so long.
RAMPS_S, SPREAD = np.geomspace(0.005, 0.5, 10), np.array([-0.25, 0.0, 0.25])
HEIGHTS_S, FITTED_S = ((0.05, 0.2), (0.15, 0.35), (0.35, 0.75)), 0.45
# The range that is told leaves out so much of the probability on either side, so that 95 % of the
# edges of simulated patients are in it. The model takes itself for less sure of an onset than it
# is; in an end something is left of what rings.
ONSET_OUTSIDE, OFFSET_OUTSIDE = 0.05, 0.02
# Rest ends so long before the edge, and is known from so much.
OFF_REST_S, LEAST_REST_S = 0.04, 0.06
LEAST_REST_UV = 0.2


class EdgeTrack:
    """Keep the signal around a few edges, and date them.

    Parameters
    ----------
    rest_uv : ndarray, shape (n_channels,)
        Level at rest, as far as it was measured before.
    sample_rate_hz : float
    smear : Smear
        What is between the muscles and the signal.
    n_most : int
        Samples after this many are not looked at.
    """

    def __init__(self, rest_uv: Array, sample_rate_hz: float, smear: Smear, n_most: int) -> None:
        self._rest_uv, self._rate_hz, self._smear = rest_uv, sample_rate_hz, smear
        self._n_most = n_most
        self._blocks: deque[Array] = deque()
        self._first = self._stop = 0
        self._seen: dict[EdgeName, int] = {}
        self._waiting: list[EdgeName] = []
        self._around: dict[EdgeName, tuple[Array, int]] = {}
        self._dates: dict[EdgeName, Date] = {}

    def add(self, signal_uv: Array) -> None:
        """Take a block, shape (n_samples, n_channels); date an edge that was waited for."""
        if self._around:
            self._date(next(iter(self._around)))
        kept = self._samples(TOLD_S + WORK_S)
        while self._blocks and self._stop - self._first - len(self._blocks[0]) >= kept:
            self._first += len(self._blocks.popleft())
        self._blocks.append(signal_uv)
        self._stop += len(signal_uv)
        self._look_around(self._stop)

    def note(self, edge: EdgeName, sample: int) -> None:
        """Take the kind, channel and number of an edge, and at which sample the detector saw it.

        Samples count from the first that was added; of edges alike only the first counts.
        """
        if edge not in self._seen:
            self._seen[edge] = sample
            self._waiting.append(edge)
            self._look_around(self._stop)

    def dates(self) -> dict[EdgeName, Date]:
        """Return when each edge was; where there is no telling, what the detector saw."""
        self._look_around(self._n_most + self._samples(WORK_S))
        for edge in list(self._around):
            self._date(edge)
        reach = float(self._samples(REACH_S))
        return {
            edge: self._dates.get(edge, Date(seen, seen - reach, seen + reach))
            for edge, seen in self._seen.items()
        }

    def _samples(self, seconds: float) -> int:
        return max(1, round(seconds * self._rate_hz))

    def _look_around(self, stop: int) -> None:
        """Keep what is around the edges of which enough was seen, if none comes after ``stop``."""
        for edge in list(self._waiting):
            kind, channel, _ = edge
            before, after = (REST_S, WORK_S) if kind == "onset" else (WORK_S, REST_S)
            last = self._seen[edge] + self._samples(after)
            if min(last, self._n_most) > stop:
                continue
            self._waiting.remove(edge)
            first = max(self._seen[edge] - self._samples(before), 0)
            if first >= self._first:
                kept = np.concatenate([block[:, channel] for block in self._blocks])
                around = kept[first - self._first : min(last, self._n_most) - self._first]
                self._around[edge] = around, first

    def _date(self, edge: EdgeName) -> None:
        signal_uv, first = self._around.pop(edge)
        at, rest_uv = self._seen[edge] - first, float(self._rest_uv[edge[1]])
        smear, rate_hz = self._smear, self._rate_hz
        if edge[0] == "onset":
            date = foot(signal_uv, at, rate_hz, rest_uv, ONSET_OUTSIDE)
            if date is not None:
                begin = first - smear.delay_s * rate_hz
                self._dates[edge] = Date(*(begin + one for one in date))
        else:
            still = smear.backward(without_following(signal_uv, at, rate_hz, smear, rest_uv))
            date = foot(still, len(still) - 1 - at, rate_hz, rest_uv, OFFSET_OUTSIDE)
            if date is not None:
                end = first + len(still) - smear.delay_backward_s * rate_hz
                self._dates[edge] = Date(end - date.at, end - date.latest, end - date.earliest)


def foot(
    signal_uv: Array, at: int, sample_rate_hz: float, known_rest_uv: float, outside: float
) -> Date | None:
    """Date the foot of a rise, in the light of what came after.

    The model: the amplitude rises linearly from rest to a level, about that of the work after it,
    and stays. Durations of the rise, and levels a little off, are equally likely beforehand; the
    mean of what the signal makes of the foot is told. (`emg_kernels.dating` has the same model, but
    does not know yet how high it rises.)

    Parameters
    ----------
    signal_uv : ndarray, shape (n_samples,)
        Rest comes first. For the end of a contraction give it backward.
    at : int
        About where the foot is.
    sample_rate_hz : float
    known_rest_uv : float
        Level at rest, for when too little of it is there; NaN if it is not known.
    outside : float
        Share of the probability on either side of the range that is told.

    Returns
    -------
    Date or None
        Samples from the start to the first one after the foot; None if there is no telling.
    """
    size = max(1, round(CELL_S * sample_rate_hz))
    rate_hz = sample_rate_hz / size
    n_cells = len(signal_uv) // size
    power = np.square(signal_uv[: n_cells * size]).reshape(n_cells, size).mean(axis=1)
    at, reach = at // size, round(REACH_S * rate_hz)
    rest_uv = signal_uv[: max(0, at - round(OFF_REST_S * rate_hz)) * size]
    work = [
        power[at + round(begin * rate_hz) : at + round(end * rate_hz)] for begin, end in HEIGHTS_S
    ]
    first = max(0, at - reach)
    n_feet = at + reach - first
    fitted = power[first : at + round(FITTED_S * rate_hz)]
    if len(rest_uv) < LEAST_REST_S * sample_rate_hz:
        rest_uv = np.array([known_rest_uv])
    if not len(work[0]) or not 0 < n_feet < len(fitted):
        return None
    rest = float(np.square(rest_uv).mean())
    height = max(float(one.mean()) for one in work if len(one))
    if not (np.isfinite(power).all() and math.isfinite(rest)):
        return None
    low = max(rest, LEAST_REST_UV**2)
    shapes = ramps(len(fitted), rate_hz)
    above = np.exp(2.0 * SPREAD)[:, None, None] * height
    model = (low + above * shapes).reshape(-1, len(fitted))
    # Of the cells from a foot on; those before it are at rest.
    logs = np.cumsum(np.log(model / low), axis=1)[:, len(fitted) - 1 - np.arange(n_feet)]
    padded = np.concatenate([fitted, np.zeros(n_feet)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, len(fitted))[:n_feet]
    before = np.concatenate([[0.0], np.cumsum(fitted)[: n_feet - 1]]) / low
    misfit = windows @ (1.0 / model).T + logs.T + before[:, None]
    weight = -half_freedom(sample_rate_hz, 1.0 / rate_hz) * misfit
    chance = np.exp(weight - weight.max()).sum(axis=1)
    chance /= chance.sum()
    feet = (first + np.arange(n_feet) + 0.5) * size
    edges = (first + np.arange(n_feet + 1)) * float(size)
    share = np.concatenate([[0.0], np.cumsum(chance)])
    earliest, latest = np.interp([outside, 1.0 - outside], share, edges)
    date = float(chance @ feet)
    return Date(date, min(date, float(earliest)), max(date, float(latest)))


def without_following(
    signal_uv: Array, at: int, sample_rate_hz: float, smear: Smear, rest_uv: float
) -> Array:
    """Take out what the mains' canceller does at the end of a contraction.

    It has followed a part of the muscle's signal, which it adds once the muscle is still. How it
    moved (`emg_kernels.mains.follow_mains`) is told by what it left; with its weights held where
    they were before the end, all that it adds is a steady wave, which is fitted to the rest.
    """
    first, after = (
        max(0, at - round(REACH_S * sample_rate_hz)),
        at + round(OFF_REST_S * sample_rate_hz),
    )
    error = signal_uv[first:]
    if not smear.lines_hz or len(signal_uv) - after < 2 * LEAST_REST_S * sample_rate_hz:
        return signal_uv
    if not np.isfinite(error).all():
        return signal_uv
    if not math.isfinite(rest_uv):
        rest_uv = math.sqrt(np.square(error[-round(LEAST_REST_S * sample_rate_hz) :]).mean())
    limit_uv = MOST_SCATTERS * rest_uv
    turns = np.exp(2j * math.pi / sample_rate_hz * np.outer(np.arange(len(error)), smear.lines_hz))
    pushes = np.clip(error, -limit_uv, limit_uv)[:, None] * turns
    moved = np.cumsum(pushes, axis=0) - pushes
    added = (moved * turns.conj()).real.sum(axis=1) * 2.0 / (smear.following_s * sample_rate_hz)
    held = error + added
    waves = np.hstack([turns.real, turns.imag])
    steady = np.linalg.lstsq(waves[after - first :], held[after - first :])[0]
    return np.concatenate([signal_uv[:first], held - waves @ steady])


@functools.cache
def ramps(n_cells: int, rate_hz: float) -> Array:
    """Return the power of each ramp in the cells after its foot, shape (n_ramps, n_cells)."""
    cells = np.arange(n_cells) + 0.5
    return np.square(np.minimum(cells / (RAMPS_S[:, None] * rate_hz), 1.0))

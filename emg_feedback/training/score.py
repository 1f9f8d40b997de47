"""How well one repetition went: gathered while it runs, scored when it is over.

A repetition is scored `RELEASE_WAIT_S` after its hold, or at the end of the rest if that is
shorter: by then it is known whether the muscle let go. So its levels, too, may look both ways
(`training.level`): they are steadier than the bar, and not later than the muscle.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config.protocol import (
    Band,
    ContractRelax,
    Exercise,
    Follow,
    Free,
    Isolate,
    React,
    Reproduce,
    Symmetry,
    Unit,
)
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.quality import MOVEMENT
from emg_feedback.stream.smear import NO_SMEAR, Smear
from emg_feedback.training.bursts import Burst, Bursts
from emg_feedback.training.edges import Date, EdgeName, EdgeTrack
from emg_feedback.training.level import LevelTrack

Array = NDArray[np.float64]
Result = Literal["good", "missed", "void"]

# Getting there is not yet holding: the first second of work and of rest is left out, as clinics do.
REACHING_S = 1.0
RELEASE_WAIT_S = 2.0
# An electrode that was tugged at as the muscle set to work has done no harm to the level of the
# judged part. Its word comes up to half a second late and stays for two.
TUG_TOLD_S, TUG_LASTS_S = 0.5, 2.5
# Nobody answers a cue faster: what comes sooner was not caused by it.
FASTEST_REACTION_S = 0.08
# A hold this long in the band is a good one.
SUCCESS_SHARE = 0.7


class ChannelScore(msgspec.Struct, kw_only=True):
    """One muscle in one repetition; levels in ``unit``, fractions of MVC or µV.

    All levels are those of `LevelTrack`, rest included as in the bar.

    Attributes
    ----------
    role : str
    mean, peak, rest_mean : float or None
        Over the hold and the rest after it, each without its first second; the peak over all of it.
    steadiness_cv : float or None
        Coefficient of variation of that level over the hold without its first second: the muscle's
        own, as far as it can be told from the randomness of its signal. A waver of 3 % cannot.
    time_in_band : float or None
        Share of the hold, without its first second unless a path is followed.
    band : (low, high) or None
        The last target of the hold.
    error, deviation : float or None
        Mean distance from the middle of the band, and the mean with its sign.
    overshoot : float or None
        How far the peak was above the band.
    onset_latency_s : float or None
        From the start of the hold to the onset of the contraction, not of a twitch before it.
    onset_between_s : (earliest, latest) or None
        Where that is with a probability of about 95 %.
    rise_s : float or None
        From 10 to 90 % of the contraction's level.
    release_s : float or None
        From the end of the hold to the end of the contraction; None if it lasted longer than 2 s.
    release_between_s : (earliest, latest) or None
        Where that is, likewise.
    below_s : float or None
        From the end of the hold until the level was below that asked for in rest.
    """

    channel: int
    role: str
    unit: Unit
    mean: float | None = None
    peak: float | None = None
    rest_mean: float | None = None
    steadiness_cv: float | None = None
    time_in_band: float | None = None
    band: Band | None = None
    error: float | None = None
    deviation: float | None = None
    overshoot: float | None = None
    onset_latency_s: float | None = None
    onset_between_s: Band | None = None
    rise_s: float | None = None
    release_s: float | None = None
    release_between_s: Band | None = None
    below_s: float | None = None


class RepetitionScore(msgspec.Struct, kw_only=True):
    """One repetition. A ``void`` one was disturbed, for the reasons in ``flags``: it never counts.

    ``asymmetry`` is (second − first) / (second + first) of the first two trained muscles,
    ``co_contraction`` twice the common part of trained and quiet muscles over their sum (Falconer
    and Winter 1985).
    """

    set: int
    repetition: int
    result: Result = "void"
    counted: bool = False
    flags: list[str] = []
    hidden: bool = False
    time_in_band: float | None = None
    error: float | None = None
    asymmetry: float | None = None
    co_contraction: float | None = None
    channels: list[ChannelScore] = []


@dataclass(slots=True)
class Repetition:
    """What is seen of a repetition, from the start of its hold on.

    Attributes
    ----------
    number : (int, int)
        Set and repetition.
    first_sample, n_hold : int
        Of the hold.
    sample_rate_hz : float
    mvc_uv, rest_uv : ndarray, shape (n_channels,)
        NaN where it was not measured.
    roles, units : list of str
        A channel; an empty role is a channel that is left out.
    contracting : ndarray of bool
        Who contracts as the hold begins.
    behind : Smear
        By how much the signal is behind the muscles.
    """

    number: tuple[int, int]
    first_sample: int
    n_hold: int
    sample_rate_hz: float
    mvc_uv: Array
    rest_uv: Array
    roles: list[str]
    units: list[Unit]
    contracting: NDArray[np.bool_]
    behind: Smear = NO_SMEAR
    hidden: bool = False
    flags: set[str] = field(default_factory=set)
    n_seen: int = 0
    _track: LevelTrack = field(init=False)
    _edges: EdgeTrack = field(init=False)
    _bands: list[Array] = field(default_factory=list)
    _moved: dict[int, int] = field(default_factory=dict)
    _bursts: dict[int, Bursts] = field(init=False)

    def __post_init__(self) -> None:
        self._track = LevelTrack(len(self._used), self.sample_rate_hz)
        self._bursts = {
            channel: Bursts(self.sample_rate_hz, [Burst(-1)] if self.contracting[channel] else [])
            for channel in self._used
        }
        rest_uv = self.rest_uv[self._used]
        self._edges = EdgeTrack(rest_uv, self.sample_rate_hz, self.behind, self._n_most)

    def add(self, filtered_uv: Array, bands_uv: Array | None) -> None:
        """Keep a block, shape (n_samples, n_channels), and during the hold the bands.

        ``bands_uv`` has shape (n_samples, n_channels, 2), NaN where there is no target.
        """
        signal_uv = filtered_uv[:, self._used]
        if bands_uv is not None:
            if not np.isfinite(signal_uv).all():
                self.flags.add("gap")
            cell = self._track.cell
            self._bands.append(bands_uv[(cell // 2 - self.n_seen) % cell :: cell].copy())
        self._track.add(signal_uv)
        self._edges.add(signal_uv)
        self.n_seen += len(filtered_uv)

    def note(self, edge: Edge, rise_s: float | None) -> None:
        """Keep an onset or an offset; ``rise_s`` is known at an offset."""
        if edge.channel not in self._used:
            return
        sample = edge.sample - self.first_sample
        number = self._bursts[edge.channel].note(edge, sample, rise_s)
        if number is not None and self._told(edge.kind, sample):
            self._edges.note((edge.kind, self._used.index(edge.channel), number), sample)

    def disturb(self, channel: int, word: str) -> None:
        """Take a word of quality that is said of a channel now, during the hold."""
        if word == MOVEMENT:
            since = self._moved.setdefault(channel, self.n_seen)
            early = since <= (REACHING_S + TUG_TOLD_S) * self.sample_rate_hz
            if early and self.n_seen - since <= TUG_LASTS_S * self.sample_rate_hz:
                return
        self.flags.add(word)

    @property
    def n_left(self) -> int:
        """How many samples are wanted yet: waiting longer would not change the score."""
        return self._n_most - self.n_seen

    def score(self, exercise: Exercise) -> RepetitionScore:
        """Score what was seen."""
        score = RepetitionScore(set=self.number[0], repetition=self.number[1], hidden=self.hidden)
        levels, bands = self._levels(), np.concatenate(self._bands)
        dates = self._edges.dates()
        score.channels = [
            self._channel(channel, levels, bands, dates, exercise)
            for channel, role in enumerate(self.roles)
            if role
        ]
        trained = [one for one in score.channels if one.role == "train"]
        score.time_in_band = _mean([one.time_in_band for one in trained])
        score.error = _mean([one.error for one in trained])
        work = levels[self._reaching(exercise) : self._n_kept]
        work = work[np.isfinite(work[:, self._used]).all(axis=1)] / self._scale()
        by_role = {
            role: [one.channel for one in score.channels if one.role == role]
            for role in ("train", "quiet")
        }
        if len(work) and len(trained) > 1:
            first, second = (float(work[:, one.channel].mean()) for one in trained[:2])
            score.asymmetry = (second - first) / (second + first) if first + second > 0.0 else None
        if len(work) and by_role["train"] and by_role["quiet"]:
            works, rests = (work[:, by_role[role]].mean(axis=1) for role in ("train", "quiet"))
            common = 2.0 * float(np.minimum(works, rests).mean())
            total = float((works + rests).mean())
            score.co_contraction = common / total if total > 0.0 else None
        self._flag_reaction(exercise, trained)
        score.flags = sorted(self.flags)
        if not self.flags and trained:
            score.result = "good" if succeeded(exercise, score) else "missed"
            score.counted = True
        return score

    @property
    def _used(self) -> list[int]:
        return [channel for channel, role in enumerate(self.roles) if role]

    @property
    def _n_most(self) -> int:
        return self.n_hold + round(RELEASE_WAIT_S * self.sample_rate_hz)

    @property
    def _n_kept(self) -> int:
        return round(self.n_hold / self._track.cell)

    def _levels(self) -> Array:
        """Return a level for every cell of every channel, NaN for those that are left out.

        The signal is late by a part of a cell, too: the level is that between two.
        """
        known = self._track.levels()
        late = self.behind.delay_s * self.sample_rate_hz / self._track.cell
        whole, part = int(late), late % 1.0
        known = (1.0 - part) * known[whole:-1] + part * known[whole + 1 :]
        levels = np.full((len(known), len(self.roles)), np.nan)
        levels[:, self._used] = known
        return levels

    def _scale(self) -> Array:
        units = np.array([unit == "mvc" for unit in self.units])
        return np.where(units, self.mvc_uv, 1.0)

    def _reaching(self, exercise: Exercise) -> int:
        """Return how many cells at the start are not judged; never all of them."""
        if isinstance(exercise, Follow):
            return 0
        wanted = round(REACHING_S * self.sample_rate_hz / self._track.cell)
        return min(wanted, max(0, self._n_kept - wanted))

    def _channel(
        self,
        channel: int,
        levels: Array,
        bands: Array,
        dates: Mapping[EdgeName, Date],
        exercise: Exercise,
    ) -> ChannelScore:
        unit = self.units[channel]
        scale = float(self.mvc_uv[channel]) if unit == "mvc" else 1.0
        score = ChannelScore(channel=channel, role=self.roles[channel], unit=unit)
        start, stop = self._reaching(exercise), min(self._n_kept, len(levels), len(bands))
        held, band = levels[:stop, channel] / scale, bands[:stop, channel] / scale
        known = np.isfinite(held)
        if known.any():
            score.peak = float(held[known].max())
        work, band = held[start:], band[start:]
        known = np.isfinite(work)
        work, low, high = work[known], band[known, 0], band[known, 1]
        if len(work):
            score.mean = mean = float(work.mean())
            score.steadiness_cv = float(work.std()) / mean if mean > 0.0 else None
        if len(work) and np.isfinite(high).all():
            score.time_in_band = time_above(work - low) - time_above(work - high)
            score.band = float(low[-1]), float(high[-1])
            score.error = float(np.mean(np.abs(work - (low + high) / 2)))
            score.deviation = float(np.mean(work - (low + high) / 2))
            score.overshoot = max(0.0, (score.peak or 0.0) - float(high.max()))
        rest = levels[self._n_kept :, channel] / scale
        calm = rest[round(REACHING_S * self.sample_rate_hz / self._track.cell) :]
        calm = calm[np.isfinite(calm)]
        if len(calm):
            score.rest_mean = float(calm.mean())
        if isinstance(exercise, ContractRelax):
            below = np.flatnonzero(rest <= exercise.relax_below)
            if len(below):
                score.below_s = float(below[0]) * self._track.cell / self.sample_rate_hz
        self._time(score, dates)
        return score

    def _told(self, kind: str, sample: int) -> bool:
        """Return whether an edge is one of this repetition: from the start of its hold, or end."""
        if kind == "onset":
            return 0 <= sample < self.n_hold
        return 0 <= sample - self.n_hold <= RELEASE_WAIT_S * self.sample_rate_hz

    def _time(self, score: ChannelScore, dates: Mapping[EdgeName, Date]) -> None:
        column, bursts = self._used.index(score.channel), self._bursts[score.channel]
        start, end = bursts.bounds(self.n_hold)
        if (onset := dates.get(("onset", column, start))) is not None:
            score.onset_latency_s, *between_s = self._after(onset, 0)
            score.onset_between_s = between_s[0], between_s[1]
            score.rise_s = bursts.seen[start].rise_s
        if (offset := dates.get(("offset", column, end))) is not None:
            score.release_s, *between_s = self._after(offset, self.n_hold)
            score.release_between_s = between_s[0], between_s[1]

    def _after(self, date: Date, sample: int) -> list[float]:
        """Return how many seconds after a sample a date and both ends of its range are."""
        return [(one - sample) / self.sample_rate_hz for one in date]

    def _flag_reaction(self, exercise: Exercise, trained: list[ChannelScore]) -> None:
        if not isinstance(exercise, React):
            return
        if self._moved:
            self.flags.add(MOVEMENT)
        for one in trained:
            bursts = self._bursts[one.channel]
            start, _ = bursts.bounds(self.n_hold)
            contracted = start >= 0 and bursts.seen[start].start < 0
            latency_s = one.onset_latency_s
            if contracted or (latency_s is not None and latency_s < FASTEST_REACTION_S):
                self.flags.add("early")


def succeeded(exercise: Exercise, score: RepetitionScore) -> bool:
    """Return whether an undisturbed repetition did what its mode asks."""
    trained = [one for one in score.channels if one.role == "train"]
    in_band = all(_reached(one.time_in_band) for one in trained)
    match exercise:
        case Free():
            return True
        case ContractRelax():
            return in_band and all(one.below_s is not None for one in trained)
        case React():
            return all(one.onset_latency_s is not None for one in trained)
        case Isolate():
            quiet = [one for one in score.channels if one.role == "quiet"]
            return in_band and all(_reached(one.time_in_band) for one in quiet)
        case Symmetry():
            alike = score.asymmetry is not None and abs(score.asymmetry) <= exercise.most_asymmetry
            return in_band and alike
        case Reproduce() if score.hidden:
            return all(
                one.band is not None
                and one.mean is not None
                and one.band[0] <= one.mean <= one.band[1]
                for one in trained
            )
    return in_band


def time_above(distance: Array) -> float:
    """Return the share of time for which a level is above an edge.

    Parameters
    ----------
    distance : ndarray, shape (n_cells,)
        How far it is above at the middle of each cell; a line is drawn between them.
    """
    if len(distance) < 2:
        return float(np.mean(distance >= 0.0))
    lower = np.minimum(distance[:-1], distance[1:])
    higher = np.maximum(distance[:-1], distance[1:])
    shares = np.where(lower >= 0.0, 1.0, 0.0)
    crossing = (lower < 0.0) & (higher > 0.0)
    shares[crossing] = higher[crossing] / (higher - lower)[crossing]
    return float(shares.mean())


def _reached(share: float | None) -> bool:
    return share is not None and share >= SUCCESS_SHARE


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None

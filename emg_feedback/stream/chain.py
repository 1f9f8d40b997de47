"""The signal chain: samples in, envelopes and contractions out."""

import math
from dataclasses import replace

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings, UserError
from emg_feedback.stream.classical import RULES, ClassicalDetector
from emg_feedback.stream.detector import ChangeDetector, Detector, Edge
from emg_feedback.stream.ecg import Heart
from emg_feedback.stream.envelopes import Envelopes
from emg_feedback.stream.filters import Canceller, design
from emg_feedback.stream.shapes import Shapes
from emg_kernels import bridge, bridge_gaps, compile_now, run_chain, sosfilt
from emg_kernels import chain as fused

BRIDGED_GAP_S = 0.02
# A gap is bridged with what was so long before, or a few times as long: a whole number of periods
# of 50 and of 60 Hz.
LAG_S, MOST_LAGS = 0.1, 5
# How far off the mains may be, where another lag is weighed against it.
MAINS_OFF_HZ = 0.05
# After this much nothing of the past is left in the chain: a longer gap is only counted.
LONGEST_GAP_S = 1.0
# Places for the output are made for so many blocks at once, but for no more samples of all channels
# together than this.
PLACES_AT_ONCE, VALUES_AT_ONCE = 32, 65_536
CACHE_LINE = 8  # values

Floats = NDArray[np.float64]


class Features(msgspec.Struct, frozen=True, gc=False):
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
    late_samples : int
        How far the rows lie behind the samples that were pushed: zero, unless heartbeats are taken
        out. Rows and the dates of events agree.
    """

    first_sample: int
    filtered_uv: NDArray[np.float64]
    envelope_uv: NDArray[np.float64]
    slow_envelope_uv: NDArray[np.float64]
    active: NDArray[np.bool_]
    events: list[Edge]
    late_samples: int = 0


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
        shapes = Shapes(self.settings, sample_rate_hz, self._sos)
        self._heart: Heart | None = None
        if self.settings.ecg_channels:
            self._heart = Heart(n_channels, sample_rate_hz, self.settings.ecg_channels)
        self._canceller: Canceller | None = None
        if self.settings.detector in RULES or self._heart is not None:
            self._canceller = Canceller(shapes.lines, n_channels, sample_rate_hz)
            shapes.lines = shapes.lines[:0]
        self._detector: Detector
        if self.settings.detector in RULES:
            rule = RULES[self.settings.detector]
            self._detector = ClassicalDetector(n_channels, sample_rate_hz, rule)
        else:
            self._change_detector = ChangeDetector(
                n_channels, sample_rate_hz, self.settings, shapes
            )
            self._detector = self._change_detector
        self.envelopes = Envelopes(self.settings, sample_rate_hz, n_channels)
        self._in_one_call = self._canceller is None and self.envelopes.default
        self._longest_bridge = BRIDGED_GAP_S * sample_rate_hz
        self._lag = bridge_lag(sample_rate_hz)
        self._next = np.zeros(1)  # sample; where `run_chain` has it, for that counts on
        n_rows = bridge.N_BRIDGE + self._lag + math.ceil(self._longest_bridge)
        self._bridge = np.empty((n_rows, n_channels))
        self._filter = np.empty((len(self._sos), 2, n_channels))
        self._place_samples = -1
        self._places, self._waiting = np.empty((0, 0)), list[Features]()
        if self._in_one_call:
            self._put_together()
        self.reset()

    def push(self, block_uv: NDArray[np.float64]) -> Features:
        """Process a block of any length; NaN marks a lost sample.

        Parameters
        ----------
        block_uv : ndarray, shape (n_samples, n_channels)
            Samples in µV.
        """
        waiting = self._waiting
        if waiting:
            try:
                n_events = run_chain(block_uv, self._chain, self._places, self._room)
            except TypeError:
                return self._look_closer(block_uv)
            if n_events == 0:
                return waiting.pop()
            if n_events > 0:
                features = waiting.pop()
                features.events.extend(self._change_detector.decided(n_events))
                return features
        return self._look_closer(block_uv)

    def _look_closer(self, block_uv: Floats) -> Features:
        """Push a block for which nothing is ready: asking each what it is costs time."""
        block = self._checked(block_uv)
        if self._in_one_call:
            if not self._waiting or len(block) != self._place_samples:
                self._make_places(len(block))
            return self.push(block)
        features = self._by_stages(block)
        self._next += len(block)
        return features

    @property
    def _next_sample(self) -> int:
        return int(self._next[0])

    def _checked(self, block_uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return a block as the kernels take it."""
        block = np.require(block_uv, np.float64, ["C", "A", "W", "E"])
        if block.ndim != 2 or block.shape[1] != self.n_channels:
            raise UserError(
                f"a block must have shape (n_samples, {self.n_channels}), not {block.shape}"
            )
        return block

    def _make_places(self, n_samples: int) -> None:
        """Make places for the output of many blocks at once, and what is told of each but events.

        Views cost more than a block's samples, and far more where the caches are cold. After a
        block of another length there may be no second one of this: then for it alone.
        """
        if self._place_samples < 0:
            compile_now(run_chain)
        shape = (n_samples, self.n_channels)
        size = n_samples * self.n_channels
        n_values, n_flags = fused.N_PLANES * size, math.ceil(size / fused.FLAGS_IN_A_PLACE)
        n_places = 1
        if n_samples == self._place_samples:
            n_places = max(1, min(PLACES_AT_ONCE, VALUES_AT_ONCE // max(1, size)))
        n_row = n_values + n_flags
        out = aligned(n_places * n_row).reshape(n_places, n_row)
        planes = out[:, :n_values].reshape(n_places, fused.N_PLANES, *shape)
        active = out[:, n_values:].view(np.bool_)[:, :size].reshape(n_places, *shape)
        views = (planes[:, plane] for plane in (fused.CLEAN, fused.FAST, fused.SLOW))
        first = self._next_sample
        self._waiting = [
            Features(first + number * n_samples, clean, fast, slow, contracts, [])
            for number, (clean, fast, slow, contracts) in enumerate(
                zip(*views, active, strict=True)
            )
        ]
        self._waiting[0].events.extend(self._change_detector.decided(0))
        self._waiting.reverse()
        self._places, self._chain[fused.PLACE] = out, 0.0
        self._place_samples = n_samples
        self._room = self._change_detector.room(size)

    def _put_together(self) -> None:
        """Lay all coefficients and all state where `run_chain` has them, in one vector."""
        detector, envelopes = self._change_detector, self.envelopes
        head = [0.0, 0.0, self._longest_bridge, self._lag, len(self._bridge), len(self._sos)]
        head += [len(detector.lines), detector.scratch.shape[1], self.n_channels]
        self._chain, parts = together(
            [
                np.array(head),
                self._sos,
                self._steady_state,
                envelopes.settings,
                detector.settings,
                detector.lines,
                detector.responses,
                detector.factors,
                detector.scratch,
            ],
            [self._bridge, self._filter, envelopes.state, detector.state, detector.memory],
        )
        detector.lines, detector.responses, detector.factors, detector.scratch = parts[5:9]
        self._bridge, self._filter, envelope_state, detector.state, detector.memory = parts[9:]
        envelopes.move_state(envelope_state)
        self._next = self._chain[fused.NEXT : fused.NEXT + 1]

    def _by_stages(self, block: NDArray[np.float64]) -> Features:
        bridged, filtered = np.empty_like(block), np.empty_like(block)
        first = self._next_sample
        bridge_gaps(block, self._longest_bridge, self._lag, first, self._bridge, bridged)
        sosfilt(bridged, self._sos, self._steady_state, self._filter, filtered)
        if self._canceller is not None:
            filtered = self._canceller.push(filtered, first)
        late = 0
        if self._heart is not None:
            late = self._heart.delay_samples
            filtered, _ = self._heart.push(filtered, first)
            first -= late
        clean, active, events = self._detector.push(filtered, first)
        if late:
            events = [replace(one, decided_sample=one.decided_sample + late) for one in events]
        fast, slow = self.envelopes.push(clean)
        return Features(first, clean, fast, slow, active, events, late)

    def skip(self, n_samples: int) -> Features:
        """Count samples that never arrived; return what is known of the first of them."""
        looked_at = min(n_samples, round(LONGEST_GAP_S * self.sample_rate_hz))
        features = self.push(np.full((looked_at, self.n_channels), np.nan))
        self._next += n_samples - looked_at
        self._waiting.clear()
        return features

    @property
    def late_samples(self) -> int:
        """How far what is told lies behind what was pushed: see `Features.late_samples`."""
        return 0 if self._heart is None else self._heart.delay_samples

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
        if self._in_one_call:
            self._change_detector.next_sample = self._next_sample
        self._detector.learn_rest()
        self._waiting.clear()

    def reset(self) -> None:
        """Return to the first state: the next sample is number zero."""
        self._bridge[:] = np.nan
        self._filter[:] = np.nan
        self.envelopes.reset()
        self._detector.reset()
        if self._canceller is not None:
            self._canceller.reset()
        if self._heart is not None:
            self._heart.reset()
        self._next[:] = 0.0
        self._waiting.clear()


def bridge_lag(sample_rate_hz: float) -> int:
    """Choose how many samples before a gap its bridge is taken from.

    Of one to ``MOST_LAGS`` times ``LAG_S`` it is the one in whose whole number of samples the
    mains, which may be a little off, makes most nearly whole periods.
    """

    def error_s(n_lags: int) -> float:
        samples = n_lags * LAG_S * sample_rate_hz
        off_s = n_lags * LAG_S * MAINS_OFF_HZ / 50.0
        return abs(samples - round(samples)) / sample_rate_hz + off_s

    return round(min(range(1, MOST_LAGS + 1), key=error_s) * LAG_S * sample_rate_hz)


def together(coefficients: list[Floats], states: list[Floats]) -> tuple[Floats, list[Floats]]:
    """Lay arrays one behind the other; return the whole and, as views of it, the parts.

    The first state begins a cache line, and with eight channels so does each row of it.
    """
    arrays = [*coefficients, *states]
    whole = aligned(sum(array.size for array in arrays), sum(array.size for array in coefficients))
    np.concatenate([array.ravel() for array in arrays], out=whole)
    ends = np.cumsum([array.size for array in arrays])
    parts = np.split(whole, ends[:-1])
    return whole, [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]


def aligned(n_values: int, at: int = 0) -> Floats:
    """Return an empty vector whose value ``at`` begins a cache line.

    Whole vectors of a row are loaded and stored at once, and one that lies in two lines costs twice
    the time.
    """
    room = np.empty(n_values + CACHE_LINE)
    first = (-room.ctypes.data // room.itemsize - at) % CACHE_LINE
    return room[first : first + n_values]

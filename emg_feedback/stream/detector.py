"""Onset and offset of contractions, channel by channel."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.stream.filters import FOLLOWING_S
from emg_feedback.stream.shapes import Shapes, factors_of
from emg_kernels import detect_contractions, layout
from emg_kernels.fits import MOST_REGRESSORS, N_SCRATCH
from emg_kernels.mains import MOST_SCATTERS

FLOOR_UV = 0.2
# Time constants with which the level at rest, and what is left of a contraction in the filters, are
# followed.
TRACKING_S, FADING_S = 2.0, 0.125
# A contraction's spectrum is no wider than this, whatever the band.
MUSCLE_BAND_HZ = 100.0
IN_SECONDS = {
    layout.SETTLE: 0.3,
    layout.LEARN: 1.25,
    layout.BLOCK: 0.05,
    layout.MOST_LOST: 0.5,
    layout.LOOK_BACK: 0.6,
    layout.DATING_STEP: 0.008,
    layout.BURST: 0.12,
    layout.BEAT: 0.1,
    layout.TAIL: 0.24,
    layout.PATIENCE: 0.024,
    layout.RETRY: 0.004,
    layout.MOST_DOUBT: 0.25,
    layout.CALM: 0.1,
    layout.REACH: 0.024,
    layout.REFIT: 0.08,
    layout.SHORT_BURST: 0.25,
}
# Of white Gaussian noise, the sums alone pass a threshold this many times per sample and per
# exp(-threshold), in simulation at thresholds from 5 to 7.
FALSE_STARTS = 0.1
KEPT_WHEN_LEARNING = [layout.LAST_EVENT, layout.LIMIT_UV]


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


class Detector(Protocol):
    """Decide when each muscle starts and stops to contract."""

    def push(
        self, filtered_uv: NDArray[np.float64], first_sample: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[Edge]]:
        """Take a block; return it without mains, who is active, and what was decided."""

    @property
    def rest_uv(self) -> NDArray[np.float64]:
        """RMS of each channel at rest, µV."""

    @property
    def scatter_uv(self) -> NDArray[np.float64]:
        """Standard deviation of the level at rest, of each channel, µV."""

    def set_rest(self, rest_uv: NDArray[np.float64], scatter_uv: NDArray[np.float64]) -> None:
        """Take rest as known."""

    def learn_rest(self) -> None:
        """Learn rest anew from what comes next; a contraction that is on ends here."""

    def reset(self) -> None:
        """Forget everything."""


class ChangeDetector:
    """Quickest detection of a change, after mains is taken out.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    settings : ChainSettings
    shapes : Shapes
        What the filters before make of mains and of artefacts.

    Attributes
    ----------
    lines, responses, factors, settings, state, memory, scratch : ndarray
        Arguments of the kernel.
    next_sample : int
        Absolute index of the first sample that was not taken yet.
    ended : list of Edge
        What ``learn_rest`` ended, until it is told.
    """

    def __init__(
        self, n_channels: int, sample_rate_hz: float, settings: ChainSettings, shapes: Shapes
    ) -> None:
        low_hz, high_hz = settings.band_hz(sample_rate_hz)
        freedom = min(1.0, 2.0 * (high_hz - low_hz) / sample_rate_hz)
        chances = 60.0 * sample_rate_hz * freedom * FALSE_STARTS / settings.false_starts_per_minute
        self.settings = np.zeros(layout.N_SETTINGS)
        for entry, seconds in IN_SECONDS.items():
            self.settings[entry] = max(1, round(seconds * sample_rate_hz))
        for entry, tau_s in (
            (layout.FOLLOWING, FOLLOWING_S / 2.0),
            (layout.TRACKING, TRACKING_S),
            (layout.FADING, FADING_S),
        ):
            self.settings[entry] = 1.0 / (tau_s * sample_rate_hz)
        self.settings[layout.THRESHOLD] = math.log(max(chances, math.e))
        self.settings[layout.MOST_FREEDOM] = freedom
        self.settings[layout.MUSCLE_FREEDOM] = min(1.0, 2.0 * MUSCLE_BAND_HZ / sample_rate_hz)
        self.settings[layout.FLOOR_POWER] = FLOOR_UV**2
        self.settings[layout.SAMPLE_RATE] = sample_rate_hz
        self.settings[layout.N_APPEARING] = shapes.n_appearing
        self._block, n_tail = int(self.settings[layout.BLOCK]), int(self.settings[layout.TAIL])
        self._first_lines = shapes.lines
        self.lines, self.responses = shapes.lines.copy(), shapes.responses(n_tail)
        self.factors = factors_of(self.responses, int(self.settings[layout.BURST]))
        n_memory = sum(
            int(self.settings[part]) for part in (layout.LEARN, layout.TAIL, layout.BEAT)
        )
        n_steps = int(self.settings[layout.LOOK_BACK] // self.settings[layout.DATING_STEP])
        n_blocks = int(self.settings[layout.LEARN]) // self._block
        n_room = max(int(self.settings[layout.SETTLE]), n_tail, n_steps, n_blocks, MOST_REGRESSORS)
        self.scratch = np.zeros((N_SCRATCH, n_room))
        self.memory = np.zeros((n_channels, n_memory))
        self.state = np.zeros((layout.WEIGHTS + 6 * len(self.lines), n_channels))
        self._events = np.empty((0, 4), np.int64)
        self.ended: list[Edge] = []
        self.next_sample = 0

    def push(
        self, filtered_uv: NDArray[np.float64], first_sample: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[Edge]]:
        """Take a block; return it without mains, who is active, and what was decided."""
        clean_uv = np.empty_like(filtered_uv)
        active = np.empty(filtered_uv.shape, np.bool_)
        n_events = detect_contractions(
            filtered_uv,
            self.lines,
            self.responses,
            self.factors,
            self.settings,
            first_sample,
            self.state,
            self.memory,
            self.scratch,
            clean_uv,
            active,
            self.room(filtered_uv.size),
        )
        self.next_sample = first_sample + len(filtered_uv)
        return clean_uv, active, self.decided(n_events)

    def room(self, n_most: int) -> NDArray[np.int64]:
        """Return where the kernel may put so many events."""
        if len(self._events) < n_most:
            self._events = np.empty((n_most, 4), np.int64)
        return self._events

    def decided(self, n_events: int) -> list[Edge]:
        """Return what ``learn_rest`` ended, and what the kernel put there."""
        ended, self.ended = self.ended, []
        return ended + edges(self._events[:n_events])

    @property
    def rest_uv(self) -> NDArray[np.float64]:
        """RMS of each channel at rest, µV."""
        return np.array(np.sqrt(self.state[layout.REST_POWER]))

    @property
    def scatter_uv(self) -> NDArray[np.float64]:
        """Standard deviation of the RMS over 50 ms at rest, of each channel, µV."""
        return np.array(0.5 * self.rest_uv * np.sqrt(self.state[layout.SCATTER]))

    def set_rest(self, rest_uv: NDArray[np.float64], scatter_uv: NDArray[np.float64]) -> None:
        """Take rest as known; detection goes on from there as soon as the filters have settled."""
        rest_uv = np.maximum(rest_uv, FLOOR_UV)
        white = 2.0 / (self._block * self.settings[layout.MOST_FREEDOM])
        scatter = np.maximum(np.square(2.0 * scatter_uv / rest_uv), white)
        self.state[layout.REST_POWER], self.state[layout.SCATTER] = np.square(rest_uv), scatter
        self.state[layout.FREEDOM] = 2.0 / (self._block * scatter)
        self.state[layout.LIMIT_UV] = MOST_SCATTERS * rest_uv
        learning = self.state[layout.PHASE] == layout.LEARNING
        self.state[layout.PHASE, learning] = layout.RESTING
        self.state[layout.ORDINARY, learning] = 1.0

    def learn_rest(self) -> None:
        """Learn rest anew from what comes next; a contraction that is on ends here."""
        contracting = self.state[layout.PHASE] == layout.CONTRACTING
        last = max(0, self.next_sample - 1)
        for channel in np.flatnonzero(contracting).tolist():
            self.ended.append(Edge("offset", channel, last, last))
        self.state[layout.LAST_EVENT, contracting] = last
        settled = self.state[layout.PHASE] != layout.SETTLING
        kept = np.isin(np.arange(len(self.state)), KEPT_WHEN_LEARNING)
        kept[layout.WEIGHTS :] = True
        self.state[np.outer(~kept, settled)] = 0.0
        self.state[layout.REST_POWER] = 0.0
        self.state[layout.PHASE, settled] = layout.LEARNING

    def reset(self) -> None:
        """Forget everything."""
        self.state[:] = 0.0
        self.memory[:] = 0.0
        self.lines[:] = self._first_lines
        self.ended = []
        self.next_sample = 0


def edges(events: NDArray[np.int64]) -> list[Edge]:
    """Put a kernel's events into words."""
    return [
        Edge("onset" if is_onset else "offset", channel, max(sample, 0), decided)
        for channel, is_onset, sample, decided in events.tolist()
    ]

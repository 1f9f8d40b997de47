"""The classical rules for onset and offset, for comparison and for people who need them."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emg_feedback.stream.detector import Edge, edges
from emg_kernels import classical

SETTLE_S = 0.5
LEARN_S = 1.0
MOST_LOST_S = 0.5
FLOOR_UV = 0.2
KEPT_WHEN_LEARNING = (classical.WINDOW_SUM, classical.LAST_EVENT)


@dataclass(frozen=True, slots=True)
class Rule:
    """What a rule looks at, and what it calls a contraction.

    Attributes
    ----------
    number : {"rectified", "energy", "whitened power"}
        Made of the latest samples.
    window_s : float
        Over which the number is averaged; two samples at least if it is whitened power.
    scatters : float
        Above the mean at rest. For whitened power the threshold is a quantile instead.
    hold_s, hang_over_s : float
        How long the number must stay above the threshold, and then away from it.
    """

    number: Literal["rectified", "energy", "whitened power"]
    window_s: float
    scatters: float
    hold_s: float
    hang_over_s: float


# Hodges and Bui (1996) tried 1 to 3 SD; Solnik et al. (2010) smooth the energy below 50 Hz, which
# is an average over 9 ms, and wait for 25 ms; Bonato et al. (1998) take pairs of samples, and
# contractions and pauses of 30 ms or more.
RULES = {
    "hodges-bui": Rule("rectified", 0.05, 3.0, 0.05, 0.05),
    "tkeo": Rule("energy", 0.009, 3.0, 0.025, 0.05),
    "bonato": Rule("whitened power", 0.0, 0.0, 0.03, 0.03),
}
# The double threshold of Bonato et al. (1998): one of the pairs in 10 ms (5 at 1000 samples/s) must
# exceed a power that at rest one of them exceeds with this probability.
FALSE_ALARM = 0.05
PAIRS_S = 0.01


class ClassicalDetector:
    """Decide by a classical rule when each muscle starts and stops to contract.

    Rest is learnt once, from a second after the filters have settled (the rule of Bonato et al.
    takes a second more, for whitening), and not tracked. Mains must be gone already.

    Parameters
    ----------
    n_channels : int
    sample_rate_hz : float
    rule : Rule
        One of ``RULES``.
    """

    def __init__(self, n_channels: int, sample_rate_hz: float, rule: Rule) -> None:
        def samples(seconds: float) -> int:
            return max(1, round(seconds * sample_rate_hz))

        self._rule = rule
        self._settle, self._learn = samples(SETTLE_S), samples(LEARN_S)
        window = samples(rule.window_s)
        exponent = 1.0 if rule.number == "rectified" else 2.0
        settings = {
            classical.SETTLE: self._settle,
            classical.LEARN: self._learn,
            classical.HOLD: samples(rule.hold_s),
            classical.HANG_OVER: samples(rule.hang_over_s),
            classical.GRACE: 1,
            classical.MOST_LOST: samples(MOST_LOST_S),
            classical.OF_MEAN: 1.0,
            classical.OF_SCATTER: rule.scatters,
            classical.LEAST: FLOOR_UV**exponent,
            classical.EXPONENT: exponent,
        }
        if rule.number == "whitened power":
            window = 2
            pairs = max(1, round(0.5 * PAIRS_S * sample_rate_hz))
            # A pair's mean power at rest exceeds its mean t times with probability exp(-t).
            settings[classical.OF_MEAN] = -math.log(1.0 - (1.0 - FALSE_ALARM) ** (1.0 / pairs))
            settings[classical.GRACE] = 2 * pairs
            settings[classical.SETTLE] += self._learn
        settings[classical.LAG] = window // 2
        self._settings = np.zeros(classical.N_SETTINGS)
        self._settings[list(settings)] = list(settings.values())
        self._state = np.zeros((classical.N_STATE, n_channels))
        self._ring = np.zeros((window, n_channels))
        self._energy = np.full((2, n_channels), np.nan)
        self._white = np.zeros((classical.N_WHITE_STATE, n_channels))
        self._ended: list[Edge] = []
        self._last_sample = 0

    def push(
        self, filtered_uv: NDArray[np.float64], first_sample: int
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_], list[Edge]]:
        """Take a block; return it as it is, who is active, and what was decided."""
        number = self._number(filtered_uv)
        active = np.empty(filtered_uv.shape, np.bool_)
        events = np.empty((filtered_uv.size, 4), np.int64)
        n_events = classical.held_above(
            filtered_uv,
            number,
            self._settings,
            first_sample,
            self._state,
            self._ring,
            active,
            events,
        )
        ended, self._ended = self._ended, []
        self._last_sample = first_sample + len(filtered_uv) - 1
        return filtered_uv, active, ended + edges(events[:n_events])

    def _number(self, filtered_uv: NDArray[np.float64]) -> NDArray[np.float64]:
        if self._rule.number == "rectified":
            return np.abs(filtered_uv)
        number = np.empty_like(filtered_uv)
        if self._rule.number == "energy":
            classical.teager_kaiser(filtered_uv, self._energy, number)
        else:
            classical.whitened_power(filtered_uv, self._settle, self._learn, self._white, number)
        return number

    @property
    def rest_uv(self) -> NDArray[np.float64]:
        """RMS of each channel at rest in µV."""
        given, learnt = self._state[classical.GIVEN_POWER], self._state[classical.REST_POWER]
        return np.array(np.sqrt(np.where(given > 0.0, given, learnt)))

    @property
    def scatter_uv(self) -> NDArray[np.float64]:
        """Standard deviation, in µV, of the level that the rule's number stands for."""
        state = self._state
        of_mean = self._settings[classical.EXPONENT] * np.maximum(state[classical.MEAN], 1e-300)
        learnt = np.sqrt(state[classical.VARIANCE]) / of_mean
        given = state[classical.GIVEN_POWER] > 0.0
        return np.array(self.rest_uv * np.where(given, state[classical.GIVEN_SCATTER], learnt))

    def set_rest(self, rest_uv: NDArray[np.float64], scatter_uv: NDArray[np.float64]) -> None:
        """Take a rest level as known.

        How the rule's number goes with the level depends on the spectrum: where that is not yet
        known, it is learnt first.
        """
        rest_uv = np.maximum(rest_uv, FLOOR_UV)
        self._state[classical.GIVEN_POWER] = np.square(rest_uv)
        self._state[classical.GIVEN_SCATTER] = scatter_uv / rest_uv

    def learn_rest(self) -> None:
        """Learn the rest level anew from the next second; a contraction that is on ends here."""
        contracting = self._state[classical.PHASE] == classical.CONTRACTING
        for channel in np.flatnonzero(contracting).tolist():
            self._ended.append(Edge("offset", channel, self._last_sample, self._last_sample))
        kept = np.isin(np.arange(classical.N_STATE), KEPT_WHEN_LEARNING)
        afresh = self._state[classical.PHASE] != classical.SETTLING  # who settles will learn anyway
        self._state[np.outer(~kept, afresh)] = 0.0
        self._state[classical.PHASE, afresh] = classical.LEARNING

    def reset(self) -> None:
        """Forget everything."""
        self._state[:] = 0.0
        self._ring[:] = 0.0
        self._energy[:] = np.nan
        self._white[:] = 0.0
        self._ended = []
        self._last_sample = 0

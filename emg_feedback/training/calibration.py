"""What rest and full effort look like today, on this skin, with these electrodes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_feedback.link.wire import or_none

Array = NDArray[np.float64]

MVC_WINDOW_S = 0.5
# An MVC must stand out of rest by this factor, and rest must vary by less than this share.
LEAST_MVC_OVER_REST = 3.0
LEAST_MVC_UV = 5.0
MOST_REST_VARIATION = 0.5
# With such a word of quality a stretch cannot be a reference.
SPOILING = {
    "off scale": "the electrode came off or the signal is off scale",
    "flat": "there is no signal, the cable may be out",
    "movement": "the cable or the electrode moved",
    "check electrode": "the electrode has no contact",
}


class Trial(msgspec.Struct, kw_only=True):
    """One attempt at a maximal contraction of one channel."""

    mvc_uv: float | None
    ok: bool
    why: str = ""


def strongest_uv(level_uv: Array, sample_rate_hz: float) -> Array:
    """Return the best mean over half a second of levels, shape (n_samples, …)."""
    window = min(round(MVC_WINDOW_S * sample_rate_hz), len(level_uv))
    total = np.cumsum(np.concatenate([np.zeros_like(level_uv[:1]), level_uv]), axis=0)
    return np.asarray(((total[window:] - total[:-window]) / window).max(axis=0))


def in_words(faults: Mapping[int, str], names: Sequence[str]) -> str | None:
    """Return what is wrong and with which muscles, a line for each fault; None without any."""
    who: dict[str, list[str]] = {}
    for channel, why in faults.items():
        who.setdefault(why, []).append(names[channel])
    return "\n".join(f"{', '.join(muscles)}: {why}" for why, muscles in who.items()) or None


@dataclass(slots=True)
class Calibration:
    """Reference levels per channel in µV, NaN where not yet measured, and how they were found.

    Attributes
    ----------
    rest_uv, rest_noise_uv, mvc_uv : ndarray, shape (n_channels,)
        Mean and standard deviation of the slow envelope at rest; level of full effort.
    fraction : list of float
        The share of full effort that was asked for; 1 but for a submaximal reference.
    trials : list of list of Trial
        Of the running or latest calibration of each channel.
    before_uv : ndarray, shape (n_channels,)
    before_fraction : list of float
        The MVC before those trials and its share, which hold until one of them is good.
    warnings : list of str
        What does not fit the last session.
    """

    rest_uv: Array
    rest_noise_uv: Array
    mvc_uv: Array
    fraction: list[float]
    trials: list[list[Trial]]
    before_uv: Array
    before_fraction: list[float]
    warnings: list[str] = field(default_factory=list)

    @classmethod
    def none(cls, n_channels: int) -> "Calibration":
        """Nothing measured."""
        unknown = np.full(n_channels, np.nan)
        trials: list[list[Trial]] = [[] for _ in range(n_channels)]
        return cls(
            rest_uv=unknown,
            rest_noise_uv=unknown.copy(),
            mvc_uv=unknown.copy(),
            fraction=[1.0] * n_channels,
            trials=trials,
            before_uv=unknown.copy(),
            before_fraction=[1.0] * n_channels,
        )

    def intensity(self, envelope_uv: Array) -> list[float | None]:
        """Envelope as a fraction of MVC; None where there is none to compare with."""
        return or_none(envelope_uv / self.mvc_uv)

    def take_rest(
        self, stretch: "Stretch", channel_names: list[str], used: list[bool]
    ) -> str | None:
        """Take the level of every channel that was at rest; return what is wrong with the others.

        One that is not used is left.
        """
        level, noise, found = stretch.rest()
        for channel, is_used in enumerate(used):
            if is_used and channel not in found:
                self.rest_uv[channel] = level[channel]
                self.rest_noise_uv[channel] = noise[channel]
        return in_words({c: why for c, why in found.items() if used[c]}, channel_names)

    def begin_trials(self, channel: int, fraction: float) -> None:
        """Measure a channel's MVC anew."""
        self.before_fraction[channel] = self.share(channel)
        self.before_uv[channel] = self.mvc_uv[channel]
        self.trials[channel] = []
        self.fraction[channel] = fraction

    def take(self, channel: int, mvc_uv: float, fraction: float) -> None:
        """Take a known MVC, and the share of full effort from which it was reckoned."""
        self.trials[channel] = []
        self.mvc_uv[channel] = self.before_uv[channel] = mvc_uv
        self.fraction[channel] = self.before_fraction[channel] = fraction

    def share(self, channel: int) -> float:
        """Return the share of full effort from which the MVC that holds was reckoned."""
        return (self.fraction if self._levels(channel) else self.before_fraction)[channel]

    def take_trials(
        self, stretch: "Stretch", channels: list[int], names: list[str], sample_rate_hz: float
    ) -> str | None:
        """Judge and keep a trial of each of these channels; return what is wrong, and where."""
        faults = {}
        for channel in channels:
            rest_uv = float(self.rest_uv[channel])
            trial = stretch.mvc(channel, rest_uv, self.fraction[channel], sample_rate_hz)
            self.add_trial(channel, trial)
            if not trial.ok:
                faults[channel] = trial.why
        return in_words(faults, names)

    def add_trial(self, channel: int, trial: Trial) -> None:
        """Keep a trial; the best counts."""
        self.trials[channel].append(trial)
        self._take_best(channel)

    def drop_trial(self, channel: int) -> None:
        """Take the latest trial out; without any the MVC is what it was before."""
        self.trials[channel].pop()
        self._take_best(channel)

    def forget(self, channel: int) -> None:
        """Forget a channel's references: it is on another muscle now."""
        for level in (self.rest_uv, self.rest_noise_uv, self.mvc_uv, self.before_uv):
            level[channel] = np.nan
        self.trials[channel] = []
        self.fraction[channel] = self.before_fraction[channel] = 1.0

    def spread(self, channel: int) -> float | None:
        """Return how far apart the trials are, as a share of the best; None below two."""
        levels = self._levels(channel)
        return (max(levels) - min(levels)) / max(levels) if len(levels) > 1 else None

    def told(self) -> dict[str, Any]:
        """Return what a console shows."""
        return {
            "rest_uv": or_none(self.rest_uv),
            "rest_noise_uv": or_none(self.rest_noise_uv),
            "mvc_uv": or_none(self.mvc_uv),
            "fraction": self.fraction,
            "trials": msgspec.to_builtins(self.trials),
            "spread": [self.spread(channel) for channel in range(len(self.trials))],
            "warnings": self.warnings,
        }

    def _levels(self, channel: int) -> list[float]:
        return [one.mvc_uv for one in self.trials[channel] if one.ok and one.mvc_uv]

    def _take_best(self, channel: int) -> None:
        self.mvc_uv[channel] = max(self._levels(channel), default=self.before_uv[channel])


@dataclass(slots=True)
class Stretch:
    """The slow envelope during one calibration, kept until it is judged."""

    envelopes: list[Array] = field(default_factory=list)
    spoilt: dict[int, str] = field(default_factory=dict)

    def add(self, slow_envelope_uv: Array, quality: list[str]) -> None:
        """Keep a block, shape (n_samples, n_channels), and what the quality was."""
        self.envelopes.append(slow_envelope_uv)
        for channel, word in enumerate(quality):
            if word in SPOILING:
                self.spoilt.setdefault(channel, SPOILING[word])

    def rest(self) -> tuple[Array, Array, dict[int, str]]:
        """Return level and noise per channel, and why those of some channels cannot be used."""
        level = np.vstack(self.envelopes)
        mean, noise = level.mean(axis=0), level.std(axis=0)
        faults = {}
        for channel in range(len(mean)):
            if channel in self.spoilt:
                faults[channel] = f"{self.spoilt[channel]}; mend it and measure again"
            elif not np.isfinite(mean[channel]):
                faults[channel] = "samples were lost, measure rest again"
            elif noise[channel] > MOST_REST_VARIATION * mean[channel] > 0.0:
                faults[channel] = "not at rest, relax and measure again"
        return mean, noise, faults

    def mvc(self, channel: int, rest_uv: float, fraction: float, sample_rate_hz: float) -> Trial:
        """Judge a maximal contraction: the best mean over half a second, by ``fraction``."""
        level = np.concatenate([block[:, channel] for block in self.envelopes])
        best_uv = float(strongest_uv(level, sample_rate_hz))
        if not np.isfinite(best_uv):
            return Trial(mvc_uv=None, ok=False, why="samples were lost, do it again")
        mvc_uv = best_uv / fraction
        if channel in self.spoilt:
            return Trial(mvc_uv=mvc_uv, ok=False, why=f"{self.spoilt[channel]}; do it again")
        if best_uv < max(LEAST_MVC_UV, np.nan_to_num(LEAST_MVC_OVER_REST * rest_uv)):
            why = "hardly more than rest, check the electrodes, do it again"
            return Trial(mvc_uv=mvc_uv, ok=False, why=why)
        return Trial(mvc_uv=mvc_uv, ok=True)

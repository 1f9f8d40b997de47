"""How well one repetition was held."""

from dataclasses import dataclass, field

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config.protocol import Band

# Getting there is not yet holding: the first second is left out, as clinics do.
REACHING_S = 1.0


class ChannelScore(msgspec.Struct, kw_only=True):
    """One muscle in one hold: intensities in fractions of MVC, times in seconds."""

    channel: int
    time_in_band: float
    mean: float
    steadiness_cv: float | None
    peak: float
    onset_latency_s: float | None


class RepetitionScore(msgspec.Struct, kw_only=True):
    """One hold. A repetition with a flag was disturbed and does not count."""

    set: int
    repetition: int
    counted: bool
    flags: list[str]
    time_in_band: float | None
    channels: list[ChannelScore]


@dataclass(slots=True)
class Hold:
    """What was seen during a hold, until it is scored."""

    first_sample: int
    intensities: list[NDArray[np.float64]] = field(default_factory=list)
    onsets: dict[int, int] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)

    def score(
        self, number: tuple[int, int], targets: list[Band | None], sample_rate_hz: float
    ) -> RepetitionScore:
        """Score the muscles that have a target; ``number`` is (set, repetition)."""
        intensity = np.vstack(self.intensities)[round(REACHING_S * sample_rate_hz) :]
        channels = []
        for channel, band in enumerate(targets):
            if band is None:
                continue
            level = intensity[np.isfinite(intensity[:, channel]), channel]
            if not len(level):
                continue
            mean = float(level.mean())
            onset = self.onsets.get(channel)
            channels.append(
                ChannelScore(
                    channel=channel,
                    time_in_band=float(np.mean((level >= band[0]) & (level <= band[1]))),
                    mean=mean,
                    steadiness_cv=float(level.std()) / mean if mean > 0.0 else None,
                    peak=float(level.max()),
                    onset_latency_s=None
                    if onset is None
                    else (onset - self.first_sample) / sample_rate_hz,
                )
            )
        return RepetitionScore(
            set=number[0],
            repetition=number[1],
            counted=not self.flags,
            flags=sorted(self.flags),
            time_in_band=float(np.mean([one.time_in_band for one in channels]))
            if channels
            else None,
            channels=channels,
        )

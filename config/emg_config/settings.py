"""Typed settings of the signal chain, with their units and limits."""

from typing import Literal

import msgspec

from emg_config.errors import UserError

# A band may not reach closer to half the sampling rate than this share of the rate.
HIGHEST_SHARE_OF_RATE = 0.45
SHORTEST_S, LONGEST_S = 0.005, 5.0
SHORTEST_MEMORY_S = 0.1
DETECTORS = ("cusum", "hodges-bui", "tkeo", "bonato")
FEWEST_FALSE_STARTS, MOST_FALSE_STARTS = 0.001, 60.0
MAINS_FILTERS = ("adaptive", "notch")
ENVELOPES = ("adaptive", "bayes", "damped", "rms", "arv", "butterworth")


class ChainSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How samples become envelopes and contractions.

    Attributes
    ----------
    low_hz, high_hz : float
        Pass band; ``high_hz`` is by itself the smaller of 450 Hz and 0.45 of the sampling rate.
        Where it is that share of the rate by itself, the board has ended the band, and no steep
        edge follows, unless the droop is corrected.
    mains_hz : {50, 60, None}
        Mains frequency to take out, with the harmonics that fall or fold into the band.
    mains_filter : {"adaptive", "notch"}
        A canceller that follows the mains and does not ring, or fixed notches.
    envelope : str
        Envelope for the bar. ``adaptive`` is steady in a hold and fast at a change; ``bayes`` does
        the same on a grid of levels, at many times the cost. The others have a fixed memory:
        ``damped`` (critically damped RMS), ``rms`` and ``arv`` (moving windows), ``butterworth``
        (linear envelope).
    memory_s : float
        Longest memory of ``adaptive`` and ``bayes``: in a hold they are as steady as a moving RMS
        over this time.
    fast_delay_s, slow_delay_s : float
        Delay of the envelope for the bar, if it is one of fixed memory, and of the one for the
        score.
    whiten : bool
        Flatten the spectrum of muscle before both envelopes. Holds become steadier at 1000
        samples/s and above; µV are then no longer those of the electrode.
    correct_droop : bool
        Take out the droop of an ADS1299's own filter (3 dB at a quarter of the rate, 9 dB at the
        end of the band): µV are nearer to those of a laboratory amplifier, and noisier.
    ecg_channels : tuple of int
        Channels, from 0, out of which heartbeats are taken: for the neck, the shoulder and the
        trunk. With any, every channel is later by the length of a heartbeat.
    detector : str
        How contractions are found. ``cusum``: quickest detection of a change, which tries other
        explanations before it decides; the others are classical rules, for comparison.
    false_starts_per_minute : float
        Sensitivity of ``cusum``: how often it may start without a contraction, in a calm minute.
    """

    low_hz: float = 20.0
    high_hz: float | None = None
    mains_hz: Literal[50, 60] | None = 50
    mains_filter: Literal["adaptive", "notch"] = "adaptive"
    envelope: Literal["adaptive", "bayes", "damped", "rms", "arv", "butterworth"] = "adaptive"
    memory_s: float = 0.5
    fast_delay_s: float = 0.05
    slow_delay_s: float = 0.25
    whiten: bool = False
    correct_droop: bool = False
    ecg_channels: tuple[int, ...] = ()
    detector: Literal["cusum", "hodges-bui", "tkeo", "bonato"] = "cusum"
    false_starts_per_minute: float = 0.1

    def __post_init__(self) -> None:
        delays_s = (self.fast_delay_s, self.slow_delay_s)
        if self.mains_hz not in (50, 60, None):
            raise UserError(f"a mains frequency of {self.mains_hz} Hz is not known: 50, 60 or None")
        if self.mains_filter not in MAINS_FILTERS:
            raise UserError(
                f"mains is taken out by {' or '.join(MAINS_FILTERS)}, not by {self.mains_filter!r}"
            )
        if self.envelope not in ENVELOPES:
            raise UserError(
                f"an envelope called {self.envelope!r} is not known: {', '.join(ENVELOPES)}"
            )
        if not SHORTEST_MEMORY_S <= self.memory_s <= LONGEST_S:
            raise UserError(
                f"an envelope's memory must be {SHORTEST_MEMORY_S:g} to {LONGEST_S:g} s, not "
                f"{self.memory_s:g}"
            )
        if not all(SHORTEST_S <= delay_s <= LONGEST_S for delay_s in delays_s):
            raise UserError(
                f"delays and windows must be {SHORTEST_S:g} to {LONGEST_S:g} s, not {delays_s}"
            )
        if self.detector not in DETECTORS:
            raise UserError(
                f"a detector called {self.detector!r} is not known: {', '.join(DETECTORS)}"
            )
        if not FEWEST_FALSE_STARTS <= self.false_starts_per_minute <= MOST_FALSE_STARTS:
            raise UserError(
                f"give {FEWEST_FALSE_STARTS:g} to {MOST_FALSE_STARTS:g} false starts a minute, not "
                f"{self.false_starts_per_minute:g}"
            )

    def band_hz(self, sample_rate_hz: float) -> tuple[float, float]:
        """Return the pass band for a sampling rate.

        Raises
        ------
        UserError
            The band cannot be had at this rate.
        """
        if not 1.0 <= sample_rate_hz <= 1e5:
            raise UserError(f"{sample_rate_hz:g} samples/s is not a rate: give 1 to 100000")
        limit_hz = HIGHEST_SHARE_OF_RATE * sample_rate_hz
        high_hz = min(450.0, limit_hz) if self.high_hz is None else self.high_hz
        if high_hz > limit_hz:
            raise UserError(
                f"a band up to {high_hz:g} Hz cannot be had at {sample_rate_hz:g} samples/s: "
                f"choose at most {limit_hz:g} Hz, or a board with a higher rate"
            )
        if not 0.0 < self.low_hz < high_hz:
            raise UserError(
                f"the band {self.low_hz:g} to {high_hz:g} Hz is empty at {sample_rate_hz:g} "
                "samples/s: lower its lower edge"
            )
        return self.low_hz, high_hz

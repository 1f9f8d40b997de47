"""Typed settings of the signal chain, with their units and limits."""

from typing import Literal

import msgspec

from emg_config.errors import UserError

# A band may not reach closer to half the sampling rate than this share of the rate.
HIGHEST_SHARE_OF_RATE = 0.45
SHORTEST_S, LONGEST_S = 0.005, 5.0


class ChainSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How samples become envelopes and contractions.

    Attributes
    ----------
    low_hz, high_hz : float
        Pass band; ``high_hz`` is by itself the smaller of 450 Hz and 0.45 of the sampling rate.
    mains_hz : {50, 60, None}
        Mains frequency to take out, with the harmonics that fall or fold into the band.
    fast_delay_s, slow_delay_s : float
        Delay of the envelope for the bar and of the one for the score.
    window_s : float
        Length of the window whose RMS the detector compares with rest.
    onset_sd, release_sd : float
        Scatters above the rest level at which a contraction starts, and below which it ends.
    """

    low_hz: float = 20.0
    high_hz: float | None = None
    mains_hz: Literal[50, 60] | None = 50
    fast_delay_s: float = 0.05
    slow_delay_s: float = 0.25
    window_s: float = 0.1
    onset_sd: float = 6.0
    release_sd: float = 2.0

    def __post_init__(self) -> None:
        delays_s = (self.fast_delay_s, self.slow_delay_s, self.window_s)
        if self.mains_hz not in (50, 60, None):
            raise UserError(f"a mains frequency of {self.mains_hz} Hz is not known: 50, 60 or None")
        if not all(SHORTEST_S <= delay_s <= LONGEST_S for delay_s in delays_s):
            raise UserError(
                f"delays and windows must be {SHORTEST_S:g} to {LONGEST_S:g} s, not {delays_s}"
            )
        if not 0.0 <= self.release_sd < self.onset_sd <= 100.0:
            raise UserError(
                f"0 ≤ release_sd < onset_sd ≤ 100 must hold, not {self.release_sd} and "
                f"{self.onset_sd}"
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

"""Is a channel fit to be believed? One plain word each."""

import numpy as np
from numpy.typing import NDArray

GOOD, OFF_SCALE, FLAT = "good", "off scale", "flat"
FLAT_S = 0.5
RAIL_SHARE = 0.999


class Quality:
    """Watch raw samples for an amplifier at its rail and for a channel that never changes."""

    def __init__(self, n_channels: int, sample_rate_hz: float, full_scale_uv: float) -> None:
        self._rail_uv = RAIL_SHARE * full_scale_uv
        self._flat_samples = FLAT_S * sample_rate_hz
        self._last = np.full(n_channels, np.nan)
        self._same = np.zeros(n_channels)

    def push(self, block_uv: NDArray[np.float64]) -> list[str]:
        """Return a word for each channel."""
        changes = np.any(np.diff(block_uv, axis=0, prepend=self._last[None]) != 0.0, axis=0)
        self._same = np.where(changes, 0.0, self._same + len(block_uv))
        self._last = block_uv[-1].copy()
        railed = np.abs(block_uv[-1]) >= self._rail_uv
        return [
            OFF_SCALE if is_railed else FLAT if same >= self._flat_samples else GOOD
            for is_railed, same in zip(railed.tolist(), self._same.tolist(), strict=True)
        ]

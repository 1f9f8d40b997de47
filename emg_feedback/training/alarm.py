"""An alarm for a hold that leaves its band."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class Alarm:
    """Tells when a muscle has been out of its band for ``after`` samples."""

    def __init__(self, after: float) -> None:
        self._after = after
        self._out_for = 0

    @property
    def on(self) -> bool:
        """Whether it has been out for too long."""
        return self._out_for >= self._after

    def watch(self, level_uv: Array, bands_uv: Array) -> None:
        """Take levels, shape (n_samples, n_muscles), and their bands, (n_samples, n_muscles, 2)."""
        with np.errstate(invalid="ignore"):
            out = (level_uv < bands_uv[..., 0]) | (level_uv > bands_uv[..., 1])
        inside = np.flatnonzero(np.logical_not(out.any(axis=1)))
        before = -1 - int(inside[-1]) if len(inside) else self._out_for
        self._out_for = before + len(out)

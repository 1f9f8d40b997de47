"""The last seconds of every channel, for the strip under its bar and for its line on a path."""

import numpy as np
import numpy.typing as npt

SPAN_S = 8.0
LONGEST_S = 40.0
STEP_S = 1 / 30
_ROWS = round(LONGEST_S / STEP_S) + 8

Array = npt.NDArray[np.float64]


class History:
    """A ring of values, at most one row every `STEP_S`.

    Values are kept as they came, in µV and in fractions of MVC, so that the strip stays right
    when the scale changes. Every row is stored twice, a ring's length apart, so that the newest
    rows always lie in one piece.
    """

    def __init__(self, n_channels: int) -> None:
        self.n_channels = n_channels
        self._time_s = np.full(2 * _ROWS, -np.inf)
        self._values = np.full((2, n_channels, 2 * _ROWS), np.nan)
        self._next = 0

    def push(self, time_s: float, envelope_uv: Array, intensity: Array) -> None:
        """Add one row, shapes (n_channels,), unless the last is too young; NaN for no value."""
        elapsed_s = time_s - self._time_s[self._next - 1]
        if 0.0 <= elapsed_s < STEP_S:
            return
        if elapsed_s < 0.0:
            self._time_s.fill(-np.inf)
        for row in (self._next, self._next + _ROWS):
            self._time_s[row] = time_s
            self._values[:, :, row] = envelope_uv, intensity
        self._next = (self._next + 1) % _ROWS

    def trace(
        self, channel: int, now_s: float, of_mvc: bool, span_s: float = SPAN_S
    ) -> tuple[Array, Array]:
        """Return ages in seconds, oldest first, and values of one channel; gaps are left out.

        ``span_s`` is at most `LONGEST_S`. Of a channel that has not come yet there is nothing.
        """
        if channel >= self.n_channels:
            return np.empty(0), np.empty(0)
        newest = self._next + _ROWS
        rows = slice(newest - min(_ROWS, round(span_s / STEP_S) + 8), newest)
        age_s = now_s - self._time_s[rows]
        values = self._values[int(of_mvc), channel, rows]
        kept = (age_s <= span_s) & (age_s >= 0.0) & np.isfinite(values)
        return age_s[kept], values[kept]

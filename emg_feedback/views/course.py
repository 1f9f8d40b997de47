"""The path of a ``follow`` exercise, as far as a view knows it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from emg_feedback.link.messages import Phase, SessionState, Status

Array = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """A path over one hold.

    Attributes
    ----------
    time_s, level : ndarray, shape (n_corners,)
        Corners; seconds from the start of the hold, and fractions of the bar's height.
    tolerance : float
        Half the height of the corridor, in the same fractions.
    at_s : float
        Where on it the patient is now; negative before the hold.
    """

    time_s: Array
    level: Array
    tolerance: float
    at_s: float

    @property
    def length_s(self) -> float:
        """Return the duration of the hold."""
        return float(self.time_s[-1])


class PathMemory:
    """Keeps the path over the phases of an exercise in which the wire does not tell it."""

    def __init__(self) -> None:
        self._exercise: str | None = None
        self._corners = np.empty((0, 2))
        self._tolerance = 0.0

    def update(self, session: SessionState, status: Status | None) -> None:
        """Take the newest session, and the newest status for the width of the corridor."""
        if session.protocol != self._exercise or session.mode != "follow":
            self._corners, self._tolerance = np.empty((0, 2)), 0.0
        self._exercise = session.protocol
        if not session.path or session.mode != "follow":
            return
        corners = np.array(session.path, dtype=float)
        if len(corners) < 2 or not np.isfinite(corners).all() or corners[-1, 0] <= 0.0:
            return
        corners[:, 0] = np.maximum.accumulate(corners[:, 0])
        self._corners = corners
        told = (status.protocol or {}).get("path") if status is not None else None
        width = told.get("tolerance") if isinstance(told, dict) else None
        if isinstance(width, int | float) and 0.0 < width < 1.0:
            self._tolerance = float(width)
        elif session.phase is Phase.HOLD:
            widths = [(high - low) / 2 for band in session.targets if band for low, high in [band]]
            self._tolerance = max([self._tolerance, *widths])

    def course(self, session: SessionState, full: float, later_s: float) -> Course | None:
        """Return the path in fractions of ``full``, ``later_s`` after the session was told."""
        if not len(self._corners):
            return None
        left_s, phase_s = session.remaining_s, session.phase_s
        elapsed_s = (phase_s or 0.0) - (left_s or 0.0) + later_s
        match session.phase:
            case Phase.PREPARE if left_s is not None:
                at_s = min(0.0, later_s - left_s)
            case Phase.HOLD:
                at_s = min(elapsed_s, float(self._corners[-1, 0]))
            case Phase.RELAX:
                at_s = float(self._corners[-1, 0]) + elapsed_s
            case _:
                return None
        return Course(self._corners[:, 0], self._corners[:, 1] / full, self._tolerance / full, at_s)

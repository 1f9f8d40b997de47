"""Which computers show the patient's display, by what they tell of themselves."""

from collections.abc import Callable
from typing import Any

from emg_config import UserError
from emg_feedback.link.messages import Display, DisplayAt

LASTING_S = 3.0


class Displays:
    """What was told in the last seconds, and whether a display was asked for.

    Attributes
    ----------
    calls : int
        How often what is shown was called to the front.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[tuple[str, bool], tuple[Display, float]] = {}
        self._asked: set[str] = set()
        self.calls = 0

    @property
    def now(self) -> list[DisplayAt]:
        """Every computer that told of a display lately."""
        self._forget()
        return [
            DisplayAt(host=one.host, shown=one.shown, opens=one.opens)
            for one, _ in self._told.values()
        ]

    def take(self, told: Display) -> bool:
        """Take what a computer tells; return whether it is to open a display."""
        self._forget()
        self._told[told.host, told.opens] = told, self._clock()
        if not told.opens or told.host not in self._asked:
            return False
        if told.shown:
            self._asked.remove(told.host)
        else:
            self._asked.clear()
        return not told.shown

    def ask(self) -> dict[str, Any]:
        """Call what is shown to the front, and have one opened by a computer that shows none.

        Returns
        -------
        dict
            ``shown``, the computers that show one, and ``opens``, whether another is asked for it.

        Raises
        ------
        UserError
            None is shown, and none can be opened.
        """
        now = self.now
        shown = sorted({one.host for one in now if one.shown})
        able = {one.host for one in now if one.opens and not one.shown}
        if not (shown or able):
            raise UserError(
                "the patient's screen cannot be opened from here: "
                "start 'emg-feedback display' on its computer"
            )
        self.calls += bool(shown)
        self._asked = able
        return {"shown": shown, "opens": bool(able)}

    def _forget(self) -> None:
        old_s = self._clock() - LASTING_S
        self._told = {key: told for key, told in self._told.items() if told[1] > old_s}

"""Which computers show the patient's display, by what they tell of themselves."""

from collections.abc import Callable

from emg_config import UserError
from emg_feedback.link.messages import Display, DisplayAt

LASTING_S = 3.0


class Displays:
    """What was told in the last seconds, and whether a display was asked for.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._told: dict[tuple[str, bool], tuple[Display, float]] = {}
        self._asked = False

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
        asked = self._asked and told.opens
        self._asked = self._asked and not told.opens
        return asked and not told.shown

    def ask(self) -> None:
        """Have a display opened by the next computer that tells that it can.

        Raises
        ------
        UserError
            None can, or all that can show one already.
        """
        able = [one for one in self.now if one.opens]
        if not able:
            raise UserError(
                "the patient's screen cannot be opened from here: "
                "start 'emg-feedback display' on its computer"
            )
        if all(one.shown for one in able):
            raise UserError("the patient's screen is open already")
        self._asked = True

    def _forget(self) -> None:
        old_s = self._clock() - LASTING_S
        self._told = {key: told for key, told in self._told.items() if told[1] > old_s}

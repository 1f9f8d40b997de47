"""How the patient's page looks: as it was started, as keys change it, as the engine keeps it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import reduce

from emg_feedback.link.messages import PatientLook
from emg_feedback.link.requests import Requests
from emg_feedback.views.look import Look, Side, look_after


class KeptLook:
    """The look of one display; what keys change is kept by the engine, for the patient.

    Parameters
    ----------
    started : Look
        As the display was started: so it looks while nobody changed it for this patient.
    control : str or None
        Where the engine takes commands; None to keep nothing.
    clock : callable
        Returns seconds.

    Attributes
    ----------
    now : Look

    Raises
    ------
    UserError
        ``control`` is malformed.
    """

    def __init__(self, started: Look, control: str | None, clock: Callable[[], float]) -> None:
        self.now = self._started = started
        self._told: PatientLook | None = None
        self._requests = None
        if control is not None:
            self._requests = Requests(control, lambda *_: None, lambda *_: None, clock)

    def follow(self, told: PatientLook | None) -> None:
        """Look as the engine tells, unless it has yet to hear of a key; None is as started."""
        if self._requests is not None:
            self._requests.poll()
            if self._requests.pending("set_look"):
                return
        if told != self._told:
            self._told, self.now = told, self._started
            if told is not None:
                side = Side(told.side)
                self.now = replace(self._started, side=side, text_size=told.text_size)

    def press(self, keys: Sequence[str]) -> None:
        """Take keys, of which some change the look."""
        look = reduce(lambda seen, key: look_after(key, seen), keys, self.now)
        if look == self.now:
            return
        self.now = look
        if self._requests is not None:
            told = {"side": str(look.side), "text_size": look.text_size}
            self._requests.ask_newest("look", "set_look", look=told)

    def close(self) -> None:
        """Let go of the engine."""
        if self._requests is not None:
            self._requests.close()

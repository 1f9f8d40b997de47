"""What was asked of the engine, shown as if it were so until the engine says how it is."""

from typing import Generic, TypeVar

Value = TypeVar("Value")

HELD_S = 0.6


class Sent(Generic[Value]):
    """A value on its way: what the engine still tells from before must not undo it.

    It is let go of once the engine tells it, or has answered ``HELD_S`` ago and tells another,
    because it refused or corrected it.
    """

    def __init__(self) -> None:
        self._value: Value | None = None
        self._until_s: float | None = None

    def hold(self, value: Value) -> None:
        """Remember what is asked for."""
        self._value, self._until_s = value, None

    def shown(self, told: Value, now_s: float, *, pending: bool) -> Value:
        """Return what is to be shown when the engine tells ``told``.

        ``pending`` says that the request has not been answered.
        """
        if self._value is None:
            return told
        if pending or self._until_s is None:
            self._until_s = now_s + HELD_S
        if not pending and (told == self._value or now_s > self._until_s):
            self._value = None
            return told
        return self._value

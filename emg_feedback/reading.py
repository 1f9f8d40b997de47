"""Files read in a thread, so that whoever records never waits for a disk."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

from emg_config import UserError

R = TypeVar("R")

ANSWER_S = 1.5
MOST_AT_ONCE = 4


class Reading(Generic[R]):
    """What will have been read; given up `ANSWER_S` after it was asked for."""

    def __init__(self, future: Future[R], clock: Callable[[], float]) -> None:
        self._future = future
        self._clock = clock
        self._end_s = clock() + ANSWER_S

    def ready(self) -> bool:
        """Return whether `result` is there at once."""
        return self._future.done() or self._clock() >= self._end_s

    def result(self) -> R:
        """Return what was read.

        Raises
        ------
        UserError
            That of the reader, or the disk does not keep up.
        """
        if not self._future.done():
            raise _silent()
        return self._future.result()


class Reader:
    """Reads each thing in a thread of its own; one that hangs keeps nothing else from being read.

    Parameters
    ----------
    clock : callable
        Seconds that only go forward.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._threads: list[Thread] = []

    def ask(self, read: Callable[[], R]) -> Reading[R]:
        """Have something read.

        Raises
        ------
        UserError
            `MOST_AT_ONCE` hang already.
        """
        self._threads = [one for one in self._threads if one.is_alive()]
        if len(self._threads) == MOST_AT_ONCE:
            raise _silent()
        answer: Future[R] = Future()
        thread = Thread(target=_read, args=(read, answer), name="reader", daemon=True)
        self._threads.append(thread)
        thread.start()
        return Reading(answer, self._clock)


def _read(read: Callable[[], R], answer: Future[R]) -> None:
    try:
        answer.set_result(read())
    except BaseException as error:
        answer.set_exception(error)


def _silent() -> UserError:
    return UserError(
        "your own exercises and muscles cannot be read: the disk does not answer, check it"
    )

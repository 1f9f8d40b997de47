"""A thread that writes and reads the archive, so that whoever records never waits for a disk."""

import time
import traceback
from collections import deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from emg_feedback.closing import Closing
from emg_feedback.store.archive import Archive
from emg_feedback.store.archive_file import ArchiveError

P = ParamSpec("P")
R = TypeVar("R")
Call = Callable[[Archive], Any]

COMMIT_S = 0.5
# Calls in one transaction: what a disk that fails makes us do again.
MOST_TOGETHER = 1000
# Calls that wait in memory for a disk that fails: hours of a busy session, some 100 MB.
MOST_WAITING = 100_000
# Another program's write is waited for this long, here: what waits is tried again. A question may
# find such a wait before it and then wait itself.
BUSY_S = 0.5
ANSWER_S = 1.5
LAST_TRIES = 4
CLOSE_S = 5.0


class Batch:
    """Calls that wait to be written together, and what became of those before them.

    Parameters
    ----------
    archive : Archive
    clock : callable
        Seconds that only go forward.

    Attributes
    ----------
    failure : str or None
        Why not everything could be kept, in one line: the file cannot be used now, or a call was
        refused.
    """

    def __init__(self, archive: Archive, clock: Callable[[], float] = time.monotonic) -> None:
        self.failure: str | None = None
        self.archive = archive
        self._clock = clock
        self._calls: deque[Call] = deque()
        self._due_s = 0.0
        self._refused: str | None = None
        self._dropped = 0

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def wait_s(self) -> float | None:
        """Seconds until `write` is due, or None when nothing waits."""
        return max(0.0, self._due_s - self._clock()) if self._calls else None

    def add(self, call: Call) -> None:
        """Let a call wait; it is due `COMMIT_S` after the first of those that wait."""
        if not self._calls:
            self._due_s = self._clock() + COMMIT_S
        if len(self._calls) < MOST_WAITING:
            self._calls.append(call)
        else:
            self._dropped += 1

    def write(self) -> bool:
        """Write what waits; what the file does not take waits on. Return whether nothing does."""
        try:
            while self._calls:
                self._write_some()
        except Exception as error:  # the thread must outlive whatever a disk can do
            self.failure = str(error)
            if self._dropped:
                self.failure += f"; {self._dropped} entries found no more room in memory"
            self._due_s = self._clock() + COMMIT_S
            return False
        if self._dropped:
            self._refused = f"{self.archive.path}: {self._dropped} entries were not kept"
        self.failure = self._refused
        return True

    def _write_some(self) -> None:
        n_calls = min(len(self._calls), MOST_TOGETHER)
        refused: list[Exception] = []
        with self.archive.together():
            for index in range(n_calls):
                try:
                    self._calls[index](self.archive)
                except ArchiveError:
                    raise
                except Exception as error:  # one bad entry must not cost the others
                    refused.append(error)
        for _ in range(n_calls):
            self._calls.popleft()
        for reason in refused:
            traceback.print_exception(reason)
            self._refused = f"{self.archive.path}: an entry was not kept ({reason})"


class Answer(Generic[R]):
    """What the archive will answer to a question.

    The question is given up `ANSWER_S` after it was asked. What is given up changes nothing.
    """

    def __init__(self, future: Future[R], clock: Callable[[], float]) -> None:
        self._future = future
        self._clock = clock
        self._end_s = clock() + ANSWER_S

    def ready(self) -> bool:
        """Return whether `result` is there at once."""
        return self._future.done() or (self.late and self._future.cancel())

    @property
    def late(self) -> bool:
        """Whether it should have been there already: who asked may have given up."""
        return self._clock() >= self._end_s

    def result(self) -> R:
        """Wait for the answer and return it.

        Raises
        ------
        UserError
            That of the method which was asked, or the disk does not keep up.
        """
        with suppress(TimeoutError, CancelledError):
            return self._future.result(max(0.0, self._end_s - self._clock()))
        if self._future.cancel():
            raise ArchiveError("the archive does not answer: check the disk")
        return self._future.result()  # it came at the last moment


@dataclass(frozen=True, slots=True)
class _Question:
    call: Call
    answer: Future[Any]


class Journal(Closing):
    """An archive written in the background, in order, at least every half second.

    What cannot be written now, because the disk is full or the file is held, waits in memory (at
    most `MOST_WAITING` calls; later ones are counted and dropped) and is tried again every half
    second. `failure` tells of it.

    Parameters
    ----------
    path : Path
        Of the archive.
    clock : callable
        Seconds that only go forward.

    Raises
    ------
    ArchiveError
        From the constructor: the file cannot be used.
    """

    def __init__(self, path: Path, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._inbox: SimpleQueue[Call | _Question | None] = SimpleQueue()
        self._clock = clock
        self._failure: str | None = None
        opened: Future[None] = Future()
        self._thread = Thread(target=self._work, args=(path, opened), name="journal", daemon=True)
        self._thread.start()
        opened.result()

    @property
    def failure(self) -> str | None:
        """Why not everything could be kept so far, in one line."""
        return self._failure

    def write(
        self, method: Callable[Concatenate[Archive, P], object], *args: P.args, **kwargs: P.kwargs
    ) -> None:
        """Have a method of the archive called later; its arguments must not change any more.

        ``journal.write(Archive.add, event)``
        """
        self._inbox.put(lambda archive: method(archive, *args, **kwargs))

    def ask(
        self, method: Callable[Concatenate[Archive, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> Answer[R]:
        """Have a method of the archive called after everything before it is written.

        It may write, too: all of it, if its answer is taken, or nothing.

        Raises
        ------
        ArchiveError
            Too many wait already.
        """
        if self._inbox.qsize() > MOST_WAITING:
            raise ArchiveError("the archive does not keep up: check the disk")
        answer: Future[R] = Future()
        self._inbox.put(_Question(lambda archive: method(archive, *args, **kwargs), answer))
        return Answer(answer, self._clock)

    def close(self) -> None:
        """Write everything and close the archive; `failure` tells what could not be written."""
        self._inbox.put(None)
        self._thread.join(CLOSE_S)
        if self._thread.is_alive():
            self._failure = "the archive could not be closed: check the disk"

    # In the thread.

    def _work(self, path: Path, opened: Future[None]) -> None:
        try:
            archive = Archive(path, BUSY_S)
        except BaseException as error:
            opened.set_exception(error)
            return
        opened.set_result(None)
        with archive:
            batch = Batch(archive, self._clock)
            while self._take(batch):
                self._failure = batch.failure
            written = any(batch.write() for _ in range(LAST_TRIES))
            lost = "" if written else f"{len(batch)} entries were not kept: "
            self._failure = batch.failure and lost + batch.failure

    def _take(self, batch: Batch) -> bool:
        """Do the next thing; return whether there may be more."""
        if batch.wait_s == 0.0:
            batch.write()
            return True
        try:
            item = self._inbox.get(timeout=batch.wait_s)
        except Empty:
            return True
        if item is None:
            return False
        if isinstance(item, _Question):
            _answer(item, batch)
        else:
            batch.add(item)
        return True


def _answer(question: _Question, batch: Batch) -> None:
    """Answer a question; what it wrote stays only if somebody still waits for the answer."""
    answer = question.answer
    if answer.cancelled():
        return
    try:
        if not batch.write():
            raise ArchiveError(batch.failure)
        with batch.archive.together():
            result = question.call(batch.archive)
            if not answer.set_running_or_notify_cancel():
                raise CancelledError
    except Exception as error:
        with suppress(InvalidStateError):  # it was given up
            answer.set_exception(error)
    else:
        answer.set_result(result)

"""Beginning and ending processes: stop on a signal, after a time, or with the parent."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from emg_config import DeviceError

PARTING_S = 8.0  # longer than the archive takes at the worst


class Stop:
    """Says when to stop. Call it to ask.

    Parameters
    ----------
    seconds : float, optional
        Stop by itself this long after ``start``.
    clock : callable
        Seconds that only go forward.
    """

    def __init__(
        self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._asked = False
        self._seconds = seconds
        self._clock = clock
        self._deadline_s = float("inf")

    def start(self) -> None:
        """Let the time run from now."""
        if self._seconds is not None:
            self._deadline_s = self._clock() + self._seconds

    def ask(self) -> None:
        """Ask to stop."""
        self._asked = True

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self._asked or self._clock() >= self._deadline_s

    def on_signals(self) -> None:
        """Stop in good order on Ctrl-C and on ``kill``."""

        def handle(_number: int, _frame: FrameType | None) -> None:
            self.ask()

        signal.signal(signal.SIGINT, handle)
        signal.signal(signal.SIGTERM, handle)


def die_on_signals() -> None:
    """End at once on Ctrl-C and on ``kill``: for a start-up that waits in foreign code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def die_with_parent() -> None:
    """End this process when its standard input closes, as it does however the parent ends."""

    def watch() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 1024):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()


class Background:
    """Work in a thread of its own, whose error reaches who waits for it."""

    def __init__(self, work: Callable[[], None], name: str) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # handed over in ``wait``
            self._error = error

    @property
    def running(self) -> bool:
        """Whether it is not yet done."""
        return self._thread.is_alive()

    def end(self) -> None:
        """Return when it is done, whatever it raised."""
        self._thread.join()

    def wait(self, timeout_s: float | None = None) -> None:
        """Return when it is done, or after ``timeout_s``; raise what it raised."""
        self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error


class ChildFailedError(Exception):
    """A process of ours ended with an error, which it has already told."""

    def __init__(self, exit_code: int) -> None:
        super().__init__(exit_code)
        self.exit_code = exit_code


class Child:
    """Another command of ours, which ends with us.

    Parameters
    ----------
    arguments : str
        What would be typed after ``emg-feedback``.
    """

    def __init__(self, *arguments: str) -> None:
        self._name = arguments[0]
        self._asked_to_end = False
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emg_feedback", *arguments, "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,  # Ctrl-C is for us: we end our children in good order
        )

    def hello(self) -> dict[str, Any]:
        """Wait for its first line, which is JSON."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self.check()
            raise DeviceError(f"'{self._name}' ended before it began: start it by hand to see why")
        return dict(json.loads(line))

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def check(self) -> None:
        """Raise if it has ended with an error.

        Raises
        ------
        ChildFailedError
            It has told its error.
        DeviceError
            It was killed.
        """
        code = self._process.poll()
        if self._asked_to_end and code == -signal.SIGTERM:
            return
        if code is not None and code < 0:
            raise DeviceError(f"'{self._name}' was killed (signal {-code}): start again")
        if code:
            raise ChildFailedError(code)

    def ask_to_end(self) -> None:
        """Ask it to end, without waiting."""
        if self.running:
            self._asked_to_end = True
            self._process.terminate()

    def end(self) -> dict[str, Any]:
        """End it in good order if it can, at once if not; return its last words, which are JSON.

        What was killed, or told to end before it began, has none.
        """
        if self._process.stdout is None or self._process.stdout.closed:
            return {}
        self.ask_to_end()
        try:
            printed, _ = self._process.communicate(timeout=PARTING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            printed, _ = self._process.communicate()
        return dict(json.loads(printed)) if printed.strip() else {}

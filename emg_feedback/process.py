"""Beginning and ending processes: stop on a signal, after a time, or with the parent."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import IO

PARTING_S = 1.2


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
        self._asked = threading.Event()
        self._seconds = seconds
        self._clock = clock
        self._deadline_s = float("inf")

    def start(self) -> None:
        """Let the time run from now."""
        if self._seconds is not None:
            self._deadline_s = self._clock() + self._seconds

    def ask(self) -> None:
        """Ask to stop."""
        self._asked.set()

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self._asked.is_set() or self._clock() >= self._deadline_s

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
        self._process = subprocess.Popen(
            [sys.executable, "-m", "emg_feedback", *arguments, "--with-parent"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    @property
    def output(self) -> IO[str]:
        """What it prints."""
        assert self._process.stdout is not None
        return self._process.stdout

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def wait(self) -> int:
        """Wait for its end and return its exit code."""
        return self._process.wait()

    def end(self) -> str:
        """End it in good order if it can, at once if not; return what it still printed."""
        if self.output.closed:
            return ""
        if self._process.poll() is None:
            self._process.terminate()
        try:
            printed, _ = self._process.communicate(timeout=PARTING_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            printed, _ = self._process.communicate()
        return printed

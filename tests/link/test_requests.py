"""Requests to the engine whose answers come whenever they come."""

import itertools
import tempfile
from pathlib import Path

import pytest

from emg_feedback.link.messages import MAX_CONTROL_BYTES
from emg_feedback.link.requests import NO_ANSWER, NOT_REACHED, TOO_LONG, Requests
from tests.views.console_engine import FakeEngine


class Asking:
    """Requests with a clock of their own, and an engine that answers when told to."""

    def __init__(self, folder):
        self.now_s = 0.0
        self.done, self.failed = [], []
        self.folder = folder
        self.requests = Requests(
            f"ipc://{folder}/control",
            lambda command, result: self.done.append((command, result)),
            lambda command, why: self.failed.append((command, why)),
            lambda: self.now_s,
        )
        self.engine = None

    def start(self):
        self.engine = FakeEngine(f"ipc://{self.folder}/publish", f"ipc://{self.folder}/control")

    def until(self, condition):
        for _ in range(2000):
            if self.engine is not None:
                self.engine.control._socket.poll(1)  # noqa: SLF001
                self.engine.turn()
            self.requests.poll()
            if condition():
                return
        raise AssertionError("it never came about")

    def reach(self):
        def asked():
            if not self.requests.pending("state"):
                self.requests.ask("state", quiet=True)
            return bool(self.done)

        self.until(asked)
        self.done.clear()
        self.engine.asked.clear()
        self.until(lambda: not self.requests.pending("state"))
        self.done.clear()


@pytest.fixture
def asking():
    with tempfile.TemporaryDirectory(prefix="emg") as folder:
        made = Asking(Path(folder))
        yield made
        made.requests.close()
        if made.engine is not None:
            made.engine.close()


def test_nothing_is_kept_for_an_engine_that_is_away(asking):
    asking.requests.ask("stop")
    assert asking.failed == [("stop", NOT_REACHED)]
    asking.start()
    asking.reach()
    assert asking.engine.commands("stop") == []


def test_answers_find_their_request(asking):
    asking.start()
    asking.reach()
    then = []
    asking.requests.ask("patients", then=then.append)
    asking.engine.refuse["skip"] = "nothing is running"
    asking.requests.ask("skip")
    asking.until(lambda: then and asking.failed)
    assert then[0]["patients"][0]["id"] == "P-017"
    assert asking.failed == [("skip", "nothing is running")]
    asking.requests.ask("note", text="x" * MAX_CONTROL_BYTES)
    assert asking.failed[-1] == ("note", TOO_LONG)


def test_of_a_slot_the_newest_waits_and_is_sent(asking):
    asking.start()
    asking.reach()
    for low in (0.1, 0.2, 0.3, 0.4):
        asking.requests.ask_newest("t", "set_target", channel=0, low=low, high=0.9)
    asking.until(lambda: len(asking.done) == 2 and not asking.requests.pending("set_target"))
    assert [args["low"] for _, args in asking.engine.commands("set_target")] == [0.1, 0.4]


def test_silence_is_told_once_and_late_answers_are_ignored(asking):
    asking.start()
    asking.reach()
    asking.requests.ask("pause")
    asking.requests.ask_newest("t", "set_target", channel=0, low=0.1, high=0.9)
    asking.requests.ask_newest("t", "set_target", channel=0, low=0.2, high=0.9)
    asking.now_s = 2.5
    asking.requests.poll()
    assert asking.failed == [("pause", NO_ANSWER), ("set_target", NO_ANSWER)]
    asking.until(lambda: asking.engine.commands("set_target"))
    for _ in itertools.repeat(None, 20):
        asking.requests.poll()
    assert asking.done == []
    assert len(asking.engine.commands("set_target")) == 1

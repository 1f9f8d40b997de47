"""Requests on their way to the engine; nothing here waits for an answer."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import msgspec
import zmq

from emg_feedback.link.connection import Connection
from emg_feedback.link.messages import MAX_CONTROL_BYTES, PROTOCOL_VERSION, Request

TIMEOUT_S = 2.0
ANSWERS_PER_TURN = 64

NOT_REACHED = "The engine cannot be reached: nothing was changed"
NO_ANSWER = "The engine did not answer: look whether it was done before you try again"
TOO_LONG = "That is too long to send: shorten it"

Then = Callable[[Any], None]
Why = Callable[[str], None]


@dataclass(slots=True)
class Asked:
    """A request whose answer has not come yet."""

    command: str
    sent_s: float
    then: Then | None
    quiet: bool = False
    slot: str | None = None
    refused: Why | None = None


@dataclass(slots=True)
class _Waiting:
    command: str
    args: dict[str, Any]


class Requests(Connection):
    """A DEALER socket whose answers are matched by id, whenever they come.

    A request is never kept for an engine that is away: what was asked a minute ago must not happen
    when it comes back.

    Parameters
    ----------
    endpoint : str
        Where the engine takes requests.
    done : callable
        Told the command and the result of a request that was carried out.
    failed : callable
        Told the command and, in one line, why a request was not.
    clock : callable
        Seconds that only go forward.
    """

    def __init__(
        self,
        endpoint: str,
        done: Callable[[str, Any], None],
        failed: Callable[[str, str], None],
        clock: Callable[[], float],
    ) -> None:
        super().__init__(zmq.DEALER, {zmq.IMMEDIATE: 1}, endpoint, "--control")
        self._done, self._failed, self._clock = done, failed, clock
        self._ids = count(1)
        self._asked: dict[int, Asked] = {}
        self._newest: dict[str, _Waiting] = {}

    @property
    def descriptor(self) -> int:
        """Return the file descriptor that stirs when something may have come."""
        return int(self._socket.getsockopt(zmq.FD))

    def pending(self, command: str) -> bool:
        """Return whether such a request is on its way."""
        return any(asked.command == command for asked in self._asked.values())

    def ask(
        self,
        command: str,
        *,
        then: Then | None = None,
        refused: Why | None = None,
        quiet: bool = False,
        **args: Any,
    ) -> None:
        """Send a request; ``then`` takes its result, ``refused`` why it was not carried out.

        A ``quiet`` one keeps its failure to itself.
        """
        asked = Asked(command, self._clock(), then, quiet=quiet, refused=refused)
        self._send(command, args, asked)

    def ask_newest(self, slot: str, command: str, **args: Any) -> None:
        """Send a request unless the last of its ``slot`` is unanswered; then the newest waits."""
        if any(asked.slot == slot for asked in self._asked.values()):
            self._newest[slot] = _Waiting(command, args)
        else:
            self._send(command, args, Asked(command, self._clock(), None, slot=slot))

    def poll(self) -> None:
        """Take the answers that have come, and give up what has waited too long."""
        self.heed()
        for _ in range(ANSWERS_PER_TURN):
            try:
                body = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            self._take(body)
        late_s = self._clock() - TIMEOUT_S
        for number in [n for n, asked in self._asked.items() if asked.sent_s < late_s]:
            self._fail(self._asked.pop(number), NO_ANSWER)

    def _send(self, command: str, args: dict[str, Any], asked: Asked) -> None:
        number = next(self._ids)
        body = msgspec.msgpack.encode(
            Request(v=PROTOCOL_VERSION, id=number, command=command, args=args)
        )
        if len(body) > MAX_CONTROL_BYTES:
            self._fail(asked, TOO_LONG)
            return
        try:
            self._socket.send(body, zmq.NOBLOCK)
        except zmq.Again:
            self._fail(asked, NOT_REACHED)
        else:
            self._asked[number] = asked

    def _take(self, body: bytes) -> None:
        try:
            answer = msgspec.msgpack.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return
        number = answer.get("id") if isinstance(answer, dict) else None
        asked = self._asked.pop(number, None) if isinstance(number, int) else None
        if asked is None:
            return
        if answer.get("ok") is True:
            self._done(asked.command, answer.get("result"))
            if asked.then is not None:
                asked.then(answer.get("result"))
        else:
            self._fail(asked, str(answer.get("error", "refused")))
        self._send_waiting(asked.slot)

    def _fail(self, asked: Asked, why: str) -> None:
        if asked.slot is not None and why in (NOT_REACHED, NO_ANSWER):
            self._newest.pop(asked.slot, None)
        if not asked.quiet:
            self._failed(asked.command, why)
        if asked.refused is not None:
            asked.refused(why)

    def _send_waiting(self, slot: str | None) -> None:
        waiting = self._newest.pop(slot, None) if slot is not None else None
        if slot is not None and waiting is not None:
            self.ask_newest(slot, waiting.command, **waiting.args)

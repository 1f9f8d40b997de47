"""The only way up: a console asks, the engine decides and answers."""

import math
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import msgspec
import zmq

from emg_config import DeviceError, UserError
from emg_config.refusal import in_words
from emg_feedback.link.connection import Connection
from emg_feedback.link.endpoint import Bound
from emg_feedback.link.gate import Gate
from emg_feedback.link.keys import Keys
from emg_feedback.link.messages import (
    COMMANDS,
    MAX_CONTROL_BYTES,
    PROTOCOL_VERSION,
    Command,
    Done,
    Refused,
    Request,
)

ANSWERS_PER_TURN = 16
MOST_WAITING = 16  # of one console; more wait with the console
# What is read in a turn, and what is kept of one request: the way back and the request itself.
PARTS_PER_TURN, MOST_PARTS = 1024, 8
PATIENCE_MS = 50

Handler = Callable[[Command], Any]


@dataclass(frozen=True, slots=True)
class Later:
    """What a handler returns in place of a result that is not known yet.

    Attributes
    ----------
    ready : callable
        Tells whether ``result`` is there at once.
    result : callable
        Returns it, or raises as a handler does.
    holds_up : bool
        No other request is read until then.
    """

    ready: Callable[[], bool]
    result: Callable[[], Any]
    holds_up: bool = False


class ControlServer(Bound):
    """A bound ROUTER socket that hands valid commands to a handler and answers every request."""

    def __init__(self, endpoint: str, gate: Gate | None = None) -> None:
        super().__init__(zmq.ROUTER, {zmq.RCVHWM: MOST_WAITING}, endpoint, "--control", gate)
        self._parts: list[bytes] = []
        self._n_parts = 0
        self._promised: list[tuple[list[bytes], Later]] = []

    def serve(self, handler: Handler) -> None:
        """Answer what can be answered now, a bounded number of requests, without waiting."""
        for promise in [one for one in self._promised if one[1].ready()]:
            self._promised.remove(promise)
            way_back, later = promise
            self._answer(way_back, later.result())
        answered = 0
        for _ in range(PARTS_PER_TURN):
            if answered == ANSWERS_PER_TURN or (self._promised and self._promised[-1][1].holds_up):
                return
            try:
                part = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                return
            self._n_parts += 1
            if self._n_parts <= MOST_PARTS:
                self._parts.append(part)
            if self._socket.getsockopt(zmq.RCVMORE):
                continue
            (identity, *parts), whole = self._parts, self._n_parts <= MOST_PARTS
            self._parts, self._n_parts = [], 0
            body = parts[-1] if parts and whole else b""
            self._answer([identity, *parts[:-1]], respond(body, handler))
            answered += 1

    def _answer(self, way_back: list[bytes], answer: Done | Refused | Later) -> None:
        if isinstance(answer, Later):
            self._promised.append((way_back, answer))
        else:
            body = msgspec.msgpack.encode(answer)
            self._socket.send_multipart([*way_back, body], zmq.NOBLOCK)


def respond(body: bytes, handler: Handler) -> Done | Refused | Later:
    """Check a request and have it carried out; whatever is wrong with it becomes the answer."""
    if len(body) > MAX_CONTROL_BYTES:
        return Refused(id=None, error=f"a request may have {MAX_CONTROL_BYTES} bytes")
    try:
        request = msgspec.msgpack.decode(body, type=Request)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        return Refused(id=_readable_id(body), error=f"not a request: {error}")
    kind = COMMANDS.get(request.command)
    if kind is None:
        return Refused(
            id=request.id,
            error=f"no command is called {request.command!r}: {', '.join(COMMANDS)}",
        )
    try:
        command = msgspec.convert(request.args, type=kind)
    except msgspec.ValidationError as error:
        return Refused(id=request.id, error=f"{request.command}: {in_words(error)}")
    return _told(request.id, partial(handler, command))


def _told(number: int | str, act: Callable[[], Any]) -> Done | Refused | Later:
    try:
        result = act()
    except UserError as error:
        return Refused(id=number, error=str(error))
    except Exception as error:  # a bug in one command must not end a patient's session
        traceback.print_exc()
        return Refused(id=number, error=f"this is a bug of ours: {error!r}")
    if isinstance(result, Later):
        return Later(result.ready, partial(_told, number, result.result), result.holds_up)
    return Done(id=number, result=result)


def _readable_id(body: bytes) -> int | str | None:
    """Return the id of a request that is wrong otherwise, so that its sender knows which."""
    try:
        request = msgspec.msgpack.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    number = request.get("id") if isinstance(request, dict) else None
    return number if isinstance(number, int | str) and not isinstance(number, bool) else None


class ControlClient(Connection):
    """A console's side of the control socket."""

    def __init__(self, endpoint: str, timeout_s: float = 2.0, keys: Keys | None = None) -> None:
        super().__init__(zmq.DEALER, {}, endpoint, "--control", keys)
        self._timeout_s = timeout_s
        self._endpoint = endpoint
        self._ids = count(1)

    def ask(self, command: str, **args: Any) -> Any:
        """Send a command and return its result.

        Raises
        ------
        UserError
            The engine refused.
        DeviceError
            The engine did not answer.
        """
        number = next(self._ids)
        request = Request(v=PROTOCOL_VERSION, id=number, command=command, args=args)
        body = msgspec.msgpack.encode(request)
        sent = False
        give_up_s = time.monotonic() + self._timeout_s
        while (left_s := give_up_s - time.monotonic()) > 0.0:
            anew = self.heed()
            sent = (sent and not anew) or self._send(body)
            if not self._socket.poll(min(PATIENCE_MS, math.ceil(left_s * 1e3))):
                continue
            answer = msgspec.msgpack.decode(self._socket.recv())
            if answer.get("id") in (number, None):
                if answer["ok"]:
                    return answer["result"]
                raise UserError(answer["error"])
        raise DeviceError(
            self.trouble or f"the engine at {self._endpoint} does not answer: is it running?"
        )

    def _send(self, body: bytes) -> bool:
        """Send a request if there is a connection that takes it."""
        try:
            self._socket.send(body, zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

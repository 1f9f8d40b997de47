"""Publish frames, events and status; never wait for a reader."""

from types import TracebackType

import zmq

from emg_feedback.link.endpoint import bind
from emg_feedback.link.messages import Message, encode

QUEUED_MESSAGES = 2000
LAST_WORDS_MS = 200


class Publisher:
    """A bound PUB socket. A reader that is too slow loses messages; the engine loses no time."""

    def __init__(self, endpoint: str) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.PUB)
        self._socket.setsockopt(zmq.SNDHWM, QUEUED_MESSAGES)
        self._socket.setsockopt(zmq.LINGER, LAST_WORDS_MS)
        try:
            bind(self._socket, endpoint, "--publish")
        except Exception:
            self._socket.close(linger=0)
            raise

    def send(self, message: Message) -> None:
        """Publish one message."""
        self._socket.send(encode(message), zmq.NOBLOCK)

    def close(self) -> None:
        """Let go of the endpoint."""
        self._socket.close()

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

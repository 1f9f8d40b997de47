"""Publish frames, events and status; never wait for a reader."""

import zmq

from emg_feedback.link.endpoint import Bound
from emg_feedback.link.gate import Gate
from emg_feedback.link.messages import Message
from emg_feedback.link.wire import encode

QUEUED_MESSAGES = 2000
LAST_WORDS_MS = 200


class Publisher(Bound):
    """A bound PUB socket. A reader that is too slow loses messages; the engine loses no time."""

    def __init__(self, endpoint: str, gate: Gate | None = None) -> None:
        options: dict[int, int] = {zmq.SNDHWM: QUEUED_MESSAGES, zmq.LINGER: LAST_WORDS_MS}
        super().__init__(zmq.PUB, options, endpoint, "--publish", gate)

    def send(self, message: Message) -> None:
        """Publish one message."""
        self._socket.send(encode(message), zmq.NOBLOCK)

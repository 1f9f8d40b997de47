"""Publish frames, events and status; never wait for a reader."""

import zmq

from emg_feedback.link.endpoint import Endpoint
from emg_feedback.link.messages import Message, encode

QUEUED_MESSAGES = 2000
LAST_WORDS_MS = 200


class Publisher(Endpoint):
    """A bound PUB socket. A reader that is too slow loses messages; the engine loses no time."""

    def __init__(self, endpoint: str) -> None:
        super().__init__(zmq.PUB, {zmq.SNDHWM: QUEUED_MESSAGES, zmq.LINGER: LAST_WORDS_MS})
        self.bind(endpoint, "--publish")

    def send(self, message: Message) -> None:
        """Publish one message."""
        self._socket.send(encode(message), zmq.NOBLOCK)

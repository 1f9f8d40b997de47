"""The reading end of the wire: what an engine publishes, at the reader's own pace."""

import math

import zmq

from emg_feedback.link.connection import Connection
from emg_feedback.link.keys import Keys
from emg_feedback.link.messages import DEFAULT_PUBLISH, Frame, Message
from emg_feedback.link.wire import TOPICS, decode

QUEUED_MESSAGES = 1024


class Subscriber(Connection):
    """A connected SUB socket; a slow reader loses messages, never delays the engine.

    Parameters
    ----------
    endpoint : str
        Where the engine publishes.
    newest_frame_only : bool
        Take frames only, and of those only the newest.
    option : str
        What the user would change if ``endpoint`` is wrong.
    keys : Keys, optional
        This computer's; those of the home folder when None.

    Attributes
    ----------
    rejected : int
        Parts that were no message of ours.
    """

    def __init__(
        self,
        endpoint: str = DEFAULT_PUBLISH,
        newest_frame_only: bool = False,
        option: str = "--connect",
        keys: Keys | None = None,
    ) -> None:
        options: dict[int, int] = {
            zmq.RCVHWM: QUEUED_MESSAGES,
            zmq.CONFLATE: int(newest_frame_only),
        }
        super().__init__(zmq.SUB, options, endpoint, option, keys)
        self.rejected = 0
        self._socket.subscribe(TOPICS[Frame] if newest_frame_only else b"")

    def wait(self, timeout_s: float) -> bool:
        """Wait until something has come, at most ``timeout_s``; return whether it has."""
        self.heed()
        return bool(self._socket.poll(math.ceil(timeout_s * 1e3)))

    def drain(self) -> list[Message]:
        """Return everything that has come, without waiting; count what is not a message."""
        self.heed()
        messages: list[Message] = []
        for _ in range(QUEUED_MESSAGES):
            try:
                part = self._socket.recv(zmq.NOBLOCK)
            except zmq.Again:
                break
            try:
                messages.append(decode(part))
            except (ValueError, RecursionError):
                self.rejected += 1
        return messages

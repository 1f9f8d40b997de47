"""The reading end of the wire: everything an engine publishes, at the reader's own pace."""

import math
from types import TracebackType
from typing import Self

import zmq

from emg_config.errors import DeviceError
from emg_feedback.link.messages import DEFAULT_PUBLISH, TOPICS, Frame, Message, decode

QUEUE_MESSAGES = 1024
LARGEST_BYTES = 1 << 20


class Subscriber:
    """Receive an engine's messages; a slow reader loses messages, never delays the engine.

    Parameters
    ----------
    endpoint
        Where the engine publishes.
    newest_only
        Keep only the newest frame; events and status are queued all the same.

    Raises
    ------
    DeviceError
        ``endpoint`` is not an address.
    """

    def __init__(self, endpoint: str = DEFAULT_PUBLISH, newest_only: bool = False) -> None:
        self.rejected = 0
        self._sockets: list[zmq.Socket[bytes]] = []
        self._poller = zmq.Poller()
        try:
            if newest_only:
                self._connect(endpoint, [TOPICS[Frame]], conflate=True)
                self._connect(endpoint, [t for k, t in TOPICS.items() if k is not Frame])
            else:
                self._connect(endpoint, [b""])
        except zmq.ZMQError as error:
            self.close()
            raise DeviceError(
                f"cannot connect to {endpoint!r} ({error.strerror}): "
                f"give an address such as {DEFAULT_PUBLISH}"
            ) from error

    def wait(self, timeout_s: float) -> bool:
        """Wait until something has come, at most ``timeout_s``; return whether it has."""
        return bool(self._poller.poll(math.ceil(timeout_s * 1e3)))

    def drain(self) -> list[Message]:
        """Return everything that has come, without waiting; count what is not a message."""
        messages: list[Message] = []
        for socket in self._sockets:
            for _ in range(QUEUE_MESSAGES):
                try:
                    part = socket.recv(zmq.NOBLOCK)
                except zmq.Again:
                    break
                try:
                    messages.append(decode(part))
                except (ValueError, RecursionError):
                    self.rejected += 1
        return messages

    def close(self) -> None:
        """Disconnect."""
        for socket in self._sockets:
            socket.close(linger=0)
        self._sockets.clear()
        self._poller = zmq.Poller()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _connect(self, endpoint: str, topics: list[bytes], conflate: bool = False) -> None:
        socket: zmq.Socket[bytes] = zmq.Context.instance().socket(zmq.SUB)
        self._sockets.append(socket)
        socket.set(zmq.RCVHWM, QUEUE_MESSAGES)
        socket.set(zmq.MAXMSGSIZE, LARGEST_BYTES)
        socket.set(zmq.CONFLATE, int(conflate))
        for topic in topics:
            socket.subscribe(topic)
        socket.connect(endpoint)
        self._poller.register(socket, zmq.POLLIN)

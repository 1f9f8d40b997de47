"""A socket that either works or says in one line why not, and is closed with its block."""

import zmq

from emg_config import DeviceError, UserError
from emg_feedback.closing import Closing
from emg_feedback.link.address import host_of, is_loopback
from emg_feedback.link.gate import Gate

MOST_BYTES_TAKEN = 1 << 23  # a larger message is not even taken off the network
HANDSHAKE_MS = 3000


class Endpoint(Closing):
    """One ZeroMQ socket.

    Parameters
    ----------
    kind : int
        Such as ``zmq.PUB``.
    options : dict of int to int
        Socket options.
    context : zmq.Context, optional
        In which it lives.
    """

    def __init__(
        self,
        kind: int,
        options: dict[int, int],
        context: "zmq.Context[zmq.Socket[bytes]] | None" = None,
    ) -> None:
        self._socket: zmq.Socket[bytes] = (context or zmq.Context.instance()).socket(kind)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MOST_BYTES_TAKEN)
        self._socket.setsockopt(zmq.HANDSHAKE_IVL, HANDSHAKE_MS)
        for option, value in options.items():
            self._socket.setsockopt(option, value)

    def close(self) -> None:
        """Let go of the endpoint; safe to call twice."""
        self._socket.close()


class Bound(Endpoint):
    """An engine's socket, bound to an endpoint of this computer.

    Parameters
    ----------
    kind, options
        As in `Endpoint`.
    endpoint : str
        Where to bind it.
    option : str
        What the user would change if ``endpoint`` is wrong.
    gate : Gate, optional
        Who guards it; off loopback there must be one.

    Raises
    ------
    UserError
        The endpoint is malformed, or would be open to the network without encryption.
    DeviceError
        The endpoint is taken.
    """

    def __init__(
        self, kind: int, options: dict[int, int], endpoint: str, option: str, gate: Gate | None
    ) -> None:
        if gate is None and not is_loopback(host_of(endpoint, option)):
            raise UserError(
                f"{endpoint} is not on this computer and would be open to anyone: "
                f"give {option} a loopback address such as tcp://127.0.0.1:5556"
            )
        super().__init__(kind, options, None if gate is None else gate.context)
        try:
            if gate is not None:
                gate.guard(self._socket)
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            if error.errno == zmq.EADDRINUSE:
                raise DeviceError(
                    f"{endpoint} is already in use: stop the other engine, "
                    f"or choose another {option}"
                ) from None
            raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None

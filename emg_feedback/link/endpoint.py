"""A socket that either works or says in one line why not, and is closed with its block."""

from types import TracebackType
from typing import Self

import zmq

from emg_config import DeviceError, UserError

MOST_BYTES_TAKEN = 1 << 26  # a larger message is not even taken off the network


class Endpoint:
    """One ZeroMQ socket.

    Parameters
    ----------
    kind : int
        Such as ``zmq.PUB``.
    options : dict of int to int
        Socket options.
    """

    def __init__(self, kind: int, options: dict[int, int]) -> None:
        self._socket: zmq.Socket[bytes] = zmq.Context.instance().socket(kind)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.MAXMSGSIZE, MOST_BYTES_TAKEN)
        for option, value in options.items():
            self._socket.setsockopt(option, value)

    def bind(self, endpoint: str, option: str) -> None:
        """Bind to an endpoint on this computer; ``option`` is what the user would change.

        Raises
        ------
        UserError
            The endpoint is malformed, or would be open to the network without encryption.
        DeviceError
            The endpoint is taken.
        """
        try:
            _check_local(endpoint, option)
            self._socket.bind(endpoint)
        except zmq.ZMQError as error:
            self.close()
            if error.errno == zmq.EADDRINUSE:
                raise DeviceError(
                    f"{endpoint} is already in use: stop the other engine, "
                    f"or choose another {option}"
                ) from None
            raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None
        except UserError:
            self.close()
            raise

    def connect(self, endpoint: str, option: str) -> None:
        """Connect to an endpoint.

        Raises
        ------
        UserError
            The endpoint is malformed.
        """
        try:
            self._socket.connect(endpoint)
        except zmq.ZMQError as error:
            self.close()
            raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None

    def close(self) -> None:
        """Let go of the endpoint; safe to call twice."""
        self._socket.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _check_local(endpoint: str, option: str) -> None:
    scheme, _, address = endpoint.partition("://")
    host, _, port = address.rpartition(":")
    on_loopback = host == "localhost" or host.startswith("127.")
    if scheme == "tcp" and not (port.isdecimal() and 0 < int(port) < 65536):
        raise UserError(f"{endpoint} has no port from 1 to 65535: correct {option}")
    if scheme not in ("ipc", "inproc") and not (scheme == "tcp" and on_loopback):
        raise UserError(
            f"{endpoint} is not on this computer and would be open to anyone: "
            f"give {option} a loopback address such as tcp://127.0.0.1:5556"
        )

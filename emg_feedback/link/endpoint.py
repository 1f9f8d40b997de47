"""Sockets that either work or say in one line why not."""

import zmq

from emg_config import DeviceError, UserError

LOOPBACK_HOSTS = {"localhost", "[::1]"}


def bind(socket: zmq.Socket[bytes], endpoint: str, option: str) -> None:
    """Bind to an endpoint on this computer; ``option`` is what the user would change.

    Raises
    ------
    UserError
        The endpoint is malformed, or would be open to the network without encryption.
    DeviceError
        The endpoint is taken.
    """
    scheme, _, address = endpoint.partition("://")
    host, _, port = address.rpartition(":")
    on_loopback = host in LOOPBACK_HOSTS or host.startswith("127.")
    if scheme == "tcp" and not (port == "*" or (port.isdecimal() and int(port) < 65536)):
        raise UserError(f"{endpoint} has no port from 0 to 65535: correct {option}")
    if scheme not in ("ipc", "inproc") and not (scheme == "tcp" and on_loopback):
        raise UserError(
            f"{endpoint} is not on this computer and would be open to anyone: "
            f"give {option} a loopback address such as tcp://127.0.0.1:5556"
        )
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        if error.errno == zmq.EADDRINUSE:
            raise DeviceError(
                f"{endpoint} is already in use: stop the other engine, or choose another {option}"
            ) from None
        raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None


def connect(socket: zmq.Socket[bytes], endpoint: str, option: str) -> None:
    """Connect to an endpoint.

    Raises
    ------
    UserError
        The endpoint is malformed.
    """
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None

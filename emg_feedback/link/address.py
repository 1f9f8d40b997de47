"""What an endpoint says: which computer, and whether that is this one."""

import re
import socket

from emg_config import UserError

EVERYWHERE = ("*", "0.0.0.0")
_LOOPBACK = re.compile(r"localhost|127(\.\d{1,3}){3}")
_CONTROL_PORT = 5557


def host_of(endpoint: str, option: str) -> str:
    """Return the host of a TCP endpoint, empty for one inside this computer.

    Raises
    ------
    UserError
        It is neither, or has no port; ``option`` is what the user would change.
    """
    scheme, _, address = endpoint.partition("://")
    if scheme in ("ipc", "inproc"):
        return ""
    host, _, port = address.rpartition(":")
    if scheme != "tcp" or not host or ";" in host:
        raise UserError(f"cannot use {endpoint}: correct {option}, such as tcp://127.0.0.1:5556")
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise UserError(f"{endpoint} has no port from 1 to 65535: correct {option}")
    return host.lower()


def is_loopback(host: str) -> bool:
    """Return whether nothing that is sent to a host leaves this computer, as `host_of` tells it."""
    return not host or _LOOPBACK.fullmatch(host) is not None


def is_here(host: str) -> bool:
    """Return whether a host is this computer, by any of its addresses."""
    if is_loopback(host):
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, 0))
        except (OSError, UnicodeError):
            return False
    return True


def reachable(endpoint: str) -> str:
    """Return where to connect to what is bound to an endpoint, maybe to every address at once."""
    for host in EVERYWHERE:
        endpoint = endpoint.replace(f"tcp://{host}:", "tcp://127.0.0.1:")
    return endpoint


def control_beside(publish: str) -> str:
    """Return where an engine takes commands if nothing else is said of it."""
    host = host_of(publish, "--connect") or "127.0.0.1"
    return f"tcp://{host}:{_CONTROL_PORT}"


def address_here() -> str:
    """Return what other computers would call this one: its address on the network, or its name."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address for examples; nothing is sent
            address = str(probe.getsockname()[0])
        except OSError:
            address = ""
    return socket.gethostname() if not address or is_loopback(address) else address

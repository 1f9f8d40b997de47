"""What an engine opens: its two sockets, and a gate before those that the network reaches."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from emg_feedback.link.address import host_of, is_loopback
from emg_feedback.link.control import ControlServer
from emg_feedback.link.gate import Gate
from emg_feedback.link.keys import Keys
from emg_feedback.link.publisher import Publisher


@contextmanager
def open_sockets(
    publish: str, control: str, keys: Keys | None = None
) -> Iterator[tuple[Publisher, ControlServer]]:
    """Open an engine's sockets until the block ends; off loopback they are guarded.

    Raises
    ------
    UserError
        An endpoint is malformed; or one is off loopback and nobody may connect to it.
    DeviceError
        An endpoint is taken.
    """
    outside = [
        endpoint
        for endpoint, option in ((publish, "--publish"), (control, "--control"))
        if not is_loopback(host_of(endpoint, option))
    ]
    with ExitStack() as stack:
        gate = stack.enter_context(Gate(keys or Keys())) if outside else None
        publisher = Publisher(publish, gate if publish in outside else None)
        stack.enter_context(publisher)
        server = ControlServer(control, gate if control in outside else None)
        stack.enter_context(server)
        yield publisher, server

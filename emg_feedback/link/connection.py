"""A socket that is connected to an engine: in the clear on this computer, encrypted to any other.

ZeroMQ connects again by itself when an engine was away, but not when it turned us away: that is
done here.
"""

import contextlib
import math
import time
from collections.abc import Iterator

import zmq
from zmq.utils.monitor import recv_monitor_message

from emg_config import UserError
from emg_feedback.link.address import host_of, is_here, is_loopback, reachable
from emg_feedback.link.endpoint import Endpoint
from emg_feedback.link.keys import Keys

HEARTBEAT_MS, HEARTBEAT_TIMEOUT_MS = 1000, 3000
CONNECT_TIMEOUT_MS = 3000
AGAIN_S = 1.0

UNKNOWN = (
    "the key of the engine at {host} is not known: run 'emg-feedback keys show' there, "
    "and here the 'keys trust' line that it prints"
)
NOT_LET_IN = (
    "The engine at {host} does not let this computer in: run 'emg-feedback keys show' here, "
    "and on that one the 'keys allow' line that it prints"
)
ANOTHER_KEY = (
    "What answers at {host} has not the key that is known here: run 'emg-feedback keys show' "
    "there, and here the 'keys trust' line that it prints"
)
NOT_REACHED = "Nothing answers at {host}: is the engine running there, open to the network?"

_CONNECTION: dict[int, int] = {
    zmq.HEARTBEAT_IVL: HEARTBEAT_MS,
    zmq.HEARTBEAT_TIMEOUT: HEARTBEAT_TIMEOUT_MS,
    zmq.HEARTBEAT_TTL: HEARTBEAT_TIMEOUT_MS,
    zmq.CONNECT_TIMEOUT: CONNECT_TIMEOUT_MS,
}
_EVENTS = (
    zmq.Event.CLOSED
    | zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.HANDSHAKE_FAILED_AUTH
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
)


class Connection(Endpoint):
    """One connected ZeroMQ socket.

    A host whose key is known must have that key. Otherwise it must be this computer, whose engine
    has our own key if it is open to the network, and is in the clear if it is not: which of the
    two is found out.

    Parameters
    ----------
    kind : int
        Such as ``zmq.SUB``.
    options : dict of int to int
        Socket options.
    endpoint : str
        Where the engine is.
    option : str
        What the user would change if ``endpoint`` is wrong.
    keys : Keys, optional
        This computer's; those of the home folder when None.

    Attributes
    ----------
    trouble : str
        Why nothing comes, in one line, as far as that is known; empty while all is well.

    Raises
    ------
    UserError
        The endpoint is malformed, or is another computer's whose key is not known.
    """

    def __init__(
        self,
        kind: int,
        options: dict[int, int],
        endpoint: str,
        option: str,
        keys: Keys | None = None,
    ) -> None:
        self.trouble = ""
        self._address = reachable(endpoint)
        self._host = host_of(self._address, option)
        self._keys = keys or Keys()
        self._key = self._engine_key()
        self._finds_out = self._key is None
        self._again_s = math.inf
        super().__init__(kind, {**_CONNECTION, **options})
        self._monitor = self._socket.get_monitor_socket(_EVENTS)
        try:
            self._connect()
        except zmq.ZMQError as error:
            self.close()
            raise UserError(f"cannot use {endpoint} ({error}): correct {option}") from None
        except UserError:
            self.close()
            raise

    def heed(self) -> bool:
        """Follow what becomes of the connection, without waiting.

        Returns
        -------
        bool
            Whether it was begun anew: what was sent before and not answered went nowhere.
        """
        for event, value in self._events():
            self._learn(event, value)
        if time.monotonic() < self._again_s:
            return False
        self._again_s = math.inf
        with contextlib.suppress(zmq.ZMQError):  # it may have ended by itself
            self._socket.disconnect(self._address)
        self._connect()
        return True

    def close(self) -> None:
        """Let go of the endpoint; safe to call twice."""
        if not self._socket.closed:
            self._socket.disable_monitor()
            self._monitor.close(0)
        super().close()

    def _engine_key(self) -> str | None:
        known = self._keys.engines().get(self._host) if self._host else None
        if known is not None or is_loopback(self._host):
            return known
        if not is_here(self._host):
            raise UserError(UNKNOWN.format(host=self._host))
        return self._keys.own().public

    def _connect(self) -> None:
        if self._key is None:
            self._socket.setsockopt(zmq.CURVE_SERVER, 0)  # forgets the keys
        else:
            own = self._keys.own()
            self._socket.setsockopt(zmq.CURVE_PUBLICKEY, own.public.encode())
            self._socket.setsockopt(zmq.CURVE_SECRETKEY, own.secret.encode())
            self._socket.setsockopt(zmq.CURVE_SERVERKEY, self._key.encode())
        self._socket.connect(self._address)

    def _events(self) -> Iterator[tuple[int, int]]:
        while int(self._monitor.getsockopt(zmq.EVENTS)) & zmq.POLLIN:
            told = recv_monitor_message(self._monitor)
            yield told["event"], told["value"]

    def _learn(self, event: int, value: int) -> None:
        match event:
            case zmq.Event.HANDSHAKE_SUCCEEDED:
                self.trouble = ""
            case zmq.Event.HANDSHAKE_FAILED_AUTH:
                self._turned_away(NOT_LET_IN)
            case zmq.Event.HANDSHAKE_FAILED_PROTOCOL if self._may_be_otherwise(value):
                self.trouble = ""
                self._key = self._keys.own().public if self._key is None else None
                self._again_s = time.monotonic()
            case zmq.Event.HANDSHAKE_FAILED_PROTOCOL:
                self._turned_away(ANOTHER_KEY)
            case zmq.Event.HANDSHAKE_FAILED_NO_DETAIL if self._key is not None:
                self.trouble = ANOTHER_KEY.format(host=self._host)
            case zmq.Event.CLOSED if self._key is not None:
                self.trouble = NOT_REACHED.format(host=self._host)

    def _may_be_otherwise(self, value: int) -> bool:
        """Return whether one of us encrypts and the other does not, and it is ours to change."""
        return self._finds_out and value == zmq.Event.PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH

    def _turned_away(self, why: str) -> None:
        self.trouble = why.format(host=self._host)
        self._again_s = time.monotonic() + AGAIN_S

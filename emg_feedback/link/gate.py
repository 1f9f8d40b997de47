"""Encrypts what leaves this computer, and lets in only the computers on the list."""

import threading

import zmq
from zmq.utils import z85

from emg_config import UserError
from emg_feedback.closing import Closing
from emg_feedback.link.keys import Keys

DOMAIN = b"emg-feedback"
_WHERE = "inproc://zeromq.zap.01"
_VERSION = b"1.0"


class Gate(Closing):
    """Guards the sockets that are bound through it, with CURVE and ZAP (ZeroMQ RFC 26 and 27).

    The list is read again whenever somebody connects. This computer's own key is always on it.
    Close it after its sockets.

    Parameters
    ----------
    keys : Keys

    Attributes
    ----------
    context : zmq.Context
        In which the guarded sockets live.

    Raises
    ------
    UserError
        This computer's key or the list cannot be read, or nobody is on the list.
    """

    def __init__(self, keys: Keys) -> None:
        self._keys, self._own = keys, keys.own()
        if not keys.allowed():
            raise UserError(
                "an engine that is not on this computer alone must know whom to let in: run "
                "'emg-feedback keys show' on the other computer, and here the 'emg-feedback keys "
                "allow' line that it prints"
            )
        self.context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._socket = self.context.socket(zmq.REP)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.bind(_WHERE)
        self._thread = threading.Thread(target=self._serve, name="gate", daemon=True)
        self._thread.start()

    def guard(self, socket: "zmq.Socket[bytes]") -> None:
        """Have a socket encrypt, and ask here whom to let in; before it is bound."""
        socket.setsockopt(zmq.CURVE_SERVER, 1)
        socket.setsockopt(zmq.CURVE_PUBLICKEY, self._own.public.encode())
        socket.setsockopt(zmq.CURVE_SECRETKEY, self._own.secret.encode())
        socket.setsockopt(zmq.ZAP_DOMAIN, DOMAIN)
        socket.setsockopt(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without an answer from here, nobody

    def close(self) -> None:
        """End; safe to call twice."""
        self.context.term()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                request = self._socket.recv_multipart()
                number = request[1] if len(request) > 1 else b""
                status = b"200" if self._admits(request) else b"400"
                self._socket.send_multipart([_VERSION, number, status, b"", b"", b""])
            except zmq.ContextTerminated:
                self._socket.close()
                return

    def _admits(self, request: list[bytes]) -> bool:
        if len(request) != 7 or request[0] != _VERSION or request[2] != DOMAIN:
            return False
        mechanism, credential = request[5], request[6]
        if mechanism != b"CURVE" or len(credential) != 32:
            return False
        key = z85.encode(credential).decode()
        try:
            return key == self._own.public or key in self._keys.allowed().values()
        except Exception:  # a list that cannot be read lets nobody in, and the gate stays
            return False

"""Computers that know each other by their keys, and the cable between them."""

import contextlib
import selectors
import socket
import threading

import pytest
import zmq

from emg_config import DeviceError
from emg_feedback.link.keys import Keys


def computer(folder):
    """The keys of a computer, made without the search for one that is easy to paste."""
    folder.mkdir(parents=True)
    secret = folder / "secret"
    secret.write_bytes(zmq.curve_keypair()[1])
    secret.chmod(0o600)
    return Keys(folder)


def introduce(engine, view, host="127.0.0.1"):
    """Let a view's computer in at an engine's, which it knows from then on."""
    engine.allow("view", view.own().public)
    view.trust(host, engine.own().public)


def refusal(client, command):
    """Return why an engine does not answer."""
    with pytest.raises(DeviceError) as caught:
        client.ask(command)
    return str(caught.value)


class Cable:
    """A stretch of network before an engine: it can be listened to, and pulled."""

    def __init__(self, endpoint):
        self._target = int(endpoint.rpartition(":")[2])
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"tcp://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard = bytearray()
        self.connections = 0
        self._dead = set()
        self._lock = threading.Lock()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._over = False
        self._thread = threading.Thread(target=self._carry)
        self._thread.start()

    def pull(self):
        """Nothing passes any more on the connections that are open, and nobody is told."""
        with self._lock:
            self._dead |= {key.fileobj for key in self._selector.get_map().values() if key.data}

    def close(self):
        self._over = True
        self._thread.join()
        for key in list(self._selector.get_map().values()):
            key.fileobj.close()
        self._selector.close()

    def _carry(self):
        while not self._over:
            for key, _ in self._selector.select(0.01):
                if key.data is None:
                    self._join()
                else:
                    with self._lock:
                        self._pass(key.fileobj, key.data)

    def _join(self):
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        self.connections += 1
        self._selector.register(near, selectors.EVENT_READ, far)
        self._selector.register(far, selectors.EVENT_READ, near)

    def _pass(self, one, other):
        received = b""
        with contextlib.suppress(OSError):
            received = one.recv(1 << 16)
        if not received:
            for end in (one, other):
                with contextlib.suppress(KeyError, ValueError):
                    self._selector.unregister(end)
                end.close()
        elif one not in self._dead:
            self.heard += received
            with contextlib.suppress(OSError):
                other.sendall(received)

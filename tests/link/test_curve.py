"""Over the network: who is on the list sees and leads, who is not is told, nobody listens in."""

import socket
import threading
import time

import msgspec
import pytest
import zmq
from commands import PATIENCE_S, free_endpoint, wait_until

from emg_config import DeviceError, UserError
from emg_feedback.link import connection
from emg_feedback.link.address import control_beside, host_of, is_here, is_loopback, reachable
from emg_feedback.link.control import ControlClient, ControlServer
from emg_feedback.link.gate import Gate
from emg_feedback.link.messages import Frame
from emg_feedback.link.publisher import Publisher
from emg_feedback.link.sockets import open_sockets
from emg_feedback.link.subscriber import Subscriber
from tests.link.computers import Cable, computer, introduce, refusal
from tests.views.frames import frame


class Engine:
    """Both sockets of an engine, served in a thread; with a gate it is as if on the network."""

    def __init__(self, gate, publish=None, control=None):
        self.publish, self.control = publish or free_endpoint(), control or free_endpoint()
        self._sockets = Publisher(self.publish, gate), ControlServer(self.control, gate)
        self.commands = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        publisher, server = self._sockets
        seq = 0
        while not self._over.wait(0.002):
            publisher.send(frame([0.5], seq=(seq := seq + 1)))
            server.serve(lambda command: self.commands.append(type(command).__name__))

    def end(self):
        self._over.set()
        self._thread.join()
        for one in self._sockets:
            one.close()


@pytest.fixture(autouse=True)
def _no_time_to_lose(monkeypatch):
    monkeypatch.setattr(connection, "AGAIN_S", 0.02)


@pytest.fixture
def clinic(tmp_path):
    keys = computer(tmp_path / "clinic")
    keys.allow("somebody", zmq.curve_keypair()[0].decode())
    return keys


@pytest.fixture
def tablet(tmp_path):
    return computer(tmp_path / "tablet")


@pytest.fixture
def engine(clinic):
    with Gate(clinic) as gate:
        engine = Engine(gate)
        yield engine
        engine.end()


def until(subscriber, condition):
    """Read until something holds; return what came."""
    messages, end = [], time.monotonic() + PATIENCE_S
    while not condition(messages):
        assert time.monotonic() < end, subscriber.trouble
        if subscriber.wait(0.02):
            messages += subscriber.drain()
    return messages


def test_who_is_on_the_list_sees_and_leads(clinic, tablet, engine):
    introduce(clinic, tablet)
    with (
        Subscriber(engine.publish, keys=tablet) as subscriber,
        Subscriber(engine.publish, newest_frame_only=True, keys=tablet) as newest,
        ControlClient(engine.control, timeout_s=PATIENCE_S, keys=tablet) as client,
    ):
        assert all(isinstance(m, Frame) for m in until(subscriber, lambda seen: len(seen) > 5))
        assert until(newest, bool)
        assert client.ask("pause") is None
        assert client.ask("resume") is None
        assert subscriber.trouble == client.trouble == ""
    assert engine.commands == ["Pause", "Resume"]


def test_who_is_not_on_the_list_is_told_and_let_in_once_it_is(clinic, tablet, engine):
    tablet.trust("127.0.0.1", clinic.own().public)
    with (
        Subscriber(engine.publish, keys=tablet) as subscriber,
        ControlClient(engine.control, timeout_s=0.3, keys=tablet) as client,
    ):
        seen = until(subscriber, lambda _: "does not let this computer in" in subscriber.trouble)
        assert seen == []
        assert "keys show" in subscriber.trouble
        assert wait_until(lambda: "does not let this computer in" in refusal(client, "stop"))
        assert "\n" not in refusal(client, "stop")
        clinic.allow("tablet", tablet.own().public)
        assert until(subscriber, bool)
        assert subscriber.trouble == ""
    with ControlClient(engine.control, timeout_s=PATIENCE_S, keys=tablet) as client:
        client.ask("skip")
    assert engine.commands == ["Skip"]


def test_who_is_off_the_list_again_does_not_come_back(clinic, tablet, engine):
    introduce(clinic, tablet)
    with Subscriber(engine.publish, keys=tablet) as subscriber:
        assert until(subscriber, bool)
    clinic.remove("view")
    with Subscriber(engine.publish, keys=tablet) as subscriber:
        assert until(subscriber, lambda _: "does not let" in subscriber.trouble) == []


def test_a_list_that_cannot_be_read_lets_nobody_in(clinic, tablet, engine, tmp_path):
    introduce(clinic, tablet)
    with (tmp_path / "clinic" / "allowed").open("a") as file:
        file.write("rubbish\n")
    with Subscriber(engine.publish, keys=tablet) as subscriber:
        assert until(subscriber, lambda _: "does not let" in subscriber.trouble) == []


def test_an_engine_with_another_key_is_not_believed(clinic, tablet, engine):
    introduce(clinic, tablet)
    tablet.trust("127.0.0.1", zmq.curve_keypair()[0].decode())
    with Subscriber(engine.publish, keys=tablet) as subscriber:
        seen = until(subscriber, lambda _: "has not the key" in subscriber.trouble)
    assert seen == []


def test_an_engine_in_the_clear_is_not_believed_where_a_key_is_known(clinic, tablet):
    introduce(clinic, tablet)
    engine = Engine(None)
    try:
        with Subscriber(engine.publish, keys=tablet) as subscriber:
            seen = until(subscriber, lambda _: "has not the key" in subscriber.trouble)
    finally:
        engine.end()
    assert seen == []


@pytest.mark.parametrize("own", [None, "unlisted"])
def test_sockets_of_others_get_nothing_without_a_listed_key(clinic, engine, own):
    failed = (
        zmq.Event.HANDSHAKE_FAILED_AUTH
        | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
        | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
    )
    for kind, endpoint in ((zmq.SUB, engine.publish), (zmq.DEALER, engine.control)):
        with zmq.Context() as context, context.socket(kind) as peer:
            peer.linger = 0
            if own:
                peer.curve_publickey, peer.curve_secretkey = zmq.curve_keypair()
                peer.curve_serverkey = clinic.own().public.encode()
            with peer.get_monitor_socket(failed) as monitor:
                peer.connect(endpoint)
                if kind == zmq.SUB:
                    peer.subscribe(b"")
                else:
                    request = {"v": 1, "id": 1, "command": "stop", "args": {}}
                    peer.send(msgspec.msgpack.encode(request))
                assert monitor.poll(1e3 * PATIENCE_S)
                assert not peer.poll(20)
                peer.disable_monitor()
    assert engine.commands == []


def test_what_passes_cannot_be_read_on_the_way(clinic, tablet, engine):
    introduce(clinic, tablet)
    cable = Cable(engine.publish)
    try:
        with Subscriber(cable.endpoint, keys=tablet) as subscriber:
            until(subscriber, lambda seen: len(seen) > 20)
    finally:
        cable.close()
    assert b"CURVE" in cable.heard
    assert len(cable.heard) > 20 * 200
    for word in (b"frame", b"envelope_uv", b"session"):
        assert word not in cable.heard


def test_a_pulled_cable_is_noticed_and_what_is_asked_meanwhile_is_told(
    clinic, tablet, engine, monkeypatch
):
    introduce(clinic, tablet)
    for option, ms in ((zmq.HEARTBEAT_IVL, 50), (zmq.HEARTBEAT_TIMEOUT, 200)):
        monkeypatch.setitem(connection._CONNECTION, option, ms)  # noqa: SLF001
    view, lead = Cable(engine.publish), Cable(engine.control)
    try:
        with (
            Subscriber(view.endpoint, keys=tablet) as subscriber,
            ControlClient(lead.endpoint, timeout_s=0.1, keys=tablet) as client,
        ):
            before = until(subscriber, bool)
            client._timeout_s = PATIENCE_S  # noqa: SLF001
            client.ask("mark", label="before")
            view.pull()
            lead.pull()
            client._timeout_s = 0.1  # noqa: SLF001
            with pytest.raises(DeviceError, match="does not answer"):
                client.ask("state")
            after = until(subscriber, lambda seen: any(m.seq > before[-1].seq + 50 for m in seen))
            client._timeout_s = PATIENCE_S  # noqa: SLF001
            client.ask("mark", label="after")
    finally:
        view.close()
        lead.close()
    assert view.connections >= 2
    assert lead.connections >= 2
    assert after
    assert [name for name in engine.commands if name == "Mark"] == ["Mark", "Mark"]


def test_views_on_the_engines_own_computer_need_no_list(clinic):
    publish, control = free_endpoint(), free_endpoint()
    with (
        Subscriber(publish, keys=clinic) as subscriber,
        ControlClient(control, timeout_s=PATIENCE_S, keys=clinic) as client,
    ):
        for guarded in (True, False, True):  # restarted: open to the network, not, and again
            with Gate(clinic) as gate:
                engine = Engine(gate if guarded else None, publish, control)
                try:
                    first = until(subscriber, bool)
                    assert first
                    assert client.ask("pause") is None
                    assert engine.commands == ["Pause"]
                finally:
                    engine.end()
            subscriber.drain()


def test_a_restarted_engine_is_found_again(clinic, tablet):
    introduce(clinic, tablet)
    publish, control = free_endpoint(), free_endpoint()
    with Subscriber(publish, keys=tablet) as subscriber:
        until(subscriber, lambda _: "Nothing answers" in subscriber.trouble)
        for _ in range(2):
            with Gate(clinic) as gate:
                engine = Engine(gate, publish, control)
                try:
                    assert until(subscriber, bool)
                    assert subscriber.trouble == ""
                finally:
                    engine.end()
            subscriber.drain()


def test_the_gate_leaves_nothing_behind(clinic):
    before = threading.active_count()
    for _ in range(20):
        with open_sockets(free_endpoint(), free_endpoint(), clinic), Gate(clinic) as gate:
            assert threading.active_count() > before
        gate.close()
    assert threading.active_count() == before


def test_off_loopback_it_takes_a_list(tmp_path, clinic):
    nobody = computer(tmp_path / "nobody")
    port = free_endpoint().rpartition(":")[2]
    public, local = f"tcp://0.0.0.0:{port}", free_endpoint()
    for endpoints in ((public, local), (local, public)):
        with (
            pytest.raises(UserError, match="keys allow") as caught,
            open_sockets(*endpoints, nobody),
        ):
            pass
        assert "\n" not in str(caught.value)
    with open_sockets(public, local, clinic):
        # Only what the network reaches is encrypted.
        assert _mechanism(public) == b"CURVE"
        assert _mechanism(local) == b"NULL"


def _mechanism(endpoint):
    """Return what a socket's greeting (ZMTP 3.1) says of its security."""
    port = int(endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as peer:
        peer.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x01")
        greeting = b""
        while len(greeting) < 64:
            received = peer.recv(64 - len(greeting))
            assert received
            greeting += received
    return greeting[12:32].rstrip(b"\0")


def test_an_engine_elsewhere_must_be_known(tablet):
    for make in (Subscriber, ControlClient):
        with pytest.raises(UserError, match=r"the engine at 192\.0\.2\.77 is not known") as caught:
            make("tcp://192.0.2.77:5556", keys=tablet)
        assert "keys show" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_endpoints_are_understood():
    assert host_of("tcp://Front-Desk:5556", "--connect") == "front-desk"
    assert host_of("ipc:///run/emg", "--connect") == ""
    for wrong in ("tcp://:5556", "udp://a:1", "tcp://127.0.0.1:1;10.0.0.1:2", "tcp://a", "x"):
        with pytest.raises(UserError, match="--connect"):
            host_of(wrong, "--connect")
    here, elsewhere = ("", "localhost", "127.0.0.1", "127.1.2.3"), ("10.0.0.1", "127.example.org")
    assert all(is_loopback(host) and is_here(host) for host in here)
    assert not any(is_loopback(host) for host in elsewhere)
    assert not is_here("192.0.2.77")
    assert not is_here("a" * 70)
    assert reachable("tcp://0.0.0.0:5556") == reachable("tcp://*:5556") == "tcp://127.0.0.1:5556"
    assert reachable("tcp://10.0.0.0:5556") == "tcp://10.0.0.0:5556"
    assert control_beside("tcp://10.0.0.7:5556") == "tcp://10.0.0.7:5557"
    assert control_beside("ipc:///run/emg") == "tcp://127.0.0.1:5557"

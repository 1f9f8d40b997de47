"""The control socket: what is refused changes nothing, what is accepted is carried out once."""

import random
import threading

import msgspec
import pytest
import zmq
from commands import free_endpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from emg_config import DeviceError, UserError
from emg_feedback.link import messages as m
from emg_feedback.link.control import ControlClient, ControlServer, Later, respond
from emg_feedback.link.publisher import Publisher

json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=30),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)
ARGUMENTS = ["channel", "low", "high", "unit", "seconds", "name", "label", "text", "x"]
requests = st.fixed_dictionaries(
    {
        "v": st.sampled_from([1, 1, 1, 0, 2, "1"]),
        "id": st.integers(0, 9) | json_like,
        "command": st.sampled_from([*m.COMMANDS, "destroy"]) | st.text(max_size=9),
        "args": st.dictionaries(st.sampled_from(ARGUMENTS), json_like, max_size=4) | json_like,
    }
)


def ask(body, handler=lambda command: None):
    return msgspec.to_builtins(respond(body, handler))


@settings(max_examples=300)
@given(st.binary(max_size=300) | requests.map(msgspec.msgpack.encode))
def test_every_request_gets_an_answer_and_only_valid_commands_arrive(body):
    seen = []
    answer = ask(body, seen.append)
    assert answer["v"] == 1
    assert answer["ok"] == bool(seen)
    assert answer["ok"] or answer["error"]
    assert all(type(command) in m.COMMANDS.values() for command in seen)


@pytest.mark.parametrize(
    ("command", "args", "reason"),
    [
        ("calibrate_rest", {"seconds": 0.5}, "seconds"),
        ("calibrate_rest", {"seconds": float("nan")}, "seconds"),
        ("calibrate_mvc", {"channel": -1}, "channel"),
        ("calibrate_mvc", {"channel": 0, "seconds": 61}, "seconds"),
        ("set_target", {"channel": 0, "low": 0.2}, "high"),
        ("set_target", {"channel": 0, "low": -0.2, "high": 0.3}, "low"),
        ("set_target", {"channel": 0, "low": 0.1, "high": 0.3, "unit": "mV"}, "unit"),
        ("mark", {"label": ""}, "label"),
        ("pause", {"now": True}, "now"),
        ("explode", {}, "explode"),
    ],
)
def test_what_is_out_of_bounds_is_refused_with_its_name(command, args, reason):
    body = msgspec.msgpack.encode({"v": 1, "id": 7, "command": command, "args": args})
    answer = ask(body)
    assert not answer["ok"]
    assert answer["id"] == 7
    assert reason in answer["error"]


def test_too_large_a_request_is_refused():
    body = msgspec.msgpack.encode(
        {"v": 1, "id": 1, "command": "note", "args": {"text": "x" * 20000}}
    )
    assert "16384 bytes" in ask(body)["error"]


@pytest.fixture
def endpoint(request):
    return f"inproc://{request.node.name}"


class Serving:
    """A control server that answers in a thread until the test ends."""

    def __init__(self, endpoint, handler):
        self.server = ControlServer(endpoint)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._serve, args=(handler,))
        self._thread.start()

    def _serve(self, handler):
        while not self._over.wait(0.001):
            self.server.serve(handler)
        self.server.close()

    def end(self):
        self._over.set()
        self._thread.join()


@pytest.fixture
def serving(endpoint):
    def refuse_marks(command):
        if isinstance(command, m.Mark):
            raise UserError("not now")
        return {"did": type(command).__name__}

    serving = Serving(endpoint, refuse_marks)
    yield serving
    serving.end()


@pytest.mark.usefixtures("serving")
def test_ask_over_a_socket(endpoint):
    with ControlClient(endpoint) as client:
        assert client.ask("pause") == {"did": "Pause"}
        with pytest.raises(UserError, match="not now"):
            client.ask("mark", label="here")


@pytest.mark.usefixtures("serving")
def test_a_peer_that_sends_an_empty_delimiter_is_answered_in_kind(endpoint):
    with zmq.Context.instance().socket(zmq.REQ) as peer:
        peer.linger = 0
        peer.connect(endpoint)
        peer.send(msgspec.msgpack.encode({"v": 1, "id": "a", "command": "skip", "args": {}}))
        assert peer.poll(60_000)
        assert msgspec.msgpack.decode(peer.recv()) == {
            "v": 1, "id": "a", "ok": True, "result": {"did": "Skip"},
        }  # fmt: skip


def test_an_engine_that_is_not_there_is_told():
    with (
        ControlClient("tcp://127.0.0.1:9", timeout_s=0.01) as client,
        pytest.raises(DeviceError, match="does not answer"),
    ):
        client.ask("state")


@pytest.mark.parametrize("make", [Publisher, ControlServer])
@pytest.mark.parametrize(
    ("endpoint", "error", "words"),
    [
        ("tcp://0.0.0.0:5556", UserError, "not on this computer"),
        ("tcp://*:5556", UserError, "not on this computer"),
        ("tcp://192.168.1.2:5556", UserError, "not on this computer"),
        ("tcp://127.0.0.1:999999", UserError, "no port from 1 to 65535"),
        ("ipc://", UserError, "cannot use"),
        ("nonsense", UserError, "cannot use"),
    ],
)
def test_an_endpoint_that_cannot_be_bound_is_refused(make, endpoint, error, words):
    with pytest.raises(error, match=words):
        make(endpoint)


def test_a_port_in_use_is_named():
    endpoint = free_endpoint()
    with Publisher(endpoint), pytest.raises(DeviceError, match="already in use"):
        Publisher(endpoint)


def test_a_bug_in_a_command_is_answered_and_told(capsys):
    def broken(command):
        raise ZeroDivisionError

    body = msgspec.msgpack.encode({"v": 1, "id": 3, "command": "skip", "args": {}})
    assert "bug of ours" in ask(body, broken)["error"]
    assert "ZeroDivisionError" in capsys.readouterr().err


def test_a_hundred_thousand_malformed_messages_change_nothing():
    rng = random.Random(7)
    good = [
        msgspec.msgpack.encode({"v": 1, "id": n, "command": name, "args": args})
        for n, (name, args) in enumerate(VALID.items())
    ]
    carried_out = []
    for n in range(100_000):
        if n % 4 == 0:
            body = rng.randbytes(rng.randrange(60))
        elif n % 4 == 1:
            body = rng.choice(good)[: rng.randrange(20)]
        else:
            wrong = {
                "v": rng.choice([1, 0, 2, "1", None]),
                "id": rng.choice([1, "a", None, 1.5, "x" * 65]),
                "command": rng.choice([*VALID, "explode", 3, ""]),
                "args": rng.choice([{"channel": -1}, {"seconds": 1e9}, {"low": "a"}, [], "x", 4]),
            }
            body = msgspec.msgpack.encode(wrong)
        answer = respond(body, carried_out.append)
        assert isinstance(answer, m.Refused)
        assert "\n" not in answer.error
    assert carried_out == []


VALID = {
    "add_patient": {"patient": "P1"},
    "calibrate_rest": {"seconds": 5},
    "calibrate_mvc": {"channel": 0, "trials": 3},
    "start_protocol": {"name": "x", "dose": {"sets": 2}},
    "set_target": {"channel": 0, "low": 0.1, "high": 0.2},
    "nudge_target": {"by": 0.05},
    "auto_target": {"on": True},
    "mark": {"label": "here"},
}


def test_a_request_of_a_great_many_parts_is_read_in_turns_and_refused(endpoint):
    seen = []
    with ControlServer(endpoint) as server:
        client = zmq.Context.instance().socket(zmq.DEALER)
        client.linger = 0
        client.connect(endpoint)
        good = {"v": 1, "id": 7, "command": "state", "args": {}}
        client.send_multipart([b"x"] * 5000)
        client.send(msgspec.msgpack.encode(good))
        answers, turns = [], 0
        while len(answers) < 2 and turns < 5000:
            server.serve(seen.append)
            turns += 1
            if client.poll(2):
                answers.append(msgspec.msgpack.decode(client.recv_multipart()[-1]))
        client.close()
    assert [answer["ok"] for answer in answers] == [False, True]
    assert [type(command) for command in seen] == [m.State]
    assert turns >= 5


def test_an_answer_may_come_later_and_hold_up_what_follows(endpoint, capsys):
    known, seen = set(), []

    def wrong():
        raise ZeroDivisionError

    def handler(command):
        seen.append(type(command))
        match command:
            case m.Patients():
                return Later(lambda: "patients" in known, lambda: {"patients": []})
            case m.EndSession():
                return Later(lambda: "end" in known, wrong, holds_up=True)
        return "now"

    with (
        ControlServer(endpoint) as server,
        zmq.Context.instance().socket(zmq.DEALER) as client,
    ):
        client.linger = 0
        client.connect(endpoint)

        def answers(expected):
            found = []
            for _ in range(1000):
                server.serve(handler)
                while client.poll(2 if len(found) < expected else 0):
                    found.append(msgspec.msgpack.decode(client.recv()))
                if len(found) >= expected:
                    return found
            return found

        for n, command in enumerate(("patients", "state", "end_session", "skip")):
            request = {"v": 1, "id": n, "command": command, "args": {}}
            client.send(msgspec.msgpack.encode(request))
        assert [answer["id"] for answer in answers(1)] == [1]
        for _ in range(20):
            server.serve(handler)
        assert seen == [m.Patients, m.State, m.EndSession]
        known |= {"end"}
        server.serve(handler)
        assert seen[-1] is m.Skip, "what is promised first and comes last holds nothing up"
        known |= {"patients"}
        failed, skipped, told = answers(3)
    assert (failed["id"], failed["ok"]) == (2, False)
    assert "bug of ours" in failed["error"]
    assert (skipped["id"], skipped["result"]) == (3, "now")
    assert (told["id"], told["result"]) == (0, {"patients": []})
    assert "ZeroDivisionError" in capsys.readouterr().err

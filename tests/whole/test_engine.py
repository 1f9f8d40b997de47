"""The engine as a process, between a board and a reader that know nothing of our code."""

import json
import math
import signal
import socket
import time
from functools import partial
from itertools import pairwise

import msgspec
import pytest
import zmq
from commands import PATIENCE_S, asked, call, cpu_s, end, free_endpoint, run, start, wait_until
from peer_cyton import COUNT_UV, PeerCyton

from emg_feedback.link.control import ControlClient

TONE_HZ = 80.0
AMPLITUDE_UV = 200.0
BURSTS = [(1000, 1500), (1900, 2150)]  # samples after the engine is known to keep up


def start_engine(port, *more):
    endpoints = free_endpoint(), free_endpoint()
    engine = start(
        *("engine", "--board", "cyton", "--serial-port", port),
        *("--publish", endpoints[0], "--control", endpoints[1], *more),
    )
    return engine, *endpoints


class Reader:
    """Reads the wire with nothing but ZeroMQ and msgpack."""

    def __init__(self, endpoint):
        self.socket = zmq.Context.instance().socket(zmq.SUB)
        self.socket.linger = 0
        self.socket.subscribe(b"")
        self.socket.connect(endpoint)
        self.messages = {"frame": [], "event": [], "status": []}

    def read_until(self, enough):
        end_s = time.monotonic() + PATIENCE_S
        while not enough(self.messages) and time.monotonic() < end_s:
            if self.socket.poll(50):
                topic, body = self.socket.recv().split(b" ", 1)
                self.messages[topic.decode()].append(msgspec.msgpack.decode(body))
        assert enough(self.messages), {k: len(v) for k, v in self.messages.items()}
        return self.messages

    def close(self):
        self.socket.close()


class Tone:
    """A tone in bursts, once it is told from which sample to count."""

    first = math.inf

    def __call__(self, sample):
        inside = any(start <= sample - self.first < stop for start, stop in BURSTS)
        return AMPLITUDE_UV * math.sin(2 * math.pi * TONE_HZ * sample / 250.0) if inside else 0.0


def test_a_foreign_board_and_a_foreign_reader():
    tone = Tone()
    with PeerCyton(tone) as board:
        engine, publish, _ = start_engine(board.port, "--json")
        reader = Reader(publish)
        reader.read_until(lambda m: m["frame"])
        tone.first = round(250.0 * (time.time() - board.started_s))
        messages = reader.read_until(lambda m: sum(e["kind"] == "offset" for e in m["event"]) >= 2)
        started_s = board.started_s
        printed, _ = end(engine, signal.SIGINT)
        reader.close()
    frames, events = messages["frame"], messages["event"]

    assert board.commands.startswith("vd")
    assert "x1060100X" in board.commands
    for one, following in pairwise(frames):
        assert following["seq"] == one["seq"] + 1
        assert following["first_sample"] == one["first_sample"] + one["n_samples"]
    assert frames[-1]["lost"] == 0

    exact_uv = AMPLITUDE_UV / math.sqrt(2)
    held = [
        frame["envelope_uv"][0]
        for frame in frames
        if frame["first_sample"] >= tone.first + 1150
        and frame["first_sample"] + frame["n_samples"] <= tone.first + 1500
    ]
    assert len(held) > 100
    assert sum(held) / len(held) == pytest.approx(exact_uv, rel=0.01)
    assert min(held) > 0.985 * exact_uv
    assert max(held) < 1.015 * exact_uv

    found = [(e["kind"], e["sample"]) for e in events if e["kind"] in ("onset", "offset")]
    expected = [pair for start, stop in BURSTS for pair in (("onset", start), ("offset", stop))]
    assert [kind for kind, _ in found] == [kind for kind, _ in expected]
    for (_, sample), (_, true) in zip(found, expected, strict=True):
        assert abs(sample - tone.first - true) <= 10
    for event in events:
        if event["kind"] == "onset":
            assert event["data"]["decided_sample"] - event["sample"] <= 15
            assert abs(event["t_event"] - (started_s + event["sample"] / 250.0)) < 0.05

    summary = json.loads(printed)
    assert summary["lost_samples"] == 0
    assert summary["gaps"] == 0
    assert summary["onsets"] == 2
    assert summary["samples"] >= summary["frames_published"] >= len(frames)
    assert set(summary["latency_ms"]) == {
        "driver_to_arrive", "arrive_to_publish", "sample_to_publish",
    }  # fmt: skip
    assert pytest.approx(0.022352, rel=1e-4) == COUNT_UV


def test_losses_and_a_stalled_board_are_told():
    with PeerCyton(lambda sample: 0.0) as board:
        engine, publish, _ = start_engine(board.port)
        reader = Reader(publish)
        try:
            reader.read_until(lambda m: m["frame"] and m["frame"][-1]["first_sample"] > 100)
            for n_lost, lost in ((12, 12), (300, 312)):
                board.lose(n_lost)
                reader.read_until(lambda m, lost=lost: m["frame"][-1]["lost"] >= lost)
            messages = reader.read_until(lambda m: [e for e in m["event"] if e["kind"] == "resume"])
        finally:
            end(engine, signal.SIGINT)
            reader.close()
    assert engine.returncode == 0
    gaps = [e["data"]["lost"] for e in messages["event"] if e["kind"] == "gap"]
    assert gaps == [12, 300]
    assert messages["frame"][-1]["lost"] == 312
    kinds = [e["kind"] for e in messages["event"] if e["kind"] in ("stall", "resume")]
    assert kinds[-2:] == ["stall", "resume"]


def has_begun(engine, _board, _client):
    """An interpreter that is still starting may drop an interrupt, before our first line."""
    return cpu_s(engine.pid) >= 0.1


def has_found_the_board(_engine, board, _client):
    return board.commands


def has_started_the_board(_engine, board, _client):
    return board.started_s


def streams(_engine, _board, client):
    return asked(client, "state")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("moment", [has_begun, has_found_the_board, has_started_the_board, streams])
def test_a_signal_at_any_moment_ends_the_engine(number, moment):
    with PeerCyton(lambda sample: 0.0) as board:
        engine, _, control = start_engine(board.port)
        try:
            with ControlClient(control) as client:
                assert wait_until(partial(moment, engine, board, client))
        finally:
            end(engine, number)
        assert engine.returncode in (0, -number, 130)


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["engine", "--board", "cyton"], 2, "--serial-port"),
        (["engine", "--board", "cytoon"], 2, "cytoon"),
        (["engine", "--publish", "tcp://0.0.0.0:5556"], 2, "not on this computer"),
        (["engine", "--seconds", "-1"], 2, "--seconds"),
        (["engine", "--seconds", "soon"], 2, "--seconds"),
        (["analyze", "missing.txt"], 2, "missing.txt"),
        (["analyze", "README.md"], 2, "README.md"),
        (["analyze", "tests/data/cyton_forearm.bdf", "--rest", "50:60"], 2, "not inside"),
        (["analyze", "tests/data/cyton_forearm.bdf", "--rest", "5"], 2, "--rest"),
        (["emulate", "cyton", "--recording", "missing.bdf"], 2, "missing.bdf"),
        (["demo", "--recording", "missing.bdf"], 2, "missing.bdf"),
        (["demo", "--view", "hologram"], 2, "hologram"),
        (["bench", "nothing"], 2, "nothing"),
        (["dance"], 2, "dance"),
        ([], 2, "COMMAND"),
    ],
)
def test_an_error_is_one_line_and_an_exit_code(arguments, exit_code, words, capfd):
    ends = ("--control", free_endpoint(), "--publish", free_endpoint())
    more = ends[: 2 if "--publish" in arguments else 4] if arguments[:1] == ["engine"] else ()
    code, printed, said = call(capfd, *arguments, *more)
    assert code == exit_code, said
    assert printed == ""
    assert words in said
    assert len(said.strip().splitlines()) == 1


def test_an_error_of_a_process_is_one_line_and_its_exit_code():
    ends = ("--control", free_endpoint(), "--publish", free_endpoint())
    nothing = ("engine", "--board", "cyton", "--serial-port", "/dev/nothing", *ends)
    for arguments, exit_code, words in ((nothing, 3, "/dev/nothing"), (("dance",), 2, "dance")):
        code, printed, said = run(*arguments)
        assert code == exit_code, said
        assert printed == ""
        assert words in said
        assert len(said.strip().splitlines()) == 1


def test_a_port_in_use_is_one_line_and_exit_code_3():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        endpoint = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        for option in ("--publish", "--control"):
            other = ["--control" if option == "--publish" else "--publish", free_endpoint()]
            code, _, said = run("demo", "--view", "none", option, endpoint, *other)
            assert code == 3
            assert "already in use" in said
            assert len(said.strip().splitlines()) == 1


def test_the_emulated_patient_can_have_a_heart_and_tug_at_the_cables():
    trouble = ("--ecg-uv", "300", "--artefact-uv", "500", "--muscles", "3", "--mains-hz", "60")
    code, printed, said = run("emulate", "cyton", *trouble, "--seconds", "0.3")
    assert code == 0, said
    hello, farewell = printed.splitlines()
    assert "serial_port" in hello
    assert '"contractions": [[], [], []]' in farewell

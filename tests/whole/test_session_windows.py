"""A therapist's command reaches the frames at once, and the session outlives its windows."""

import itertools
import time
from functools import partial

import msgspec
import pytest
import zmq
from commands import cpu_s, free_endpoint, start, wait_until

from emg_config import DeviceError
from emg_feedback.link.control import ControlClient


@pytest.fixture
def engine(tmp_path):
    publish, control = free_endpoint(), free_endpoint()
    process = start(
        *("engine", "--muscles", "A,B", "--publish", publish, "--control", control),
        *("--archive", str(tmp_path / "archive.sqlite")),
    )
    with ControlClient(control) as client:
        deadline = time.monotonic() + 60.0
        while True:
            try:
                client.ask("state")
                break
            except DeviceError:
                assert time.monotonic() < deadline
        yield publish, control, client
    process.terminate()
    process.communicate(timeout=20.0)


@pytest.fixture
def frames(engine):
    socket = zmq.Context.instance().socket(zmq.SUB)
    socket.linger = 0
    socket.subscribe(b"frame ")
    socket.connect(engine[0])

    def read():
        assert socket.poll(5000)
        return msgspec.msgpack.decode(socket.recv().split(b" ", 1)[1])

    read()
    yield read
    socket.close()


def test_a_target_is_in_the_frame_after_the_one_it_was_set_in(engine, frames):
    _, _, client = engine
    for n in range(20):
        low = round(0.1 + 0.01 * n, 2)
        answer = client.ask("set_target", channel=0, low=low, high=low + 0.2)
        assert answer["targets"][0] == pytest.approx([low, low + 0.2])
        sent = time.time()
        following = next(frame for frame in iter(frames, None) if frame["t_publish"] > sent)
        assert following["session"]["targets"][0] == pytest.approx([low, low + 0.2])


@pytest.mark.display
@pytest.mark.parametrize("window", ["display", "console"])
def test_killing_a_window_changes_nothing_in_the_session(engine, frames, window):
    publish, control, client = engine
    client.ask("set_reference", channel=0, mvc_uv=200.0)
    client.ask("set_reference", channel=1, mvc_uv=200.0)
    client.ask("start_protocol", name="knee-extension-hold", dose={"prepare_s": 60.0})
    for _ in range(2):
        opened = start(window, "--connect", publish, "--control", control)
        try:
            assert wait_until(partial(_is_up_or_over, opened), 30.0)
            assert opened.poll() is None
            before = client.ask("state")
        finally:
            opened.kill()
            opened.communicate()
        after = client.ask("state")
        assert after["phase"] == before["phase"] == "prepare"
        assert after["remaining_s"] <= before["remaining_s"]
        assert after["targets"] == before["targets"]
    seen = [frames() for _ in range(50)]
    for one, following in itertools.pairwise(seen):
        assert following["seq"] == one["seq"] + 1
    assert client.ask("stop")["phase"] == "done"


def _is_up_or_over(process):
    """Return whether a window had time to open: its interpreter has worked for a second."""
    return process.poll() is not None or cpu_s(process.pid) > 1.0

"""The engine open to the network, as a process, and views with keys of their own."""

import json
import os

import pytest
from commands import PATIENCE_S, end, free_endpoint, run, start, wait_for_engine, wait_until

from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Frame
from emg_feedback.link.subscriber import Subscriber
from tests.link.computers import computer, introduce, refusal


def at_home(folder):
    return {**os.environ, "EMG_FEEDBACK_HOME": str(folder)}


@pytest.fixture
def computers(tmp_path):
    homes = [tmp_path / name for name in ("clinic", "tablet", "stranger")]
    clinic, tablet, stranger = (computer(home / "keys") for home in homes)
    introduce(clinic, tablet)
    stranger.trust("127.0.0.1", clinic.own().public)
    return {"clinic": clinic, "tablet": tablet, "stranger": stranger}


@pytest.fixture
def engine(tmp_path, computers):
    """An engine with an emulated board that listens on every address of this computer."""
    ports = [free_endpoint().rpartition(":")[2] for _ in range(2)]
    process = start(
        *("engine", "--muscles", "A,B", "--json"),
        *("--publish", f"tcp://0.0.0.0:{ports[0]}", "--control", f"tcp://0.0.0.0:{ports[1]}"),
        environment=at_home(tmp_path / "clinic"),
    )
    publish, control = (f"tcp://127.0.0.1:{port}" for port in ports)
    with ControlClient(control, timeout_s=1.0, keys=computers["tablet"]) as client:
        try:
            wait_for_engine(process, client)
            yield process, publish, control, client
        finally:
            if process.poll() is None:
                process.kill()
            process.communicate()


def frames(subscriber, count):
    seen = []

    def enough():
        if subscriber.wait(0.02):
            seen.extend(m for m in subscriber.drain() if isinstance(m, Frame))
        return len(seen) >= count

    assert wait_until(enough), subscriber.trouble
    return seen


@pytest.mark.display
def test_a_session_is_seen_and_led_from_another_computer(tmp_path, computers, engine):
    process, publish, control, client = engine
    stranger, tablet = computers["stranger"], computers["tablet"]
    with Subscriber(publish, keys=tablet) as subscriber:
        assert client.ask("set_target", channel=0, low=20, high=40, unit="uv")
        assert client.ask("state")["targets_uv"][0] == [20, 40]
        seen = frames(subscriber, 100)
        assert [f.seq for f in seen] == list(range(seen[0].seq, seen[0].seq + len(seen)))

    with (
        Subscriber(publish, keys=stranger) as subscriber,
        ControlClient(control, timeout_s=0.5, keys=stranger) as uninvited,
    ):
        assert wait_until(lambda: "does not let this computer in" in refusal(uninvited, "stop"))
        told = wait_until(lambda: subscriber.wait(0.02) or subscriber.trouble)
        assert told
        assert "does not let this computer in" in subscriber.trouble
        assert subscriber.drain() == []

    at_engine = ("--connect", publish, "--control", control)
    pictures = [tmp_path / f"{window}.png" for window in ("display", "console")]
    views = [
        start(
            *(picture.stem, *at_engine, "--screenshot", str(picture), "--after", "1"),
            environment=at_home(tmp_path / "tablet"),
        )
        for picture in pictures
    ]
    # The engine's own computer needs no list: neither a display on it nor the simulated patient.
    with Subscriber(publish, keys=computers["clinic"]) as subscriber:
        assert frames(subscriber, 10)
    client.ask("calibrate_mvc", channel=0, seconds=1.0)
    printed = [(*view.communicate(timeout=PATIENCE_S), view.returncode) for view in views]
    assert [code for *_, code in printed] == [0, 0], printed
    assert all(picture.stat().st_size > 10_000 for picture in pictures)
    assert wait_until(lambda: client.ask("state")["calibration"]["mvc_uv"][0])

    printed, said = end(process)
    assert process.returncode == 0, said
    assert json.loads(printed)["frames_published"] > 100
    assert all(line.startswith("emg-feedback: ") for line in said.splitlines()), said


def test_nothing_is_opened_to_the_network_without_a_list(tmp_path):
    code, printed, said = run(
        *("demo", "--view", "none", "--control", "tcp://0.0.0.0:5557"),
        environment=at_home(tmp_path),
    )
    assert code == 2
    assert printed == ""
    assert "keys allow" in said
    assert len(said.splitlines()) == 1

"""The demonstration, as a newcomer runs it."""

import json
import os
import signal
import time
from pathlib import Path

import pytest
from commands import free_endpoint, processes_naming, run, start, wait_until, without_screen

ALL_OVER_S = 2.0
RECORDING = "tests/data/cyton_forearm.bdf"


@pytest.fixture
def endpoints():
    return ["--publish", free_endpoint(), "--control", free_endpoint()]


def left(endpoints):
    """Processes of the session that still run."""
    return processes_naming(endpoints[1])


def assert_a_whole_session(printed):
    summary = json.loads(printed)
    assert summary["lost_samples"] == 0
    assert summary["gaps"] == 0
    assert len(summary["repetitions"]) == 4
    assert all(score["counted"] for score in summary["repetitions"])
    assert all(score["time_in_band"] > 0.5 for score in summary["repetitions"])
    truth = summary["simulated"]
    assert truth == {"contractions": 10, "found": 10, "extra": 0}
    assert summary["onsets"] == 10
    assert {"board_to_driver", "driver_to_arrive", "arrive_to_publish", "sample_to_publish"} <= set(
        summary["latency_ms"]
    )
    return summary


@pytest.mark.display
def test_a_whole_session_in_a_window(endpoints):
    code, printed, said = run("demo", "--view", "window", "--json", *endpoints, timeout_s=100.0)
    assert code == 0, said
    summary = assert_a_whole_session(printed)
    assert summary["frames_drawn"] > 300
    assert {"publish_to_receive", "receive_to_drawn", "sample_to_drawn"} <= set(
        summary["latency_ms"]
    )


def test_without_a_screen_the_bars_are_in_the_terminal(endpoints):
    code, printed, said = run(
        *("demo", "--seconds", "8", "--json", *endpoints), environment=without_screen()
    )
    assert code == 0, said
    assert "Relax" in said
    assert "Vastus medialis" in said
    assert json.loads(printed)["frames_drawn"] > 3


def test_a_real_recording_through_the_driver(endpoints):
    code, printed, said = run(
        *("bench", "latency", "--recording", RECORDING, "--view", "none"),
        *("--seconds", "5", "--json", *endpoints),
    )
    assert code == 0, said
    result = json.loads(printed)
    assert result["lost_samples"] == 0
    assert result["samples"] > 1000
    assert result["machine"]["processor"]
    for stage in ("board_to_driver", "driver_to_arrive", "arrive_to_publish", "sample_to_publish"):
        numbers = result["latency_ms"][stage]
        assert numbers["p50"] <= numbers["p99"] <= numbers["max"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("after_s", [0.3, 2.0, 5.0])
def test_however_it_ends_nothing_is_left(number, after_s, endpoints):
    demo = start("demo", "--view", "none", *endpoints)
    time.sleep(after_s)
    assert demo.poll() is None
    os.kill(demo.pid, number)
    assert wait_until(lambda: demo.poll() is not None and not left(endpoints), ALL_OVER_S)
    demo.communicate()


@pytest.mark.parametrize("victim", ["emulate", "engine"])
def test_if_one_process_dies_all_end(victim, endpoints):
    demo = start("demo", "--view", "none", *endpoints)
    time.sleep(5.0)
    children = [pid for pid in processes_naming(endpoints[1]) if pid != demo.pid]
    assert len(children) == 2
    for pid in children:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if command[3] == victim.encode():
            os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: demo.poll() is not None and not left(endpoints), ALL_OVER_S)
    _, said = demo.communicate()
    assert demo.returncode == 3
    assert "was killed" in said

"""The demonstration, as a newcomer runs it."""

import json
import os
import signal
from functools import partial
from pathlib import Path

import pytest
from commands import (
    asked,
    cpu_s,
    free_endpoint,
    processes_naming,
    run,
    start,
    wait_until,
    without_screen,
)

from emg_feedback.link.control import ControlClient

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
    code, printed, said = run("demo", "--view", "window", "--json", *endpoints)
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


def test_without_a_screen_a_window_says_so_in_one_line():
    code, printed, said = run("display", environment=without_screen())
    assert (code, printed, said.count("\n")) == (3, "", 1)
    assert "no screen" in said


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


def children(demo, endpoints):
    return [pid for pid in left(endpoints) if pid != demo.pid]


def is_over(demo, endpoints):
    return demo.poll() is not None and not left(endpoints)


def has_begun(demo, _endpoints):
    """An interpreter that is still starting may drop an interrupt, before our first line."""
    return cpu_s(demo.pid) >= 0.1


def has_a_child(demo, endpoints):
    return children(demo, endpoints)


def streams(_demo, endpoints):
    with ControlClient(endpoints[3]) as client:
        return asked(client, "state")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", [has_begun, has_a_child, streams])
def test_however_it_ends_nothing_is_left(number, moment, endpoints):
    demo = start("demo", "--view", "none", *endpoints)
    assert wait_until(partial(moment, demo, endpoints))
    assert demo.poll() is None
    os.kill(demo.pid, number)
    assert wait_until(partial(is_over, demo, endpoints))
    demo.communicate()


@pytest.mark.parametrize("victim", ["emulate", "engine"])
def test_if_one_process_dies_all_end(victim, endpoints):
    demo = start("demo", "--view", "none", *endpoints)
    assert wait_until(partial(streams, demo, endpoints))
    pids = children(demo, endpoints)
    assert len(pids) == 2
    for pid in pids:
        command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if command[3] == victim.encode():
            os.kill(pid, signal.SIGKILL)
    assert wait_until(partial(is_over, demo, endpoints))
    _, said = demo.communicate()
    assert demo.returncode == 3
    assert "was killed" in said

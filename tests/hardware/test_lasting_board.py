"""A board that falls silent, on a clock of the test's own."""

from threading import Event

import numpy as np
import pytest
from commands import wait_until

from emg_config.errors import DeviceError
from emg_hardware import lasting_board
from emg_hardware.lasting_board import LOOK_S, PATIENCE_S, LastingBoard
from emg_hardware.source import RawSamples, no_samples

GONE = "there is no port /dev/board: plug the dongle in"
PERIOD_S = 0.05


class Driver:
    name, sample_rate_hz, channel_names = "test", 250.0, ("left", "right")
    counter_modulus, full_scale_uv, gain, converter_delay_s = 256, 187_500.0, 24.0, 0.006

    def __init__(self):
        self.plugged, self.streaming, self.answers = True, True, True
        self.calls, self.notes = [], []

    def missing(self):
        return None if self.plugged else GONE

    def start(self):
        self.calls.append("start")
        if not self.answers:
            raise DeviceError("the board does not answer: switch it on")
        self.streaming, self.notes = True, ["started again"]

    def stop(self):
        self.calls.append("stop")
        self.streaming = False

    def read(self):
        if not self.streaming:
            return no_samples(2)
        return RawSamples(np.zeros(1, np.int64), np.zeros((1, 2)), np.zeros(1), np.zeros(1))


class Read:
    """Reads a lasting board at its pace."""

    def __init__(self, monkeypatch):
        monkeypatch.setattr(lasting_board, "RETRY_S", 0.001)
        self.driver, self.now_s = Driver(), 100.0
        self.board = LastingBoard(self.driver, lambda: self.now_s)

    def once(self):
        self.now_s += PERIOD_S
        return self.board.read()

    def for_s(self, seconds):
        return [self.once() for _ in range(round(seconds / PERIOD_S))]

    def until_samples(self):
        got = []

        def some():
            got.append(self.board.read())
            return got[-1].n_samples

        assert wait_until(some)
        return got[-1]


@pytest.fixture
def reading(monkeypatch):
    reading = Read(monkeypatch)
    yield reading
    reading.board.stop()


def test_what_streams_is_handed_on(reading):
    read = reading.for_s(2 * PATIENCE_S)
    assert all(raw.n_samples == 1 and not raw.anew for raw in read)
    assert reading.driver.calls == []


def test_a_port_that_vanished_is_let_go_of_at_once_and_taken_again_when_it_is_back(reading):
    reading.for_s(1.0)
    reading.driver.plugged = reading.driver.streaming = False
    reading.for_s(LOOK_S + 2 * PERIOD_S)
    assert wait_until(lambda: reading.board.trouble)
    assert reading.board.trouble == f"{GONE}; the session waits for it"
    assert set(reading.driver.calls) == {"stop"}
    assert all(raw.n_samples == 0 for raw in reading.for_s(60.0))
    reading.driver.plugged = True
    assert reading.until_samples().anew
    assert reading.board.trouble is None
    assert reading.board.notes == ["started again"]
    assert not any(raw.anew for raw in reading.for_s(1.0))


def test_a_short_silence_is_waited_for(reading):
    reading.driver.streaming = False
    reading.for_s(PATIENCE_S - 3 * PERIOD_S)
    reading.driver.streaming = True
    assert not reading.until_samples().anew
    assert reading.driver.calls == []


def test_a_board_that_was_switched_off_is_started_when_it_is_on_again(reading):
    reading.driver.streaming = reading.driver.answers = False
    reading.for_s(PATIENCE_S + LOOK_S + PERIOD_S)
    assert wait_until(lambda: reading.driver.calls.count("start") > 2)
    assert reading.board.trouble == (
        "the board does not answer: switch it on; the session waits for it"
    )
    reading.driver.answers = True
    assert reading.until_samples().anew


def test_it_can_be_stopped_while_it_waits(reading, monkeypatch):
    monkeypatch.setattr(lasting_board, "RETRY_S", 600.0)
    reading.driver.plugged = reading.driver.streaming = False
    reading.for_s(1.0)
    assert wait_until(lambda: reading.board.trouble)
    stopped = Event()
    monkeypatch.setattr(reading.driver, "stop", stopped.set)
    reading.board.stop()
    assert stopped.is_set()
    assert "start" not in reading.driver.calls


def test_a_board_that_is_being_started_is_let_go_of_when_that_is_done(reading, monkeypatch):
    monkeypatch.setattr(lasting_board, "LONGEST_STOP_S", 0.01)
    driver, begun, done = reading.driver, Event(), Event()
    start = driver.start

    def start_slowly():
        begun.set()
        done.wait()
        start()

    monkeypatch.setattr(driver, "start", start_slowly)
    driver.streaming = False
    reading.for_s(PATIENCE_S + LOOK_S + PERIOD_S)
    assert begun.wait(10.0)
    reading.board.stop()
    assert driver.calls == ["stop"]
    done.set()
    assert wait_until(lambda: driver.calls == ["stop", "start", "stop"])
    assert not driver.streaming

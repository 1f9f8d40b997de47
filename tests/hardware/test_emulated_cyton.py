import os
import select
from threading import Event, Thread

import numpy as np
import pytest
from commands import wait_until
from hypothesis import given
from hypothesis import strategies as st

from emg_hardware import cyton_protocol as wire
from emg_hardware.emulated_cyton import EmulatedCyton, board_time_s, stamp
from emg_hardware.replay import Replay


@given(st.floats(1.6e9, 4e9), st.floats(-1e6, 1e6))
def test_stamp_is_recovered_to_the_microsecond(sent_s: float, age_s: float) -> None:
    aux = np.frombuffer(stamp(sent_s), np.uint8).astype(float)[None, :]
    assert board_time_s(aux, sent_s + age_s)[0] == pytest.approx(sent_s, abs=2e-6)


def test_line_with_no_reader_loses_packets_and_does_not_block() -> None:
    board = EmulatedCyton(Replay(np.zeros((250 * 120, 1)), 250), clock=lambda: next(times))
    times = iter([0.0] * 4 + [120.0] * 10**5)
    driver = os.open(board.serial_port, os.O_RDWR | os.O_NOCTTY)
    stop = Event()
    runner = Thread(target=board.run, args=(stop,))
    os.write(driver, b"b")
    runner.start()
    assert wait_until(lambda: board.firmware.finished or board.firmware.n_sampled >= 30_000)
    stop.set()
    runner.join()
    assert select.select([driver], [], [], 0)[0]
    first = wire.decode(os.read(driver, 33))
    assert first.counter == 0
    os.close(driver)
    board.close()

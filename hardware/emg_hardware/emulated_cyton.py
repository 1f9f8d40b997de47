"""An OpenBCI Cyton on a pseudo-terminal: what a driver sees of the real board and its dongle."""

import os
import select
import time
import tty
from collections.abc import Callable, Sequence
from threading import Event

import numpy as np
from numpy.typing import NDArray

from emg_hardware.cyton_firmware import CytonFirmware, SignalSource

STAMP_MODULUS_US = 2**48
_LONGEST_WAIT_S = 0.05


def stamp(time_s: float) -> bytes:
    """Return Unix time as six bytes: microseconds, low 48 bits, most significant byte first."""
    return (round(time_s * 1e6) % STAMP_MODULUS_US).to_bytes(6, "big")


def board_time_s(aux: NDArray[np.float64], now_s: float) -> NDArray[np.float64]:
    """Recover the Unix time of stamps.

    Parameters
    ----------
    aux : ndarray, shape (n_samples, 6)
        The bytes of each stamp.
    now_s : float
        Any Unix time within four years of the stamps.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Seconds.
    """
    low_us = aux.astype(np.int64) @ (256 ** np.arange(5, -1, -1, dtype=np.int64))
    now_us = round(now_s * 1e6)
    half = STAMP_MODULUS_US // 2
    age_us = (now_us - low_us + half) % STAMP_MODULUS_US - half
    return (now_us - age_us) / 1e6


class EmulatedCyton:
    """The firmware on a pseudo-terminal, in real time.

    A packet for which the line has no room, because nobody reads, is lost as it is on the air.

    Parameters
    ----------
    source, drop
        As in `CytonFirmware`.
    clock, unix_time
        Steady seconds for the schedule; Unix seconds for the stamps.

    Attributes
    ----------
    serial_port : str
        The path a driver opens.
    """

    def __init__(
        self,
        source: SignalSource,
        drop: Sequence[tuple[int, int]] = (),
        *,
        clock: Callable[[], float] = time.monotonic,
        unix_time: Callable[[], float] = time.time,
    ) -> None:
        self.firmware = CytonFirmware(source, drop)
        self._clock = clock
        self._unix_time = unix_time
        self._line, self._driver_side = os.openpty()
        tty.setraw(self._driver_side)
        os.set_blocking(self._line, False)
        self.serial_port = os.ttyname(self._driver_side)

    def run(self, stop: Event) -> None:
        """Answer and stream until ``stop`` is set."""
        while not stop.is_set():
            wait_s = min(self.firmware.seconds_to_next(self._clock()), _LONGEST_WAIT_S)
            if select.select([self._line], [], [], wait_s)[0]:
                characters = os.read(self._line, 4096).decode("latin-1")
                self._send(self.firmware.receive(characters, self._clock()).encode())
            for packet in self.firmware.packets(self._clock(), self._stamp):
                self._send(packet)

    def close(self) -> None:
        """Take the port away, as pulling out the dongle does."""
        os.close(self._line)
        os.close(self._driver_side)

    def _stamp(self) -> bytes:
        return stamp(self._unix_time())

    def _send(self, message: bytes) -> None:
        try:
            os.write(self._line, message)
        except BlockingIOError:
            return

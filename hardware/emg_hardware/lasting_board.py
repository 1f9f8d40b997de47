"""A board that is brought back when it falls silent, without who reads it waiting."""

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Event, Thread

from emg_config.errors import DeviceError
from emg_hardware.source import Driver, RawSamples, no_samples

# A silence this long makes us look whether the port is still there.
LOOK_S = 0.25
# A board that is silent for so long though its port is there is started anew: switched off and on
# it does not stream by itself, while one that was out of reach goes on where it is.
PATIENCE_S = 10.0
RETRY_S = 1.0
LONGEST_STOP_S = 1.0


class LastingBoard:
    """A `Board` that is let go of when its port vanishes, and started again when it is back.

    A driver whose port has vanished may read it without end and use a whole core, so that it must
    be let go of at once. All this is done in a thread; meanwhile nothing is read, and nobody else
    touches the driver.

    Parameters
    ----------
    board : Driver
        Already streaming.
    clock : callable
        Seconds that only go forward.

    Attributes
    ----------
    trouble : str or None
        Why nothing comes, in one line that says what to do; None when that is not known.
    """

    def __init__(self, board: Driver, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = board.name
        self.sample_rate_hz = board.sample_rate_hz
        self.counter_modulus = board.counter_modulus
        self.full_scale_uv = board.full_scale_uv
        self.gain = board.gain
        self.converter_delay_s = board.converter_delay_s
        self.trouble: str | None = None
        self._board = board
        self._clock = clock
        self._last_s = clock()
        self._look_s = 0.0
        self._anew = False
        self._revival: Thread | None = None
        self._over = Event()

    @property
    def notes(self) -> list[str]:
        """What went not quite as it should when the board was started last."""
        return self._board.notes

    def read(self) -> RawSamples:
        """Return what has arrived since the last call, possibly nothing."""
        if self._revival is not None:
            if self._revival.is_alive():
                return no_samples(len(self._board.channel_names))
            self._revival, self._anew = None, True
            self._last_s = self._clock()
        raw = self._board.read()
        now = self._clock()
        if raw.n_samples:
            self._last_s, self.trouble = now, None
            if self._anew:
                raw, self._anew = replace(raw, anew=True), False
        elif now >= max(self._last_s + LOOK_S, self._look_s):
            self._look_s = now + LOOK_S
            if self._board.missing() or now >= self._last_s + PATIENCE_S:
                self._revival = Thread(target=self._revive, name="revival", daemon=True)
                self._revival.start()
        return raw

    def stop(self) -> None:
        """Stop streaming and let go of the port; safe to call twice.

        A board that is just being started is let go of when that is done, if it takes long.
        """
        self._over.set()
        if self._revival is not None:
            self._revival.join(LONGEST_STOP_S)
            if self._revival.is_alive():
                return
        self._board.stop()

    def _revive(self) -> None:
        """Let go of the board and start it, as often as it takes."""
        while not self._over.is_set():
            self._board.stop()
            try:
                if missing := self._board.missing():
                    raise DeviceError(missing)
                self._board.start()
                break
            except DeviceError as error:
                self.trouble = f"{error}; the session waits for it"
            self._over.wait(RETRY_S)
        if self._over.is_set():
            self._board.stop()

"""What a Cyton does with commands and time: replies and packets. No line, no clock."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from emg_hardware import cyton_protocol as wire

_MULTI_BYTE_TIMEOUT_S = 1.0
_LARGEST_BLOCK = 64


class SignalSource(Protocol):
    """What is at the electrodes."""

    def next_block(self, n_samples: int) -> NDArray[np.float64]:
        """Return the next samples in µV, shape (n_samples, 8); fewer at the end of a recording."""


class CytonFirmware:
    """The board without its line: takes characters and the time, gives replies and packets.

    Parameters
    ----------
    source
        What is at the electrodes.
    drop
        ``(start_sample, n_samples)`` that the radio loses; samples count from the last start.
    """

    def __init__(self, source: SignalSource, drop: Sequence[tuple[int, int]] = ()) -> None:
        self.finished = False
        self.n_sampled = 0
        self._source = source
        self._dropped = [range(start, start + n) for start, n in drop]
        self._pending = ""
        self._pending_since_s = 0.0
        self._started_s: float | None = None
        self._restore_defaults()

    @property
    def streaming(self) -> bool:
        """Whether packets are due."""
        return self._started_s is not None and not self.finished

    def receive(self, characters: str, now_s: float) -> str:
        """Obey commands, complete or in part, and return what the board answers."""
        reply = ""
        if self._pending and now_s - self._pending_since_s > _MULTI_BYTE_TIMEOUT_S:
            self._pending = ""
            reply += "" if self.streaming else wire.TIMED_OUT
        if not self._pending:
            self._pending_since_s = now_s
        self._pending += characters
        while True:
            command, self._pending = wire.split_command(self._pending)
            if not command:
                return reply
            answer = self._obey(command, now_s)
            reply += "" if self.streaming else answer

    def seconds_to_next(self, now_s: float) -> float:
        """Return how long until the next sample is due; 0 when it is late."""
        if self._started_s is None or self.finished:
            return np.inf
        return max(0.0, self._started_s + (self.n_sampled + 1) / wire.SAMPLE_RATE_HZ - now_s)

    def packets(self, now_s: float, stamp_now: Callable[[], bytes]) -> Iterator[bytes]:
        """Sample up to ``now_s`` by the schedule and give what the radio carries of it.

        The schedule is absolute: a board that was held up catches up. Each packet is stamped when
        it is taken.
        """
        if self._started_s is None or self.finished:
            return
        due = int((now_s - self._started_s) * wire.SAMPLE_RATE_HZ + 1e-6) - self.n_sampled
        n_samples = min(due, _LARGEST_BLOCK)
        if n_samples <= 0:
            return
        data_uv = self._source.next_block(n_samples)
        self.finished = len(data_uv) < n_samples
        gains = np.array([setting.gain for setting in self.settings], np.float64)
        reads = np.array([setting.reads_electrode for setting in self.settings])
        counts = wire.to_counts(data_uv, gains) * reads
        first = self.n_sampled
        self.n_sampled += len(counts)
        for k, row in enumerate(counts, start=first):
            if not any(k in lost for lost in self._dropped):
                counter = k % wire.COUNTER_MODULUS
                yield wire.encode(wire.Packet(counter, row, stamp_now(), wire.STOP_USER))

    def _obey(self, command: str, now_s: float) -> str:
        match command[0]:
            case "b" if self._started_s is None:
                self._started_s, self.n_sampled = now_s, 0
            case "s":
                self._started_s = None
            case "v":
                self._started_s = None
                self._restore_defaults()
                return wire.WELCOME
            case "d":
                self._restore_defaults()
                return wire.DEFAULTS_RESTORED
            case "D":
                return wire.DEFAULTS_REPORT
            case "V":
                return wire.VERSION
            case "x":
                try:
                    setting = wire.parse_channel_setting(command)
                except ValueError as refusal:
                    return str(refusal)
                self.settings[setting.channel] = setting
                return wire.channel_set(setting.channel)
        return ""

    def _restore_defaults(self) -> None:
        self.settings = [wire.ChannelSetting(channel) for channel in range(wire.N_CHANNELS)]

"""What an engine needs of the world, on a clock of the test's own."""

import numpy as np

from emg_hardware.source import RawSamples

RATE_HZ = 250.0
BLOCK = 25


class Board:
    name, sample_rate_hz, channel_names = "test", RATE_HZ, ("left", "right")
    counter_modulus, full_scale_uv, gain, converter_delay_s = 256, 187_500.0, None, 0.0
    trouble, notes = None, ()

    def __init__(self, x_uv):
        self.x_uv, self.at = x_uv, 0

    def start(self):
        pass

    def stop(self):
        pass

    def read(self):
        block = self.x_uv[self.at : self.at + BLOCK]
        number = np.arange(self.at, self.at + len(block))
        self.at += len(block)
        return RawSamples(number % 256, block, number / RATE_HZ, np.full(len(block), np.nan))


class Collector:
    def __init__(self):
        self.sent = []

    def send(self, message):
        self.sent.append(message)

    def of(self, kind):
        return [message for message in self.sent if isinstance(message, kind)]

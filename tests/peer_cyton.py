"""Another Cyton, written from the data format alone, for tests that must not believe ours.

It shares no code with the package: it answers commands on a pseudo-terminal and streams packets
whose first channel carries whatever ``signal_uv(sample)`` says.
"""

import contextlib
import os
import struct
import threading
import time
import tty

COUNT_UV = 4.5e6 / 24 / (2**23 - 1)


class PeerCyton:
    def __init__(self, signal_uv, rate_hz=250.0):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.port = os.ttyname(self.slave)
        self.started_s = None
        self.commands = ""
        self._signal_uv = signal_uv
        self._to_lose = 0
        self._rate_hz = rate_hz
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        os.close(self.master)
        os.close(self.slave)

    def lose(self, n_samples):
        """Send none of the next samples."""
        self._to_lose = n_samples

    def _live(self):
        sample = 0
        while not self._over.is_set():
            self._obey()
            if self.started_s is None:
                time.sleep(0.001)
                sample = 0
                continue
            while time.time() >= self.started_s + sample / self._rate_hz:
                if self._to_lose:
                    self._to_lose -= 1
                else:
                    self._write(self._packet(sample))
                sample += 1
            time.sleep(0.0005)

    def _obey(self):
        try:
            characters = os.read(self.master, 1024).decode()
        except BlockingIOError:
            return
        self.commands += characters
        if characters == "v":
            self._write(b"OpenBCI V3 8-16 channel\nFirmware: v3.1.1\n$$$")
        elif characters == "d":
            self._write(b"updating channel settings to default$$$")
        elif characters == "b":
            self.started_s = time.time()
        elif characters == "s":
            self.started_s = None
        elif characters.startswith("x"):
            self._write(b"Success: Channel set for 1$$$")

    def _packet(self, sample):
        counts = [round(self._signal_uv(sample) / COUNT_UV), sample % 4096, *[0] * 6]
        channels = b"".join(struct.pack(">i", count)[1:] for count in counts)
        return b"\xa0" + bytes([sample % 256]) + channels + bytes(6) + b"\xc0"

    def _write(self, message):
        while message and not self._over.is_set():  # a starved reader loses nothing
            with contextlib.suppress(BlockingIOError):
                message = message[os.write(self.master, message) :]

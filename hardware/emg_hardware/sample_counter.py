"""From a board's packet numbers to a counter that steps by one a sample."""

import numpy as np
from numpy.typing import NDArray

from emg_hardware.board_facts import BoardFacts

UNCOUNTED_MODULUS = 2**32


class SampleCounter:
    """Number samples by the packets they came in.

    Two samples of one packet share its number; two packets of one sample count by two. A board
    whose numbering is unknown is counted here, so that nothing lost on its way is seen.
    """

    def __init__(self, facts: BoardFacts) -> None:
        self._facts = facts
        self._last_packet = -1
        self._n_counted = 0
        self.modulus = (
            UNCOUNTED_MODULUS
            if facts.packet_modulus is None
            else facts.packet_modulus * facts.samples_per_packet // facts.packets_per_sample
        )

    def push(self, packet_numbers: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the counter of each sample, shape of ``packet_numbers``."""
        n_samples = len(packet_numbers)
        if self._facts.packet_modulus is None:
            first = self._n_counted
            self._n_counted += n_samples
            return np.arange(first, self._n_counted, dtype=np.int64) % self.modulus
        packets = packet_numbers.astype(np.int64) % self._facts.packet_modulus
        if self._facts.samples_per_packet == 1:
            return packets // self._facts.packets_per_sample
        repeats = packets == np.concatenate(([self._last_packet], packets[:-1]))
        if n_samples:
            self._last_packet = int(packets[-1])
        return np.asarray(packets * self._facts.samples_per_packet + repeats)

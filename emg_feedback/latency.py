"""Latency, stage by stage."""

import numpy as np

N_KEPT = 65_536
SHARES = {"p5": 5, "p50": 50, "p95": 95, "p99": 99, "max": 100}


class Latency:
    """The newest latencies of each stage, in a memory that does not grow."""

    def __init__(self) -> None:
        self._kept: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]] = {}
        self._count: dict[str, int] = {}

    def add(self, stage: str, seconds: float) -> None:
        """Note one latency; NaN, for a clock that is not known, is not noted."""
        if seconds != seconds:
            return
        if stage not in self._kept:
            self._kept[stage] = np.empty(N_KEPT, np.float32)
            self._count[stage] = 0
        self._kept[stage][self._count[stage] % N_KEPT] = seconds * 1e3
        self._count[stage] += 1

    def summary_ms(self, newest: int = N_KEPT) -> dict[str, dict[str, float]]:
        """Return the distribution of each stage in milliseconds, of the newest ones only."""
        summary = {}
        for stage, kept in self._kept.items():
            count = self._count[stage]
            values = kept[np.arange(max(0, count - min(newest, N_KEPT)), count) % N_KEPT]
            shares = np.percentile(values, list(SHARES.values())).tolist()
            summary[stage] = {
                name: round(value, 3) for name, value in zip(SHARES, shares, strict=True)
            }
        return summary

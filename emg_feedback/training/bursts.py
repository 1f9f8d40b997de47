"""The contractions of one muscle in a repetition: which one counts, where it began and ended."""

from dataclasses import dataclass, field

from emg_feedback.stream.detector import Edge

# A burst that is over sooner is a twitch: the start is that of a longer one after it. After a
# shorter pause a contraction goes on: it has not ended yet.
TWITCH_S, PAUSE_S = 0.3, 0.15


@dataclass(slots=True)
class Burst:
    """What the detector saw: samples from the start of the hold, below zero before it."""

    start: int
    stop: int | None = None
    rise_s: float | None = None


@dataclass(slots=True)
class Bursts:
    """All bursts of a muscle since the hold began, the one that was on then among them."""

    sample_rate_hz: float
    seen: list[Burst] = field(default_factory=list)

    def note(self, edge: Edge, sample: int, rise_s: float | None) -> int | None:
        """Take an edge; return the number of its burst, or None if it begins or ends none."""
        on = bool(self.seen) and self.seen[-1].stop is None
        if on == (edge.kind == "onset"):
            return None
        if edge.kind == "onset":
            self.seen.append(Burst(sample))
        else:
            self.seen[-1].stop, self.seen[-1].rise_s = sample, rise_s
        return len(self.seen) - 1

    def bounds(self, n_hold: int) -> tuple[int, int]:
        """Return with which burst the contraction began, and with which it ended; -1 if none."""
        pause, twitch = PAUSE_S * self.sample_rate_hz, TWITCH_S * self.sample_rate_hz
        whole: list[tuple[int, int]] = []
        for k, burst in enumerate(self.seen):
            stop = self.seen[k - 1].stop if whole and whole[-1][1] == k - 1 else None
            if stop is not None and burst.start - stop < pause:
                whole[-1] = whole[-1][0], k
            elif burst.start < n_hold:
                whole.append((k, k))
        lasting = (
            first
            for first, last in whole
            if (stop := self.seen[last].stop) is None or stop - self.seen[first].start >= twitch
        )
        return (next(lasting, whole[0][0]), whole[-1][1]) if whole else (-1, -1)

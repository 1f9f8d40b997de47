"""What a view did: frames drawn, and how old the data were when they were seen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ViewSummary:
    """What a view reports when it ends.

    Attributes
    ----------
    frames_drawn
        How often the picture was drawn.
    first_bar_s
        From the start of the loop until the first live bar was on the screen.
    latency_ms
        Distribution of every stage that was measured.
    """

    frames_drawn: int
    first_bar_s: float | None
    latency_ms: dict[str, dict[str, float]]

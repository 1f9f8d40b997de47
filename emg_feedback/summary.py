"""What happened while an engine ran, in the words of ``--json``."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Summary:
    """Counts, the score of each repetition, and the distribution of latency at each stage."""

    samples: int = 0
    lost_samples: int = 0
    frames_published: int = 0
    frames_drawn: int = 0
    gaps: int = 0
    stalls: int = 0
    onsets: int = 0
    repetitions: list[dict[str, Any]] = field(default_factory=list)
    latency_ms: dict[str, dict[str, float]] = field(default_factory=dict)

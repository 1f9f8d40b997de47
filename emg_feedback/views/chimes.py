"""The cues of a session, as small bells: what each sounds like, in samples."""

from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float64]

ATTACK_S = 0.005
FADE_S = 0.03


class Cue(StrEnum):
    """What a chime tells the patient."""

    READY = "get ready"
    GO = "go"
    LET_GO = "let go"
    GOOD = "a good repetition"
    DONE = "done"
    ALARM = "out of the band for too long"
    PAUSE = "the session pauses, or there is no signal"


class Note(NamedTuple):
    """One stroke of a bell: when, its pitch, how fast it fades, and how loud it is, 0 to 1."""

    start_s: float
    frequency_hz: float
    decay_s: float
    level: float


C5, D5, E5, G5, A5, C6, E6, G6 = 523.25, 587.33, 659.26, 783.99, 880.0, 1046.5, 1318.5, 1568.0
E4, G4 = 329.63, 392.0
NOTES = {
    Cue.READY: [Note(0.0, G4, 0.18, 0.30)],
    Cue.GO: [Note(0.0, C6, 0.16, 0.45)],
    Cue.LET_GO: [Note(0.0, G5, 0.14, 0.32), Note(0.13, C5, 0.22, 0.32)],
    Cue.GOOD: [Note(0.30, E6, 0.12, 0.22), Note(0.40, G6, 0.22, 0.22)],
    Cue.DONE: [Note(0.12 * k, pitch, 0.25, 0.28) for k, pitch in enumerate((C5, E5, G5, C6))],
    Cue.ALARM: [Note(0.16 * k, A5, 0.07, 0.40) for k in range(3)],
    Cue.PAUSE: [Note(0.0, G4, 0.20, 0.38), Note(0.24, E4, 0.30, 0.38)],
}


@lru_cache(maxsize=len(Cue))
def chime(cue: Cue, rate_hz: int) -> Samples:
    """Return the samples of a cue, shape (n_samples,); they begin and end at zero.

    A stroke rises in `ATTACK_S` and fades exponentially; its octave, which makes it a bell, fades
    twice as fast.
    """
    notes = NOTES[cue]
    lengths_s = [note.start_s + 5.0 * note.decay_s for note in notes]
    time_s = np.arange(round(max(lengths_s) * rate_hz)) / rate_hz
    total = np.zeros(len(time_s))
    for note in notes:
        since_s = np.maximum(0.0, time_s - note.start_s)
        turns = note.frequency_hz * since_s
        fading = np.exp(-since_s / note.decay_s)
        bell = np.sin(2 * np.pi * turns) + 0.3 * fading * np.sin(4 * np.pi * turns)
        total += note.level * _rise(since_s / ATTACK_S) * fading * bell
    return np.asarray(total * _rise((time_s[-1] - time_s) / FADE_S))


def _rise(part: Samples) -> Samples:
    return np.asarray(0.5 - 0.5 * np.cos(np.pi * np.clip(part, 0.0, 1.0)))

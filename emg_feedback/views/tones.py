"""What is heard, sample by sample: a tone, a chord, and chimes. No sound device is known here."""

import math
from collections import deque
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from emg_feedback.views.chimes import Cue, Samples, chime

RATE_HZ = 48_000
# Controls take effect at multiples of this many samples (2.5 ms), wherever the blocks are cut.
STEP = 120
SMOOTHING_S = 0.005
CHORD_SMOOTHING_S = 0.06
TONE_HZ = 261.63
TONE_PARTIALS = (1.0, 0.3, 0.1)
TONE_LEVEL = 0.18
CHORD_HZ = (261.63, 329.63, 392.0, 523.25)
CHORD_LEVELS = (0.07, 0.055, 0.055, 0.03)
MOST_CHIMES = 8
# How much of tone and chord is left under a spoken word, and how soon one is gone that is cut off.
UNDER_SPEECH = 0.25
CUT_S = 0.02
# A display that no longer says what it shows must not go on sounding as if it did.
LASTING_S = 0.5
_SETTLED = 1e-6


@dataclass(frozen=True, slots=True)
class Controls:
    """What is to be heard now; ``gain``, ``tone`` and ``chord`` are 0 to 1.

    ``octaves`` is the pitch of the tone over `TONE_HZ`.
    """

    gain: float = 0.0
    tone: float = 0.0
    octaves: float = 0.0
    chord: float = 0.0


class Glide:
    """A value that follows its target through two equal one-pole low-passes.

    It has no corner and never overshoots. ``tau_s`` is the time constant of each.
    """

    def __init__(self, tau_s: float) -> None:
        keep = math.exp(-1.0 / (tau_s * RATE_HZ))
        steps = np.arange(1, STEP + 1)
        self._fall = keep**steps
        self._bend = steps * (1.0 - keep) * self._fall
        self._first = self._second = 0.0

    def advance(self, target: float) -> Samples:
        """Return the next `STEP` values on the way to ``target``."""
        first, second = self._first - target, self._second - target
        if abs(first) < _SETTLED and abs(second) < _SETTLED:
            self._first = self._second = target
            return np.full(STEP, target)
        self._first = target + first * float(self._fall[-1])
        values: Samples = target + second * self._fall + first * self._bend
        self._second = float(values[-1])
        return values


class Synth:
    """Makes the samples of all sounds, mono, -1 to 1.

    ``controls`` may be replaced, cues played and words spoken from another thread than the one that
    takes the samples: each is a single reference, handed over without a lock. Tone and chord fade
    when the controls have not been replaced for `LASTING_S`.
    """

    def __init__(self) -> None:
        self.controls = Controls()
        self._heeded = self.controls
        self._heeded_steps = 0
        self._waiting: deque[Cue] = deque(maxlen=MOST_CHIMES)
        self._chimes: list[Samples] = []
        self._next_word: deque[Samples] = deque(maxlen=1)
        self._word = np.empty(0)
        self._gain, self._tone, self._octaves = (Glide(SMOOTHING_S) for _ in range(3))
        self._chord = Glide(CHORD_SMOOTHING_S)
        self._tone_turns = 0.0
        self._chord_turns = np.zeros(len(CHORD_HZ))
        self._made = np.empty(0, dtype=np.float32)

    def play(self, cue: Cue) -> None:
        """Let a chime begin with the next step."""
        self._waiting.append(cue)

    @property
    def speaking(self) -> bool:
        """Return whether a word is being said or is about to be."""
        return bool(self._next_word) or len(self._word) > 0

    def speak(self, word: Samples) -> None:
        """Let a word begin with the next step; what is being said is cut off, nothing if empty."""
        self._next_word.append(word)

    def samples(self, n_samples: int) -> npt.NDArray[np.float32]:
        """Return the next samples, shape (n_samples,), however they are cut into blocks."""
        parts, left = [], n_samples
        while left > len(self._made):
            parts.append(self._made)
            left -= len(self._made)
            self._made = self._step()
        parts.append(self._made[:left])
        self._made = self._made[left:]
        return np.concatenate(parts)

    def _step(self) -> npt.NDArray[np.float32]:
        now = self._newest()
        gain = self._gain.advance(now.gain)
        said = self._said()
        if self.speaking:
            now = replace(now, tone=UNDER_SPEECH * now.tone, chord=UNDER_SPEECH * now.chord)
        total = self._sung(now) + self._struck() + self._chorded(now) + said
        # Several sounds at once are bent, never cut off.
        return (gain * np.tanh(total)).astype(np.float32)

    def _newest(self) -> Controls:
        now = self.controls
        self._heeded_steps = self._heeded_steps + 1 if now is self._heeded else 0
        self._heeded = now
        if self._heeded_steps * STEP > LASTING_S * RATE_HZ:
            return replace(now, tone=0.0, chord=0.0)
        return now

    def _sung(self, now: Controls) -> Samples:
        """Return the tone; its phase runs on, whatever its pitch does."""
        level, octaves = self._tone.advance(now.tone), self._octaves.advance(now.octaves)
        if not level.any():
            return level
        turns = self._tone_turns + np.cumsum(TONE_HZ / RATE_HZ * np.exp2(octaves))
        self._tone_turns = float(turns[-1]) % 1.0
        sines = (
            part * np.sin(2 * np.pi * number * turns)
            for number, part in enumerate(TONE_PARTIALS, start=1)
        )
        return TONE_LEVEL * level * sum(sines, start=np.zeros(STEP))

    def _chorded(self, now: Controls) -> Samples:
        level = self._chord.advance(now.chord)
        if not level.any():
            return level
        per_sample = np.array(CHORD_HZ) / RATE_HZ
        turns = self._chord_turns[:, None] + per_sample[:, None] * np.arange(1, STEP + 1)
        self._chord_turns = turns[:, -1] % 1.0
        sung: Samples = level * (np.array(CHORD_LEVELS) @ np.sin(2 * np.pi * turns))
        return sung

    def _struck(self) -> Samples:
        """Return the chimes that sound now, after taking in those that wait."""
        while self._waiting:
            cue = self._waiting.popleft()
            if len(self._chimes) < MOST_CHIMES:
                self._chimes.append(chime(cue, RATE_HZ))
        total = np.zeros(STEP)
        for rest in self._chimes:
            part = rest[:STEP]
            total[: len(part)] += part
        self._chimes = [rest[STEP:] for rest in self._chimes if len(rest) > STEP]
        return total

    def _said(self) -> Samples:
        """Return the word that is being said; the one that it cuts off fades among the chimes."""
        if self._next_word:
            rest = self._word[: round(CUT_S * RATE_HZ)]
            if len(rest):
                fade = 0.5 + 0.5 * np.cos(np.pi * np.arange(len(rest)) / len(rest))
                self._chimes.append(rest * fade)
            self._word = self._next_word.popleft()
        part, self._word = self._word[:STEP], self._word[STEP:]
        return np.pad(part, (0, STEP - len(part)))

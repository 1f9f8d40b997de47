"""The patient's sound: a tone, a chord, chimes and spoken words for what the engine says.

Drawing asks for sounds, the sound device's own thread makes them. Nothing here waits for the
device: it is opened in a thread, and where there is none the session goes on in silence.
"""

import math
import sys
import threading
from collections.abc import Callable, Generator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.aim import Aim, aim
from emg_feedback.views.chimes import Cue
from emg_feedback.views.model import ViewModel
from emg_feedback.views.prompter import Prompt, Prompter
from emg_feedback.views.tones import RATE_HZ, Controls, Synth
from emg_feedback.views.voice import Voice

if TYPE_CHECKING:
    import miniaudio

BACKENDS = ("WASAPI", "COREAUDIO", "PULSEAUDIO", "ALSA")
# With less the tone breaks off several times a second while a busy machine draws the page.
PERIOD_MS = 20
PERIODS = 4
HIGHEST_OCTAVES = 1.5
ALARM_EVERY_S = 2.0
STALLED_S = 1.0
CLOSE_S = 1.0
# A word that is still being made is said so much later at most; then it is no longer true.
LATEST_S = 1.5

_CUES = {
    Phase.REST_CALIBRATION: Cue.LET_GO,
    Phase.MVC_CALIBRATION: Cue.GO,
    Phase.PREPARE: Cue.READY,
    Phase.HOLD: Cue.GO,
    Phase.RELAX: Cue.LET_GO,
    Phase.PAUSE: Cue.PAUSE,
    Phase.DONE: Cue.DONE,
}
_EFFORT = (Phase.HOLD, Phase.MVC_CALIBRATION)
_AT_EASE = (Phase.IDLE, Phase.DONE, Phase.PAUSE)


class SoundMode(StrEnum):
    """How much is heard: nothing, chimes, also a tone, also a chord while in the band."""

    OFF = "off"
    CUES = "cues"
    TONE = "tone"
    FULL = "full"


class Crier:
    """Decides which chime is due; deaf to the state in which it finds the session."""

    def __init__(self) -> None:
        self._before: SessionState | None = None
        self._n_results = 0
        self._stale = False
        self._alarm_s: float | None = None

    def due(self, model: ViewModel, now_s: float) -> list[Cue]:
        """Return the chimes for what changed since the last call."""
        if model.frame is None:
            return []
        now, before = model.session, self._before
        results, n_before = model.results(), self._n_results
        self._before, self._n_results = now, len(results)
        cues = []
        if before is not None and now.phase is not before.phase:
            cues += _change(before.phase, now.phase)
        if before is not None and results[n_before:][-1:] == ["good"]:
            cues.append(Cue.GOOD)
        stale = model.stale(now_s)
        if stale and not self._stale and now.phase not in _AT_EASE:
            cues.append(Cue.PAUSE)
        self._stale = stale
        return cues + self._alarm(now.alarm and not stale, now_s)

    def _alarm(self, wanted: bool, now_s: float) -> list[Cue]:
        if not wanted:
            self._alarm_s = None
            return []
        if self._alarm_s is not None and abs(now_s - self._alarm_s) < ALARM_EVERY_S:
            return []
        self._alarm_s = now_s
        return [Cue.ALARM]


def _change(before: Phase, now: Phase) -> list[Cue]:
    if now is Phase.IDLE:
        return [Cue.LET_GO] if before in _EFFORT else []
    return [_CUES[now]]


def octaves(level: float, top: float) -> float:
    """Return the pitch of the tone for a level: an octave from zero to the ``top`` of an aim."""
    return min(HIGHEST_OCTAVES, max(0.0, level / top)) if top > 0.0 else HIGHEST_OCTAVES


def controls(mode: SoundMode, session: SessionState, now: Aim | None, gain: float) -> Controls:
    """Return what is to be heard besides the chimes: only while the patient is to act."""
    acting = session.phase is Phase.HOLD or (
        session.phase is Phase.RELAX and session.mode == "contract-relax"
    )
    if now is None or not acting or mode in (SoundMode.OFF, SoundMode.CUES):
        return Controls(gain=gain)
    pitch = octaves(now.level, now.top)
    chord = mode is SoundMode.FULL and now.inside
    return Controls(gain=gain, tone=0.0 if chord else 1.0, octaves=pitch, chord=float(chord))


class Sound:
    """What a patient hears; call `update` as often as the page is drawn.

    Parameters
    ----------
    mode
        How much is heard. Nothing is opened for `SoundMode.OFF`.
    volume
        0 to 1.
    voice
        Speaks what is due; started and closed here. Without one there are chimes only.
    tell
        Is told once each, in one line, why nothing is heard and why nothing is spoken.
    backends
        Names of the sound systems to try, in miniaudio's spelling.

    Attributes
    ----------
    muted : bool
        Whether everything is silent for now.
    wordless : bool
        Whether nothing is spoken for now.
    """

    def __init__(
        self,
        mode: SoundMode = SoundMode.CUES,
        volume: float = 0.8,
        *,
        voice: Voice | None = None,
        tell: Callable[[str], None] | None = None,
        backends: tuple[str, ...] = BACKENDS,
    ) -> None:
        self.mode, self.volume, self.muted, self.wordless = mode, volume, False, False
        self._tell = tell
        self._told: set[str] = set()
        self._voice = voice
        self._prompter = Prompter()
        self._prompt: tuple[Prompt, float] | None = None
        self._synth = Synth()
        self._crier = Crier()
        self._device: miniaudio.PlaybackDevice | None = None
        self._trouble = ""
        self._blocks = self._block_samples = 0
        self._last_block = (0, math.inf)
        self._stalled = False
        self._opener = threading.Thread(target=self._open, args=(backends,), daemon=True)
        if mode is not SoundMode.OFF:
            self._opener.start()

    @property
    def problem(self) -> str:
        """Return in one line why nothing is heard, or nothing."""
        return self._trouble or ("the sound device does not answer" if self._stalled else "")

    @property
    def period_s(self) -> float | None:
        """Return how much sound the device asks for at a time, once it has asked."""
        return self._block_samples / RATE_HZ if self._blocks else None

    @property
    def latency_s(self) -> float | None:
        """Return the longest time from a cue to its sound, without what the device itself adds."""
        return PERIODS * self.period_s if self.period_s is not None else None

    def toggle_mute(self) -> None:
        """Be silent, or no longer."""
        self.muted = not self.muted

    def toggle_words(self) -> None:
        """Speak no longer, or again; chimes and tone stay."""
        self.wordless = not self.wordless
        if self.wordless:
            self._synth.speak(np.empty(0))

    def update(self, model: ViewModel, now_s: float) -> None:
        """Sound like ``model`` as it is at ``now_s``; returns at once."""
        if self.mode is SoundMode.OFF:
            return
        for cue in self._crier.due(model, now_s):
            self._synth.play(cue)
        if self._voice is not None:
            self._speak(self._voice, model, now_s)
        # Ears hear ratios: half the volume is a quarter of the amplitude.
        gain = 0.0 if self.muted else min(1.0, max(0.0, self.volume)) ** 2
        self._synth.controls = controls(self.mode, model.session, aim(model, now_s), gain)
        if self._device is not None:
            blocks, since_s = self._last_block
            if blocks != self._blocks or now_s < since_s:
                self._last_block = self._blocks, now_s
            self._stalled = now_s - self._last_block[1] > STALLED_S
        self._tell_of(self.problem)
        if self._voice is not None:
            self._tell_of(self._voice.problem)

    def settle(self, timeout_s: float = CLOSE_S) -> None:
        """Wait until the device is open, or is known to be missing."""
        if self._opener.is_alive():
            self._opener.join(timeout_s)

    def close(self) -> None:
        """Let the device go."""
        self.settle()
        if self._voice is not None:
            self._voice.close()
        if self._device is not None:
            self._device.close()
            self._device = None

    def __enter__(self) -> "Sound":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _speak(self, voice: Voice, model: ViewModel, now_s: float) -> None:
        """Say what is due as soon as it is made, unless it would come too late."""
        due = self._prompter.due(model, now_s)
        if due is not None and not (self.muted or self.wordless):
            self._prompt = due, now_s
        if self._prompt is None:
            return
        (text, urgent), since_s = self._prompt
        word = voice.samples(text)
        if word is None and 0.0 <= now_s - since_s < LATEST_S:
            return
        self._prompt = None
        if word is not None and (urgent or not self._synth.speaking):
            self._synth.speak(word)

    def _tell_of(self, problem: str) -> None:
        if self._tell is not None and problem and problem not in self._told:
            self._told.add(problem)
            self._tell(problem)

    def _open(self, backends: tuple[str, ...]) -> None:
        """Open the device; whatever goes wrong with sound must not stop a session."""
        try:
            import miniaudio

            usable = [
                backend
                for backend in miniaudio.get_enabled_backends()
                if backend.name in backends and not _without_card(backend.name)
            ]
            if not usable:
                self._trouble = "no sound device here: the session is silent"
                return
            device = miniaudio.PlaybackDevice(
                output_format=miniaudio.SampleFormat.FLOAT32,
                nchannels=1,
                sample_rate=RATE_HZ,
                buffersize_msec=PERIOD_MS,
                callback_periods=PERIODS,
                backends=usable,
                app_name="emg-feedback",
            )
            feed = self._feed()
            next(feed)
            device.start(feed)
            self._device = device
            if self._voice is not None:
                self._voice.start()
        except Exception as error:
            # miniaudio's errors are a text and a number.
            reason = " ".join(str(next(iter(error.args), type(error).__name__)).split())
            self._trouble = f"no sound device answers ({reason}): the session is silent"

    def _feed(self) -> Generator[Any, int, None]:
        """Hand samples to the device; runs in its thread."""
        n_samples = yield b""
        while True:
            self._block_samples = n_samples
            self._blocks += 1
            n_samples = yield self._synth.samples(n_samples)


def _without_card(backend: str) -> bool:
    """Return whether ALSA has nothing to play on, which it would say at length on its own."""
    linux = backend == "ALSA" and sys.platform == "linux"
    return linux and not any(Path("/dev/snd").glob("pcmC*p"))

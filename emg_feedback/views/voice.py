"""Spoken words: made by the machine's own speech program, and kept as samples.

A word is made in a thread of this module and before it is needed, so that nothing waits for the
program, a word begins with the sound device's next block, and what is heard is known: trimmed, of
one loudness, without a click. Where there is no program, or none with a voice for the language,
there are no spoken words, and that is no error.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import wave
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from emg_feedback.views.chimes import Samples

# In a command, where it is to write the WAV file.
FILE = "{file}"
MAKING_S = 15.0
CLOSE_S = 1.0
# A word follows the chime that comes with it.
LEAD_S = 0.15
RISE_S = 0.005
FALL_S = 0.03
# Share of the peak below which there is silence before and after a word.
SILENCE = 0.02
LEVEL_RMS = 0.14
HIGHEST_PEAK = 0.75
WORDS_PER_MINUTE = 150
_SAPI = """
$ErrorActionPreference = 'Stop'
[Console]::InputEncoding = New-Object System.Text.UTF8Encoding $false
Add-Type -AssemblyName System.Speech
$speaker = New-Object System.Speech.Synthesis.SpeechSynthesizer
$voice = $speaker.GetInstalledVoices() | Where-Object { $_.Enabled -and
  $_.VoiceInfo.Culture.TwoLetterISOLanguageName -eq $env:EMG_FEEDBACK_LANGUAGE } |
  Select-Object -First 1
if (-not $voice) { exit 3 }
$speaker.SelectVoice($voice.VoiceInfo.Name)
$speaker.SetOutputToWaveFile($env:EMG_FEEDBACK_FILE)
$speaker.Speak([Console]::In.ReadToEnd())
$speaker.Dispose()
"""


def speakers(language: str) -> Iterator[list[str]]:
    """Return the commands that may speak a language (such as ``"de"``), the best one first.

    Each takes the text on standard input and writes a WAV file in place of `FILE`, or to the path
    in the variable EMG_FEEDBACK_FILE.
    """
    if sys.platform == "darwin" and (say := shutil.which("say")):
        for voice in _mac_voices(say, language):
            form = ["--file-format=WAVE", "--data-format=LEI16@22050"]
            yield [say, "-v", voice, "-o", FILE, *form, "-f", "-"]
    if sys.platform == "win32" and (shell := shutil.which("powershell")):
        yield [shell, "-NoProfile", "-NonInteractive", "-Command", _SAPI]
    for name in ("espeak-ng", "espeak"):
        if program := shutil.which(name):
            yield [program, "-v", language, "-s", str(WORDS_PER_MINUTE), "--stdin", "-w", FILE]


class Voice:
    """Has words spoken beforehand; every method returns at once.

    Parameters
    ----------
    language
        Code of the language, such as ``"de"``.
    words
        What will be said, the most urgent first.
    rate_hz
        Samples a second of what is made.
    commands
        See `speakers`, which finds them if none are given.
    """

    def __init__(
        self,
        language: str,
        words: Iterable[str] = (),
        *,
        rate_hz: int,
        commands: Sequence[Sequence[str]] | None = None,
    ) -> None:
        self._language, self._rate_hz, self._commands = language, rate_hz, commands
        self._made: dict[str, Samples] = {}
        self._wanted = deque(words)
        self._changed = threading.Condition()
        self._closed = False
        self._trouble = ""
        self._running: subprocess.Popen[bytes] | None = None
        self._maker = threading.Thread(target=self._make_all, daemon=True)

    @property
    def problem(self) -> str:
        """Return in one line why nothing is spoken, or nothing."""
        return self._trouble

    def start(self) -> None:
        """Begin to make the words."""
        self._maker.start()

    def samples(self, word: str) -> Samples | None:
        """Return a word's samples, or None and have it made next."""
        made = self._made.get(word)
        if made is None and not self._trouble:
            with self._changed:
                if not self._wanted or self._wanted[0] != word:
                    self._wanted.appendleft(word)
                    self._changed.notify()
        return made

    def settle(self, timeout_s: float) -> bool:
        """Wait until all words are made, or none will be; return whether that is so."""
        with self._changed:
            return self._changed.wait_for(
                lambda: not self._wanted or bool(self._trouble), timeout_s
            )

    def close(self) -> None:
        """Make no more words."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        running = self._running
        if running is not None:
            running.kill()
        if self._maker.is_alive():
            self._maker.join(CLOSE_S)

    def _make_all(self) -> None:
        """Make what is wanted until closed; a command that fails is not tried again."""
        try:
            commands = list(self._commands or speakers(self._language))
            while commands and (word := self._next()) is not None:
                made = self._make(commands[0], word)
                with self._changed:
                    if made is None:
                        del commands[0]
                    else:
                        self._made[word] = made
                        self._wanted = deque(other for other in self._wanted if other != word)
                    self._changed.notify_all()
        finally:
            with self._changed:
                if not self._closed:
                    self._trouble = f"nothing speaks {self._language!r} here: chimes only"
                self._changed.notify_all()

    def _next(self) -> str | None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or bool(self._wanted))
            return None if self._closed else self._wanted[0]

    def _make(self, command: Sequence[str], word: str) -> Samples | None:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            file = Path(folder) / "word.wav"
            told = {"EMG_FEEDBACK_FILE": str(file), "EMG_FEEDBACK_LANGUAGE": self._language}
            try:
                with subprocess.Popen(
                    [str(file) if part == FILE else part for part in command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    env=os.environ | told,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                ) as self._running:
                    if self._closed:
                        self._running.kill()
                    try:
                        self._running.communicate(f"{word}\n".encode(), MAKING_S)
                    except subprocess.TimeoutExpired:
                        self._running.kill()
                    failed = self._running.wait() != 0
                return None if failed else shaped(_decoded(file, self._rate_hz), self._rate_hz)
            except (OSError, ValueError):
                return None
            finally:
                self._running = None


def shaped(raw: Samples, rate_hz: int) -> Samples:
    """Return a spoken word as it is to be heard: `LEAD_S` of silence, then the word.

    It is trimmed, scaled to `LEVEL_RMS` or as near as `HIGHEST_PEAK` allows, and begins and ends at
    zero.

    Raises
    ------
    ValueError
        It is silent.
    """
    peak = float(np.abs(raw).max(initial=0.0))
    if not peak > 1e-3:
        raise ValueError("it is silent")
    loud = np.flatnonzero(np.abs(raw) > SILENCE * peak)
    rise, fall = (round(part_s * rate_hz) for part_s in (RISE_S, FALL_S))
    word = raw[max(0, loud[0] - rise) : loud[-1] + fall]
    rms = float(np.sqrt(np.mean(word**2)))
    word = word * min(LEVEL_RMS / rms, HIGHEST_PEAK / peak)
    since = np.arange(len(word))
    word *= np.clip(since / rise, 0.0, 1.0) * np.clip(since[::-1] / fall, 0.0, 1.0)
    return np.concatenate((np.zeros(round(LEAD_S * rate_hz)), word))


def _decoded(file: Path, rate_hz: int) -> Samples:
    """Return the samples of a WAV file of 16 bits, -1 to 1, resampled to ``rate_hz``."""
    try:
        with wave.open(str(file)) as sound:
            if sound.getsampwidth() != 2:
                raise ValueError("it is not of 16 bits")
            written_hz, n_channels = sound.getframerate(), sound.getnchannels()
            written = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2") / 2**15
    except (wave.Error, EOFError) as error:
        raise ValueError(str(error)) from None
    mono = written.reshape(-1, n_channels).mean(axis=1)
    n_samples = round(len(mono) * rate_hz / written_hz)
    if not n_samples:
        return np.empty(0)
    # A word begins and ends in silence, so that it does not matter that its end meets its start.
    return np.asarray(np.fft.irfft(np.fft.rfft(mono), n_samples) * (n_samples / len(mono)))


def _mac_voices(say: str, language: str) -> list[str]:
    """Return the voices of a language: lines such as ``Anna   de_DE   # Hallo, …``."""
    try:
        listed = subprocess.run(
            [say, "-v", "?"], capture_output=True, text=True, timeout=MAKING_S, check=False
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    heads = [line.partition("#")[0].rsplit(maxsplit=1) for line in listed.splitlines()]
    voices = [head for head in heads if len(head) == 2 and head[1].startswith(f"{language}_")]
    return [name for name, _ in voices]

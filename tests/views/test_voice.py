"""Spoken words: what is said when, how a word is made, and that nothing waits for it."""

import shutil
import sys
import threading

import numpy as np
import pytest
from commands import wait_until

from emg_config.language import load_language
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.model import ViewModel
from emg_feedback.views.prompter import Prompt, Prompter, prompt, prompts
from emg_feedback.views.sound import LATEST_S, Sound, SoundMode
from emg_feedback.views.tones import CUT_S, RATE_HZ, STEP, Controls, Synth
from emg_feedback.views.voice import (
    FALL_S,
    FILE,
    HIGHEST_PEAK,
    LEAD_S,
    LEVEL_RMS,
    Voice,
    shaped,
    speakers,
)
from tests.views.frames import T0_S, frame

NULL = ("NULL",)
WAIT_S = 60.0
ENGLISH = load_language("en")
# Writes down what it is told, and answers with half a second of a tone between silences.
SPEAKER = """
import array, math, os, sys, wave
text = sys.stdin.buffer.read().decode()
with open({log!r}, "a", encoding="utf-8") as log:
    log.write(text)
tone = [round(9000 * math.sin(k / 9)) for k in range(11025)]
with wave.open({file}, "wb") as file:
    file.setparams((1, 2, 22050, 0, "NONE", ""))
    file.writeframes(array.array("h", [0] * 4000 + tone + [0] * 9000).tobytes())
"""


@pytest.fixture
def log(tmp_path):
    return tmp_path / "said.txt"


@pytest.fixture
def speaker(log):
    script = SPEAKER.format(log=str(log), file="sys.argv[1]")
    return [sys.executable, "-ISc", script, FILE]


def voice_of(*words, commands, language="de"):
    return Voice(language, words, rate_hz=RATE_HZ, commands=commands)


@pytest.fixture
def started():
    voices = []

    def start(*words, commands, language="de"):
        voices.append(voice_of(*words, commands=commands, language=language))
        voices[-1].start()
        assert voices[-1].settle(WAIT_S)
        return voices[-1]

    yield start
    for voice in voices:
        voice.close()


def test_a_word_is_made_as_it_will_be_heard(started, speaker, log):
    voice = started("Locker lassen", "Größer!", commands=[speaker])
    assert log.read_text("utf-8").splitlines() == ["Locker lassen", "Größer!"]
    word = voice.samples("Größer!")
    seconds = LEAD_S + 0.5 + FALL_S
    assert len(word) / RATE_HZ == pytest.approx(seconds, abs=0.03)
    assert not word[: round(LEAD_S * RATE_HZ)].any()
    assert voice.problem == ""


def test_a_word_that_was_not_foreseen_is_made_next(started, speaker, log):
    voice = started("one", commands=[speaker])
    assert voice.samples("two") is None
    assert voice.settle(WAIT_S)
    assert voice.samples("two") is not None
    assert log.read_text("utf-8").split() == ["one", "two"]


def test_the_file_may_be_named_in_the_environment(started, log):
    script = SPEAKER.format(log=str(log), file="os.environ['EMG_FEEDBACK_FILE']")
    voice = started("one", commands=[[sys.executable, "-ISc", script]])
    assert voice.samples("one") is not None


FAILING = {
    "absent": ["no-such-program-anywhere", FILE],
    "fails": [sys.executable, "-ISc", "raise SystemExit(3)"],
    "writes nothing": [sys.executable, "-ISc", "pass"],
    "not a sound": [sys.executable, "-ISc", "import sys; open(sys.argv[1], 'w').write('x')", FILE],
}


@pytest.mark.parametrize("reason", FAILING)
def test_without_a_speaker_there_are_no_words_and_no_error(started, reason):
    voice = started("one", "two", commands=[FAILING[reason]])
    assert voice.samples("one") is None
    assert voice.problem == "nothing speaks 'de' here: chimes only"


def test_the_next_speaker_stands_in_for_one_that_fails(started, speaker, log):
    voice = started("one", "two", commands=[FAILING["fails"], speaker])
    assert voice.samples("two") is not None
    assert log.read_text("utf-8").split() == ["one", "two"]
    assert voice.problem == ""


def test_closing_ends_a_speaker_that_hangs():
    hanging = [sys.executable, "-ISc", "import time; time.sleep(600)"]
    voice = voice_of("one", commands=[hanging])
    voice.start()
    assert wait_until(lambda: voice._running is not None)  # noqa: SLF001
    running = voice._running  # noqa: SLF001
    voice.close()
    assert running.wait(WAIT_S) != 0
    assert voice.problem == ""
    voice_of("one", commands=[hanging]).close()


@pytest.mark.parametrize("scale", [0.02, 0.3, 1.0])
def test_a_word_is_of_one_loudness_and_does_not_click(scale):
    speech = scale * np.random.default_rng(1).laplace(size=RATE_HZ // 2).clip(-4, 4) / 4
    word = shaped(np.pad(speech, (4800, 24_000)), RATE_HZ)
    said = word[round(LEAD_S * RATE_HZ) :]
    assert np.sqrt(np.mean(said**2)) == pytest.approx(LEVEL_RMS, rel=0.1)
    assert np.abs(word).max() <= HIGHEST_PEAK
    assert said[0] == said[-1] == 0.0
    assert len(said) / RATE_HZ == pytest.approx(0.5, abs=0.05)


@pytest.mark.parametrize("raw", [np.empty(0), np.zeros(1000), np.full(1000, np.nan)])
def test_silence_is_not_a_word(raw):
    with pytest.raises(ValueError, match="silent"):
        shaped(raw, RATE_HZ)


@pytest.mark.skipif(not shutil.which("espeak-ng"), reason="espeak-ng is not installed")
@pytest.mark.parametrize("code", ["en", "de"])
def test_espeak_speaks_every_language_of_the_package(started, code):
    words = prompts(load_language(code))[:3]
    voice = started(*words, commands=list(speakers(code)), language=code)
    made = [voice.samples(word) for word in words]
    for word in made:
        assert 0.3 < len(word) / RATE_HZ < 3.0
        assert np.sqrt(np.mean(word**2)) > LEVEL_RMS / 3
        assert np.abs(word).max() <= HIGHEST_PEAK
    assert voice.problem == ""


def played(synth, n_samples, gain=1.0, **parts):
    blocks = []
    for _ in range(n_samples // STEP):
        synth.controls = Controls(gain=gain, **parts)
        blocks.append(synth.samples(STEP))
    return np.concatenate(blocks)


def test_a_word_is_heard_as_it_was_made_and_makes_tone_and_chord_quieter():
    word = 0.3 * np.sin(2 * np.pi * 3000 * np.arange(RATE_HZ // 2) / RATE_HZ)
    synth = Synth()
    played(synth, 4800)
    synth.speak(word)
    assert synth.speaking
    heard = played(synth, len(word))
    assert np.allclose(heard, np.tanh(word), atol=1e-6)
    assert not synth.speaking
    assert not played(synth, 4800).any()

    tone = played(synth, 9600, tone=1.0)[-4800:]
    synth.speak(np.zeros(RATE_HZ))
    under = played(synth, 24_000, tone=1.0)[-4800:]
    assert 0.1 < np.std(under) / np.std(tone) < 0.4


def test_a_word_that_is_cut_off_fades():
    synth = Synth()
    played(synth, 4800)
    synth.speak(np.full(RATE_HZ, 0.5))
    played(synth, 4800)
    synth.speak(np.empty(0))
    heard = played(synth, 4800)
    assert np.abs(np.diff(heard)).max() < 0.5 * np.pi / (CUT_S * RATE_HZ)
    assert heard[0] > 0.4
    assert not heard[round(CUT_S * RATE_HZ) :].any()


def receive(model, at_s, **state):
    model.receive(frame([0.3], at_s=at_s, state=SessionState(**state)), at_s)


def said(*states, each_s=0.1, language="en"):
    prompter, model, heard = Prompter(), ViewModel(load_language(language)), []
    for k, state in enumerate(states):
        at_s = T0_S + k * each_s
        receive(model, at_s, **state)
        due = prompter.due(model, at_s)
        heard.append(due and due.text)
    return heard


def effort(n_states, each_s=0.1, phase_s=5.0, share=1.0):
    trial = {"phase": Phase.MVC_CALIBRATION, "phase_s": phase_s, "effort": share}
    return [{**trial, "remaining_s": phase_s - k * each_s} for k in range(n_states)]


def test_the_patient_is_driven_on_in_full_effort():
    heard = said({"phase": Phase.REST_CALIBRATION}, *effort(50), {"phase": Phase.RELAX})
    words = [word for word in heard if word]
    assert words == ["As strong as you can", "Push!", "Harder!", "Keep going!", "Let go"]


@pytest.mark.parametrize(
    ("share", "word"), [(0.5, "About half as hard as you can"), (0.3, "About 30 % of full effort")]
)
def test_the_share_is_said_and_nobody_driven_on_where_it_hurts(share, word):
    ready = {"phase": Phase.PREPARE, "repetition": 1, "repetitions": 3, "effort": share}
    heard = said({"phase": Phase.REST_CALIBRATION}, ready, *effort(50, share=share))
    assert heard[1:] == [word, word, *[None] * 49]
    heard = said({"phase": Phase.REST_CALIBRATION}, {**ready, "effort": 1.0})
    assert heard[1:] == ["Get ready"]


def test_only_a_call_gives_way_to_what_is_being_said():
    prompter, model, dues = Prompter(), ViewModel(), []
    receive(model, T0_S, phase=Phase.REST_CALIBRATION)
    prompter.due(model, T0_S)
    for k, state in enumerate(effort(30)):
        receive(model, T0_S + k / 10, **state)
        dues.append(prompter.due(model, T0_S + k / 10))
    urgent = [due.urgent for due in dues if due]
    assert urgent == [True, False, False]


def test_the_first_repetition_says_what_is_to_be_done_and_later_ones_that_it_begins():
    order = [
        (Phase.IDLE, 0),
        *[(phase, k) for k in (1, 2) for phase in (Phase.PREPARE, Phase.HOLD, Phase.RELAX)],
        (Phase.DONE, 2),
    ]
    heard = said(
        *[
            {
                "phase": phase,
                "repetition": k,
                "set": 1,
                "mode": "hold",
                "cue": "Sit tall",
                "results": ["good"] * (k - 1),
            }
            for phase, k in order
        ],
        language="de",
    )
    first = [None, "Aufrecht sitzen", "Halten", "Locker lassen"]
    assert heard == [*first, "Gleich geht's los", "Halten", "Locker lassen", "Gut gemacht"]


def test_no_word_is_taken_for_the_signal():
    phases = [Phase.IDLE, Phase.PREPARE, Phase.HOLD, Phase.RELAX]
    react = {"mode": "react", "cue": "Toes up", "set": 1, "repetition": 1}
    states = [{"phase": phase, **react} for phase in phases]
    assert said(*states) == [None, None, None, "Let go"]


def test_a_pause_is_said_once_whatever_is_skipped_in_it():
    held = {"phase": Phase.HOLD, "mode": "hold", "set": 1, "repetition": 2}
    paused = held | {"phase": Phase.PAUSE, "paused_for": "pain"}
    next_set = paused | {"set": 2, "repetition": 1}
    begun = next_set | {"phase": Phase.HOLD, "paused_for": ""}
    assert said(held, paused, next_set, begun)[1:] == ["Pause", None, "Hold"]


def test_the_alarm_is_spoken_once():
    calm, alarmed = (
        {"phase": Phase.HOLD, "mode": "endurance", "alarm": alarm} for alarm in (False, True)
    )
    assert said(calm, alarmed, alarmed, alarmed, calm)[1:] == [
        "Back on target!",
        None,
        None,
        "Keep it there",
    ]


def test_a_view_opened_later_says_only_what_is_new_and_nothing_without_a_signal():
    assert said({"phase": Phase.HOLD}, {"phase": Phase.HOLD}) == [None, None]
    prompter, model = Prompter(), ViewModel()
    assert prompter.due(model, T0_S) is None
    receive(model, T0_S, phase=Phase.PREPARE)
    prompter.due(model, T0_S)
    receive(model, T0_S + 0.1, phase=Phase.HOLD)
    assert prompter.due(model, T0_S + 3.0) is None
    receive(model, T0_S + 3.1, phase=Phase.HOLD)
    assert prompter.due(model, T0_S + 3.1) == Prompt("Hold", urgent=True)


@pytest.mark.parametrize("code", ["en", "de"])
def test_what_may_be_said_is_made_beforehand(code):
    language = load_language(code)
    ready = prompts(language)
    assert len(ready) == len(set(ready))
    assert all(ready)
    modes = "hold stay-below contract-relax follow isolate symmetry endurance reproduce free react"
    for phase in Phase:
        for mode in modes.split():
            for elapsed_s in np.arange(0.0, 10.0, 0.5):
                for alarm in (False, True):
                    state = SessionState(phase=phase, mode=mode, alarm=alarm)
                    assert prompt(language, state, elapsed_s) in {"", *ready}
    for tenths in range(1, 11):
        (trial,) = effort(1, share=tenths / 10)
        assert prompt(language, SessionState(**trial), 0.0) in ready


class Ready:
    """A voice that has made the words it was given."""

    problem = ""

    def __init__(self, **words):
        self.words, self.asked = words, []

    def start(self):
        pass

    def close(self):
        pass

    def samples(self, word):
        self.asked.append(word)
        return self.words.get(word)


@pytest.fixture
def spoken(monkeypatch):
    """Return the words that are handed to the sound device."""
    words = []
    monkeypatch.setattr(Synth, "speak", lambda _, word: words.append(word))
    return words


def hold(sound, model, at_s):
    receive(model, at_s, phase=Phase.PREPARE)
    sound.update(model, at_s)
    receive(model, at_s + 0.02, phase=Phase.HOLD)
    sound.update(model, at_s + 0.02)


def test_what_is_due_is_said_unless_words_are_off(spoken):
    voice = Ready(Hold="a")
    with Sound(SoundMode.CUES, voice=voice, backends=NULL) as sound:
        model = ViewModel()
        hold(sound, model, T0_S)
        assert spoken == ["a"]
        sound.toggle_mute()
        hold(sound, model, T0_S + 1.0)
        assert spoken == ["a"]
        sound.toggle_mute()
        sound.toggle_words()
        hold(sound, model, T0_S + 2.0)
        sound.toggle_words()
        hold(sound, model, T0_S + 3.0)
        assert [word for word in spoken if isinstance(word, str)] == ["a", "a"]


def test_a_word_still_being_made_is_said_a_little_later_and_not_much(spoken):
    voice = Ready()
    with Sound(SoundMode.CUES, voice=voice, backends=NULL) as sound:
        model = ViewModel()
        hold(sound, model, T0_S)
        voice.words["Hold"] = "a"
        sound.update(model, T0_S + LATEST_S / 2)
        assert spoken == ["a"]
        voice.words.clear()
        hold(sound, model, T0_S + 1.0)
        receive(model, T0_S + 1.0 + 2 * LATEST_S, phase=Phase.HOLD)
        sound.update(model, T0_S + 1.0 + 2 * LATEST_S)
        voice.words["Hold"] = "a"
        sound.update(model, T0_S + 1.1 + 2 * LATEST_S)
        assert spoken == ["a"]


def test_drawing_never_waits_for_a_speaker():
    """The speaker hangs, and every update returns: it is only asked in the voice's own thread."""
    hanging = [sys.executable, "-ISc", "import time; time.sleep(600)"]
    voice = voice_of(*prompts(ENGLISH), commands=[hanging], language="en")
    with Sound(SoundMode.CUES, voice=voice, backends=NULL) as sound:
        sound.settle(WAIT_S)
        model = ViewModel()
        for k in range(20):
            hold(sound, model, T0_S + k / 25)
        assert sound.problem == ""
    assert not [thread for thread in threading.enumerate() if thread is voice._maker]  # noqa: SLF001


def test_that_nothing_speaks_is_told_once():
    told = []
    voice = voice_of("one", commands=[FAILING["absent"]])
    with Sound(SoundMode.CUES, voice=voice, tell=told.append, backends=NULL) as sound:
        sound.settle(WAIT_S)
        assert voice.settle(WAIT_S)
        model = ViewModel()
        for k in range(5):
            hold(sound, model, T0_S + k / 25)
    assert told == ["nothing speaks 'de' here: chimes only"]


def test_off_asks_no_speaker():
    voice = Ready(Hold="a")
    with Sound(SoundMode.OFF, voice=voice) as sound:
        hold(sound, ViewModel(), T0_S)
    assert voice.asked == []


@pytest.mark.display
def test_v_switches_words_and_m_all_sound(monkeypatch):
    from emg_feedback.views import canvas, window
    from tests.views.test_window import Script

    class Typed(canvas.Window):
        typed = iter(("", "V", "M", "V", "M", ""))

        def input(self):
            super().input()
            return [], [next(self.typed, "")]

    monkeypatch.setattr(window, "Window", Typed)
    script = Script([0.3], 0.5)
    switched = []
    with Sound(SoundMode.OFF) as sound:
        monkeypatch.setattr(sound, "toggle_words", lambda: switched.append("words"))
        monkeypatch.setattr(sound, "toggle_mute", lambda: switched.append("all"))
        window.run_patient_window(
            script, stop=script.stop, clock=script.clock, size=(640, 480), sound=sound
        )
    assert switched == ["words", "all", "words", "all"]

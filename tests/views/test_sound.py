import itertools
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views import sound as sound_module
from emg_feedback.views.aim import Aim, aim, carried
from emg_feedback.views.chimes import ATTACK_S, NOTES, Cue, chime
from emg_feedback.views.model import ViewModel
from emg_feedback.views.sound import Crier, Sound, SoundMode, controls, octaves
from emg_feedback.views.tones import (
    CHORD_HZ,
    CHORD_LEVELS,
    LASTING_S,
    RATE_HZ,
    SMOOTHING_S,
    STEP,
    TONE_HZ,
    TONE_LEVEL,
    TONE_PARTIALS,
    Controls,
    Synth,
)
from tests.views.frames import T0_S, frame
from tests.views.scenes import HALVES, LOOSE, STRONG, during, play

NULL = ("NULL",)
WAIT_S = 60.0

parts = st.floats(0.0, 1.0)
some_controls = st.builds(
    Controls, gain=parts, tone=parts, octaves=st.floats(0.0, 1.5), chord=parts
)
WORDS = [np.empty(0), *(0.7 * np.sin(np.arange(size) / 9) for size in (1, 500, 5000))]
orders = st.one_of(some_controls, st.sampled_from(Cue), st.sampled_from(WORDS))
# What is asked for, each after so many samples.
scripts = st.lists(st.tuples(st.integers(0, 900), orders), min_size=1, max_size=12)


def give(synth, order):
    if isinstance(order, Cue):
        synth.play(order)
    elif isinstance(order, np.ndarray):
        synth.speak(order)
    else:
        synth.controls = order


def played(script, cut=lambda n_samples: [n_samples], tail=2000):
    synth, blocks = Synth(), []
    for n_samples, order in [*script, (tail, Controls())]:
        blocks += [synth.samples(size) for size in cut(n_samples)]
        give(synth, order)
    return np.concatenate(blocks)


def steady(now, seconds=0.5):
    """Return the sound of controls that are renewed as a display renews them."""
    synth, blocks = Synth(), []
    for _ in range(round(seconds * RATE_HZ / STEP)):
        synth.controls = Controls(now.gain, now.tone, now.octaves, now.chord)
        blocks.append(synth.samples(STEP))
    return np.concatenate(blocks)


@given(scripts, st.data())
def test_any_cut_into_blocks_gives_the_same_samples(script, data):
    def cut(n_samples):
        inner = data.draw(st.lists(st.integers(0, n_samples), max_size=5))
        return np.diff([0, *sorted(inner), n_samples]).tolist()

    assert (played(script, cut) == played(script)).all()


@given(scripts)
def test_never_louder_than_one(script):
    samples = played(script, tail=6_000)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 1.0


def steepest(frequency_hz, level):
    """Return the largest step between samples of a sine whose level moves within its bounds."""
    moving = 1.0 / (SMOOTHING_S * RATE_HZ)
    return level * (2 * np.pi * frequency_hz / RATE_HZ + moving)


@given(st.lists(st.tuples(st.integers(0, 900), some_controls), min_size=1, max_size=12))
def test_no_change_of_level_or_pitch_clicks(script):
    tone = [
        (TONE_HZ * 2.0**1.5 * number, TONE_LEVEL * part)
        for number, part in enumerate(TONE_PARTIALS, start=1)
    ]
    chord = zip(CHORD_HZ, CHORD_LEVELS, strict=True)
    bound = sum(steepest(*sine) for sine in (*tone, *chord))
    steps = np.abs(np.diff(played(script), prepend=0.0))
    assert steps.max() <= bound * 1.05


@pytest.mark.parametrize("cue", Cue)
def test_a_chime_begins_and_ends_softly(cue):
    samples = chime(cue, RATE_HZ)
    steps = np.abs(np.diff(samples, prepend=0.0, append=0.0))
    attack = np.pi / 2 / (ATTACK_S * RATE_HZ)
    assert steps.max() <= max(
        note.level * (1.6 * 2 * np.pi * note.frequency_hz / RATE_HZ + 1.3 * attack) * 1.5
        for note in NOTES[cue]
    )
    assert max(steps[0], steps[-1]) < 1e-3
    assert 0.1 < np.abs(samples).max() < 1.0


def test_chimes_are_told_apart():
    for one, other in itertools.combinations(Cue, 2):
        a, b = chime(one, RATE_HZ // 4), chime(other, RATE_HZ // 4)
        size = len(a) + len(b)
        overlap = np.fft.irfft(np.fft.rfft(a, size) * np.conj(np.fft.rfft(b, size)), size)
        alike = np.abs(overlap).max() / np.sqrt((a @ a) * (b @ b))
        assert alike < 0.75, (one, other)
        assert NOTES[one] != NOTES[other]


def test_silence_is_exactly_silence():
    assert not Synth().samples(5000).any()
    synth = Synth()
    synth.controls = Controls(gain=1.0, tone=1.0, octaves=1.0, chord=1.0)
    assert synth.samples(20_000)[-STEP:].any()
    for quiet in (Controls(gain=1.0), Controls(tone=1.0, chord=1.0)):
        synth.controls = quiet
        synth.samples(2 * RATE_HZ)
        assert not synth.samples(5000).any()
    assert synth.samples(0).shape == (0,)


def test_a_display_that_no_longer_draws_falls_silent():
    synth = Synth()
    synth.controls = Controls(gain=1.0, tone=1.0, chord=1.0)
    assert synth.samples(round(LASTING_S * RATE_HZ))[-STEP:].any()
    synth.samples(2 * RATE_HZ)
    assert not synth.samples(1000).any()
    synth.play(Cue.PAUSE)
    assert synth.samples(1000).any()


def rms(samples):
    return np.sqrt(np.mean(samples**2))


def test_levels_are_alike_and_far_from_clipping():
    """At full volume; what is loudest, a word over a chime over the chord, stays below one."""
    tone = steady(Controls(gain=1.0, tone=1.0, octaves=1.0))[-RATE_HZ // 4 :]
    chord = steady(Controls(gain=1.0, chord=1.0), 1.0)[-RATE_HZ // 4 :]
    for sung in (tone, chord):
        assert 0.05 < rms(sung) < 0.15
        assert np.abs(sung).max() < 0.3
    assert rms(tone) / rms(chord) < 2.5
    for cue in Cue:
        assert np.abs(chime(cue, RATE_HZ)).max() < 0.7
    synth = Synth()
    synth.controls = Controls(gain=1.0, chord=1.0, tone=1.0, octaves=1.0)
    for cue in Cue:
        synth.play(cue)
    synth.speak(0.75 * np.sin(np.arange(RATE_HZ) / 9))
    assert np.abs(synth.samples(RATE_HZ)).max() < 0.99


@pytest.mark.parametrize("part", ["tone", "chord"])
def test_a_tone_begins_gently(part):
    samples = steady(Controls(gain=1.0, octaves=1.0, **{part: 1.0}), 1.0)
    full = np.abs(samples[-RATE_HZ // 4 :]).max()
    first_ms, tenth_s = RATE_HZ // 1000, RATE_HZ // 10
    assert np.abs(samples[:first_ms]).max() < 0.05 * full
    assert np.abs(samples[: 5 * first_ms]).max() < 0.5 * full
    assert np.abs(samples[tenth_s : 4 * tenth_s]).max() > 0.7 * full


@pytest.mark.parametrize("wanted", [0.0, 0.3, 1.0, 1.5])
def test_the_tone_has_its_pitch(wanted):
    samples = steady(Controls(gain=1.0, tone=1.0, octaves=wanted), 1.2)[-RATE_HZ:]
    loudest_hz = np.abs(np.fft.rfft(samples * np.hanning(RATE_HZ))).argmax()
    assert loudest_hz == pytest.approx(TONE_HZ * 2.0**wanted, abs=1.0)


@given(st.floats(0, 2), st.floats(0, 2), st.floats(0.01, 1))
def test_pitch_rises_with_intensity(one, other, top):
    low, high = sorted((one, other))
    assert 0.0 <= octaves(low, top) <= octaves(high, top) <= 1.5
    assert octaves(top, top) == 1.0


@given(st.floats(0, 1), st.floats(0, 1), st.tuples(parts, parts), st.tuples(parts, parts))
def test_muscles_with_other_bands_are_carried_in_order(one, other, own, common):
    own, common = sorted(own), sorted(common)
    low, high = (carried(level, own, common) for level in sorted((one, other)))
    assert 0.0 <= low <= high + 1e-12
    if own[0] <= one <= own[1]:
        assert common[0] - 1e-9 <= carried(one, own, common) <= common[1] + 1e-9


def model_at(intensity, at_s=T0_S, model=None, quality=None, **state):
    model = model or ViewModel()
    state.setdefault("phase", Phase.HOLD)
    state.setdefault("targets", [(0.25, 0.35)] * len(intensity))
    model.receive(frame(intensity, at_s=at_s, quality=quality, state=SessionState(**state)), at_s)
    return model


def test_aim_is_in_the_band_only_if_every_trained_muscle_is():
    assert aim(model_at([0.3, 0.3]), T0_S).inside
    assert not aim(model_at([0.3, 0.2]), T0_S).inside
    roles = ["train", "quiet"]
    assert aim(model_at([0.3, 0.1], roles=roles), T0_S).inside
    assert not aim(model_at([0.3, 0.5], roles=roles), T0_S).inside
    assert aim(model_at([0.3, 0.9], roles=["train", "watch"]), T0_S).inside
    assert aim(model_at([0.3, 0.9], quality=["good", "flat"]), T0_S).inside


def test_aim_needs_something_that_may_be_shown():
    assert aim(ViewModel(), T0_S) is None
    assert aim(model_at([0.3]), T0_S + 0.3) is None
    assert aim(model_at([0.3], hidden=True), T0_S) is None
    assert aim(model_at([None]), T0_S) is None
    assert aim(model_at([0.3], targets=[None]), T0_S).band is None


def test_aim_without_an_mvc():
    model = ViewModel()
    state = SessionState(phase=Phase.HOLD, targets=[None], targets_uv=[(20.0, 40.0)])
    model.receive(frame([None], envelope_uv=[30.0], state=state), T0_S)
    assert aim(model, T0_S).inside


def test_what_is_heard_in_each_mode():
    inside, outside = Aim(0.3, (0.25, 0.35), inside=True), Aim(0.1, (0.25, 0.35), inside=False)
    holding = SessionState(phase=Phase.HOLD)
    silent = Controls(gain=0.5)
    assert controls(SoundMode.CUES, holding, inside, 0.5) == silent
    assert controls(SoundMode.TONE, holding, inside, 0.5).tone == 1.0
    assert controls(SoundMode.TONE, holding, inside, 0.5).chord == 0.0
    assert controls(SoundMode.FULL, holding, inside, 0.5).chord == 1.0
    assert controls(SoundMode.FULL, holding, outside, 0.5).chord == 0.0
    assert controls(SoundMode.FULL, holding, outside, 0.5).tone == 1.0
    assert controls(SoundMode.FULL, holding, None, 0.5) == silent
    for phase in set(Phase) - {Phase.HOLD}:
        assert controls(SoundMode.FULL, SessionState(phase=phase), inside, 0.5) == silent
    letting_go = SessionState(phase=Phase.RELAX, mode="contract-relax")
    assert controls(SoundMode.FULL, letting_go, outside, 0.5).tone == 1.0


def test_letting_go_does_not_raise_the_tone():
    pitches = []
    for phase, target in ((Phase.HOLD, STRONG), (Phase.RELAX, LOOSE)):
        state = during(phase, "contract-relax", [target], **HALVES)
        model = play(lambda _t: [0.4], state)
        pitches.append(controls(SoundMode.TONE, model.session, aim(model, T0_S), 1.0).octaves)
    assert pitches[1] == pytest.approx(pitches[0])
    assert 0.3 < pitches[0] < 1.0


def cried(*states, each_s=0.1):
    crier, model, heard = Crier(), ViewModel(), []
    for k, state in enumerate(states):
        at_s = T0_S + k * each_s
        model_at([0.3], at_s, model, **state)
        heard.append(crier.due(model, at_s))
    return heard


def test_each_phase_has_its_chime_in_the_update_that_brings_it():
    order = ["idle", "prepare", "hold", "hold", "relax", "pause", "prepare", "hold", "done"]
    missed = {"mode": "react", "results": ["missed"]}
    heard = cried(*({"phase": Phase(phase), **missed} for phase in order))
    said = [Cue.READY, Cue.GO, None, Cue.LET_GO, Cue.PAUSE, Cue.READY, Cue.GO, Cue.DONE]
    assert heard == [[]] + [[cue] if cue else [] for cue in said]


def test_a_view_opened_later_hears_only_what_is_new():
    late = {"phase": Phase.HOLD, "results": ["good", "good"]}
    assert cried(late, late) == [[], []]


def test_stopping_lets_go():
    assert cried({"phase": Phase.HOLD}, {"phase": Phase.IDLE})[1] == [Cue.LET_GO]
    assert cried({"phase": Phase.RELAX}, {"phase": Phase.IDLE})[1] == []


def test_nobody_is_praised_for_nothing():
    assert cried({"phase": Phase.PREPARE}, {"phase": Phase.DONE})[1] == []
    done = {"phase": Phase.DONE, "results": ["missed"]}
    assert cried({"phase": Phase.RELAX, "results": ["missed"]}, done)[1] == [Cue.DONE]


def test_a_good_repetition_is_heard_and_no_other():
    before = {"phase": Phase.RELAX, "results": ["good"]}
    for result, cues in (("good", [Cue.GOOD]), ("missed", []), ("void", [])):
        assert cried(before, before | {"results": ["good", result]})[1] == cues
    assert cried(before, before | {"results": []})[1] == []


def test_the_alarm_comes_again_until_it_is_over():
    calm, alarmed = ({"phase": Phase.HOLD, "alarm": alarm} for alarm in (False, True))
    heard = cried(calm, *[alarmed] * 45, calm, alarmed)
    at = [k for k, cues in enumerate(heard) if cues == [Cue.ALARM]]
    assert at == [1, 21, 41, 47]


def test_no_signal_is_told_once_and_not_at_rest():
    for phase, cues in ((Phase.HOLD, [Cue.PAUSE]), (Phase.IDLE, []), (Phase.PAUSE, [])):
        crier, model = Crier(), model_at([0.3], phase=phase, alarm=True)
        crier.due(model, T0_S)
        assert crier.due(model, T0_S + 0.3) == cues
        assert crier.due(model, T0_S + 3.0) == []


@pytest.fixture
def heard(monkeypatch):
    """Return the cues that the device's own thread took in, and an event for the first of them."""
    cues, arrived = [], threading.Event()

    class Ear(Synth):
        def samples(self, n_samples):
            waiting = list(self._waiting)
            made = super().samples(n_samples)
            if waiting:
                assert threading.current_thread() is not threading.main_thread()
                cues.extend(waiting)
                arrived.set()
            return made

    monkeypatch.setattr(sound_module, "Synth", Ear)
    return cues, arrived


def test_the_go_cue_reaches_the_device(heard):
    cues, arrived = heard
    with Sound(SoundMode.FULL, backends=NULL) as sound:
        sound.settle(WAIT_S)
        assert sound.problem == ""
        model = model_at([0.3], phase=Phase.PREPARE)
        sound.update(model, T0_S)
        sound.update(model_at([0.3], T0_S + 0.02, model, phase=Phase.HOLD), T0_S + 0.02)
        assert arrived.wait(WAIT_S)
        assert cues == [Cue.GO]
        assert sound.period_s == pytest.approx(0.02)
        assert sound.latency_s == pytest.approx(0.08)
        assert sound.problem == ""
    sound.close()


def test_muted_is_silent_and_comes_back():
    with Sound(SoundMode.TONE, volume=0.5, backends=NULL) as sound:
        model = model_at([0.3])
        gains = []
        for _ in range(3):
            sound.update(model, T0_S)
            gains.append(sound._synth.controls.gain)  # noqa: SLF001
            sound.toggle_mute()
        assert gains == [0.25, 0.0, 0.25]


def test_off_opens_nothing(monkeypatch):
    monkeypatch.setattr(Sound, "_open", pytest.fail)
    with Sound(SoundMode.OFF) as sound:
        sound.update(model_at([0.3]), T0_S)
        assert sound.problem == ""
        assert sound.period_s is None


def refuse(*_, **__):
    raise OSError("init device:\nfailed")


@pytest.mark.parametrize("backends", [(), NULL])
def test_without_a_device_the_session_is_silent(monkeypatch, backends):
    import miniaudio

    monkeypatch.setattr(miniaudio, "PlaybackDevice", refuse)
    told = []
    with Sound(SoundMode.FULL, tell=told.append, backends=backends) as sound:
        sound.settle(WAIT_S)
        assert "the session is silent" in sound.problem
        assert "\n" not in sound.problem
        for k in range(10):
            sound.update(model_at([0.3]), T0_S + k)
        assert told == [sound.problem]
        assert sound.latency_s is None


def test_a_device_that_stops_asking_is_told():
    with Sound(SoundMode.CUES, backends=NULL) as sound:
        sound.settle(WAIT_S)
        model = model_at([0.3])
        sound.update(model, T0_S)
        sound._device.stop()  # noqa: SLF001
        sound.update(model, T0_S + 1.0)
        sound.update(model, T0_S + 3.0)
        assert sound.problem == "the sound device does not answer"

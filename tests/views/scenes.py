"""Patients in every mode and phase of an exercise, a few seconds long, for the tests of pages."""

import math
from functools import cache

from emg_config.language import load_language
from emg_feedback.link.messages import Part, Phase, SessionState
from emg_feedback.views.model import ViewModel
from tests.views.frames import T0_S, frame, status

FRAMES_PER_S = 30
BAND = (0.25, 0.35)
LOW = (0.0, 0.1)
# What the two halves of contract–relax ask for.
STRONG, LOOSE = (0.35, 0.55), (0.0, 0.05)
HALVES = {"hold_targets": [STRONG], "relax_targets": [LOOSE]}
TRAPEZOID = [(0.0, 0.05), (3.0, 0.4), (7.0, 0.4), (10.0, 0.05)]
SINE = [(10 * k / 48, 0.25 - 0.15 * math.cos(6 * math.pi * k / 48)) for k in range(49)]
STEPS = [(0.0, 0.15), (3.3, 0.15), (3.3, 0.3), (6.6, 0.3), (6.6, 0.45), (10.0, 0.45)]


def play(
    levels,
    state_at,
    *,
    language="en",
    seconds=2.0,
    names=None,
    protocol=None,
    quality=None,
    mvc=True,
):
    """Return a model after ``seconds``; levels and session are functions of the time to the end."""
    model = ViewModel(load_language(language))
    known = status(len(levels(0.0)))
    known.channel_names = names or known.channel_names
    known.protocol = protocol
    model.receive(known, T0_S)
    n_frames = round(seconds * FRAMES_PER_S)
    for seq in range(n_frames):
        t = (seq - n_frames + 1) / FRAMES_PER_S
        level = levels(t)
        message = frame(
            level if mvc else [None] * len(level),
            seq=seq,
            at_s=T0_S + t,
            envelope_uv=[400 * value for value in level],
            quality=quality,
            state=state_at(t),
        )
        model.receive(message, T0_S + t)
    return model


def exercise(phase, mode, targets, **changes):
    """Return the state of an exercise in its fourth repetition of eight."""
    given = {
        "phase": phase,
        "mode": mode,
        "protocol": "one",
        "title": "Exercise",
        "cue": "Press your knee down",
        "set": 1,
        "sets": 2,
        "repetition": 4,
        "repetitions": 8,
        "remaining_s": 2.4,
        "phase_s": 5.0,
        "targets": targets,
        "roles": ["train"] * len(targets),
        "results": ["good", "missed", "void"],
    }
    return SessionState(**(given | changes))


def scored(result, mean, *, hidden=False, **figures):
    """Return the figures of the fourth repetition, as the engine tells them."""
    channel = {"channel": 0, "role": "train", "unit": "mvc", "mean": mean, "band": list(BAND)}
    return {
        "set": 1,
        "repetition": 4,
        "result": result,
        "hidden": hidden,
        "channels": [channel | figures],
    }


def steady(*base):
    """Return levels that tremble a little."""
    return lambda t: [
        max(0.0, level * (1 + 0.05 * math.sin(3 * t + k))) for k, level in enumerate(base)
    ]


def during(*arguments, **changes):
    """Return a session that stays as it is."""
    state = exercise(*arguments, **changes)
    return lambda _t: state


def follow_state(path, at_s, n_channels=1):
    """Return the session of a ``follow`` exercise whose hold began ``at_s`` before the end."""

    def state_at(t):
        hold_s = at_s + t
        level = level_on(path, hold_s)
        holding = 0.0 <= hold_s < 10.0
        phase = Phase.HOLD if holding else Phase.PREPARE if hold_s < 0.0 else Phase.RELAX
        left_s, phase_s = {
            Phase.PREPARE: (-hold_s, 3.0),
            Phase.HOLD: (10.0 - hold_s, 10.0),
            Phase.RELAX: (15.0 - hold_s, 5.0),
        }[phase]
        band = (max(0.0, level - 0.05), level + 0.05)
        return exercise(
            phase,
            "follow",
            [band if holding else None] * n_channels,
            remaining_s=left_s,
            phase_s=phase_s,
            path=path,
        )

    return state_at


def level_on(path, time_s):
    """Return the height of a path."""
    before = [corner for corner in path if corner[0] <= time_s] or [path[0]]
    after = [corner for corner in path if corner[0] > time_s] or [path[-1]]
    (start_s, low), (stop_s, high) = before[-1], after[0]
    part = 0.0 if stop_s <= start_s else (time_s - start_s) / (stop_s - start_s)
    return low + min(1.0, max(0.0, part)) * (high - low)


def following(path, at_s, error=0.0, n_channels=1):
    """Return levels that follow a path a little late."""
    return lambda t: [max(0.01, level_on(path, at_s + t - 0.2) + error)] * n_channels


@cache
def scenes(language="en"):
    """Return a model for every mode and phase, by name."""
    hold, relax, prepare = Phase.HOLD, Phase.RELAX, Phase.PREPARE
    sides = ["Left quadriceps", "Right quadriceps"]
    wide = {"path": {"tolerance": 0.05}}
    missed = scored("missed", 0.42, hidden=True)
    fast = scored("good", 0.4, onset_latency_s=0.284)
    evaluation = {"part": 2, "parts": [Part(title="One", planned=8)] * 3, "results": []}

    def let_go(t):
        if t < -1.0:
            return exercise(hold, "contract-relax", [STRONG], **HALVES)
        return exercise(relax, "contract-relax", [LOOSE], remaining_s=4.0 + t, **HALVES)

    def reproduced(t):
        if t < -1.0:
            return exercise(hold, "reproduce", [BAND], hidden=True)
        return exercise(relax, "reproduce", [BAND], last=missed)

    def held(t):
        left_s = 5.0 + t + 1.0
        if t < -1.0:
            return exercise(hold, "hold", [BAND] * 2, remaining_s=left_s - 5.0)
        return exercise(relax, "hold", [BAND] * 2, remaining_s=left_s)

    def trial(phase, effort=1.0):
        state = SessionState(
            phase=phase, effort=effort, repetition=2, repetitions=3, remaining_s=2.1, phase_s=5.0
        )
        return lambda _t: state

    rest = SessionState(phase=Phase.REST_CALIBRATION, remaining_s=3.2, phase_s=5.0)
    done = ["good"] * 5 + ["missed"] + ["good"] * 3 + ["void"] + ["good"] * 4 + ["missed"] * 2
    long = {"remaining_s": 221.0, "phase_s": 300.0, "sets": 1, "results": []}
    cue = "Lift your thumb as soon as it lights up"
    made = {
        "idle": (steady(0.02, 0.03), lambda _t: SessionState(), {}),
        "over": (
            steady(0.02, 0.03),
            lambda t: SessionState(patient="P-042" if t < -0.5 else None),
            {"quality": ["off scale", "off scale"]},
        ),
        "rest": (steady(0.02, 0.03), lambda _t: rest, {"mvc": False}),
        "mvc_prepare": (
            steady(0.02, 0.03),
            lambda _t: SessionState(
                phase=prepare,
                repetition=1,
                repetitions=3,
                remaining_s=2.1,
                phase_s=3.0,
                targets=[BAND] * 2,
                targets_uv=[(40.0, 60.0)] * 2,
                roles=["train"] * 2,
            ),
            {"mvc": False},
        ),
        "mvc": (steady(0.5, 0.4), trial(Phase.MVC_CALIBRATION), {"mvc": False}),
        "mvc_half": (steady(0.3, 0.2), trial(Phase.MVC_CALIBRATION, 0.5), {"mvc": False}),
        "mvc_share": (steady(0.3, 0.2), trial(Phase.MVC_CALIBRATION, 0.7), {"mvc": False}),
        "mvc_rest": (steady(0.02, 0.02), trial(relax), {"mvc": False}),
        "prepare": (steady(0.03, 0.03), during(prepare, "hold", [BAND] * 2), {}),
        "hold": (steady(0.15, 0.30, 0.5), during(hold, "hold", [BAND] * 3), {}),
        "hold_one": (steady(0.3), during(hold, "hold", [BAND]), {}),
        "relax": (steady(0.04, 0.05), during(relax, "hold", [BAND] * 2), {}),
        "relax_good": (steady(0.3, 0.31), held, {"seconds": 6.0}),
        "stay_below": (steady(0.05, 0.05), during(hold, "stay-below", [LOW] * 2), {}),
        "stay_below_out": (steady(0.14, 0.04), during(hold, "stay-below", [LOW] * 2), {}),
        "contract_relax": (lambda t: [0.42 if t < -0.8 else 0.2], let_go, {}),
        "contract_relaxed": (lambda t: [0.42 if t < -0.8 else 0.03], let_go, {}),
        "isolate": (
            steady(0.3, 0.05, 0.14),
            during(hold, "isolate", [BAND, LOW, LOW], roles=["train", "quiet", "quiet"]),
            {},
        ),
        "react_wait": (
            steady(0.03),
            during(prepare, "react", [(0.3, 0.8)], remaining_s=None, phase_s=None, cue=cue),
            {},
        ),
        "react_now": (
            steady(0.2),
            during(hold, "react", [(0.3, 0.8)], remaining_s=2.5, phase_s=3.0, cue=cue),
            {},
        ),
        "react_after": (steady(0.05), during(relax, "react", [(0.3, 0.8)], last=fast), {}),
        "symmetry": (steady(0.3, 0.3), during(hold, "symmetry", [BAND] * 2), {"names": sides}),
        "symmetry_off": (
            steady(0.2, 0.4),
            during(hold, "symmetry", [BAND] * 2),
            {"names": sides},
        ),
        "endurance": (
            steady(0.1, 0.11),
            during(hold, "endurance", [(0.05, 0.15)] * 2, **long),
            {},
        ),
        "endurance_alarm": (
            steady(0.03, 0.11),
            during(hold, "endurance", [(0.05, 0.15)] * 2, alarm=True, **long),
            {},
        ),
        "reproduce_hidden": (steady(0.4), during(hold, "reproduce", [BAND], hidden=True), {}),
        "reproduce_after": (lambda t: [0.42 if t < -1.0 else 0.1], reproduced, {}),
        "free": (
            steady(0.3, 0.1),
            during(hold, "free", [None] * 2, repetition=1, repetitions=1, sets=1, results=[]),
            {},
        ),
        "microvolt": (
            steady(0.01, 0.02),
            during(hold, "stay-below", [None] * 2, targets_uv=[(0.0, 6.0)] * 2),
            {"mvc": False},
        ),
        "pause_pain": (
            steady(0.03, 0.05),
            during(Phase.PAUSE, "hold", [BAND] * 2, paused_for="pain"),
            {},
        ),
        "pause_asked": (
            steady(0.03, 0.05),
            during(Phase.PAUSE, "hold", [BAND] * 2, paused_for="asked"),
            {},
        ),
        "done": (
            steady(0.03, 0.05),
            during(Phase.DONE, "hold", [BAND] * 2, results=done, remaining_s=None, completed=15),
            {},
        ),
        "between_parts": (
            steady(0.03, 0.05),
            during(Phase.RELAX, None, [BAND] * 2, repetition=0, sets=1, **evaluation),
            {},
        ),
        "part": (
            steady(0.3, 0.3),
            during(hold, "contract-relax", [BAND] * 2, sets=1, **evaluation),
            {},
        ),
        "bad_electrode": (
            steady(0.3, 0.3),
            during(hold, "hold", [BAND] * 2),
            {"quality": ["good", "off scale"]},
        ),
        "follow_prepare": (
            steady(0.02),
            follow_state(TRAPEZOID, -1.2),
            {"protocol": wide},
        ),
        "follow": (
            following(TRAPEZOID, 5.0),
            follow_state(TRAPEZOID, 5.0),
            {"protocol": wide, "seconds": 7.0},
        ),
        "follow_sine": (
            following(SINE, 4.4, n_channels=2),
            follow_state(SINE, 4.4, 2),
            {"protocol": wide, "seconds": 7.0},
        ),
        "follow_steps": (
            following(STEPS, 3.1, -0.08),
            follow_state(STEPS, 3.1),
            {"protocol": wide, "seconds": 5.0},
        ),
    }
    played = {
        name: play(levels, state_at, language=language, **options)
        for name, (levels, state_at, options) in made.items()
    }
    return played | {"waiting": ViewModel(load_language(language))}

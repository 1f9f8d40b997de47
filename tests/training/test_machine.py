"""The state machine under every order of commands, samples, gaps and stalls.

It is led beside `twin.Twin`, which knows what must come: each step and each repetition that the
session tells must be the twin's, at the same sample.
"""

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from twin import RefusedError, Twin

from emg_config import UserError
from emg_config.protocol import HIGHEST, Exercise, Follow, Protocol
from emg_feedback.link.messages import AutoTarget, CalibrateMvc, EventKind, Phase, SessionState
from emg_feedback.stream.chain import Features
from emg_feedback.training.session import Session

RATE_HZ, NAMES = 50.0, ["A left", "A right", "B"]
LEFT, RIGHT = {"name": "L", "target": (0.3, 0.5)}, {"name": "R", "target": (0.3, 0.5)}
MODES = {
    "hold": {"muscles": [LEFT, {"name": "W", "role": "watch"}]},
    "stay-below": {"muscles": [{"name": "L", "target": (0.0, 8.0), "unit": "uv"}]},
    "contract-relax": {"muscles": [LEFT], "relax_below": 0.1},
    "follow": {"muscles": [{"name": "L"}, {"name": "R"}],
               "path": {"shape": "trapezoid", "ramp_s": 0.3}},
    "react": {"muscles": [LEFT], "foreperiod_s": (0.5, 0.8)},
    "isolate": {"muscles": [LEFT, {"name": "R", "role": "quiet", "target": (0.0, 0.1)}]},
    "symmetry": {"muscles": [LEFT, RIGHT]},
    "endurance": {"muscles": [LEFT], "alarm_after_s": 0.5},
    "reproduce": {"muscles": [LEFT], "repetitions": 3},
    "free": {"muscles": [{"name": "L", "role": "watch"}, {"name": "R"}]},
}  # fmt: skip
SPOILING = ("flat", "off scale", "check electrode")
IN_TURN = {
    Phase.PREPARE: {Phase.HOLD, Phase.MVC_CALIBRATION},
    Phase.HOLD: {Phase.RELAX, Phase.PREPARE, Phase.HOLD, Phase.DONE},
    Phase.RELAX: {Phase.RELAX, Phase.PREPARE, Phase.HOLD, Phase.DONE, Phase.MVC_CALIBRATION},
    Phase.REST_CALIBRATION: {Phase.IDLE},
    Phase.MVC_CALIBRATION: {Phase.RELAX, Phase.PREPARE, Phase.MVC_CALIBRATION, Phase.IDLE},
}


@st.composite
def exercises(draw):
    mode = draw(st.sampled_from(sorted(MODES)))
    some = {
        "name": mode, "title": mode, "region": "knee", "mode": mode,
        "prepare_s": draw(st.sampled_from([0.0, 0.4])),
        "hold_s": draw(st.sampled_from([1.0, 1.7])),
        "relax_s": draw(st.sampled_from([0.0, 0.6, 2.5])),
        "repetitions": draw(st.integers(1, 3)),
        "sets": draw(st.integers(1, 2)),
        "set_rest_s": draw(st.sampled_from([0.0, 1.0])),
    }  # fmt: skip
    return msgspec.convert(some | MODES[mode], Protocol)


def act(name, *values):
    return st.tuples(st.just(name), *values)


CHANNELS, LEVELS = st.integers(0, 3), st.floats(0.0, 1.5, width=16)
SAMPLES = act(
    "samples",
    st.sampled_from([1, 9, 40, 75, 150, 300]),
    st.sampled_from([2.0, 35.0, 80.0, 300.0]),
    st.booleans(),
)
BETWEEN_S = st.sampled_from([0.0, 1.0, 4.0])
START = act("start", st.lists(exercises(), min_size=1, max_size=3), st.none(), BETWEEN_S)
LED = st.one_of(
    act("pause", st.sampled_from(["asked", "pain"])),
    act("skip"), act("skip"), act("skip part"), act("take back"), act("stop"), act("interrupt"),
    act("extend", st.sampled_from([0.5, 20.0, 300.0])),
)  # fmt: skip
SPOILT = st.one_of(
    act("lose", st.sampled_from([1, 3, 60])),
    act("stall"),
    act("quality", st.lists(st.sampled_from(["good", "good", "movement", *SPOILING]),
                            min_size=3, max_size=3)),
)  # fmt: skip
AIMED = st.one_of(
    act("target", CHANNELS, LEVELS, LEVELS, st.just("mvc")),
    act("target", CHANNELS, st.just(0.0), st.floats(0.5, 5000.0, width=16), st.just("uv")),
    act("path", st.dictionaries(st.sampled_from(["low", "high"]), LEVELS, max_size=2)),
    act("path", st.fixed_dictionaries({"ramp_s": st.sampled_from([0.1, 0.45, 2.0])})),
    act("path", st.fixed_dictionaries({"tolerance": st.sampled_from([0.01, 0.5])})),
    act("nudge", st.floats(-0.5, 0.5, width=16)),
    act("auto", st.builds(AutoTarget, on=st.booleans(), low=st.sampled_from([0.0, 0.3, 1.0]),
                          high=st.sampled_from([0.2, 0.8, 1.5]), step=st.just(0.2))),
)  # fmt: skip
BETWEEN = st.one_of(
    act("rest", st.sampled_from([1.0, 2.0])),
    act("mvc", st.builds(CalibrateMvc, channel=st.none() | CHANNELS, seconds=st.just(1.0),
                         trials=st.integers(1, 3), rest_s=st.sampled_from([0.0, 0.5]),
                         prepare_s=st.sampled_from([0.0, 0.4]),
                         fraction=st.sampled_from([0.5, 1.0]))),
    act("reference", CHANNELS, st.sampled_from([1.0, 90.0, 1e5]), st.sampled_from([0.5, 1.0])),
    act("drop", CHANNELS),
    act("patient", st.sampled_from(["P1", "P2", None])),
    act("name", CHANNELS, st.sampled_from([*NAMES, "C"]), st.sampled_from([None, True, False])),
    act("start", st.lists(exercises(), min_size=1, max_size=2),
        st.sampled_from([None, [1], [1, 0], [0, 2], [0, 7]]), BETWEEN_S),
)  # fmt: skip
KINDS = {"s": SAMPLES, "go": act("resume"), "start": START, "led": LED, "spoilt": SPOILT,
         "aimed": AIMED, "between": BETWEEN}  # fmt: skip
OFTEN = {"s": 10, "go": 2, "start": 2, "led": 2, "spoilt": 2, "aimed": 2, "between": 2}
ACTS = st.sampled_from([kind for kind in KINDS for _ in range(OFTEN[kind])]).flatmap(KINDS.get)


class Walk:
    """A session and its twin, of which the same is asked."""

    def __init__(self):
        self.session = Session(NAMES, RATE_HZ, np.random.default_rng(5))
        self.twin = Twin(RATE_HZ, np.random.default_rng(5))
        self.scores = {}
        self._first_part = 0
        self.session.set_reference(0, 200.0)
        self.session.set_reference(1, 100.0)

    def do(self, name, *values):
        """Ask both, and compare what came of it."""
        before = self.session.state
        targets = self.session.goals.targets
        by_itself = getattr(self, f"_{name}", None)
        if by_itself is not None:
            by_itself(*values)
        elif not self._ask(name, *values):
            assert self.session.changes() == []
            assert self.session.state == before
            return
        self._compare(before)
        if before.paused_for and name not in ("resume", "stop"):
            self._check_pause(before)
        if name == "nudge":
            self._check_nudge(targets, *values)

    # What the samples do.

    def _samples(self, n_samples, level_uv, active):
        self._push(np.full((n_samples, 3), level_uv), active)

    def _lose(self, n_samples):
        self._push(np.full((n_samples, 3), np.nan), False)

    def _push(self, level_uv, active):
        first, contracting = self.twin.sample, np.full(level_uv.shape, active)
        self.session.advance(Features(first, level_uv, level_uv, level_uv, contracting, []))
        self.twin.pass_by(len(level_uv), lost=bool(np.isnan(level_uv).any()))

    def _stall(self):
        self.session.flag("stall")
        self.twin.spoil("stall")

    def _interrupt(self):
        self.session.interrupt()
        self.twin.interrupt()

    def _quality(self, words):
        self.session.watch_quality(words)
        for word, role in zip(words, self.session.goals.roles, strict=True):
            if word in SPOILING and role in ("train", "quiet"):
                self.twin.spoil(word)

    # What is asked.

    def _ask(self, name, *values):
        """Return whether it was done: the twin foresees it, where it is a matter of the course."""
        session, twin = self.session, self.twin
        led = {
            "pause": (session.pause, twin.pause),
            "resume": (session.resume, twin.resume),
            "skip": (session.skip, twin.skip),
            "skip part": (lambda: session.skip(part=session.state.part or 1), twin.skip_part),
            "take back": (session.take_back, twin.take_back),
            "stop": (session.stop, twin.stop),
            "extend": (session.extend_rest, twin.extend),
        }
        if name in led:
            of_session, of_twin = led[name]
            try:
                of_twin(*values)
            except RefusedError:
                with pytest.raises(UserError):
                    of_session(*values)
                return False
            of_session(*values)
            return True
        running = twin.step is not None
        try:
            match name:
                case "start":
                    begun = len(session.played)
                    session.start(*values)
                    self._first_part = begun
                    twin.start(values[0], values[2])
                case "rest":
                    session.calibrate_rest(*values)
                    twin.rest(*values)
                case "mvc":
                    session.calibrate_mvc(*values)
                    twin.mvc(*values)
                case "patient":
                    session.change_patient(*values)
                    twin.change_patient()
                    self.scores, self._first_part = {}, 0
                case "reference":
                    session.set_reference(*values)
                case "drop":
                    session.drop_trial(*values)
                case "name":
                    session.name_channel(*values)
                case "target":
                    session.set_target(*values)
                case "path":
                    session.set_path(**values[0])
                case "nudge":
                    session.nudge_target(*values)
                case "auto":
                    session.set_auto_target(*values)
        except UserError:
            return False
        assert not running or name in ("target", "path", "nudge", "auto")
        return True

    # What must be so.

    def _compare(self, before):
        session, twin = self.session, self.twin
        changes, state = session.changes(), session.state
        happened, twin.happened = twin.happened, []
        assert [one for one in map(told, changes) if one] == happened
        for change in changes:
            if change.kind is EventKind.REPETITION:
                number = (change.exercise, change.data["set"], change.data["repetition"])
                assert number not in self.scores
                self.scores[number] = change.data
            encoded = msgspec.msgpack.encode(change.data)
            assert msgspec.msgpack.decode(encoded).keys() == change.data.keys()
        self._check_course(before, [one for _, one, *_ in happened if one != "told"])
        self._check_scores(state)
        self._check_targets(state)
        encoded = msgspec.msgpack.encode(state)
        decoded = msgspec.msgpack.decode(encoded, type=SessionState)
        assert msgspec.msgpack.encode(decoded) == encoded
        if state.patient != before.patient:
            assert (state.results, state.completed, session.played) == ([], 0, [])

    def _check_course(self, before, phases):
        state, twin = self.session.state, self.twin
        assert state.phase == twin.phase
        assert state.paused_for == twin.paused
        assert (state.remaining_s is None) >= (state.phase in (Phase.IDLE, Phase.DONE))
        if state.remaining_s is not None:
            assert state.remaining_s == pytest.approx(twin.left / RATE_HZ)
            assert 0.0 < state.remaining_s <= state.phase_s
        if twin.step:
            assert (state.set, state.repetition) == twin.step[3:]
            assert 1 <= state.repetition <= state.repetitions or state.phase is not Phase.HOLD
            assert state.between_parts == (state.phase is Phase.RELAX and twin.step[3:] == (1, 0))
            assert state.set <= state.sets or twin.step[2] == 0
        for one, next_one in zip([before.phase, *phases], phases, strict=False):
            if one in IN_TURN and len(phases) > 1:
                assert next_one in IN_TURN[one]

    def _check_scores(self, state):
        """Every repetition is told once, in order, and counts only if nothing spoilt it."""
        twin = self.twin
        assert list(self.scores) == [number for number, _ in twin.told]
        assert list(self.scores) == sorted(self.scores)
        played = self.session.played
        assert len(played) == twin.began
        for exercise, one in enumerate(played, 1):
            done = {number[1:] for number in self.scores if number[0] == exercise}
            skipped = {number[1:] for number in twin.left_out if number[0] == exercise}
            assert [(score.set, score.repetition) for score in one.scores] == sorted(done)
            assert one.left_out == skipped
            assert not done & skipped
            planned = [
                (set_, repetition)
                for set_ in range(1, one.exercise.sets + 1)
                for repetition in range(1, one.exercise.repetitions + 1)
            ]
            over = sorted(done | skipped)
            assert over == planned[: len(over)], "numbers without holes"
            ended = exercise < twin.began or state.phase in (Phase.DONE, Phase.IDLE)
            if ended and exercise not in twin.stopped:
                assert over == planned
            assert sum(map(one.count, ("good", "missed", "void"))) == len(done)
        for number, spoilt in twin.told:
            score = self.scores[number]
            assert spoilt <= set(score["flags"])
            assert set(score["flags"]) <= spoilt | {"movement", "early"}
            trained = any(one["role"] == "train" for one in score["channels"])
            assert score["counted"] == (not score["flags"] and trained)
            assert (score["result"] == "void") == (not score["counted"])
            share = score["time_in_band"]
            assert share is None or 0.0 <= share <= 1.0
        now = [score for number, score in self.scores.items() if number[0] == twin.began]
        assert state.results == [score["result"] for score in now]
        assert state.completed == sum(score["counted"] for score in now)
        assert state.completed + state.results.count("void") == len(now)
        assert state.skipped == sum(number[0] == twin.began for number in twin.left_out)
        self._check_parts(state)

    def _check_parts(self, state):
        """The parts are those of what was asked for last, and tell what came of each."""
        session, twin = self.session, self.twin
        parts, played = state.parts, session.played[self._first_part :]
        if not parts:
            assert state.part == 0
            return
        assert len(parts) == twin.together > 1
        assert state.part == len(played)
        for part, one in zip(parts, played, strict=False):
            assert (part.title, part.planned) == (one.exercise.title, one.planned)
            assert (part.results, part.skipped) == ([s.result for s in one.scores], one.skipped)
        for part in parts[len(played) :]:
            assert (part.results, part.skipped) == ([], 0)

    def _check_targets(self, state):
        goals = self.session.goals
        for target in goals.targets:
            if target is not None and not isinstance(goals.exercise, Follow):
                assert 0.0 <= target.low < target.high <= HIGHEST[target.unit]
        if isinstance(goals.exercise, Follow):
            path = goals.exercise.path
            assert 0.0 <= path.low < path.high <= HIGHEST["mvc"]
        for band in (*state.targets, *state.targets_uv):
            assert band is None or 0.0 <= band[0] < band[1] < np.inf

    def _check_pause(self, before):
        """Nothing but `resume`, `stop` or the end ends a pause; pain takes the place of others."""
        state = self.session.state
        if state.phase in (Phase.DONE, Phase.IDLE):
            assert state.paused_for == ""
        else:
            assert state.phase is Phase.PAUSE
            assert state.paused_for in (before.paused_for, "pain")

    def _check_nudge(self, before, by):
        """What is moved up goes up, or stays, and the other way round."""
        for one, other in zip(before, self.session.goals.targets, strict=True):
            if one is not None and other != one:
                assert (other.middle - one.middle) * by > -1e-9


def told(change):
    """Return a change in the twin's words, None if it is no matter of the course."""
    if change.kind is EventKind.PHASE:
        return change.sample, change.data["phase"], change.data["set"], change.data["repetition"]
    if change.kind is EventKind.REPETITION:
        return change.sample, "told", change.data["set"], change.data["repetition"]
    return None


def test_every_mode_is_walked_through():
    assert set(MODES) == {one.__struct_config__.tag for one in Exercise.__subclasses__()}


@given(START, st.lists(ACTS, min_size=30, max_size=60))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_no_order_loses_a_repetition_or_counts_a_bad_one(start, acts):
    walk = Walk()
    for one in (start, *acts):
        walk.do(*one)

"""The state machine, driven by samples and commands alone."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emg_config import UserError
from emg_config.library import load_protocol, protocols
from emg_config.protocol import ContractRelax, Dose, Hold, parse_protocol
from emg_feedback.link.messages import AutoTarget, CalibrateMvc, EventKind, Phase
from emg_feedback.stream.chain import Features
from emg_feedback.stream.detector import Edge
from emg_feedback.training.calibration import Calibration, Trial
from emg_feedback.training.session import Session

RATE_HZ = 100.0
PROTOCOL = msgspec.convert(
    {
        "name": "test", "title": "Test", "region": "knee", "mode": "hold",
        "prepare_s": 1.0, "hold_s": 3.0, "relax_s": 1.0, "repetitions": 2, "sets": 2,
        "set_rest_s": 2.0,
        "muscles": [{"name": "A", "target": (0.3, 0.5)}, {"name": "B", "role": "watch"}],
    },
    Hold,
)  # fmt: skip


def block(session, level_uv, n, events=()):
    """Features that follow the session's last sample."""
    slow = np.tile(np.asarray(level_uv, float), (n, 1))
    return Features(session._sample, slow, slow, slow, slow > 10.0, list(events))  # noqa: SLF001


def push(session, seconds, level_uv=(2.0, 2.0), events=(), size=7):
    """Push a constant slow envelope; return the changes."""
    changes = []
    left = round(seconds * RATE_HZ)
    while left:
        n = min(size, left)
        session.advance(block(session, level_uv, n, events))
        events = ()
        left -= n
        changes += session.changes()
    return changes


def phases(changes):
    return [c.data["phase"] for c in changes if c.kind == EventKind.PHASE]


@pytest.fixture
def session():
    session = Session(["A", "B"], RATE_HZ)
    session.calibrate_rest(2.0)
    push(session, 2.0)
    session.calibrate_mvc(CalibrateMvc(seconds=2.0))
    push(session, 2.0, (200.0, 100.0))
    session.changes()
    return session


def test_calibrations(session):
    np.testing.assert_allclose(session.calibration.rest_uv, 2.0)
    np.testing.assert_allclose(session.calibration.mvc_uv, [200.0, 100.0])
    assert session.phase == Phase.IDLE
    assert session.calibration.intensity(np.array([50.0, 50.0])) == [0.25, 0.5]


def test_mvc_is_the_best_half_second():
    session = Session(["A"], RATE_HZ)
    session.calibrate_mvc(CalibrateMvc(channel=0, seconds=3.0))
    push(session, 1.0, (50.0,))
    push(session, 0.5, (300.0,))
    push(session, 1.5, (100.0,))
    assert session.calibration.mvc_uv[0] == pytest.approx(300.0)


def test_restlessness_refuses_a_rest_calibration():
    session = Session(["A"], RATE_HZ)
    session.calibrate_rest(2.0)
    push(session, 1.0, (2.0,))
    push(session, 1.0, (40.0,))
    assert "A: not at rest" in session.refused
    assert np.isnan(session.calibration.rest_uv[0])


def test_a_channel_that_is_not_used_does_not_hold_up_the_others():
    session = Session(["A", "B", "C"], RATE_HZ)
    session.watch_quality(["good", "off scale", "flat"])
    session.calibrate_rest(2.0)
    push(session, 2.0, (2.0, 900.0, 0.0))
    assert session.calibration.rest_uv[0] == pytest.approx(2.0)
    assert np.isnan(session.calibration.rest_uv[1:]).all()
    off, flat = session.refused.splitlines()
    assert off.startswith("B: the electrode came off")
    assert flat.startswith("C: there is no signal")


def test_an_mvc_no_stronger_than_rest_is_refused(session):
    session.calibrate_mvc(CalibrateMvc(channel=1, seconds=2.0))
    push(session, 2.0, (200.0, 4.0))
    assert "B: hardly more than rest" in session.refused
    assert session.calibration.mvc_uv[1] == pytest.approx(100.0)


def test_every_muscle_of_which_a_trial_is_refused_is_named(session):
    session.calibrate_mvc(CalibrateMvc(seconds=2.0))
    push(session, 2.0, (4.0, 4.0))
    assert session.refused.startswith("A, B: hardly more than rest")
    session.watch_quality(["good", "off scale"])
    session.calibrate_mvc(CalibrateMvc(seconds=2.0))
    push(session, 2.0, (4.0, 200.0))
    weak, off = session.refused.splitlines()
    assert weak.startswith("A: hardly more than rest")
    assert off.startswith("B: the electrode came off")


@pytest.mark.parametrize(
    "measure",
    [
        lambda s: s.calibrate_rest(1.0),
        lambda s: s.calibrate_mvc(CalibrateMvc(channel=1, seconds=1.0)),
    ],
    ids=["rest", "mvc"],
)
def test_what_an_exercise_aimed_at_ends_with_the_next_measurement(session, measure):
    session.set_target(0, 0.2, 0.4)
    measure(session)
    push(session, 1.0, (4.0, 200.0))
    assert session.state.targets == [(0.2, 0.4), None], "set without an exercise"
    session.start([PROTOCOL])
    session.stop()
    assert (session.phase, session.state.roles) == (Phase.DONE, ["train", "watch"])
    measure(session)
    for _ in range(2):
        state = session.state
        assert (state.protocol, state.targets, state.roles) == (None, [None] * 2, [""] * 2)
        push(session, 1.0, (4.0, 200.0))
    assert session.phase == Phase.IDLE
    session.start([PROTOCOL])
    assert session.state.roles == ["train", "watch"]


def test_whose_full_effort_is_tried_is_told_until_the_last_trial(session):
    assert session.trying == []
    session.calibrate_mvc(CalibrateMvc(channel=1, seconds=2.0, trials=2, rest_s=1.0))
    push(session, 2.5, (4.0, 200.0))
    session.pause()
    assert session.trying == [1]
    session.resume()
    push(session, 3.0, (4.0, 200.0))
    assert session.trying == []
    session.start([PROTOCOL])
    assert session.trying == []


def test_the_share_of_full_effort_is_told_while_it_is_asked_for(session):
    assert session.state.effort == 1.0
    session.calibrate_mvc(CalibrateMvc(channel=0, seconds=2.0, prepare_s=1.0, fraction=0.5))
    assert (session.phase, session.state.effort) == (Phase.PREPARE, 0.5)
    push(session, 2.0, (200.0, 4.0))
    assert (session.phase, session.state.effort) == (Phase.MVC_CALIBRATION, 0.5)
    push(session, 1.0, (200.0, 4.0))
    session.calibrate_mvc(CalibrateMvc(channel=1, seconds=2.0))
    assert session.state.effort == 1.0, "of the channel that is tried"


def test_a_protocol_runs_through_its_steps_to_the_sample(session):
    session.start([PROTOCOL])
    changes = push(session, 4 * 5.0 + 1.0, (80.0, 2.0))
    assert phases(changes) == ["prepare", "hold", "relax"] * 4 + ["done"]
    start = changes[0].sample
    at = [(c.sample - start) / RATE_HZ for c in changes if c.kind == EventKind.PHASE]
    assert at == [0, 1, 4, 5, 6, 9, 11, 12, 15, 16, 17, 20, 21]
    assert [(s.set, s.repetition, s.counted) for s in session.scores] == [
        (1, 1, True), (1, 2, True), (2, 1, True), (2, 2, True),
    ]  # fmt: skip
    assert all(s.time_in_band == 1.0 for s in session.scores)
    assert session.state.completed == 4


@pytest.mark.parametrize("size", [1, 13, 1000])
def test_scores_do_not_depend_on_the_block_size(session, size):
    session.start([PROTOCOL])
    push(session, 1.0, size=size)
    push(session, 0.4, (10.0, 2.0), size=size)
    onset = Edge("onset", 0, session._sample + 3, session._sample + 9)  # noqa: SLF001
    push(session, 1.6, (80.0, 2.0), [onset], size=size)
    push(session, 1.0, (120.0, 2.0), size=size)
    push(session, 1.0, size=size)
    (score,) = session.scores
    channel = score.channels[0]
    assert score.time_in_band == pytest.approx(0.5, abs=0.015)
    assert channel.mean == pytest.approx(0.5, abs=0.01)
    assert channel.peak == pytest.approx(0.6, rel=0.1)
    assert channel.onset_latency_s == pytest.approx(0.4, abs=0.04)


def test_a_disturbed_repetition_is_flagged_and_not_counted(session):
    session.start([PROTOCOL])
    push(session, 2.0, (80.0, 2.0))
    push(session, 1.0, (np.nan, np.nan))
    push(session, 2.0, (80.0, 2.0))
    (score,) = session.scores
    assert (score.counted, score.flags) == (False, ["gap"])
    assert session.state.completed == 0
    msgspec.json.encode(score)


def test_a_hold_without_any_sample_has_no_score_and_does_not_count(session):
    session.set_target(0, 0.0, 0.2)
    session.start([PROTOCOL])
    push(session, 0.9, (80.0, 2.0))
    push(session, 4.2, (np.nan, np.nan))
    (score,) = session.scores
    (channel,) = [one for one in score.channels if one.role == "train"]
    assert (score.result, score.time_in_band, channel.mean) == ("void", None, None)


def test_a_long_loss_pauses_the_session(session):
    session.start([PROTOCOL])
    push(session, 2.0, (80.0, 2.0))
    session.interrupt()
    assert session.phase == Phase.PAUSE
    session.interrupt()
    session.resume()
    assert (session.phase, session.state.repetition) == (Phase.PREPARE, 1)


@pytest.mark.parametrize("level_uv", [0.0, 2.0])
def test_an_mvc_of_nothing_is_refused_even_without_a_rest(level_uv):
    session = Session(["A"], RATE_HZ)
    session.calibrate_mvc(CalibrateMvc(channel=0, seconds=2.0))
    push(session, 2.0, (level_uv,))
    assert "hardly more than rest" in session.refused
    assert np.isnan(session.calibration.mvc_uv[0])
    session.set_target(0, 10.0, 20.0, "uv")
    assert (session.state.targets, session.state.targets_uv) == ([None], [(10.0, 20.0)])


def test_pause_repeats_the_repetition(session):
    session.start([PROTOCOL])
    push(session, 7.0, (80.0, 2.0))
    assert (session.phase, session.state.repetition) == (Phase.HOLD, 2)
    session.pause()
    assert phases(session.changes()) == ["pause"]
    push(session, 30.0)
    assert session.phase == Phase.PAUSE
    session.resume()
    assert (session.phase, session.state.repetition) == (Phase.PREPARE, 2)
    push(session, 6.0, (80.0, 2.0))
    assert [s.repetition for s in session.scores] == [1, 2]


@pytest.mark.parametrize(
    ("steps_s", "skips", "goes_on_with", "skipped"),
    [
        ([0.5], 1, ("relax", 1), 1),
        ([1.5], 1, ("relax", 1), 1),
        ([1.5], 2, ("prepare", 2), 1),
        ([1.5], 3, ("relax", 2), 2),
        ([1.0, 3.0, 0.1], 1, ("prepare", 2), 1),
    ],
)
def test_a_skip_leaves_the_pause_until_it_is_resumed(
    session, steps_s, skips, goes_on_with, skipped
):
    session.start([PROTOCOL])
    for seconds in steps_s:
        push(session, seconds, (80.0, 2.0))
    session.pause("pain")
    session.changes()
    for _ in range(skips):
        session.skip()
        state = session.state
        assert (state.phase, state.paused_for) == (Phase.PAUSE, "pain")
        changes = push(session, 30.0, (80.0, 2.0))
        told = [change.data.keys() for change in changes]
        assert told in ([], [{"skipped"}]), "one pause is told once, and nothing is done in it"
    assert (session.state.repetition, session.state.skipped) == (goes_on_with[1], skipped)
    session.resume()
    state = session.state
    assert (state.phase, state.repetition, state.paused_for) == (*goes_on_with, "")
    assert state.remaining_s == state.phase_s
    assert session.scores == []


@pytest.mark.parametrize("skipped_at_s", [1.5, 3.5])
@pytest.mark.parametrize("back_after_s", [0.0, 1.0, 3.0])
def test_what_was_skipped_last_can_be_taken_back(session, skipped_at_s, back_after_s):
    session.start([PROTOCOL.with_dose(Dose(relax_s=2.0))])
    push(session, skipped_at_s, (80.0, 2.0))
    session.skip()
    assert session.state.skipped_last == (1, 1)
    changes = push(session, back_after_s, (80.0, 2.0))
    session.take_back()
    state = session.state
    assert (state.phase, state.repetition, state.skipped) == (Phase.PREPARE, 1, 0)
    assert state.skipped_last is None
    changes += session.changes()
    marks = [one.data for one in changes if one.kind is EventKind.MARK]
    assert marks == [{"skipped": [(1, 1)]}, {"taken_back": [(1, 1)]}]
    push(session, 60.0, (80.0, 2.0))
    assert [(s.set, s.repetition) for s in session.scores] == [(1, 1), (1, 2), (2, 1), (2, 2)]


def test_what_was_skipped_in_a_pause_is_taken_back_in_it(session):
    session.start([PROTOCOL])
    push(session, 0.5)
    session.pause("pain")
    session.skip()
    session.take_back()
    assert (session.state.repetition, session.state.paused_for) == (1, "pain")
    push(session, 5.0)
    session.resume()
    assert (session.phase, session.state.repetition) == (Phase.PREPARE, 1)


def test_a_later_repetition_that_is_held_stays_as_it_is(session):
    session.start([PROTOCOL.with_dose(Dose(relax_s=1.0))])
    push(session, 1.5)
    session.skip()
    push(session, 1.0 + 1.0 + PROTOCOL.hold_s + 0.5, (80.0, 2.0))
    assert (session.phase, session.state.repetition) == (Phase.RELAX, 2)
    assert session.state.skipped_last is None
    with pytest.raises(UserError, match="nothing was skipped"):
        session.take_back()


def test_the_last_of_a_set_can_be_taken_back_in_the_next(session):
    session.start([PROTOCOL.with_dose(Dose(repetitions=1, sets=2, relax_s=1.0, set_rest_s=1.0))])
    push(session, 1.5)
    session.skip()
    push(session, 1.5)
    assert (session.phase, session.state.set) == (Phase.PREPARE, 2)
    session.take_back()
    assert (session.phase, session.state.set, session.state.repetition) == (Phase.PREPARE, 1, 1)


def test_without_a_countdown_a_skip_in_a_pause_starts_no_hold(session):
    session.start([PROTOCOL.with_dose(Dose(prepare_s=0.0, relax_s=0.0))])
    push(session, 0.5, (80.0, 2.0))
    session.pause()
    session.skip()
    assert (session.phase, session.state.repetition) == (Phase.PAUSE, 2)
    session.flag("stall")
    push(session, 5.0)
    session.resume()
    push(session, PROTOCOL.hold_s + 2.0, (80.0, 2.0))
    (score,) = session.scores
    assert (score.repetition, score.counted) == (2, True)


@pytest.mark.parametrize("paused_at_s", [0.5, 1.5])
def test_a_trial_that_is_skipped_in_a_pause_is_not_tried(session, paused_at_s):
    session.calibrate_mvc(CalibrateMvc(channel=0, seconds=2.0, trials=2, rest_s=1.0, prepare_s=1.0))
    push(session, paused_at_s, (80.0, 2.0))
    session.pause("pain")
    session.skip()
    assert (session.phase, session.state.repetition) == (Phase.PAUSE, 1)
    session.resume()
    assert session.phase is Phase.RELAX
    push(session, 1.5)
    session.pause("pain")
    session.skip()
    assert (session.phase, session.state.paused_for) == (Phase.IDLE, ""), "it was the last"


def test_skip_and_stop(session):
    session.start([PROTOCOL])
    session.skip()
    assert session.phase == Phase.HOLD
    session.skip()
    assert session.phase == Phase.RELAX
    assert session.scores == []
    session.stop()
    assert session.phase == Phase.DONE
    session.calibrate_rest(2.0)
    session.stop()
    assert session.phase == Phase.IDLE


def test_set_target(session):
    session.set_target(0, 0.25, 0.35)
    session.set_target(1, 10.0, 20.0, "uv")
    assert session.state.targets == [(0.25, 0.35), (0.1, 0.2)]
    for low, high in ((0.5, 0.5), (0.5, 0.2), (0.5, 1.6), (float("nan"), 0.5)):
        with pytest.raises(UserError, match="0 ≤ low < high"):
            session.set_target(0, low, high)
    assert session.state.targets[0] == (0.25, 0.35)


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda s: s.start([PROTOCOL]), "^measure the maximum of A first$"),
        (
            lambda s: s.start([load_protocol("back-bridge-symmetry")]),
            "^measure the maximum of A and B first$",
        ),
        (lambda s: s.set_target(0, 1.0, 9000.0, "uv"), "≤ 5000 µV"),
        (lambda s: s.set_target(0, 0.3, 0.305), "at least 0.01 of MVC wide"),
        (lambda s: s.set_target(0, 2.0, 2.4, "uv"), "at least 0.5 µV wide"),
        (lambda s: PROTOCOL.with_dose(Dose(hold_s=600.0)), "A cannot be held at 30% of MVC"),
        (lambda s: s.nudge_target(0.1), "no target to move"),
        (lambda s: s.drop_trial(0), "no trial to drop"),
        (lambda s: s.extend_rest(10.0), "no rest now"),
        (lambda s: s.name_channel(0, "B"), "already on channel 2"),
        (lambda s: s.set_auto_target(AutoTarget(on=True, low=0.5, high=0.2)), "low < high"),
        (lambda s: s.set_target(2, 0.1, 0.2), "no channel 2"),
        (lambda s: s.calibrate_mvc(CalibrateMvc(channel=5)), "no channel 5"),
        (lambda s: s.pause(), "nothing is running"),
        (lambda s: s.resume(), "not paused"),
        (lambda s: s.skip(), "nothing is running"),
        (lambda s: s.take_back(), "nothing was skipped just now"),
        (lambda s: s.stop(), "nothing is running"),
        (lambda s: s.start([load_protocol("none")]), "no protocol is called"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(act, words):
    session = Session(["A", "B"], RATE_HZ)
    before = msgspec.to_builtins(session.state)
    with pytest.raises(UserError, match=words):
        act(session)
    assert msgspec.to_builtins(session.state) == before
    assert session.changes() == []


def test_only_one_thing_at_a_time(session):
    session.start([PROTOCOL])
    for act in (
        lambda: session.calibrate_rest(2.0),
        lambda: session.calibrate_mvc(CalibrateMvc(channel=0, seconds=2.0)),
        lambda: session.start([PROTOCOL]),
    ):
        with pytest.raises(UserError, match="“Test” is running: wait for its end"):
            act()


@pytest.mark.parametrize(
    ("begin", "what"),
    [
        (lambda s: s.start([PROTOCOL]), f"“{PROTOCOL.title}”"),
        (lambda s: s.calibrate_rest(2.0), "the measurement of rest"),
        (lambda s: s.calibrate_mvc(CalibrateMvc(channel=0)), "the measurement of the maximum"),
    ],
)
def test_what_runs_or_is_paused_is_called_by_its_name(session, begin, what):
    begin(session)
    with pytest.raises(UserError) as refused:
        session.change_patient("P2")
    assert str(refused.value) == f"{what} is running: wait for its end, or stop it first"
    session.pause("pain")
    with pytest.raises(UserError) as refused:
        session.change_patient("P2")
    assert str(refused.value) == f"{what} is paused: resume it, or stop it first"


COMMANDS = {
    "rest": lambda s: s.calibrate_rest(1.0),
    "mvc": lambda s: s.calibrate_mvc(CalibrateMvc(seconds=1.0)),
    "start": lambda s: s.start([PROTOCOL]),
    "pause": lambda s: s.pause(),
    "resume": lambda s: s.resume(),
    "skip": lambda s: s.skip(),
    "take back": lambda s: s.take_back(),
    "stop": lambda s: s.stop(),
    "gap": lambda s: s.flag("gap"),
    "target": lambda s: s.set_target(0, 0.1, 0.9),
    "pain": lambda s: s.pause("pain"),
    "loss": lambda s: s.interrupt(),
    "nudge": lambda s: s.nudge_target(0.3),
    "auto": lambda s: s.set_auto_target(AutoTarget(on=True)),
    "more rest": lambda s: s.extend_rest(3.0),
    "trials": lambda s: s.calibrate_mvc(CalibrateMvc(seconds=1.0, trials=2, rest_s=1.0)),
    "drop": lambda s: s.drop_trial(0),
    "reference": lambda s: s.set_reference(1, 90.0),
    "patient": lambda s: s.change_patient("P1"),
    "muscle": lambda s: s.name_channel(1, "C"),
    "noise": lambda s: s.watch_quality(["movement", "good"]),
    "quiet": lambda s: s.watch_quality(["good", "good"]),
}


@given(
    st.lists(
        st.sampled_from(sorted(COMMANDS)) | st.tuples(st.integers(1, 400), st.booleans()),
        max_size=60,
    )
)
def test_no_order_of_commands_and_samples_makes_an_impossible_state(steps):
    session = Session(["A", "B"], RATE_HZ)
    told = 0
    for step in steps:
        if isinstance(step, str):
            try:
                COMMANDS[step](session)
            except UserError:
                assert session.changes() == []
        else:
            n, strong = step
            session.advance(block(session, (80.0, 80.0) if strong else (2.0, 2.0), n))
        changes = session.changes()
        told += sum(c.kind == EventKind.REPETITION for c in changes)
        state = session.state
        assert state.phase in Phase
        assert (state.remaining_s is None) == (state.phase in (Phase.IDLE, Phase.DONE))
        if state.remaining_s is not None:
            assert 0.0 < state.remaining_s <= state.phase_s
        if state.phase in (Phase.PREPARE, Phase.HOLD) or state.set:
            assert 1 <= state.set <= state.sets
        if state.phase in (Phase.PREPARE, Phase.HOLD, Phase.RELAX, Phase.MVC_CALIBRATION):
            assert 1 <= state.repetition <= state.repetitions
        for score in session.scores:
            assert score.time_in_band is None or 0.0 <= score.time_in_band <= 1.0
            assert score.counted != bool(score.flags)
        if phases(changes):
            assert phases(changes)[-1] == state.phase
    assert told >= len(session.scores)


def test_every_shipped_protocol_is_valid():
    assert "knee-extension-hold" in protocols()


@pytest.mark.parametrize(
    ("line", "new"),
    [
        ('mode = "hold"', 'mode = "dance"'),
        ("hold_s = 4.0", "hold_s = 0.5"),
        ("repetitions = 4", "repetitions = 0"),
        ("target = [0.30, 0.50]", "target = [0.50, 0.30]"),
        ("target = [0.30, 0.50]", ""),
        ("sets = 1", "sets = 1\nspeed = 3"),
        ("sets = 1", "sets ="),
    ],
)
def test_a_bad_protocol_is_refused_in_one_line(line, new):
    from importlib.resources import files

    text = (files("emg_config") / "protocols" / "knee_extension_hold.toml").read_text()
    assert line in text
    with pytest.raises(UserError, match=r"bad\.toml is not a valid protocol") as error:
        parse_protocol(text.replace(line, new), "bad.toml")
    assert "\n" not in str(error.value)


def test_a_protocol_for_more_muscles_than_channels_is_refused(session):
    many = msgspec.structs.replace(PROTOCOL, muscles=PROTOCOL.muscles * 2)
    with pytest.raises(UserError, match="needs 4 channels"):
        session.start([many])


def test_an_mvc_keeps_the_share_from_which_it_was_reckoned():
    calibration = Calibration.none(1)
    calibration.take(0, 200.0, 1.0)
    calibration.begin_trials(0, 0.5)
    calibration.add_trial(0, Trial(mvc_uv=300.0, ok=False))
    assert (calibration.mvc_uv[0], calibration.share(0)) == (200.0, 1.0)
    calibration.add_trial(0, Trial(mvc_uv=180.0, ok=True))
    assert (calibration.mvc_uv[0], calibration.share(0)) == (180.0, 0.5)
    calibration.begin_trials(0, 1.0)
    assert (calibration.mvc_uv[0], calibration.share(0)) == (180.0, 0.5)


def test_contract_relax_tells_what_both_halves_ask_for_and_only_the_first_is_moved(session):
    exercise = msgspec.convert(
        {
            "name": "cr", "title": "C", "region": "knee", "mode": "contract-relax",
            "prepare_s": 1.0, "hold_s": 3.0, "relax_s": 2.0, "relax_below": 0.05,
            "muscles": [{"name": "A", "target": (0.3, 0.5)}, {"name": "B", "role": "watch"}],
        },
        ContractRelax,
    )  # fmt: skip
    session.start([exercise])
    for phase, now in (
        (Phase.PREPARE, (0.3, 0.5)),
        (Phase.HOLD, (0.3, 0.5)),
        (Phase.RELAX, (0.0, 0.05)),
    ):
        state = session.state
        assert (state.phase, state.targets[0]) == (phase, now)
        assert (state.hold_targets, state.relax_targets) == (
            [(0.3, 0.5), None],
            [(0.0, 0.05), None],
        )
        push(session, 1.0 if phase is Phase.PREPARE else 3.0 if phase is Phase.HOLD else 0.5)
    session.set_target(0, 0.4, 0.6)
    assert session.state.targets[0] == (0.0, 0.05)
    assert session.state.hold_targets[0] == (0.4, 0.6)
    session.stop()
    session.start([PROTOCOL])
    assert session.state.hold_targets == session.state.relax_targets == []

"""An evaluation: several exercises, one after the other, with a rest before each further one."""

import msgspec
import pytest
from test_session import PROTOCOL, RATE_HZ, phases, push

from emg_config import UserError
from emg_config.library import load_protocol
from emg_config.protocol import Dose
from emg_feedback.link.messages import CalibrateMvc, EventKind, Phase
from emg_feedback.training.evaluation import EXERCISES
from emg_feedback.training.session import Session
from emg_feedback.training.steps import BETWEEN_PARTS_S

SHORT = Dose(repetitions=2, hold_s=3.0, prepare_s=1.0, relax_s=2.5)


@pytest.fixture
def session():
    session = Session(["A left", "A right"], RATE_HZ)
    session.set_reference(0, 200.0)
    session.set_reference(1, 200.0)
    session.start([load_protocol(name).with_dose(SHORT) for name in EXERCISES])
    session.changes()
    return session


def until(session, phase, most_s=60.0):
    for _ in range(round(10 * most_s)):
        if session.phase is phase:
            return
        push(session, 0.1)
    raise AssertionError(f"{phase} did not come")


def came_to(session):
    return [(len(part.results), part.skipped, part.planned) for part in session.state.parts]


def test_every_part_is_told_and_rested_before(session):
    assert (session.state.part, session.state.between_parts) == (1, False)
    assert [part.title for part in session.state.parts] == [
        load_protocol(name).title for name in EXERCISES
    ]
    for part in (2, 3):
        while session.state.part < part:
            push(session, 0.1)
        state = session.state
        assert (state.phase, state.set, state.repetition, state.mode) == (Phase.RELAX, 1, 0, None)
        assert state.between_parts
        assert state.phase_s == BETWEEN_PARTS_S
        comes = load_protocol(EXERCISES[part - 1])
        assert (state.title, state.cue) == (comes.title, comes.cue)
        assert state.targets == [muscle.target for muscle in comes.muscles]
        assert (state.hold_targets, state.path) == ([], [])
        push(session, BETWEEN_PARTS_S)
        assert (session.phase, session.state.repetition) == (Phase.PREPARE, 1)
    until(session, Phase.DONE)
    assert came_to(session) == [(2, 0, 2)] * 3
    assert session.state.part == 3


def test_a_part_is_left_out_and_the_next_one_follows_a_rest(session):
    until(session, Phase.RELAX)
    push(session, 2.2)
    session.skip(part=session.state.part)
    assert came_to(session) == [(1, 1, 2), (0, 0, 2), (0, 0, 2)]
    assert (session.state.part, session.state.between_parts) == (2, True)
    session.skip(part=session.state.part)
    assert came_to(session)[1] == (0, 2, 2), "already in the rest before it"
    session.extend_rest(15.0)
    session.skip()
    assert (session.phase, session.state.part) == (Phase.PREPARE, 3)
    assert session.played[-1].left_out == set(), "a rest is no repetition"
    until(session, Phase.HOLD)
    session.pause("pain")
    session.skip(part=session.state.part)
    assert session.phase is Phase.DONE
    assert came_to(session) == [(1, 1, 2), (0, 2, 2), (0, 2, 2)]
    assert not session.refused


@pytest.mark.parametrize("other", [2, 3, 7])
def test_a_part_that_does_not_run_is_not_left_out(session, other):
    before = msgspec.to_builtins(session.state)
    with pytest.raises(UserError, match=f"^part {other} does not run now, but part 1$"):
        session.skip(part=other)
    assert msgspec.to_builtins(session.state) == before


def test_a_part_is_left_out_in_a_pause_that_stays(session):
    until(session, Phase.HOLD)
    session.pause("pain")
    session.changes()
    session.skip(part=session.state.part)
    state = session.state
    assert (state.phase, state.paused_for, state.part) == (Phase.PAUSE, "pain", 2)
    assert state.title == load_protocol(EXERCISES[1]).title
    assert came_to(session) == [(0, 2, 2), (0, 0, 2), (0, 0, 2)]
    assert phases(push(session, 60.0)) == []
    session.skip()
    assert (session.phase, session.state.repetition) == (Phase.PAUSE, 1), "the rest is over"
    session.skip(part=session.state.part)
    session.resume()
    assert (session.state.part, session.state.between_parts) == (3, True)
    assert session.state.remaining_s == BETWEEN_PARTS_S


def test_a_rest_before_a_part_that_was_paused_begins_anew(session):
    session.skip(part=session.state.part)
    push(session, 20.0)
    session.pause()
    session.resume()
    assert session.state.between_parts
    assert session.state.remaining_s == BETWEEN_PARTS_S


def test_what_has_no_parts_refuses_to_leave_one_out(session):
    with pytest.raises(UserError, match="nothing is running"):
        Session(["A"], RATE_HZ).skip(part=1)
    session.stop()
    session.set_reference(0, 200.0)
    for begin in (
        lambda: session.start([PROTOCOL]),
        lambda: session.calibrate_mvc(CalibrateMvc(seconds=1.0, prepare_s=1.0)),
    ):
        begin()
        session.changes()
        before = msgspec.to_builtins(session.state)
        assert (before["part"], before["parts"]) == (0, [])
        with pytest.raises(UserError, match="has no parts"):
            session.skip(part=1)
        assert msgspec.to_builtins(session.state) == before
        assert session.changes() == []
        session.stop()


def test_without_a_rest_the_last_repetition_stays_with_its_exercise():
    """Though the next exercise begins with the rest that it has before it."""
    session = Session(["A", "B"], RATE_HZ)
    session.set_reference(0, 200.0)
    session.start([PROTOCOL.with_dose(Dose(repetitions=1, sets=1, relax_s=0.0))] * 2)
    changes = push(session, 4.5, (80.0, 2.0))
    assert phases(changes) == ["prepare", "hold", "relax"]
    (told,) = [one for one in changes if one.kind is EventKind.REPETITION]
    assert (told.exercise, told.sample) == (1, round(4.0 * RATE_HZ))

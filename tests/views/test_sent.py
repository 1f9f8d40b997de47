"""What was asked for is shown until the engine tells it, or tells another long after."""

from emg_feedback.views.console.sent import HELD_S, Sent


def test_what_the_engine_tells_is_shown_while_nothing_was_asked():
    assert Sent[int]().shown(1, 0.0, pending=False) == 1


def test_what_is_told_from_before_does_not_undo_it():
    sent = Sent[int]()
    sent.hold(2)
    assert sent.shown(1, 0.0, pending=True) == 2
    assert sent.shown(1, 60.0, pending=True) == 2
    assert sent.shown(1, 60.0 + HELD_S / 2, pending=False) == 2
    assert sent.shown(2, 60.0 + HELD_S / 2, pending=False) == 2
    assert sent.shown(3, 60.0 + HELD_S / 2, pending=False) == 3


def test_what_was_refused_or_corrected_is_let_go_of_after_the_answer():
    sent = Sent[int]()
    sent.hold(2)
    assert sent.shown(1, 5.0, pending=True) == 2
    assert sent.shown(1, 5.0 + 1.01 * HELD_S, pending=False) == 1
    assert sent.shown(2, 9.0, pending=False) == 2


def test_an_answer_before_the_first_look_counts_from_that_look():
    sent = Sent[int]()
    sent.hold(2)
    assert sent.shown(1, 7.0, pending=False) == 2
    assert sent.shown(1, 7.0 + 1.01 * HELD_S, pending=False) == 1


def test_an_older_answer_does_not_undo_the_newer_wish():
    sent = Sent[int]()
    sent.hold(2)
    sent.hold(3)
    assert sent.shown(2, 0.0, pending=True) == 3
    assert sent.shown(3, 0.1, pending=False) == 3
    assert sent.shown(4, 0.1, pending=False) == 4

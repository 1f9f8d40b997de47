"""Which computers show the patient's display."""

import pytest

from emg_config import UserError
from emg_feedback.link.displays import LASTING_S, Displays
from emg_feedback.link.messages import Display


class Clock:
    now_s = 100.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def displays(clock):
    return Displays(clock)


def seen(displays):
    return [(one.host, one.shown, one.opens) for one in displays.now]


def test_what_was_told_counts_for_a_few_seconds(displays, clock):
    displays.take(Display(host="a", shown=True))
    clock.now_s += 0.5 * LASTING_S
    displays.take(Display(host="b", shown=False, opens=True))
    assert seen(displays) == [("a", True, False), ("b", False, True)]
    displays.take(Display(host="b", shown=True, opens=True))
    clock.now_s += 0.6 * LASTING_S
    assert seen(displays) == [("b", True, True)]


def test_one_that_can_open_a_display_does_so_once(displays):
    told = Display(host="a", shown=False, opens=True)
    assert not displays.take(told)
    displays.ask()
    assert not displays.take(Display(host="b", shown=False))
    assert displays.take(told)
    assert not displays.take(told)


def test_a_display_that_is_shown_is_not_opened_again_later(displays):
    displays.take(Display(host="a", shown=True, opens=True))
    with pytest.raises(UserError, match="open already"):
        displays.ask()
    displays.take(Display(host="a", shown=False, opens=True))
    displays.ask()
    assert not displays.take(Display(host="a", shown=True, opens=True))
    assert not displays.take(Display(host="a", shown=False, opens=True))


def test_nobody_is_asked_who_cannot(displays, clock):
    displays.take(Display(host="b", shown=False))
    displays.take(Display(host="a", shown=False, opens=True))
    clock.now_s += 2 * LASTING_S
    with pytest.raises(UserError, match="on its computer"):
        displays.ask()

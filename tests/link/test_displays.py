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


def test_a_display_that_is_shown_is_called_to_the_front(displays):
    displays.take(Display(host="a", shown=True, opens=True))
    displays.take(Display(host="a", shown=True))
    assert displays.ask() == {"shown": ["a"], "opens": False}
    assert displays.calls == 1
    assert not displays.take(Display(host="a", shown=False, opens=True))


@pytest.mark.parametrize("first", ["a", "b"])
def test_the_request_reaches_the_computer_that_shows_none(displays, first):
    told = {"a": Display(host="a", shown=True, opens=True),
            "b": Display(host="b", shown=False, opens=True)}  # fmt: skip
    for one in told.values():
        displays.take(one)
    assert displays.ask() == {"shown": ["a"], "opens": True}
    order = [first, "ab".replace(first, "")] * 2
    assert [host for host in order if displays.take(told[host])] == ["b"]


def test_a_display_that_is_shown_is_not_opened_again_later(displays):
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

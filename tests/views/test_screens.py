"""Which screen the patient's page goes to."""

import pytest

from emg_feedback.views.screens import Screen, second_screen

LAPTOP = Screen(0, 0, 1366, 768)
TELEVISION = Screen(1366, 0, 1920, 1080)
SMALL = Screen(-800, 0, 800, 600)


@pytest.mark.parametrize(
    ("screens", "expected"),
    [
        ([], None),
        ([LAPTOP], None),
        ([LAPTOP, TELEVISION], TELEVISION),
        ([TELEVISION, LAPTOP], LAPTOP),
        ([LAPTOP, SMALL, TELEVISION], TELEVISION),
        ([LAPTOP, Screen(0, 768, 1920, 1080)], Screen(0, 768, 1920, 1080)),
        ([LAPTOP, Screen(0, 0, 1920, 1080)], None),
        ([LAPTOP, Screen(1365, 767, 1920, 1080), SMALL], SMALL),
    ],
)
def test_the_second_screen_is_the_largest_that_shows_nothing_of_the_first(screens, expected):
    assert second_screen(screens) == expected


def test_a_window_in_the_middle_of_a_screen_is_no_larger_than_it():
    assert TELEVISION.middle_part(1280, 800) == (1686, 140, 1280, 800)
    assert SMALL.middle_part(1280, 800) == SMALL
    assert LAPTOP.holds(1365, 767)
    assert not LAPTOP.holds(*TELEVISION.middle)


@pytest.mark.display
def test_where_there_is_one_screen_only_the_page_is_a_window_on_it():
    from emg_feedback.views.canvas import Window

    with Window("test", size=(800, 600), on_second=True, keyboard=False) as window:
        window.poll()
        assert not window.full_screen
        assert window.size == (800, 600)

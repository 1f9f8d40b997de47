"""The patient's window: receive, follow, draw."""

from collections.abc import Callable
from pathlib import Path

from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views import palette
from emg_feedback.views.canvas import Window
from emg_feedback.views.model import ViewModel
from emg_feedback.views.pace import Pace
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.summary import ViewSummary

QUICKEST_S = 1 / 60
SLOWEST_S = 1 / 30
LONGEST_WAIT_S = 0.004
TITLE = "emg-feedback"
SIZE = (1280, 800)


def run_patient_window(
    subscriber: Subscriber,
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float],
    screenshot: Path | None = None,
    after_s: float | None = None,
    full_screen: bool = False,
    size: tuple[int, int] = SIZE,
) -> ViewSummary:
    """Show the patient's page until the window is closed or ``stop()`` is true.

    Parameters
    ----------
    subscriber
        Where the engine's messages come from.
    clock
        Returns Unix seconds.
    screenshot, after_s
        Save what is shown ``after_s`` seconds after the start, and return.
    full_screen
        Whether to start on the whole screen.
    size
        Width and height of the window otherwise.

    Raises
    ------
    DeviceError
        There is no screen, or no OpenGL on it.
    """
    model = ViewModel()
    pace = Pace(
        model, clock, quickest_s=QUICKEST_S, slowest_s=SLOWEST_S, longest_wait_s=LONGEST_WAIT_S
    )
    with Window(TITLE, size=size, background=palette.GROUND, full_screen=full_screen) as window:

        def show(now_s: float) -> None:
            window.draw(lambda painter, pixels: draw_patient(painter, model, pixels, now_s))

        while not stop():
            window.poll()
            if window.closed:
                break
            pace.receive(subscriber)
            last = screenshot is not None and pace.elapsed_s() >= (after_s or 0.0)
            if last or pace.due():
                pace.draw(show)
            if last and screenshot is not None:
                window.screenshot(screenshot)
                break
    return pace.summary()

"""The patient's window: receive, follow, draw; ask for a pause; keep how the page looks."""

from collections.abc import Callable
from pathlib import Path

from emg_config.language import Language
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views import palette
from emg_feedback.views.box import page_of
from emg_feedback.views.canvas import Window
from emg_feedback.views.kept_look import KeptLook
from emg_feedback.views.look import Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.pace import Pace
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.pause import PauseButton
from emg_feedback.views.sound import Sound
from emg_feedback.views.summary import ViewSummary

QUICKEST_S = 1 / 60
SLOWEST_S = 1 / 30
LONGEST_WAIT_S = 0.004
TITLE = "emg-feedback"
SIZE = (1280, 800)
# Whoever presses what pauses or stops on the console means to pause here, too.
PAUSE_KEYS, MUTE_KEY, WORDS_KEY = (" ", "F8", "Escape"), "M", "V"
_PLAIN = Look()


def run_patient_window(
    subscriber: Subscriber,
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float],
    screenshot: Path | None = None,
    after_s: float | None = None,
    full_screen: bool = False,
    on_second: bool = False,
    keyboard: bool = True,
    size: tuple[int, int] = SIZE,
    look: Look = _PLAIN,
    language: Language | None = None,
    control: str | None = None,
    sound: Sound | None = None,
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
    on_second
        Fill the second screen, if there is one; the console is on the first.
    keyboard
        Whether to take the keyboard from another window at the start.
    size
        Width and height of the window otherwise.
    look
        What suits the patient; its half and its letters are changed by keys (`look_after`), which
        the engine keeps for the patient.
    language
        English if not given.
    control
        Where the engine takes commands; without it the patient has no button for a pause.
    sound
        What the patient hears; it is the caller's to close.

    Raises
    ------
    DeviceError
        There is no screen, or no OpenGL on it.
    UserError
        ``control`` is malformed.
    """
    model = ViewModel(language)
    pace = Pace(
        model, clock, quickest_s=QUICKEST_S, slowest_s=SLOWEST_S, longest_wait_s=LONGEST_WAIT_S
    )
    button = None if control is None else PauseButton(control)
    kept = KeptLook(look, control, clock)
    heard: int | None = None
    ground = (*palette.HIGH_CONTRAST[palette.GROUND[:3]], 1.0)
    background = ground if look.high_contrast else palette.GROUND
    try:
        with Window(
            TITLE,
            size=size,
            background=background,
            full_screen=full_screen,
            on_second=on_second,
            keyboard=keyboard,
        ) as window:

            def show(now_s: float) -> None:
                asked = None if button is None else button.asked(now_s, model.session)
                if sound is not None:
                    sound.update(model, now_s)
                window.draw(
                    lambda painter, pixels: draw_patient(
                        painter, model, pixels, now_s, kept.now, asked
                    )
                )

            while not stop():
                window.poll()
                if window.closed:
                    break
                page = page_of(window.size, kept.now)
                points, keys = window.input()
                wanted = any(key in keys for key in PAUSE_KEYS)
                wanted |= any(page.on_button(*point) for point in points)
                if wanted and button is not None:
                    button.press(clock())
                if MUTE_KEY in keys and sound is not None:
                    sound.toggle_mute()
                if WORDS_KEY in keys and sound is not None:
                    sound.toggle_words()
                pace.receive(subscriber)
                kept.press(keys)
                if model.status is not None:
                    kept.follow(model.status.look)
                    calls = model.status.display_calls
                    if heard is not None and calls > heard:
                        window.come_forward()
                    heard = calls
                last = screenshot is not None and pace.elapsed_s() >= (after_s or 0.0)
                if last or wanted or pace.due():
                    pace.draw(show)
                if last and screenshot is not None:
                    window.screenshot(screenshot)
                    break
    finally:
        if button is not None:
            button.close()
        kept.close()
    return pace.summary()

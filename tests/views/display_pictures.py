"""Make the pictures of the patient's display in docs/images anew, from a real engine.

Only the overview of all pages is of made-up patients.

tests/with_display.sh python -m tests.views.display_pictures docs/images [1280x800]
"""

import sys
import time
from functools import partial
from pathlib import Path

from PIL import Image

from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Phase
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views import palette
from emg_feedback.views.canvas import Window
from emg_feedback.views.look import Layout, Look
from emg_feedback.views.model import ViewModel
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.pause import Asked
from emg_feedback.views.words import Place
from tests.views.frames import T0_S
from tests.views.scenes import scenes
from tests.whole.commands import free_endpoint, start

SIZE = "1280x800"
MUSCLES = ("Vastus lateralis left", "Vastus lateralis right")
PATIENCE_S = 120.0
DOSE = {"sets": 1, "repetitions": 4, "prepare_s": 2.0, "hold_s": 5.0, "relax_s": 4.0}
SMALL, IN_ROW, GAP = 3, 5, 6
GAME = Look(layout=Layout.GAME)


class Photographer:
    """A display on a running engine, and a folder for its pictures."""

    def __init__(
        self, folder: Path, window: Window, subscriber: Subscriber, control: ControlClient
    ) -> None:
        self.folder, self.window = folder, window
        self.subscriber, self.ask = subscriber, control.ask
        self.model, self.look = ViewModel(), Look()

    @property
    def session(self):
        return self.model.session

    def turn(self):
        self.subscriber.wait(0.01)
        for message in self.subscriber.drain():
            self.model.receive(message, time.time())
        self.window.poll()
        asked = Asked.TAKEN if self.session.paused_for == "pain" else Asked.NOTHING
        self.window.draw(
            lambda painter, size: draw_patient(
                painter, self.model, size, time.time(), self.look, asked
            )
        )

    def until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline_s:
                raise AssertionError(f"it never came about: {self.session}")
            self.turn()

    def live(self, seconds):
        end_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() > end_s)

    def phase(self, phase, repetition=1, seconds=0.0):
        """Wait for a phase of a repetition, and into it."""
        self.until(lambda: (self.session.phase, self.session.repetition) == (phase, repetition))
        self.live(seconds)

    def exercise(self, name, look=None, **dose):
        self.look = look or Look()
        self.ask("start_protocol", name=name, dose=DOSE | dose)

    def take(self, name):
        self.turn()
        self.window.screenshot(self.folder / f"display-{name}.png")


def pictures(us):
    """Go through a session as the patient sees it."""
    us.until(lambda: us.model.n_frames > 0 and us.model.status is not None)
    us.live(2.0)
    us.ask("calibrate_rest", seconds=3.0)
    us.live(4.0)
    us.ask("calibrate_mvc", seconds=4.0, trials=2, rest_s=3.0, prepare_s=3.0)
    us.phase(Phase.PREPARE, 1, 0.5)
    us.take("ready")
    us.phase(Phase.MVC_CALIBRATION, 1, 2.5)
    us.take("maximum")
    us.until(lambda: us.session.phase is Phase.IDLE)
    us.exercise("knee-extension-hold")
    us.phase(Phase.HOLD, 2, 2.0)
    us.until(lambda: {bar.place for bar in us.model.bars(time.time())} == {Place.IN})
    us.take("hold")
    us.until(lambda: us.session.phase is Phase.RELAX and us.model.result() == "good")
    us.live(0.3)
    us.take("success")
    us.until(lambda: us.session.phase is Phase.DONE)
    us.live(0.5)
    us.take("summary")
    us.exercise("knee-stand-up-symmetry")
    us.phase(Phase.HOLD, 1, 3.5)
    us.take("mirror")
    us.ask("pause", reason="pain")
    us.live(0.5)
    us.take("pause")
    us.ask("stop")
    us.exercise("knee-steps-follow", hold_s=12.0)
    us.phase(Phase.HOLD, 1, 6.0)
    us.take("path")
    us.ask("stop")
    us.exercise("knee-extension-hold", GAME, hold_s=8.0)
    us.phase(Phase.HOLD, 1, 5.0)
    us.take("game")
    us.ask("stop")


def overview(folder, window):
    """Make one picture of every page."""
    width, height = (side // SMALL for side in window.size)
    found = scenes()
    rows = -(-len(found) // IN_ROW)
    sheet = Image.new("RGB", (IN_ROW * (width + GAP), rows * (height + GAP)), "dimgrey")
    path = folder / "display-pages.png"
    for number, model in enumerate(found.values()):
        asked = Asked.TAKEN if model.session.paused_for == "pain" else Asked.NOTHING
        window.draw(partial(_draw, model=model, asked=asked))
        window.screenshot(path)
        row, column = divmod(number, IN_ROW)
        with Image.open(path) as shown:
            small = shown.resize((width, height), Image.Resampling.LANCZOS)
        sheet.paste(small, (column * (width + GAP) + GAP // 2, row * (height + GAP) + GAP // 2))
    sheet.save(path)


def _draw(painter, size, model, asked):
    draw_patient(painter, model, size, T0_S, Look(), asked)


def main(folder, size=SIZE):
    """Make every picture in ``folder``."""
    width, height = (int(one) for one in size.split("x"))
    publish, control = free_endpoint(), free_endpoint()
    engine = start(
        *("engine", "--muscles", ",".join(MUSCLES), "--no-archive"),
        *("--publish", publish, "--control", control),
    )
    try:
        with (
            Subscriber(publish) as subscriber,
            ControlClient(control) as client,
            Window("pictures", size=(width, height), background=palette.GROUND) as window,
        ):
            overview(Path(folder), window)
            pictures(Photographer(Path(folder), window, subscriber, client))
    finally:
        engine.terminate()
        engine.communicate(timeout=20.0)


if __name__ == "__main__":
    main(*sys.argv[1:])

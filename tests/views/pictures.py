"""Make the pictures of the console in docs/images anew: a real engine on the emulated board.

tests/with_display.sh python -m tests.views.pictures docs/images [1920x1080]
"""

import sys
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEventLoop
from PySide6.QtWidgets import QApplication

from emg_feedback.link.messages import Phase
from emg_feedback.views.console import theme
from emg_feedback.views.console.window import ConsoleWindow
from emg_feedback.views.console.words import Step
from tests.whole.commands import free_endpoint, start

SIZE = "1440x900"
MUSCLES = ("Vastus medialis left", "Vastus lateralis left")
PROGRAMME = [
    {"protocol": "knee-quad-set", "dose": {"repetitions": 6}, "step": 0.02, "limit": 0.6},
    {"protocol": "knee-steps-follow"},
    {"protocol": "knee-extension-hold", "dose": {"sets": 2}},
]
PATIENCE_S = 120.0
TURN_MS = 50


class Photographer:
    """A window on a running engine, and a folder for its pictures."""

    def __init__(self, folder: Path, size: tuple[int, int], publish: str, control: str) -> None:
        self.folder = folder
        self.qt = QApplication([])
        theme.dress(self.qt)
        self.window = ConsoleWindow(publish, control)
        self.window.resize(*size)
        self.window.show()
        self.training = self.window.exercise.training

    def until(self, condition):
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            if time.monotonic() > deadline_s:
                raise AssertionError(f"it never came about: {self.window.model.notice}")
            self.live(0.03)

    def live(self, seconds):
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            self.qt.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, TURN_MS)
            time.sleep(0.005)

    def ask(self, command, **args):
        done = []
        self.window.ask(command, then=done.append, **args)
        self.until(lambda: done)

    def go(self, step):
        self.window.go(step)
        self.live(0.5)
        return self.window.pages[step]

    def idle(self):
        self.live(0.3)
        self.until(lambda: self.session.phase in (Phase.IDLE, Phase.DONE))

    def take(self, name):
        self.window.model.notice = None
        self.live(0.3)
        path = self.folder / f"console-{name}.png"
        self.window.tick()
        if not self.window.grab().save(str(path)):
            raise AssertionError(f"{path} cannot be written")

    @property
    def session(self):
        return self.window.model.session

    def hold(self, seconds):
        """Wait for a hold, and into it."""
        self.until(lambda: self.session.phase is Phase.HOLD)
        self.live(seconds)

    def choose(self, name):
        page = self.go(Step.EXERCISE)
        page.picker.search.setText(name)
        self.until(lambda: page.picker.chosen is not None)
        self.live(0.3)
        page.picker.search.clear()
        self.live(0.3)
        return page


def first_session(us):
    """Leave something to look back on."""
    us.ask("add_patient", patient="P-042")
    us.ask("add_patient", patient="P-017")
    us.ask("set_programme", patient="P-042", items=PROGRAMME)
    us.ask("begin_session", patient="P-042")
    for channel, muscle in enumerate(MUSCLES):
        electrode = {"kind": "gel", "size_mm": 24.0, "spacing_mm": 20.0}
        us.ask("name_channel", channel=channel, muscle=muscle, electrode=electrode)
        us.ask("set_reference", channel=channel, mvc_uv=380.0)
    dose = {"repetitions": 2, "sets": 1, "hold_s": 3.0, "relax_s": 2.0, "prepare_s": 1.0}
    us.ask("start_protocol", name="knee-quad-set", dose=dose)
    us.idle()
    us.ask("end_session")


def pictures(us):
    """Go through a session as it is held."""
    us.until(lambda: us.window.model.known and us.window.model.answers.protocols)
    first_session(us)
    patient = us.go(Step.PATIENT)
    patient.search.setText("042")
    us.live(0.5)
    patient.list.setCurrentRow(0)
    us.live(0.5)
    patient.search.clear()
    us.take("patient")
    patient.main.click()
    us.until(lambda: us.window.step is Step.ELECTRODES)
    electrodes = us.go(Step.ELECTRODES)
    us.live(3.0)
    us.take("electrodes")
    electrodes.rows[0].where.click()
    us.take("placement")
    electrodes.rows[0].where.click()
    rest = us.go(Step.REST)
    rest.main.click()
    us.live(2.5)
    us.take("rest")
    us.idle()
    maximum = us.go(Step.MAXIMUM)
    maximum.trials.setValue(2)
    maximum.seconds.setValue(4)
    maximum.rest.setValue(3)
    maximum.main.click()
    us.live(1.0)
    us.until(lambda: us.session.phase is Phase.MVC_CALIBRATION and us.session.repetition == 2)
    us.live(2.5)
    us.take("maximum")
    us.idle()
    exercise = us.choose("quad set")
    us.take("picker")
    details = exercise.picker.details
    bar = details.verticalScrollBar()
    bar.setValue(bar.maximum())
    us.take("programme")
    exercise.main.click()
    us.hold(3.0)
    us.until(lambda: us.session.repetition == 2)
    us.hold(3.0)
    us.take("exercise")
    us.window.pain()
    us.live(0.5)
    us.take("pause")
    us.ask("stop")
    us.live(0.5)
    us.take("stopped")
    us.training.another.click()
    us.choose("knee in steps").main.click()
    us.hold(5.5)
    us.take("path")
    us.ask("stop")
    us.live(0.5)
    summary = us.go(Step.SUMMARY)
    summary.main.click()
    us.until(summary.table.isVisible)
    us.take("summary")


def main(folder, size=SIZE):
    """Make every picture in ``folder``."""
    width, height = (int(one) for one in size.split("x"))
    publish, control = free_endpoint(), free_endpoint()
    with tempfile.TemporaryDirectory() as archive:
        engine = start(
            *("engine", "--muscles", ",".join(MUSCLES), "--publish", publish),
            *("--control", control, "--archive", f"{archive}/archive.sqlite"),
        )
        try:
            us = Photographer(Path(folder), (width, height), publish, control)
            pictures(us)
            us.window.close()
        finally:
            engine.terminate()
            engine.communicate(timeout=20.0)


if __name__ == "__main__":
    main(*sys.argv[1:])

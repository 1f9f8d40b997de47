"""What must stay in view on every page until it is settled: a warning, or a question."""

from collections.abc import Callable

from PySide6.QtWidgets import QHBoxLayout, QWidget

from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.widgets import button, label, put

UNKEPT = "Not everything can be kept now: {}. Training goes on, and keeping it is tried again."
EXERCISE_RUNS = "An exercise is running. Stop it and close?"
PAIN = "Pause – pain was pressed while nothing was running. It is noted."
MEASUREMENT_RUNS = "A measurement is running. Stop it and close?"


class Banner(QWidget):
    """Lines above the pages; with two buttons while it asks whether to close, one after pain."""

    def __init__(self, stop_and_close: Callable[[], None], pain_seen: Callable[[], None]) -> None:
        super().__init__()
        self._pain_seen = pain_seen
        self.asks = False
        self.text = label("", "refusal", wrap=True)
        self.close_all = button("Stop and close", stop_and_close, kind="stop")
        self.keep = button("Keep open", self.withdraw)
        self.seen = button("Seen", self._see)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 10, 16, 0)
        layout.setSpacing(12)
        layout.addWidget(self.text, 1)
        layout.addWidget(self.close_all)
        layout.addWidget(self.keep)
        layout.addWidget(self.seen)
        self.hide()

    def ask(self) -> None:
        """Ask whether to stop what runs, and close."""
        self.asks = True

    def withdraw(self) -> None:
        """Ask no longer."""
        self.asks = False
        self.window().setFocus()

    def _see(self) -> None:
        self._pain_seen()
        self.window().setFocus()

    def refresh(self, model: ConsoleModel) -> None:
        """Show what is to be known, or asked."""
        self.asks = self.asks and model.busy
        failure, pain = model.health.archive, model.facts.pain_unseen
        running = EXERCISE_RUNS if model.exercising else MEASUREMENT_RUNS
        told = [
            running if self.asks else "",
            PAIN if pain else "",
            UNKEPT.format(_without_path(failure)) if failure else "",
        ]
        put(self.text, "\n".join(line for line in told if line))
        for one in (self.close_all, self.keep):
            one.setVisible(self.asks)
        self.seen.setVisible(pain and not self.asks)
        self.setVisible(any(told))


def _without_path(failure: str) -> str:
    """Return why, without the name of the file that it may begin with."""
    place, _, why = failure.partition(": ")
    return why if why and ("/" in place or "\\" in place) else failure

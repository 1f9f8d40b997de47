"""What every page is made of, and what it may ask for."""

from typing import Any, Protocol

from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from emg_feedback.link.requests import Then, Why
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.widgets import button, dress, label
from emg_feedback.views.console.words import STEPS, Step

MAIN_KEY, NEXT_KEY, LAST_KEY, TURN_KEY = "F7", "Ctrl+Enter", "Ctrl+L", "Ctrl+R"


class Desk(Protocol):
    """What a page knows of the window it is in."""

    model: ConsoleModel

    def ask(
        self, command: str, *, then: Then | None = None, refused: Why | None = None, **args: Any
    ) -> None:
        """Send a request; ``then`` takes its result, ``refused`` why it was not carried out."""

    def ask_newest(self, slot: str, command: str, **args: Any) -> None:
        """Send a request of which only the newest matters."""

    def pending(self, command: str) -> bool:
        """Return whether such a request is on its way."""

    def go(self, step: Step) -> None:
        """Show another page."""


class Page(QWidget):
    """A title, a line that says what to do, a body, and a foot with the way on.

    Parameters
    ----------
    desk : Desk
    step : Step
    lead : str
        What to do here, in one line.
    """

    def __init__(self, desk: Desk, step: Step, lead: str) -> None:
        super().__init__()
        self.desk, self.step = desk, step
        layout = QVBoxLayout(self)
        layout.setContentsMargins(28, 18, 28, 14)
        layout.setSpacing(14)
        self.title = label(STEPS[step], "title")
        self.lead = label(lead, "lead", wrap=True)
        layout.addWidget(self.title)
        layout.addWidget(self.lead)
        self.body = QVBoxLayout()
        self.body.setSpacing(14)
        layout.addLayout(self.body, 1)
        self.foot = QHBoxLayout()
        self.foot.setSpacing(12)
        layout.addLayout(self.foot)
        self.main: QPushButton | None = None
        self.next: QPushButton | None = None

    @property
    def model(self) -> ConsoleModel:
        """Return what is shown."""
        return self.desk.model

    def add_main(self, text: str) -> QPushButton:
        """Make the button of the page's own action."""
        self.main = button(text, self.act, key=MAIN_KEY, kind="main")
        return self.main

    def add_next(self) -> None:
        """Put the way to the next page into the foot."""
        name = f"Next: {STEPS[Step(self.step + 1)]}"
        self.next = button(name, self.go_on, key=NEXT_KEY, kind="next")
        self.foot.addStretch(1)
        self.foot.addWidget(self.next)

    def show_done(self, done: bool) -> None:
        """Lead on to the next page once what this one is for is done."""
        if self.next is not None:
            dress(self.next, "state", "due" if done else "")
        if self.main is not None:
            dress(self.main, "state", "done" if done else "")

    def go_on(self) -> None:
        """Go to the next page, if there is one."""
        if self.step is not Step.SUMMARY:
            self.desk.go(Step(self.step + 1))

    def act(self) -> None:
        """Do what the page is for."""

    def take_last(self) -> None:
        """Take what was measured in the last session, where that can be taken."""

    def turn_over(self) -> None:
        """Show the other of two things that have the page in turn, where there are two."""

    def begin(self) -> None:
        """Keep nothing of the session before: another one began."""

    def enter(self) -> None:
        """Ask for what only this page needs, as it comes to be shown."""

    def seek(self) -> None:
        """Put the cursor where one searches, if there is such a place."""

    def refresh(self, now_s: float) -> None:
        """Show things as they are."""

"""Exercise: pick one; then see and steer it while it runs."""

from PySide6.QtWidgets import QStackedWidget

from emg_feedback.link.messages import Phase
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.picker import Picker
from emg_feedback.views.console.training import Training
from emg_feedback.views.console.widgets import button
from emg_feedback.views.console.words import Step

PICK = "Choose what to train and how much. The patient's own programme is on top."
EVALUATION = "Speed, strength, steadiness and endurance of a left and a right muscle; ten minutes"


class ExercisePage(Page):
    """The picker, or the exercise that runs."""

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__(desk, Step.EXERCISE, PICK)
        self.picker = Picker(desk, wanted)
        self.training = Training(desk, self._choose_another)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.picker)
        self.stack.addWidget(self.training)
        self.body.addWidget(self.stack, 1)
        self.evaluate = button("Initial evaluation", self.start_evaluation, tip=EVALUATION)
        self.length = self.picker.details.length
        self.foot.addWidget(self.length)
        self.foot.addWidget(self.evaluate)
        self.foot.addStretch(1)
        self.foot.addWidget(self.add_main("Start exercise"))
        self._looking_back = False
        self._was_running = True  # a console opened after the exercise shows how it went

    @property
    def looking(self) -> bool:
        """Return whether an exercise is shown, not the picker."""
        return self.stack.currentWidget() is self.training

    def act(self) -> None:
        """Start what is chosen."""
        if not self.looking:
            self.picker.start()

    def start_evaluation(self) -> None:
        """Evaluate the left and the right of a muscle, or the first two muscles."""
        sides = self.model.sides()
        self.desk.ask("start_evaluation", channels=None if sides is None else list(sides))

    def seek(self) -> None:
        """Put the cursor into the search."""
        self.picker.seek()

    def refresh(self, now_s: float) -> None:
        """Show the picker or the exercise."""
        running = self.model.exercising
        if running or (self._was_running and self.model.session.phase is Phase.DONE):
            self._looking_back = True
        self._was_running = running
        training = running or self._looking_back
        self.stack.setCurrentWidget(self.training if training else self.picker)
        assert self.main is not None
        for widget in (self.title, self.lead, self.main, self.evaluate, self.length):
            widget.setVisible(not training)
        if training:
            self.training.refresh(now_s)
        else:
            self.picker.refresh()
            busy = self.model.busy
            self.main.setEnabled(self.picker.chosen is not None and not busy)
            self.evaluate.setEnabled(not busy and self.model.n_channels > 1)

    def _choose_another(self) -> None:
        self._looking_back = False

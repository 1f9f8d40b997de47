"""Exercise: pick one; then see and steer it while it runs."""

from PySide6.QtWidgets import QStackedWidget

from emg_feedback.link.messages import Phase
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.picker import Picker
from emg_feedback.views.console.training import Training
from emg_feedback.views.console.widgets import button, label, put
from emg_feedback.views.console.words import Step

PICK = "Choose what to train and how much. The patient's own programme is on top."
MISPLACED = "Check the electrodes: {}. It can be started all the same."
EVALUATION = "Speed, strength, steadiness and endurance of a left and a right muscle; ten minutes"


class ExercisePage(Page):
    """The picker, or the exercise that runs."""

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__(desk, Step.EXERCISE, PICK)
        self.picker = Picker(desk, wanted)
        self.training = Training(desk, self.again, self._choose_another)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.picker)
        self.stack.addWidget(self.training)
        self.body.addWidget(self.stack, 1)
        self.misplaced = label("", "warning", wrap=True)
        self.misplaced.hide()
        self.body.addWidget(self.misplaced)
        self.evaluate = button("Initial evaluation", self.start_evaluation, tip=EVALUATION)
        self.length = self.picker.details.length
        self.foot.addWidget(self.length)
        self.foot.addWidget(self.evaluate)
        self.foot.addStretch(1)
        self.foot.addWidget(self.add_main("Start exercise"))
        self._looking_back = False
        self._evaluated = False
        self._was_running = True  # a console opened after the exercise shows how it went

    @property
    def looking(self) -> bool:
        """Return whether an exercise is shown, not the picker."""
        return self.stack.currentWidget() is self.training

    def act(self) -> None:
        """Start what is chosen; after an exercise, start it again."""
        if not self.looking:
            self._evaluated = False
            self.picker.start()
        elif not self.model.busy:
            self.again()

    def again(self) -> None:
        """Start what was done once more, as it was asked for."""
        if self._evaluated:
            self.start_evaluation()
        else:
            self.picker.start_again()

    def start_evaluation(self) -> None:
        """Evaluate the left and the right of a muscle, or the first two muscles."""
        self._evaluated = True
        sides, used = self.model.sides(), self.model.used()
        first = None if used[:2] == [0, 1] else used[:2]
        self.desk.ask("start_evaluation", channels=first if sides is None else list(sides))

    def seek(self) -> None:
        """Put the cursor into the search, if nothing runs."""
        if not self.model.exercising:
            self._choose_another()
            self.picker.seek()

    def begin(self) -> None:
        """Propose what is for this patient, out of all exercises."""
        self.picker.propose()

    def refresh(self, now_s: float) -> None:
        """Show the picker or the exercise."""
        running, over = self.model.exercising, self.model.session.phase is Phase.DONE
        self._looking_back = running or (over and (self._was_running or self._looking_back))
        self._was_running = running
        training = self._looking_back
        shown = self.training if training else self.picker
        if shown is not self.stack.currentWidget():
            self.stack.setCurrentWidget(shown)
            if training:
                self.setFocus()  # on nothing that Enter could press
        assert self.main is not None
        for widget in (self.title, self.lead, self.main, self.evaluate, self.length):
            widget.setVisible(not training)
        misplaced = [] if training else self.picker.details.misplaced()
        put(self.misplaced, MISPLACED.format("; ".join(misplaced)))
        self.misplaced.setVisible(bool(misplaced))
        if training:
            self.training.refresh(now_s)
        else:
            self.picker.refresh()
            busy = self.model.busy
            self.main.setEnabled(self.picker.ready and not busy)
            self.evaluate.setEnabled(not busy and len(self.model.used()) > 1)

    def _choose_another(self) -> None:
        if self._looking_back:
            self._looking_back = False
            self.picker.propose()
        self.refresh(0.0)

"""Exercise: pick one; then see and steer it while it runs."""

from functools import partial

from PySide6.QtWidgets import QStackedWidget

from emg_config.muscles import unnamed
from emg_feedback.link.messages import Phase
from emg_feedback.training.evaluation import EXERCISES
from emg_feedback.training.goals import MaximumMissingError
from emg_feedback.views.console.exercises import refusal
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.picker import Picker
from emg_feedback.views.console.training import Training
from emg_feedback.views.console.widgets import button, label, put
from emg_feedback.views.console.words import EVALUATION, STEPS, Step, sentence

MISPLACED = "Check the electrodes for {}: the channel has another name."
TO_MAXIMUM = f"Go to {STEPS[Step.MAXIMUM]}"
FIRST = {
    Step.ELECTRODES: f"{EVALUATION}: name the muscles first",
    Step.REST: f"{EVALUATION}: rest first",
    Step.MAXIMUM: f"{EVALUATION}: maximum first",
}
WHAT_FOR = "How fast, how steady, how soon at rest, how long: two sides in about six minutes"


class ExercisePage(Page):
    """The picker, or the exercise that runs."""

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__(desk, Step.EXERCISE, "")
        self.title.hide()
        self.lead.hide()  # there is more to see than room
        self.picker = Picker(desk, wanted)
        self.training = Training(desk, self.again, self._choose_another)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.picker)
        self.stack.addWidget(self.training)
        self.body.addWidget(self.stack, 1)
        self.warning = label("", "warning", wrap=True)
        self.warning.hide()
        self.body.addWidget(self.warning)
        self.evaluate = button(EVALUATION, self.start_evaluation, tip=WHAT_FOR)
        self.length = self.picker.details.length
        self.foot.addWidget(self.length)
        self.foot.addWidget(self.evaluate)
        self.foot.addStretch(1)
        self.foot.addWidget(self.add_main("Start exercise"))
        measure = partial(desk.go, Step.MAXIMUM)
        self.to_maximum = button(TO_MAXIMUM, measure, key=f"F{Step.MAXIMUM:d}", kind="main")
        self.foot.addWidget(self.to_maximum)
        self._looking_back = False
        self._was_running = True  # a console opened after the exercise shows how it went

    @property
    def looking(self) -> bool:
        """Return whether an exercise is shown, not the picker."""
        return self.stack.currentWidget() is self.training

    def act(self) -> None:
        """Start what is chosen; after an exercise, start it again.

        From the result of an evaluation the same key would end the session, a page further on.
        """
        if not self.looking:
            self.picker.start()
        elif not (self.model.busy or self.model.has_result):
            self.again()

    def again(self) -> None:
        """Start what was done once more, as it was asked for; see what an evaluation came to."""
        if self.model.has_result:
            self.desk.go(Step.SUMMARY)
        elif self.model.session.parts:
            self.start_evaluation()
        else:
            self.picker.start_again()

    def start_evaluation(self) -> None:
        """Evaluate the left and the right of a muscle, or the first two muscles."""
        if (before := self._before_evaluation) is not None:
            self.desk.go(before)
            return
        self.desk.ask("start_evaluation", channels=self._compared)

    def seek(self) -> None:
        """Put the cursor into the search, if nothing runs."""
        if not self.model.exercising:
            self._choose_another()
            self.picker.seek()

    def begin(self) -> None:
        """Propose what is for this patient, out of all exercises."""
        self.picker.propose()

    def enter(self) -> None:
        """Propose what comes next, once it was seen that an evaluation is over."""
        if self.model.has_result and not self._was_running:
            self._choose_another()

    def refresh(self, now_s: float) -> None:
        """Show the picker or the exercise."""
        running, over = self.model.exercising, self.model.session.phase is Phase.DONE
        patient = self.model.session.patient
        if self._was_running and not running and patient is not None:
            self.desk.ask("history", patient=patient)  # the dose of today is the last one now
        self._looking_back = running or (over and (self._was_running or self._looking_back))
        self._was_running = running
        training = self._looking_back
        shown = self.training if training else self.picker
        if shown is not self.stack.currentWidget():
            self.stack.setCurrentWidget(shown)
            if training:
                self.setFocus()  # on nothing that Enter could press
        self.evaluate.setVisible(not training)
        self.length.setVisible(not training)
        if training:
            assert self.main is not None
            for widget in (self.main, self.to_maximum, self.warning):
                widget.hide()
            self.training.refresh(now_s)
        else:
            self.picker.refresh()
            self._show_ways()

    def _show_ways(self) -> None:
        """Offer what can be started now, and say what is in the way of the rest."""
        assert self.main is not None
        refused, busy = self.picker.refusal(), self.model.busy
        to_measure = isinstance(refused, MaximumMissingError)
        self.main.setVisible(not to_measure)
        self.main.setEnabled(self.picker.ready and not busy)
        self.to_maximum.setVisible(to_measure)
        misplaced = self.picker.details.misplaced()
        told = [MISPLACED.format(" and ".join(misplaced))] if misplaced else []
        if refused is not None:
            told.append(f"{sentence(str(refused))}.")
        put(self.warning, " ".join(told))
        self.warning.setVisible(bool(told))
        before = self._before_evaluation
        put(self.evaluate, EVALUATION if before is None else FIRST[before])
        self.evaluate.setEnabled(not busy and len(self.model.used()) > 1)

    @property
    def _compared(self) -> list[int]:
        """Return the channels that an evaluation compares."""
        return [*(self.model.sides() or self.model.used()[:2])]

    @property
    def _before_evaluation(self) -> Step | None:
        """Return which page must be done before an evaluation can begin."""
        views = self.model.channels(0.0)
        if any(views[channel].name == unnamed(channel) for channel in self._compared):
            return Step.ELECTRODES
        if any(views[channel].rest_uv is None for channel in self._compared):
            return Step.REST
        known = self.model.answers.protocols or []
        refused = [
            refusal(one, {}, self._compared, views) for one in known if one["name"] in EXERCISES
        ]
        lacking = any(isinstance(one, MaximumMissingError) for one in refused)
        return Step.MAXIMUM if lacking else None

    def _choose_another(self) -> None:
        if self._looking_back:
            self._looking_back = False
            self.picker.propose()
        self.refresh(0.0)

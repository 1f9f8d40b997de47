"""Summary: what was done today, exercise by exercise and muscle by muscle."""

from typing import Any

from PySide6.QtWidgets import QFrame, QVBoxLayout

from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.widgets import Table, button, label, put, row
from emg_feedback.views.console.words import STEPS, Step, microvolts, minutes, percent, seconds

EVALUATION_HEADS = [
    "Muscle", "Tone at rest", "Strength", "Begins after", "Varies by", "Lets go after", "Endurance",
]  # fmt: skip
HEADS = ["Muscle", "In band", "Work", "Rest", "Peak", "Started after", "Let go after"]


def rows_of(summary: dict[str, Any]) -> list[list[str]]:
    """Return a heading for each exercise, and a row for each of its muscles."""
    rows = []
    for exercise in summary.get("exercises", []):
        good, missed = int(exercise.get("good", 0)), int(exercise.get("missed", 0))
        heading = f"{exercise.get('title', '')}  –  {good} of {good + missed} good"
        if exercise.get("void"):
            heading += f", {exercise['void']} disturbed and not counted"
        rows.append([heading])
        for channel in exercise.get("channels", []):
            told = percent if channel.get("unit", "mvc") == "mvc" else microvolts
            rows.append(
                [
                    str(channel.get("name", "")),
                    percent(channel.get("time_in_band")),
                    told(channel.get("work_mean")),
                    told(channel.get("rest_mean")),
                    told(channel.get("peak")),
                    seconds(channel.get("onset_s")),
                    seconds(channel.get("release_s")),
                ]
            )
    return rows


def counted(number: int, thing: str) -> str:
    """Return how many there are of a thing."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def evaluation_rows(evaluation: dict[str, Any]) -> list[list[str]]:
    """Return a row of figures for each muscle of the initial evaluation."""
    return [
        [
            str(one.get("name", "")),
            percent(one.get("rest_share")),
            microvolts(one.get("mvc_uv")),
            seconds(one.get("reaction_s")),
            percent(one.get("steadiness_cv")),
            seconds(one.get("release_s")),
            percent(one.get("endurance")),
        ]
        for one in evaluation.get("channels", [])
    ]


class Evaluation(QFrame):
    """The initial evaluation on one page: figures, what stands out, a programme to begin with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self.table = Table(EVALUATION_HEADS)
        self.table.setFixedHeight(136)
        self.findings, self.programme = label("", wrap=True), label("", "quiet", wrap=True)
        self.take = button("Take this programme", self._take, kind="main")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addWidget(label("Initial evaluation", "head"))
        layout.addWidget(self.table)
        layout.addWidget(self.findings)
        layout.addWidget(self.programme)
        layout.addLayout(row(self.take, None))

    def refresh(self) -> None:
        """Show what was measured."""
        model = self._desk.model
        evaluation = model.evaluation
        self.table.show_rows(evaluation_rows(evaluation))
        said = "; ".join(str(one) for one in evaluation.get("findings", []))
        put(self.findings, f"Stands out: {said}." if said else "Nothing stands out.")
        titles = {one["name"]: str(one["title"]) for one in model.protocols or []}
        names = [str(item["protocol"]) for item in evaluation.get("programme", [])]
        proposed = ", ".join(titles.get(name, name) for name in names)
        put(self.programme, f"Proposed programme: {proposed}" if names else "")
        self.take.setVisible(bool(names) and model.session.patient is not None)

    def _take(self) -> None:
        patient, items = self._desk.model.session.patient, self._desk.model.evaluation["programme"]

        def kept(_result: Any) -> None:
            self._desk.ask("history", patient=patient)

        self._desk.ask("set_programme", then=kept, patient=patient, items=items)


class SummaryPage(Page):
    """End the session, then see what it was."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.SUMMARY, "")
        self.facts = label("", "head", wrap=True)
        self.table = Table(HEADS)
        self.body.addWidget(self.facts)
        self.body.addWidget(self.table, 1)
        self.evaluation = Evaluation(desk)
        self.body.addWidget(self.evaluation)
        self.body.addStretch()
        self.foot.addLayout(row(self.add_main("End session"), None))

    def act(self) -> None:
        """Close the session."""
        if self.model.session.patient is not None:
            self.desk.ask("end_session")

    def enter(self) -> None:
        """Ask how the initial evaluation went."""
        if self.model.session.patient is not None:
            self.desk.ask("evaluation")

    def refresh(self, now_s: float) -> None:
        """Show the summary, or what is still open."""
        patient, summary = self.model.session.patient, self.model.summary
        put(self.title, STEPS[Step.SUMMARY])
        assert self.main is not None
        self.main.setVisible(patient is not None)
        self.table.setVisible(summary is not None and patient is None)
        evaluated = bool(self.model.evaluation.get("channels")) and patient is not None
        self.evaluation.setVisible(evaluated)
        if evaluated:
            self.evaluation.refresh()
        if patient is not None:
            put(self.lead, f"End the session of {patient} when you are done.")
            put(self.facts, "Everything so far is kept. The summary comes when the session ends.")
        elif summary is not None:
            put(self.lead, f"The session of {summary.get('patient') or 'the patient'} has ended.")
            lost = int(summary.get("lost_samples") or 0)
            put(
                self.facts,
                f"{minutes(float(summary.get('seconds') or 0.0))}"
                f"  ·  {counted(len(summary.get('exercises', [])), 'exercise')}"
                f"  ·  {counted(lost, 'lost sample')}  ·  levels in % of maximum",
            )
            self.table.show_rows(rows_of(summary))
        else:
            put(self.lead, "No session is open. Begin one on page 1.")
            put(self.facts, "Without a session everything works, but nothing is kept.")

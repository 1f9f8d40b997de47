"""The initial evaluation, as the page Summary shows it."""

from typing import Any

from PySide6.QtWidgets import QFrame, QVBoxLayout

from emg_feedback.training.conclusion import conclusion
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.table import Table
from emg_feedback.views.console.widgets import button, label, put, row
from emg_feedback.views.console.words import (
    EVALUATION,
    STEPS,
    Step,
    microvolts,
    percent,
    seconds,
)

ON = f"Next: {STEPS[Step.EXERCISE]}"
PROPOSED, TAKEN = "Proposed programme", "The programme now"
HEADS = [
    "Muscle", "Tone\nat rest", "Full\neffort", "Begins\nafter", "Varies\nby", "Lets go\nafter",
    "Endurance",
]  # fmt: skip


def evaluation_rows(evaluation: dict[str, Any]) -> list[list[str]]:
    """Return a row of figures for each muscle of the initial evaluation."""
    return [
        [
            str(one.get("name", "")),
            percent(one.get("rest_share")),
            full_effort(one),
            seconds(one.get("reaction_s")),
            percent(one.get("steadiness_cv")),
            seconds(one.get("release_s")),
            percent(one.get("endurance")),
        ]
        for one in evaluation.get("channels", [])
    ]


def full_effort(one: dict[str, Any]) -> str:
    """Return a muscle's maximum, and from how much effort it was reckoned if that was less."""
    told, share = microvolts(one.get("mvc_uv")), one.get("fraction") or 1.0
    return f"{told} (from {percent(share)})" if share < 1.0 and one.get("mvc_uv") else told


class Evaluation(QFrame):
    """The initial evaluation on one page: figures, what stands out, a programme to begin with."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._patient: str | None = None
        self._programme: list[Any] = []
        self.head = label("", "head")
        self.table = Table(HEADS)
        self.findings, self.programme = label("", wrap=True), label("", "quiet", wrap=True)
        self.take = button("Take this programme", self._take, kind="main")
        exercise = Step.EXERCISE
        self.on = button(ON, lambda: desk.go(exercise), key=f"F{exercise:d}", kind="next")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.addWidget(self.head)
        layout.addWidget(self.table)
        layout.addWidget(self.findings)
        proposed = row(self.programme, self.take, self.on)
        proposed.setStretch(0, 1)
        layout.addLayout(proposed)
        layout.addStretch(1)

    def show_evaluation(self, evaluation: dict[str, Any], on: str, patient: str | None) -> None:
        """Show what was measured ``on`` a day; the programme is offered for a ``patient``."""
        put(self.head, f"{EVALUATION}, {on}" if on else EVALUATION)
        self.table.show_rows(evaluation_rows(evaluation))
        self.table.setFixedHeight(self.table.content_px)
        put(self.findings, conclusion(evaluation))
        protocols = self._desk.model.answers.protocols or []
        titles = {one["name"]: str(one["title"]) for one in protocols}
        self._patient, self._programme = patient, evaluation.get("programme", [])
        names = [str(item["protocol"]) for item in self._programme]
        proposed = ", ".join(titles.get(name, name) for name in names)
        kept = self._desk.model.answers.history_of(patient).get("programme", [])
        taken = bool(names) and [str(item["protocol"]) for item in kept] == names
        put(self.programme, f"{TAKEN if taken else PROPOSED}: {proposed}" if names else "")
        self.take.setVisible(bool(names) and patient is not None and not taken)
        self.on.setVisible(self._desk.model.session.patient is not None)

    def _take(self) -> None:
        patient = self._patient

        def kept(_result: Any) -> None:
            self._desk.ask("history", patient=patient)

        self._desk.ask("set_programme", then=kept, patient=patient, items=self._programme)

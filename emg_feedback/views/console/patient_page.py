"""Who: choose a patient or add one, see what was done last, open the session."""

import re
import time
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.training.conclusion import conclusion
from emg_feedback.views.console.named_list import NamedList, key_of
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.past import (
    earlier_sessions,
    pain_pressed,
    past_evaluation,
    told_sessions,
    visit,
    visits,
    what_was_done,
)
from emg_feedback.views.console.widgets import button, card, dress, label, put, row
from emg_feedback.views.console.words import EVALUATION, Step

ALLOWED = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")
NOBODY = "Nobody yet: add the first patient below."
NOTHING_DONE = "Nothing was measured, no exercise was done"
NOBODY_CHOSEN = "Nobody is chosen yet: pick a patient or add one, or go on without one by F2."
RULE = "Letters, figures, - and _, 32 at most. No names, no dates of birth."
TO_ADD = "Add {} first, or pick a patient."


def wrong_with(name: str, known: list[str]) -> str:
    """Return why a patient cannot be added under a name; empty if one can."""
    if name in known:
        return f"{name} is there already: pick that patient in the list."
    if ALLOWED.match(name):
        return ""
    odd = [letter for letter in dict.fromkeys(name) if not ALLOWED.match(f"a{letter}")]
    if not odd:
        return "It must begin with a letter or a figure."
    told = ", ".join("no space" if letter.isspace() else f"no “{letter}”" for letter in odd)
    return f"Only letters A to Z, figures, - and _: {told}."


class PatientPage(Page):
    """The list of patients, and what is known of the chosen one."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.PATIENT, "Who is training? Pick a patient, then begin.")
        self._patients: list[dict[str, Any]] | None = None
        self._history: dict[str, Any] = {}
        self._chosen: str | None = None
        self._opened: str | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search   Ctrl+F")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.list = NamedList()
        self.search.returnPressed.connect(self.list.setFocus)
        self.list.itemSelectionChanged.connect(self._choose)
        self.list.itemActivated.connect(self._activate)
        self.new = QLineEdit()
        self.new.setPlaceholderText("New patient, such as P-042")
        self.new.setMaxLength(32)
        self.new.textChanged.connect(lambda _text: self._judge_new())
        self.new.returnPressed.connect(self._add)
        self.new.setClearButtonEnabled(True)
        self.list.itemSelectionChanged.connect(self.new.clear)
        self.list.itemClicked.connect(lambda _item: self.new.clear())  # also who is chosen already
        self.add = button("Add", self._add)
        self.rule = label(RULE, "small", wrap=True)
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.search)
        left.addWidget(self.list, 1)
        self.nobody = label(NOBODY, "quiet", wrap=True)
        self.nobody.hide()
        left.addWidget(self.nobody)
        left.addLayout(row(self.new, self.add))
        left.addWidget(self.rule)
        right, inside = card()
        self.name = label("", "big")
        self.visits = label("", "quiet")
        self.programme_head = label("Programme", "head")
        self.programme = label("", wrap=True)
        self.past_head = label("Last session", "head")
        self.past = label("", "quiet", wrap=True)
        self.pain = label("", "bad", wrap=True)
        inside.addWidget(self.name)
        inside.addWidget(self.visits)
        self.known = QWidget()
        self.known.setObjectName("plain")
        known = QVBoxLayout(self.known)
        known.setContentsMargins(0, 0, 6, 0)
        self.evaluation_head, self.evaluation = label("", "head"), label("", "quiet", wrap=True)
        self.earlier_head, self.earlier = label("Earlier", "head"), label("", "quiet", wrap=True)
        for widget in (
            self.programme_head, self.programme, self.past_head, self.pain, self.past,
            self.evaluation_head, self.evaluation, self.earlier_head, self.earlier,
        ):  # fmt: skip
            known.addWidget(widget)
        known.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(self.known)
        inside.addWidget(scroll, 1)
        self.state = label("", "good", wrap=True)
        inside.addWidget(self.state)
        inside.addWidget(self.add_main("Begin session"))
        columns = QHBoxLayout()
        columns.setSpacing(20)
        columns.addLayout(left, 5)
        columns.addWidget(right, 5)
        self.body.addLayout(columns, 1)
        self.add_next()
        self._judge_new()

    def seek(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus()
        self.search.selectAll()

    def act(self) -> None:
        """Open a session for the chosen patient."""
        if self._can_begin:
            patient = self._chosen

            def begun(_result: Any) -> None:
                self.desk.ask("history", patient=patient)
                self.desk.go(Step.ELECTRODES)

            self.desk.ask("begin_session", then=begun, patient=patient)

    @property
    def _can_begin(self) -> bool:
        """Return whether it is clear whose session would begin."""
        is_clear = self._chosen is not None and not self.new.text()
        return is_clear and self.model.session.patient is None

    def go_on(self) -> None:
        """Open the chosen patient's session first, so that what is measured is kept."""
        if self.model.session.patient is None:
            self.act()
        else:
            super().go_on()

    def begin(self) -> None:
        """Show all patients, none of them chosen."""
        self._opened = None
        self.search.clear()
        self.list.clearSelection()

    def refresh(self, now_s: float) -> None:
        """Show the patients and the chosen one."""
        model = self.model
        if model.answers.patients is not None and model.answers.patients is not self._patients:
            self._patients = model.answers.patients
            self._fill()
            self._tell_chosen()
        self.nobody.setVisible(model.answers.patients == [])
        self.known.setVisible(self._chosen is not None)
        history = model.answers.history_of(self._chosen)
        if history is not self._history:
            self._history = history
            self._show_history()
        opened = model.session.patient
        if opened != self._opened:
            self._opened = opened
            self._show_chosen(opened or self._chosen)
        is_open = f"The session of {opened} is open. End it on page 6 to change."
        put(self.state, is_open if opened else NOBODY_CHOSEN)
        dress(self.state, "kind", "good" if opened else "quiet")
        self.state.setVisible(opened is not None or self._chosen is None)
        assert self.main is not None
        assert self.next is not None
        self.main.setEnabled(self._can_begin)
        self.next.setEnabled(opened is not None or self._can_begin)
        self.show_done(opened is not None)

    def _fill(self, choose: str | None = None) -> None:
        """List whom the search finds; the one it finds alone is chosen, one it hides no longer."""
        wanted = self.search.text().strip().lower()
        known = {str(one["id"]): one for one in self._patients or []}
        found = [name for name in known if wanted in name.lower()]
        chosen = choose or self._chosen
        if chosen not in found:
            chosen = found[0] if wanted and len(found) == 1 else self._opened
        self.list.blockSignals(True)
        self.list.clear()
        for name in found:
            self.list.add_row(name, name, visits(known[name], time.time()))
        self.list.blockSignals(False)
        self._show_chosen(chosen)

    def _show_chosen(self, patient: str | None) -> None:
        """Choose a patient in the list, as far as it shows that one."""
        self.list.blockSignals(True)
        for place in range(self.list.count()):
            if self.list.key(place) == patient:
                self.list.setCurrentRow(place)
        self.list.blockSignals(False)
        self._choose()

    def _activate(self, item: QListWidgetItem) -> None:
        """Begin with who is chosen; choose the one that only the keyboard is on."""
        if key_of(item) == self._chosen:
            self.new.clear()
            self.act()
        else:
            self.list.setCurrentItem(item)

    def _choose(self) -> None:
        before, selected = self._chosen, self.list.selectedItems()
        self._chosen = key_of(selected[0]) if selected else None
        if self._chosen != before:
            self._history = self.model.answers.history_of(self._chosen)
            self._show_history()
            self._tell_chosen()

    def _tell_chosen(self) -> None:
        """Tell when the chosen patient was here, and ask what was done."""
        put(self.name, self._chosen or "")
        known = [one for one in self._patients or [] if one["id"] == self._chosen]
        put(self.visits, visits(known[0], time.time()) if known else "")
        if known:
            self.desk.ask("history", patient=self._chosen)

    def _show_history(self) -> None:
        history = self._history
        titles = {one["name"]: one["title"] for one in self.model.answers.protocols or []}
        items = [
            f"{number}.  {titles.get(item['protocol'], item['protocol'])}"
            for number, item in enumerate(history.get("programme", []), start=1)
        ]
        put(self.programme, "\n".join(items) or "No exercises chosen yet")
        last = next(iter(told_sessions(history)), {})
        on = visit(last.get("started"), history, time.time())
        put(self.past_head, f"Last session, {on}" if on else "Last session")
        done = what_was_done(last) or [NOTHING_DONE if last else "Nothing yet"]
        put(self.past, "\n".join(done))
        put(self.pain, pain_pressed(last))
        self.pain.setVisible(bool(last.get("pain")))
        evaluation, on = past_evaluation(history)
        put(self.evaluation_head, f"{EVALUATION}, {on}" if on else EVALUATION)
        put(self.evaluation, conclusion(evaluation))
        for widget in (self.evaluation_head, self.evaluation):
            widget.setVisible(bool(evaluation))
        put(self.earlier, earlier_sessions(history, time.time()))
        for widget in (self.earlier_head, self.earlier):
            widget.setVisible(bool(self.earlier.text()))

    def _judge_new(self) -> None:
        name, wrong = self.new.text(), self._wrong
        self.add.setEnabled(bool(name) and not wrong)
        put(self.rule, wrong or (TO_ADD.format(name) if name else RULE))
        dress(self.rule, "kind", "bad" if wrong else "small")

    @property
    def _wrong(self) -> str:
        name, known = self.new.text(), [str(one["id"]) for one in self._patients or []]
        return wrong_with(name, known) if name else ""

    def _add(self) -> None:
        name = self.new.text()
        if not name or self._wrong:
            return

        def added(_result: Any) -> None:
            self.new.clear()
            self.search.clear()
            self._patients = self.model.answers.patients
            self._fill(name)

        self.desk.ask("add_patient", then=added, patient=name)

"""Which exercise, on which channels, and how much of it."""

import time
from typing import Any

from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QListWidgetItem, QVBoxLayout, QWidget

from emg_config import UserError
from emg_feedback.views.console.details import DOSE, Details
from emg_feedback.views.console.exercises import (
    found,
    proposed,
    rank,
    refusal,
    total_s,
    with_electrodes,
)
from emg_feedback.views.console.named_list import NamedList, key_of
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.past import LastDose, last_dose, past_sessions
from emg_feedback.views.console.widgets import label, put
from emg_feedback.views.console.words import MODES, minutes

OWN, OTHERS = "This patient's programme", "Other exercises"
DOSES = ("programme", "doses")
FITTING = "For the muscles with electrodes"
NONE = "No exercise for “{}”. Try a region, a muscle or a complaint."


class Picker(QWidget):
    """The library with a search, the chosen exercise beside it.

    The patient's programme is on top, then what is for the muscles that have electrodes.
    """

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._wanted = wanted
        self._protocols: list[dict[str, Any]] | None = None
        self._history: dict[str, Any] = {}
        self._names: list[str] = []
        self._proposed: str | None = None
        self._known: object = None
        self._by_hand = self._filling = False
        self._asked: dict[str, Any] | None = None
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: knee, back pain, stroke…   Ctrl+F")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda text: self._fill(searching=bool(text.strip())))
        self.search.returnPressed.connect(self._choose_first)
        self.list = NamedList()
        self.list.currentItemChanged.connect(lambda item, _before: self._choose(item))
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.search)
        self.nothing = label("", "warning", wrap=True)
        self.nothing.hide()
        left.addWidget(self.nothing)
        left.addWidget(self.list, 1)
        self.details = Details(desk)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(20)
        columns.addLayout(left, 4)
        columns.addWidget(self.details, 5)

    @property
    def chosen(self) -> dict[str, Any] | None:
        """Return the exercise that is chosen."""
        return self.details.chosen

    @property
    def ready(self) -> bool:
        """Return whether what is chosen can be started."""
        return self.chosen is not None and not self.faulty and self.refusal() is None

    @property
    def faulty(self) -> bool:
        """Return whether a target that was typed is none; its muscle says so."""
        return any(row.fault for row in self.details.muscles)

    def refusal(self) -> UserError | None:
        """Return why the engine would refuse what is chosen; None if it would not."""
        details = self.details
        if details.chosen is None or self.faulty:
            return None
        views = self._desk.model.channels(0.0)
        return refusal(details.chosen, details.changed_dose(), details.channels, views)

    def start(self) -> None:
        """Ask for the chosen exercise."""
        details = self.details
        if details.chosen is None or not self.ready:
            return
        channels = details.channels
        self._asked = {
            "name": details.chosen["name"],
            "dose": details.changed_dose(),
            "channels": channels if channels != list(range(len(channels))) else None,
        }
        self._desk.ask("start_protocol", **self._asked)

    def start_again(self) -> None:
        """Ask for the exercise that was, as it was asked for; by name if it was not asked here."""
        name, told = self._desk.model.session.protocol, self._desk.model.running or {}
        if self._asked is not None and self._asked["name"] == name:
            self._desk.ask("start_protocol", **self._asked)
        elif name is not None:
            dose = {field: told[field] for field in DOSE if field in told}
            self._desk.ask("start_protocol", name=name, dose=dose)

    def propose(self) -> None:
        """Choose what comes next, whatever was chosen before."""
        self._by_hand, self._known = False, None
        self.search.clear()

    def refresh(self) -> None:
        """Show the library and the programme as they are known."""
        model = self._desk.model
        history, names = model.answers.history_of(model.session.patient), model.muscle_names()
        known = model.answers.protocols if model.answers.protocols is not None else self._protocols
        doses_changed = any(history.get(one) != self._history.get(one) for one in DOSES)
        self._history = history
        if known is not self._protocols or doses_changed or names != self._names:
            self._protocols, self._names = known, names
            self._fill()
            if doses_changed and self.chosen is not None:
                self.details.show_programme(self._programme, self._last_of(self.chosen))
        self._follow_proposal()
        self.details.refresh()

    def _follow_proposal(self) -> None:
        """Choose what stands out, unless the therapist has chosen for this patient."""
        model = self._desk.model
        patient = model.session.patient
        history, names = model.answers.history_of(patient), model.muscle_names()
        past = past_sessions(history)
        before = [one.get("id") for one in past]
        known = (patient, before, bool(self._protocols), [*names], [*model.done])
        if known == self._known or self._by_hand or self.search.text():
            return
        self._known = known
        self._proposed = self._wanted or proposed(
            self._protocols or [],
            [str(item["protocol"]) for item in self._programme],
            [str(one.get("protocol")) for one in (past[0].get("exercises", []) if past else [])],
            model.done,
            names,
        )
        if self._proposed is not None:
            self._fill(keep=self._proposed)

    def seek(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus()
        self.search.selectAll()

    def _fill(self, *, searching: bool = False, keep: str | None = None) -> None:
        """Show what fits the search, its first hit chosen; else keep what is chosen."""
        if keep is None and not searching:
            keep = self.chosen["name"] if self.chosen else self._proposed
        wanted = self.search.text().strip()
        self._filling = True
        self.list.blockSignals(True)
        self.list.clear()
        doses = {name: one["dose"] for name, one in self._history.get("doses", {}).items()}
        doses |= {item["protocol"]: item.get("dose") or {} for item in self._programme}
        for title, members in self._sections().items():
            listed = [one for one in members if found(one, wanted)]
            if wanted:
                listed.sort(key=lambda one: rank(one, wanted))
            if listed and len(members) < len(self._protocols or []):
                self.list.add_head(title)
            for one in listed:
                self._add_row(one, doses.get(one["name"], {}))
        self.list.blockSignals(False)
        rows = [r for r in range(self.list.count()) if self.list.key(r) == keep]
        usable = [r for r in range(self.list.count()) if self.list.key(r)]
        if rows or usable:
            row = (rows or usable)[0]
            self.list.setCurrentRow(row)
            self._choose(self.list.item(row))
        elif self._protocols is not None:
            self.details.show_nothing()
        none = bool(wanted) and not usable
        put(self.nothing, NONE.format(wanted) if none else "")
        self.nothing.setVisible(none)
        self._filling = False
        self._by_hand = self._by_hand or (searching and bool(usable))

    def _sections(self) -> dict[str, list[dict[str, Any]]]:
        """Return the exercises under their headings, each once."""
        known = {one["name"]: one for one in self._protocols or []}
        listed = [item["protocol"] for item in self._programme]
        own = [known.pop(name) for name in listed if name in known]
        fitting = [one for one in known.values() if with_electrodes(one, self._names)]
        others = [one for one in known.values() if one not in fitting]
        return {OWN: own, FITTING: fitting, OTHERS: others}

    def _add_row(self, protocol: dict[str, Any], dose: dict[str, Any]) -> None:
        mode = MODES.get(str(protocol.get("mode")), "")
        region = str(protocol.get("region", "")).capitalize()
        about = f"{minutes(total_s(protocol, dose))} · {region} · {mode}"
        self.list.add_row(str(protocol["name"]), str(protocol["title"]), about)

    def _choose_first(self) -> None:
        usable = [r for r in range(self.list.count()) if self.list.key(r)]
        if usable:
            self.list.setCurrentRow(usable[0])
            self.list.setFocus()

    def _choose(self, item: QListWidgetItem | None) -> None:
        name = key_of(item)
        self._by_hand = self._by_hand or not self._filling
        known = [one for one in self._protocols or [] if one["name"] == name]
        if known and self.chosen != known[0]:
            self.details.show_exercise(known[0], self._programme, self._last_of(known[0]))

    @property
    def _programme(self) -> list[dict[str, Any]]:
        """Return the patient's programme."""
        return list(self._history.get("programme", []))

    def _last_of(self, protocol: dict[str, Any]) -> LastDose:
        """Return with which dose the patient did an exercise the last time."""
        return last_dose(self._history, str(protocol["name"]), time.time())

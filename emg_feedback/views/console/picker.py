"""Which exercise, on which channels, and how much of it."""

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.views.console.details import Details
from emg_feedback.views.console.exercises import found, total_s
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.widgets import Line, label
from emg_feedback.views.console.words import MODES, minutes

OWN, ALL = "This patient's programme", "All exercises"


class Picker(QWidget):
    """The library with a search, the patient's programme on top; the chosen exercise beside it."""

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._wanted = wanted
        self._protocols: list[dict[str, Any]] | None = None
        self._programme: list[dict[str, Any]] = []
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: knee, back pain, stroke…   Ctrl+F")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(lambda _text: self._fill())
        self.search.returnPressed.connect(self._choose_first)
        self.list = QListWidget()
        self.list.currentItemChanged.connect(lambda item, _before: self._choose(item))
        left = QVBoxLayout()
        left.setSpacing(10)
        left.addWidget(self.search)
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

    def start(self) -> None:
        """Ask for the chosen exercise."""
        details = self.details
        if details.chosen is None:
            return
        channels = [row.channel.currentIndex() for row in details.muscles]
        self._desk.ask(
            "start_protocol",
            name=details.chosen["name"],
            dose=details.changed_dose(),
            channels=channels if channels != list(range(len(channels))) else None,
        )

    def refresh(self) -> None:
        """Show the library and the programme as they are known."""
        model = self._desk.model
        programme = model.history_of(model.session.patient).get("programme", [])
        known = model.protocols if model.protocols is not None else self._protocols
        if known is not self._protocols or programme != self._programme:
            self._protocols, self._programme = known, programme
            self._fill()
            self.details.show_programme(programme)
        self.details.refresh()

    def seek(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus()
        self.search.selectAll()

    def _fill(self) -> None:
        keep = self.chosen["name"] if self.chosen else self._wanted
        known = {one["name"]: one for one in self._protocols or []}
        wanted = self.search.text().strip()
        self.list.blockSignals(True)
        self.list.clear()
        doses = {item["protocol"]: item.get("dose") or {} for item in self._programme}
        own = [known[item["protocol"]] for item in self._programme if item["protocol"] in known]
        for title, members in ((OWN, own), (ALL, known.values())):
            listed = [one for one in members if found(one, wanted)]
            if listed and own:
                head, shown = QListWidgetItem(), label(title, "column")
                shown.setContentsMargins(16, 8, 0, 0)
                head.setFlags(Qt.ItemFlag.NoItemFlags)
                head.setSizeHint(QSize(0, 40))
                self.list.addItem(head)
                self.list.setItemWidget(head, shown)
            for one in listed:
                self._add_row(one, doses.get(one["name"], {}) if members is own else {})
        self.list.blockSignals(False)
        rows = [r for r in range(self.list.count()) if self._name_at(r) == keep]
        usable = [r for r in range(self.list.count()) if self._name_at(r)]
        if rows or (usable and keep is None):
            self.list.setCurrentRow((rows or usable)[0])

    def _name_at(self, index: int) -> str:
        return str(self.list.item(index).data(Qt.ItemDataRole.UserRole) or "")

    def _add_row(self, protocol: dict[str, Any], dose: dict[str, Any]) -> None:
        item = QListWidgetItem()
        item.setData(Qt.ItemDataRole.UserRole, protocol["name"])
        item.setSizeHint(QSize(0, 68))
        shown = QWidget()
        inside = QVBoxLayout(shown)
        inside.setContentsMargins(16, 7, 12, 7)
        inside.setSpacing(0)
        title = Line("head")
        title.setText(str(protocol["title"]))
        inside.addWidget(title)
        mode = MODES.get(str(protocol.get("mode")), "")
        region = str(protocol.get("region", "")).capitalize()
        length = minutes(total_s(protocol, dose))
        about = Line("small")
        about.setText(f"{length} · {region} · {mode}")
        inside.addWidget(about)
        self.list.addItem(item)
        self.list.setItemWidget(item, shown)

    def _choose_first(self) -> None:
        usable = [r for r in range(self.list.count()) if self._name_at(r)]
        if usable:
            self.list.setCurrentRow(usable[0])
            self.list.setFocus()

    def _choose(self, item: QListWidgetItem | None) -> None:
        name = str(item.data(Qt.ItemDataRole.UserRole) or "") if item is not None else ""
        known = [one for one in self._protocols or [] if one["name"] == name]
        if known and self.chosen != known[0]:
            self.details.show_exercise(known[0], self._programme)

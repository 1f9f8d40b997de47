"""Which exercise, on which channels, and how much of it."""

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from emg_config.protocol import HIGHEST, Dose
from emg_feedback.views.console.exercises import channel_for, common_target, found, length_s
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.widgets import (
    Choice,
    Number,
    Stepper,
    button,
    captioned,
    card,
    label,
    put,
    row,
)
from emg_feedback.views.console.words import MODES, ROLES, minutes

OWN, ALL = "This patient's programme", "All exercises"
DOSE = {
    "repetitions": ("Repetitions", "", 1.0),
    "sets": ("Sets", "", 1.0),
    "hold_s": ("Hold", " s", 1.0),
    "relax_s": ("Rest between", " s", 1.0),
    "set_rest_s": ("Rest between sets", " s", 5.0),
    "prepare_s": ("Get ready", " s", 1.0),
}


class Picker(QWidget):
    """The library with a search, the patient's programme on top; the chosen exercise beside it."""

    def __init__(self, desk: Desk, wanted: str | None = None) -> None:
        super().__init__()
        self._desk = desk
        self._wanted = wanted
        self._protocols: list[dict[str, Any]] | None = None
        self._programme: list[dict[str, Any]] = []
        self._chosen: dict[str, Any] | None = None
        self._names: list[str] = []
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
        frame, inside = card()
        self.title = label("", "head", wrap=True)
        self.about = label("", "quiet", wrap=True)
        self.cue = label("", wrap=True)
        inside.addWidget(self.title)
        inside.addWidget(self.about)
        inside.addWidget(self.cue)
        self._muscles = QGridLayout()
        self._muscles.setSpacing(8)
        inside.addLayout(self._muscles)
        self.channels: list[Choice] = []
        self.dose = {
            field: Number(
                limits(Dose, field),
                limits(Dose, field)[0],
                suffix=unit,
                step=step,
                decimals=1 if unit else 0,
            )
            for field, (_, unit, step) in DOSE.items()
        }
        fields = QGridLayout()
        fields.setSpacing(10)
        for place, (field, (caption, _, _)) in enumerate(DOSE.items()):
            fields.addWidget(Stepper(caption, self.dose[field]), place // 2, place % 2)
            self.dose[field].valueChanged.connect(lambda _value: self._show_length())
        self.low, self.high = (
            Number((0.0, 100 * HIGHEST["mvc"]), 0.0, suffix=" %", decimals=1) for _ in range(2)
        )
        self.target = QWidget()
        target = row(
            captioned("Target from", self.low), captioned("to, of the maximum", self.high), None
        )
        target.setContentsMargins(0, 0, 0, 0)
        self.target.setLayout(target)
        inside.addWidget(self.target)
        inside.addLayout(fields)
        inside.addStretch(1)
        self.length = label("", "quiet")
        self.keep = button("", self._keep, kind="small")
        holder = QWidget()
        holder.setObjectName("plain")
        holder_layout = QVBoxLayout(holder)
        holder_layout.setContentsMargins(0, 0, 6, 0)
        holder_layout.addWidget(frame)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(holder)
        columns = QHBoxLayout(self)
        columns.setContentsMargins(0, 0, 0, 0)
        columns.setSpacing(20)
        columns.addLayout(left, 4)
        columns.addWidget(scroll, 5)

    @property
    def chosen(self) -> dict[str, Any] | None:
        """Return the exercise that is chosen."""
        return self._chosen

    def start(self) -> None:
        """Ask for the chosen exercise."""
        if self._chosen is None:
            return
        channels = [combo.currentIndex() for combo in self.channels]
        self._desk.ask(
            "start_protocol",
            name=self._chosen["name"],
            dose=self.changed_dose(),
            channels=channels if channels != list(range(len(channels))) else None,
        )

    def changed_dose(self) -> dict[str, Any]:
        """Return what differs from the exercise as it is in the library."""
        chosen = self._chosen or {}
        dose: dict[str, Any] = {}
        for field, number in self.dose.items():
            value = number.value()
            if value != float(chosen.get(field, value)):
                dose[field] = int(value) if field in ("repetitions", "sets") else value
        target = common_target(chosen)
        if target is not None:
            shown = (self.low.value() / 100, self.high.value() / 100)
            if any(abs(a - b) > 5e-4 for a, b in zip(shown, target, strict=True)):
                dose["target"] = shown
        return dose

    def refresh(self) -> None:
        """Show the library and the programme as they are known."""
        model = self._desk.model
        programme = model.history_of(model.session.patient).get("programme", [])
        known = model.protocols if model.protocols is not None else self._protocols
        if known is not self._protocols or programme != self._programme:
            self._protocols, self._programme = known, programme
            self._fill()
        names = [model.name(channel) for channel in range(model.n_channels)]
        if names != self._names:
            self._names = names
            self._show_muscles()
        chosen = self._chosen
        kept = chosen is not None and any(
            item["protocol"] == chosen["name"] for item in self._programme
        )
        put(self.keep, "Remove from programme" if kept else "Add to programme")
        self.keep.setVisible(chosen is not None and model.session.patient is not None)

    def seek(self) -> None:
        """Put the cursor into the search."""
        self.search.setFocus()
        self.search.selectAll()

    def _fill(self) -> None:
        keep = self._chosen["name"] if self._chosen else self._wanted
        known = {one["name"]: one for one in self._protocols or []}
        wanted = self.search.text().strip()
        self.list.blockSignals(True)
        self.list.clear()
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
                self._add_row(one)
        self.list.blockSignals(False)
        rows = [r for r in range(self.list.count()) if self._name_at(r) == keep]
        usable = [r for r in range(self.list.count()) if self._name_at(r)]
        if rows or (usable and keep is None):
            self.list.setCurrentRow((rows or usable)[0])

    def _name_at(self, index: int) -> str:
        return str(self.list.item(index).data(Qt.ItemDataRole.UserRole) or "")

    def _add_row(self, protocol: dict[str, Any]) -> None:
        item = QListWidgetItem()
        item.setData(Qt.ItemDataRole.UserRole, protocol["name"])
        item.setSizeHint(QSize(0, 68))
        shown = QWidget()
        inside = QVBoxLayout(shown)
        inside.setContentsMargins(16, 7, 12, 7)
        inside.setSpacing(0)
        inside.addWidget(label(str(protocol["title"]), "head"))
        mode = MODES.get(str(protocol.get("mode")), "")
        region = str(protocol.get("region", "")).capitalize()
        length = minutes(float(protocol.get("total_s") or 0.0))
        inside.addWidget(label(f"{region} · {mode} · {length}", "small"))
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
        if not known or (self._chosen is not None and self._chosen == known[0]):
            return
        self._chosen = chosen = known[0]
        mine = next((one for one in self._programme if one["protocol"] == name), {})
        dose = mine.get("dose") or {}
        put(self.title, str(chosen["title"]))
        helps = ", ".join(str(one) for one in chosen.get("helps", []))
        mode = MODES.get(str(chosen.get("mode")), "")
        put(self.about, f"{mode} · {helps}" if helps else mode)
        put(self.cue, f"“{chosen.get('cue')}”" if chosen.get("cue") else "")
        for field, number in self.dose.items():
            value = dose.get(field)
            number.setValue(float(chosen.get(field, 0.0) if value is None else value))
        target = dose.get("target") or common_target(chosen)
        self.target.setVisible(common_target(chosen) is not None)
        if target is not None:
            self.low.setValue(100 * target[0])
            self.high.setValue(100 * target[1])
        self._show_muscles()
        self._show_length()

    def _show_muscles(self) -> None:
        while (item := self._muscles.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.channels = []
        for place, muscle in enumerate((self._chosen or {}).get("muscles", [])):
            name = str(muscle["name"])
            combo = Choice()
            combo.addItems([f"{n + 1}  {one}" for n, one in enumerate(self._names)])
            combo.setCurrentIndex(channel_for(name, place, self._names))
            role = ROLES.get(str(muscle.get("role", "train")), "")
            self._muscles.addWidget(label(f"{name} ({role})", wrap=True), place, 0)
            self._muscles.addWidget(label("on", "quiet"), place, 1)
            self._muscles.addWidget(combo, place, 2)
            self.channels.append(combo)
        self._muscles.setColumnStretch(0, 1)
        self._muscles.setColumnStretch(2, 1)

    def _show_length(self) -> None:
        value = {field: number.value() for field, number in self.dose.items()}
        put(self.length, f"Takes about {minutes(length_s(value))}")

    def _keep(self) -> None:
        model, chosen = self._desk.model, self._chosen
        patient = model.session.patient
        if chosen is None or patient is None:
            return
        items = [item for item in self._programme if item["protocol"] != chosen["name"]]
        if len(items) == len(self._programme):
            items.append({"protocol": chosen["name"], "dose": self.changed_dose()})

        def kept(_result: Any) -> None:
            self._desk.ask("history", patient=patient)

        self._desk.ask("set_programme", then=kept, patient=patient, items=items)

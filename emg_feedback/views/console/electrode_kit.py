"""With which electrodes the session is recorded, and where those of a muscle go."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout

from emg_config.electrode import Electrode, Kind
from emg_feedback.views.console.exercises import in_full, where
from emg_feedback.views.console.inputs import Choice, Number
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.sent import Sent
from emg_feedback.views.console.widgets import button, label, put, row

KINDS: dict[Kind, str] = {
    "gel": "Gel, single use",
    "paste": "Reusable, with paste",
    "dry": "Reusable, dry",
    "probe": "Probe",
}
ASK = "Which electrodes?"


class ElectrodeKit(QFrame):
    """Kind, diameter and distance of the electrodes, the same for every muscle of the session."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._shown: Electrode | None = None
        self._sent = Sent[Electrode | None]()
        plain = Electrode()
        self.kind = Choice()
        self.kind.addItems([ASK, *KINDS.values()])
        self.kind.setMinimumWidth(190)
        self.kind.activated.connect(lambda _index: self._tell())
        self.across = Number(limits(Electrode, "size_mm"), plain.size_mm, suffix=" mm")
        self.spacing = Number(limits(Electrode, "spacing_mm"), plain.spacing_mm, suffix=" mm")
        for number in (self.across, self.spacing):
            number.setMinimumWidth(84)
            number.editingFinished.connect(self._tell)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.addLayout(
            row(
                label("Electrodes", "head"), self.kind,
                label("across", "quiet"), self.across,
                label("centre to centre", "quiet"), self.spacing,
                None, spacing=10,
            )
        )  # fmt: skip

    @property
    def chosen(self) -> Electrode | None:
        """Return what is chosen; None while no kind is."""
        index = self.kind.currentIndex()
        if index <= 0:
            return None
        return Electrode(
            kind=[*KINDS][index - 1], size_mm=self.across.value(), spacing_mm=self.spacing.value()
        )

    def refresh(self, now_s: float) -> None:
        """Show what the engine knows: what is worn on the first channel of which it is known."""
        model = self._desk.model
        known = (electrode for electrode in model.facts.electrodes if electrode is not None)
        pending = self._desk.pending("name_channel")
        told = self._sent.shown(next(known, None), now_s, pending=pending)
        if told != self._shown and not (self.across.hasFocus() or self.spacing.hasFocus()):
            self._shown = told
            self.kind.setCurrentIndex(0 if told is None else 1 + [*KINDS].index(told.kind))
            if told is not None:
                self.across.setValue(told.size_mm)
                self.spacing.setValue(told.spacing_mm)
        self.setEnabled(not model.busy and model.n_channels > 0)

    def _tell(self) -> None:
        model, chosen = self._desk.model, self.chosen
        if chosen is None or chosen == self._shown:
            return
        self._shown = chosen
        self._sent.hold(chosen)
        told = {"kind": chosen.kind, "size_mm": chosen.size_mm, "spacing_mm": chosen.spacing_mm}
        for channel in range(model.n_channels):
            self._desk.ask("name_channel", channel=channel, electrode=told)


class PlaceCard(QFrame):
    """Where the electrodes of one muscle go, once that was asked for."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self.muscle = ""
        self.head = label("", "head")
        self.facts = QGridLayout()
        self.facts.setVerticalSpacing(2)
        self.facts.setHorizontalSpacing(16)
        self.facts.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 10)
        layout.setSpacing(4)
        layout.addLayout(row(self.head, None, button("Close", self.hide, kind="small")))
        layout.addLayout(self.facts)
        self.hide()

    def tell(self, muscle: str) -> None:
        """Show where the electrodes of a muscle go; asked again, show it no longer."""
        told = in_full(where(muscle, self._desk.model.answers.placements))
        if not told or (self.isVisible() and muscle == self.muscle):
            self.hide()
            return
        self.muscle = muscle
        put(self.head, f"Where the electrodes go: {muscle}")
        while (item := self.facts.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, (heading, text) in enumerate(told):
            self.facts.addWidget(label(heading, "small"), place, 0, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(label(text, "small", wrap=True), place, 1)
        self.show()

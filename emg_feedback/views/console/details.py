"""The chosen exercise: its muscles, targets and dose, what it is for, its place in the list."""

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from emg_config.protocol import Dose
from emg_feedback.views.console.exercises import (
    aims,
    alike,
    channels_for,
    in_short,
    misplaced,
    moves_on,
    told_path,
    total_s,
    where,
)
from emg_feedback.views.console.inputs import Number, Stepper
from emg_feedback.views.console.last_dose import LastDoseLine
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.muscle_row import MuscleRow
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.past import LastDose
from emg_feedback.views.console.programme import Programme
from emg_feedback.views.console.widgets import card, label, put
from emg_feedback.views.console.words import MODES, minutes

DOSE = {
    "repetitions": ("Repetitions", "", 1.0),
    "sets": ("Sets", "", 1.0),
    "hold_s": ("Hold", " s", 1.0),
    "relax_s": ("Rest between", " s", 1.0),
    "set_rest_s": ("Rest between sets", " s", 5.0),
    "prepare_s": ("Get ready", " s", 1.0),
}


class Details(QScrollArea):
    """Everything of one exercise that can be read and changed before it starts."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._known: list[dict[str, Any] | None] = []
        self._names: list[tuple[int, str]] = []
        self.chosen: dict[str, Any] | None = None
        self.muscles: list[MuscleRow] = []
        frame, inside = card()
        self.title = label("", "head", wrap=True)
        self.about, self.cue = label("", "small", wrap=True), label("", wrap=True)
        self.posture, self.caution = label("", "small", wrap=True), label("", "caution", wrap=True)
        self.path, self.source = label("", wrap=True), label("", "fine", wrap=True)
        self.places = label("", "fine", wrap=True)
        inside.setContentsMargins(20, 8, 20, 12)
        inside.setSpacing(6)
        inside.addWidget(self.title)
        inside.addWidget(self.caution)
        self._muscles = QVBoxLayout()
        self._muscles.setSpacing(6)
        inside.addLayout(self._muscles)
        inside.addWidget(self.path)
        self.last = LastDoseLine(self._give)
        inside.addWidget(self.last)
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
        fields.setSpacing(6)
        for place, (field, (caption, _, _)) in enumerate(DOSE.items()):
            fields.addWidget(Stepper(caption, self.dose[field]), place // 2, place % 2)
            self.dose[field].valueChanged.connect(lambda _value: self._show_length())
        inside.addLayout(fields)
        for one in (self.cue, self.posture, self.about, self.places, self.source):
            inside.addWidget(one)
        self.programme = Programme(desk, self.changed_dose)
        self.length = label("", "quiet")
        self._holder = holder = QWidget()
        holder.setObjectName("plain")
        layout = QVBoxLayout(holder)
        layout.setContentsMargins(0, 0, 6, 0)
        layout.addWidget(frame)
        layout.addWidget(self.programme)
        layout.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(holder)
        holder.setVisible(False)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Return room for all that is in a line: it scrolls down only."""
        width = self._holder.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        return QSize(width, super().minimumSizeHint().height())

    @property
    def channels(self) -> list[int]:
        """Return the channel of each muscle."""
        return [row.on for row in self.muscles]

    def changed_dose(self) -> dict[str, Any]:
        """Return what differs from the exercise as it is in the library."""
        chosen = self.chosen or {}
        dose: dict[str, Any] = {}
        for field, number in self.dose.items():
            value = number.value()
            if value != float(chosen.get(field, value)):
                dose[field] = int(value) if field in ("repetitions", "sets") else value
        targets = [
            known if alike(row.aim, known) else row.aim
            for row, known in zip(self.muscles, self._known, strict=True)
        ]
        if targets != (plain := aims(chosen, {})):
            dose["targets"] = [
                None if aim == own else aim for aim, own in zip(targets, plain, strict=True)
            ]
        return dose

    def show_exercise(
        self, chosen: dict[str, Any], programme: list[dict[str, Any]], last: LastDose
    ) -> None:
        """Show another exercise, with the dose that it has for the patient."""
        self.chosen = chosen
        put(self.title, str(chosen["title"]))
        helps = ", ".join(str(one) for one in chosen.get("helps", []))
        mode = MODES.get(str(chosen.get("mode")), "")
        put(self.about, f"{mode} · {helps}" if helps else mode)
        path, source = told_path(chosen), chosen.get("source")
        for shown, text in (
            (self.cue, f"“{chosen.get('cue')}”" if chosen.get("cue") else ""),
            (self.posture, str(chosen.get("posture") or "")),
            (self.caution, str(chosen.get("caution") or "")),
            (self.path, f"Path: {path}." if path else ""),
            (self.source, f"Dose and targets: {source}" if source else ""),
        ):
            put(shown, text)
            shown.setVisible(bool(text))
        self._holder.setVisible(True)
        self.verticalScrollBar().setValue(0)
        self.show_programme(programme, last)

    def show_nothing(self) -> None:
        """Show that nothing is chosen."""
        self.chosen, self._known, self.muscles = None, [], []
        self._holder.setVisible(False)
        put(self.length, "")

    def show_programme(self, programme: list[dict[str, Any]], last: LastDose) -> None:
        """Show the dose that the exercise has in the programme, else that of the last time."""
        if self.chosen is None:
            return
        mine = [item for item in programme if item["protocol"] == self.chosen["name"]]
        if mine:
            self.last.hide()
            self._give(mine[0].get("dose") or {})
        else:
            self.last.begin(last)
        self.programme.show_exercise(self.chosen, programme)

    def misplaced(self) -> list[str]:
        """Return the muscles of the exercise that would be on a channel that is named otherwise."""
        muscles = [str(muscle["name"]) for muscle in (self.chosen or {}).get("muscles", [])]
        names = dict(self._names)
        return misplaced(muscles, [names.get(channel, "") for channel in self.channels])

    def refresh(self) -> None:
        """Follow the names of the channels, what was measured, and the patient."""
        model = self._desk.model
        names = [(channel, model.name(channel)) for channel in model.used()]
        if names != self._names:
            self._names = names
            self._show_muscles([row.aim for row in self.muscles])
        if self.chosen is None:
            return
        for row in self.muscles:
            row.mvc_uv = model.calibration.mvc_uv
        muscles = [str(muscle["name"]) for muscle in self.chosen.get("muscles", [])]
        known = [(name, in_short(where(name, model.answers.placements))) for name in muscles]
        put(self.places, "\n".join(f"{name}: {place}" for name, place in known if place))
        self.places.setVisible(any(place for _, place in known))
        self.programme.setVisible(model.session.patient is not None)
        self.programme.refresh(moves_on(self.chosen, [row.aim for row in self.muscles]))

    def _give(self, dose: dict[str, Any]) -> bool:
        """Show the exercise with a dose; return whether that is not the usual one."""
        chosen = self.chosen or {}
        for field, number in self.dose.items():
            value = dose.get(field)
            number.setValue(float(chosen.get(field, 0.0) if value is None else value))
        self._known = aims(chosen, dose)
        self._show_muscles(self._known)
        self._show_length()
        return bool(self.changed_dose())

    def _show_muscles(self, targets: list[dict[str, Any] | None]) -> None:
        while (item := self._muscles.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        muscles = (self.chosen or {}).get("muscles", [])
        known = [name for _, name in self._names]
        channels = channels_for([str(muscle["name"]) for muscle in muscles], known)
        self.muscles = [
            MuscleRow(muscle, aim, self._names, channel)
            for muscle, aim, channel in zip(muscles, targets, channels, strict=True)
        ]
        for row in self.muscles:
            self._muscles.addWidget(row)

    def _show_length(self) -> None:
        if self.chosen is not None:
            dose = {field: number.value() for field, number in self.dose.items()}
            put(self.length, f"Takes about {minutes(total_s(self.chosen, dose))}")

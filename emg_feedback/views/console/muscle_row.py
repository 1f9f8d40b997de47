"""A muscle of the chosen exercise: its channel, and its target with unit."""

from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from emg_config.protocol import HIGHEST, Unit
from emg_feedback.views.console.exercises import in_unit
from emg_feedback.views.console.inputs import Choice, Number
from emg_feedback.views.console.target import fault
from emg_feedback.views.console.widgets import label, put, row
from emg_feedback.views.console.words import ROLES

UNITS: tuple[Unit, ...] = ("mvc", "uv")
UNIT_WORDS = ("%", "µV")
UNIT_TIP = "% of maximum, or µV"
NUMBER_PX, UNIT_PX, CHANNEL_PX = 84, 86, 180


class MuscleRow(QWidget):
    """One muscle; ``changed`` tells that its target was changed by hand."""

    changed = Signal()

    def __init__(
        self,
        muscle: dict[str, Any],
        aim: dict[str, Any] | None,
        channels: list[tuple[int, str]],
        place: int,
    ) -> None:
        super().__init__()
        self._unit: Unit = "mvc"
        self.mvc_uv: list[float | None] = []
        role = ROLES.get(str(muscle.get("role", "train")), "")
        self.channel = Choice()
        self._channels = [channel for channel, _ in channels]
        self.channel.addItems([f"{channel + 1}  {name}" for channel, name in channels])
        self.channel.setCurrentIndex(place)
        self.low, self.high = (Number((0.0, 1.0), 0.0, decimals=1) for _ in range(2))
        for number in (self.low, self.high):
            number.setMinimumWidth(NUMBER_PX)
            number.valueChanged.connect(lambda _value: self.changed.emit())
            number.valueChanged.connect(lambda _value: self._judge())
            number.lineEdit().textEdited.connect(lambda _text: self._judge())
        self.unit = Choice()
        self.unit.addItems(UNIT_WORDS)
        self.unit.setFixedWidth(UNIT_PX)
        self.unit.setToolTip(UNIT_TIP)
        self.unit.activated.connect(self._change_unit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        head = row(label(f"{muscle['name']} ({role})", wrap=True), self.channel)
        head.setStretch(0, 1)
        head.setStretch(1, 2)
        self.channel.setMinimumWidth(CHANNEL_PX)
        layout.addLayout(head)
        self.target = QWidget()
        inside = row(
            label("Target", "quiet"), self.low, label("to", "quiet"), self.high, self.unit, None,
            spacing=6,
        )  # fmt: skip
        inside.setContentsMargins(0, 0, 0, 0)
        self.target.setLayout(inside)
        self.target.setVisible(aim is not None)
        layout.addWidget(self.target)
        self.fault = ""
        self.told_fault = label("", "caution", wrap=True)
        self.told_fault.hide()
        layout.addWidget(self.told_fault)
        if aim is not None:
            self.show_aim(aim)

    @property
    def on(self) -> int:
        """Return the channel that is chosen."""
        place = self.channel.currentIndex()
        return self._channels[place] if 0 <= place < len(self._channels) else 0

    @property
    def aim(self) -> dict[str, Any] | None:
        """Return the target as it would be sent; None for a muscle without one."""
        if self.target.isHidden():
            return None
        factor = 100 if self._unit == "mvc" else 1
        low, high = self.low.value() / factor, self.high.value() / factor
        return {"low": low, "high": high, "unit": self._unit}

    def show_aim(self, aim: dict[str, Any]) -> None:
        """Show another target."""
        self._unit = aim["unit"]
        factor = 100 if self._unit == "mvc" else 1
        self.unit.setCurrentIndex(UNITS.index(self._unit))
        for number, edge in ((self.low, aim["low"]), (self.high, aim["high"])):
            number.blockSignals(True)
            number.setRange(0.0, factor * HIGHEST[self._unit])
            number.setSuffix(" %" if self._unit == "mvc" else " µV")
            number.setValue(factor * edge)
            number.blockSignals(False)
        self._judge()

    def _judge(self) -> None:
        """Tell, while one types, why the two numbers are no target."""
        self.fault = fault(self.low.typed, self.high.typed)
        put(self.told_fault, self.fault)
        self.told_fault.setVisible(bool(self.fault))

    def _change_unit(self, index: int) -> None:
        aim, channel = self.aim, self.on
        if aim is not None:
            mvc_uv = self.mvc_uv[channel] if 0 <= channel < len(self.mvc_uv) else None
            self.show_aim(in_unit(aim, UNITS[index], mvc_uv))
            self.changed.emit()

"""Electrodes: which muscle is on which channel, and is the contact good."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCompleter,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.views.console.model import ChannelView
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.target import full_scale
from emg_feedback.views.console.widgets import Level, LightShape, dress, label, put
from emg_feedback.views.console.words import Light, Step, microvolts

KINDS = {Light.GOOD: "good", Light.WATCH: "watch", Light.BAD: "bad", Light.NONE: "quiet"}
LEAST_FULL_UV = 40.0
READY = "All electrodes are good. Go on to Rest."


class ElectrodeRow(QFrame):
    """One channel: number, muscle, light, word, what to do, level."""

    def __init__(self, desk: Desk, channel: int) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setFixedHeight(76)
        self._desk, self._channel = desk, channel
        self._shown = ""
        self.name = QLineEdit()
        self.name.setMaxLength(64)
        self.name.setMinimumWidth(190)
        self.name.editingFinished.connect(self._rename)
        self.light = LightShape(34)
        self.word, self.number, self.hint = (
            label("", "good"),
            label("", "small"),
            label("", "quiet"),
        )
        self.hint.setWordWrap(True)
        self.level, self.value = Level(), label("", "head")
        self.value.setFixedWidth(74)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.setSpacing(12)
        number = label(str(channel + 1), "head")
        number.setFixedWidth(24)
        layout.addWidget(number)
        layout.addWidget(self.name, 4)
        layout.addWidget(self.light)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.word)
        words.addWidget(self.number)
        words.addStretch(1)
        layout.addLayout(words, 2)
        layout.addWidget(self.hint, 4)
        layout.addWidget(self.level, 2)
        layout.addWidget(self.value)

    def complete_with(self, muscles: list[str]) -> None:
        """Offer known muscles while one types."""
        completer = QCompleter(muscles, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(completer)

    def show_channel(self, view: ChannelView, full_uv: float) -> None:
        """Show a channel as it is; the level bar ends at ``full_uv``."""
        if view.name != self._shown and not self.name.hasFocus():
            self._shown = view.name
            self.name.setText(view.name)
        quality = view.quality
        self.light.show_light(quality.light)
        put(self.word, quality.word)
        dress(self.word, "kind", KINDS[quality.light])
        put(self.number, view.quality_number)
        put(self.hint, quality.hint)
        self.level.show_level((view.envelope_uv or 0.0) / full_uv, stale=view.stale)
        put(self.value, "–" if view.stale else microvolts(view.envelope_uv))

    def _rename(self) -> None:
        text = " ".join(self.name.text().split())
        if text and text != self._shown:
            self._shown = text
            self._desk.ask("name_channel", channel=self._channel, muscle=text)
        elif not text:
            self.name.setText(self._shown)


class ElectrodesPage(Page):
    """A row for each channel."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            desk, Step.ELECTRODES, "Put the electrodes on and name the muscles. Wait for the ticks."
        )
        self.rows: list[ElectrodeRow] = []
        self._muscles: list[str] = []
        inside = QWidget()
        inside.setObjectName("plain")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(inside)
        self.body.addWidget(scroll, 1)
        self.said = label("", "good")
        self.foot.addWidget(self.said)
        self.add_next()

    def refresh(self, now_s: float) -> None:
        """Show every channel."""
        views = self.model.channels(now_s)
        while len(self.rows) < len(views):
            row = ElectrodeRow(self.desk, len(self.rows))
            row.complete_with(self._muscles)
            self._list.insertWidget(len(self.rows), row)
            self.rows.append(row)
        highest_uv = max((view.envelope_uv or 0.0 for view in views), default=0.0)
        full_uv = full_scale("uv", None, max(highest_uv, LEAST_FULL_UV))
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(views))
            if number < len(views):
                row.show_channel(views[number], full_uv)
        muscles = sorted(
            {
                str(muscle["name"])
                for protocol in self.model.protocols or []
                for muscle in protocol.get("muscles", [])
            }
        )
        if muscles != self._muscles:
            self._muscles = muscles
            for row in self.rows:
                row.complete_with(muscles)
        lights = [view.quality.light for view in views]
        worst = next((x for x in (Light.NONE, Light.BAD, Light.WATCH) if x in lights), Light.GOOD)
        if not views or worst is Light.NONE:
            put(self.said, "Nothing comes from the board yet")
        elif worst is Light.BAD:
            put(self.said, f"{lights.count(Light.BAD)} to mend before you measure")
        elif worst is Light.WATCH:
            put(self.said, "Good enough to go on; better without the warnings")
        else:
            put(self.said, READY)
        dress(self.said, "kind", KINDS[worst])

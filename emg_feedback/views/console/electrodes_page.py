"""Electrodes: which muscle is on which channel, with what, and is the contact good."""

import time
from collections.abc import Callable
from functools import partial

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

from emg_config.muscles import unnamed
from emg_feedback.views.console.electrode_kit import ElectrodeKit, PlaceCard
from emg_feedback.views.console.exercises import apart, together, where
from emg_feedback.views.console.inputs import Choice
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.past import visit
from emg_feedback.views.console.sent import Sent
from emg_feedback.views.console.shapes import Level, LightShape
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.target import full_scale
from emg_feedback.views.console.widgets import Line, button, dress, label, put, row
from emg_feedback.views.console.words import Light, Quality, Step, microvolts, sentence

KINDS = {Light.GOOD: "good", Light.WATCH: "watch", Light.BAD: "bad", Light.NONE: "quiet"}
LEAST_FULL_UV = 40.0
SIDES, SIDE_WORDS = ("", "left", "right"), ("–", "left", "right")
LEVEL_PX = 84
LONGEST_NAME = 58  # with its side 64 at most
USE_PX = 62
NOT_USED = Quality(Light.NONE, "Not in use", "")
LEAVE_OUT = "In use; press to leave this channel out"
TAKE_IN = "Left out; press to use this channel"
NOT_TAKEN = "A name was not taken: give that channel another one"
NAME_IT = "Name the muscle of {}, or take it out of use"
NAME_THEM = "Name the muscles of {} channels, or take them out of use"
ONLY_NAMED = "Use only the named"
READY = "All electrodes are good. Go on to Rest."
PUT_ON = "Put the electrodes on and name the muscles. Wait for the ticks."
AS_LAST = "As in the last session, {}. Check each electrode's place."


def in_a_ring(holders: dict[int, int]) -> int | None:
    """Return one of those who wait for each other in a ring, if any do."""
    for first, holder in holders.items():
        for _ in holders:
            if holder == first:
                return first
            holder = holders.get(holder, -1)
    return None


class ElectrodeRow(QFrame):
    """One channel: number, muscle and side, light, word, what to do, level; where it goes."""

    def __init__(self, desk: Desk, channel: int, tell_where: Callable[[str], None]) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._channel = desk, channel
        self._shown = ("", "")
        self.refusal = ""
        self._refused_over: set[tuple[str, str]] = set()
        self._sent = Sent[tuple[str, str]]()
        self.name = QLineEdit()
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setMinimumWidth(150)
        self.name.editingFinished.connect(self._rename)
        self.side = Choice()
        self.side.addItems(SIDE_WORDS)
        self.side.setFixedWidth(104)
        self.side.activated.connect(lambda _index: self._rename())
        self.light = LightShape(34)
        self.word, self.number = label("", "good"), Line("small")
        self.hint = label("", "small", wrap=True)
        self.level, self.value = Level(), label("", "head")
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.where = button("Where?", lambda: tell_where(self.muscle), kind="small")
        holder = QWidget()
        holder.setFixedHeight(72)
        layout = QHBoxLayout(holder)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(10)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 8, 14, 8)
        whole.setSpacing(0)
        self.refused = label("", "caution")
        self.refused.hide()
        whole.addWidget(holder)
        whole.addWidget(self.refused)
        self.use = button("", self._switch, kind="small")
        self.use.setCheckable(True)
        self.use.setFixedWidth(USE_PX)
        number = label(str(channel + 1), "head")
        number.setFixedWidth(20)
        layout.addWidget(number)
        layout.addWidget(self.use)
        layout.addWidget(self.name, 3)
        layout.addWidget(self.side)
        layout.addWidget(self.where)
        layout.addWidget(self.light)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        told = row(self.word, self.number, spacing=8)
        told.setStretch(1, 1)
        words.addLayout(told)
        words.addWidget(self.hint)
        words.addStretch(1)
        layout.addLayout(words, 4)
        levels = QVBoxLayout()
        levels.setSpacing(2)
        levels.addStretch(1)
        levels.addWidget(self.value)
        levels.addWidget(self.level)
        levels.addStretch(1)
        self.level.setFixedWidth(LEVEL_PX)
        layout.addLayout(levels)

    @property
    def muscle(self) -> str:
        """Return the muscle with its side, as it stands there."""
        text = " ".join(self.name.text().split())
        return together(text, SIDES[self.side.currentIndex()]) if text else ""

    def complete_with(self, muscles: list[str]) -> None:
        """Offer known muscles while one types."""
        completer = QCompleter(muscles, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        self.name.setCompleter(completer)

    def show_channel(
        self, view: ChannelView, now_s: float, full_uv: float, *, busy: bool, known: bool
    ) -> None:
        """Show a channel as it is; the level bar ends at ``full_uv``."""
        pending, known_name = self._desk.pending("name_channel"), apart(view.name)
        told = self._sent.shown(known_name, now_s, pending=pending)
        renamed = known_name == self._shown or known_name not in self._refused_over
        if renamed or not view.used:
            self.refusal = ""
        if told != self._shown and not (self.refusal or self.name.hasFocus()):
            self._put_name(told)
        for widget in (self.name, self.side):
            widget.setEnabled(not busy and view.used)
        self.use.setEnabled(not busy)
        self.use.setChecked(view.used)
        put(self.use, "On" if view.used else "Off")
        self.use.setToolTip(LEAVE_OUT if view.used else TAKE_IN)
        self.where.setVisible(known and view.used)
        quality = view.quality if view.used else NOT_USED
        self.light.show_light(quality.light)
        put(self.word, quality.word)
        dress(self.word, "kind", KINDS[quality.light])
        figure = view.quality_number if view.used else ""
        put(self.number, figure if quality.hint else "")
        put(self.hint, quality.hint or figure)
        put(self.refused, self.refusal)
        self.refused.setVisible(bool(self.refusal))
        dark = view.stale or not view.used
        self.level.show_level((view.envelope_uv or 0.0) / full_uv, stale=dark)
        put(self.value, "–" if dark else microvolts(view.envelope_uv))

    def forget(self) -> None:
        """Show the engine's name again, whatever was typed."""
        self._put_name(apart(self._desk.model.name(self._channel)))

    def _put_name(self, told: tuple[str, str]) -> None:
        self._shown, self.refusal = told, ""
        self.name.setText(told[0])
        self.side.setCurrentIndex(SIDES.index(told[1]))

    def _switch(self) -> None:
        used = self._desk.model.session.is_used(self._channel)
        self._desk.ask("name_channel", channel=self._channel, used=not used)

    def _rename(self) -> None:
        typed = " ".join(self.name.text().split())
        muscle, side = apart(typed)  # "Soleus left" may be typed, or taken from the list
        if side:
            self.name.setText(muscle)
            self.side.setCurrentIndex(SIDES.index(side))
        told = (muscle, SIDES[self.side.currentIndex()])
        if not muscle:
            self.forget()
        elif told != self._shown or self.refusal:
            self._shown = told
            self.ask_again()

    def ask_again(self) -> None:
        """Ask for the name that stands there."""
        self.refusal = ""
        self._sent.hold(self._shown)
        self._desk.ask(
            "name_channel",
            refused=partial(self._refuse, self._shown),
            channel=self._channel,
            muscle=together(*self._shown),
        )

    def give_up_name(self) -> None:
        """Let another channel have the name that the engine knows; the one asked for stays."""
        muscle = unnamed(self._channel)
        self._refused_over.add(apart(muscle))
        self._desk.ask("name_channel", channel=self._channel, muscle=muscle)

    def _refuse(self, told: tuple[str, str], why: str) -> None:
        """Keep a name that was refused, to be corrected, unless another was given since."""
        if told == self._shown:
            self.refusal = sentence(why)
            self._refused_over = {apart(self._desk.model.name(self._channel))}


class ElectrodesPage(Page):
    """With what is recorded; a row for each channel; where the electrodes of a muscle go."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.ELECTRODES, PUT_ON)
        self.rows: list[ElectrodeRow] = []
        self._muscles: list[str] = []
        self.kit = ElectrodeKit(desk)
        self.warnings = label("", "warning", wrap=True)
        self.warnings.hide()
        inside = QWidget()
        inside.setObjectName("plain")
        self._list = QVBoxLayout(inside)
        self._list.setContentsMargins(0, 0, 0, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        self.channels = QScrollArea()
        self.channels.setWidgetResizable(True)
        self.channels.setWidget(inside)
        self.place = PlaceCard(desk)
        self.body.addWidget(self.kit)
        self.body.addWidget(self.warnings)
        self.body.addWidget(self.channels, 1)
        self.body.addWidget(self.place)
        self._settled: tuple[list[str], dict[int, str]] = ([], {})
        self.said = label("", "good", wrap=True)
        self.foot.addWidget(self.said, 20)
        self.only_named = button(ONLY_NAMED, self.leave_out_nameless)
        self.foot.addWidget(self.only_named)
        self.add_next()

    def leave_out_nameless(self) -> None:
        """Take every channel out of use that has no muscle."""
        for channel in self._nameless:
            self.desk.ask("name_channel", channel=channel, used=False)

    @property
    def _nameless(self) -> list[int]:
        """Return the channels in use that have no muscle."""
        return [one for one in self.model.used() if self.model.name(one) == unnamed(one)]

    def begin(self) -> None:
        """Show the first channel, and no name that was refused."""
        self.channels.verticalScrollBar().setValue(0)
        for one in self.rows:
            one.forget()

    def refresh(self, now_s: float) -> None:
        """Show every channel."""
        model, views = self.model, self.model.channels(now_s)
        while len(self.rows) < len(views):
            row = ElectrodeRow(self.desk, len(self.rows), self.place.tell)
            row.complete_with(self._muscles)
            self._list.insertWidget(len(self.rows), row)
            self.rows.append(row)
        self.kit.refresh(now_s)
        history = model.answers.history_of(model.session.patient)
        last = visit(model.facts.channels_from, history, time.time())
        put(self.lead, AS_LAST.format(last) if last else PUT_ON)
        warnings = "\n".join(model.calibration.warnings)
        put(self.warnings, warnings)
        self.warnings.setVisible(bool(warnings))
        used = [view for view in views if view.used]
        highest_uv = max((view.envelope_uv or 0.0 for view in used), default=0.0)
        full_uv = full_scale("uv", max(highest_uv, LEAST_FULL_UV))
        for number, row in enumerate(self.rows):
            row.setVisible(number < len(views))
            if number < len(views):
                known = bool(where(row.muscle, model.answers.placements))
                row.show_channel(views[number], now_s, full_uv, busy=model.busy, known=known)
        muscles = sorted(
            {
                apart(str(muscle["name"]))[0]
                for protocol in model.answers.protocols or []
                for muscle in protocol.get("muscles", [])
            }
            | set(model.answers.placements)
        )
        if muscles != self._muscles:
            self._muscles = muscles
            for row in self.rows:
                row.complete_with(muscles)
        self._settle_names([view.name for view in views])
        self._show_state(used)

    def _settle_names(self, names: list[str]) -> None:
        """Ask again for refused names once they are free; where two want each other's, make one so.

        Sides are swapped by choosing one after the other: on the way both are refused.
        """
        refused = {
            number: one.muscle for number, one in enumerate(self.rows[: len(names)]) if one.refusal
        }
        if (names, refused) == self._settled or self.desk.pending("name_channel"):
            return
        self._settled = names, refused
        holders = {
            number: names.index(muscle) for number, muscle in refused.items() if muscle in names
        }
        for number in refused.keys() - holders.keys():
            self.rows[number].ask_again()
        ring = in_a_ring(holders)
        if ring is not None:
            self.rows[ring].give_up_name()

    def _show_state(self, used: list[ChannelView]) -> None:
        lights = [view.quality.light for view in used]
        nameless = [self.model.name(channel) for channel in self._nameless]
        some = 0 < len(nameless) < len(used)
        self.only_named.setVisible(some and not self.model.busy)
        worst = next((x for x in (Light.NONE, Light.BAD, Light.WATCH) if x in lights), Light.GOOD)
        if any(one.refusal for one in self.rows):
            worst = Light.WATCH
            put(self.said, NOT_TAKEN)
        elif not lights or worst is Light.NONE:
            put(self.said, "Nothing comes from the board yet")
        elif nameless:
            worst, n = Light.WATCH, len(nameless)
            put(self.said, NAME_IT.format(*nameless) if n == 1 else NAME_THEM.format(n))
        elif worst is Light.BAD:
            put(self.said, f"{lights.count(Light.BAD)} to mend before you measure")
        elif worst is Light.WATCH:
            put(self.said, "Good enough to go on; better without the warnings")
        else:
            put(self.said, READY)
        dress(self.said, "kind", KINDS[worst])
        self.show_done(bool(lights) and worst is Light.GOOD)

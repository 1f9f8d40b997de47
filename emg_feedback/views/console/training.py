"""The exercise while it runs: bars with their bands, what the therapist may change, results."""

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from emg_config.protocol import HIGHEST, Band
from emg_feedback.link.messages import AutoTarget, Phase
from emg_feedback.views.console.band import BandBar
from emg_feedback.views.console.exercises import in_short, where
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.model import ChannelView
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.path_steer import PathSteer
from emg_feedback.views.console.results import Results
from emg_feedback.views.console.widgets import (
    Line,
    Number,
    Ring,
    button,
    card,
    dress,
    label,
    put,
    row,
)
from emg_feedback.views.console.words import (
    MODES,
    NO_QUALITY,
    PAUSED_FOR,
    PHASES,
    ROLES,
    microvolts,
    percent,
)
from emg_feedback.views.words import Place

NUDGE = 0.05
EXTEND_S = 15.0
PLACES = {Place.BELOW: "▲ More", Place.IN: "✓ In the band", Place.ABOVE: "▼ Less", Place.NONE: ""}
HELD_S = 0.6
MOST_WIDE = 4
WIDE_PX, NARROW_PX = 78, 44
ONE_LINE_PX, MORE_LINES_PX = 0, 58
VALUE_PX, PLACE_PX = (72, 46), (112, 18)  # wide, narrow


class MuscleBar(QWidget):
    """A muscle's bar, its name, its verdict, and its band as two numbers."""

    def __init__(self, desk: Desk, channel: int) -> None:
        super().__init__()
        self._desk, self._channel = desk, channel
        self._unit = "mvc"
        self._sent: tuple[Band, float] | None = None
        self._now_s = 0.0
        self.name = label("", "head", wrap=True)
        self.value, self.place = label("", "head"), label("", "small")
        self.name.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.name.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = BandBar()
        self.bar.band_moved.connect(self._move)
        self.low = Number((0.0, 100 * HIGHEST["mvc"]), 0.0)
        self.high = Number((0.0, 100 * HIGHEST["mvc"]), 0.0)
        for number in (self.low, self.high):
            number.editingFinished.connect(self._type)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self.name)
        layout.addLayout(row(None, self.value, self.place, None, spacing=6))
        layout.addWidget(self.bar, 1)
        self.to = label("to", "quiet")
        self._numbers = row(None, self.low, self.to, self.high, None, spacing=4)
        self._numbers.setContentsMargins(0, 0, 0, 0)
        self.typed = QWidget()
        self.typed.setLayout(self._numbers)
        layout.addWidget(self.typed)

    def show_channel(
        self,
        view: ChannelView,
        now_s: float,
        *,
        movable: bool,
        narrow: bool,
        follows: bool,
        name_px: int,
    ) -> None:
        """Show a muscle as it is; its name is given room of ``name_px``.

        One that ``follows`` a path has no band of its own to type.
        """
        self._now_s = now_s
        dress(self.name, "kind", "column" if narrow else "head")
        self.name.setMinimumHeight(name_px)
        self.value.setFixedWidth(VALUE_PX[narrow])
        self.place.setFixedWidth(PLACE_PX[narrow])
        if view.unit != self._unit:
            self._unit = view.unit
            most = 100 * HIGHEST["mvc"] if view.unit == "mvc" else HIGHEST["uv"]
            for number in (self.low, self.high):
                number.setRange(0.0, most)
        band = view.target
        if self._sent is not None:  # until the engine has taken it, what was set is shown
            sent, until_s = self._sent
            if now_s > until_s or (band is not None and _same(band, sent)):
                self._sent = None
            else:
                band = sent
        self.bar.show_channel(view, band, movable=movable)
        self.name.setToolTip(in_short(where(view.name, self._desk.model.placements)))
        role = ROLES.get(view.role, "")
        put(self.name, f"{view.name}\n({role})" if view.role == "quiet" else view.name)
        level = percent(view.level) if view.unit == "mvc" else microvolts(view.level)
        put(self.value, "–" if view.stale else level)
        place = "Stale" if view.stale else PLACES[view.place]
        if view.role == "watch" and not narrow:
            place = f"({role})"
        if narrow:
            place = "" if view.stale else place[:1]
        put(self.place, place)
        dress(self.place, "kind", "good" if view.place is Place.IN else "small")
        self.to.setVisible(not narrow)
        self._numbers.setSpacing(2 if narrow else 4)
        policy = self.typed.sizePolicy()
        policy.setRetainSizeWhenHidden(not follows)
        self.typed.setSizePolicy(policy)
        self.typed.setVisible(band is not None and not follows)
        for number, edge in zip((self.low, self.high), band or (0.0, 0.0), strict=True):
            number.setEnabled(movable)
            number.setSuffix("" if narrow else " %" if view.unit == "mvc" else " µV")
            number.setMinimumWidth(NARROW_PX if narrow else WIDE_PX)
            dress(number, "kind", "narrow" if narrow else "")
            if not number.hasFocus():
                factor = 100 if view.unit == "mvc" else 1
                number.blockSignals(True)
                number.setValue(round(factor * edge))
                number.blockSignals(False)

    def _move(self, low: float, high: float) -> None:
        self._sent = (low, high), self._now_s + HELD_S
        self._desk.ask_newest(
            f"target {self._channel}",
            "set_target",
            channel=self._channel,
            low=low,
            high=high,
            unit=self._unit,
        )

    def _type(self) -> None:
        factor = 100 if self._unit == "mvc" else 1
        typed = self.low.value() / factor, self.high.value() / factor
        band = self.bar.band
        if band is not None and not _same(band, typed, 0.5 / factor):
            self._move(*typed)


def _same(a: Band, b: Band, within: float = 1e-6) -> bool:
    return abs(a[0] - b[0]) <= within and abs(a[1] - b[1]) <= within


class Training(QWidget):
    """Everything that a therapist sees and steers while an exercise runs."""

    def __init__(self, desk: Desk, another: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        frame, inside = card()
        self.title = label("", "lead")
        self.phase, self.count = label("", "big"), label("", "head")
        self.alarm = label("Out of the band for too long", "bad")
        self.ring = Ring(112)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.title)
        words.addWidget(self.phase)
        words.addWidget(self.count)
        words.addWidget(self.alarm)
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addWidget(self.ring)
        top.addLayout(words, 1)
        self.steer = QWidget()
        steer = QGridLayout(self.steer)
        steer.setContentsMargins(0, 0, 0, 0)
        steer.setSpacing(8)
        self.pause = button("Pause", self.pause_now, key="Ctrl+P")
        self.skip = button("Skip", self.skip_now, key="Ctrl+→")
        self.extend = button(f"Rest +{EXTEND_S:.0f} s", self.extend_rest, key="Ctrl+E")
        self.mark = button("Mark", self.mark_now, key="Ctrl+M")
        for place, one in enumerate((self.pause, self.skip, self.extend, self.mark)):
            steer.addWidget(one, place // 2, place % 2)
        self.another = button("Choose another exercise", another)
        self.another.setProperty("kind", "main")
        top.addWidget(self.steer)
        top.addWidget(self.another)
        inside.addLayout(top)
        self.cue, self.caution = Line("quiet"), label("", "caution", wrap=True)
        inside.addWidget(self.cue)
        inside.addWidget(self.caution)
        layout.addWidget(frame)
        holder = QWidget()
        holder.setObjectName("plain")
        self._bars = QHBoxLayout(holder)
        self._bars.setContentsMargins(0, 0, 0, 0)
        self._bars.setSpacing(6)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        self.bars: dict[int, MuscleBar] = {}
        bars, bars_inside = card()
        self.path = PathSteer(desk)
        self.path.hide()
        both = row(self.path, scroll, spacing=16)
        both.setStretch(0, 3)
        both.setStretch(1, 2)
        bars_inside.addLayout(both, 1)
        self.easier = button("Target −5 %", lambda: self.nudge(-NUDGE), key="Ctrl+↓")
        self.harder = button("Target +5 %", lambda: self.nudge(NUDGE), key="Ctrl+↑")
        self.auto = button("", lambda: self.set_auto(not self.auto_on), kind="small")
        self.auto.setCheckable(True)
        bars_inside.addLayout(row(self.easier, self.harder, None, self.auto))
        self.auto_rate, self.auto_low, self.auto_high = (
            Number(_percent_limits(field), 100 * value, suffix=" %", step=5)
            for field, value in (("rate", 0.8), ("low", 0.1), ("high", 0.8))
        )
        self.auto_limits = QWidget()
        auto_row = row(
            label("Aim for", "small"),
            self.auto_rate,
            label("success, with the target between", "small"),
            self.auto_low,
            label("and", "small"),
            self.auto_high,
            None,
        )
        auto_row.setContentsMargins(0, 0, 0, 0)
        self.auto_limits.setLayout(auto_row)
        for number in (self.auto_rate, self.auto_low, self.auto_high):
            number.editingFinished.connect(self._auto_typed)
        bars_inside.addWidget(self.auto_limits)
        layout.addWidget(bars, 1)
        self.results = Results(desk)

    @property
    def auto_on(self) -> bool:
        """Return whether the targets follow success now."""
        auto = self._desk.model.facts.auto_target
        return auto is not None and auto.on

    def pause_now(self) -> None:
        """Hold the exercise up."""
        self._desk.ask("pause", reason="asked")

    def skip_now(self) -> None:
        """Leave the present step out."""
        self._desk.ask("skip")

    def extend_rest(self) -> None:
        """Make the present rest longer."""
        self._desk.ask("extend_rest", seconds=EXTEND_S)

    def mark_now(self) -> None:
        """Mark this moment."""
        self._desk.ask("mark", label="mark")

    def nudge(self, by: float) -> None:
        """Move every target."""
        self._desk.ask("nudge_target", by=by)

    def set_auto(self, on: bool) -> None:
        """Let the targets follow success, or no longer."""
        if on:
            self._desk.ask(
                "auto_target",
                on=True,
                rate=self.auto_rate.value() / 100,
                low=self.auto_low.value() / 100,
                high=self.auto_high.value() / 100,
            )
        else:
            self._desk.ask("auto_target", on=False)

    def refresh(self, now_s: float) -> None:
        """Show the exercise as it is."""
        model, session = self._desk.model, self._desk.model.session
        said = PAUSED_FOR.get(session.paused_for, "Paused")
        paused = session.phase is Phase.PAUSE
        old = model.stale(now_s)
        put(self.phase, NO_QUALITY.word if old else said if paused else PHASES[session.phase])
        dress(self.phase, "state", "paused" if paused else "")
        put(self.title, session.title or "Exercise")
        mode = MODES.get(session.mode or "", "")
        where = f"Repetition {session.repetition} of {session.repetitions}"
        if session.sets > 1:
            where += f"  ·  Set {session.set} of {session.sets}"
        put(self.count, where if session.repetition else mode)
        self.alarm.setVisible(session.alarm)
        self.ring.show_left(None if old else model.seconds_left())
        running = model.exercising
        self.steer.setVisible(running)
        self.another.setVisible(not running)
        self.pause.setEnabled(running and not paused)
        self.skip.setEnabled(running)
        self.extend.setEnabled(session.phase is Phase.RELAX)
        self._show_bars(model.channels(now_s), now_s)
        self._show_facts(model.running if running else None)
        auto, on = model.facts.auto_target, self.auto_on
        self.auto.setChecked(on)
        put(self.auto, f"Automatic target is {'on' if on else 'off'}   Ctrl+T")
        self.auto_limits.setVisible(on)
        if auto is not None:
            for number, value in (
                (self.auto_rate, auto.rate),
                (self.auto_low, auto.low),
                (self.auto_high, auto.high),
            ):
                if not number.hasFocus():
                    number.setValue(round(100 * value))
        self.results.show_rows(model.results())

    def _show_bars(self, views: list[ChannelView], now_s: float) -> None:
        session = self._desk.model.session
        used = [view for view in views if view.role] or views
        for view in used:
            if view.number not in self.bars:
                made = MuscleBar(self._desk, view.number)
                self.bars[view.number] = made
                self._bars.addWidget(made, 1)
        running = self._desk.model.exercising
        movable = running and session.mode != "follow"
        follows = session.mode == "follow" and self._desk.model.course is not None
        self.path.setVisible(follows)
        if follows:
            trained = [view for view in used if view.role == "train"]
            self.path.show_path(trained, now_s, movable=running)
        narrow = len(used) > (1 if follows else MOST_WIDE)
        tall = narrow or follows or any(view.role == "quiet" for view in used)
        name_px = MORE_LINES_PX if tall else ONE_LINE_PX
        self._bars.setSpacing(2 if narrow else 6)
        shown = {view.number: view for view in used}
        for number, bar in self.bars.items():
            bar.setVisible(number in shown)
            if number in shown:
                bar.show_channel(
                    shown[number],
                    now_s,
                    movable=movable,
                    narrow=narrow,
                    follows=follows,
                    name_px=name_px,
                )

    def _show_facts(self, exercise: dict[str, Any] | None) -> None:
        told, cue = exercise or {}, self._desk.model.session.cue
        said = [f"“{cue}”" if cue else "", str(told.get("posture") or "")]
        self.cue.setToolTip("\n".join(said))
        for shown, text in (
            (self.cue, "   ".join(one for one in said if one)),
            (self.caution, str(told.get("caution") or "")),
        ):
            put(shown, text)
            shown.setVisible(bool(text))

    def _auto_typed(self) -> None:
        if self.auto_on:
            self.set_auto(True)


def _percent_limits(field: str) -> tuple[float, float]:
    least, most = limits(AutoTarget, field)
    return 100 * least, 100 * most

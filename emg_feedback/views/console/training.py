"""The exercise while it runs: bars with their bands, what the therapist may change, results."""

import math
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.link.messages import AutoTarget, Phase
from emg_feedback.views.console.inputs import Number
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.muscle_bar import MuscleBar
from emg_feedback.views.console.page import MAIN_KEY, NEXT_KEY, Desk
from emg_feedback.views.console.parts import count_of, what_of_each
from emg_feedback.views.console.path_steer import PathSteer
from emg_feedback.views.console.results import Results
from emg_feedback.views.console.shapes import Ring
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.widgets import Line, button, card, dress, label, put, row
from emg_feedback.views.console.words import (
    EVALUATION,
    MODES,
    NO_QUALITY,
    STEPS,
    Step,
)

SKIP_KEY = "Ctrl+→"
BACK_KEY = "Ctrl+←"
SKIP_PART_KEY = "Ctrl+Shift+→"
AGAIN, RESULT = "Same again", "See the result"
NUDGE = 0.05
ONE_GO_S = 1.5
EXTEND_S = 15.0
MOST_WIDE = 4


class Training(QWidget):
    """Everything that a therapist sees and steers while an exercise runs."""

    def __init__(self, desk: Desk, again: Callable[[], None], another: Callable[[], None]) -> None:
        super().__init__()
        self._desk = desk
        self._full: dict[int, float] = {}
        self._now_s, self._left_out_s = 0.0, -math.inf
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(12)
        frame, inside = card()
        self.title, self.phase = Line("lead"), label("", "phase", wrap=True)
        self.count, self.alarm = Line("head"), label("Out of the band for too long", "bad")
        self.ring = Ring(112)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.phase)
        words.addWidget(self.count)
        words.addWidget(self.alarm)
        words.addStretch(1)
        below = QHBoxLayout()
        below.setSpacing(20)
        below.addLayout(words, 1)
        told = QVBoxLayout()
        told.setSpacing(4)
        told.addWidget(self.title)
        told.addLayout(below)
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addWidget(self.ring)
        top.addLayout(told, 1)
        self.steer = QWidget()
        steer = QGridLayout(self.steer)
        steer.setContentsMargins(0, 0, 0, 0)
        steer.setSpacing(8)
        self.pause = button("Pause", self.pause_now, key="Ctrl+P")
        self.skip = button("Skip", self.skip_now, key=SKIP_KEY)
        self.extend = button(f"Rest +{EXTEND_S:.0f} s", self.extend_rest, key="Ctrl+E")
        self.mark = button("Mark", self.mark_now, key="Ctrl+M")
        for place, one in enumerate((self.pause, self.skip, self.extend, self.mark)):
            steer.addWidget(one, place // 2, place % 2)
        self.back = button("", self.take_back_now, kind="small")
        steer.addWidget(self.back, 2, 0, 1, 2)
        self.skip_part = button("", self.skip_part_now, kind="small")
        steer.addWidget(self.skip_part, 3, 0, 1, 2)
        self.over = QWidget()
        over = QVBoxLayout(self.over)
        over.setContentsMargins(0, 0, 0, 0)
        self.again = button(AGAIN, again, key=MAIN_KEY, kind="main")
        self.another = button("Another exercise", another, key="Ctrl+F")
        over.addWidget(self.again)
        over.addWidget(self.another)
        self.summary = button(
            STEPS[Step.SUMMARY], lambda: desk.go(Step.SUMMARY), key=NEXT_KEY, kind="next"
        )
        over.addWidget(self.summary)
        below.addWidget(self.steer, 0, Qt.AlignmentFlag.AlignTop)
        below.addWidget(self.over, 0, Qt.AlignmentFlag.AlignTop)
        inside.addLayout(top)
        self.cue, self.caution = Line("quiet"), label("", "caution", wrap=True)
        self.parts = label("", wrap=True)
        inside.addWidget(self.parts)
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
        for one in (self.easier, self.harder, self.auto):  # Enter must not change a target
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
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

    def take_back_now(self) -> None:
        """Have the repetition done after all that was skipped last."""
        self._desk.ask("take_back")

    def skip_part_now(self) -> None:
        """Leave out what is left of the present part of an evaluation, but not two in one go."""
        part = self._desk.model.session.part
        if part and self.isVisible() and self.skip_part.isEnabled():
            self._left_out_s = self._now_s
            self.skip_part.setEnabled(False)
            self._desk.ask("skip", part=part)

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
        self._now_s = now_s
        model, session = self._desk.model, self._desk.model.session
        paused = session.phase is Phase.PAUSE
        old = model.stale(now_s)
        put(self.phase, NO_QUALITY.word if old else model.asked_for)
        dress(self.phase, "state", "paused" if paused else "")
        put(self.title, EVALUATION if model.evaluated else session.title or "Exercise")
        mode = MODES.get(session.mode or "", "")
        evaluated, result = model.evaluated, model.has_result
        put(self.count, count_of(session) or ("" if evaluated else mode))
        put(self.again, f"{RESULT}   F{Step.SUMMARY:d}" if result else f"{AGAIN}   {MAIN_KEY}")
        self.summary.setVisible(not result)
        put(self.parts, what_of_each(session) if evaluated else "")
        self.parts.setVisible(evaluated)
        self.alarm.setVisible(session.alarm)
        self.ring.show_left(None if old else model.seconds_left())
        running = model.exercising
        self.steer.setVisible(running)
        self.over.setVisible(not running)
        self.pause.setEnabled(running and not paused)
        self.skip.setEnabled(running)
        last = session.skipped_last
        put(self.back, f"Do repetition {last[1]} after all   {BACK_KEY}" if last else "")
        self.back.setVisible(last is not None)
        put(self.skip_part, f"Leave out part {session.part}   {SKIP_PART_KEY}")
        self.skip_part.setVisible(session.part > 0)
        self.skip_part.setEnabled(now_s - self._left_out_s >= ONE_GO_S)
        for one in (self.easier, self.harder, self.auto):
            one.setVisible(running)
            one.setEnabled(session.mode != "free")
        self.extend.setEnabled(session.phase is Phase.RELAX)
        self._show_bars(model.muscles(now_s), now_s)
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
        self.results.show_rows(model.results(), now_s)

    def _show_bars(self, views: list[ChannelView], now_s: float) -> None:
        session = self._desk.model.session
        used = [view for view in views if view.role] or views
        for place, view in enumerate(used):
            if view.number not in self.bars:
                self.bars[view.number] = MuscleBar(self._desk, view.number)
            bar = self.bars[view.number]
            if self._bars.indexOf(bar) != place:
                self._bars.insertWidget(place, bar, 1)
        running = self._desk.model.exercising
        movable = running and session.mode != "follow"
        follows = session.mode == "follow" and self._desk.model.course is not None
        self.path.setVisible(follows)
        if follows:
            trained = [view for view in used if view.role == "train"]
            self.path.show_path(trained, now_s, movable=running)
        narrow = len(used) > (1 if follows else MOST_WIDE)
        self._bars.setSpacing(2 if narrow else 6)
        shown = {view.number: view for view in used}
        name_px = max((self.bars[number].name_px for number in shown), default=0)
        if not any(bar.bar.held for bar in self.bars.values()):
            self._full = {view.number: view.full for view in views}
        for number, bar in self.bars.items():
            bar.setVisible(number in shown)
            if number in shown:
                bar.show_channel(
                    shown[number],
                    now_s,
                    self._full.get(number, shown[number].full),
                    movable=movable,
                    narrow=narrow,
                    follows=follows,
                    name_px=name_px,
                )

    def _show_facts(self, exercise: dict[str, Any] | None) -> None:
        told = exercise or {}
        cue = "" if self._desk.model.evaluated else self._desk.model.session.cue
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

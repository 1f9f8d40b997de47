"""Maximum: trials of full effort, or of a part of it where full effort would hurt."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from emg_feedback.link.messages import CalibrateMvc, Phase
from emg_feedback.views.console.facts import Trial
from emg_feedback.views.console.inputs import Choice, Number, Stepper
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import LAST_KEY, MAIN_KEY, Desk, Page
from emg_feedback.views.console.past import moment
from emg_feedback.views.console.shapes import Level, Ring
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.target import full_scale
from emg_feedback.views.console.training import SKIP_KEY
from emg_feedback.views.console.widgets import Line, button, card, dress, label, put, row
from emg_feedback.views.console.words import Step, microvolts, percent

TRIALS, SECONDS, REST_S, PREPARE_S, EFFORT = 3, 5.0, 30.0, 3.0, 100.0
FULL = "Let the patient push as hard as possible without pain. Cheer."
LESS = "Let the patient push to about {} of full effort, without pain. Do not cheer."
PAINFUL = "Does full effort hurt? Ask for less, such as 50 %."
NEW_TODAY = "Electrodes are new today: measure again if you can."
WIDE_SPREAD = 0.1


class MuscleRow(QFrame):
    """One muscle: live level with its peak, best value, trials, and what can be done."""

    def __init__(self, desk: Desk, channel: int) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._channel = desk, channel
        self._peak_uv = 0.0
        self._previous: tuple[float, float, str] | None = None
        self.name, self.best = Line("head"), label("", "head")
        self.level = Level()
        self.trials, self.spread = label("", "quiet", wrap=True), label("", "small")
        self.drop: QPushButton = button("Drop last trial", self._drop, kind="small")
        self.name.setFixedWidth(216)
        self.best.setFixedWidth(84)
        self.best.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 6, 16, 6)
        layout.setSpacing(2)
        layout.addLayout(row(self.name, self.level, self.best))
        measured = row(self.trials, self.spread)
        measured.setStretch(0, 1)
        self.last = label("", "fine", wrap=True)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addLayout(measured)
        words.addWidget(self.last)
        below = row(self.drop)
        below.insertLayout(0, words, 1)
        layout.addLayout(below)

    def show_muscle(
        self,
        view: ChannelView,
        trials: list[Trial],
        spread: float | None,
        fraction: float | None,
        previous: tuple[float, float, str] | None,
        *,
        measuring: bool,
        busy: bool,
    ) -> None:
        """Show a muscle as it is."""
        level_uv = view.envelope_uv or 0.0
        self._peak_uv = max(self._peak_uv, level_uv) if measuring else 0.0
        full_uv = full_scale("uv", max(level_uv, self._peak_uv, view.mvc_uv or 0.0))
        self.level.show_level(
            level_uv / full_uv, (self._peak_uv or view.mvc_uv or 0.0) / full_uv, stale=view.stale
        )
        put(self.name, view.name)
        put(self.best, microvolts(view.mvc_uv) if view.mvc_uv is not None else "To do")
        dress(self.best, "kind", "good" if view.mvc_uv is not None else "head")
        said = [
            f"{microvolts(one.mvc_uv)} ✓" if one.ok else f"not counted – {one.why}"
            for one in trials
        ]
        put(self.trials, "Trials: " + "   ·   ".join(said) if said else "No trial yet")
        words = []
        if fraction is not None and fraction < 1.0:
            words.append(f"from {percent(fraction)} effort")
        if spread is not None:
            words.append(f"spread {percent(spread)}")
        put(self.spread, ", ".join(words))
        dress(self.spread, "kind", "watch" if (spread or 0.0) > WIDE_SPREAD else "small")
        self.drop.setVisible(bool(trials))
        self.drop.setEnabled(not busy)
        self._previous = previous
        self.last.setVisible(previous is not None)
        if previous is not None:
            mvc_uv, share, day = previous
            effort = "full effort" if share == 1.0 else f"from {percent(share)} of full effort"
            put(self.last, f"Last session {microvolts(mvc_uv)}, {effort}, {day}")

    def _drop(self) -> None:
        self._desk.ask("drop_trial", channel=self._channel)

    @property
    def has_previous(self) -> bool:
        """Return whether there is a value of the last session."""
        return self._previous is not None

    def take_previous(self) -> None:
        """Take the last session's value."""
        if self._previous is not None:
            mvc_uv, share, _ = self._previous
            number = self._channel
            self._desk.ask("set_reference", channel=number, mvc_uv=mvc_uv, fraction=share)


class MaximumPage(Page):
    """How to measure, on top; a row for each muscle below."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.MAXIMUM, FULL)
        self.rows: list[MuscleRow] = []
        self._channels: list[int] = []
        frame, inside = card()
        self.muscle = Choice()
        self.trials = Number(limits(CalibrateMvc, "trials"), TRIALS)
        self.seconds = Number(limits(CalibrateMvc, "seconds"), SECONDS, suffix=" s")
        self.rest = Number(limits(CalibrateMvc, "rest_s"), REST_S, suffix=" s", step=5)
        least, most = limits(CalibrateMvc, "fraction")
        self.effort = Number((100 * least, 100 * most), EFFORT, suffix=" %", step=10)
        self.ring = Ring(116)
        self.said, self.count = label("", "big"), label("", "quiet")
        words = QVBoxLayout()
        words.setSpacing(6)
        words.addStretch(1)
        words.addWidget(self.said)
        words.addWidget(self.count)
        words.addWidget(self.muscle)
        words.addStretch(1)
        top = QHBoxLayout()
        top.setSpacing(20)
        top.addWidget(self.ring)
        top.addLayout(words, 1)
        ways = QVBoxLayout()
        ways.setSpacing(10)
        ways.addStretch(1)
        ways.addWidget(self.add_main("Measure"))
        self.last = button("Use last session's", self.take_last, key=LAST_KEY, kind="small")
        ways.addWidget(self.last)
        self.skip = button("Skip rest", lambda: desk.ask("skip"), key=SKIP_KEY, kind="small")
        ways.addWidget(self.skip)
        ways.addStretch(1)
        self.last.hide()
        self.skip.hide()
        top.addLayout(ways)
        inside.addLayout(top)
        self.settings = QWidget()
        steppers = row(
            Stepper("Trials", self.trials),
            Stepper("Length", self.seconds),
            Stepper("Rest between", self.rest),
            Stepper("Effort asked for", self.effort),
            None,
            spacing=8,
        )
        steppers.setContentsMargins(0, 0, 0, 0)
        self.settings.setLayout(steppers)
        inside.addWidget(self.settings)
        self.body.addWidget(frame)
        self.warnings = label("", "warning", wrap=True)
        self.warnings.hide()
        self.body.addWidget(self.warnings)
        holder = QWidget()
        holder.setObjectName("plain")
        self._list = QVBoxLayout(holder)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(8)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(holder)
        self.body.addWidget(scroll, 1)
        self.hint = label("", "quiet")
        self.foot.addWidget(self.hint)
        self.add_next()

    def begin(self) -> None:
        """Ask of the next patient what is asked of anyone."""
        self.muscle.setCurrentIndex(0)
        for number, usual in (
            (self.trials, TRIALS),
            (self.seconds, SECONDS),
            (self.rest, REST_S),
            (self.effort, EFFORT),
        ):
            number.setValue(usual)

    def act(self) -> None:
        """Measure."""
        self.desk.ask(
            "calibrate_mvc",
            channel=self._chosen,
            seconds=self.seconds.value(),
            trials=int(self.trials.value()),
            rest_s=self.rest.value(),
            prepare_s=PREPARE_S,
            fraction=self.effort.value() / 100,
        )

    def take_last(self) -> None:
        """Take the last session's maximum of the chosen muscle, or of all of them."""
        for one in self._with_last:
            one.take_previous()

    @property
    def _chosen(self) -> int | None:
        """Return the channel that is chosen; None for all of them."""
        chosen = self.muscle.currentIndex() - 1
        return self._channels[chosen] if chosen >= 0 else None

    @property
    def _with_last(self) -> list[MuscleRow]:
        if not self.muscle.isEnabled():
            return []
        wanted = self._channels if self._chosen is None else [self._chosen]
        return [self.rows[channel] for channel in wanted if self.rows[channel].has_previous]

    def refresh(self, now_s: float) -> None:
        """Show what runs, and every muscle."""
        model, session = self.model, self.model.session
        views, running = model.channels(now_s), model.measuring_maximum
        used = [view for view in views if view.used]
        self._show_choice(used)
        live = running and not model.stale(now_s)
        self.ring.show_left(model.seconds_left() if live else None)
        pushing = session.phase is Phase.MVC_CALIBRATION
        effort = session.effort if running else self.effort.value() / 100
        put(self.lead, LESS.format(percent(effort)) if effort < 1.0 else FULL)
        done = not running and bool(used) and all(view.mvc_uv is not None for view in used)
        if pushing:
            put(self.said, f"Push to {percent(effort)}" if effort < 1.0 else "Push!")
        elif running:
            put(self.said, "Rest" if session.phase is Phase.RELAX else model.asked_for)
        else:
            measured = any(one.ok for trials in model.calibration.trials for one in trials)
            put(self.said, ("✓ Measured" if measured else "✓ Last session's") if done else "Ready")
        paused = running and session.phase is Phase.PAUSE
        dress(self.said, "state", "paused" if paused else "reached" if done else "")
        of = f" of {session.repetitions}" if session.repetitions else ""
        put(self.count, f"Trial {session.repetition}{of}")
        self.count.setVisible(running)
        assert self.main is not None
        busy = running or model.measuring_rest or model.exercising
        self.main.setEnabled(not busy)
        self.show_done(done and not busy)
        put(self.main, f"{'Measure again' if done else 'Measure'}   {MAIN_KEY}")
        self.settings.setVisible(not busy)  # then there is room for the muscles
        self.hint.setVisible(not busy)
        self.skip.setVisible(running and session.phase is Phase.RELAX)
        self.muscle.setEnabled(not busy)
        refused = [model.calibration.refused] if model.calibration.refused else []
        told = [*refused, *model.calibration.warnings]
        self.warnings.setVisible(bool(told))
        put(self.warnings, "\n".join(told))
        while len(self.rows) < len(views):
            made = MuscleRow(self.desk, len(self.rows))
            self._list.insertWidget(len(self.rows), made)
            self.rows.append(made)
        known = model.calibration
        history = model.answers.history_of(session.patient)
        for number, one in enumerate(self.rows):
            one.setVisible(number < len(views) and views[number].used)
            if number < len(views):
                one.show_muscle(
                    views[number],
                    known.trials[number] if number < len(known.trials) else [],
                    known.spread[number] if number < len(known.spread) else None,
                    known.fraction[number] if number < len(known.fraction) else None,
                    previous_mvc(history, views[number].name),
                    measuring=pushing,
                    busy=busy,
                )
        offered = bool(self._with_last)
        self.last.setVisible(offered)
        put(self.hint, f"{PAINFUL}\n{NEW_TODAY}" if offered else PAINFUL)

    def _show_choice(self, used: list[ChannelView]) -> None:
        self._channels = [view.number for view in used]
        wanted = ["All muscles together", *(f"Only {view.name}" for view in used)]
        if wanted != [self.muscle.itemText(i) for i in range(self.muscle.count())]:
            chosen = max(0, self.muscle.currentIndex())
            self.muscle.clear()
            self.muscle.addItems(wanted)
            self.muscle.setCurrentIndex(chosen if chosen < len(wanted) else 0)


def previous_mvc(history: dict[str, Any], muscle: str) -> tuple[float, float, str] | None:
    """Return a muscle's newest MVC in µV, the share of effort it was reckoned from, and its day."""
    for past in history.get("calibrations", []):
        if past.get("muscle") == muscle and past.get("mvc_uv"):
            then = moment(past.get("measured"))
            day = f"{then.day} {then:%b %Y}" if then else "last time"
            return float(past["mvc_uv"]), float(past.get("fraction") or 1.0), day
    return None

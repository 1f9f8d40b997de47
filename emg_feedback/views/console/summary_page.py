"""Summary: what was done today, exercise by exercise and muscle by muscle."""

import time
from collections.abc import Iterable
from itertools import groupby
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QScrollArea

from emg_feedback.training.alike import shares
from emg_feedback.views.console.evaluation import Evaluation
from emg_feedback.views.console.misses import why_missed
from emg_feedback.views.console.page import MAIN_KEY, TURN_KEY, Desk, Page
from emg_feedback.views.console.parts import is_part, part_title
from emg_feedback.views.console.past import last_time, past_evaluation
from emg_feedback.views.console.table import Table
from emg_feedback.views.console.widgets import button, label, put, row
from emg_feedback.views.console.words import (
    EVALUATION,
    Step,
    microvolts,
    minutes,
    percent,
    seconds,
    sentence,
    unfinished,
)

UNBROKEN = "\N{NO-BREAK SPACE}"
UNKEPT = "Without a session everything works, but nothing is kept."
NOTHING_YET = "No repetition yet: each is told here as soon as it is over."
NOTHING_DONE = "No repetition was done in this session."
TO_EXERCISES, TO_EVALUATION = "See the exercises", "See the evaluation"
KEPT_SO_FAR = "Everything so far is kept."
UNITS = {
    "mvc": "levels in % of {whose} maximum",
    "uv": "µV cannot be compared with another day's: electrodes are never placed alike",
}
END, NEXT, FIRST = "End session", "Next patient", "Choose a patient"
UNKEPT_SO_FAR = "Not everything can be kept now."
ASK_AGAIN_S = 20.0
HEADS = [
    "Muscle", "Target", "In\nband", "Work", "Rest", "Peak", "Started\nafter", "Let go\nafter",
]  # fmt: skip


def rows_of(summary: dict[str, Any], history: dict[str, Any]) -> list[list[str]]:
    """Return a heading for each exercise, a row for each of its muscles, and remarks.

    These tell how it went the last time, and why some repetitions missed. The parts of the initial
    evaluation, whose figures have a page of their own, are remarks under one heading.
    """
    rows = []
    for evaluated, exercises in groupby(summary.get("exercises", []), is_part):
        if evaluated:
            rows += [[EVALUATION], *(["", heading(one)] for one in exercises)]
        else:
            rows += rows_of_exercises(exercises, summary.get("session"), history)
    return rows


def rows_of_exercises(
    exercises: Iterable[dict[str, Any]], session: object, history: dict[str, Any]
) -> list[list[str]]:
    """Return the rows of exercises of a session that are no parts of the evaluation."""
    rows = []
    for exercise in exercises:
        rows.append([heading(exercise)])
        for channel in exercise.get("channels", []) if counts(exercise)["done"] else ():
            unit = channel.get("unit", "mvc")
            told = percent if unit == "mvc" else microvolts
            target = channel.get("target")
            rows.append(
                [
                    str(channel.get("name", "")),
                    "–" if target is None else f"{level_of(target[0], unit)}–{told(target[1])}",
                    percent(channel.get("time_in_band")),
                    told(channel.get("work_mean")),
                    told(channel.get("rest_mean")),
                    told(channel.get("peak")),
                    seconds(channel.get("onset_s")),
                    seconds(channel.get("release_s")),
                ]
            )
        before = last_time(history, exercise.get("protocol"), session, time.time())
        further = (how_alike(exercise), by_set(exercise), missed_because(exercise), before)
        rows += [["", remark] for remark in further if remark]
    return rows


def heading(exercise: dict[str, Any]) -> str:
    """Return which exercise it was, and how far it went or is."""
    n = counts(exercise)
    judged = n["good"] + n["missed"]
    so_far = f"{n['done']} of {n['planned']} done so far"
    over = unfinished(n["done"], n["skipped"], n["planned"])
    told = [
        f"{n['good']} of {judged} good" if judged else "",
        so_far if exercise.get("running") else over,
        f"{n['void']} disturbed and not counted" if n["void"] else "",
    ]
    title = part_title(str(exercise.get("title", "")))
    return f"{title}  –  {', '.join(one for one in told if one)}"


def how_alike(exercise: dict[str, Any]) -> str:
    """Return how the sides shared an exercise in which they are to be alike."""
    uneven, pair = exercise.get("asymmetry"), exercise.get("pair") or []
    if exercise.get("mode") != "symmetry" or uneven is None or len(pair) != 2:
        return ""
    return f"Sides: {shares(uneven, pair)};  uneven by {percent(abs(uneven))}"


def by_set(exercise: dict[str, Any]) -> str:
    """Return how each set went, where there are several."""
    sets = exercise.get("sets") or []
    told = [
        f"set {one['set']}: {one['good']} of {one['good'] + one['missed']} good" for one in sets
    ]
    return sentence(";  ".join(told)) if len(sets) > 1 else ""


def counts(exercise: dict[str, Any]) -> dict[str, int]:
    """Return how many repetitions were planned, done, and what became of them."""
    names = ("good", "missed", "void", "skipped", "planned")
    told = {name: int(exercise.get(name) or 0) for name in names}
    return told | {"done": told["good"] + told["missed"] + told["void"]}


def missed_because(exercise: dict[str, Any]) -> str:
    """Return which repetitions were missed, and why."""
    told = []
    for score in exercise.get("missed_scores") or []:
        why = why_missed(score, exercise.get("mode"))
        number = f"{score.get('repetition')}"
        if int(score.get("set") or 1) > 1:
            number = f"set {score['set']}, {number}"
        told.append(f"{number} – {why}" if why else number)
    return f"Missed: {';  '.join(told)}" if told else ""


def level_of(value: float, unit: str) -> str:
    """Return the lower of two levels, of which the upper has the unit."""
    return f"{100 * value:.0f}" if unit == "mvc" else f"{value:.0f}"


def remarks(summary: dict[str, Any]) -> list[str]:
    """Return what else is to be known of a session: maxima, pauses, notes."""
    maxima = []
    for one in summary.get("maxima") or []:
        told = f"{one.get('name')} {microvolts(one.get('mvc_uv'))}"
        share = one.get("fraction") or 1.0
        notes = [f"from {percent(share)} of full effort"] if share < 1.0 else []
        if of_last_session(one):
            notes.append("last session's, not measured anew")
        said = f"{unbroken(told)} ({', '.join(map(unbroken, notes))})" if notes else unbroken(told)
        maxima.append(said)
    pauses = summary.get("pauses") or {}
    pain = int(pauses.get("pain") or 0)
    return [
        line
        for line in (
            f"Maximum: {'  ·  '.join(maxima)}" if maxima else "",
            f"{counted(pain, 'pause')} because of pain" if pain else "",
            *(f"Note: {note}" for note in summary.get("notes") or []),
        )
        if line
    ]


def of_last_session(maximum: dict[str, Any]) -> bool:
    """Return whether a maximum was taken from the last session, not measured."""
    return bool(maximum.get("last_uv")) and maximum["last_uv"] == maximum.get("mvc_uv")


def levels(exercises: list[dict[str, Any]], maxima: list[dict[str, Any]]) -> list[str]:
    """Return in which units levels are told, and what they can be compared with."""
    whose = "the" if any(map(of_last_session, maxima)) else "today's"
    channels = [one for exercise in exercises for one in exercise.get("channels", [])]
    units = {one.get("unit", "mvc") for one in channels}
    return [told.format(whose=whose) for unit, told in UNITS.items() if unit in units]


def evaluation_is_newest(summary: dict[str, Any]) -> bool:
    """Return whether the initial evaluation is what was done last, and is over."""
    exercises = [
        one for one in summary.get("exercises", []) if counts(one)["done"] or one.get("running")
    ]
    if not exercises:
        return True
    return is_part(exercises[-1]) and not exercises[-1].get("running")


def how_much(exercises: list[dict[str, Any]]) -> list[str]:
    """Return what was done: the initial evaluation, and how many exercises."""
    parts = sum(map(is_part, exercises))
    others = len(exercises) - parts
    return [EVALUATION] * bool(parts) + [counted(others, "exercise")] * bool(others)


def unbroken(text: str) -> str:
    """Return a text that stays in one line."""
    return text.replace(" ", UNBROKEN)


def counted(number: int, thing: str) -> str:
    """Return how many there are of a thing."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


class SummaryPage(Page):
    """See what was done so far, end the session, see what it was."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, Step.SUMMARY, "")
        self.facts = label("", "head", wrap=True)
        self.table = Table(HEADS)
        self.body.addWidget(self.facts)
        self.more = label("", wrap=True)
        self.more.hide()
        self.body.addWidget(self.more)
        self.evaluation = Evaluation(desk)
        self._evaluation = QScrollArea()
        self._evaluation.setWidgetResizable(True)
        self._evaluation.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._evaluation.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._evaluation.setWidget(self.evaluation)
        self._evaluation.hide()
        self.body.addWidget(self._evaluation, 1)
        self.body.addWidget(self.table, 1)
        self.body.addStretch()
        self.kept = label("", "quiet")
        self.turn = button("", self.turn_over)
        self.foot.addLayout(row(self.kept, None, self.turn, self.add_main(END)))
        self._asked: tuple[object, ...] = ()
        self._evaluation_chosen: bool | None = None
        self._was_newest = False
        self._told: tuple[object, object, list[list[str]]] = ({}, {}, [])

    def act(self) -> None:
        """Close the session, or go on to the next one."""
        if self.model.session.patient is None:
            self.desk.go(Step.PATIENT)
        else:
            self.desk.ask("end_session", then=lambda _result: self.table.scrollToTop())

    def turn_over(self) -> None:
        """Show the exercises for the evaluation, or the evaluation for the exercises."""
        if not self.turn.isHidden():
            self._evaluation_chosen = self._evaluation.isHidden()

    def enter(self) -> None:
        """Ask how the initial evaluation went, and what was done so far; show the newer."""
        self._asked, self._evaluation_chosen = (), None
        self._was_newest = True
        if not self.model.exercising:
            self.table.scrollToTop()
        if self.model.session.patient is not None:
            self.desk.ask("evaluation")

    def refresh(self, now_s: float) -> None:
        """Show what was done, and what is still open."""
        if self.model.session.patient is not None:
            self._ask_what_is_new(now_s)
        summary = self.model.answers.summary or {}
        evaluation = self._show_evaluation(summary)
        self._show_exercises(summary, evaluation)
        self._tell(summary)

    def _show_evaluation(self, summary: dict[str, Any]) -> bool:
        """Show the initial evaluation if it has the page; return whether it has."""
        answers, patient = self.model.answers, self.model.session.patient
        told, on, offer_to = answers.evaluation, "", patient or summary.get("patient")
        if not told.get("channels"):
            told, on = past_evaluation(answers.history_of(patient))
            offer_to = None  # the programme has moved on since
        evaluated, newest = bool(told.get("channels")), evaluation_is_newest(summary)
        if newest and not self._was_newest and patient is not None:
            self.desk.ask("evaluation")
        self._was_newest = newest
        chosen = self._evaluation_chosen
        shown = evaluated and (newest and not on if chosen is None else chosen)
        self._evaluation.setVisible(shown)
        self.turn.setVisible(evaluated)
        put(self.turn, f"{TO_EXERCISES if shown else TO_EVALUATION}   {TURN_KEY}")
        if shown:
            self.evaluation.show_evaluation(told, on, offer_to)
        return shown

    def _show_exercises(self, summary: dict[str, Any], evaluation: bool) -> None:
        """Show the exercises, unless the evaluation has the page, and what else is to be known."""
        more = remarks({**summary, "maxima": []} if evaluation else summary)
        put(self.more, "\n".join(more))
        self.more.setVisible(bool(more))
        history = self.model.answers.history_of(
            self.model.session.patient or summary.get("patient")
        )
        if self._told[0] is not summary or self._told[1] is not history:
            self._told = summary, history, rows_of(summary, history)
        rows = self._told[2]
        longer = len(rows) != self.table.rowCount() or self.table.isHidden()
        self.table.setVisible(bool(rows) and not evaluation)
        self.table.show_rows(rows)
        if longer and self.model.exercising:  # what runs is the last
            self.table.scrollToBottom()

    def _tell(self, summary: dict[str, Any]) -> None:
        """Tell whose session it is, how long and how much, and whether all is kept."""
        model, patient = self.model, self.model.session.patient
        assert self.main is not None
        put(self.main, f"{END if patient else NEXT if summary else FIRST}   {MAIN_KEY}")
        self.main.setEnabled(patient is None or not model.busy)
        put(self.kept, UNKEPT_SO_FAR if model.health.archive else KEPT_SO_FAR)
        self.kept.setVisible(patient is not None)
        if patient is not None:
            put(self.lead, f"What {patient} did so far. End the session when you are done.")
        elif summary:
            put(self.lead, f"The session of {summary.get('patient') or 'the patient'} has ended.")
        else:
            put(self.lead, "No session is open. Begin one on page 1.")
        done = [one for one in summary.get("exercises", []) if counts(one)["done"]]
        if done:
            facts = [
                minutes(float(summary.get("seconds") or 0.0)),
                *how_much(done),
                counted(int(summary.get("lost_samples") or 0), "lost sample"),
                *levels(done, summary.get("maxima") or []),
            ]
            put(self.facts, "  ·  ".join(facts))
        elif patient is not None:
            put(self.facts, NOTHING_YET)
        else:
            put(self.facts, NOTHING_DONE if summary else UNKEPT)

    def _ask_what_is_new(self, now_s: float) -> None:
        """Ask what was done whenever there may be more of it, and now and then."""
        session = self.model.session
        known = (session.phase, session.repetition, len(session.results), session.skipped)
        now = (*known, session.patient, now_s // ASK_AGAIN_S)
        if now != self._asked:
            self._asked = now
            self.desk.ask("summary")

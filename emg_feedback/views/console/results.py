"""The repetitions of the exercise so far, the newest on top."""

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from emg_feedback.link.messages import Phase
from emg_feedback.training.alike import shares
from emg_feedback.views.console.exercises import apart
from emg_feedback.views.console.facts import Figures, Row
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.shapes import LightShape
from emg_feedback.views.console.widgets import label, put
from emg_feedback.views.console.words import (
    RESULTS,
    Light,
    microvolts,
    percent,
    seconds_or_range,
    sentence,
)
from emg_feedback.views.sides import balance

# A time is told alone where it is known so well.
SURE_START_S, SURE_RELEASE_S = 0.020, 0.040
LIGHTS = {"good": Light.GOOD, "missed": Light.WATCH, "void": Light.NONE}


def line(row: Row) -> str:
    """Return what a repetition came to."""
    said = f"{row.number}  {RESULTS.get(row.result, row.result)}"
    return f"{said} – {row.why}" if row.why else said


def details(row: Row, name: Callable[[int], str]) -> str:
    """Return the figures of a repetition, those of several muscles a line each.

    ``name`` tells the muscle on a channel.
    """
    in_band = row.time_in_band if row.result != "void" else None
    together = [f"{percent(in_band)} in band" if in_band is not None else ""]
    if len(row.trained) < 2:
        of_one = [figure for one in row.trained for figure in figures(one)]
        return listed([*together, *of_one, row.remarks])
    muscles, sides = zip(*(apart(name(one.channel)) for one in row.trained), strict=True)
    names = [name(one.channel) for one in row.trained]
    if len(set(muscles)) == 1 and all(sides):
        names = [sentence(side) for side in sides]
    told = [listed(figures(one)) for one in row.trained]
    lines = [f"{who}: {what}" for who, what in zip(names, told, strict=True) if what]
    return "\n".join(line for line in (listed([*together, row.remarks]), *lines) if line)


def figures(one: Figures) -> list[str]:
    """Return what a muscle did in a repetition."""
    told = []
    if one.mean is not None:
        told.append(f"mean {percent(one.mean) if one.unit == 'mvc' else microvolts(one.mean)}")
    if (start_s := one.onset_latency_s) is not None:
        told.append(f"start {seconds_or_range(start_s, one.onset_between_s, SURE_START_S)}")
    if (let_go_s := one.release_s) is not None:
        known = seconds_or_range(let_go_s, one.release_between_s, SURE_RELEASE_S)
        told.append(f"let go {known}")
    return told


def listed(figures: list[str]) -> str:
    """Return figures one after the other, in a line."""
    return " · ".join(one for one in figures if one)


def shared_now(model: ConsoleModel, now_s: float) -> str:
    """Return how the sides share the hold that runs; a dash between holds, and where none knows."""
    session = model.session
    trained = [channel for channel, role in enumerate(session.roles) if role == "train"]
    found = balance(model.judged.levels, trained, session.sides)
    left, right, uneven = found or (0, 0, None)
    if uneven is None or session.phase is not Phase.HOLD or model.stale(now_s):
        return "Now: –"
    return f"Now: {shares(uneven, [model.name(left), model.name(right)])}"


class ResultRow(QWidget):
    """One repetition."""

    def __init__(self) -> None:
        super().__init__()
        self.shape, self.line = LightShape(24), label("", "head", wrap=True)
        self.details = label("", "fine", wrap=True)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 2, 0, 2)
        layout.setSpacing(10)
        layout.addWidget(self.shape, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.line)
        words.addWidget(self.details)
        layout.addLayout(words, 1)

    def show_row(self, row: Row, name: Callable[[int], str]) -> None:
        """Show a repetition; ``name`` tells the muscle on a channel."""
        self.shape.show_light(LIGHTS.get(row.result, Light.NONE))
        put(self.line, line(row))
        said = details(row, name)
        put(self.details, said)
        self.details.setVisible(bool(said))


class Results(QFrame):
    """All of them, below each other, and a place for a note."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk = desk
        self._shown: list[Row] | None = None
        self.rows: list[ResultRow] = []
        self.shared = label("", "head", wrap=True)
        self.head = label("Repetitions", "head")
        holder = QWidget()
        holder.setObjectName("plain")
        self._list = QVBoxLayout(holder)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(4)
        self._list.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(holder)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(14, 12, 8, 10)
        layout.setSpacing(6)
        layout.addWidget(self.shared)
        layout.addWidget(self.head)
        layout.addWidget(scroll, 1)
        self.note = QLineEdit()
        self.note.setPlaceholderText("Note   Ctrl+N, Enter keeps it")
        self.note.setMaxLength(1000)
        self.note.returnPressed.connect(self._keep_note)
        layout.addWidget(self.note)

    def show_rows(self, rows: list[Row], now_s: float) -> None:
        """Show the repetitions, if they are other than before, and how two sides share now."""
        model = self._desk.model
        self.shared.setVisible(model.session.mode == "symmetry" and model.exercising)
        put(self.shared, shared_now(model, now_s))
        good, part = sum(row.result == "good" for row in rows), model.session.part
        of = f"Part {part}" if part else "Repetitions"
        none = f"{of}: no repetition" if part else "No repetition yet"
        put(self.head, f"{of}: {good} of {len(rows)} good" if rows else none)
        if rows == self._shown:
            return
        self._shown = rows
        while len(self.rows) < len(rows):
            made = ResultRow()
            self._list.insertWidget(len(self.rows), made)
            self.rows.append(made)
        for number, one in enumerate(self.rows):
            one.setVisible(number < len(rows))
            if number < len(rows):
                one.show_row(rows[number], self._desk.model.name)

    def _keep_note(self) -> None:
        text = self.note.text().strip()
        if text:
            self._desk.ask("note", then=lambda _result: self.note.clear(), text=text)
        self.window().setFocus()

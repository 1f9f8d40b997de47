"""The chosen exercise in the patient's own programme: keep, move, take out; how it gets harder."""

from collections.abc import Callable
from typing import Any

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from emg_feedback.link.messages import ProgrammeItem
from emg_feedback.views.console.inputs import Number, Stepper
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.widgets import button, label, put

RELAXING = "stay-below"
STEP, AT, LIMIT = "step", "progress_at", "limit"
DEFAULTS = {STEP: 0.0, AT: 0.8, LIMIT: 0.8}
LOWEST = 0.02  # what a muscle that relaxes may be asked for at last
NOTHING: tuple[object, ...] = (None, [], ())
FIXED = "Its targets stay as they are; only those in % of maximum can move on by themselves."


class Programme(QFrame):
    """What can be done with the chosen exercise in the programme.

    Parameters
    ----------
    desk : Desk
    dose : callable
        Returns what differs from the exercise as it is in the library.
    """

    def __init__(self, desk: Desk, dose: Callable[[], dict[str, Any]]) -> None:
        super().__init__()
        self.setObjectName("card")
        self._desk, self._dose = desk, dose
        self._name = ""
        self._items: list[dict[str, Any]] = []
        self.head = label("", "head", wrap=True)
        self.numbers = {
            field: Number(_percents(field), 100 * DEFAULTS[field], suffix=" %", decimals=1, step=by)
            for field, by in ((STEP, 1.0), (AT, 5.0), (LIMIT, 5.0))
        }
        self.step = Stepper("Higher each time by", self.numbers[STEP])
        self.at = Stepper("if so many were good", self.numbers[AT])
        self.limit = Stepper("up to", self.numbers[LIMIT])
        self.progress = QWidget()
        steppers = QGridLayout(self.progress)
        steppers.setContentsMargins(0, 0, 0, 0)
        steppers.setSpacing(10)
        steppers.setColumnStretch(0, 1)
        steppers.setColumnStretch(1, 1)
        for place, one in enumerate((self.step, self.limit, self.at)):
            steppers.addWidget(one, place // 2, place % 2)
        self.fixed = label(FIXED, "small", wrap=True)
        self.keep = button("", self.keep_it, kind="small")
        self.earlier = button("▲ Earlier", lambda: self.shift(-1), kind="small")
        self.later = button("▼ Later", lambda: self.shift(1), kind="small")
        self.remove = button("Remove", self.take_out, kind="small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(20, 16, 20, 16)
        layout.setSpacing(10)
        layout.addWidget(self.head)
        layout.addWidget(self.progress)
        layout.addWidget(self.fixed)
        acts = QGridLayout()
        acts.setSpacing(10)
        for place, act in enumerate((self.keep, self.remove, self.earlier, self.later)):
            acts.addWidget(act, place // 2, place % 2)
        layout.addLayout(acts)

    @property
    def place(self) -> int | None:
        """Return where in the programme the exercise is; None if it is not in it."""
        places = (n for n, item in enumerate(self._items) if item["protocol"] == self._name)
        return next(places, None)

    def show_exercise(self, protocol: dict[str, Any], items: list[dict[str, Any]]) -> None:
        """Show another exercise, or a programme that was changed."""
        self._name, self._items = str(protocol["name"]), items
        relaxing = protocol.get("mode") == RELAXING
        defaults = DEFAULTS | ({LIMIT: LOWEST} if relaxing else {})
        kept = items[self.place] if self.place is not None else {}
        for field, number in self.numbers.items():
            number.setValue(round(100 * float(kept.get(field, defaults[field])), 2))
        self.step.name("Lower each time by" if relaxing else "Higher each time by")
        self.limit.name("down to" if relaxing else "up to")

    def refresh(self, moves_on: bool) -> None:
        """Show what can be done now."""
        place, n_items = self.place, len(self._items)
        listed = place is not None
        put(
            self.head,
            f"Number {place + 1} of {n_items} in the programme"
            if place is not None
            else "Not in the programme",
        )
        put(self.keep, "Keep changes" if listed else "Add to programme")
        self.keep.setEnabled(place is None or self.item() != _whole(self._items[place]))
        for one in (self.earlier, self.later, self.remove):
            one.setVisible(listed)
        self.earlier.setEnabled(bool(place))
        self.later.setEnabled(place is not None and place + 1 < n_items)
        self.progress.setVisible(moves_on)
        self.fixed.setVisible(not moves_on)

    def item(self) -> dict[str, Any]:
        """Return the exercise as it would be kept."""
        numbers = {field: round(number.value() / 100, 4) for field, number in self.numbers.items()}
        return _whole({"protocol": self._name, "dose": self._dose(), **numbers})

    def keep_it(self) -> None:
        """Add the exercise to the programme, or keep what was changed."""
        items, place = [*self._items], self.place
        if place is None:
            items.append(self.item())
        else:
            items[place] = self.item()
        self._send(items)

    def shift(self, by: int) -> None:
        """Do the exercise earlier or later."""
        items, place = [*self._items], self.place
        if place is not None and 0 <= place + by < len(items):
            items.insert(place + by, items.pop(place))
            self._send(items)

    def take_out(self) -> None:
        """Remove the exercise from the programme."""
        self._send([item for item in self._items if item["protocol"] != self._name])

    def _send(self, items: list[dict[str, Any]]) -> None:
        patient = self._desk.model.session.patient

        def kept(_result: Any) -> None:
            self._desk.ask("history", patient=patient)

        self._desk.ask("set_programme", then=kept, patient=patient, items=items)


def _whole(item: dict[str, Any]) -> dict[str, Any]:
    """Return an item with nothing left out but what the exercise itself says."""
    given = item.get("dose") or {}
    dose = {field: value for field, value in given.items() if value not in NOTHING}
    targets = [aim and {"unit": "mvc", **aim} for aim in dose.get("targets", [])]
    while targets and targets[-1] is None:
        targets.pop()
    dose["targets"] = targets
    if not targets:
        del dose["targets"]
    return {**DEFAULTS, **item, "dose": dose}


def _percents(field: str) -> tuple[float, float]:
    least, most = limits(ProgrammeItem, field)
    return 100 * least, 100 * most

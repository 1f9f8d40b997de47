"""A muscle while it is trained: its bar with its band, its verdict, its band as two numbers."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from emg_config.protocol import HIGHEST, Band
from emg_feedback.views.console.band import BandBar
from emg_feedback.views.console.exercises import in_short, where
from emg_feedback.views.console.inputs import Number
from emg_feedback.views.console.page import Desk
from emg_feedback.views.console.sent import Sent
from emg_feedback.views.console.shown import ChannelView
from emg_feedback.views.console.target import fault
from emg_feedback.views.console.widgets import dress, label, put, row
from emg_feedback.views.console.words import ROLES, microvolts, percent
from emg_feedback.views.words import Place

PLACES = {Place.BELOW: "▲ More", Place.IN: "✓ In the band", Place.ABOVE: "▼ Less", Place.NONE: ""}
RELAXED = "✓ Relaxed"
WIDE_PX, NARROW_PX = 78, 44
VALUE_PX, PLACE_PX = (72, 46), (112, 18)  # wide, narrow


class MuscleBar(QWidget):
    """A muscle's bar, its name, its verdict, and its band as two numbers."""

    def __init__(self, desk: Desk, channel: int) -> None:
        super().__init__()
        self._desk, self._channel = desk, channel
        self._unit = "mvc"
        self._sent = Sent[Band | None]()
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
            number.lineEdit().textEdited.connect(
                lambda _text: self._tell_fault((self.low.typed, self.high.typed))
            )
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
        self.fault = label("", "caution", wrap=True)
        self.fault.hide()
        layout.addWidget(self.fault)

    @property
    def name_px(self) -> int:
        """Return how high the name is, zero while there is none."""
        return max(0, self.name.heightForWidth(self.name.width()))

    def show_channel(
        self,
        view: ChannelView,
        now_s: float,
        full: float,
        *,
        movable: bool,
        narrow: bool,
        follows: bool,
        name_px: int,
    ) -> None:
        """Show a muscle as it is; its bar ends at ``full``, its name has room of ``name_px``.

        One that ``follows`` a path has no band of its own to type.
        """
        dress(self.name, "kind", "column" if narrow else "head")
        self.name.setMinimumHeight(name_px)
        self.value.setFixedWidth(VALUE_PX[narrow])
        self.place.setFixedWidth(PLACE_PX[narrow])
        if view.unit != self._unit:
            self._unit = view.unit
            most = 100 * HIGHEST["mvc"] if view.unit == "mvc" else HIGHEST["uv"]
            for number in (self.low, self.high):
                number.setRange(0.0, most)
        pending = self._desk.pending("set_target")
        band = self._sent.shown(view.band, now_s, pending=pending)
        self.bar.show_channel(view, band, full, movable=movable)
        self.name.setToolTip(in_short(where(view.name, self._desk.model.answers.placements)))
        role = ROLES.get(view.role, "")
        put(self.name, f"{view.name}\n({role})" if view.role == "quiet" else view.name)
        level = percent(view.level) if view.unit == "mvc" else microvolts(view.level)
        put(self.value, "–" if view.stale else level)
        place = "Stale" if view.stale else PLACES[view.place]
        if view.place is Place.IN and (view.role == "quiet" or view.target != view.band):
            place = RELAXED
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
            if not (self.low.hasFocus() or self.high.hasFocus()):
                self.fault.hide()
                factor = 100 if view.unit == "mvc" else 1
                number.blockSignals(True)
                number.setValue(round(factor * edge))
                number.blockSignals(False)

    def _move(self, low: float, high: float) -> None:
        self._sent.hold((low, high))
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
        band = self.bar.value
        if band is not None and not _same(band, typed, 0.5 / factor) and not fault(*typed):
            self._move(*typed)
        self._tell_fault(typed)

    def _tell_fault(self, typed: Band) -> None:
        why = fault(*typed)
        put(self.fault, why)
        self.fault.setVisible(bool(why))


def _same(a: Band, b: Band, within: float) -> bool:
    return abs(a[0] - b[0]) <= within and abs(a[1] - b[1]) <= within

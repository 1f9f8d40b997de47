"""What is in view on every page: the steps on the left, connection and stop at the bottom."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from emg_feedback.link.messages import Phase
from emg_feedback.views.console import theme
from emg_feedback.views.console.model import ConsoleModel
from emg_feedback.views.console.patient_screen import PatientScreen
from emg_feedback.views.console.progress import marks
from emg_feedback.views.console.shapes import LightShape, draw_light
from emg_feedback.views.console.shown import ChannelView, Link
from emg_feedback.views.console.widgets import button, dress, label, put
from emg_feedback.views.console.words import (
    DISCLAIMER,
    FIRST_START,
    LINK_LIVE,
    LINK_LOST,
    LINK_SILENT,
    LINK_WAITING,
    STEPS,
    TITLE,
    Light,
    Mark,
    Step,
)

LINKS = {
    Link.WAITING: (Light.NONE, LINK_WAITING),
    Link.LIVE: (Light.GOOD, LINK_LIVE),
    Link.SILENT: (Light.WATCH, LINK_SILENT),
    Link.LOST: (Light.BAD, LINK_LOST),
}
MARKS = {
    Mark.OPEN: theme.QUIET,
    Mark.RUNNING: theme.ACCENT,
    Mark.PAUSED: theme.BAD,
    Mark.DONE: theme.GOOD,
    Mark.CHECK: theme.WATCH,
}
NOTICE_S = 8.0
NOTHING_TO_STOP = "Nothing is running now"
PAIN, PAIN_KEY, PAIN_KEY_IN_TEXT = "Pause – pain", "Space", "F8"
ONLY_NOTED = "Nothing is running now: the pain will be noted"
ALREADY_PAUSED = "It pauses already, because of pain"
NARROWEST_PX, SHAPE_PX = 116, 24


class StepButton(QPushButton):
    """One step: its number, name, state and key."""

    def __init__(self, step: Step, clicked: Callable[[], None]) -> None:
        super().__init__()
        self.step, self.mark = step, Mark.OPEN
        self.setCheckable(True)
        self.setProperty("kind", "step")
        self.setFixedHeight(64)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(STEPS[step])
        self.clicked.connect(lambda _checked=False: clicked())

    def show_mark(self, mark: Mark, *, here: bool) -> None:
        """Show how far the step is, and whether its page is shown."""
        self.setChecked(here)
        if mark is not self.mark:
            self.mark = mark
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw it."""
        super().paintEvent(event)
        box, ink = QRectF(self.rect()), theme.colour(MARKS[self.mark])
        runs = self.mark in (Mark.RUNNING, Mark.PAUSED)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            disc = QRectF(22, box.center().y() - 17, 34, 34)
            if self.mark is Mark.DONE:
                draw_light(painter, Light.GOOD, disc)
            else:
                painter.setPen(Qt.PenStyle.NoPen if runs else ink)
                painter.setBrush(ink if runs else Qt.BrushStyle.NoBrush)
                painter.drawEllipse(disc)
                painter.setPen(theme.colour(theme.ON_ACCENT if runs else theme.TEXT))
                painter.setFont(theme.font(19))
                painter.drawText(disc, Qt.AlignmentFlag.AlignCenter, str(int(self.step)))
            painter.setPen(theme.colour(theme.TEXT))
            painter.setFont(theme.font(20))
            at = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(70, 7, -8, -27), at, STEPS[self.step])
            painter.setFont(theme.font(15))
            painter.setPen(ink)
            painter.drawText(box.adjusted(70, 34, -8, -7), at, self.mark.value)
            painter.setPen(theme.colour(theme.DIM))
            key = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(box.adjusted(70, 0, -14, 0), key, f"F{int(self.step)}")


class Rail(QWidget):
    """The steps of a session, one below the other, and the patient's screen."""

    def __init__(self, go: Callable[[Step], None], open_display: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("rail")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(212)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 14, 0, 6)
        layout.setSpacing(2)
        name, self.patient = label(TITLE, "head"), label("", "quiet", wrap=True)
        for one in (name, self.patient):
            one.setContentsMargins(22, 0, 12, 0)
            layout.addWidget(one)
        layout.addSpacing(10)
        self.steps: dict[Step, StepButton] = {}
        for step in Step:
            self.steps[step] = StepButton(step, partial(go, step))
            layout.addWidget(self.steps[step])
        layout.addStretch(1)
        self.display = PatientScreen(open_display)
        layout.addWidget(self.display)
        limits = label(DISCLAIMER, "fine", wrap=True)
        limits.setContentsMargins(22, 0, 12, 0)
        layout.addWidget(limits)

    def refresh(self, model: ConsoleModel, here: Step, now_s: float) -> None:
        """Show how far each step is."""
        patient = model.session.patient
        put(self.patient, f"Patient {patient}" if patient else "No session open")
        self.display.show_displays(model.facts.displays)
        for step, mark in marks(model, now_s).items():
            self.steps[step].show_mark(mark, here=step is here)


class QualityStrip(QWidget):
    """A light and a word for each channel, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._views: list[ChannelView] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumWidth(200)

    def show_channels(self, views: list[ChannelView]) -> None:
        """Show the quality of each channel."""
        before = [(view.name, view.quality) for view in self._views]
        self._views = views
        if before != [(view.name, view.quality) for view in views]:
            self.setAccessibleName("; ".join(f"{v.name}: {v.quality.word}" for v in views))
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Draw them; without room for the words, shapes and numbers only."""
        if not self._views:
            return
        wide = self.width() / len(self._views)
        with QPainter(self) as painter:
            for number, view in enumerate(self._views):
                box = QRectF(number * wide, 0, wide, self.height())
                if wide >= NARROWEST_PX:
                    self._draw_words(painter, view, box.adjusted(0, 0, -6, 0))
                else:
                    self._draw_shape(painter, view, box)

    def _draw_words(self, painter: QPainter, view: ChannelView, box: QRectF) -> None:
        middle = box.center().y()
        place = QRectF(box.x(), middle - SHAPE_PX / 2, SHAPE_PX, SHAPE_PX)
        draw_light(painter, view.quality.light, place)
        left = place.right() + 7
        at = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        for text, size, ink, y in (
            (view.quality.word, 16, theme.LIGHTS[view.quality.light], middle - 20),
            (view.name, 14, theme.QUIET, middle),
        ):
            painter.setFont(theme.font(size))
            painter.setPen(theme.colour(ink))
            room = box.right() - left
            fitting = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideMiddle, int(room)
            )
            painter.drawText(QRectF(left, y, room, 20), at, fitting)

    def _draw_shape(self, painter: QPainter, view: ChannelView, box: QRectF) -> None:
        size = min(SHAPE_PX, box.width() - 4)
        middle = box.center()
        draw_light(
            painter,
            view.quality.light,
            QRectF(middle.x() - size / 2, middle.y() - size / 2 - 8, size, size),
        )
        painter.setFont(theme.font(14))
        painter.setPen(theme.colour(theme.QUIET))
        painter.drawText(
            QRectF(box.x(), middle.y() + size / 2 - 6, box.width(), 18),
            Qt.AlignmentFlag.AlignCenter,
            str(view.number + 1),
        )


class Foot(QWidget):
    """Connection, delay, loss, quality; what was done or refused; stop, resume, pain."""

    def __init__(
        self, stop: Callable[[], None], resume: Callable[[], None], pain: Callable[[], None]
    ) -> None:
        super().__init__()
        self.setObjectName("foot")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedHeight(124)
        self.light, self.link = LightShape(26), label("", "head")
        self.figures = label("", "small")
        self.figures.setToolTip("Delay: from the muscle to this screen, as a rule (median)")
        self.notice = label("", "notice")
        self.notice.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.lights = QualityStrip()
        self.stop = button("Stop", stop, key="Esc", kind="stop")
        self.resume = button("Resume", resume, key="F9", kind="resume")
        self.pain = button(PAIN, pain, key=PAIN_KEY, kind="pain")
        self.pain.setFixedHeight(92)
        self.pain.setMinimumWidth(250)
        for one in (self.stop, self.resume, self.pain):
            one.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        state = QVBoxLayout()
        state.setSpacing(2)
        linked = QHBoxLayout()
        linked.setSpacing(10)
        linked.addWidget(self.light)
        linked.addWidget(self.link, 1)
        state.addLayout(linked)
        state.addWidget(self.figures)
        holder = QFrame()
        holder.setFixedWidth(232)
        holder.setLayout(state)
        top = QHBoxLayout()
        top.setSpacing(16)
        top.addWidget(holder)
        top.addWidget(self.lights, 1)
        left = QVBoxLayout()
        left.setSpacing(0)
        left.addWidget(self.notice)
        left.addLayout(top, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(20, 10, 20, 14)
        row.setSpacing(14)
        row.addLayout(left, 1)
        pair = QVBoxLayout()
        pair.setSpacing(6)
        pair.addWidget(self.stop)
        pair.addWidget(self.resume)
        row.addLayout(pair)
        row.addWidget(self.pain)

    def refresh(self, model: ConsoleModel, now_s: float, *, typing: bool = False) -> None:
        """Show things as they are; while one is ``typing`` a space is a space."""
        link = model.link(now_s)
        light, word = LINKS[link]
        self.light.show_light(light)
        put(self.link, word)
        live = link is Link.LIVE
        delay = f"{model.latency_ms:.0f} ms" if live and model.latency_ms is not None else "–"
        put(self.figures, f"Delay {delay}  ·  {model.lost_samples} lost samples")
        self.lights.show_channels(model.muscles(now_s))
        notice = model.notice
        fresh = notice is not None and now_s - notice.at_s < NOTICE_S
        if model.trouble:
            put(self.notice, model.trouble)
            dress(self.notice, "state", "refused")
        elif link is Link.LOST:
            put(self.notice, "No word from the engine: what is shown is old. It may come back.")
            dress(self.notice, "state", "refused")
        elif notice is not None and fresh:
            put(self.notice, notice.text)
            dress(self.notice, "state", "refused" if notice.refused else "done")
        else:
            put(self.notice, FIRST_START if link is Link.WAITING else "")
            dress(self.notice, "state", "done")
        self.resume.setEnabled(model.session.phase is Phase.PAUSE)
        paused = model.session.paused_for == "pain"
        for one, why_not in (
            (self.stop, "" if model.busy else NOTHING_TO_STOP),
            (self.pain, ALREADY_PAUSED if paused else "" if model.busy else ONLY_NOTED),
        ):
            dress(one, "state", "idle" if why_not else "")  # it can be pressed all the same
            one.setToolTip(why_not)
        put(self.pain, f"{PAIN}   {PAIN_KEY_IN_TEXT if typing else PAIN_KEY}")

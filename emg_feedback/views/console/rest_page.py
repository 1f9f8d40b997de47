"""Rest: the level of each muscle when nothing is asked of it."""

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from emg_feedback.link.messages import CalibrateRest
from emg_feedback.views.console import theme
from emg_feedback.views.console.inputs import Number, Stepper
from emg_feedback.views.console.limits import limits
from emg_feedback.views.console.page import Desk, Page
from emg_feedback.views.console.shapes import Ring
from emg_feedback.views.console.table import Table
from emg_feedback.views.console.widgets import card, dress, label, put, row
from emg_feedback.views.console.words import Step, microvolts


class RestPage(Page):
    """One button, a ring, and the result of every muscle."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(
            desk, Step.REST, "The patient sits or lies comfortably and lets the muscles go loose."
        )
        frame, inside = card()
        self.ring = Ring(190)
        self.said = label("", "big")
        self.seconds = Number(limits(CalibrateRest, "seconds"), 5.0, suffix=" s")
        words = QVBoxLayout()
        words.setSpacing(8)
        words.addStretch(1)
        words.addWidget(self.said)
        words.addWidget(self.add_main("Measure rest"))
        words.addLayout(row(Stepper("Length in seconds", self.seconds), None))
        words.addStretch(1)
        middle = QHBoxLayout()
        middle.setSpacing(48)
        middle.addStretch(1)
        middle.addWidget(self.ring)
        middle.addLayout(words)
        middle.addStretch(1)
        inside.addLayout(middle)
        self.refused = label("", "refusal", wrap=True)
        self.refused.hide()
        self.table = Table(["Muscle", "State", "Rest", "Now"])
        self.body.addWidget(frame)
        self.body.addWidget(self.refused)
        self.body.addWidget(self.table, 1)
        self.add_next()

    def act(self) -> None:
        """Measure."""
        self.desk.ask("calibrate_rest", seconds=self.seconds.value())

    def refresh(self, now_s: float) -> None:
        """Show the time left and the results."""
        model = self.model
        running = model.measuring_rest
        live = running and not model.stale(now_s)
        self.ring.show_left(model.seconds_left() if live else None)
        views = model.muscles(now_s)
        done = bool(views) and all(view.rest_uv is not None for view in views)
        put(self.said, "Relax" if running else "✓ Rest is measured" if done else "Ready")
        dress(self.said, "state", "reached" if done and not running else "")
        assert self.main is not None
        self.main.setEnabled(not running)
        self.show_done(done and not running)
        put(self.main, f"{'Measure again' if done else 'Measure rest'}   F7")
        why = model.calibration.refused
        self.refused.setVisible(bool(why) and not running)
        put(self.refused, f"Not taken. {why}" if why else "")
        rows, colours = [], []
        for view in views:
            known = view.rest_uv is not None
            rows.append(
                [
                    view.name,
                    "Measuring…" if running else "Measured" if known else "To do",
                    microvolts(view.rest_uv),
                    "–" if view.stale else microvolts(view.envelope_uv),
                ]
            )
            colours.append(theme.GOOD if known and not running else theme.QUIET)
        self.table.show_rows(rows, colours)

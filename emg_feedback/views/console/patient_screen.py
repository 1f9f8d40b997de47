"""Whether the patient's display is shown, and where; a button to have it opened."""

import socket
from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from emg_feedback.link.messages import DisplayAt
from emg_feedback.views.console.widgets import button, dress, label, put

KEY = "F10"
SHOWN, CLOSED = "Open", "Closed"
NOWHERE = "None: start it on the patient's computer"


def told(displays: Sequence[DisplayAt], here: str) -> tuple[str, bool]:
    """Return the state in words, and whether it can be opened from here.

    ``here`` is the name of this computer.
    """
    shown = [one.host for one in displays if one.shown]
    if shown:
        return SHOWN if here in shown else f"{SHOWN} on {', '.join(sorted(shown))}", False
    able = [one.host for one in displays if one.opens]
    if not able:
        return NOWHERE, False
    return CLOSED if here in able else f"{CLOSED}, on {able[0]}", True


class PatientScreen(QWidget):
    """A few words on the patient's display, and its button while it is closed."""

    def __init__(self, open_display: Callable[[], None]) -> None:
        super().__init__()
        self._here = socket.gethostname()
        self.state = label("", "quiet", wrap=True)
        self.open = button("Open it", open_display, key=KEY, kind="small")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(22, 0, 12, 8)
        layout.setSpacing(4)
        layout.addWidget(label("Patient's screen", "small"))
        layout.addWidget(self.state)
        layout.addWidget(self.open)

    def show_displays(self, displays: Sequence[DisplayAt]) -> None:
        """Show where it is, or that it is not."""
        text, can_open = told(displays, self._here)
        put(self.state, text)
        dress(self.state, "kind", "quiet" if any(one.shown for one in displays) else "watch")
        self.open.setVisible(can_open)

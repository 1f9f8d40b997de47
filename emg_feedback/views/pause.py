"""The patient's own button: it asks the engine to pause because of pain, and never waits for it."""

import math
from enum import StrEnum
from threading import Thread

from emg_config import DeviceError, UserError
from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Phase, SessionState

ANSWER_S = 1.0
TOLD_S = 8.0


class Asked(StrEnum):
    """What came of the button."""

    NOTHING = "nothing"
    SENT = "sent"
    TAKEN = "taken"
    NOTED = "noted"
    REFUSED = "refused"
    SILENT = "silent"


class PauseButton:
    """Asks for a pause in a thread of its own; there is no way to resume.

    Every press has a socket of its own, so that a request nobody answered is never delivered
    later, to a session that it was not meant for.

    Parameters
    ----------
    endpoint : str
        Where the engine takes commands.

    Raises
    ------
    UserError
        The endpoint is malformed.
    """

    def __init__(self, endpoint: str) -> None:
        ControlClient(endpoint).close()
        self._endpoint = endpoint
        self._thread: Thread | None = None
        self._asked = Asked.NOTHING
        self._pressed_s = -math.inf

    def press(self, now_s: float) -> None:
        """Ask for a pause; while an answer is due, once is enough."""
        if self._asked is Asked.SENT:
            return
        self._asked, self._pressed_s = Asked.SENT, now_s
        self._thread = Thread(target=self._ask, name="pause", daemon=True)
        self._thread.start()

    def asked(self, now_s: float, session: SessionState) -> Asked:
        """Return what is to be shown."""
        old = abs(now_s - self._pressed_s) > TOLD_S
        if old and self._asked not in (Asked.SENT, Asked.NOTHING):
            self._asked = Asked.NOTHING
        if session.phase is Phase.PAUSE and session.paused_for == "pain":
            return Asked.TAKEN
        return self._asked

    def close(self) -> None:
        """Wait for the answer to the last press."""
        if self._thread is not None:
            self._thread.join()

    def _ask(self) -> None:
        answer = Asked.SILENT
        try:
            with ControlClient(self._endpoint, timeout_s=ANSWER_S) as client:
                state = client.ask("pause", reason="pain")
            answer = Asked.TAKEN if state["phase"] == Phase.PAUSE else Asked.NOTED
        except DeviceError:
            pass
        except UserError:
            answer = Asked.REFUSED
        finally:
            self._asked = answer

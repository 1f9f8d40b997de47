"""Telling the engine that the patient's display is shown on this computer, or could be."""

import contextlib
import socket
from threading import Event, Thread

from emg_config import DeviceError, UserError
from emg_feedback.link.control import ControlClient

EVERY_S = 1.0
ANSWER_S = 0.5


def tell(client: ControlClient, *, shown: bool, opens: bool) -> bool:
    """Tell whether a display is shown here, and opened when asked for; return whether it is asked.

    Raises
    ------
    DeviceError
        The engine does not answer.
    """
    told = {"host": socket.gethostname()[:64], "shown": shown, "opens": opens}
    return bool(client.ask("display", **told)["wanted"])


class Presence:
    """Tells again and again, in a thread of its own, that a display is shown here, until closed."""

    def __init__(self, control: str) -> None:
        self._control = control
        self._over = Event()
        self._thread = Thread(target=self._run, name="presence", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Tell that it is shown no longer."""
        self._over.set()
        self._thread.join()

    def __enter__(self) -> "Presence":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self) -> None:
        with (
            contextlib.suppress(UserError),
            ControlClient(self._control, timeout_s=ANSWER_S) as client,
        ):
            self._tell(client, shown=True)
            while not self._over.wait(EVERY_S):
                self._tell(client, shown=True)
            self._tell(client, shown=False)

    def _tell(self, client: ControlClient, *, shown: bool) -> None:
        with contextlib.suppress(DeviceError):
            tell(client, shown=shown, opens=False)

"""A scripted therapist: leads a session through the control socket, as a person at a console."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from emg_config import DeviceError, UserError
from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Event
from emg_feedback.link.subscriber import Subscriber

SETTLING_S = 1.7
REST_S = 3.0
MVC_S = 3.0
AFTERWARDS_S = 1.5
POLL_S = 0.05
ENGINE_START_S = 60.0


@dataclass(frozen=True, slots=True)
class Onset:
    """An onset that the engine told of."""

    channel: int
    sample: int


class Therapist(threading.Thread):
    """Wait for the engine, lead a session, and note every onset on the way.

    Parameters
    ----------
    control, publish : str
        Endpoints of the engine.
    protocol : str or None
        The exercise to lead; None to watch only.
    on_start, on_finish : callable
        Called when the engine answers, and at the end of the session or on a failure.
    stop : callable
        Tells when to leave off.
    """

    def __init__(
        self,
        control: str,
        publish: str,
        protocol: str | None,
        on_start: Callable[[], None],
        on_finish: Callable[[], None],
        stop: Callable[[], bool],
    ) -> None:
        super().__init__(name="therapist", daemon=True)
        self.onsets: list[Onset] = []
        self.failure: UserError | None = None
        self._client = ControlClient(control)
        self._subscriber = Subscriber(publish)
        self._protocol = protocol
        self._on_start = on_start
        self._on_finish = on_finish
        self._stop = stop

    def run(self) -> None:
        """Do the whole session."""
        try:
            with self._client, self._subscriber:
                if self._wait_for_engine():
                    self._on_start()
                    if self._protocol is None:
                        self._watch(float("inf"))
                    else:
                        self._lead(self._protocol)
        except UserError as error:
            if not self._stop():
                self.failure = error
        finally:
            self._on_finish()

    def _wait_for_engine(self) -> bool:
        deadline_s = time.monotonic() + ENGINE_START_S
        while not self._stop():
            try:
                self._client.ask("state")
            except DeviceError:
                if time.monotonic() > deadline_s:
                    raise
            else:
                return True
        return False

    def _lead(self, protocol: str) -> None:
        self._watch(SETTLING_S)
        self._ask_and_wait("idle", "calibrate_rest", seconds=REST_S)
        self._ask_and_wait("idle", "calibrate_mvc", seconds=MVC_S)
        self._watch(AFTERWARDS_S)
        self._ask_and_wait("done", "start_protocol", name=protocol)
        self._watch(AFTERWARDS_S)

    def _ask_and_wait(self, phase: str, command: str, **arguments: float | str) -> None:
        if self._stop():
            return
        state = self._client.ask(command, **arguments)
        while state["phase"] != phase and not self._stop():
            self._watch(POLL_S)
            state = self._client.ask("state")
        if state["calibration"]["refused"]:
            raise UserError(state["calibration"]["refused"])

    def _watch(self, seconds: float) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not self._stop():
            self._subscriber.wait(POLL_S)
            for message in self._subscriber.drain():
                if isinstance(message, Event) and message.kind == "onset":
                    self.onsets.append(Onset(message.channel or 0, message.sample))

"""The whole system in one command: emulated board, engine, a short session, the live bars.

Board and engine are the public commands, each a process of its own. Here are only the therapist,
who asks for rest, MVC and the exercise, and the patient's display.
"""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emg_config import DeviceError, UserError
from emg_config.protocol import Protocol, load_protocol
from emg_feedback.link.control import ControlClient
from emg_feedback.link.messages import Event
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.process import Child, Stop

if TYPE_CHECKING:
    from emg_feedback.views.summary import ViewSummary

View = Literal["auto", "window", "terminal", "none"]
PROTOCOL = "knee-extension-hold"
SETTLING_S = 1.7
REST_S = 3.0
MVC_S = 3.0
AFTERWARDS_S = 1.5
POLL_S = 0.05
ENGINE_START_S = 60.0
# An onset belongs to a contraction if it lies between this long before its start and its end.
EARLY_S = 0.15


class ChildFailedError(Exception):
    """A process of ours ended with an error, which it has already told."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code


@dataclass(frozen=True, slots=True)
class Onset:
    """An onset the engine told of."""

    channel: int
    sample: int


class Therapist:
    """Leads the session through the control socket, as a person at the console does."""

    def __init__(self, control: str, publish: str, stop: Callable[[], bool]) -> None:
        self.onsets: list[Onset] = []
        self._client = ControlClient(control, timeout_s=0.5)
        self._subscriber = Subscriber(publish)
        self._stop = stop

    def wait_for_engine(self) -> bool:
        """Return True when the engine answers, False when it is time to stop."""
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

    def lead(self, protocol: Protocol) -> None:
        """Ask for rest, MVC and the exercise, each when the one before is over."""
        self.watch(SETTLING_S)
        self._client.ask("calibrate_rest", seconds=REST_S)
        self._until("idle")
        self._client.ask("calibrate_mvc", channel=None, seconds=MVC_S)
        self._until("idle")
        self.watch(AFTERWARDS_S)
        if not self._stop():
            self._client.ask("start_protocol", name=protocol.name)
            self._until("done")
            self.watch(AFTERWARDS_S)

    def watch(self, seconds: float = float("inf")) -> None:
        """Note the onsets for some seconds, or until it is time to stop."""
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s and not self._stop():
            self._subscriber.wait(POLL_S)
            for message in self._subscriber.drain():
                if isinstance(message, Event) and message.kind == "onset":
                    self.onsets.append(Onset(message.channel or 0, message.sample))

    def _until(self, phase: str) -> None:
        while not self._stop():
            state = self._client.ask("state")
            if state["phase"] == phase:
                refused = state["calibration"]["refused"]
                if refused:
                    raise UserError(refused)
                return
            self.watch(POLL_S)


def compare(
    true: list[list[dict[str, Any]]], onsets: Iterable[Onset], sample_rate_hz: float
) -> dict[str, int]:
    """Count the true contractions that were found once, and the onsets that belong to none."""
    missed = [dict(one, channel=channel) for channel, ones in enumerate(true) for one in ones]
    total, extra = len(missed), 0
    for onset in onsets:
        for one in missed:
            end = one["offset_sample"]
            starts = one["onset_sample"] - EARLY_S * sample_rate_hz
            if onset.channel == one["channel"] and starts <= onset.sample <= (end or onset.sample):
                missed.remove(one)
                break
        else:
            extra += 1
    return {"contractions": total, "found": total - len(missed), "extra": extra}


def run_demo(
    *,
    view: View,
    seconds: float | None,
    recording: list[str],
    mains_hz: int,
    publish: str,
    control: str,
    say: Callable[[str], None],
    screenshot: Path | None = None,
    to_stderr: bool = False,
) -> dict[str, Any]:
    """Run the demonstration and return its summary.

    Parameters
    ----------
    recording : list of str
        What ``emulate cyton`` needs to play a recording; empty for the simulated patient.
    to_stderr : bool
        Draw a terminal view on standard error, because standard output is for the summary.
    """
    protocol = load_protocol(PROTOCOL)
    muscles = [muscle.name for muscle in protocol.muscles]
    patient = ["--follow", publish, "--muscles", str(len(muscles)), "--mains-hz", str(mains_hz)]
    stop = Stop(seconds)
    stop.on_signals()
    say("starting the emulated Cyton")
    board = Child("emulate", "cyton", *(recording or patient))
    engine: Child | None = None
    failure: list[BaseException] = []
    try:
        first_line = board.output.readline()
        if not first_line:
            raise ChildFailedError(board.exit_code or 3)
        engine = Child(
            *("engine", "--board", "emulated-cyton", "--json"),
            *("--serial-port", json.loads(first_line)["serial_port"]),
            *("--publish", publish, "--control", control, "--mains-hz", str(mains_hz)),
            *([] if recording else ["--muscles", ",".join(muscles)]),
        )
        therapist = Therapist(control, publish, stop)

        def lead() -> None:
            try:
                if therapist.wait_for_engine():
                    stop.start()
                    therapist.watch() if recording else therapist.lead(protocol)
            except BaseException as error:  # handed over to the main thread
                failure.append(error)
            finally:
                stop.ask()

        leading = threading.Thread(target=lead, name="therapist", daemon=True)
        leading.start()

        def over() -> bool:
            assert engine is not None
            if engine.exit_code is not None or board.exit_code is not None:
                stop.ask()
            return stop()

        seen = _show(view, publish, over, to_stderr, screenshot, say)
        stop.ask()
        leading.join(timeout=1.0)
        engine_failed = engine.exit_code
        printed = engine.end()
        if engine_failed:
            raise ChildFailedError(engine_failed)
        played = json.loads(board.end() or "{}")
    finally:
        if engine is not None:
            engine.end()
        board.end()
    if failure:
        raise failure[0]
    summary: dict[str, Any] = json.loads(printed)
    if seen is not None:
        summary["frames_drawn"] = seen.frames_drawn
        summary["latency_ms"] |= seen.latency_ms
    if played.get("contractions"):
        summary["simulated"] = compare(played["contractions"], therapist.onsets, 250.0)
    return summary


def tell(summary: dict[str, Any]) -> str:
    """Put the summary in a few lines."""
    lines = [f"{summary['samples']} samples, {summary['lost_samples']} lost"]
    for score in summary["repetitions"]:
        lines.append(
            f"repetition {score['repetition']}: {score['time_in_band']:.0%} of the time in the band"
        )
    if "simulated" in summary:
        truth = summary["simulated"]
        lines.append(
            f"{truth['found']} of {truth['contractions']} true contractions found, "
            f"{truth['extra']} false"
        )
    for stage in ("sample_to_publish", "sample_to_drawn"):
        if stage in summary["latency_ms"]:
            numbers = summary["latency_ms"][stage]
            lines.append(
                f"{stage.replace('_', ' ')}: median {numbers['p50']:.1f} ms, "
                f"99 % below {numbers['p99']:.1f} ms"
            )
    return "\n".join(lines)


def _show(
    view: View,
    publish: str,
    stop: Callable[[], bool],
    to_stderr: bool,
    screenshot: Path | None,
    say: Callable[[str], None],
) -> "ViewSummary | None":
    if view == "none":
        while not stop():
            time.sleep(POLL_S)
        return None
    with Subscriber(publish) as subscriber:
        if view in ("auto", "window"):
            try:
                from emg_feedback.views.window import run_patient_window

                return run_patient_window(
                    subscriber, stop=stop, clock=time.time, screenshot=screenshot
                )
            except DeviceError as error:
                if view == "window":
                    raise
                say(f"no window here ({error}); showing the bars in the terminal")
        from rich.console import Console

        from emg_feedback.views.terminal import run_terminal

        return run_terminal(
            subscriber, stop=stop, clock=time.time, console=Console(stderr=to_stderr)
        )

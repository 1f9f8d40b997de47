"""The whole system in one command: emulated board, engine, a short session, the live bars.

Board and engine are the public commands, each a process of its own. Here are only a scripted
therapist, who asks for rest, MVC and the exercise, and the patient's display.
"""

import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from emg_config import DeviceError
from emg_config.library import load_protocol
from emg_feedback.emulate import patient_arguments
from emg_feedback.link.sockets import open_sockets
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.process import Child, Stop
from emg_feedback.summary import Summary
from emg_feedback.therapist import Onset, Therapist
from emg_hardware.cyton_protocol import SAMPLE_RATE_HZ

if TYPE_CHECKING:
    from emg_feedback.views.summary import ViewSummary

View = Literal["auto", "window", "terminal", "none"]
Say = Callable[[str], None]
PROTOCOL = "knee-extension-hold"
POLL_S = 0.05
LAST_WORDS_S = 0.3
# An onset belongs to a contraction if it lies between this long before its start and its end.
EARLY_S = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What to show.

    Attributes
    ----------
    view : {"auto", "window", "terminal", "none"}
    seconds : float, optional
        Stop this long after the engine came up; without it, at the end of the session.
    recording : tuple of str
        What ``emulate cyton`` needs to play a recording; empty for the simulated patient.
    mains_hz : int
    publish, control : str
        Endpoints.
    to_stderr : bool
        Draw a terminal view on standard error, because standard output is for the summary.
    """

    view: View
    seconds: float | None
    recording: tuple[str, ...]
    mains_hz: int
    publish: str
    control: str
    to_stderr: bool = False

    def run(self, say: Say) -> dict[str, Any]:
        """Run the demonstration and return its summary.

        Raises
        ------
        ChildFailedError
            The board or the engine ended with an error.
        """
        stop = Stop(self.seconds)
        stop.on_signals()
        with open_sockets(self.publish, self.control):
            pass  # a port in use is told before anything is started
        with ExitStack() as stack:
            say("starting the emulated Cyton")
            board = Child("emulate", "cyton", *self._played())
            stack.callback(board.end)
            engine = Child(*self._engine_command(board.hello()["serial_port"]))
            stack.callback(engine.end)
            therapist = Therapist(
                self.control,
                self.publish,
                None if self.recording else PROTOCOL,
                on_start=stop.start,
                on_finish=stop.ask,
                stop=stop,
            )
            therapist.start()
            seen = self._show(lambda: stop() or not (engine.running and board.running), say)
            engine.check()
            board.check()
            stop.ask()
            for child in (engine, board):
                child.ask_to_end()
            summary, played = engine.end(), board.end()
            therapist.join(timeout=LAST_WORDS_S)
            engine.check()
        if therapist.failure is not None:
            raise therapist.failure
        if not summary and therapist.onsets:
            raise DeviceError("the engine did not end in good order and its results are lost")
        summary = summary or asdict(Summary())
        if seen is not None:
            summary["frames_drawn"] = seen.frames_drawn
            summary["latency_ms"] |= seen.latency_ms
        if played.get("contractions"):
            summary["simulated"] = compare(played["contractions"], therapist.onsets)
        return summary

    def _played(self) -> tuple[str, ...]:
        n_muscles = len(load_protocol(PROTOCOL).muscles)
        return self.recording or patient_arguments(self.publish, n_muscles, self.mains_hz)

    def _engine_command(self, serial_port: str) -> tuple[str, ...]:
        names = ",".join(muscle.name for muscle in load_protocol(PROTOCOL).muscles)
        return (
            *("engine", "--board", "emulated-cyton", "--serial-port", serial_port, "--json"),
            "--no-archive",
            *("--publish", self.publish, "--control", self.control),
            *("--mains-hz", str(self.mains_hz)),
            *(() if self.recording else ("--muscles", names)),
        )

    def _show(self, stop: Callable[[], bool], say: Say) -> "ViewSummary | None":
        if self.view == "none":
            while not stop():
                time.sleep(POLL_S)
            return None
        with Subscriber(self.publish) as subscriber:
            if self.view in ("auto", "window"):
                try:
                    from emg_feedback.views.window import run_patient_window

                    return run_patient_window(
                        subscriber, stop=stop, clock=time.time, control=self.control
                    )
                except DeviceError:
                    if self.view == "window":
                        raise
                    say("no screen with OpenGL here: showing the bars in the terminal")
            from rich.console import Console

            from emg_feedback.views.terminal import run_terminal

            return run_terminal(
                subscriber, stop=stop, clock=time.time, console=Console(stderr=self.to_stderr)
            )


def compare(true: list[list[dict[str, Any]]], onsets: Iterable[Onset]) -> dict[str, int]:
    """Count the true contractions that were found, and the onsets that belong to none.

    Parameters
    ----------
    true : list of list of dict
        For each channel its contractions, with ``onset_sample`` and ``offset_sample``.
    """
    missed = [dict(one, channel=channel) for channel, ones in enumerate(true) for one in ones]
    total, extra = len(missed), 0
    for onset in onsets:
        for one in missed:
            start = one["onset_sample"] - EARLY_S * SAMPLE_RATE_HZ
            stop = one["offset_sample"] or onset.sample
            if onset.channel == one["channel"] and start <= onset.sample <= stop:
                missed.remove(one)
                break
        else:
            extra += 1
    return {"contractions": total, "found": total - len(missed), "extra": extra}


def tell(summary: dict[str, Any]) -> str:
    """Put the summary in a few lines."""
    lines = [f"{summary['samples']} samples, {summary['lost_samples']} lost"]
    for score in summary["repetitions"]:
        share = score["time_in_band"]
        told = "not told" if share is None else f"{share:.0%} of the time in the band"
        lines.append(f"repetition {score['repetition']}: {told}")
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

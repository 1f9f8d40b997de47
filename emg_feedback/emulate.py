"""The emulated board as a process of its own."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from emg_feedback.link.messages import Frame
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.process import Background, Stop
from emg_hardware.cyton_firmware import SignalSource
from emg_hardware.emg_simulator import EmgSimulator, SimulatorSettings
from emg_hardware.emulated_cyton import EmulatedCyton
from emg_hardware.replay import Replay
from emg_hardware.simulated_patient import Instruction, SimulatedPatient

POLL_S = 0.05
AFTER_THE_END_S = 0.3


class Watching:
    """The simulated patient's eyes: the newest frame that an engine publishes."""

    def __init__(self, endpoint: str) -> None:
        self._subscriber = Subscriber(endpoint, newest_frame_only=True, option="--follow")
        self._instruction = Instruction()

    def __call__(self) -> Instruction:
        """Return what the display would show now."""
        for message in self._subscriber.drain():
            if isinstance(message, Frame):
                session = message.session
                self._instruction = Instruction(
                    session.phase, session.targets, message.intensity, session.hidden
                )
        return self._instruction


def recording_source(path: Path, sample_rate_hz: float | None, unit: str | None) -> SignalSource:
    """Return what plays a recording."""
    from emg_feedback.store.recordings import read_recording

    recording = read_recording(path, sample_rate_hz=sample_rate_hz, unit=unit)
    return Replay(recording.data_uv, recording.sample_rate_hz)


def patient_arguments(follow: str, n_muscles: int, mains_hz: int | None) -> tuple[str, ...]:
    """Return what follows ``emulate cyton`` for a patient who follows an engine."""
    muscles = ("--muscles", str(n_muscles))
    return ("--follow", follow, *muscles, "--mains-hz", str(mains_hz or 50))


def check_recording(
    path: Path, sample_rate_hz: float | None, unit: str | None
) -> tuple[tuple[str, ...], int]:
    """Return the arguments with which ``emulate cyton`` plays a recording, and its mains in Hz.

    Raises
    ------
    UserError
        It cannot be played.
    """
    from emg_feedback.store.recordings import read_recording
    from emg_feedback.stream.filters import likely_mains_hz

    recording = read_recording(path, sample_rate_hz=sample_rate_hz, unit=unit)
    Replay(recording.data_uv, recording.sample_rate_hz)
    arguments = ["--recording", str(path)]
    if sample_rate_hz is not None:
        arguments += ["--sample-rate-hz", str(sample_rate_hz)]
    if unit is not None:
        arguments += ["--unit", unit]
    return tuple(arguments), likely_mains_hz(recording.data_uv, recording.sample_rate_hz)


def patient_source(
    n_muscles: int, follow: str | None, seed: int, settings: SimulatorSettings
) -> SignalSource:
    """Return a simulated patient who does what the engine at ``follow`` asks, or only rests."""
    instruct = Watching(follow) if follow else Instruction
    return SimulatedPatient(EmgSimulator(n_muscles, seed, settings), instruct, seed)


def emulate_cyton(
    source: SignalSource, drop: Sequence[tuple[int, int]], stop: Stop, say: Callable[[str], None]
) -> None:
    """Run the board until ``stop``, or until its recording is over.

    Says one JSON line with the serial port to connect to, and at the end one with what a simulated
    patient truly did: each muscle's contractions, in samples since the stream began.
    """
    board = EmulatedCyton(source, drop)
    say(json.dumps({"serial_port": board.serial_port}))
    finished = threading.Event()
    running = Background(lambda: board.run(finished), "board")
    try:
        while running.running and not stop():
            time.sleep(POLL_S)
            if board.firmware.finished:
                time.sleep(AFTER_THE_END_S)
                break
        finished.set()
        running.wait()
    finally:
        board.close()
    contractions: list[list[dict[str, Any]]] = []
    if isinstance(source, SimulatedPatient):
        contractions = [[asdict(one) for one in muscle] for muscle in source.contractions]
    say(json.dumps({"samples": board.firmware.n_sampled, "contractions": contractions}))

"""An engine for the tests of the console: real sockets, a scripted handler, no board."""

import math
import time
from typing import Any

import msgspec

from emg_config import UserError
from emg_feedback.link import messages
from emg_feedback.link.control import ControlServer
from emg_feedback.link.messages import (
    Command,
    DisplayAt,
    Event,
    EventKind,
    Frame,
    Phase,
    SessionState,
    Status,
)
from emg_feedback.link.publisher import Publisher

NAMES = ["Vastus medialis", "Vastus lateralis"]
COMMAND_NAMES = {kind: name for name, kind in messages.COMMANDS.items()}
STATUS_S = 0.3


def protocol(name: str, title: str, region: str, **more: Any) -> dict[str, Any]:
    """Return a protocol as the engine tells it."""
    return {
        "name": name,
        "title": title,
        "region": region,
        "mode": "hold",
        "helps": [],
        "cue": "Press your knee down",
        "muscles": [
            {"name": muscle, "role": "train", "target": [0.3, 0.5], "unit": "mvc"}
            for muscle in NAMES
        ],
        "prepare_s": 3.0,
        "hold_s": 5.0,
        "relax_s": 5.0,
        "repetitions": 10,
        "sets": 1,
        "set_rest_s": 60.0,
        "total_s": 130.0,
        "source": None,
        **more,
    }


FOLLOW = {
    "mode": "follow",
    "title": "Follow the line",
    "hold_s": 12.0,
    "posture": "Sitting, elbow at the side.",
    "caution": "Not through pain.",
    "path": {
        "shape": "trapezoid", "low": 0.05, "high": 0.4, "ramp_s": 3.0, "cycles": 3,
        "tolerance": 0.08,
    },
}  # fmt: skip


def path_corners(exercise: dict[str, Any]) -> list[tuple[float, float]]:
    """Return the corners of an exercise's trapezoid."""
    path, hold_s = exercise["path"], exercise["hold_s"]
    low, high, ramp_s = path["low"], path["high"], path["ramp_s"]
    return [(0.0, low), (ramp_s, high), (hold_s - ramp_s, high), (hold_s, low)]


class FakeEngine:
    """Publishes what it is told to be, notes what it is asked, refuses what it is told to.

    Attributes
    ----------
    asked : list of (command, args)
    refuse : dict of command to reason
    session : SessionState
    mvc, envelope_uv, quality : list
        A channel.
    """

    def __init__(self, publish: str, control: str, names: list[str] | None = None) -> None:
        self.names = names or list(NAMES)
        n = len(self.names)
        self.publisher, self.control = Publisher(publish), ControlServer(control)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.refuse: dict[str, str] = {}
        self.session = SessionState(targets=[None] * n, targets_uv=[None] * n, roles=[""] * n)
        self.level: list[float] = [0.3] * n
        self.rest_uv: list[float | None] = [None] * n
        self.mvc_uv: list[float | None] = [None] * n
        self.quality = ["good"] * n
        self.calibration: dict[str, Any] = {}
        self.auto_target: dict[str, Any] | None = None
        self.electrodes: list[Any] = [None] * n
        self.channels_from: float | None = None
        self.displays: list[DisplayAt] = []
        self.running: dict[str, Any] | None = None
        self.placements: dict[str, Any] = {}
        self.patients = [
            {"id": "P-017", "created": 1.6e9, "sessions": 4, "last": time.time() - 3 * 86400},
            {"id": "P-023", "created": 1.6e9, "sessions": 0, "last": None},
        ]
        self.protocols = [
            protocol("quad-set", "Quad set", "knee", helps=["hip and knee"]),
            protocol("neck-rest", "Shoulders hang", "neck", mode="stay-below", helps=["headache"]),
        ]
        self.history: dict[str, Any] = {"programme": [], "sessions": [], "calibrations": []}
        self.summary: dict[str, Any] = {}
        self.repetitions: list[dict[str, Any]] = []
        self.evaluation: dict[str, Any] = {"channels": [], "findings": [], "programme": []}
        self.lost = 0
        self.archive: str | None = None
        self.pain_unseen = False
        self.silent = False
        self._seq = self._events = 0
        self._status_due_s = 0.0

    def close(self) -> None:
        """End, as a killed engine does."""
        self.publisher.close()
        self.control.close()

    def turn(self) -> None:
        """Answer, and publish one frame."""
        self.control.serve(self._handle)
        if self.silent:
            return
        now_s = time.time()
        self.publisher.send(self.frame(now_s))
        if now_s >= self._status_due_s:
            self._status_due_s = now_s + STATUS_S
            self.publisher.send(self.status())

    def set(self, **session: Any) -> None:
        """Change the session that is published."""
        self.session = msgspec.structs.replace(self.session, **session)
        self._status_due_s = 0.0

    def run_exercise(self, phase: Phase = Phase.HOLD, **more: Any) -> None:
        """Be in the middle of an exercise."""
        n = len(self.names)
        self.rest_uv, self.mvc_uv = [4.0] * n, [400.0] * n
        bands = [(0.3, 0.5)] * n
        self.set(
            **{
                "phase": phase,
                "protocol": "quad-set",
                "title": "Quad set",
                "mode": "hold",
                "cue": "Press your knee down",
                "set": 1,
                "sets": 1,
                "repetition": 3,
                "repetitions": 10,
                "remaining_s": 3.2,
                "phase_s": 5.0,
                "targets": bands,
                "targets_uv": [(120.0, 200.0)] * n,
                "roles": ["train"] * n,
                "results": ["good", "missed"],
                **more,
            }
        )

    def run_path(self) -> None:
        """Be in the middle of an exercise that follows a path."""
        self.running = FOLLOW
        self.run_exercise(mode="follow", path=path_corners(FOLLOW), title=FOLLOW["title"])

    def event(self, kind: EventKind, data: dict[str, Any]) -> None:
        """Publish an event."""
        now_s = time.time()
        self.publisher.send(
            Event(
                seq=self._events,
                kind=kind,
                channel=None,
                sample=0,
                t_event=now_s,
                t_decided=now_s,
                data=data,
            )
        )
        self._events += 1

    def frame(self, now_s: float) -> Frame:
        """Return a frame of now."""
        self._seq += 1
        envelope_uv = [
            400 * level * (1 + 0.06 * math.sin(9 * now_s + 2 * channel))
            for channel, level in enumerate(self.level)
        ]
        return Frame(
            station="test",
            seq=self._seq,
            first_sample=8 * self._seq,
            n_samples=8,
            lost=self.lost,
            t_sample=now_s - 0.012,
            t_arrive=now_s - 0.004,
            t_publish=now_s - 0.003,
            envelope_uv=list(envelope_uv),
            intensity=[
                uv / mvc if mvc else None for uv, mvc in zip(envelope_uv, self.mvc_uv, strict=True)
            ],
            active=[False] * len(self.names),
            quality=self.quality,
            session=self.session,
        )

    def status(self) -> Status:
        """Return a status of now."""
        facts = self.facts()
        return Status(
            station="test",
            board="emulated-cyton",
            sample_rate_hz=250.0,
            channel_names=self.names,
            protocol=self.running,
            calibration=facts["calibration"],
            settings={},
            health=facts["health"],
            latency_ms={},
            auto_target=self.auto_target,
            electrodes=self.electrodes,
            channels_from=self.channels_from,
            displays=self.displays,
            pain_unseen=self.pain_unseen,
        )

    def facts(self) -> dict[str, Any]:
        """Return what a status and an answer tell alike."""
        n = len(self.names)
        return {
            "channels": self.names,
            "calibration": {
                "rest_uv": self.rest_uv,
                "mvc_uv": self.mvc_uv,
                "refused": None,
                "fraction": [1.0] * n,
                "trials": [[] for _ in range(n)],
                "spread": [None] * n,
                "warnings": [],
                **self.calibration,
            },
            "settings": {},
            "health": {
                "stalled": False,
                "archive": self.archive,
                "received": 8 * self._seq,
                "lost": self.lost,
                "quality": self.quality,
                "quality_numbers": {"noise_uv": [3.6] * n, "mains_uv": [42.0] * n},
            },
            "auto_target": self.auto_target,
            "electrodes": self.electrodes,
            "channels_from": self.channels_from,
            "displays": self.displays,
            "pain_unseen": self.pain_unseen,
        }

    def commands(self, *names: str) -> list[tuple[str, dict[str, Any]]]:
        """Return what was asked of ``names``, in order."""
        return [(name, args) for name, args in self.asked if name in names]

    def _handle(self, command: Command) -> Any:
        name = COMMAND_NAMES[type(command)]
        args = msgspec.to_builtins(command)
        self.asked.append((name, args))
        if name in self.refuse:
            raise UserError(self.refuse[name])
        match command:
            case messages.Patients():
                return {"patients": self.patients}
            case messages.AddPatient(patient=patient):
                self.patients = [
                    {"id": patient, "created": 1.7e9, "sessions": 0, "last": None},
                    *self.patients,
                ]
                return {"patients": self.patients}
            case messages.Protocols():
                return {"protocols": self.protocols}
            case messages.Placements():
                return {"placements": self.placements}
            case messages.SetProgramme(patient=patient, items=items):
                self.history = {**self.history, "programme": msgspec.to_builtins(items)}
                return {"patient": patient, **self.history}
            case messages.History(patient=patient):
                return {"patient": patient, **self.history}
            case messages.Evaluation():
                return self.evaluation
            case messages.Repetitions():
                plain = [
                    {"set": 1, "repetition": number, "result": result}
                    for number, result in enumerate(self.session.results, start=1)
                ]
                return {"repetitions": self.repetitions or plain}
            case messages.Summary():
                return {"summary": {"patient": self.session.patient, **self.summary}}
            case messages.EndSession():
                self.set(patient=None)
                return {"summary": self.summary}
            case messages.BeginSession(patient=patient):
                self.set(patient=patient)
            case messages.NameChannel(
                channel=channel, muscle=muscle, electrode=electrode, used=used
            ):
                if muscle is not None:
                    others = {name: other for other, name in enumerate(self.names)}
                    if others.get(muscle, channel) != channel:
                        raise UserError(f"{muscle} is already on channel {others[muscle] + 1}")
                    self.names = [*self.names]
                    self.names[channel] = muscle
                if electrode is not None:
                    self.electrodes = [*self.electrodes]
                    self.electrodes[channel] = electrode
                if used is not None:
                    all_used = self.session.used or [True] * len(self.names)
                    self.set(used=[*all_used[:channel], used, *all_used[channel + 1 :]])
            case messages.SetTarget(channel=channel, low=low, high=high, unit=unit):
                field = "targets" if unit == "mvc" else "targets_uv"
                targets = [*getattr(self.session, field)]
                targets[channel] = (low, high)
                self.set(**{field: targets})
            case messages.SetPath() if self.running is not None:
                set_ = {name: value for name, value in args.items() if value is not None}
                self.running = {**self.running, "path": {**self.running["path"], **set_}}
                self.set(path=path_corners(self.running))
            case messages.OpenDisplay():
                shown = [one.host for one in self.displays if one.shown]
                return {"shown": shown, "opens": not shown}
            case messages.Pause(reason=reason) if self.session.phase is not Phase.IDLE:
                self.set(phase=Phase.PAUSE, paused_for=reason)
            case messages.Pause(reason="pain"):
                self.pain_unseen = True
            case messages.PainSeen():
                self.pain_unseen = False
        return {**msgspec.to_builtins(self.session), **self.facts()}

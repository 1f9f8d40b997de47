"""Every message on the wire, as typed structs. One msgpack map each; unknown keys are ignored.

A published message is a single part: the topic, one space, then the map. A single part is what
ZeroMQ's CONFLATE needs, so that a slow display can ask for the newest frame only.
"""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

PROTOCOL_VERSION = 1
DEFAULT_PUBLISH = "tcp://127.0.0.1:5556"
DEFAULT_CONTROL = "tcp://127.0.0.1:5557"
MAX_CONTROL_BYTES = 4096


class Phase(StrEnum):
    """What the patient is asked to do now."""

    IDLE = "idle"
    REST_CALIBRATION = "rest_calibration"
    MVC_CALIBRATION = "mvc_calibration"
    PREPARE = "prepare"
    HOLD = "hold"
    RELAX = "relax"
    PAUSE = "pause"
    DONE = "done"


class EventKind(StrEnum):
    """Kinds of events."""

    ONSET = "onset"
    OFFSET = "offset"
    PHASE = "phase"
    TARGET = "target"
    REPETITION = "repetition"
    GAP = "gap"
    STALL = "stall"
    RESUME = "resume"
    MARK = "mark"


Band = tuple[float, float]


class SessionState(msgspec.Struct, kw_only=True):
    """Where the training is. Targets are ``[low, high]`` in fractions of MVC, or nil, a channel."""

    phase: Phase = Phase.IDLE
    protocol: str | None = None
    set: int = 0
    sets: int = 0
    repetition: int = 0
    repetitions: int = 0
    remaining_s: float | None = None
    phase_s: float | None = None
    targets: list[Band | None] = []
    score: float | None = None
    completed: int = 0


class Pair(msgspec.Struct, kw_only=True):
    """Two channels together; nil before calibration and while neither contracts.

    ``symmetry`` is -1 (only the first) to 1 (only the second), ``co_contraction`` 0 to 1.
    """

    channels: tuple[int, int]
    symmetry: float | None
    co_contraction: float | None


class Frame(msgspec.Struct, kw_only=True):
    """One block of samples, condensed: the newest value per channel of everything a view shows.

    Times are Unix seconds: the last sample by the engine's clock, its arrival from the driver, the
    send. ``first_sample`` counts lost samples; ``lost`` is their number so far.
    """

    v: int = PROTOCOL_VERSION
    station: str
    seq: int
    first_sample: int
    n_samples: int
    lost: int
    t_sample: float
    t_arrive: float
    t_publish: float
    envelope_uv: list[float | None]
    intensity: list[float | None]
    active: list[bool]
    quality: list[str]
    session: SessionState
    pairs: list[Pair] = []


class Event(msgspec.Struct, kw_only=True):
    """Something that happened at a sample, and when it was decided."""

    v: int = PROTOCOL_VERSION
    seq: int
    kind: EventKind
    channel: int | None
    sample: int
    t_event: float
    t_decided: float
    data: dict[str, Any]


class Status(msgspec.Struct, kw_only=True):
    """Once a second and on change: what a view needs to know besides the frames."""

    v: int = PROTOCOL_VERSION
    station: str
    board: str
    sample_rate_hz: float
    channel_names: list[str]
    protocol: dict[str, Any] | None
    calibration: dict[str, Any]
    settings: dict[str, Any]
    health: dict[str, Any]
    latency_ms: dict[str, Any]
    fatigue: list[dict[str, Any]] = []


class Request(msgspec.Struct, kw_only=True):
    """What a console asks of the engine; ``args`` are those of the command."""

    v: Annotated[int, msgspec.Meta(ge=1, le=PROTOCOL_VERSION)]
    id: int | Annotated[str, msgspec.Meta(max_length=64)]
    command: Annotated[str, msgspec.Meta(max_length=64)]
    args: dict[str, Any] = {}


class Done(msgspec.Struct, kw_only=True):
    """The answer to a request that was carried out."""

    v: int = PROTOCOL_VERSION
    id: int | str
    ok: Literal[True] = True
    result: Any = None


class Refused(msgspec.Struct, kw_only=True):
    """The answer to a request that changed nothing, with the reason in one line."""

    v: int = PROTOCOL_VERSION
    id: int | str | None
    ok: Literal[False] = False
    error: str


Channel = Annotated[int, msgspec.Meta(ge=0, lt=384)]
CalibrationSeconds = Annotated[float, msgspec.Meta(ge=1.0, le=60.0)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]


class Command(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A command without arguments."""


class SetTarget(Command):
    """Set a channel's band, in fractions of MVC or in µV."""

    channel: Channel
    low: Annotated[float, msgspec.Meta(ge=0.0)]
    high: Annotated[float, msgspec.Meta(gt=0.0)]
    unit: Literal["mvc", "uv"] = "mvc"


class CalibrateRest(Command):
    """Measure rest from the next seconds."""

    seconds: CalibrationSeconds = 5.0


class CalibrateMvc(Command):
    """Measure full effort of a channel, or of all of them when ``channel`` is nil."""

    channel: Channel | None = None
    seconds: CalibrationSeconds = 5.0


class StartProtocol(Command):
    """Begin an exercise."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Mark(Command):
    """Mark this moment."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]


class Note(Command):
    """Write something down at this moment."""

    text: Text


class State(Command):
    """Ask for the session, channels, calibration and settings."""


class Pause(Command):
    """Hold the session up."""


class Resume(Command):
    """Go on after a pause."""


class Skip(Command):
    """Leave the present step out."""


class Stop(Command):
    """End the exercise or calibration."""


COMMANDS: dict[str, type[Command]] = {
    "state": State,
    "set_target": SetTarget,
    "calibrate_rest": CalibrateRest,
    "calibrate_mvc": CalibrateMvc,
    "start_protocol": StartProtocol,
    "pause": Pause,
    "resume": Resume,
    "skip": Skip,
    "stop": Stop,
    "mark": Mark,
    "note": Note,
}

Message = Frame | Event | Status
TOPICS: dict[type[Message], bytes] = {Frame: b"frame", Event: b"event", Status: b"status"}

_encoder = msgspec.msgpack.Encoder()
_decoders = {topic: msgspec.msgpack.Decoder(kind) for kind, topic in TOPICS.items()}


def or_none(values: NDArray[np.float64]) -> list[float | None]:
    """Put numbers on the wire: what is not known is nil."""
    return [None if value != value else value for value in values.tolist()]


def encode(message: Message) -> bytes:
    """Return the single part that is published for ``message``."""
    return TOPICS[type(message)] + b" " + _encoder.encode(message)


def decode(part: bytes) -> Message:
    """Read a published part.

    Raises
    ------
    ValueError
        The part is no message of ours, or one that this version cannot read.
    """
    topic, _, body = part.partition(b" ")
    if topic not in _decoders:
        raise ValueError(f"unknown topic {topic[:16]!r}")
    try:
        message: Message = _decoders[topic].decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"a {topic.decode()} that cannot be read: {error}") from None
    if message.v != PROTOCOL_VERSION:
        raise ValueError(f"protocol version {message.v}, this is {PROTOCOL_VERSION}")
    return message

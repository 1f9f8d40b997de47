"""Every message on the wire, as typed structs. One msgpack map each; unknown keys are ignored."""

from enum import StrEnum
from typing import Annotated, Any, Literal

import msgspec

from emg_config.electrode import Electrode
from emg_config.protocol import ONE_LINE, Band, Dose, Fraction, RampSeconds, Tolerance, Unit

PROTOCOL_VERSION = 1
DEFAULT_PUBLISH = "tcp://127.0.0.1:5556"
DEFAULT_CONTROL = "tcp://127.0.0.1:5557"
MAX_CONTROL_BYTES = 16384


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


class Part(msgspec.Struct, kw_only=True):
    """One of several exercises that were asked for together, and what came of it so far.

    ``results`` and ``skipped`` are as in `SessionState`, of ``planned`` repetitions.
    """

    title: str
    planned: int
    results: list[str] = []
    skipped: int = 0


class SessionState(msgspec.Struct, kw_only=True):
    """Where the training is: all that a view needs to show it, in every frame.

    Attributes
    ----------
    phase : Phase
    patient : str or None
        Pseudonym of the open session's patient.
    protocol, title, mode : str or None
        The exercise; ``mode`` as in `emg_config.protocol`.
    cue : str
        What the patient does in it, in a few words.
    set, sets, repetition, repetitions : int
        Counted from 1; during an MVC calibration ``repetition`` counts its trials. In the rest
        before a further part ``repetition`` is 0.
    part : int
        Which of ``parts`` runs or ran last, counted from 1; 0 without any.
    parts : list of Part
        Those of the evaluation that runs or ran last; empty for an exercise that stands alone.
    remaining_s, phase_s : float or None
        Left of this phase and its length; nil where time does not run or must not be foreseen.
    targets : list of (low, high) or None
        Now, a channel, in fractions of MVC. They move along the path of ``follow``; during
        ``relax`` of ``contract-relax`` they are the level to fall below.
    targets_uv : list of (low, high) or None
        Now, a channel, in µV, also for channels without an MVC.
    hold_targets, relax_targets : list of (low, high) or None
        What the two halves of a repetition of ``contract-relax`` ask for, a channel, in fractions
        of MVC; empty in other modes.
    units : list of str
        ``mvc`` or ``uv``, a channel: in which its target is set.
    roles : list of str
        ``train``, ``quiet`` or ``watch``, a channel; empty for a channel the exercise leaves out.
    sides : list of str
        ``left`` or ``right``, a channel; empty where neither its name nor the exercise tells.
    used : list of bool
        Whether a channel is in use; empty if all are.
    hidden : bool
        The bars must not be shown to the patient now.
    alarm : bool
        Out of the band for longer than the exercise allows.
    path : list of (seconds, fraction of MVC)
        Corners of the path of a ``follow`` hold, from its start; empty otherwise.
    effort : float
        Share of full effort that the trials ask for, the least should it not be one; 1 without any.
    results : list of str
        Each repetition of this exercise so far: ``good``, ``missed``, or ``void`` (disturbed).
    score : float or None
        Share of time in the band of the latest repetition.
    last : dict
        Figures of the latest repetition, as in its event.
    completed : int
        Repetitions that count.
    skipped : int
        Repetitions of this exercise that were left out on purpose.
    skipped_last : (set, repetition) or None
        The latest of them, while it can still be taken back.
    paused_for : str
        Why the session pauses: ``asked``, ``pain`` or ``loss``; empty while it does not.
    """

    phase: Phase = Phase.IDLE
    patient: str | None = None
    protocol: str | None = None
    title: str | None = None
    mode: str | None = None
    cue: str = ""
    set: int = 0
    sets: int = 0
    repetition: int = 0
    repetitions: int = 0
    part: int = 0
    parts: list[Part] = []
    remaining_s: float | None = None
    phase_s: float | None = None
    targets: list[Band | None] = []
    targets_uv: list[Band | None] = []
    hold_targets: list[Band | None] = []
    relax_targets: list[Band | None] = []
    units: list[Unit] = []
    roles: list[str] = []
    sides: list[str] = []
    used: list[bool] = []
    hidden: bool = False
    alarm: bool = False
    path: list[tuple[float, float]] = []
    effort: float = 1.0
    results: list[str] = []
    score: float | None = None
    last: dict[str, Any] = {}
    completed: int = 0
    skipped: int = 0
    skipped_last: tuple[int, int] | None = None
    paused_for: str = ""

    @property
    def in_trials(self) -> bool:
        """Whether full effort is tried: now, in a moment, or again after a rest."""
        waits = self.phase in (Phase.PREPARE, Phase.RELAX, Phase.PAUSE)
        return self.phase is Phase.MVC_CALIBRATION or (
            waits and self.set == 0 and self.repetition > 0
        )

    @property
    def between_parts(self) -> bool:
        """Whether the patient rests before the next part."""
        return self.phase is Phase.RELAX and self.set > 0 and self.repetition == 0

    @property
    def stopped(self) -> bool:
        """Whether the exercise ended before its last repetition."""
        planned = self.sets * self.repetitions
        return self.phase is Phase.DONE and len(self.results) + self.skipped < planned

    def is_used(self, channel: int) -> bool:
        """Return whether a channel is in use."""
        return channel >= len(self.used) or self.used[channel]


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


class DisplayAt(msgspec.Struct, kw_only=True):
    """A computer with a patient's display: whether it is shown, and opened there when asked for."""

    host: str
    shown: bool
    opens: bool


class PatientLook(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """How a patient's page looks: in which half everything is, how many times as large letters."""

    side: Literal["whole", "left", "right"] = "whole"
    text_size: Annotated[float, msgspec.Meta(ge=1.0, le=1.6)] = 1.0


class Status(msgspec.Struct, kw_only=True):
    """Once a second and on change: what a view needs to know besides the frames.

    ``look`` is nil while each display may look as it was started. ``display_calls`` counts how
    often the displays that are shown were called to the front. ``channels_from`` is when the
    patient's last session began, in Unix seconds, while the channels are as they were in it.
    ``pain_unseen`` is whether pain was pressed while nothing ran, and nobody has seen it yet.
    """

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
    auto_target: dict[str, Any] | None = None
    electrodes: list[Electrode | None] = []
    displays: list[DisplayAt] = []
    display_calls: int = 0
    look: PatientLook | None = None
    channels_from: float | None = None
    pain_unseen: bool = False


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
ShortText = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=ONE_LINE)]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=ONE_LINE)]
# Pseudonyms only: nothing that could be a date or a full name with spaces.
PatientId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]


class Command(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """A command without arguments."""


class State(Command):
    """Ask for the session, channels, calibration and settings."""


# Who.


class Patients(Command):
    """Ask for the patients that the archive knows."""


class AddPatient(Command):
    """Enter a patient under a pseudonym."""

    patient: PatientId


class BeginSession(Command):
    """Open a session for a patient: from here on everything is kept under it."""

    patient: PatientId


class EndSession(Command):
    """Close the session; the answer is its summary."""


class History(Command):
    """Ask for a patient's programme, last doses, past sessions and newest calibrations."""

    patient: PatientId


class ProgrammeItem(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """An exercise of a patient's own list, with dose and progression.

    After each session in which at least ``progress_at`` of its repetitions were good, the target
    moves up by ``step`` of MVC (down in modes that relax), to ``limit`` at most.
    """

    protocol: ShortText
    dose: Dose = Dose()
    progress_at: Share = 0.8
    step: Annotated[float, msgspec.Meta(ge=0.0, le=0.2)] = 0.0
    limit: Annotated[float, msgspec.Meta(ge=0.0, le=1.5)] = 0.8


class SetProgramme(Command):
    """Replace a patient's programme."""

    patient: PatientId
    items: Annotated[list[ProgrammeItem], msgspec.Meta(max_length=30)]


class Protocols(Command):
    """Ask for the exercise library."""


# Electrodes and calibration.


class Placements(Command):
    """Ask where the electrodes go, muscle by muscle."""


class NameChannel(Command):
    """Say which muscle a channel is on, with what it is recorded, whether it is used at all.

    What is nil stays as it was.
    """

    channel: Channel
    muscle: ShortText | None = None
    electrode: Electrode | None = None
    used: bool | None = None


class CalibrateRest(Command):
    """Measure rest from the next seconds."""

    seconds: CalibrationSeconds = 5.0


class CalibrateMvc(Command):
    """Measure full effort of a channel, or of all of them when ``channel`` is nil.

    With ``fraction`` below 1 a submaximal reference is measured: the patient gives about that
    share of full effort, where full effort would hurt. Between ``trials`` there is ``rest_s``;
    each begins after ``prepare_s`` to get ready.
    """

    channel: Channel | None = None
    seconds: CalibrationSeconds = 5.0
    trials: Annotated[int, msgspec.Meta(ge=1, le=10)] = 1
    rest_s: Annotated[float, msgspec.Meta(ge=0.0, le=300.0)] = 30.0
    prepare_s: Annotated[float, msgspec.Meta(ge=0.0, le=30.0)] = 0.0
    fraction: Annotated[float, msgspec.Meta(ge=0.1, le=1.0)] = 1.0


class DropTrial(Command):
    """Take the latest MVC trial of a channel out; the best of the others counts."""

    channel: Channel


class SetReference(Command):
    """Take a known MVC of a channel, such as that of the last session.

    ``fraction`` is the share of full effort from which it was reckoned then.
    """

    channel: Channel
    mvc_uv: Annotated[float, msgspec.Meta(ge=1.0, le=100_000.0)]
    fraction: Annotated[float, msgspec.Meta(ge=0.1, le=1.0)] = 1.0


# Exercise.


class StartProtocol(Command):
    """Begin an exercise, its muscles on ``channels`` (the first ones when nil)."""

    name: ShortText
    dose: Dose = Dose()
    channels: Annotated[list[Channel], msgspec.Meta(max_length=16)] | None = None


class StartEvaluation(Command):
    """Begin the initial evaluation: its exercises one after the other, on a left and a right."""

    channels: Annotated[list[Channel], msgspec.Meta(min_length=2, max_length=2)] | None = None


class Evaluation(Command):
    """Ask what the initial evaluation came to, and which programme it proposes."""


class Repetitions(Command):
    """Ask for the figures of every repetition so far of the exercise that runs or ran last."""


class Summary(Command):
    """Ask what the session came to so far."""


class SetTarget(Command):
    """Set a channel's band, in fractions of MVC or in µV."""

    channel: Channel
    low: Annotated[float, msgspec.Meta(ge=0.0)]
    high: Annotated[float, msgspec.Meta(gt=0.0)]
    unit: Unit = "mvc"


class SetPath(Command):
    """Change the path of the ``follow`` exercise that runs; nil leaves a part of it as it is.

    ``low`` and ``high`` are its lowest and highest level, ``ramp_s`` the length of each ramp of a
    trapezoid, ``tolerance`` half the height of its corridor.
    """

    low: Fraction | None = None
    high: Fraction | None = None
    ramp_s: RampSeconds | None = None
    tolerance: Tolerance | None = None


class NudgeTarget(Command):
    """Move every trained muscle's band up or down by a part of MVC."""

    by: Annotated[float, msgspec.Meta(ge=-0.5, le=0.5)]


class AutoTarget(Command):
    """Let the targets follow success, within limits; or no longer.

    After every repetition that counts, the trained muscles' bands move by ``step`` of MVC:
    easier after a miss, and after a success harder by so much less that ``rate`` of the
    repetitions succeed in the long run. The band's middle stays between ``low`` and ``high``.
    """

    on: bool
    rate: Annotated[float, msgspec.Meta(ge=0.5, le=0.95)] = 0.8
    step: Annotated[float, msgspec.Meta(ge=0.005, le=0.2)] = 0.04
    low: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.1
    high: Annotated[float, msgspec.Meta(ge=0.05, le=1.5)] = 0.8


class ExtendRest(Command):
    """Make the present rest longer."""

    seconds: Annotated[float, msgspec.Meta(gt=0.0, le=300.0)] = 15.0


class Pause(Command):
    """Hold the session up; ``pain``, the patient's own key, is noted if nothing runs."""

    reason: Literal["asked", "pain"] = "asked"


class PainSeen(Command):
    """Tell no longer that pain was pressed while nothing ran: somebody has seen it."""


class Resume(Command):
    """Go on after a pause."""


class Skip(Command):
    """Leave the present step out, or all that is left of a part of an evaluation, if it runs.

    A pause stays until `Resume`, unless nothing is left to do.
    """

    part: Annotated[int, msgspec.Meta(ge=1, le=100)] | None = None


class TakeBack(Command):
    """Do the repetition after all that was skipped last."""


class Stop(Command):
    """End the exercise or calibration."""


class Display(Command):
    """Tell, every second, that a patient's display is shown on a computer, or could be.

    The answer's ``wanted`` is whether it is to be opened now, for one that ``opens`` it when asked.
    """

    host: ShortText
    shown: bool
    opens: bool = False


class OpenDisplay(Command):
    """Have the patient's display opened, and those that are shown brought to the front.

    The answer's ``shown`` are the computers that show one, ``opens`` is whether one that can and
    shows none is asked for it.
    """


class SetLook(Command):
    """Have every patient's display look so, now and whenever this patient comes again."""

    look: PatientLook


class Mark(Command):
    """Mark this moment."""

    label: ShortText


class Note(Command):
    """Write something down at this moment."""

    text: Text


COMMANDS: dict[str, type[Command]] = {
    "state": State,
    "patients": Patients,
    "add_patient": AddPatient,
    "begin_session": BeginSession,
    "end_session": EndSession,
    "history": History,
    "set_programme": SetProgramme,
    "protocols": Protocols,
    "placements": Placements,
    "name_channel": NameChannel,
    "calibrate_rest": CalibrateRest,
    "calibrate_mvc": CalibrateMvc,
    "drop_trial": DropTrial,
    "set_reference": SetReference,
    "start_protocol": StartProtocol,
    "start_evaluation": StartEvaluation,
    "evaluation": Evaluation,
    "repetitions": Repetitions,
    "summary": Summary,
    "set_target": SetTarget,
    "set_path": SetPath,
    "nudge_target": NudgeTarget,
    "auto_target": AutoTarget,
    "extend_rest": ExtendRest,
    "pause": Pause,
    "pain_seen": PainSeen,
    "resume": Resume,
    "skip": Skip,
    "take_back": TakeBack,
    "stop": Stop,
    "display": Display,
    "open_display": OpenDisplay,
    "set_look": SetLook,
    "mark": Mark,
    "note": Note,
}

Message = Frame | Event | Status

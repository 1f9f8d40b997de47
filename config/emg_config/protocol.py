"""An exercise: which muscles, how strong, how long, how often. Read from TOML.

Every mode is one small struct; what they share is in `Exercise`. Limits stand in the types, so
that whatever reads a protocol, or a therapist's change to its dose, is told them.
"""

import math
from typing import Annotated, Any, ClassVar, Literal, Self

import msgspec

from emg_config.errors import UserError
from emg_config.refusal import in_words

Seconds = Annotated[float, msgspec.Meta(ge=0.0, le=600.0)]
HoldSeconds = Annotated[float, msgspec.Meta(ge=1.0, le=1800.0)]
Repetitions = Annotated[int, msgspec.Meta(ge=1, le=100)]
Sets = Annotated[int, msgspec.Meta(ge=1, le=20)]
# Words on one line: no control characters, none that turn the direction of reading.
_SIGN = r"[^\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]"
ONE_LINE = rf"^{_SIGN}*(?!\s){_SIGN}+$"
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=ONE_LINE)]
Line = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=ONE_LINE)]
Fraction = Annotated[float, msgspec.Meta(ge=0.0, le=1.5)]
RampSeconds = Annotated[float, msgspec.Meta(ge=0.1, le=600.0)]
Tolerance = Annotated[float, msgspec.Meta(gt=0.0, le=0.5)]
Band = tuple[float, float]
Unit = Literal["mvc", "uv"]
# The most that can be asked of a muscle: fractions of MVC, µV.
HIGHEST: dict[Unit, float] = {"mvc": 1.5, "uv": 5000.0}
# No muscle stays in a narrower band: fractions of MVC, µV.
LEAST_WIDTH: dict[Unit, float] = {"mvc": 0.01, "uv": 0.5}
# A fast muscle answers a cue within 0.1 s; nobody needs more than this to wait for it.
LONGEST_FOREPERIOD_S = 15.0
ROUNDING = 1e-9
LONGEST_PROTOCOL_S = 3 * 3600.0


def check_band(low: float, high: float, unit: Unit = "mvc") -> Band:
    """Return the band, or say what a band needs.

    Raises
    ------
    ValueError
        It is upside down, out of bounds, or too narrow.
    """
    words, least = "of MVC" if unit == "mvc" else "µV", LEAST_WIDTH[unit]
    if not 0.0 <= low < high <= HIGHEST[unit]:
        raise ValueError(f"a target needs 0 ≤ low < high ≤ {HIGHEST[unit]:g} {words}")
    if high - low < least - ROUNDING:
        raise ValueError(f"a target is at least {least:g} {words} wide")
    return low, high


def endurance_s(share: float) -> float:
    """Return for how long a share p of full effort can be held at all, a matter of minutes.

    −1.5 + 2.1/p − 0.6/p² + 0.1/p³ minutes (Rohmert 1960, Int Z angew Physiol 18:123); below 15 %
    for as long as anybody would ask for.
    """
    if share < 0.15:
        return math.inf
    share = min(share, 1.0)
    return 60.0 * (-1.5 + 2.1 / share - 0.6 / share**2 + 0.1 / share**3)


def _check_endurance(muscle: str, share: float, hold_s: float) -> None:
    longest_s = endurance_s(share)
    if hold_s > longest_s:
        raise ValueError(
            f"{muscle} cannot be held at {share:.0%} of MVC for {hold_s:g} s, "
            f"hardly longer than {longest_s:.0f} s"
        )


class Aim(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one muscle is to reach: a band in ``unit``."""

    low: float
    high: float
    unit: Unit = "mvc"

    def __post_init__(self) -> None:
        check_band(self.low, self.high, self.unit)


class Muscle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A muscle and what is asked of it.

    Attributes
    ----------
    role : {"train", "quiet", "watch"}
        Whether it is to reach its target, to stay in it while another works, or only to be seen.
    target : (low, high), optional
        In ``unit``; none for a muscle that is only watched or that follows a path.
    unit : {"mvc", "uv"}
    """

    name: Name
    role: Literal["train", "quiet", "watch"] = "train"
    target: Band | None = None
    unit: Unit = "mvc"

    def __post_init__(self) -> None:
        if self.target is not None:
            check_band(*self.target, self.unit)

    def aiming_at(self, aim: Aim | None, common: Band | None) -> Self:
        """Return the muscle with its own target, else with one that is for all trained muscles.

        A muscle without a target stays without one.
        """
        if self.target is None:
            return self
        if aim is not None:
            return msgspec.structs.replace(self, target=(aim.low, aim.high), unit=aim.unit)
        if common is not None and self.role == "train":
            return msgspec.structs.replace(self, target=common)
        return self


class Exercise(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="mode"
):
    """What every mode has: repetitions of prepare, hold and relax, in sets.

    Attributes
    ----------
    name, title, region : str
    helps : tuple of str
        What a referral calls it, such as ``"back pain and sciatica"``.
    cue : str
        What the patient does, in a few words: "Press your knee down".
    posture : str, optional
        How the patient sits, lies or stands, and against what; for the therapist.
    caution : str, optional
        What the therapist must heed.
    prepare_s, hold_s, relax_s, set_rest_s : float
    repetitions, sets : int
    muscles : tuple of Muscle
        On the channels in their order.
    source : str
        Where the dose and the targets come from.
    """

    needs_targets: ClassVar[bool] = True

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
    title: Name
    region: Name
    helps: tuple[Name, ...] = ()
    cue: Name = "Tense the muscle"
    posture: Line | None = None
    caution: Line | None = None
    prepare_s: Seconds = 3.0
    hold_s: HoldSeconds = 5.0
    relax_s: Seconds = 5.0
    repetitions: Repetitions = 10
    sets: Sets = 1
    set_rest_s: Seconds = 60.0
    muscles: Annotated[tuple[Muscle, ...], msgspec.Meta(min_length=1, max_length=16)]
    source: Line | None = None

    def __post_init__(self) -> None:
        if self.needs_targets:
            if not any(muscle.role == "train" for muscle in self.muscles):
                raise ValueError("at least one muscle must be trained")
            for muscle in self.muscles:
                if muscle.role != "watch" and muscle.target is None:
                    raise ValueError(f"{muscle.name} needs a target")
        for muscle in self.muscles:
            if muscle.target is not None and muscle.unit == "mvc":
                _check_endurance(muscle.name, muscle.target[0], self.hold_s)
        if self.total_s > LONGEST_PROTOCOL_S:
            raise ValueError("it lasts more than three hours: fewer repetitions or sets")

    @property
    def mode(self) -> str:
        """Return the mode's name."""
        return str(self.__struct_config__.tag)

    @property
    def total_s(self) -> float:
        """Return how long it takes, pauses of the therapist left out."""
        one_s = self.prepare_s + self.hold_s + self.relax_s
        pauses_s = (self.sets - 1) * max(0.0, self.set_rest_s - self.relax_s)
        return self.sets * self.repetitions * one_s + pauses_s

    def with_dose(self, dose: "Dose") -> Self:
        """Return the exercise with what ``dose`` changes.

        Raises
        ------
        UserError
            Together they make no sense.
        """
        changed: dict[str, Any] = {
            name: value
            for name, value in msgspec.structs.asdict(dose).items()
            if value is not None and name not in ("target", "targets")
        }
        if len(dose.targets) > len(self.muscles):
            raise UserError(
                f"{self.title}: {len(dose.targets)} targets for {len(self.muscles)} muscles"
            )
        own = [*dose.targets, *[None] * (len(self.muscles) - len(dose.targets))]
        try:
            changed["muscles"] = tuple(
                muscle.aiming_at(aim, dose.target)
                for muscle, aim in zip(self.muscles, own, strict=True)
            )
            return msgspec.structs.replace(self, **changed)
        except ValueError as error:
            raise UserError(f"{self.title}: {error}") from None


class Hold(Exercise, frozen=True, kw_only=True, tag="hold"):
    """Hold in a band: isometric strengthening."""


class StayBelow(Exercise, frozen=True, kw_only=True, tag="stay-below"):
    """Stay below a level: relaxation of an overactive muscle."""


class ContractRelax(Exercise, frozen=True, kw_only=True, tag="contract-relax"):
    """Contract, then relax below ``relax_below``: hold–relax; the time to let go counts."""

    relax_below: Annotated[float, msgspec.Meta(gt=0.0, le=0.5)] = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        for muscle in self.muscles:
            low = muscle.target[0] if muscle.target and muscle.role == "train" else math.inf
            if muscle.unit == "mvc" and low < self.relax_below:
                raise ValueError(
                    f"the target must begin at or above {self.relax_below:.0%} of MVC, below which"
                    f" {muscle.name} is to relax"
                )


class Path(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A course of the target over one hold, in fractions of MVC.

    ``trapezoid`` rises from ``low`` to ``high`` in ``ramp_s``, stays, and falls; ``steps`` climbs
    in ``cycles`` equal steps; ``sine`` swings between ``low`` and ``high``, ``cycles`` times.
    """

    shape: Literal["trapezoid", "steps", "sine"]
    low: Fraction = 0.0
    high: Fraction = 0.4
    ramp_s: RampSeconds = 3.0
    cycles: Annotated[int, msgspec.Meta(ge=1, le=20)] = 3
    tolerance: Tolerance = 0.05

    def __post_init__(self) -> None:
        check_band(self.low, self.high)


class Follow(Exercise, frozen=True, kw_only=True, tag="follow"):
    """Follow a path: graded control and coordination. Every trained muscle follows the same."""

    needs_targets: ClassVar[bool] = False
    path: Path

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.path.shape == "trapezoid" and 2.0 * self.path.ramp_s >= self.hold_s:
            raise ValueError("hold_s must be longer than both ramps of its path")
        if not any(muscle.role == "train" for muscle in self.muscles):
            raise ValueError("at least one muscle must be trained")


class React(Exercise, frozen=True, kw_only=True, tag="react"):
    """React to a cue that comes after a random wait: speed of recruitment."""

    foreperiod_s: tuple[float, float] = (2.0, 5.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        shortest, longest = self.foreperiod_s
        if not 0.5 <= shortest <= longest <= LONGEST_FOREPERIOD_S:
            raise ValueError(f"foreperiod_s needs 0.5 ≤ least ≤ most ≤ {LONGEST_FOREPERIOD_S:g} s")

    @property
    def total_s(self) -> float:
        """Return how long it takes if every wait is the longest."""
        return super().total_s + self.sets * self.repetitions * self.foreperiod_s[1]


class Isolate(Exercise, frozen=True, kw_only=True, tag="isolate"):
    """Selective activation: one muscle works while another stays quiet."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not any(muscle.role == "quiet" for muscle in self.muscles):
            raise ValueError("at least one muscle must be kept quiet")


class Symmetry(Exercise, frozen=True, kw_only=True, tag="symmetry"):
    """Both sides alike: the first two muscles are left and right of one pair.

    ``most_asymmetry`` bounds |right − left| / (right + left).
    """

    most_asymmetry: Annotated[float, msgspec.Meta(gt=0.0, le=0.5)] = 0.15

    def __post_init__(self) -> None:
        super().__post_init__()
        if [muscle.role for muscle in self.muscles[:2]] != ["train", "train"]:
            raise ValueError("the first two muscles must be trained: left and right")
        if any(muscle.role == "train" for muscle in self.muscles[2:]):
            raise ValueError("only the first two muscles can be trained: the others watch")


class Endurance(Exercise, frozen=True, kw_only=True, tag="endurance"):
    """Hold a low level for minutes; an alarm when out of the band for ``alarm_after_s``."""

    alarm_after_s: Annotated[float, msgspec.Meta(ge=0.5, le=60.0)] = 5.0


class Reproduce(Exercise, frozen=True, kw_only=True, tag="reproduce"):
    """Reproduce without seeing: kinesthetic sense.

    In each set the first ``shown_repetitions`` show the bars; in the others they are hidden during
    the hold, and the error is shown afterwards.
    """

    shown_repetitions: Annotated[int, msgspec.Meta(ge=1, le=20)] = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.shown_repetitions >= self.repetitions:
            raise ValueError("shown_repetitions must be fewer than repetitions")


class Free(Exercise, frozen=True, kw_only=True, tag="free"):
    """Look and learn: nothing is asked, a target may be set at any time."""

    needs_targets: ClassVar[bool] = False


Protocol = (
    Hold
    | StayBelow
    | ContractRelax
    | Follow
    | React
    | Isolate
    | Symmetry
    | Endurance
    | Reproduce
    | Free
)


class Dose(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a therapist changes in an exercise for one patient; None leaves it as it is.

    ``target`` is for every trained muscle that has one, in that muscle's unit; ``targets`` are for
    single muscles, in their order, None for one that is left as it is.
    """

    prepare_s: Seconds | None = None
    hold_s: HoldSeconds | None = None
    relax_s: Seconds | None = None
    repetitions: Repetitions | None = None
    sets: Sets | None = None
    set_rest_s: Seconds | None = None
    target: Band | None = None
    targets: Annotated[tuple[Aim | None, ...], msgspec.Meta(max_length=16)] = ()


def parse_protocol(text: str, source: str) -> Protocol:
    """Read a protocol; ``source`` names it in an error."""
    try:
        return msgspec.toml.decode(text, type=Protocol)  # type: ignore[no-any-return]
    except msgspec.ValidationError as error:
        raise UserError(f"{source} is not a valid protocol: {in_words(error)}") from None
    except msgspec.DecodeError as error:
        raise UserError(f"{source} is not a valid protocol: {error}") from None

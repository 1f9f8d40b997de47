"""What is asked of every channel now: roles, targets, and how they move."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import UserError
from emg_config.muscles import side_of
from emg_config.protocol import (
    HIGHEST,
    LEAST_WIDTH,
    Band,
    ContractRelax,
    Exercise,
    Follow,
    Unit,
    check_band,
)
from emg_feedback.link.messages import Phase
from emg_feedback.training import targets
from emg_feedback.training.calibration import Calibration
from emg_feedback.training.statistics import Played
from emg_feedback.training.steps import Step
from emg_feedback.training.targets import Target

Array = NDArray[np.float64]

# A band in µV on a channel without MVC is nudged as if that were its MVC.
ASSUMED_MVC_UV = 100.0


class MaximumMissingError(UserError):
    """An exercise cannot begin before the maximum of its muscles is measured."""


class Goals:
    """Roles and targets of the channels in the exercise that runs or ran last.

    Parameters
    ----------
    calibration : Calibration
        Followed: a target in fractions of MVC is as strong as its MVC is now.
    """

    def __init__(self, calibration: Calibration) -> None:
        self.exercise: Exercise | None = None
        self.targets: list[Target | None] = [None] * len(calibration.mvc_uv)
        self.roles = [""] * len(calibration.mvc_uv)
        self.sides = [""] * len(calibration.mvc_uv)
        self._calibration = calibration

    def begin(self, exercise: Exercise, channels: Sequence[int]) -> None:
        """Take the targets of an exercise, its muscles on ``channels``."""
        self.exercise = exercise
        self.targets = [None] * len(self.targets)
        self.roles = [""] * len(self.targets)
        self.sides = [""] * len(self.targets)
        for channel, muscle in zip(channels, exercise.muscles, strict=True):
            self.roles[channel] = muscle.role
            self.sides[channel] = side_of(muscle.name)
            if muscle.target is not None:
                self.targets[channel] = Target(*muscle.target, muscle.unit)
            elif isinstance(exercise, Follow) and muscle.role == "train":
                self.targets[channel] = targets.around(exercise.path, exercise.path.low)

    @property
    def trained(self) -> list[int]:
        """Return the channels that are trained and have a target."""
        return [
            channel
            for channel, target in enumerate(self.targets)
            if self.roles[channel] == "train" and target is not None
        ]

    def unit(self, channel: int) -> Unit:
        """Return the unit in which a channel's target, or else its level, is told."""
        target = self.targets[channel]
        if target is not None:
            return target.unit
        return "uv" if np.isnan(self._mvc_uv(channel)) else "mvc"

    def set(self, channel: int, low: float, high: float, unit: Unit) -> None:
        """Set the band of a channel.

        Raises
        ------
        UserError
            It is upside down or out of bounds.
        """
        try:
            check_band(low, high, unit)
            mvc_uv = self._mvc_uv(channel)
            if unit == "uv" and high > HIGHEST["mvc"] * mvc_uv:
                most_uv = HIGHEST["mvc"] * mvc_uv
                share = f"{HIGHEST['mvc']:g} of MVC"
                raise UserError(f"this muscle's target is at most {most_uv:.0f} µV, {share}")
        except ValueError as error:
            raise UserError(str(error)) from None
        self.targets = [*self.targets]
        self.targets[channel] = Target(low, high, unit)

    def set_path(self, **changed: float) -> None:
        """Change the path of a ``follow`` exercise: ``low``, ``high``, ``ramp_s``, ``tolerance``.

        Raises
        ------
        UserError
            There is no path, or it would not be one.
        """
        exercise = self.exercise
        if not isinstance(exercise, Follow):
            raise UserError("there is no path now: start an exercise that follows one")
        try:
            path = msgspec.structs.replace(exercise.path, **changed)
            self.exercise = msgspec.structs.replace(exercise, path=path)
        except ValueError as error:
            raise UserError(str(error)) from None
        start = targets.around(path, path.low)
        trained = self.trained
        self.targets = [start if c in trained else one for c, one in enumerate(self.targets)]

    def move(self, by: float, limits: Band | None = None) -> None:
        """Move what the trained muscles aim at by a part of MVC, within ``limits``."""
        moved = list(self.targets)
        for channel in self.trained:
            target = self.targets[channel]
            assert target is not None
            mvc_uv = float(np.nan_to_num(self._mvc_uv(channel), nan=ASSUMED_MVC_UV))
            scale = 1.0 if target.unit == "mvc" else mvc_uv
            within = limits and (limits[0] * scale, limits[1] * scale)
            moved[channel] = target.moved(by * scale, within)
        self.targets = moved
        if isinstance(self.exercise, Follow):
            path = self.exercise.path
            least, most = limits or (0.0, HIGHEST["mvc"])
            least = max(least, min(path.high, path.low + LEAST_WIDTH["mvc"]))
            most = max(least, most - path.tolerance, 0.0 if limits else path.high)
            high = float(np.clip(path.high + by, least, most))
            self.exercise = msgspec.structs.replace(
                self.exercise, path=msgspec.structs.replace(path, high=high)
            )

    def now(self, channel: int, step: Step | None, gone_s: float) -> Target | None:
        """Return a channel's target ``gone_s`` into a step.

        On a path it is the path's; in the rest of contract–relax, what to fall below.
        """
        target, exercise = self.targets[channel], self.exercise
        if (
            target is None
            or self.roles[channel] != "train"
            or step is None
            or not step.of_repetition
        ):
            return target
        if isinstance(exercise, ContractRelax):
            return self.halves(channel)[step.phase is Phase.RELAX]
        if isinstance(exercise, Follow):
            t_s = gone_s if step.phase is Phase.HOLD else 0.0
            return targets.around(exercise.path, float(self._path(exercise, np.array([t_s]))[0]))
        return target

    def halves(self, channel: int) -> tuple[Target | None, Target | None]:
        """Return what the hold and the rest of contract–relax ask of a channel; else None twice."""
        target, exercise = self.targets[channel], self.exercise
        trained = target is not None and self.roles[channel] == "train"
        if not (trained and isinstance(exercise, ContractRelax)):
            return None, None
        return target, Target(0.0, exercise.relax_below)

    def bands_uv(self, t_s: Array) -> Array:
        """Return the bands at times from the start of a hold, shape (n, n_channels, 2).

        NaN where there is no target.
        """
        bands = np.full((len(t_s), len(self.targets), 2), np.nan)
        for channel, target in enumerate(self.targets):
            band = target and target.in_uv(self._mvc_uv(channel))
            if band is not None:
                bands[:, channel] = band
        if isinstance(self.exercise, Follow):
            level, tolerance = self._path(self.exercise, t_s), self.exercise.path.tolerance
            edges = np.stack([np.maximum(0.0, level - tolerance), level + tolerance], axis=1)
            for channel in self.trained:
                bands[:, channel] = edges * self._mvc_uv(channel)
        return bands

    def in_mvc(self, shown: list[Target | None]) -> list[Band | None]:
        """Return targets in fractions of MVC."""
        return [one.in_mvc(self._mvc_uv(c)) if one else None for c, one in enumerate(shown)]

    def in_uv(self, shown: list[Target | None]) -> list[Band | None]:
        """Return targets in µV."""
        return [one.in_uv(self._mvc_uv(c)) if one else None for c, one in enumerate(shown)]

    def _path(self, exercise: Follow, t_s: Array) -> Array:
        return targets.centre(exercise.path, exercise.hold_s, t_s)

    def _mvc_uv(self, channel: int) -> float:
        return float(self._calibration.mvc_uv[channel])


def placed(
    exercise: Exercise, channels: Sequence[int] | None, names: list[str], mvc_uv: Array
) -> Played:
    """Put an exercise's muscles on channels, the first ones when None, to be played.

    Raises
    ------
    MaximumMissingError
        A muscle has a target in fractions of an MVC (``mvc_uv``) that is not known.
    UserError
        It cannot begin, because there are too few channels.
    """
    wanted = len(exercise.muscles)
    if channels is None:
        if wanted > len(names):
            raise UserError(
                f"{exercise.title} needs {wanted} channels, this board gives {len(names)}"
            )
        channels = range(wanted)
    if len(channels) != wanted or len(set(channels)) != wanted:
        raise UserError(f"{exercise.title} needs electrodes on {wanted} muscles")
    missing = []
    for channel, muscle in zip(channels, exercise.muscles, strict=True):
        if channel >= len(names):
            raise UserError(
                f"there is no channel {channel}: there are {len(names)}, counted from 0"
            )
        of_mvc = isinstance(exercise, Follow | ContractRelax) or (
            muscle.target is not None and muscle.unit == "mvc"
        )
        if of_mvc and muscle.role != "watch" and np.isnan(mvc_uv[channel]):
            missing.append(names[channel])
    if missing:
        raise MaximumMissingError(f"measure the maximum of {' and '.join(missing)} first")
    return Played(exercise, channels)

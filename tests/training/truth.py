"""What a patient really did in every mode, beside what the scores say."""

from dataclasses import dataclass

import numpy as np
from clinic import Clinic

from emg_config.protocol import (
    ContractRelax,
    Endurance,
    Follow,
    Free,
    Hold,
    Isolate,
    Muscle,
    Path,
    React,
    Reproduce,
    StayBelow,
    Symmetry,
)
from emg_feedback.link.messages import EventKind
from emg_feedback.training import targets

BAND = (0.25, 0.55)
BOTH = (Muscle(name="A", target=BAND), Muscle(name="B", target=BAND))
RELAXED = (Muscle(name="A", target=(0.0, 0.1)), Muscle(name="B", target=(0.0, 0.1)))
ONE = (Muscle(name="A"), Muscle(name="B", role="watch"))
SHARED = {
    "title": "Test", "region": "knee", "prepare_s": 1.0, "hold_s": 4.0, "relax_s": 3.0,
    "repetitions": 2,
}  # fmt: skip
EXERCISE_OF = {
    "hold": Hold(name="t", muscles=BOTH, **SHARED),
    "stay-below": StayBelow(name="t", muscles=RELAXED, **SHARED),
    "contract-relax": ContractRelax(name="t", muscles=BOTH, **SHARED),
    "follow": Follow(
        name="t",
        muscles=ONE,
        path=Path(shape="sine", low=0.2, high=0.5, cycles=1, tolerance=0.12),
        **{**SHARED, "hold_s": 8.0},
    ),
    "react": React(name="t", muscles=BOTH, foreperiod_s=(0.5, 1.0), **{**SHARED, "hold_s": 2.0}),
    "isolate": Isolate(
        name="t",
        muscles=(BOTH[0], Muscle(name="B", role="quiet", target=(0.0, 0.1))),
        **SHARED,
    ),
    "symmetry": Symmetry(name="t", muscles=BOTH, **SHARED),
    "endurance": Endurance(name="t", muscles=BOTH, **{**SHARED, "hold_s": 8.0, "repetitions": 1}),
    "reproduce": Reproduce(name="t", muscles=BOTH, **SHARED),
    "free": Free(name="t", muscles=ONE, **SHARED),
}
# One percent, and what rounding leaves.
ONE_PERCENT = 0.01 + 1e-9
JUDGED_FROM_S = 1.0


@dataclass(frozen=True)
class Compared:
    """One muscle in one repetition: how far its scores are off, None where nothing is to compare.

    ``off_edge`` is how near the true level came to an edge of the band, as a share of it; ``mean``
    is off by that share of the true mean. Ranges count from the true time.
    """

    mode: str
    role: str
    onset_s: float | None
    release_s: float | None
    onset_between_s: tuple[float, float] | None
    release_between_s: tuple[float, float] | None
    in_band: float | None
    off_edge: float
    mean: float | None


def lead(seed, rate_hz=250.0):
    """Lead a patient through every mode; return the clinic, and of each mode what was done.

    That is the exercise, its scores, and the first sample of each hold.
    """
    clinic = Clinic(["A", "B"], seed, rate_hz)
    clinic.calibrate()
    done = {}
    for mode, exercise in EXERCISE_OF.items():
        clinic.changes.clear()
        scores = clinic.do(exercise)
        starts = [
            change.sample
            for change in clinic.changes
            if change.kind is EventKind.PHASE and change.data["phase"] == "hold"
        ]
        done[mode] = (exercise, scores, starts)
    return clinic, done


def compared(clinic, done):
    """Compare all that was done with the truth."""
    return [
        _compare(clinic, exercise, start, one)
        for exercise, scores, starts in done.values()
        for score, start in zip(scores, starts, strict=True)
        for one in score.channels
    ]


def errors(found, name):
    """How far off one figure is, wherever it could be compared."""
    values = [getattr(one, name) for one in found]
    return np.abs([value for value in values if value is not None])


def ranges(found, name):
    """One time, off by how much, and its range, counted from the true time, shape (n, 3)."""
    times = [(getattr(one, f"{name}_s"), getattr(one, f"{name}_between_s")) for one in found]
    return np.array([(off, *between) for off, between in times if off is not None])


def _compare(clinic, exercise, start, one):
    rate_hz = clinic.rate_hz
    stop = start + round(exercise.hold_s * rate_hz)
    following = isinstance(exercise, Follow)
    t_s = np.arange(0.0 if following else JUDGED_FROM_S, exercise.hold_s, 1.0 / rate_hz)
    level = clinic.level(one.channel)[start + np.round(t_s * rate_hz).astype(int)]
    in_band, off_edge = None, np.inf
    if one.band is not None:
        low, high = one.band
        if following:
            centre = targets.centre(exercise.path, exercise.hold_s, t_s)
            low, high = centre - exercise.path.tolerance, centre + exercise.path.tolerance
        in_band = one.time_in_band - np.mean((level >= low) & (level <= high))
        edges = [edge for edge in (low, high) if np.min(edge) > 0.0]
        off_edge = min(np.abs(level / edge - 1.0).min() for edge in edges)
    true = next(
        (c for c in clinic.patient.contractions[one.channel] if start <= c.onset_sample < stop),
        None,
    )
    onset = release = onset_between = release_between = None
    if true is not None and one.role == "train":
        onset, onset_between = _off(
            one.onset_latency_s, one.onset_between_s, (true.onset_sample - start) / rate_hz
        )
        if true.offset_sample is not None:
            release, release_between = _off(
                one.release_s, one.release_between_s, (true.offset_sample - stop) / rate_hz
            )
    mode = type(exercise).__struct_config__.tag
    mean = None if in_band is None or one.role != "train" else one.mean / level.mean() - 1.0
    return Compared(
        mode, one.role, onset, release, onset_between, release_between, in_band, off_edge, mean
    )


def _off(told_s, between_s, true_s):
    between = None if between_s is None else tuple(end - true_s for end in between_s)
    return None if told_s is None else told_s - true_s, between

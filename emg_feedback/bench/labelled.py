"""Excerpts of real recordings in which people saw contractions, with rough times."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from emg_feedback.bench.onset_cases import Record


@dataclass(frozen=True, slots=True)
class Labelled:
    """One channel of a recording.

    Attributes
    ----------
    record : Record
        Without exact truth.
    channel : str
    onsets_s : list of float
        Read off an RMS of 100 ms by eye, to about a quarter of a second. There may be more
        contractions than these.
    """

    record: Record
    channel: str
    onsets_s: list[float]


def labelled_recordings() -> Iterator[Labelled]:
    """Read the excerpts one channel after another."""
    folder = files("emg_feedback.bench.recordings")
    labels = json.loads((folder / "labels.json").read_text(encoding="utf-8"))
    for recording, channels in labels.items():
        with (folder / f"labelled_{recording}.npz").open("rb") as stream, np.load(stream) as arrays:
            names = arrays["channels"].tolist()
            samples_uv = arrays["samples"] * float(arrays["step_uv"])
            rate_hz, mains_hz = float(arrays["sample_rate_hz"]), int(arrays["mains_hz"])
        for channel, onsets_s in channels.items():
            column = np.ascontiguousarray(samples_uv[:, names.index(channel)])
            record = Record(recording, rate_hz, 60 if mains_hz == 60 else 50, column, math.nan)
            yield Labelled(record, channel, onsets_s)

"""Scores of simulated patients against what they really did, of synthetic holds near an edge, and
of synthetic muscles that set to work and let go more or less abruptly.

    python benchmarks/scores.py [--seeds N] > benchmarks/results/scores.json

Each patient does every mode of exercise unattended, as the tests do (`tests/training/truth.py`),
with other seeds. About three seconds of processor time a patient.
"""

import argparse
import json
import os
import platform
import sys
from collections import defaultdict
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
from numpy.typing import NDArray

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "training"))

from gaussian import emg
from truth import EXERCISE_OF, ONE_PERCENT, Compared, compared, errors, lead, ranges

from emg_feedback.stream.chain import Chain
from emg_feedback.stream.smear import smear
from emg_feedback.training.edges import EdgeTrack
from emg_feedback.training.level import LevelTrack
from emg_feedback.training.score import time_above

Array = NDArray[np.float64]

FIRST_SEED = 1000
# What is judged, what it is told in, and how far it may be off.
FIGURES = {
    "onset_s": ("ms", 1e3, 0.020),
    "release_s": ("ms", 1e3, 0.040),
    "in_band": ("percent", 1e2, ONE_PERCENT),
}
CLEAR = 0.1
SAMPLE_RATE_HZ = 250.0
# Synthetic holds: their edges are so far off their mean; noise of these bands, as sampled.
EDGES = (0.05, 0.08, 0.1, 0.2)
BANDS_HZ = {200.0: (20.0, 90.0), 250.0: (20.0, 112.0), 1000.0: (20.0, 150.0)}
N_HOLDS, HOLD_S, AROUND_S, WAVER, WAVER_TAU_S = 128, 4.0, 2.0, 0.03, 0.4
# Synthetic edges: so many channels, work of so long after so much rest, and levels.
RAMPS_S = (0.002, 0.02, 0.05, 0.1, 0.2, 0.4)
N_EDGES, LEAD_S, WORK_S, REST_UV, WORK_UV = 96, 4.0, 1.5, 3.0, 80.0


def spread(off: Array, unit: str, scale: float, most: float) -> dict[str, float]:
    """Sum up how far off a figure is."""
    return {
        "n": len(off),
        f"median_{unit}": round(float(np.median(off)) * scale, 2),
        f"p90_{unit}": round(float(np.percentile(off, 90)) * scale, 2),
        f"max_{unit}": round(float(off.max()) * scale, 2),
        f"within_{round(most * scale)}_{unit}": round(float(np.mean(off <= most)), 4),
    }


def summary(found: list[Compared]) -> dict[str, Any]:
    """Sum up every figure."""
    told = {}
    for name, (unit, scale, most) in FIGURES.items():
        off = errors(found, name)
        if len(off):
            told[name.removesuffix("_s")] = spread(off, unit, scale, most)
            if name.endswith("_s"):
                told[name.removesuffix("_s")] |= certainty(found, name, most)
    return told


def of_exercises(led: list[list[Compared]]) -> dict[str, Any]:
    """Sum up the means over an exercise's repetitions, of the muscles of one role."""
    told = {}
    for name, (unit, scale, most) in FIGURES.items():
        means = []
        for found in led:
            off = defaultdict(list)
            for one in found:
                if (value := getattr(one, name)) is not None:
                    off[one.mode, one.role].append(value)
            means += [abs(fmean(values)) for values in off.values()]
        told[name.removesuffix("_s")] = spread(np.array(means), unit, scale, most)
    return told


def certainty(found: list[Compared], name: str, most_s: float) -> dict[str, float]:
    """Sum up the ranges of a time: a sure one has all of its range within the limit."""
    times_s = ranges(found, name.removesuffix("_s"))
    off_s, earliest_s, latest_s = times_s.T
    half_sample_s = 0.5 / SAMPLE_RATE_HZ
    inside = (earliest_s <= half_sample_s) & (latest_s >= -half_sample_s)
    sure = np.maximum(off_s - earliest_s, latest_s - off_s) <= most_s
    right = np.abs(off_s[sure]) <= most_s
    return {
        "range_holds_the_truth": round(float(inside.mean()), 4),
        "sure": round(float(sure.mean()), 4),
        f"sure_within_{round(most_s * 1e3)}_ms": round(float(right.mean()), 4),
    }


def patients(n_seeds: int) -> dict[str, Any]:
    """Lead patients through every mode."""
    led = []
    for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
        led.append(compared(*lead(seed)))
        print(f"patient {seed}", file=sys.stderr)
    found = [one for of_patient in led for one in of_patient]
    clear = [one for one in found if one.off_edge > CLEAR]
    return {
        "n_patients": n_seeds,
        "all": summary(found),
        "means_of_exercises": of_exercises(led),
        "off_every_edge_by_10_percent": summary(clear).get("in_band"),
        "modes": {
            mode: summary([one for one in found if one.mode == mode]) for mode in EXERCISE_OF
        },
    }


def hold(rate_hz: float, seed: int) -> tuple[Array, Array]:
    """Return the signal of many holds and their true level, both (n_samples, n_holds), in µV."""
    random = np.random.default_rng(seed)
    n_samples = round((HOLD_S + 2.0 * AROUND_S) * rate_hz)
    waver = np.zeros((n_samples, N_HOLDS))
    keep = np.exp(-1.0 / (WAVER_TAU_S * rate_hz))
    kicks = WAVER * np.sqrt(1.0 - keep**2) * random.standard_normal(waver.shape)
    waver[0] = WAVER * random.standard_normal(N_HOLDS)
    for k in range(1, n_samples):
        waver[k] = keep * waver[k - 1] + kicks[k]
    t_s = np.arange(n_samples)[:, None] / rate_hz - AROUND_S
    level = np.where((t_s >= 0.0) & (t_s < HOLD_S), (1.0 + waver), 0.02)
    level = level * np.resize([15.0, 60.0, 150.0], N_HOLDS)
    f = np.fft.rfftfreq(n_samples, 1.0 / rate_hz)
    low_hz, high_hz = BANDS_HZ[rate_hz]
    noise = np.fft.rfft(random.standard_normal(waver.shape), axis=0)
    noise[(f < low_hz) | (f > high_hz)] = 0.0
    signal = np.fft.irfft(noise, n_samples, axis=0)
    return signal / signal.std() * level, level


def holds(rate_hz: float) -> dict[str, float]:
    """Return the share of holds that are told within 1 %, by how far an edge is off their mean."""
    signal_uv, level_uv = hold(rate_hz, seed=round(rate_hz))
    track = LevelTrack(N_HOLDS, rate_hz)
    track.add(signal_uv)
    rows = slice(round((AROUND_S + 1.0) * rate_hz), round((AROUND_S + HOLD_S) * rate_hz))
    true = level_uv[rows]
    told = track.levels()[rows.start // track.cell : rows.stop // track.cell]
    shares = {}
    for off in EDGES:
        right = [
            abs(time_above(told[:, k] - edge) - np.mean(true[:, k] >= edge)) <= ONE_PERCENT
            for k in range(N_HOLDS)
            for edge in true[:, k].mean() * np.array([1.0 - off, 1.0 + off])
        ]
        shares[f"{off:.0%} off"] = round(float(np.mean(right)), 3)
    return shares


def ramps(rate_hz: float) -> dict[str, Any]:
    """Return how onset and release are told, by how long a muscle takes from rest to work."""
    told = {}
    for ramp_s in RAMPS_S:
        start_s, end_s = LEAD_S, LEAD_S + 2.0 * ramp_s + WORK_S
        t_s = np.arange(0.0, end_s + AROUND_S, 1.0 / rate_hz)[:, None]
        between = np.random.default_rng(1).uniform(0.0, 1.0 / rate_hz, N_EDGES)
        shape = np.minimum(t_s - start_s - between, end_s + between - t_s) / ramp_s
        level_uv = np.hypot(REST_UV, WORK_UV * np.clip(shape, 0.0, 1.0))
        chain = Chain(N_EDGES, rate_hz)
        features = chain.push(emg(round(rate_hz), level_uv, rate_hz))
        behind = smear(chain)
        track = EdgeTrack(np.full(N_EDGES, REST_UV), rate_hz, behind, len(t_s))
        track.add(features.filtered_uv)
        for edge in features.events:
            if edge.sample > (start_s - 0.2) * rate_hz:
                track.note((edge.kind, edge.channel, 0), edge.sample)
        off_ms: dict[str, list[float]] = {"onset": [], "offset": []}
        for (kind, channel, _), date in track.dates().items():
            true_s = start_s + between[channel] if kind == "onset" else end_s + between[channel]
            off_ms[kind].append(1e3 * (date.at / rate_hz - true_s))
        told[f"{ramp_s * 1e3:g} ms"] = {
            kind: {
                "n": len(off),
                "median_ms": round(float(np.median(off)), 1),
                "p90_off_ms": round(float(np.percentile(np.abs(off), 90)), 1),
            }
            for kind, off in off_ms.items()
        }
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=40)
    n_seeds = parser.parse_args().seeds
    result = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python "
        f"{platform.python_version()}",
        "patients": patients(n_seeds),
        "holds_within_1_percent": {f"{rate_hz:g} Hz": holds(rate_hz) for rate_hz in BANDS_HZ},
        "ramps": {f"{rate_hz:g} Hz": ramps(rate_hz) for rate_hz in BANDS_HZ},
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

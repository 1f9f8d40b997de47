"""Heartbeats in EMG: found, taken out, and what is left, on mixtures whose parts are known.

    python benchmarks/ecg.py --out benchmarks/results/ecg.json [--biceps FILE] [--tibialis FILE]

Muscle is simulated, or real (``--biceps``: MATLAB field ``semg`` in mV, 2000 samples/s). Hearts are
simulated from three PQRST shapes with natural variation of pace, height and width, or are the
average beat of a real recording (``--tibialis``). A mixture is named by the height of the R wave
over the RMS of rest, both in the EMG's band. The bias is that of the power, against the muscle
alone after the same filter; high-pass filters are what is commonly used instead.
"""

import argparse
import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import io, signal

from emg_feedback.stream.ecg import Heart
from emg_kernels import ecg

Array = NDArray[np.float64]

SECONDS = 60.0
HEIGHTS_DB = (10, 15, 20, 30)
PACES = ((0, 50.0), (1, 75.0), (2, 110.0))
SHAPES = (
    (
        (-0.16, 0.025, 0.12),
        (-0.03, 0.008, -0.15),
        (0.0, 0.011, 1.0),
        (0.03, 0.009, -0.25),
        (0.25, 0.05, 0.3),
    ),
    (
        (-0.17, 0.02, 0.1),
        (-0.024, 0.009, -0.1),
        (0.0, 0.01, 0.7),
        (0.022, 0.012, -0.9),
        (0.28, 0.05, 0.25),
    ),
    (
        (-0.15, 0.025, 0.1),
        (-0.015, 0.012, 0.5),
        (0.012, 0.014, 1.0),
        (0.05, 0.02, -0.4),
        (0.3, 0.06, -0.3),
    ),
)
"""P, Q, R, S and T: time from R in s, width in s, height."""


def band_pass(x: Array, rate_hz: float, low_hz: float = 20.0) -> Array:
    high_hz = min(450.0, 0.45 * rate_hz)
    sos = signal.butter(4, [low_hz, high_hz], btype="bandpass", output="sos", fs=rate_hz)
    return np.ascontiguousarray(signal.sosfilt(sos, x))


def paces(random: np.random.Generator, pace: float) -> list[float]:
    """Return the times of R waves, with breathing and slow wander."""
    beats, at, wander = [], 0.4, 0.0
    while at < SECONDS - 0.7:
        beats.append(at)
        wander = 0.7 * wander + 0.02 * random.standard_normal()
        at += 60.0 / pace * (1.0 + 0.04 * np.sin(2 * np.pi * 0.25 * at) + wander)
    return beats


def heart(
    random: np.random.Generator, rate_hz: float, shape: int, pace: float, real: Array | None
) -> tuple[Array, list[float]]:
    """Return an electrocardiogram of height 1 and when its R waves are."""
    out, beats = np.zeros(round(SECONDS * rate_hz)), paces(random, pace)
    time_s = np.arange(len(out)) / rate_hz
    for at in beats:
        height = 1.0 + 0.08 * np.sin(2 * np.pi * 0.25 * at) + 0.02 * random.standard_normal()
        width = 1.0 + 0.02 * random.standard_normal()
        here = slice(max(0, int((at - 0.4) * rate_hz)), int((at + 0.6) * rate_hz))
        from_r_s = (time_s[here] - at) / width
        if real is None:
            for wave_s, sd_s, wave in SHAPES[shape]:
                out[here] += height * wave * np.exp(-0.5 * ((from_r_s - wave_s) / sd_s) ** 2)
        else:
            grid_s = np.linspace(-0.1, 0.15, len(real))
            out[here] += height * np.interp(from_r_s, grid_s, real, left=0.0, right=0.0)
    return out, beats


def average_beat(file: Path) -> Array:
    """Return the average beat of the second channel, from 0.1 s before to 0.15 s after."""
    record = io.loadmat(file)["EMG"][0, 0]
    x, rate_hz = np.asarray(record["channelData"], float)[:, 1], float(record["fs"].squeeze())
    slow = signal.sosfiltfilt(
        signal.butter(2, [5.0, 40.0], btype="bandpass", output="sos", fs=rate_hz), x
    )
    height = 0.5 * np.quantile(np.abs(slow), 0.995)
    peaks, _ = signal.find_peaks(np.abs(slow), height=height, distance=int(0.4 * rate_hz))
    before, after = int(0.1 * rate_hz), int(0.15 * rate_hz)
    whole = [p for p in peaks if before < p < len(x) - after]
    beat = np.mean([x[p - before : p + after] for p in whole], axis=0)
    return np.asarray((beat - np.linspace(beat[0], beat[-1], len(beat))) * np.hanning(len(beat)))


def simulated_muscle(random: np.random.Generator, rate_hz: float, kind: str) -> tuple[Array, Array]:
    """Return EMG and its level in multiples of rest; spectrum of Stulen and De Luca 1981."""
    n = round(SECONDS * rate_hz)
    f_hz = np.fft.rfftfreq(2 * n, 1 / rate_hz)
    shape = 120.0**2 * f_hz / (np.hypot(f_hz, 60.0) * (f_hz**2 + 120.0**2))
    carrier = np.fft.irfft(np.fft.rfft(random.standard_normal(2 * n)) * shape)[:n]
    level, time_s, at = np.ones(n), np.arange(n) / rate_hz, 4.0
    while kind != "rest" and at < SECONDS - 4.0:
        ballistic = kind == "ballistic"
        ramp_s, hold_s = (
            (0.03, random.uniform(0.1, 0.24)) if ballistic else (0.1, random.uniform(1.5, 3))
        )
        times = 10 ** (random.choice([10, 15, 20]) / 20)
        rising = np.minimum((time_s - at) / ramp_s, (at + hold_s + 2 * ramp_s - time_s) / ramp_s)
        level = np.hypot(level, times * np.clip(rising, 0.0, 1.0))
        at += (
            hold_s
            + 2 * ramp_s
            + (random.uniform(0.7, 1.5) if ballistic else random.uniform(1.5, 3))
        )
    return 3.0 * carrier / carrier.std() * level, level


def real_muscle(file: Path, rate_hz: float) -> tuple[Array, Array]:
    """Return a recording and its level in multiples of its quietest fifth."""
    x = 1000.0 * io.loadmat(file)["semg"].ravel()
    x = signal.resample_poly(x, round(rate_hz), 2000)[: round(SECONDS * rate_hz)]
    power = band_pass(x - x[0], rate_hz) ** 2
    smooth = np.convolve(power, np.ones(round(0.2 * rate_hz)) / round(0.2 * rate_hz), "same")
    return np.asarray(x - x[0]), np.sqrt(smooth / np.quantile(smooth, 0.2))


def measure(
    emg: Array, level: Array, beats: Array, at_s: list[float], rate_hz: float, height_db: float
) -> dict[str, Any]:
    """Mix, filter in each way, and compare."""
    emg_band, heart_band = band_pass(emg, rate_hz), band_pass(beats, rate_hz)
    rest_uv = np.sqrt(np.mean(emg_band[level < 1.2] ** 2))
    scale = 10 ** (height_db / 20) * rest_uv / np.quantile(np.abs(heart_band), 0.9999)
    mixed = emg_band + scale * heart_band
    remover = Heart(1, rate_hz, [0])
    delay = remover.delay_samples
    out, codes = remover.push(mixed[:, None], 0)
    time_s = np.arange(len(emg)) / rate_hz
    late = time_s > 6.0
    rest, hold = late & (level < 1.2), late & (level > 2.5)
    ways = {
        "nothing": (mixed, emg_band),
        "removed": (np.append(out[delay:, 0], np.full(delay, np.nan)), emg_band),
    }
    for low_hz in (30.0, 100.0):
        if low_hz < 0.4 * rate_hz:
            pair = (band_pass(x, rate_hz, low_hz) for x in (emg + scale * beats, emg))
            ways[f"high-pass {low_hz:g} Hz"] = tuple(pair)  # type: ignore[assignment]
    found = np.flatnonzero(codes[:, 0] == ecg.RECOGNISED) / rate_hz - 0.075
    true = np.array([t for t in at_s if t > 6.0])
    quiet = np.array(
        [t for t in true if (level[int(t * rate_hz) : int((t + 0.1) * rate_hz)] < 1.2).all()]
    )
    late_found = found[found > 5.9]
    result: dict[str, Any] = {
        "first_found_s": round(float(found[0]), 2) if len(found) else None,
        "sensitivity": share(true, late_found),
        "sensitivity_at_rest": share(quiet, late_found),
        "positive_predictive_value": share(late_found, true),
    }
    for name, (x, reference) in ways.items():
        entry: dict[str, Any] = {}
        for phase, where in (("rest", rest), ("contraction", hold)):
            chosen = where & np.isfinite(x)
            if chosen.sum() > rate_hz:
                ratio = np.mean(x[chosen] ** 2) / np.mean(reference[chosen] ** 2)
                kept = np.mean(reference[chosen] ** 2) / np.mean(emg_band[chosen] ** 2)
                entry[f"{phase}_bias_db"] = round(float(10 * np.log10(ratio)), 2)
                entry[f"{phase}_muscle_kept_db"] = round(float(10 * np.log10(kept)), 2)
        result[name] = entry
    return result


def share(of: Array, among: Array) -> float | None:
    """Return the share of times that have another within 70 ms."""
    if not len(of):
        return None
    return round(float(np.mean([len(among) > 0 and np.abs(among - t).min() < 0.07 for t in of])), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--biceps", type=Path)
    parser.add_argument("--tibialis", type=Path)
    arguments = parser.parse_args()
    real_beat = average_beat(arguments.tibialis) if arguments.tibialis else None
    kinds = ["rest", "holds", "ballistic"] + (["biceps"] if arguments.biceps else [])
    cases = []
    for rate_hz in (200.0, 250.0, 1000.0, 2000.0):
        for kind in kinds:
            for height_db in HEIGHTS_DB:
                for shape, pace in PACES + (((3, 75.0),) if real_beat is not None else ()):
                    random = np.random.default_rng([int(rate_hz), height_db, shape])
                    emg, level = (
                        real_muscle(arguments.biceps, rate_hz)
                        if kind == "biceps"
                        else simulated_muscle(random, rate_hz, kind)
                    )
                    beats, at_s = heart(
                        random, rate_hz, shape, pace, real_beat if shape == 3 else None
                    )
                    beats = beats[: len(emg)]
                    at_s = [t for t in at_s if t < len(emg) / rate_hz - 0.7]
                    case = measure(emg, level, beats, at_s, rate_hz, height_db)
                    about = {"rate_hz": rate_hz, "muscle": kind, "heart_db": height_db}
                    cases.append({**about, "beats_per_minute": pace, "shape": shape, **case})
    summary = summarise(cases, kinds)
    for row in summary:
        print(row)
    result = {
        "delay_s": {r: Heart(1, r).delay_samples / r for r in (200.0, 250.0, 1000.0, 2000.0)},
        "python": platform.python_version(),
        "summary": summary,
    }
    arguments.out.write_text(json.dumps(result, indent=1) + "\n")


def summarise(cases: list[dict[str, Any]], kinds: list[str]) -> list[dict[str, Any]]:
    """Median over rates, paces and shapes."""
    rows = []
    for kind in kinds:
        for height_db in HEIGHTS_DB:
            some = [c for c in cases if c["muscle"] == kind and c["heart_db"] == height_db]
            row: dict[str, Any] = {"muscle": kind, "heart_db": height_db, "cases": len(some)}
            for name in ("sensitivity", "sensitivity_at_rest", "positive_predictive_value"):
                values = [c[name] for c in some if c[name] is not None]
                row[name] = round(float(np.mean(values)), 3) if values else None
            for way in ("nothing", "removed", "high-pass 30 Hz", "high-pass 100 Hz"):
                for measure_ in ("rest_bias_db", "contraction_bias_db", "rest_muscle_kept_db"):
                    values = [c[way][measure_] for c in some if way in c and measure_ in c[way]]
                    if values:
                        row[f"{way}: {measure_}"] = round(float(np.median(values)), 2)
            rows.append(row)
    return rows


if __name__ == "__main__":
    main()

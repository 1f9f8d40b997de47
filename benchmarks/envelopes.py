"""Measure every envelope on simulated EMG: steadiness in a hold against speed at a change.

``python benchmarks/envelopes.py`` writes ``results/envelopes.json`` and ``results/envelopes.svg``.
The EMG is band-passed Gaussian noise: 20-115 Hz at 250 samples/s, 20-450 Hz at 1000.
"""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.envelopes import Envelopes, hold_cv

Floats = NDArray[np.float64]
Envelope = Callable[[Floats], Floats]

RESULTS = Path(__file__).parent / "results"
BANDS_HZ = {250: (20.0, 115.0), 1000: (20.0, 450.0)}
LEVEL_UV = 100.0
RAMPS_S = (0.03, 0.1, 0.3)
DELAYS_S = (0.03, 0.05, 0.075, 0.1, 0.15, 0.2, 0.25, 0.3)
MEMORIES_S = (0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1.0)
FIXED = ("damped", "rms", "arv", "butterworth")
ADAPTIVE = ("adaptive", "bayes")
# A hold is far off beyond these parts of its mean; it is the same excursion within this time. A
# jump is a move of this part within the same time.
FAR_OFF, SAME_S, JUMP = (0.2, 0.3, 0.4), 0.1, 0.25
HOLD_S = 30.0
SPIKE = 80.0  # times the level of the hold in which it stands
KEPT_OF_FRONTIER = (
    "hold_cv",
    "hold_cv_p95",
    "beyond_20_percent_per_min",
    "beyond_30_percent_per_min",
    "jumps_per_min",
    "rise_15_db",
    "rise_of_mean_15_db",
    "delay_15_db",
    "highest_p95_15_db",
    "highest_after_spike",
    "below_a_tenth",
    "follows_+3_db",
    "sine_correlation_0.25_hz",
)


def emg(rate_hz: int, level_uv: Floats, n_runs: int, seed: int) -> Floats:
    """Noise in the band whose RMS follows ``level_uv``; shape (n_samples, n_runs)."""
    from scipy import signal

    sos = signal.butter(4, BANDS_HZ[rate_hz], "bandpass", fs=rate_hz, output="sos")
    noise = np.random.default_rng(seed).normal(size=(len(level_uv) + rate_hz, n_runs))
    noise = signal.sosfilt(sos, noise, axis=0)[rate_hz:]
    return np.ascontiguousarray(noise / noise.std() * level_uv[:, None])


def first(condition: NDArray[np.bool_], rate_hz: int) -> Floats:
    """Time in seconds at which each run first meets a condition; NaN if it never does."""
    return np.where(condition.any(axis=0), condition.argmax(axis=0) / rate_hz, np.nan)


def levels(rate_hz: int, *parts: tuple[float, float]) -> Floats:
    """Constant levels as (seconds, µV) in a row."""
    return np.concatenate([np.full(round(s * rate_hz), level) for s, level in parts])


def excursions(away: NDArray[np.bool_], rate_hz: int) -> tuple[float, float]:
    """Return how many times a minute ``away`` begins, and how long it lasts in the mean, ms.

    ``away`` has shape (n_samples, n_runs); what begins anew within ``SAME_S`` is not counted again.
    """
    n_same = round(SAME_S * rate_hz)
    n_begun = 0
    for run in away.T:
        n_begun += int(np.count_nonzero(np.diff(np.flatnonzero(run)) > n_same)) + bool(run.any())
    per_min = n_begun / (away.size / rate_hz / 60.0)
    return per_min, 1e3 * float(away.sum()) / rate_hz / max(n_begun, 1)


def false_jumps(envelope: Envelope, rate_hz: int, n_runs: int) -> dict[str, float]:
    """How often and for how long a perfectly steady hold is shown as something else."""
    drive = levels(rate_hz, (2.0 + HOLD_S, LEVEL_UV))
    held = envelope(emg(rate_hz, drive, n_runs, 7))[2 * rate_hz :]
    off = held / held.mean(axis=0) - 1.0
    figures = {}
    for part in FAR_OFF:
        per_min, lasts_ms = excursions(np.abs(off) > part, rate_hz)
        figures[f"beyond_{100 * part:.0f}_percent_per_min"] = per_min
        figures[f"beyond_{100 * part:.0f}_percent_lasts"] = lasts_ms
    n_lag = round(SAME_S * rate_hz)
    figures["jumps_per_min"], _ = excursions(np.abs(off[n_lag:] - off[:-n_lag]) > JUMP, rate_hz)
    return figures


def measure(envelope: Envelope, rate_hz: int, n_runs: int = 200) -> dict[str, float]:
    """Return the figures of one envelope; times in ms."""
    rest = LEVEL_UV * 10 ** (-15 / 20)
    drive = levels(rate_hz, (1, rest), (13, LEVEL_UV))
    held = envelope(emg(rate_hz, drive, n_runs, 1))[2 * rate_hz :]
    cv = held.std(axis=0) / held.mean(axis=0)
    level_uv = float(held.mean())  # filters take a share of the band
    share = level_uv / LEVEL_UV
    figures = {
        "hold_cv": float(cv.mean()),
        "hold_cv_p95": float(np.percentile(cv, 95)),
        "hold_cv_worst": float(cv.max()),
        "largest_move_in_40_ms": float(
            np.median(np.abs(held[rate_hz // 25 :] - held[: -(rate_hz // 25)]).max(axis=0))
            / level_uv
        ),
    }
    figures |= false_jumps(envelope, rate_hz, n_runs)
    for step_db in (6, 10, 15, 20, 26):
        low = LEVEL_UV * 10 ** (-step_db / 20)
        drive = levels(rate_hz, (2, low), (2, LEVEL_UV), (1.5, low))
        out = envelope(emg(rate_hz, drive, n_runs, 2)) / share
        up, down = out[2 * rate_hz : 4 * rate_hz], out[4 * rate_hz :]
        step = LEVEL_UV - low
        mean = up.mean(axis=1, keepdims=True)
        rise, rise_of_mean = (
            first(y > low + 0.9 * step, rate_hz) - first(y > low + 0.1 * step, rate_hz)
            for y in (up, mean)
        )
        half = first(up > low + 0.5 * step, rate_hz)
        figures |= {
            f"rise_{step_db}_db": 1e3 * float(np.nanmedian(rise)),
            f"mean_rise_{step_db}_db": 1e3 * float(np.nanmean(rise)),
            f"rise_of_mean_{step_db}_db": 1e3 * float(rise_of_mean[0]),
            f"rise_p95_{step_db}_db": 1e3 * float(np.nanpercentile(rise, 95)),
            f"delay_{step_db}_db": 1e3 * float(np.nanmedian(half)),
            f"fall_{step_db}_db": 1e3
            * float(np.nanmedian(first(down < low + 0.5 * step, rate_hz))),
            f"highest_p95_{step_db}_db": float(
                np.percentile(up[: rate_hz // 2].max(axis=0), 95) / LEVEL_UV
            ),
        }
        if step_db == 26:
            below = 1e3 * first(down < 0.1 * LEVEL_UV, rate_hz)
            figures["below_a_tenth"] = float(np.nanmedian(below))
            figures["below_a_tenth_p95"] = float(np.nanpercentile(below, 95))
    for change_db in (1.5, -1.5, 3, -3, 3.52, -3.52):  # the last: half as much again, and back
        high = LEVEL_UV * 10 ** (change_db / 20)
        drive = levels(rate_hz, (3, LEVEL_UV), (3, high))
        out = envelope(emg(rate_hz, drive, n_runs, 3))[3 * rate_hz :] / share
        moved = (out - LEVEL_UV) / (high - LEVEL_UV)
        done = moved.mean(axis=1, keepdims=True) > 0.8
        figures[f"follows_{change_db:+g}_db"] = 1e3 * float(first(done, rate_hz)[0])
        figures[f"half_{change_db:+g}_db"] = 1e3 * float(np.nanmedian(first(moved > 0.5, rate_hz)))
    t = np.arange(12 * rate_hz) / rate_hz
    for sine_hz in (0.25, 0.5):
        drive = LEVEL_UV * (0.25 + 0.15 * np.sin(2 * np.pi * sine_hz * t))
        out = envelope(emg(rate_hz, drive, n_runs, 4))
        late = slice(2 * rate_hz, None)
        r = [np.corrcoef(drive[late], out[late, c])[0, 1] for c in range(n_runs)]
        figures[f"sine_correlation_{sine_hz:g}_hz"] = float(np.mean(r))
    for ramp_s in RAMPS_S:
        t = np.arange(4 * rate_hz) / rate_hz - 2.0
        drive = LEVEL_UV * (0.1 + 0.9 * np.clip(t / ramp_s, 0.0, 1.0))
        out = envelope(emg(rate_hz, drive, n_runs, 5)) / share
        half = first(out[2 * rate_hz :] > 0.55 * LEVEL_UV, rate_hz) - ramp_s / 2
        figures[f"delay_ramp_{1e3 * ramp_s:.0f}_ms"] = 1e3 * float(np.nanmedian(half))
    spiked = emg(rate_hz, np.full(3 * rate_hz, LEVEL_UV), n_runs, 6)
    spiked[2 * rate_hz] = SPIKE * LEVEL_UV
    figures["highest_after_spike"] = float(
        np.median(envelope(spiked)[2 * rate_hz :].max(axis=0)) / level_uv
    )
    worst = 0.0
    for tone_hz in (31.0, 37.0, 43.0, 55.0, 62.0, 71.0, 83.0):
        t = np.arange(4 * rate_hz)[:, None] / rate_hz
        out = envelope(LEVEL_UV * math.sqrt(2) * np.sin(2 * np.pi * tone_hz * t))[2 * rate_hz :]
        worst = max(worst, float(np.abs(out / out.mean() - 1.0).max()))
    return figures | {"ripple_on_tones": worst}


def alone(rate_hz: int, settings: ChainSettings) -> Envelope:
    """The fast envelope without the filters before it."""
    return lambda x: Envelopes(settings, rate_hz, x.shape[1]).push(x)[0]


def in_chain(rate_hz: int, settings: ChainSettings) -> Envelope:
    """The fast envelope as a session has it, behind the chain's filters."""
    return lambda x: Chain(x.shape[1], rate_hz, settings).push(x).envelope_uv


def sweep(rate_hz: int) -> dict[str, list[dict[str, float]]]:
    """Measure each method over its range of memories."""
    found: dict[str, list[dict[str, float]]] = {}
    for name in FIXED + ADAPTIVE:
        key, values = ("fast_delay_s", DELAYS_S) if name in FIXED else ("memory_s", MEMORIES_S)
        found[name] = []
        for value in values:
            settings = ChainSettings(envelope=name, **{key: value})
            n_runs = 40 if name == "bayes" else 100
            figures = measure(alone(rate_hz, settings), rate_hz, n_runs)
            found[name].append({key: value} | {k: figures[k] for k in KEPT_OF_FRONTIER})
            rise_ms = figures["rise_of_mean_15_db"]
            print(f"{rate_hz} {name} {value}: {figures['hold_cv']:.3f}, {rise_ms:.0f} ms")
    return found


def plot(results: dict[str, dict[str, object]], path: Path) -> None:
    """Draw the frontier of every method: rise against steadiness."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams |= {"svg.hashsalt": "envelopes", "svg.fonttype": "none"}
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, len(results) + 1, figsize=(15, 4.5), layout="constrained")
    for axis, (rate_hz, result) in zip(axes, results.items(), strict=False):
        for name, points in result["frontier"].items():
            axis.plot(
                [100 * p["hold_cv"] for p in points],
                [p["rise_of_mean_15_db"] for p in points],
                "o-",
                ms=3,
                label=name,
            )
        default = result["default"]
        axis.plot(
            100 * default["hold_cv"], default["rise_of_mean_15_db"], "k*", ms=14, label="default"
        )
        axis.set(
            title=f"{rate_hz} samples/s, {result['band_hz'][0]:g}–{result['band_hz'][1]:g} Hz",
            xlabel="coefficient of variation in a hold, %",
            ylabel="10–90 % rise of the mean of a 15 dB step, ms",
            ylim=(0, 500),
        )
        if int(rate_hz) == 250:
            axis.add_patch(plt.Rectangle((0, 0), 8, 150, color="0.9", zorder=0, label="goal"))
        axis.set_xlim(left=0)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    slowest, axis = results["250"], axes[-1]
    for points in [*slowest["frontier"].values(), [slowest["default"]]]:
        axis.plot(
            [p["beyond_30_percent_per_min"] for p in points],
            [p["rise_of_mean_15_db"] for p in points],
            "k*" if len(points) == 1 else "o-",
            ms=14 if len(points) == 1 else 3,
        )
    axis.set_xscale("symlog", linthresh=0.1)
    axis.set(
        title="250 samples/s, 20–115 Hz",
        xlabel="excursions beyond 30 % a minute of hold",
        ylim=(0, 500),
    )
    axis.set_xlim(left=0)
    axis.grid(alpha=0.3)
    figure.savefig(path, metadata={"Date": None})


def main() -> None:
    results: dict[str, dict[str, object]] = {}
    for rate_hz, band_hz in BANDS_HZ.items():
        settings = ChainSettings()
        results[str(rate_hz)] = {
            "band_hz": band_hz,
            "stated_cv": hold_cv(settings.memory_s, band_hz[1] - band_hz[0]),
            "default": measure(alone(rate_hz, settings), rate_hz),
            "default_in_chain": measure(in_chain(rate_hz, settings), rate_hz),
            "frontier": sweep(rate_hz),
        }
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, default=list)
    rounded = json.loads(text, parse_float=lambda number: float(f"{float(number):.4g}"))
    (RESULTS / "envelopes.json").write_text(json.dumps(rounded, indent=1) + "\n")
    plot(results, RESULTS / "envelopes.svg")


if __name__ == "__main__":
    main()

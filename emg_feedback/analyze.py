"""The same chain over a recording, as fast as the machine allows."""

import math
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings, UserError
from emg_feedback.store.recordings import Recording, read_recording
from emg_feedback.stream.chain import Chain, Features
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.fatigue import Fatigue
from emg_feedback.stream.filters import EndOfBand, likely_mains_hz
from emg_feedback.stream.intensity import Contraction, Contractions
from emg_feedback.stream.pairs import Pairs
from emg_feedback.training.calibration import strongest_uv

# Rest is read so often: what a contraction was held against is known to this time.
BLOCK_S = 0.5
LEAST_REST_S = 2.0
DEFAULT = ChainSettings()


def analyze(
    path: Path,
    *,
    sample_rate_hz: float | None = None,
    unit: str | None = None,
    rest_s: tuple[float, float] | None = None,
    mains_hz: Literal[50, 60] | None = None,
    pairs: Sequence[tuple[int, int]] = (),
    settings: ChainSettings = DEFAULT,
) -> dict[str, Any]:
    """Find the contractions in a recording.

    Parameters
    ----------
    path : Path
    sample_rate_hz, unit : optional
        For formats that do not say.
    rest_s : tuple of float, optional
        A calm stretch, in seconds from the first sample, from which the rest level is taken.
        Without it the chain finds the rest level itself, from the past only, as it does live.
    mains_hz : {50, 60}, optional
        Mains frequency; without it, the one that stands out in the recording.
    pairs : sequence of (int, int)
        Channels whose symmetry and co-contraction are wanted.
    settings : ChainSettings
        All but the mains frequency is taken from here.

    Returns
    -------
    dict
        What ``analyze --json`` prints.
    """
    recording = read_recording(path, sample_rate_hz=sample_rate_hz, unit=unit)
    rate_hz, data_uv = recording.sample_rate_hz, recording.data_uv
    settings = msgspec.structs.replace(
        settings, mains_hz=mains_hz or likely_mains_hz(data_uv, rate_hz)
    )
    chain = Chain(data_uv.shape[1], rate_hz, settings)
    meter = Contractions(data_uv.shape[1], rate_hz, chain.envelopes.fast_delay_s)
    end_of_band = EndOfBand(settings, rate_hz, data_uv.shape[1])
    fatigue = Fatigue(data_uv.shape[1], rate_hz, settings, memory_s=math.inf)
    together = Pairs(pairs, data_uv.shape[1], rate_hz, memory_s=math.inf)
    blocks: list[Features] = []
    if rest_s is not None:
        rest = _measure_rest(recording, rest_s, settings)
        chain.set_rest(*rest)
        meter.set_rest(rest[0])
    filtered = np.full_like(data_uv, np.nan)
    contractions: list[Contraction] = []
    rests_uv: dict[Edge, float] = {}
    n_block = max(1, round(BLOCK_S * rate_hz))
    for start in range(0, len(data_uv), n_block):
        before_uv = chain.rest_uv
        features = chain.push(data_uv[start : start + n_block])
        before_uv = np.where(before_uv > 0.0, before_uv, chain.rest_uv)
        rests_uv |= {edge: float(before_uv[edge.channel]) for edge in features.events}
        late = features.late_samples
        first = max(start - late, 0)
        filtered[first : start - late + len(features.filtered_uv)] = features.filtered_uv[
            first - start + late :
        ]
        measured_uv = end_of_band(features.filtered_uv)
        contractions += meter.push(msgspec.structs.replace(features, filtered_uv=measured_uv))
        fatigue.push(features)
        if pairs:
            blocks.append(features)
    contractions += meter.finish()
    rest_uv = chain.rest_uv
    weariness = fatigue.told()
    return {
        "file": str(path),
        "sample_rate_hz": rate_hz,
        "n_samples": len(data_uv),
        "lost_samples": int(np.isnan(data_uv[:, 0]).sum()),
        "detector": settings.detector,
        "mains_hz": settings.mains_hz,
        "version": version("emg-feedback"),
        "channels": [
            {
                "name": name,
                "baseline_uv": round(float(rest_uv[channel]), 4),
                "contractions": _contractions(
                    [one for one in contractions if one.onset.channel == channel],
                    filtered[:, channel],
                    rate_hz,
                    rests_uv,
                ),
                "fatigue": weariness[channel],
            }
            for channel, name in enumerate(recording.channel_names)
        ],
        "pairs": _pairs(together, blocks, rate_hz),
    }


def tell(result: dict[str, Any]) -> str:
    """Put the result in a few lines."""
    seconds = result["n_samples"] / result["sample_rate_hz"]
    lines = [f"{result['file']}: {seconds:.1f} s at {result['sample_rate_hz']:g} samples/s"]
    if result["lost_samples"]:
        lines.append(f"of which {result['lost_samples'] / result['sample_rate_hz']:.1f} s are lost")
    for channel in result["channels"]:
        lines.append(
            f"{channel['name']}: rest {channel['baseline_uv']:.1f} µV at the end, "
            f"{len(channel['contractions'])} contractions"
        )
        for one in channel["contractions"]:
            end = "      …" if one["offset_s"] is None else f"{one['offset_s']:7.2f}"
            lines.append(
                f"  {one['onset_s']:7.2f} – {end} s   rest {one['rest_uv']:5.1f} µV   "
                f"mean {one['mean_uv']:7.1f} µV   "
                f"peak {one['peak_uv']:7.1f} µV   rise {one['rise_s']:4.2f} s   "
                f"{one['median_frequency_hz']:5.1f} Hz"
            )
        if channel["fatigue"]["trend"] is not None:
            lines.append(f"  over all contractions: {channel['fatigue']['trend']}")
    for pair in result["pairs"]:
        if pair["symmetry"] is not None:
            first, second = (result["channels"][channel]["name"] for channel in pair["channels"])
            lines.append(
                f"{first} and {second}: symmetry {pair['symmetry']:+.2f} "
                f"(−1 only {first}, +1 only {second}), "
                f"co-contraction {pair['co_contraction']:.0%}"
            )
    return "\n".join(lines)


def _measure_rest(
    recording: Recording, rest_s: tuple[float, float], settings: ChainSettings
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    start, stop = (round(t * recording.sample_rate_hz) for t in rest_s)
    if not 0 <= start < stop <= len(recording.data_uv):
        raise UserError(
            f"--rest {rest_s[0]:g}:{rest_s[1]:g} is not inside the recording, which lasts "
            f"{len(recording.data_uv) / recording.sample_rate_hz:g} s"
        )
    present = np.isfinite(recording.data_uv[start:stop, 0]).sum()
    if present < LEAST_REST_S * recording.sample_rate_hz:
        raise UserError(
            f"--rest {rest_s[0]:g}:{rest_s[1]:g} holds {present / recording.sample_rate_hz:.1f} s "
            f"of samples: choose a calm stretch of at least {LEAST_REST_S:g} s without a gap"
        )
    calm = Chain(recording.data_uv.shape[1], recording.sample_rate_hz, settings)
    calm.push(recording.data_uv[start:stop])
    return calm.rest_uv, calm.rest_scatter_uv


def _pairs(together: Pairs, blocks: list[Features], rate_hz: float) -> list[dict[str, Any]]:
    """Judge the pairs, with the strongest half second of a channel in the place of its MVC."""
    if not blocks:
        return []
    levels_uv = np.vstack([np.nan_to_num(features.slow_envelope_uv) for features in blocks])
    reference_uv = strongest_uv(levels_uv, rate_hz)
    for features in blocks:
        together.push(features, reference_uv)
    return [
        {
            "channels": list(one.channels),
            "symmetry": None if one.symmetry is None else round(one.symmetry, 4),
            "co_contraction": None if one.co_contraction is None else round(one.co_contraction, 4),
            "reference": "strongest half second",
        }
        for one in together.overall
    ]


def _contractions(
    contractions: list[Contraction],
    filtered_uv: NDArray[np.float64],
    rate_hz: float,
    rests_uv: dict[Edge, float],
) -> list[dict[str, float | None]]:
    """Put the contractions of a channel in the words of ``--json``."""
    found = []
    for one in contractions:
        onset, offset, intensity = one.onset, one.offset, one.intensity
        if intensity is None:
            continue
        stop = offset.sample if offset else len(filtered_uv)
        signal_uv = filtered_uv[onset.sample : max(stop, onset.sample + 1)]
        median_hz, mean_hz = _median_and_mean_frequency_hz(signal_uv, rate_hz)
        found.append(
            {
                "onset_s": onset.sample / rate_hz,
                "decided_s": onset.decided_sample / rate_hz,
                "offset_s": offset.sample / rate_hz if offset else None,
                "offset_decided_s": offset.decided_sample / rate_hz if offset else None,
                "rest_uv": round(rests_uv[onset], 4),
                **intensity.told(),
                "median_frequency_hz": median_hz,
                "mean_frequency_hz": mean_hz,
            }
        )
    return found


def _median_and_mean_frequency_hz(
    signal_uv: NDArray[np.float64], rate_hz: float
) -> tuple[float, float]:
    """Halve the power, and average it; at low sampling rates good for comparisons only."""
    signal_uv = signal_uv[np.isfinite(signal_uv)]
    power = np.abs(np.fft.rfft(signal_uv * np.hanning(len(signal_uv) + 2)[1:-1])) ** 2
    frequency_hz = np.fft.rfftfreq(len(signal_uv), 1 / rate_hz)
    cumulative = np.cumsum(power)
    median_hz = frequency_hz[int(np.searchsorted(cumulative, cumulative[-1] / 2))]
    mean_hz = power @ frequency_hz / cumulative[-1] if cumulative[-1] > 0.0 else 0.0
    return round(float(median_hz), 2), round(float(mean_hz), 2)

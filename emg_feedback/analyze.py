"""The same chain over a recording, as fast as the machine allows."""

from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings, UserError
from emg_feedback.store.recordings import Recording, read_recording
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.detector import Edge
from emg_feedback.stream.filters import likely_mains_hz

BLOCK_SAMPLES = 65_536
LEAST_REST_S = 2.0


def analyze(
    path: Path,
    *,
    sample_rate_hz: float | None = None,
    unit: str | None = None,
    rest_s: tuple[float, float] | None = None,
    mains_hz: Literal[50, 60] | None = None,
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

    Returns
    -------
    dict
        What ``analyze --json`` prints.
    """
    recording = read_recording(path, sample_rate_hz=sample_rate_hz, unit=unit)
    rate_hz, data_uv = recording.sample_rate_hz, recording.data_uv
    settings = ChainSettings(mains_hz=mains_hz or likely_mains_hz(data_uv, rate_hz))
    chain = Chain(data_uv.shape[1], rate_hz, settings)
    if rest_s is not None:
        chain.set_rest(*_measure_rest(recording, rest_s, settings))
    envelope, filtered = np.empty_like(data_uv), np.empty_like(data_uv)
    events: list[Edge] = []
    for start in range(0, len(data_uv), BLOCK_SAMPLES):
        features = chain.push(data_uv[start : start + BLOCK_SAMPLES])
        stop = start + len(features.envelope_uv)
        envelope[start:stop], filtered[start:stop] = features.envelope_uv, features.filtered_uv
        events += features.events
    rest_uv = chain.rest_uv
    return {
        "file": str(path),
        "sample_rate_hz": rate_hz,
        "n_samples": len(data_uv),
        "lost_samples": int(np.isnan(data_uv[:, 0]).sum()),
        "detector": "rms",
        "mains_hz": settings.mains_hz,
        "version": version("emg-feedback"),
        "channels": [
            {
                "name": name,
                "baseline_uv": round(float(rest_uv[channel]), 4),
                "contractions": _contractions(
                    [event for event in events if event.channel == channel],
                    envelope[:, channel],
                    filtered[:, channel],
                    rate_hz,
                    settings.fast_delay_s,
                ),
            }
            for channel, name in enumerate(recording.channel_names)
        ],
    }


def tell(result: dict[str, Any]) -> str:
    """Put the result in a few lines."""
    seconds = result["n_samples"] / result["sample_rate_hz"]
    lines = [f"{result['file']}: {seconds:.1f} s at {result['sample_rate_hz']:g} samples/s"]
    if result["lost_samples"]:
        lines.append(f"of which {result['lost_samples'] / result['sample_rate_hz']:.1f} s are lost")
    for channel in result["channels"]:
        lines.append(
            f"{channel['name']}: rest {channel['baseline_uv']:.1f} µV, "
            f"{len(channel['contractions'])} contractions"
        )
        for one in channel["contractions"]:
            end = "      …" if one["offset_s"] is None else f"{one['offset_s']:7.2f}"
            lines.append(
                f"  {one['onset_s']:7.2f} – {end} s   mean {one['mean_uv']:7.1f} µV   "
                f"peak {one['peak_uv']:7.1f} µV   {one['median_frequency_hz']:5.1f} Hz"
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


def _contractions(
    events: list[Edge],
    envelope_uv: NDArray[np.float64],
    filtered_uv: NDArray[np.float64],
    rate_hz: float,
    delay_s: float,
) -> list[dict[str, float | None]]:
    """Pair onsets with the offsets that follow them, and describe what lies between."""
    found = []
    for number, event in enumerate(events):
        if event.kind == "offset":
            continue
        end = events[number + 1] if number + 1 < len(events) else None
        stop = end.sample if end else len(envelope_uv)
        inside = slice(event.sample, max(stop, event.sample + 1))
        signal_uv = filtered_uv[inside]
        signal_uv = signal_uv[np.isfinite(signal_uv)]
        if not len(signal_uv):
            continue
        mean_uv = float(np.sqrt(np.mean(signal_uv**2)))
        lag = round(2.0 * delay_s * rate_hz)
        peak_uv = float(np.nanmax(envelope_uv[inside.start : inside.stop + lag]))
        found.append(
            {
                "onset_s": event.sample / rate_hz,
                "decided_s": event.decided_sample / rate_hz,
                "offset_s": end.sample / rate_hz if end else None,
                "offset_decided_s": end.decided_sample / rate_hz if end else None,
                # A contraction shorter than the envelope's memory does not reach its height there.
                "peak_uv": round(max(peak_uv, mean_uv), 4),
                "mean_uv": round(mean_uv, 4),
                "median_frequency_hz": _median_frequency_hz(signal_uv, rate_hz),
            }
        )
    return found


def _median_frequency_hz(signal_uv: NDArray[np.float64], rate_hz: float) -> float:
    """Frequency that halves the power; at low sampling rates good for comparisons only."""
    power = np.abs(np.fft.rfft(signal_uv * np.hanning(len(signal_uv) + 2)[1:-1])) ** 2
    cumulative = np.cumsum(power)
    bin_number = int(np.searchsorted(cumulative, cumulative[-1] / 2))
    return round(float(np.fft.rfftfreq(len(signal_uv), 1 / rate_hz)[bin_number]), 2)

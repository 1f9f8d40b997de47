"""What others offer for the same task, where it is installed. All of them see the whole recording.

Each gets the samples in the board's band without mains; those that must be told what rest is get
seconds 1 to 5. Settings are the package's own; BioSPPy has none for its onset detectors, so they
get what did well on records of this kind.
"""

import warnings
from collections.abc import Callable
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emg_feedback.bench.onset_cases import Record
from emg_feedback.bench.onset_score import Find, Found
from emg_feedback.bench.onset_sources import in_band, without_mains

Samples = NDArray[np.float64]
Pairs = list[tuple[int, int]]  # first and last sample of each contraction

REST_S = (1.0, 5.0)


def peers(say: Callable[[str], None]) -> dict[str, Find]:
    """Return what can be had here; each name has its package's version."""
    found: dict[str, Find] = {}
    for package, (module, methods) in PEERS.items():
        try:
            import_module(module)
        except ImportError as error:
            say(f"{package} is left out: {error}")
            continue
        found |= {
            f"{package} {version(package)} {name}": _find(pairs) for name, pairs in methods.items()
        }
    return found


def _find(pairs: Callable[[Samples, float], Pairs]) -> Find:
    def find(record: Record) -> Found:
        rate_hz = record.sample_rate_hz
        filtered = without_mains(in_band(record.samples_uv, rate_hz), rate_hz, record.mains_hz)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = pairs(filtered, rate_hz)
        return [
            {
                "onset_s": on / rate_hz,
                "decided_s": on / rate_hz,
                "offset_s": off / rate_hz,
                "offset_decided_s": off / rate_hz,
            }
            for on, off in found
        ]

    return find


def _neurokit(method: str) -> Callable[[Samples, float], Pairs]:
    def pairs(x: Samples, rate_hz: float) -> Pairs:
        nk: Any = import_module("neurokit2")
        _, info = nk.emg_activation(
            emg_amplitude=nk.emg_amplitude(x), emg_cleaned=x, sampling_rate=rate_hz, method=method
        )
        return list(zip(info["EMG_Onsets"], info["EMG_Offsets"], strict=False))

    return pairs


def _biosppy(name: str, threshold: float, **seconds: float) -> Callable[[Samples, float], Pairs]:
    def pairs(x: Samples, rate_hz: float) -> Pairs:
        emg: Any = import_module("biosppy.signals.emg")
        samples = {key: max(1, round(value * rate_hz)) for key, value in seconds.items()}
        rest = x[slice(*(round(s * rate_hz) for s in REST_S))]
        edges = getattr(emg, f"{name}_onset_detector")(
            signal=x, rest=rest, sampling_rate=rate_hz, threshold=threshold, **samples
        )["onsets"]
        return list(zip(edges[::2], edges[1::2], strict=False))

    return pairs


def _myonset(x: Samples, rate_hz: float) -> Pairs:
    myonset: Any = import_module("myonset")
    times = np.arange(len(x)) / rate_hz
    found = myonset.get_onsets(x, times, sf=rate_hz, baseline=list(REST_S))
    return list(zip(*found[:2], strict=False))


PEERS: dict[str, tuple[str, dict[str, Callable[[Samples, float], Pairs]]]] = {
    "neurokit2": ("neurokit2", {name: _neurokit(name) for name in ("threshold", "mixture")}),
    "biosppy": (
        "biosppy.signals.emg",
        {
            "hodges_bui": _biosppy("hodges_bui", 2.5, size=0.05),
            "lidierth": _biosppy(
                "lidierth", 1.3, size=0.1, active_state_duration=0.1, fail_size=0.05
            ),
        },
    ),
    "myonset": ("myonset", {"single_threshold": _myonset}),
}

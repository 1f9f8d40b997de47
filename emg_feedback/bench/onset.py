"""How soon and how surely contractions are found, held against known truth."""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.analyze import analyze
from emg_feedback.bench.intervals import proportion, rate, resampled
from emg_feedback.bench.labelled import labelled_recordings
from emg_feedback.bench.latency import machine
from emg_feedback.bench.onset_cases import (
    AT_REST_S,
    CALM,
    NUISANCES,
    SIMULATED_SNR_DB,
    SPLICED_SNR_DB,
    Record,
    at_rest,
    simulated,
    spliced,
)
from emg_feedback.bench.onset_hum import HumTally, humming
from emg_feedback.bench.onset_score import (
    Find,
    Found,
    Outcome,
    held_against,
    least_delay_s,
    level_ratios,
    share_of_tone_active,
)
from emg_feedback.bench.onset_sources import Part
from emg_feedback.bench.plain import plain_rule

# At which the theoretical bound is taken, and of which the detector is asked that can be.
FALSE_STARTS_PER_MINUTE = 0.1
DETECTORS = {
    name: ChainSettings(detector=name, false_starts_per_minute=FALSE_STARTS_PER_MINUTE)
    for name in ("cusum", "hodges-bui", "tkeo", "bonato")
}
SNRS_DB = {"spliced": SPLICED_SNR_DB, "simulated": SIMULATED_SNR_DB}
NOBODY: dict[str, Find] = {}
OTHERS_RECORDS = 12  # others can take ten seconds a record: they get the first ones only
OTHERS_EARLY_S = 0.3  # they date without deciding
LABEL_REACH_S = 0.3


@dataclass(slots=True)
class _Tally:
    """What one detector made of the records, by their kind or nuisance."""

    outcomes: dict[str, list[list[Outcome]]] = field(default_factory=lambda: defaultdict(list))
    spare: Counter[str] = field(default_factory=Counter)
    records: Counter[str] = field(default_factory=Counter)
    false_starts: Counter[str] = field(default_factory=Counter)
    tone_active: list[NDArray[np.float64]] = field(default_factory=list)
    hum: HumTally = field(default_factory=HumTally)
    label_misses_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    label_spare: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, record: Record, found: Found, early_s: float) -> None:
        """Count what was found in one record."""
        if record.nuisance is None:
            outcomes, spare = held_against(record, found, early_s)
            self.outcomes[kind].append(outcomes)
            self.spare[kind] += spare
        else:
            self.records[record.nuisance] += 1
            self.false_starts[record.nuisance] += len(found)
            if record.nuisance == "tone":
                self.tone_active.append(np.array([share_of_tone_active(found)]))

    def note_labelled(self, recording: str, onsets_s: list[float], found: Found) -> None:
        """Count what was found near the labels of one channel."""
        left = [one["onset_s"] for one in found]
        for onset_s in onsets_s:
            near = [s for s in left if abs(s - onset_s) <= LABEL_REACH_S]
            nearest = min(near, key=lambda s: abs(s - onset_s), default=None)
            if nearest is not None:
                left.remove(nearest)
            miss_s = np.nan if nearest is None else abs(nearest - onset_s)
            self.label_misses_s[recording].append(miss_s)
        self.label_spare[recording] += len(left)


def bench_onset(
    n_records: int,
    seed: int,
    part: Part,
    say: Callable[[str], None],
    detectors: Mapping[str, ChainSettings] = DETECTORS,
    others: Mapping[str, Find] = NOBODY,
) -> dict[str, Any]:
    """Give the same records to every detector and hold what it finds against the truth.

    Parameters
    ----------
    n_records : int
        Records with real muscle spliced in, as many of rest alone, and half as many simulated and
        with hum.
    seed, part
        See `onset_cases.spliced`.
    say : callable
        Told what is going on.
    detectors : mapping, optional
        Names, and the chains they belong to.
    others : mapping, optional
        Names, and detectors that see the whole recording, such as `peers.peers`.

    Returns
    -------
    dict
        What ``bench onset --json`` prints. Each figure is ``{"value", "low", "high"}`` with its
        95 % confidence interval, null where there was nothing to measure.
    """
    with tempfile.TemporaryDirectory(prefix="emg-feedback-") as folder:
        file = Path(folder) / "record.npy"
        finders: dict[str, Find] = {
            name: _analyzer(file, settings) for name, settings in detectors.items()
        } | {"plain rule": plain_rule}
        tallies = {name: _Tally() for name in (*finders, *others)}
        bounds: dict[tuple[str, int], list[float]] = defaultdict(list)
        ratios: dict[tuple[str, int], list[NDArray[np.float64]]] = defaultdict(list)
        kinds = {
            "spliced": spliced(n_records, seed, part),
            "simulated": simulated(n_records // 2, seed, part),
            "at rest": at_rest(n_records, seed, part),
        }
        for kind, records in kinds.items():
            say(f"records {kind}")
            for number, record in enumerate(records):
                for name, find in finders.items():
                    tallies[name].note(kind, record, find(record), 0.0)
                for name, find in others.items() if number < OTHERS_RECORDS else ():
                    tallies[name].note(kind, record, find(record), OTHERS_EARLY_S)
                for truth, ratio in zip(record.contractions, level_ratios(record), strict=True):
                    ratios[kind, truth.snr_db].append(np.array([ratio]))
                    bounds[kind, truth.snr_db].append(
                        least_delay_s(truth, record.sample_rate_hz, FALSE_STARTS_PER_MINUTE)
                    )
        say("records with hum")
        for number, (record, switches) in enumerate(humming(n_records // 2, seed, part)):
            asked = {**finders, **others} if number < OTHERS_RECORDS else finders
            for name, find in asked.items():
                tallies[name].hum.note(record, switches, find(record))
        say("labelled recordings")
        for one in labelled_recordings():
            for name, find in {**finders, **others}.items():
                found = find(one.record)
                tallies[name].note_labelled(one.record.source, one.onsets_s, found)
    return {
        "machine": machine(),
        "version": version("emg-feedback"),
        "seed": seed,
        "part": part,
        "records": n_records,
        "bound": {
            "false_starts_per_minute": FALSE_STARTS_PER_MINUTE,
            "delay_ms": {
                kind: {
                    str(snr_db): round(1e3 * float(np.median(bounds[kind, snr_db])), 1)
                    for snr_db in snrs_db
                    if bounds[kind, snr_db]
                }
                for kind, snrs_db in SNRS_DB.items()
            },
            "mean_uv_scatter_percent": {
                kind: {
                    str(snr_db): resampled(_scatter_percent, ratios[kind, snr_db], 2)
                    for snr_db in snrs_db
                }
                for kind, snrs_db in SNRS_DB.items()
            },
        },
        "detectors": {
            name: {"sees": "everything" if name in others else "the past"}
            | _figures(tally, decides=name not in others)
            for name, tally in tallies.items()
        },
    }


def _analyzer(file: Path, settings: ChainSettings) -> Find:
    """Make a finder of the way `analyze` takes."""

    def find(record: Record) -> Found:
        np.save(file, record.samples_uv)
        result = analyze(file, sample_rate_hz=record.sample_rate_hz, settings=settings)
        contractions: Found = result["channels"][0]["contractions"]
        return contractions

    return find


def _figures(tally: _Tally, decides: bool) -> dict[str, Any]:
    return {
        **{kind: _against_truth(tally, kind, decides) for kind in SNRS_DB},
        "false_starts_per_minute": {
            **{kind: _false_starts(tally, [kind]) for kind in (CALM, *NUISANCES)},
            "nuisances": _false_starts(tally, NUISANCES),
        },
        "hum_starts_per_switch": tally.hum.figures(),
        "slow_tone_active_percent": resampled(lambda x: 100 * np.mean(x), tally.tone_active, 2),
        "labelled": {
            recording: {
                "labels": len(misses_s),
                "found": int(np.isfinite(misses_s).sum()),
                "others": tally.label_spare[recording],
                "onset_error_ms": resampled(_median_ms, [np.array(misses_s)], 1)["value"],
            }
            for recording, misses_s in tally.label_misses_s.items()
        },
    }


def _against_truth(tally: _Tally, kind: str, decides: bool) -> dict[str, Any]:
    every = [one for record in tally.outcomes[kind] for one in record]
    hits = sum(np.isfinite(one.delay_s) for one in every)
    return {
        "precision": proportion(hits, hits + tally.spare[kind]),
        "by_snr_db": {
            str(snr_db): _at_snr(
                [[o for o in one if o.truth.snr_db == snr_db] for one in tally.outcomes[kind]],
                decides,
            )
            for snr_db in SNRS_DB[kind]
        },
    }


def _at_snr(records: list[list[Outcome]], decides: bool) -> dict[str, Any]:
    def column(name: str) -> list[NDArray[np.float64]]:
        return [np.array([getattr(one, name) for one in record]) for record in records]

    delays = np.concatenate([*column("delay_s"), np.empty(0)])
    found = int(np.isfinite(delays).sum())
    return {
        "contractions": len(delays),
        "missed": len(delays) - found,
        "recall": proportion(found, len(delays)),
        "delay_ms_p50": resampled(_median_ms, column("delay_s") if decides else [], 1),
        "delay_ms_p95": resampled(_p95_ms, column("delay_s") if decides else [], 1),
        "onset_error_ms": resampled(_median_ms, column("onset_error_s"), 1),
        "offset_error_ms": resampled(_median_ms, column("offset_error_s"), 1),
        "mean_uv_bias_percent": resampled(_bias_percent, column("level_ratio"), 2),
        "mean_uv_scatter_percent": resampled(_scatter_percent, column("level_ratio"), 2),
    }


def _false_starts(tally: _Tally, kinds: Sequence[str]) -> dict[str, Any]:
    events = sum(tally.false_starts[kind] for kind in kinds)
    minutes = sum(tally.records[kind] for kind in kinds) * AT_REST_S / 60.0
    return {"events": events, "minutes": minutes, **rate(events, minutes)}


def _median_ms(seconds: NDArray[np.float64]) -> float:
    return 1e3 * float(np.median(seconds))


def _p95_ms(seconds: NDArray[np.float64]) -> float:
    return 1e3 * float(np.percentile(seconds, 95))


def _bias_percent(ratios: NDArray[np.float64]) -> float:
    return 100 * (float(np.median(ratios)) - 1.0)


def _scatter_percent(ratios: NDArray[np.float64]) -> float:
    """95th percentile of the distance from the median ratio."""
    return 100 * float(np.percentile(np.abs(ratios / np.median(ratios) - 1.0), 95))

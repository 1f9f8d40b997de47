"""What a detector made of a record, held against the truth; and the least delay there can be."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.bench.onset_cases import TONE_S, Contraction, Record
from emg_feedback.stream.chain import Chain
from emg_feedback.stream.filters import EndOfBand

# Contractions as `analyze` tells them: times of onset, offset and both decisions, and mean_uv.
Found = list[dict[str, Any]]
Find = Callable[[Record], Found]

DECISION_STEP_S = 0.001
LONGEST_DELAY_S = 5.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one contraction fared; NaN for what was not found.

    Attributes
    ----------
    truth : Contraction
    delay_s : float
        From the foot of the ramp to the decision.
    onset_error_s, offset_error_s : float
        Distance of the estimated times from the true ones.
    level_ratio : float
        ``mean_uv`` over the true one.
    """

    truth: Contraction
    delay_s: float = math.nan
    onset_error_s: float = math.nan
    offset_error_s: float = math.nan
    level_ratio: float = math.nan


def held_against(record: Record, found: Found, early_s: float) -> tuple[list[Outcome], int]:
    """Pair each true contraction with the first found one decided while it lasted.

    Parameters
    ----------
    record : Record
    found : list of dict
    early_s : float
        How much too early an onset may be and still be taken for this contraction's: nothing for a
        live decision, which before the foot of the ramp is a false start.

    Returns
    -------
    list of Outcome
        One for each true contraction.
    int
        Found ones that are nobody's: false starts, and further pieces of one contraction.
    """
    left, outcomes = list(found), []
    for truth in record.contractions:
        first, last = truth.onset_s - early_s, truth.offset_s
        mine = next((one for one in left if first <= one["decided_s"] < last), None)
        if mine is None:
            outcomes.append(Outcome(truth))
            continue
        left.remove(mine)
        end_s, mean_uv = mine["offset_s"], mine.get("mean_uv")
        outcomes.append(
            Outcome(
                truth,
                delay_s=mine["decided_s"] - truth.onset_s,
                onset_error_s=abs(mine["onset_s"] - truth.onset_s),
                offset_error_s=math.nan if end_s is None else abs(end_s - truth.offset_s),
                level_ratio=math.nan if mean_uv is None else mean_uv / truth.mean_uv,
            )
        )
    return outcomes, len(left)


def level_ratios(record: Record) -> NDArray[np.float64]:
    """Level in the default chain between the true ramps, over the true one, for each truth.

    No detector's ``mean_uv`` is steadier than what the filters pass.
    """
    settings = ChainSettings(mains_hz=record.mains_hz)
    features = Chain(1, record.sample_rate_hz, settings).push(
        np.ascontiguousarray(record.samples_uv[:, None])
    )
    end_of_band = EndOfBand(settings, record.sample_rate_hz, 1)
    power = end_of_band(features.filtered_uv)[:, 0] ** 2
    ratios = []
    for truth in record.contractions:
        plateau_s = truth.onset_s + truth.rise_s, truth.offset_s - truth.release_s
        start, stop = (round(s * record.sample_rate_hz) for s in plateau_s)
        ratios.append(math.sqrt(float(np.nanmean(power[start:stop]))) / truth.mean_uv)
    return np.array(ratios)


def share_of_tone_active(found: Found) -> float:
    """Share of the time the slow tone is there during which a patient would see a contraction."""
    start_s, stop_s = TONE_S
    active_s = 0.0
    for one in found:
        until_s = stop_s if one["offset_decided_s"] is None else one["offset_decided_s"]
        active_s += max(0.0, min(until_s, stop_s) - max(one["decided_s"], start_s))
    return active_s / (stop_s - start_s)


def least_delay_s(
    truth: Contraction, sample_rate_hz: float, false_starts_per_minute: float
) -> float:
    """Return the time in which the evidence for a contraction reaches what the rate asks for.

    Lorden (1971, *Ann Math Stat* 42:1897): on a step, no rule with a mean time ARL between false
    starts is sooner on average than about ln(ARL) / KL, where KL is the Kullback–Leibler
    divergence of a sample in contraction from one at rest. On a ramp the divergence grows with it,
    and is added up until it reaches ln(ARL). Rest and muscle are taken to be Gaussian and white in
    the board's band; of a band B, 2 B samples a second are free.
    """
    free_per_s = 2.0 * (min(450.0, 0.45 * sample_rate_hz) - 20.0)
    least = math.log(60.0 / false_starts_per_minute * free_per_s)
    t_s = np.arange(DECISION_STEP_S, LONGEST_DELAY_S, DECISION_STEP_S)
    excess = 10 ** (truth.snr_db / 10) * np.minimum(t_s / truth.rise_s, 1.0) ** 2
    evidence = np.cumsum(0.5 * (excess - np.log1p(excess))) * DECISION_STEP_S * free_per_s
    return float(t_s[min(int(np.searchsorted(evidence, least)), len(t_s) - 1)])

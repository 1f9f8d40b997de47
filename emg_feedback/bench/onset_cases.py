"""Records in which it is known when each muscle starts and stops.

Real rest with real muscle spliced in, rest alone with what disturbs a detector, and simulated EMG.
Every record is made from a seed and its number alone: the same numbers give the same samples.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from emg_feedback.bench.onset_sources import (
    PARTS,
    SIMULATED,
    Part,
    Recorded,
    Signal,
    Simulated,
    in_band,
    recorded,
    rms_without_mains,
)

CALM = "calm"
NUISANCES = ("steps", "mains", "ecg", "spikes", "tone")
SPLICED_SNR_DB = (6, 10, 15, 20)
SIMULATED_SNR_DB = (3, 6, 10, 15, 20)
RAMPS_S = (0.03, 0.1, 0.2, 0.3)
RECORD_S, AT_REST_S = 30.0, 50.0
FIRST_ONSET_S, LAST_OFFSET_S = 6.0, 28.0
TONE_S = (5.0, 45.0)  # when the slow tone is there


@dataclass(frozen=True, slots=True)
class Contraction:
    """What is known of one contraction.

    Attributes
    ----------
    onset_s, offset_s : float
        Foot of the rising ramp and end of the falling one.
    rise_s, release_s : float
        Length of the ramps.
    snr_db : int
        ``level_uv`` over the rest's RMS, in the board's band and without mains.
    level_uv : float
        RMS of the muscle alone between the ramps, in the same band.
    mean_uv : float
        RMS of all there is between the ramps, rest included.
    """

    onset_s: float
    offset_s: float
    rise_s: float
    release_s: float
    snr_db: int
    level_uv: float
    mean_uv: float


@dataclass(frozen=True, slots=True)
class Record:
    """One channel with known truth.

    Attributes
    ----------
    source : str
        Recording or simulated board.
    sample_rate_hz : float
    mains_hz : {50, 60}
        Of the country it was recorded in.
    samples_uv : ndarray, shape (n_samples,)
    rest_uv : float
        RMS of the rest in the board's band, without mains.
    contractions : tuple of Contraction
    nuisance : str or None
        ``CALM`` or one of ``NUISANCES`` for rest alone.
    """

    source: str
    sample_rate_hz: float
    mains_hz: Literal[50, 60]
    samples_uv: Signal
    rest_uv: float
    contractions: tuple[Contraction, ...] = ()
    nuisance: str | None = None


def spliced(n_records: int, seed: int = 1, part: Part = "tune") -> Iterator[Record]:
    """Make records of real rest with real muscle spliced in.

    Parameters
    ----------
    n_records : int
        A longer series starts with the shorter one.
    seed : int
    part : {"tune", "final"}
        The parts share the rest but neither the muscle nor a random number: what was tuned on one
        can be believed on the other.
    """
    for number in range(n_records):
        yield _contracting(
            recorded(number, part), SPLICED_SNR_DB, random_for(seed, part, 0, number)
        )


def simulated(n_records: int, seed: int = 1, part: Part = "tune") -> Iterator[Record]:
    """Make records of simulated EMG at 250, 1000 and 2000 samples/s; arguments as for `spliced`."""
    for number in range(n_records):
        source = SIMULATED[number % len(SIMULATED)]
        yield _contracting(source, SIMULATED_SNR_DB, random_for(seed, part, 1, number))


def at_rest(n_records: int, seed: int = 1, part: Part = "tune") -> Iterator[Record]:
    """Make records of real rest, every other one with a nuisance; arguments as for `spliced`."""
    for number in range(n_records):
        source = recorded(number // (2 * len(NUISANCES)), part)
        nuisance = NUISANCES[number // 2 % len(NUISANCES)] if number % 2 else CALM
        yield _resting(source, nuisance, random_for(seed, part, 2, number))


def random_for(seed: int, part: Part, kind: int, number: int) -> np.random.Generator:
    """Return the chance of one record of a kind."""
    return np.random.default_rng([seed, PARTS.index(part), kind, number])


def _spliceable(
    source: Recorded | Simulated, envelope: Signal, random: np.random.Generator
) -> Signal:
    """Return muscle that follows ``envelope``, of exactly its power in the band."""
    muscle = envelope * source.muscle(random, len(envelope))
    tail = np.zeros(round(0.2 * source.sample_rate_hz))
    heard = in_band(np.append(muscle, tail), source.sample_rate_hz)
    return np.asarray(muscle * np.sqrt(np.sum(envelope**2) / np.sum(heard**2)))


def rest_and_level(
    source: Recorded | Simulated, seconds: float, random: np.random.Generator
) -> tuple[Signal, float]:
    """Return so much rest, and its RMS in the board's band without mains."""
    x_uv = source.rest(random, round(seconds * source.sample_rate_hz))
    settled = in_band(x_uv, source.sample_rate_hz)[round(source.sample_rate_hz) :]
    return x_uv, rms_without_mains(settled, source.sample_rate_hz, source.mains_hz)


def _contracting(
    source: Recorded | Simulated, snrs_db: tuple[int, ...], random: np.random.Generator
) -> Record:
    rate_hz = source.sample_rate_hz
    x_uv, rest_uv = rest_and_level(source, RECORD_S, random)
    contractions: list[Contraction] = []
    start_s = FIRST_ONSET_S + random.uniform(0.0, 1.0)
    deck: list[int] = []
    while True:
        deck = deck or random.permutation(snrs_db).tolist()
        rise_s, release_s = random.choice(RAMPS_S, 2).tolist()
        length_s = rise_s + random.uniform(0.8, 2.5) + release_s
        first, n_samples = round(start_s * rate_hz), round(length_s * rate_hz)
        if start_s + length_s > LAST_OFFSET_S:
            break
        t_s = np.arange(n_samples) / rate_hz
        envelope = np.clip(np.minimum(t_s / rise_s, (length_s - t_s) / release_s), 0.0, 1.0)
        snr_db = deck.pop()
        level_uv = rest_uv * 10 ** (snr_db / 20)
        x_uv[first : first + n_samples] += level_uv * _spliceable(source, envelope, random)
        contractions.append(
            Contraction(
                onset_s=first / rate_hz,
                offset_s=(first + n_samples) / rate_hz,
                rise_s=rise_s,
                release_s=release_s,
                snr_db=snr_db,
                level_uv=level_uv,
                mean_uv=math.hypot(level_uv, rest_uv),
            )
        )
        start_s += length_s + random.uniform(1.5, 4.0)
    return Record(source.name, rate_hz, source.mains_hz, x_uv, rest_uv, tuple(contractions))


def _resting(source: Recorded, nuisance: str, random: np.random.Generator) -> Record:
    rate_hz, mains_hz = source.sample_rate_hz, source.mains_hz
    x_uv, rest_uv = rest_and_level(source, AT_REST_S, random)
    n_samples = len(x_uv)
    t_s = np.arange(n_samples) / rate_hz
    if nuisance == "steps":  # an electrode that is touched
        for first in random.integers(round(5 * rate_hz), n_samples, 4):
            x_uv[first:] += random.normal(0.0, 100.0 * rest_uv)
    elif nuisance == "mains":  # a lamp, ten seconds off, ten on; the grid is never quite on time
        x_uv += (t_s % 20 > 10) * 10 * rest_uv * np.sin(2 * np.pi * 1.0006 * mains_hz * t_s + 1)
    elif nuisance == "ecg":  # R, S and T waves
        for beat_s in np.arange(1.0, AT_REST_S - 1.0, 0.85):
            u_s = t_s - beat_s - random.normal(0.0, 0.03)
            r, s = np.exp(-((u_s / 0.012) ** 2)), np.exp(-(((u_s - 0.03) / 0.015) ** 2))
            t = np.exp(-(((u_s - 0.25) / 0.05) ** 2))
            x_uv += 12 * rest_uv * (r - 0.35 * s + 0.15 * t)
    elif nuisance == "spikes":
        for at in random.integers(0, n_samples, 12):
            x_uv[at] += random.choice([-1, 1]) * random.uniform(20.0, 200.0) * rest_uv
    elif nuisance == "tone":  # a muscle that tightens over twenty seconds and slackens again
        envelope = np.interp(t_s, [TONE_S[0], sum(TONE_S) / 2, TONE_S[1]], [0.0, 3.0, 0.0])
        x_uv += rest_uv * _spliceable(source, envelope, random)
    return Record(source.name, rate_hz, mains_hz, x_uv, rest_uv, nuisance=nuisance)

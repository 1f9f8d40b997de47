"""Rest and muscle for the records of `onset_cases`: from real recordings and from a simulation."""

import math
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emg_hardware.shaping import Converter, stulen_de_luca

Signal = NDArray[np.float64]
Part = Literal["tune", "final"]

PARTS: tuple[Part, ...] = ("tune", "final")
RECORDINGS = ("ganglion_hands", "openbci_gui", "biceps_12kg", "plux_biceps")
MORE_MUSCLE = {"openbci_gui": ("cyton_forearm",)}
# What is calm, in seconds, of the stretches of rest that are not so throughout (see the recordings'
# README): the hand twitched, or a sample was wrong.
CALM_S = {("ganglion_hands", 0): (2.2, 23.4), ("ganglion_hands", 3): (0.0, 16.3)}
CARRIER_STEP = 0.01
CROSS_FADE_S = 0.02
JOINT_SLACK_S = 0.1  # some periods of the mains, so that it goes on in phase
ANALOG_RATE_HZ = 2000.0
LINE_HZ, SPECTRUM_S = 3.0, 4.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """A stretch of real rest in µV, and stretches of real muscle at a steady unit level."""

    name: str
    sample_rate_hz: float
    mains_hz: Literal[50, 60]
    rest_uv: Signal
    muscles: tuple[Signal, ...]

    def rest(self, random: np.random.Generator, n_samples: int) -> Signal:
        """Return a stretch of rest; a short one is continued by itself, to and fro."""
        piece = self.rest_uv
        if len(piece) >= n_samples:
            start = random.integers(len(piece) - n_samples + 1)
            return piece[start : start + n_samples].copy()
        slack = round(JOINT_SLACK_S * self.sample_rate_hz)
        fade = round(CROSS_FADE_S * self.sample_rate_hz)
        return _joined([piece, piece[::-1]], n_samples, slack, fade, random)

    def muscle(self, random: np.random.Generator, n_samples: int) -> Signal:
        """Return stretches of muscle, joined in random order and direction."""
        pieces = [y for muscle in self.muscles for y in (muscle, -muscle[::-1])]
        fade = round(CROSS_FADE_S * self.sample_rate_hz)
        return _joined(pieces, n_samples, 1, fade, random)


@dataclass(frozen=True, slots=True)
class Simulated:
    """White noise and mains at rest; muscle with the spectrum of Stulen and De Luca."""

    name: str
    sample_rate_hz: float
    mains_hz: Literal[50, 60]
    mains_uv: float
    rest_uv: float = 3.0

    def rest(self, random: np.random.Generator, n_samples: int) -> Signal:
        """Return rest in µV."""
        angle = 2 * np.pi * self.mains_hz * np.arange(n_samples) / self.sample_rate_hz
        return np.asarray(
            random.normal(0.0, self.rest_uv, n_samples)
            + self.mains_uv * np.sin(angle + random.uniform(0.0, 2 * np.pi))
        )

    def muscle(self, random: np.random.Generator, n_samples: int) -> Signal:
        """Return EMG as an ADS1299 (250 Hz) or a plain converter would sample it."""
        factor = round(ANALOG_RATE_HZ / self.sample_rate_hz)
        taps = stulen_de_luca(60.0, 120.0, ANALOG_RATE_HZ, 255)
        white = random.standard_normal(n_samples * factor + len(taps) - 1)
        analog = np.convolve(white, taps, "valid")
        if self.sample_rate_hz > 500.0:
            return analog[::factor].copy()
        return Converter(factor, np.zeros(1)).push(analog[:, None])[:, 0]


SIMULATED = (
    Simulated("simulated Cyton", 250.0, 60, 20.0),
    Simulated("simulated 1 kHz", 1000.0, 50, 20.0),
    Simulated("simulated 2 kHz", 2000.0, 50, 0.0),
)


@cache
def _load(name: str, part: Part) -> tuple[Recorded, ...]:
    """Read a recording's excerpts, once for each stretch of rest; muscle is shared out to parts."""
    folder = files("emg_feedback.bench.recordings")
    rests, muscles = [], []
    for file in (name, *MORE_MUSCLE.get(name, ())):
        with (folder / f"{file}.npz").open("rb") as stream, np.load(stream) as arrays:
            if file == name:
                rate_hz, mains_hz = float(arrays["sample_rate_hz"]), int(arrays["mains_hz"])
            step_uv = float(arrays["step_uv"])
            rests += [arrays[key] * step_uv for key in arrays.files if key.startswith("rest_")]
            muscles += [arrays[key] * CARRIER_STEP for key in arrays.files if key[:7] == "muscle_"]
    for number, rest in enumerate(rests):
        first_s, last_s = CALM_S.get((name, number), (0.0, math.inf))
        rests[number] = rest[round(first_s * rate_hz) : round(min(last_s * rate_hz, len(rest)))]
    own = tuple(muscles[PARTS.index(part) :: len(PARTS)])
    return tuple(Recorded(name, rate_hz, 60 if mains_hz == 60 else 50, rest, own) for rest in rests)


def recorded(number: int, part: Part) -> Recorded:
    """Take the recordings in turn, and in each its stretches of rest."""
    channels = _load(RECORDINGS[number % len(RECORDINGS)], part)
    return channels[number // len(RECORDINGS) % len(channels)]


def in_band(x_uv: Signal, sample_rate_hz: float) -> Signal:
    """Keep what a board can show of muscle: 20 Hz to 450 Hz or 0.45 of the rate."""
    from scipy import signal

    high_hz = min(450.0, 0.45 * sample_rate_hz)
    sos = signal.butter(4, [20.0, high_hz], "bandpass", output="sos", fs=sample_rate_hz)
    filtered, _ = signal.sosfilt(sos, x_uv, zi=signal.sosfilt_zi(sos) * x_uv[0])
    return np.asarray(filtered)


def lines_hz(sample_rate_hz: float, mains_hz: int) -> list[float]:
    """Return the mains and its harmonics, where they fall or fold, as far as they are heard."""
    half_hz = sample_rate_hz / 2
    lines = {
        abs((harmonic * mains_hz + half_hz) % sample_rate_hz - half_hz) for harmonic in range(1, 6)
    }
    return [line_hz for line_hz in sorted(lines) if 20.0 < line_hz < 0.48 * sample_rate_hz]


def without_mains(x_uv: Signal, sample_rate_hz: float, mains_hz: int) -> Signal:
    """Send a signal through the notches that people put before their detectors."""
    from scipy import signal

    sos = [
        signal.tf2sos(*signal.iirnotch(line_hz, line_hz / 2.0, fs=sample_rate_hz))
        for line_hz in lines_hz(sample_rate_hz, mains_hz)
    ]
    return np.asarray(signal.sosfilt(np.vstack(sos), x_uv))


def rms_without_mains(x_uv: Signal, sample_rate_hz: float, mains_hz: int) -> float:
    """RMS of a stretch of rest if it were no stronger at the mains than beside it.

    In the power spectrum, what is within `LINE_HZ` of a line is replaced by the median of as much
    beyond. A notch would leave what the mains' ups and downs spread to its sides.
    """
    from scipy import signal

    n_piece = min(len(x_uv), round(SPECTRUM_S * sample_rate_hz))
    f_hz, power = signal.welch(x_uv, sample_rate_hz, nperseg=n_piece)
    mended = power.copy()
    for line_hz in lines_hz(sample_rate_hz, mains_hz):
        away_hz = np.abs(f_hz - line_hz)
        near, beside = away_hz <= LINE_HZ, (away_hz > LINE_HZ) & (away_hz <= 2 * LINE_HZ)
        mended[near] = np.median(power[beside])
    return float(np.sqrt(np.sum(mended) * f_hz[1]))


def _joined(
    pieces: list[Signal], n_samples: int, slack: int, fade: int, random: np.random.Generator
) -> Signal:
    """Fade pieces into each other, each begun within ``slack`` where it fits the last one best."""
    first = pieces[random.integers(len(pieces))]
    out = first[random.integers(len(first) // 2) :]
    up = np.linspace(0.0, 1.0, fade)
    while len(out) < n_samples:
        piece, tail = pieces[random.integers(len(pieces))], out[-fade:]
        misfit = [np.std(piece[k : k + fade] - tail) for k in range(slack)]
        piece = piece[int(np.argmin(misfit)) :]
        if slack > 1:  # rest stands on an offset, muscle does not
            piece = piece + np.mean(tail - piece[:fade])
        out = np.concatenate([out[:-fade], tail * (1 - up) + piece[:fade] * up, piece[fade:]])
    return out[:n_samples].copy()

"""Records of rest in which mains hum with harmonics comes and goes, and what it starts.

A lamp, a heating pad or a pump is switched on near the patient, or a lead is moved towards one. No
muscle moves, so that every contraction found is a false start.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any, Literal

import numpy as np

from emg_feedback.bench.intervals import proportion
from emg_feedback.bench.onset_cases import AT_REST_S, Record, random_for, rest_and_level
from emg_feedback.bench.onset_score import Found
from emg_feedback.bench.onset_sources import Part, Recorded, Signal, Simulated, recorded

# Amplitude of each harmonic: a pure line; the odd ones of a current that is cut or saturated; and
# twice the mains with its own even ones, as a full-wave rectifier makes them (2 / (h² - 1)), with
# the mains itself.
SHAPES = {
    "sine": {1: 1.0},
    "odd": {1: 1.0, 3: 0.5, 5: 0.3, 7: 0.2, 9: 0.15, 11: 0.1},
    "rectifier": {1: 0.5, 2: 1.0, 4: 0.2, 6: 0.09, 8: 0.05},
}
TIMES_REST = (1, 3, 10)
FIRST_S, SHORTEST_S, LONGEST_S = 6.0, 2.0, 4.0
FADES_S, AT_ONCE_S = (0.2, 1.0), 1e-6
OFF_TIME = 6e-4  # the grid is never quite on time
# Converters that let through some of what is above half their rate: the mean over a sample period
# (Ganglion), or three of them (Cyton). The others end before.
CONVERTER_ORDERS = {200.0: 1, 250.0: 3}


@dataclass(frozen=True, slots=True)
class Switch:
    """One coming or going of the hum.

    Attributes
    ----------
    at_s, until_s : float
        When it begins, and when the next one does.
    shape : str
        Key of `SHAPES`.
    times_rest : int
        RMS of the hum over that of the rest.
    fades : bool
        Whether it takes its time.
    """

    at_s: float
    until_s: float
    shape: str
    times_rest: int
    fades: bool


def humming(
    n_records: int, seed: int = 1, part: Part = "tune"
) -> Iterator[tuple[Record, list[Switch]]]:
    """Make records of rest with hum; arguments as for `onset_cases.spliced`.

    Real rest has hum of its own country's mains, and every other record is white rest at the same
    rate with the other mains.
    """
    for number in range(n_records):
        real = recorded(number // 2, part)
        other_hz: Literal[50, 60] = 60 if real.mains_hz == 50 else 50
        other = Simulated("white rest", real.sample_rate_hz, other_hz, mains_uv=0.0)
        yield _humming(other if number % 2 else real, random_for(seed, part, 3, number))


def _humming(
    source: Recorded | Simulated, random: np.random.Generator
) -> tuple[Record, list[Switch]]:
    x_uv, rest_uv = rest_and_level(source, AT_REST_S, random)
    t_s = np.arange(len(x_uv)) / source.sample_rate_hz
    kinds = list(product(SHAPES, TIMES_REST, (False, True)))
    switches: list[Switch] = []
    start_s = FIRST_S
    for kind in random.permutation(len(kinds)):
        shape, times_rest, fades = kinds[kind]
        stop_s, next_s = start_s + np.cumsum(random.uniform(SHORTEST_S, LONGEST_S, 2))
        if next_s > AT_REST_S:
            break
        rise_s, fall_s = random.uniform(*FADES_S, 2) if fades else (AT_ONCE_S, AT_ONCE_S)
        there = np.minimum((t_s - start_s) / rise_s, (stop_s + fall_s - t_s) / fall_s)
        added_uv = times_rest * rest_uv * hum(shape, t_s, source, random)
        x_uv += np.clip(there, 0.0, 1.0) * added_uv
        switches.append(Switch(start_s, stop_s, shape, times_rest, fades))
        switches.append(Switch(stop_s, next_s, shape, times_rest, fades))
        start_s = next_s
    record = Record(
        source.name, source.sample_rate_hz, source.mains_hz, x_uv, rest_uv, nuisance="hum"
    )
    return record, switches


def hum(
    shape: str, t_s: Signal, source: Recorded | Simulated, random: np.random.Generator
) -> Signal:
    """Return hum of unit RMS as the board's converter samples it."""
    rate_hz, total, power = source.sample_rate_hz, np.zeros(len(t_s)), 0.0
    order = CONVERTER_ORDERS.get(rate_hz)
    for harmonic, amplitude in SHAPES[shape].items():
        line_hz = (1.0 + OFF_TIME) * harmonic * source.mains_hz
        phase = random.uniform(0.0, 2 * np.pi)
        passed = np.sinc(line_hz / rate_hz) ** order if order else float(2 * line_hz < rate_hz)
        total += passed * amplitude * np.sin(2 * np.pi * line_hz * t_s + phase)
        power += (passed * amplitude) ** 2 / 2
    return np.asarray(total / np.sqrt(power))


@dataclass(slots=True)
class HumTally:
    """Which switches started a contraction."""

    rows: list[tuple[dict[str, str], bool]] = field(default_factory=list)

    def note(self, record: Record, switches: list[Switch], found: Found) -> None:
        """Look for contractions decided between each switch and the next."""
        for switch in switches:
            kind = {
                "shape": switch.shape,
                "times_rest": str(switch.times_rest),
                "switched": "faded" if switch.fades else "at once",
                "sample_rate_hz": f"{record.sample_rate_hz:.0f}",
            }
            started = any(switch.at_s <= one["decided_s"] < switch.until_s for one in found)
            self.rows.append((kind, started))

    def figures(self) -> dict[str, Any]:
        """Share of the switches that started a contraction: of all, and by what they differ in."""
        starts: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
        for kind, started in self.rows:
            for name, value in kind.items():
                starts[name][value].append(started)
        every = [started for _, started in self.rows]
        return {"switches": len(every), "all": proportion(sum(every), len(every))} | {
            f"by_{name}": {
                value: proportion(sum(some), len(some)) for value, some in sorted(by_value.items())
            }
            for name, by_value in starts.items()
        }

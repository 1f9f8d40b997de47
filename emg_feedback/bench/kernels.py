"""Speed of the whole chain, next to the same chain in SciPy and in C++, in one run.

The contenders take turns, so that what else the machine does falls on all of them alike. *Hot*
pushes block after block; *paced* sleeps until the next block is due, as a session does, and finds
the caches cold. Times of our chain and of SciPy's hold the calls from Python and one reading of
the clock; those of C++ are taken inside. The signal is noise that in every channel is louder for a
third of the time, in one after the other: so at every moment a third of them contract.
"""

import ctypes
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.bench.latency import machine
from emg_feedback.bench.limit import Limit, NoLimitError, compile_limit
from emg_feedback.bench.scipy_chain import ScipyChain
from emg_feedback.stream.chain import Chain

Array = NDArray[np.float64]
Block = Callable[[Array], float]  # takes a block, returns the nanoseconds it took


class Case(NamedTuple):
    """What is pushed, and how many blocks of it at which pace."""

    channels: int
    rate_hz: float
    block_samples: int
    hot_blocks: int = 1000
    paced_blocks: int = 0


CASES = (
    Case(1, 1000.0, 8),
    Case(4, 200.0, 8),
    Case(8, 250.0, 8, paced_blocks=60),
    Case(8, 1000.0, 1),
    Case(8, 1000.0, 8, hot_blocks=3000, paced_blocks=200),
    Case(8, 1000.0, 64),
    Case(16, 125.0, 8),
    Case(64, 1000.0, 8, paced_blocks=60),
    Case(384, 1000.0, 8),
    Case(384, 4000.0, 32, hot_blocks=300, paced_blocks=60),
)
HOT_BATCH = 20
REST_UV, GAIN, RAMP_S = 4.0, 12.0, 0.1
# A contraction lasts a third of the signal.
SIGNAL_S, WARM_UP_S = 6.0, 2.0
SILENCE_S = 600.0
KEPT_AFTER_BLOCKS = 1000


def bench_kernels(
    cases: Sequence[Case] = CASES,
    *,
    silence_s: float = SILENCE_S,
    clock_ns: Callable[[], float] = time.perf_counter_ns,
    sleep: Callable[[float], None] = time.sleep,
) -> dict[str, Any]:
    """Measure every case, silence, and what a push leaves in memory."""
    try:
        library, no_limit = compile_limit(), None
    except NoLimitError as reason:
        library, no_limit = None, str(reason)
    rows = [row for case in cases for row in _measure(case, library, clock_ns, sleep)]
    return {
        "machine": {**machine(), "scipy": version("scipy")},
        "load_average": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "clock_us": round(float(np.median(_idle(clock_ns))) / 1e3, 3),
        "cpp_missing": no_limit,
        "signal": f"noise; each channel contracts {SIGNAL_S / 3:g} of {SIGNAL_S:g} s, in turn",
        "rows": rows,
        "growth_8_to_384": _growth(rows),
        "silence": _silence(silence_s, clock_ns),
        "allocations_kept": _allocations_kept(),
    }


def tell(result: dict[str, Any]) -> str:
    """Put the result in a table."""
    machine_ = result["machine"]
    lines = [
        f"{machine_['processor']}, {machine_['cores']} cores, load {result['load_average']}; "
        f"Python {machine_['python']}, Numba {machine_['numba']}, SciPy {machine_['scipy']}",
        f"{'channels':>8}{'Hz':>6}{'block':>6} {'pace':<6}{'µs/block':>9}{'p99':>8}"
        f"{'ns/sample':>10}{'SciPy µs':>10}{'C++ µs':>8}{'× SciPy':>9}{'× C++':>7}{'core %':>8}",
    ]
    for row in result["rows"]:
        us = row["us_per_block"]
        cpp = f"{us['cpp']['median']:8.2f}" if "cpp" in us else f"{'–':>8}"
        of_cpp = f"{row['times_cpp']:7.2f}" if row["times_cpp"] else f"{'–':>7}"
        lines.append(
            f"{row['channels']:8}{row['rate_hz']:6.0f}{row['block_samples']:6} {row['pace']:<6}"
            f"{us['chain']['median']:9.2f}{us['chain']['p99']:8.2f}"
            f"{row['ns_per_sample_channel']['chain']['median']:10.1f}"
            f"{us['scipy']['median']:10.1f}{cpp}{row['faster_than_scipy']:9.1f}{of_cpp}"
            f"{row['core_percent']:8.3f}"
        )
    silence = result["silence"]
    lines.append(
        f"zeros for {silence['seconds']:g} s after a burst: "
        f"{silence['ratio']:.2f} times the first second"
    )
    if result["growth_8_to_384"]:
        lines.append(f"384 channels take {result['growth_8_to_384']:.1f} times as long as 8")
    if result["cpp_missing"]:
        lines.append(f"no C++ to compare with: {result['cpp_missing']}")
    return "\n".join(lines)


def _measure(
    case: Case,
    library: ctypes.CDLL | None,
    clock_ns: Callable[[], float],
    sleep: Callable[[float], None],
) -> Iterator[dict[str, Any]]:
    """Measure one case, hot and then paced."""
    settings = ChainSettings()
    chain = Chain(case.channels, case.rate_hz, settings)
    peer = ScipyChain(case.channels, case.rate_hz, settings, REST_UV)
    contenders = {"chain": _timed(chain.push, clock_ns), "scipy": _timed(peer.push, clock_ns)}
    with ExitStack() as stack:
        if library is not None:
            limit = Limit(library, case.channels, case.rate_hz, settings, REST_UV)
            stack.callback(limit.close)
            contenders["cpp"] = limit.push
        for push in contenders.values():
            push(_noise(case.channels, case.rate_hz, WARM_UP_S))
        blocks = _blocks(case)
        yield _row(case, "hot", _hot(contenders, blocks, case.hot_blocks))
        if case.paced_blocks:
            yield _row(case, "paced", _paced(contenders, blocks, case, sleep))


def _timed(push: Callable[[Array], object], clock_ns: Callable[[], float]) -> Block:
    def run(block: Array) -> float:
        begun = clock_ns()
        push(block)
        return clock_ns() - begun

    return run


def _idle(clock_ns: Callable[[], float]) -> list[float]:
    run, block = _timed(lambda _: None, clock_ns), np.zeros((1, 1))
    return [run(block) for _ in range(1000)]


def _noise(n_channels: int, rate_hz: float, seconds: float) -> Array:
    random = np.random.default_rng(n_channels)
    return random.normal(0.0, REST_UV, (round(seconds * rate_hz), n_channels))


def _blocks(case: Case) -> list[Array]:
    x = _noise(case.channels, case.rate_hz, SIGNAL_S)
    s = np.arange(len(x))[:, None] / case.rate_hz
    since_s = (s + SIGNAL_S * np.arange(case.channels) / case.channels) % SIGNAL_S
    ramp = np.clip(np.minimum(since_s, SIGNAL_S / 3 - since_s) / RAMP_S, 0.0, 1.0)
    x *= 1.0 + (GAIN - 1.0) * ramp
    n = case.block_samples
    return [x[start : start + n] for start in range(0, len(x) - n + 1, n)]


def _hot(contenders: dict[str, Block], blocks: list[Array], n: int) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for start in range(0, n, HOT_BATCH):
        for name, push in contenders.items():
            for number in range(start, min(start + HOT_BATCH, n)):
                took[name].append(push(blocks[number % len(blocks)]))
    return took


def _paced(
    contenders: dict[str, Block], blocks: list[Array], case: Case, sleep: Callable[[float], None]
) -> dict[str, list[float]]:
    took: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(case.paced_blocks):
        for name, push in contenders.items():
            sleep(case.block_samples / case.rate_hz)
            took[name].append(push(blocks[number % len(blocks)]))
    return took


def _row(case: Case, pace: str, took: dict[str, list[float]]) -> dict[str, Any]:
    per_block = {name: _summary(ns, 1e3) for name, ns in took.items()}
    n = case.block_samples * case.channels
    ours = float(np.median(took["chain"]))
    return {
        "channels": case.channels,
        "rate_hz": case.rate_hz,
        "block_samples": case.block_samples,
        "pace": pace,
        "blocks": len(took["chain"]),
        "us_per_block": per_block,
        "ns_per_sample_channel": {name: _summary(ns, n) for name, ns in took.items()},
        "faster_than_scipy": round(float(np.median(took["scipy"])) / ours, 2),
        "times_cpp": round(ours / float(np.median(took["cpp"])), 2) if "cpp" in took else None,
        "core_percent": round(ours * 1e-7 * case.rate_hz / case.block_samples, 4),
    }


def _summary(ns: list[float], unit: float) -> dict[str, float]:
    return {
        "median": round(float(np.median(ns)) / unit, 3),
        "p99": round(float(np.percentile(ns, 99)) / unit, 3),
    }


def _growth(rows: list[dict[str, Any]]) -> float | None:
    us = {
        row["channels"]: row["us_per_block"]["chain"]["median"]
        for row in rows
        if (row["pace"], row["rate_hz"], row["block_samples"]) == ("hot", 1000.0, 8)
    }
    return round(us[384] / us[8], 2) if {8, 384} <= us.keys() else None


def _silence(seconds: float, clock_ns: Callable[[], float]) -> dict[str, float]:
    """Compare the second after a burst with the last of a long silence, block by block."""
    chains = [Chain(8, 1000.0), Chain(8, 1000.0)]
    for chain in chains:
        chain.push(_noise(8, 1000.0, 2.0))
        chain.push(GAIN * _noise(8, 1000.0, 1.0))
    long_silent, just_silent = (_timed(chain.push, clock_ns) for chain in chains)
    for _ in range(round(seconds) - 1):
        long_silent(np.zeros((1000, 8)))
    block = np.zeros((8, 8))
    last, first = zip(*((long_silent(block), just_silent(block)) for _ in range(125)), strict=True)
    return {
        "seconds": seconds,
        "first_us_per_block": _summary(list(first), 1e3)["median"],
        "last_us_per_block": _summary(list(last), 1e3)["median"],
        "ratio": round(float(np.median(last) / np.median(first)), 3),
    }


def _allocations_kept() -> int:
    """Count the memory blocks that many pushes leave behind."""
    chain, block = Chain(8, 1000.0), np.zeros((8, 8))
    for _ in range(KEPT_AFTER_BLOCKS):
        chain.push(block)
    before = sys.getallocatedblocks()
    for _ in range(KEPT_AFTER_BLOCKS):
        chain.push(block)
    return max(0, sys.getallocatedblocks() - before)

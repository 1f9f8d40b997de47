"""Latency of every stage, measured on the whole system at its true pace."""

import os
import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from emg_feedback.demo import Demo

STAGES = (
    "board_to_driver",
    "driver_to_arrive",
    "arrive_to_publish",
    "publish_to_receive",
    "receive_to_drawn",
    "sample_to_publish",
    "sample_to_drawn",
)


def machine() -> dict[str, Any]:
    """Tell what this was measured on."""
    return {
        "system": platform.system(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{name: version(name) for name in ("numpy", "numba", "brainflow", "pyzmq", "vispy")},
    }


def bench_latency(demo: Demo, say: Callable[[str], None]) -> dict[str, Any]:
    """Play a recording, or the simulated patient, and measure from the board to the screen."""
    summary = demo.run(say)
    stages = summary["latency_ms"]
    return {
        "machine": machine(),
        "seconds": demo.seconds,
        "samples": summary["samples"],
        "lost_samples": summary["lost_samples"],
        "frames_drawn": summary["frames_drawn"],
        "latency_ms": {stage: stages[stage] for stage in STAGES if stage in stages},
    }


def tell(result: dict[str, Any]) -> str:
    """Put the result in a table."""
    machine_ = result["machine"]
    lines = [
        f"{machine_['processor']}, {machine_['cores']} cores, Python {machine_['python']}; "
        f"{result['samples']} samples, {result['lost_samples']} lost",
        f"{'stage, ms':<20}{'p50':>9}{'p95':>9}{'p99':>9}{'max':>9}",
    ]
    for stage, numbers in result["latency_ms"].items():
        cells = "".join(f"{numbers[key]:9.2f}" for key in ("p50", "p95", "p99", "max"))
        lines.append(f"{stage:<20}{cells}")
    return "\n".join(lines)


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            for line in lines:
                if line.startswith("model name"):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()

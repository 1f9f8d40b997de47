"""The plot of `bench onset`."""

from typing import Any

from emg_feedback.bench.figure import Line, Panel, draw

FIGURES = {
    "delay_ms_p50": "decision after the foot of the ramp, median ms",
    "delay_ms_p95": "decision, 95th percentile, ms",
    "onset_error_ms": "error of the onset's time, median ms",
}
BOUND = "ln(ARL)/KL along the ramp"


def plot(result: dict[str, Any]) -> str:
    """Draw delay and dating of real muscle in real rest; peers only date."""
    return draw([_panel(result, key, label) for key, label in FIGURES.items()])


def _panel(result: dict[str, Any], key: str, label: str) -> Panel:
    lines = {}
    for name, figures in result["detectors"].items():
        if figures["sees"] == "everything" and key != "onset_error_ms":
            continue
        rows = figures["spliced"]["by_snr_db"]
        lines[name] = Line(
            [float(snr_db) for snr_db in rows],
            [row[key]["value"] for row in rows.values()],
            [(row[key]["low"], row[key]["high"]) for row in rows.values()],
        )
    if key == "delay_ms_p50":
        bound = result["bound"]["delay_ms"]["spliced"]
        lines[BOUND] = Line([float(snr_db) for snr_db in bound], list(bound.values()), dashed=True)
    return Panel(label, "signal over rest, dB", "ms", lines)

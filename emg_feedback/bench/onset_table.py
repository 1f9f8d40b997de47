"""The tables of `bench onset`."""

from typing import Any

from emg_feedback.bench.onset import SNRS_DB

COLUMNS = {
    "recall": ("recall", 2),
    "delay p50, ms": ("delay_ms_p50", 0),
    "p95": ("delay_ms_p95", 0),
    "onset error": ("onset_error_ms", 0),
    "offset error": ("offset_error_ms", 0),
    "scatter, %": ("mean_uv_scatter_percent", 1),
}


def tell(result: dict[str, Any]) -> str:
    """Put the result in tables."""
    lines = [f"{result['records']} records, seed {result['seed']}, part {result['part']}"]
    for kind, snrs_db in SNRS_DB.items():
        rows = [["", *COLUMNS, "precision"]]
        for name, figures in result["detectors"].items():
            at_snrs = figures[kind]["by_snr_db"].values()
            cells = [
                "/".join(_number(at_snr[key]["value"], digits) for at_snr in at_snrs)
                for key, digits in COLUMNS.values()
            ]
            rows.append([name, *cells, _number(figures[kind]["precision"]["value"], 3)])
        bound = "/".join(f"{ms:.0f}" for ms in result["bound"]["delay_ms"][kind].values())
        rows.append(["ln(ARL)/KL on the ramp", "", bound, *[""] * (len(COLUMNS) - 1)])
        scatter = result["bound"]["mean_uv_scatter_percent"][kind].values()
        told = "/".join(_number(one["value"], 1) for one in scatter)
        rows.append(["the true times", *[""] * (len(COLUMNS) - 1), told, ""])
        snrs = " / ".join(str(snr_db) for snr_db in snrs_db)
        lines += ["", f"{kind}, {snrs} dB; errors are medians, ms", *_aligned(rows)]
    starts_in = ["false starts a minute: calm", "nuisances", "a switch of hum"]
    rows = [["", *starts_in, "slow tone active, %", "labels found"]]
    for name, figures in result["detectors"].items():
        starts, labelled = figures["false_starts_per_minute"], figures["labelled"].values()
        rows.append(
            [
                name,
                _number(starts["calm"]["value"], 2),
                _number(starts["nuisances"]["value"], 2),
                _number(figures["hum_starts_per_switch"]["all"]["value"], 2),
                _number(figures["slow_tone_active_percent"]["value"], 1),
                f"{sum(one['found'] for one in labelled)}/{sum(one['labels'] for one in labelled)}",
            ]
        )
    return "\n".join([*lines, "", *_aligned(rows)])


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join([first.ljust(widths[0]), *map(str.rjust, rest, widths[1:])]).rstrip()
        for first, *rest in rows
    ]


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"

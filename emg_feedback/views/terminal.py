"""The same bars in a terminal, for a machine without a screen."""

from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from emg_config.language import Language
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views.header import clock
from emg_feedback.views.model import BarState, ViewModel
from emg_feedback.views.pace import Pace
from emg_feedback.views.summary import ViewSummary
from emg_feedback.views.words import Place, which_part

LIVE_S = 1 / 15
LOG_S = 1.0
WIDEST_BAR = 60
LOG_BAR = 12
STYLES = {
    Place.BELOW: "bold #56b4e9",
    Place.IN: "bold #12b886",
    Place.ABOVE: "bold #e69f00",
    Place.NONE: "#94a6b8",
}
SYMBOLS = {Place.BELOW: "▲", Place.IN: "✓", Place.ABOVE: "▼", Place.NONE: ""}
RESULTS = {"good": "★", "missed": "☆"}
MOST_RESULTS = 12


def run_terminal(
    subscriber: Subscriber,
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float],
    console: Console,
    language: Language | None = None,
) -> ViewSummary:
    """Show the bars in ``console`` until ``stop()`` is true; a line a second if it is a file.

    The other parameters are those of `run_patient_window`.
    """
    model = ViewModel(language)
    between_s = LIVE_S if console.is_terminal else LOG_S
    pace = Pace(model, clock, quickest_s=between_s, slowest_s=between_s, longest_wait_s=LIVE_S)
    if not console.is_terminal:

        def log(now_s: float) -> None:
            console.print(log_line(model, now_s), soft_wrap=True)

        _follow(subscriber, pace, stop, log)
        return pace.summary()
    with Live(console=console, auto_refresh=False) as live:

        def show(now_s: float) -> None:
            live.update(page(model, now_s, console.width), refresh=True)

        _follow(subscriber, pace, stop, show)
    return pace.summary()


def page(model: ViewModel, now_s: float, width: int) -> Group:
    """Return the whole picture for a terminal of ``width`` columns."""
    heading = Text.assemble((_told(model, now_s), "bold"), "   ", _progress(model, now_s))
    bars = _shown(model, now_s)
    table = Table.grid(padding=(0, 1))
    room = width - 32 - max((len(bar.name) for bar in bars), default=0)
    for bar in bars:
        name, state, value = Text(bar.name), _state(bar), Text(bar.number, justify="right")
        table.add_row(name, bar_text(bar, max(10, min(WIDEST_BAR, room))), value, state)
    return Group(heading, table, Text(_health(model), style="dim"))


def log_line(model: ViewModel, now_s: float) -> Text:
    """Return the picture on one line."""
    parts = [Text(_told(model, now_s), style="bold"), Text(_progress(model, now_s))]
    for bar in _shown(model, now_s):
        numbers = Text(f" {bar.number} " if bar.number else " ")
        parts.append(Text.assemble(bar.name, " ", bar_text(bar, LOG_BAR), numbers, _state(bar)))
    return Text("  ").join(part for part in parts if part.plain)


def bar_text(bar: BarState, cells: int) -> Text:
    """Return a bar of ``cells`` characters; square brackets are the ends of its target."""
    if bar.hidden and not bar.stale:
        return Text("?" * cells, style="dim")
    filled = 0 if bar.level is None else round(bar.level * cells)
    characters = ["╱" if bar.stale else "█"] * filled + ["·"] * (cells - filled)
    style = "dim" if bar.stale else STYLES[bar.place]
    text = Text("".join(characters), style=style)
    if bar.band is not None:
        low, high = (min(cells - 1, round(edge * cells)) for edge in bar.band)
        for cell, mark in ((low, "["), (max(low + 1, high), "]")):
            text = Text.assemble(text[:cell], (mark, "bold"), text[cell + 1 :])
    return text[:cells]


def _shown(model: ViewModel, now_s: float) -> list[BarState]:
    bars = model.bars(now_s)
    return [bars[channel] for channel in model.channels()]


def _follow(
    subscriber: Subscriber,
    pace: Pace,
    stop: Callable[[], bool],
    show: Callable[[float], None],
) -> None:
    while not stop():
        pace.receive(subscriber)
        if pace.due():
            pace.draw(show)


def _state(bar: BarState) -> Text:
    if bar.hint:
        return Text(f"! {bar.hint}", style="bold yellow")
    state = Text(f"{SYMBOLS[bar.place]} {bar.word}".strip(), style=STYLES[bar.place])
    return Text.assemble(state, (f" ({bar.note})", "dim")) if bar.note else state


def _told(model: ViewModel, now_s: float) -> str:
    """Return the instruction, or what came of the repetition just done."""
    told = model.outcome(now_s)
    line = f"{SYMBOLS[told.place]} {told.line}".strip() if told else model.instruction(now_s)
    warning = "⚠ " if model.session.alarm and not model.stale(now_s) else ""
    small = model.explanation(now_s)
    return f"{warning}{line} – {small}" if small else f"{warning}{line}"


def _progress(model: ViewModel, now_s: float) -> str:
    session, left, count = model.session, model.seconds_left(), model.repetitions()
    page = model.language.page
    parts = []
    if which := which_part(model.language, session):
        parts.append(which)
    if count is not None and count.total > 0:
        word = page.trial if model.of_trials else page.repetition
        parts.append(word.format(number=count.number, total=count.total))
    if left is not None and not model.stale(now_s):
        parts.append(page.seconds.format(seconds=clock(left[0])))
    if session.results:
        parts.append(
            "".join(RESULTS.get(result, "–") for result in session.results[-MOST_RESULTS:])
        )
    return "   ".join(parts)


def _health(model: ViewModel) -> str:
    page = model.language.page
    if model.frame is None:
        return page.disclaimer
    delay_ms = (model.received_s - model.frame.t_sample) * 1e3
    return page.health.format(
        delay=f"{delay_ms:.0f}",
        lost=model.frame.lost,
        missed=model.missed_frames,
        gaps=model.gaps,
    )

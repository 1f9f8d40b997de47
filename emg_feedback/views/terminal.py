"""The same bars in a terminal, for a machine without a screen."""

from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views import words
from emg_feedback.views.model import BarState, ViewModel
from emg_feedback.views.pace import Pace
from emg_feedback.views.summary import ViewSummary
from emg_feedback.views.words import Place

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


def run_terminal(
    subscriber: Subscriber,
    *,
    stop: Callable[[], bool],
    clock: Callable[[], float],
    console: Console,
) -> ViewSummary:
    """Show the bars in ``console`` until ``stop()`` is true; a line a second if it is a file.

    Parameters
    ----------
    subscriber
        Where the engine's messages come from.
    clock
        Returns Unix seconds.
    console
        Where to write.
    """
    model = ViewModel()
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
    heading = Text.assemble((model.instruction(now_s), "bold"), "   ", _progress(model, now_s))
    bars = model.bars(now_s)
    table = Table.grid(padding=(0, 1))
    room = width - 32 - max((len(bar.name) for bar in bars), default=0)
    for bar in bars:
        name, state, value = Text(bar.name), _state(bar), Text(bar.number, justify="right")
        table.add_row(name, bar_text(bar, max(10, min(WIDEST_BAR, room))), value, state)
    return Group(heading, table, Text(_health(model), style="dim"))


def log_line(model: ViewModel, now_s: float) -> Text:
    """Return the picture on one line."""
    parts = [Text(model.instruction(now_s), style="bold"), Text(_progress(model, now_s))]
    for bar in model.bars(now_s):
        numbers = Text(f" {bar.number} " if bar.number else " ")
        parts.append(Text.assemble(bar.name, " ", bar_text(bar, LOG_BAR), numbers, _state(bar)))
    return Text("  ").join(part for part in parts if part.plain)


def bar_text(bar: BarState, cells: int) -> Text:
    """Return a bar of ``cells`` characters; square brackets are the ends of its target."""
    filled = 0 if bar.level is None else round(bar.level * cells)
    characters = ["╱" if bar.stale else "█"] * filled + ["·"] * (cells - filled)
    style = "dim" if bar.stale else STYLES[bar.place]
    text = Text("".join(characters), style=style)
    if bar.band is not None:
        low, high = (min(cells - 1, round(edge * cells)) for edge in bar.band)
        for cell, mark in ((low, "["), (max(low + 1, high), "]")):
            text = Text.assemble(text[:cell], (mark, "bold"), text[cell + 1 :])
    return text[:cells]


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


def _progress(model: ViewModel, now_s: float) -> str:
    session, left, count = model.session, model.seconds_left(), model.repetitions()
    parts = []
    if session.sets > 1 and session.set > 0:
        parts.append(words.SET_OF.format(set=session.set, sets=session.sets))
    if count is not None and count.total > 0:
        parts.append(words.OUT_OF.format(done=count.number, all=count.total))
    if left is not None and not model.stale(now_s):
        parts.append(words.SECONDS.format(seconds=left[0]))
    return "   ".join(parts)


def _health(model: ViewModel) -> str:
    if model.frame is None:
        return words.DISCLAIMER
    delay_ms = (model.received_s - model.frame.t_sample) * 1e3
    return words.HEALTH.format(
        delay=delay_ms, lost=model.frame.lost, missed=model.missed_frames, gaps=model.gaps
    )

import io
import itertools

import pytest
from rich.console import Console

from emg_feedback.link.messages import Phase
from emg_feedback.views.model import BarState, ViewModel
from emg_feedback.views.terminal import bar_text, log_line, page, run_terminal
from emg_feedback.views.words import Place
from tests.views.frames import T0_S, frame, session, status


class Script:
    """A subscriber and a clock in one: each wait takes as long as it may, then brings messages."""

    trouble = ""

    def __init__(self, messages):
        self.now_s = T0_S
        self.messages = messages

    def wait(self, timeout_s):
        self.now_s += max(timeout_s, 1e-3)
        return True

    def drain(self):
        return next(self.messages)(self.now_s)

    def clock(self):
        return self.now_s


def holding():
    yield lambda _now_s: [status(2)]
    for seq in itertools.count():
        yield lambda now_s, seq=seq: [frame([0.1, 0.3], seq=seq, at_s=now_s)]


def run(console, seconds):
    script = Script(holding())
    end_s = T0_S + seconds
    return run_terminal(
        script, stop=lambda: script.now_s >= end_s, clock=script.clock, console=console
    )


def test_a_live_terminal_shows_bars_words_and_numbers():
    console = Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False)
    summary = run(console, 2.0)
    shown = console.file.getvalue()
    for expected in ("Vastus medialis", "▲ More", "✓ Good", "30 %", "2 of 4", "4 s"):
        assert expected in shown
    assert 20 <= summary.frames_drawn <= 32
    assert summary.first_bar_s is not None
    assert summary.latency_ms["publish_to_receive"]["p50"] == pytest.approx(1.0, abs=0.01)


def test_a_file_gets_one_line_a_second():
    console = Console(file=io.StringIO(), width=40)
    run(console, 5.0)
    lines = console.file.getvalue().splitlines()
    assert 4 <= len(lines) <= 6
    assert "Vastus lateralis" in lines[-1]
    assert "✓ Good" in lines[-1]


def test_stale_and_waiting_are_shown():
    model = ViewModel()
    assert "Waiting" in log_line(model, T0_S).plain
    model.receive(frame([0.3]), T0_S)
    line = log_line(model, T0_S + 0.3).plain
    assert "No signal" in line
    assert "█" not in line


@pytest.mark.parametrize("width", [20, 80, 300])
def test_page_never_wraps_a_wide_enough_terminal(width):
    model = ViewModel()
    model.receive(frame([0.3], state=session(Phase.HOLD, [(0.25, 0.35)])), T0_S)
    console = Console(file=io.StringIO(), width=width)
    console.print(page(model, T0_S, width))
    assert max(map(len, console.file.getvalue().splitlines())) <= width


@pytest.mark.parametrize("cells", [10, 12, 60])
@pytest.mark.parametrize("band", [(0.0, 0.0), (0.0, 1.0), (0.5, 0.7), (1.0, 1.0)])
@pytest.mark.parametrize("level", [None, 0.0, 0.5, 1.0])
def test_bar_has_its_width(cells, band, level):
    bar = BarState("a", level, band, Place.NONE, "", "", "", stale=False)
    assert len(bar_text(bar, cells).plain) == cells

"""How commands and engines come up."""

import signal
import subprocess
import sys
from threading import Event

import pytest
from commands import free_endpoint

from emg_config import ChainSettings, UserError
from emg_feedback import start
from emg_feedback.process import Stop
from emg_hardware import brainflow_board


class Slow:
    """A board that is awake only some time after something else went wrong."""

    name, sample_rate_hz, channel_names = "slow", 250.0, ("CH1",)

    def __init__(self):
        self.failed, self.stopped, self.calls = Event(), Event(), []

    def start(self):
        self.failed.wait(60.0)
        self.stopped.wait(0.2)
        self.calls.append("start")

    def stop(self):
        self.calls.append("stop")
        self.stopped.set()


def test_a_board_that_wakes_is_let_go_of_when_it_is_awake(monkeypatch):
    board = Slow()

    def fail():
        board.failed.set()
        raise UserError("muscles.toml is not a valid list of muscles")

    monkeypatch.setattr(brainflow_board, "open_board", lambda *_: board)
    monkeypatch.setattr(start, "compile_kernels", lambda _say: None)
    monkeypatch.setattr(start, "placements", fail)
    with pytest.raises(UserError, match="muscles"):
        start.run_engine(
            *("cyton", "/dev/board", ChainSettings(), [], (), free_endpoint(), free_endpoint()),
            *(None, None, False, Stop(), lambda _line: None),
        )
    assert board.calls == ["start", "stop"]


def test_ctrl_c_ends_a_command_at_once_whatever_it_imports_first():
    # As the installed script does, with Ctrl-C before the first module of anybody else's.
    script = """
import os, signal, sys
from types import SimpleNamespace

def interrupt(name, *_):
    if name not in ("emg_feedback", "emg_feedback.__main__"):
        os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, SimpleNamespace(find_spec=interrupt))
from emg_feedback.__main__ import main
main()
"""
    ended = subprocess.run([sys.executable, "-c", script], stderr=subprocess.PIPE, text=True)
    assert (ended.returncode, ended.stderr) == (-signal.SIGINT, "")

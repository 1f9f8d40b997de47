import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# Compiled kernels stay here between runs; Numba looks at this when it is imported.
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache/kernels"))
# Compiled Python does too, wherever it is told to keep none: some seventy processes are started.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False
IS_WORKER = "PYTEST_XDIST_WORKER" in os.environ
XVFB = shutil.which("Xvfb")

# Commands started by tests share one home, and never touch a user's. Workers share their starter's.
if not IS_WORKER:
    _home = tempfile.TemporaryDirectory(prefix="emg-feedback-tests-")
    os.environ["EMG_FEEDBACK_HOME"] = _home.name

# The same examples each time: what fails for one fails for all.
settings.register_profile("suite", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("suite")


def virtual_screen(config: pytest.Config) -> str:
    """Return the name of a screen that is there until everything is over."""
    told, tell = os.pipe()
    command = [XVFB, "-displayfd", str(tell), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(command, pass_fds=[tell], stderr=subprocess.DEVNULL)
    config.add_cleanup(screen.wait)
    config.add_cleanup(screen.terminate)
    os.close(tell)
    with os.fdopen(told) as number:
        name = number.readline().strip()
    if not name:
        raise pytest.UsageError(f"{XVFB} does not start: mend it, or set DISPLAY to a screen")
    return f":{name}"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    # Windows on one screen take the keyboard from each other: each worker has a screen of its own.
    if XVFB:
        node.workerinput["screen"] = virtual_screen(node.config)


def pytest_configure(config: pytest.Config) -> None:
    if screen := getattr(config, "workerinput", {}).get("screen"):
        os.environ["DISPLAY"] = screen


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before workers start, which then find them compiled."""
    if session.config.option.collectonly:
        return
    import emg_kernels

    if not IS_WORKER:
        # These two, of which the second contains the first, take as long as all the others.
        long = ("detect_contractions", "run_chain")
        only = f"import emg_kernels as k; [k.compile_now(getattr(k, name)) for name in {long}]"
        with subprocess.Popen([sys.executable, "-c", only]):
            for name in emg_kernels.__all__:
                if name not in ("compile_all", "compile_now", *long):
                    emg_kernels.compile_now(getattr(emg_kernels, name))
    for _ in emg_kernels.compile_all():
        pass


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.parent.name != "whole")  # the longest first
    if not os.environ.get("DISPLAY") and not os.environ.get("REQUIRE_DISPLAY"):
        skip = pytest.mark.skip(reason="no screen: needs DISPLAY and OpenGL (Xvfb and Mesa)")
        for item in items:
            if "display" in item.keywords:
                item.add_marker(skip)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give a worker whole files; of whole programs, which keep real time, only one runs at once.

    (The groups of ``--dist loadgroup`` do nothing with pytest 9.2 and pytest-xdist 3.8.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Files(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            folder = file.rpartition("/")[0]
            alone = ("tests/whole",) if XVFB else ("tests/whole", "tests/views")
            return "alone" if folder in alone else file

    config.option.loadscopereorder = False
    return Files(config, log)


@pytest.fixture
def data() -> Path:
    """Folder of the excerpts of real recordings."""
    return Path(__file__).parent / "data"

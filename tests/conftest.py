import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

# Commands started by tests share one home, and never touch a user's. Workers share their starter's.
if "PYTEST_XDIST_WORKER" not in os.environ:
    _home = tempfile.TemporaryDirectory(prefix="emg-feedback-tests-")
    os.environ["EMG_FEEDBACK_HOME"] = _home.name
    os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(_home.name) / "cache" / "kernels"))

settings.register_profile("suite", max_examples=40, deadline=None)
settings.load_profile("suite")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Compile the kernels once, before workers start, which then find them compiled."""
    if session.config.option.collectonly:
        return
    from emg_kernels import compile_all

    for _ in compile_all():
        pass


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # Windows on one screen take the keyboard from each other: one worker has all of them.
    for item in items:
        group = "screen" if "display" in item.keywords else item.path.stem
        item.add_marker(pytest.mark.xdist_group(group))
    if not os.environ.get("DISPLAY") and not os.environ.get("REQUIRE_DISPLAY"):
        skip = pytest.mark.skip(reason="no screen: needs DISPLAY and OpenGL (Xvfb and Mesa)")
        for item in items:
            if "display" in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def data() -> Path:
    """Folder of the excerpts of real recordings."""
    return Path(__file__).parent / "data"

import os
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("suite", max_examples=40, deadline=None)
settings.load_profile("suite")


@pytest.fixture(scope="session", autouse=True)
def _kernel_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Commands started by tests must find their home, and never touch a user's."""
    os.environ.setdefault("EMG_FEEDBACK_HOME", str(tmp_path_factory.mktemp("home")))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not os.environ.get("DISPLAY") and not os.environ.get("REQUIRE_DISPLAY"):
        skip = pytest.mark.skip(reason="no screen: needs DISPLAY and OpenGL (Xvfb and Mesa)")
        for item in items:
            if "display" in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def data() -> Path:
    """Folder of the excerpts of real recordings."""
    return Path(__file__).parent / "data"

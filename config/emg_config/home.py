"""Where this program keeps what it must remember."""

import os
from pathlib import Path

import platformdirs


def home() -> Path:
    """Return ``EMG_FEEDBACK_HOME``, or the platform's folder for a user's data."""
    given = os.environ.get("EMG_FEEDBACK_HOME")
    if given:
        return Path(given).expanduser()
    return platformdirs.user_data_path("emg-feedback", appauthor=False)

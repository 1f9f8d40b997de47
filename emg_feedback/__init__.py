"""Surface-EMG biofeedback: board → filters → envelopes and contractions → training → live bars.

Little is imported here: until a command has begun, Ctrl-C ends it with Python's traceback.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from emg_config import ChainSettings
    from emg_feedback.stream.chain import Chain, Features
    from emg_feedback.stream.detector import Edge

__all__ = ["Chain", "ChainSettings", "Edge", "Features"]

_HOMES = {
    "Chain": "emg_feedback.stream.chain",
    "ChainSettings": "emg_config",
    "Edge": "emg_feedback.stream.detector",
    "Features": "emg_feedback.stream.chain",
}


def __getattr__(name: str) -> "Any":
    """Import the public names on first use: a display or an emulator needs no compiler."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)

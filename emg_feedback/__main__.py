"""The command ``emg-feedback``, and ``python -m emg_feedback``."""

import signal
import sys


def main() -> int:
    """Run a command; until it says otherwise, Ctrl-C ends it at once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from emg_feedback.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())

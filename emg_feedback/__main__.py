"""Run ``python -m emg_feedback`` as the command ``emg-feedback``."""

import sys

from emg_feedback.cli import main

sys.exit(main())

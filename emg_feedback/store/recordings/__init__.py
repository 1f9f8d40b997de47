"""Recordings made elsewhere, read into microvolts on an even time grid."""

from emg_feedback.store.recordings.reader import read_recording
from emg_feedback.store.recordings.recording import Recording

__all__ = ["Recording", "read_recording"]

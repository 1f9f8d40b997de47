"""The therapist's console: one window, in the order of a session; the only user of PySide6."""

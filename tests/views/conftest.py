from tests.views.console_room import qt, room, training, with_traces

__all__ = ["qt", "room", "training", "with_traces"]

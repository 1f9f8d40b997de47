"""The loop that every view shares: take what came, draw when it is time, measure."""

import math
from collections.abc import Callable

from emg_feedback.latency import Latency
from emg_feedback.link.messages import Frame
from emg_feedback.link.subscriber import Subscriber
from emg_feedback.views.model import ViewModel
from emg_feedback.views.summary import ViewSummary


class Pace:
    """When to receive and when to draw, and how old the data were by then.

    Parameters
    ----------
    model
        What is drawn.
    clock
        Returns Unix seconds.
    quickest_s, slowest_s
        Time between drawings while new frames come, and without any.
    longest_wait_s
        How long one wait for messages may last.
    """

    def __init__(
        self,
        model: ViewModel,
        clock: Callable[[], float],
        *,
        quickest_s: float,
        slowest_s: float,
        longest_wait_s: float,
    ) -> None:
        self._model, self._clock = model, clock
        self._quickest_s, self._slowest_s = quickest_s, slowest_s
        self._longest_wait_s = longest_wait_s
        self._started_s = clock()
        self._drawn_s = -math.inf
        self._drawn_count = 0
        self._frames_drawn = 0
        self._first_bar_s: float | None = None
        self._latency = Latency()
        self._attentive = False

    def elapsed_s(self) -> float:
        """Return the time since the start."""
        return self._clock() - self._started_s

    def receive(self, subscriber: Subscriber) -> None:
        """Wait for messages, no longer than until the next drawing, and take them all."""
        patience_s = min(self._longest_wait_s, max(0.0, self._until_due_s()))
        if subscriber.wait(patience_s):
            now_s = self._clock()
            for message in subscriber.drain():
                self._model.receive(message, now_s)
                if self._attentive and isinstance(message, Frame):
                    self._latency.add("publish_to_receive", now_s - message.t_publish)
        self._model.trouble = subscriber.trouble
        self._attentive = True  # what waited while the view was being opened was not measured

    def due(self) -> bool:
        """Return whether it is time to draw."""
        return self._until_due_s() <= 0.0

    def draw(self, show: Callable[[float], None]) -> None:
        """Call ``show`` with the time now; it returns when the picture is on the screen."""
        started_s = self._clock()
        live = not self._model.stale(started_s)
        show(started_s)
        shown_s = self._clock()
        fresh, frame = self._fresh(), self._model.frame
        self._frames_drawn += 1
        self._drawn_s, self._drawn_count = started_s, self._model.n_frames
        if not fresh or frame is None:
            return
        self._latency.add("receive_to_drawn", shown_s - self._model.received_s)
        self._latency.add("sample_to_drawn", shown_s - frame.t_sample)
        if live and self._first_bar_s is None:
            self._first_bar_s = shown_s - self._started_s

    def summary(self) -> ViewSummary:
        """Return what was drawn and measured so far."""
        return ViewSummary(
            frames_drawn=self._frames_drawn,
            first_bar_s=self._first_bar_s,
            latency_ms=self._latency.summary_ms(),
        )

    def _fresh(self) -> bool:
        return self._model.n_frames != self._drawn_count

    def _until_due_s(self) -> float:
        between_s = self._quickest_s if self._fresh() else self._slowest_s
        return between_s - abs(self._clock() - self._drawn_s)

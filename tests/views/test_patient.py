import itertools

import numpy as np
import pytest

from emg_feedback.link.messages import Phase
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.lettering import CAP_HEIGHT_EM, box_px, width_px
from emg_feedback.views.model import ViewModel
from emg_feedback.views.painter import Painter
from emg_feedback.views.patient import draw_patient
from tests.views.frames import T0_S, frame, session, status

SIZES = [(640, 480), (1280, 800), (1920, 1080), (3840, 2160), (800, 1280)]
COUNTS = [1, 2, 3, 8]


class Recorder(Painter):
    """Remembers where words went."""

    def __init__(self):
        super().__init__(Atlas(4096, 2048))
        self.words = []

    def text(self, string, x, y, size, colour, anchor="lb"):
        super().text(string, x, y, size, colour, anchor)
        size_px = round(size)
        left, top, right, bottom = box_px(string, size_px)
        x -= {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]] * width_px(string, size_px)
        y += {"t": 1.0, "m": 0.5, "b": 0.0}[anchor[1]] * CAP_HEIGHT_EM * size_px
        if string:
            self.words.append((string, x + left, y + top, x + right, y + bottom))


def drawn(model, size, now_s=T0_S):
    painter = Recorder()
    draw_patient(painter, model, size, now_s)
    return painter


def model_in(phase, n_channels, quality="good"):
    model = ViewModel()
    model.receive(status(n_channels), T0_S)
    intensity = [0.1, 0.3, 0.99, 0.3, 0.0, 1.5, 0.26, 0.34][:n_channels]
    if phase in (Phase.REST_CALIBRATION, Phase.MVC_CALIBRATION):
        intensity = [None] * n_channels
    targets = [(0.25, 0.35)] * n_channels
    for k in range(40):
        at_s = T0_S + (k - 39) / 30
        message = frame(
            intensity,
            seq=k,
            at_s=at_s,
            envelope_uv=[123.0] * n_channels,
            quality=[quality] * n_channels,
            state=session(phase, targets),
        )
        model.receive(message, at_s)
    return model


def check(painter, size):
    corners = painter.vertices()["a_position"]
    assert np.isfinite(corners).all()
    assert corners.min() >= 0
    assert (corners.max(axis=0) <= size).all()
    for one, other in itertools.combinations(painter.words, 2):
        apart = one[3] <= other[1] or other[3] <= one[1] or one[4] <= other[2] or other[4] <= one[2]
        assert apart, (one, other)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("n_channels", COUNTS)
@pytest.mark.parametrize("phase", Phase)
def test_everything_is_inside_and_no_words_overlap(phase, n_channels, size):
    model = model_in(phase, n_channels)
    check(drawn(model, size), size)
    check(drawn(model, size, T0_S + 0.3), size)


@pytest.mark.parametrize("n_channels", COUNTS)
@pytest.mark.parametrize("quality", ["off scale", "flat", "odd"])
def test_hints_fit(n_channels, quality):
    check(drawn(model_in(Phase.HOLD, n_channels, quality), (640, 480)), (640, 480))


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_waiting_page(size):
    painter = drawn(ViewModel(), size)
    check(painter, size)
    assert [word[0] for word in painter.words] == [
        "Waiting for the board…",
        "Research and training software – not a medical device",
    ]


def test_every_muscle_and_its_state_are_named():
    written = [word[0] for word in drawn(model_in(Phase.HOLD, 3), (1280, 800)).words]
    for expected in ("Vastus medialis", "More", "Good", "Less", "30 %", "2 of 4", "4"):
        assert expected in written


def test_stale_page_shows_no_number_and_no_advice():
    written = [word[0] for word in drawn(model_in(Phase.HOLD, 2), (1280, 800), T0_S + 0.3).words]
    assert written.count("No signal") == 2
    assert not {"More", "Good", "Less", "30 %", "10 %"} & set(written)


def test_many_repetitions_still_fit():
    model = model_in(Phase.HOLD, 2)
    model.session.repetition, model.session.repetitions = 100, 120
    check(drawn(model, (640, 480)), (640, 480))

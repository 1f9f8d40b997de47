"""What the patient reads and watches is large enough for two metres, whatever is set."""

from dataclasses import replace

import pytest

from emg_config.language import languages, load_language
from emg_config.library import protocols
from emg_feedback.link.messages import Phase
from emg_feedback.views import column
from emg_feedback.views.atlas import Atlas
from emg_feedback.views.box import page_of
from emg_feedback.views.header import draw_header
from emg_feedback.views.look import Look, Side
from emg_feedback.views.painter import Painter
from emg_feedback.views.patient import draw_patient
from emg_feedback.views.pause import Asked
from tests.views.frames import T0_S
from tests.views.scenes import BAND, during, play, scenes, steady

SIZES = [(1280, 800), (1920, 1080)]
LOOKS = {
    "plain": Look(),
    "large": Look(text_size=1.6),
    "half": Look(side=Side.LEFT),
    "half large": Look(side=Side.RIGHT, text_size=1.6),
    "high contrast": Look(high_contrast=True, text_size=1.3),
}


class Sized(Painter):
    """Remembers how large each word is, and draws none."""

    def __init__(self):
        super().__init__(Atlas(64, 64))
        self.sizes = {}

    def text(self, string, x, y, size, colour, anchor="lb"):
        self.sizes.setdefault(string, []).append(round(size))

    def of(self, text):
        """Return the size of a text that may be on two lines."""
        words, found = text.split(), []
        for cut in range(1, len(words) + 1):
            lines = [" ".join(words[:cut]), " ".join(words[cut:])]
            if all(line in self.sizes for line in lines if line):
                found.append(max(self.sizes[lines[0]]))
        assert found, (text, sorted(self.sizes))
        return max(found)


def sized(model, size, look, asked=Asked.NOTHING):
    painter = Sized()
    draw_patient(painter, model, size, T0_S, look, asked)
    return painter


def cues(code, size, look):
    """Return how large the cue of every exercise is written."""
    language, found = load_language(code), {}
    model = play(steady(0.3), during(Phase.HOLD, "hold", [BAND]), language=code, seconds=0.1)
    for protocol in protocols().values():
        model.session.cue = protocol.cue
        painter = Sized()
        draw_header(painter, model, page_of(size, look), look, T0_S, Asked.NOTHING)
        found[protocol.cue] = painter.of(language.told(protocol.cue))
    return found


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_every_headline_is_six_and_every_cue_three_hundredths_of_the_height(code, look, size):
    language, height = load_language(code), size[1]
    for name, model in scenes(code).items():
        if name in ("waiting", "react_wait", "react_now"):
            continue
        told = model.outcome(T0_S)
        headline = told.line if told else model.instruction(T0_S)
        assert sized(model, size, look).of(headline) >= 0.06 * height, (name, headline)
    for asked, line in (
        (Asked.SILENT, language.pause.silent),
        (Asked.REFUSED, language.pause.refused),
        (Asked.SENT, language.pause.sent),
    ):
        assert sized(scenes(code)["hold"], size, look, asked).of(line) >= 0.06 * height
    for cue, shown in cues(code, size, look).items():
        assert shown >= 0.03 * height, cue


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("look", [Look(), Look(side=Side.LEFT)], ids=["whole", "half"])
def test_large_text_makes_every_word_that_is_needed_larger(code, look, size):
    language, large = load_language(code), replace(look, text_size=1.6)
    hold = scenes(code)["hold_one"]
    count = language.page.repetition.format(number=4, total=8)
    needed = [hold.instruction(T0_S), language.pause.button, language.place.inside, count]
    plain, larger = (sized(hold, size, one) for one in (look, large))
    for word in needed:
        assert larger.of(word) > plain.of(word), word
    before = cues(code, size, look)
    for cue, shown in cues(code, size, large).items():
        assert shown > before[cue], cue


@pytest.mark.parametrize("code", languages())
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("n_muscles", [1, 2, 3, 4])
def test_the_bars_have_half_of_the_height(monkeypatch, code, size, n_muscles):
    heights = []
    drawn = column.draw_bar

    def measured(painter, bar, box, unit):
        heights.append(box.height)
        drawn(painter, bar, box, unit)

    monkeypatch.setattr(column, "draw_bar", measured)
    monkeypatch.setattr("emg_feedback.views.one.draw_bar", measured)
    long = ["Vastus medialis", "Left gastrocnemius medialis", "Tibialis anterior", "Soleus"]
    levels, names = [0.3, 0.1, 0.4, 0.3][:n_muscles], long[:n_muscles]
    state = during(Phase.HOLD, "hold", [BAND] * n_muscles)
    sized(play(steady(*levels), state, language=code, names=names), size, Look())
    assert len(heights) == n_muscles
    assert min(heights) >= 0.5 * size[1]

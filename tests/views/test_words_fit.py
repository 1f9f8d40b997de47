"""What the patient reads of every exercise is written whole, in every language of the package."""

from functools import cache

import pytest

from emg_config.language import languages, load_language
from emg_config.library import protocols
from emg_feedback.link.messages import Phase
from emg_feedback.views.look import Look, Side
from tests.views.scenes import BAND, during, play
from tests.views.test_pages import page, written
from tests.views.test_patient import check

SIZE = (1024, 768)
LOOKS = {"large": Look(text_size=1.6), "half": Look(side=Side.RIGHT, text_size=1.6)}


@cache
def patient(name, phase, language):
    """Return a patient in an exercise, whose muscles have the names of the protocol."""
    protocol = protocols()[name]
    n_channels = len(protocol.muscles)
    state = during(
        phase,
        protocol.mode,
        [BAND] * n_channels,
        title=protocol.title,
        cue=protocol.cue,
        roles=[muscle.role for muscle in protocol.muscles],
    )
    names = [muscle.name for muscle in protocol.muscles]
    return play(lambda _t: [0.3] * n_channels, state, language=language, seconds=0.1, names=names)


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("code", languages())
def test_nothing_of_an_exercise_is_cut_off(code, look):
    language = load_language(code)
    meant = {language.page.waiting, language.pause.sent, language.mode.wait}
    for name in protocols():
        for phase in (Phase.PREPARE, Phase.HOLD, Phase.DONE):
            painter = page(patient(name, phase, code), SIZE, look)
            check(painter, SIZE)
            cut = {word for word in written(painter) if word.endswith("…")} - meant
            assert not cut, (name, phase)

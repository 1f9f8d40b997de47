import re
from importlib.resources import files

import pytest

from emg_config.errors import UserError
from emg_config.language import languages, load_language, parse_language
from emg_config.library import read_protocol, shipped_files
from emg_config.muscles import placements
from emg_feedback.link.messages import Phase, SessionState
from emg_feedback.views.words import explanation

# Where an exercise's file has none.
UNTOLD_CUE = "Tense the muscle"
ENGLISH = (files("emg_config") / "languages" / "en.toml").read_text(encoding="utf-8")


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))
    folder = tmp_path / "languages"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("code", ["en", "de"])
def test_the_languages_of_the_package_are_complete(code):
    assert load_language(code).name
    assert code in languages()


@pytest.mark.parametrize("line", [line for line in ENGLISH.splitlines() if " = " in line])
def test_a_missing_word_is_an_error_that_names_it(line):
    with pytest.raises(UserError, match=line.split(" = ")[0]):
        parse_language(ENGLISH.replace(line + "\n", "", 1), "xx.toml")


def test_an_unknown_language_is_told_with_those_there_are():
    with pytest.raises(UserError, match="de, en"):
        load_language("xx")


def test_a_language_of_ones_own_is_found(own):
    (own / "xx.toml").write_text(ENGLISH.replace('"Hold"', '"Uphold"'), encoding="utf-8")
    assert load_language("xx").phase.hold == "Uphold"
    assert "xx" in languages()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"{number} of {total}"', '"{number}"'),
        ('"{number} of {total}"', '"{number} of {all}"'),
        ('"Hold"', '"Hold {number}"'),
        ('"Hold"', '"Hold {"'),
        ('"Hold"', '" "'),
        ("encouragement = [", "encouragement = []\nrest = ["),
        ('name = "English"', "name = 3"),
    ],
)
@pytest.mark.parametrize("code", ["xx", "en"])
def test_a_language_that_cannot_be_used_is_refused(own, before, after, code):
    changed = ENGLISH.replace(before, after, 1)
    assert changed != ENGLISH
    (own / f"{code}.toml").write_text(changed, encoding="utf-8")
    with pytest.raises(UserError, match=re.escape(f"{code}.toml")):
        load_language(code)


def test_numbers_have_the_decimal_mark_of_the_language():
    assert load_language("en").number(0.284, 2) == "0.28"
    assert load_language("de").number(0.284, 2) == "0,28"


@pytest.mark.parametrize("code", [code for code in languages() if code != "en"])
def test_every_exercise_of_the_library_has_its_title_and_cue_in_each_language(code):
    language = load_language(code)
    known = {UNTOLD_CUE, "left", "right", *placements()}
    for protocol in map(read_protocol, shipped_files()):
        known |= {protocol.title, protocol.cue}
        for said in (protocol.title, protocol.cue):
            assert language.told(said) != said, protocol.name
            # As long as a cue may be in the exercise's own file.
            assert len(language.told(said)) <= 64, protocol.name
    assert set(language.exercise) <= known


def test_what_an_exercise_says_is_never_put_in_words_that_it_does_not_say():
    german = load_language("de")
    assert german.told("Squeeze  your\nbuttocks") == "Das Gesäß anspannen"
    assert german.told("Squeeze your left buttock") == "Squeeze your left buttock"
    assert load_language("en").told("Squeeze  your buttocks") == "Squeeze your buttocks"


def test_muscles_and_sides_are_named_in_the_language():
    german = load_language("de")
    assert german.muscle("Pelvic floor") == "Beckenboden"
    assert german.muscle("Soleus left") == "Soleus links"
    assert german.muscle(" Tested  muscle right ") == "Untersuchter Muskel rechts"
    assert german.muscle("left") == "links"
    assert load_language("en").muscle("Soleus left") == "Soleus left"


@pytest.mark.parametrize("line", ['"Sit tall" = ""', '"Sit tall" = 3'])
def test_an_exercise_without_words_is_refused(own, line):
    (own / "xx.toml").write_text(f"{ENGLISH}\n[exercise]\n{line}\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"xx\.toml is not a complete language"):
        load_language("xx")


def test_the_line_under_the_headline_is_in_the_language():
    german = load_language("de")
    state = SessionState(phase=Phase.HOLD, title="Sit tall", cue="Sit tall, breathe, stay light")
    assert explanation(german, state) == "Aufrecht sitzen, atmen, leicht bleiben"
    state.phase = Phase.DONE
    assert explanation(german, state) == "Aufrecht sitzen"
    state.title = None
    assert explanation(german, state) == ""

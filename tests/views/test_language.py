import re
from importlib.resources import files

import pytest

from emg_config.errors import UserError
from emg_config.language import languages, load_language, parse_language

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

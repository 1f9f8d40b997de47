"""The command ``protocols``, as a user gives it."""

import json
import re
from pathlib import Path

import msgspec
import pytest

from emg_config.library import protocols
from emg_config.protocol import endurance_s, parse_protocol
from emg_feedback.cli import main
from emg_feedback.protocols import check_protocols

GOOD = """
name = "mine"
title = "Mine"
region = "knee"
mode = "symmetry"
hold_s = 10
[[muscles]]
name = "Soleus left"
target = [0.2, 0.4]
[[muscles]]
name = "Soleus right"
target = [0.2, 0.4]
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))
    (tmp_path / "protocols").mkdir()
    return tmp_path


def run(capsys, *arguments):
    code = main(["protocols", *arguments])
    printed, said = capsys.readouterr()
    return code, printed, said


def test_list(capsys):
    code, printed, said = run(capsys, "list")
    assert (code, said) == (0, "")
    for name, protocol in protocols().items():
        assert re.search(rf"^  {name} +{protocol.mode} ", printed, re.MULTILINE)
    code, printed, _ = run(capsys, "list", "--for", "sciatica", "--region", "back")
    assert code == 0
    assert "back-posture-endurance" in printed
    assert "hip-clam-isolate" not in printed
    code, printed, _ = run(capsys, "list", "--for", "zebra")
    assert code == 0
    assert "back pain and sciatica" in printed


def test_list_as_json(capsys):
    code, printed, said = run(capsys, "list", "--json")
    listed = json.loads(printed)
    assert (code, said, len(listed)) == (0, "", len(protocols()))
    for entry in listed:
        assert {"name", "mode", "region", "title", "helps", "muscles", "total_s"} <= set(entry)
    code, printed, _ = run(capsys, "list", "--for", "zebra", "--json")
    assert (code, json.loads(printed)) == (0, [])


@pytest.mark.parametrize("name", list(protocols()))
def test_show(capsys, name):
    code, printed, said = run(capsys, "show", name)
    assert (code, said) == (0, "")
    assert max(map(len, printed.splitlines())) <= 96
    for word in ("Cue:", "Dose:", "Source:", "Electrodes:", "Reference:"):
        assert word in printed
    assert printed.count("Source:") >= 2
    code, printed, _ = run(capsys, "show", name, "--json")
    shown = json.loads(printed)
    assert (code, shown["name"]) == (0, name)
    assert len(shown["placements"]) == len(shown["muscles"])
    assert all(place["source"] for place in shown["placements"])


@pytest.mark.parametrize(
    "arguments",
    [
        ("list", "--region", "tail"),
        ("show", "nothing"),
        ("show",),
        ("dance",),
        (),
        ("check", "nowhere.toml"),
    ],
)
def test_mistakes_are_told_in_one_line(capsys, arguments):
    code, printed, said = run(capsys, *arguments)
    assert (code, printed) == (2, "")
    assert said.startswith("emg-feedback: ")
    assert said.count("\n") == 1


def test_the_library_is_in_order(capsys):
    code, printed, said = run(capsys, "check")
    assert (code, said) == (0, "")
    assert printed == f"{len(protocols())} checked, nothing is wrong\n"
    code, printed, _ = run(capsys, "check", "--json")
    assert (code, json.loads(printed)) == (0, {"checked": len(protocols()), "faults": []})


def test_a_good_file_passes(capsys, tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text(GOOD)
    assert run(capsys, "check", str(file)) == (0, "1 checked, nothing is wrong\n", "")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"knee"', '"kne"', "region 'kne' is not one of neck"),
        ("Soleus left", "Solius left", "no muscle is called 'Solius': is 'Soleus' meant?"),
        ("Soleus left", "Xyzzy", "no muscle is called 'Xyzzy': describe it"),
        ("Soleus left", "Soleus right", "'Soleus right' is there 2 times"),
        ("Soleus left", "Tibialis anterior left", "left and the right one of a pair"),
        ("hold_s = 10", "hold_s = 500", "Soleus left cannot be held at 20% of MVC for 500 s"),
        ("hold_s = 10", "hold_s = 0.5", "hold must be at least 1 s"),
        ("hold_s = 10", "hold_s = nan", "hold must be at least 1 s"),
        ("hold_s = 10", "speed = 3", "there is no 'speed' here"),
        ('"symmetry"', '"dance"', "Invalid value 'dance'"),
        ("[0.2, 0.4]", "[0.4, 0.2]", "0 ≤ low < high"),
        ('"Mine"', '"Mine', "is not a valid protocol"),
        (GOOD, "", "is not a valid protocol"),
        (GOOD, f"name = {'[' * 5000}", "is not a valid protocol"),
        ('"symmetry"', '"a\\nb"', "is not a valid protocol"),
        ("Soleus left", "Sol\\nius left", "name must be words on one line"),
        ('"Mine"', '"  "', "title must be words on one line"),
        ('"Mine"', '"a\\u202eb"', "title must be words on one line"),
        ("[0.2, 0.4]", "[0.2, 0.205]", "a target is at least 0.01 of MVC wide"),
        ('"symmetry"', '"stay-below"', "to stay below a level: its target begins at 0"),
        ('"symmetry"', '"contract-relax"\nrelax_below = 0.25', "must begin at or above 25% of MVC"),
        ("hold_s = 10", "repetitions = 99999999999999999999999", "repetitions must be"),
        ("hold_s = 10", "hold_s = 2026-01-01", "hold must be a number"),
        (
            "hold_s = 10",
            "repetitions = 100\nsets = 20\nhold_s = 9",
            "it lasts more than three hours",
        ),
    ],
)
def test_a_bad_file_is_refused(capsys, tmp_path, old, new, words):
    assert old in GOOD
    file = tmp_path / "mine.toml"
    file.write_text(GOOD.replace(old, new))
    code, printed, said = run(capsys, "check", str(file))
    assert (code, printed) == (2, "")
    lines = said.splitlines()
    assert any(words in line for line in lines)
    assert all("mine.toml" in line for line in lines)
    code, printed, _ = run(capsys, "check", str(file), "--json")
    assert code == 2
    checked = json.loads(printed)
    assert checked["checked"] == 1
    assert [f"emg-feedback: {fault}" for fault in checked["faults"]] == lines


def test_files_of_the_same_name_are_found_out(tmp_path):
    for name in ("a.toml", "b.toml"):
        (tmp_path / name).write_text(GOOD)
    n_checked, faults = check_protocols([tmp_path / "a.toml", tmp_path / "b.toml"])
    assert n_checked == 2
    assert faults == ["b.toml: a.toml has the same name in it"]


def test_own_files_are_checked_with_the_library_and_may_replace_its_exercises(capsys, home):
    own = home / "protocols" / "own.toml"
    own.write_text(GOOD.replace('"mine"', '"knee-quad-set"'))
    assert run(capsys, "check")[0] == 0
    own.write_text("name =")
    code, _, said = run(capsys, "check")
    assert code == 2
    assert said.startswith("emg-feedback: own.toml is not a valid protocol")
    code, printed, said = run(capsys, "list", "--json")
    assert code == 0
    assert len(json.loads(printed)) == len(protocols())
    assert said.startswith("emg-feedback: left out: own.toml")


def test_the_examples_of_the_guide_are_valid(tmp_path, home):
    text = (Path(__file__).parents[2] / "docs" / "protocols.md").read_text(encoding="utf-8")
    exercise, path, muscle, words = re.findall(r"```toml\n(.*?)```", text, re.DOTALL)
    file = tmp_path / "guide.toml"
    file.write_text(exercise, encoding="utf-8")
    assert check_protocols([file]) == (1, [])
    head, _, _ = exercise.partition("[[muscles]]")
    follow = head.replace('"hold"', '"follow"') + path + '[[muscles]]\nname = "Vastus medialis"\n'
    assert parse_protocol(follow, "guide").mode == "follow"
    (home / "muscles.toml").write_text(muscle, encoding="utf-8")
    file.write_text(exercise.replace("Vastus lateralis", "Orbicularis oris"), encoding="utf-8")
    assert check_protocols([file]) == (1, [])
    given = parse_protocol(exercise, "guide")
    assert list(msgspec.toml.decode(words)["exercise"]) == [given.title, given.cue]


def test_endurance():
    """Rohmert's curve: 6 s at full effort, about a minute at half, beyond a quarter of an hour."""
    assert endurance_s(1.0) == pytest.approx(6.0)
    assert endurance_s(0.5) == pytest.approx(66.0)
    assert endurance_s(0.15) > 900.0
    assert endurance_s(0.1) == float("inf")

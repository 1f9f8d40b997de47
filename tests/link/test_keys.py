"""This computer's key and the lists of others: kept, checked, and never half written."""

import json
import threading

import pytest
import zmq
from hypothesis import given
from hypothesis import strategies as st
from zmq.utils import z85

from emg_config import UserError
from emg_feedback.cli import main
from emg_feedback.link.keys import Keys, is_key
from tests.link.computers import computer

ONE, OTHER = (z85.encode(bytes(range(first, first + 32))).decode() for first in (0, 32))


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    folder = tmp_path / "home" / "keys"
    own = Keys(folder).own()
    assert Keys(folder).own() == own
    assert zmq.curve_public(own.secret.encode()).decode() == own.public
    assert folder.stat().st_mode & 0o777 == 0o700
    assert [(p.name, p.stat().st_mode & 0o777) for p in folder.iterdir()] == [("secret", 0o600)]
    assert not set(own.public) & set("!$&()<>[]{}*?#^ '\"")
    assert own.public[0].isalnum()


def test_programs_that_start_together_have_one_key(tmp_path):
    found = []
    start = threading.Barrier(4)

    def ask():
        start.wait()
        found.append(Keys(tmp_path / "keys").own())

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["secret"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_that_others_could_read_is_not_used(tmp_path, mode):
    keys = computer(tmp_path / "keys")
    (tmp_path / "keys" / "secret").chmod(mode)
    with pytest.raises(UserError, match="could be read by others"):
        keys.own()


@pytest.mark.parametrize("content", [b"", b"short", b"\xff\xfe" * 20, b"~" * 40, b"#" * 40])
def test_a_damaged_secret_is_said_and_never_shown(tmp_path, content):
    keys = computer(tmp_path / "keys")
    (tmp_path / "keys" / "secret").write_bytes(content)
    with pytest.raises(UserError, match="delete it") as caught:
        keys.own()
    assert "\n" not in str(caught.value)
    assert not content or content.decode("latin-1") not in str(caught.value)


def test_lists_are_text_that_keeps_what_people_write_into_it(tmp_path):
    keys = Keys(tmp_path / "keys")
    assert keys.allowed() == {} == keys.engines()
    keys.allow("tablet", ONE)
    path = tmp_path / "keys" / "allowed"
    path.write_text(f"{path.read_text()}\n  # the one in room 2\nlaptop   {OTHER}\n")
    assert keys.allowed() == {"tablet": ONE, "laptop": OTHER}
    keys.allow("tablet", OTHER)
    assert keys.allowed() == {"laptop": OTHER, "tablet": OTHER}
    assert "# the one in room 2" in path.read_text()
    keys.trust("Front-Desk.local", ONE)
    assert keys.engines() == {"front-desk.local": ONE}
    keys.trust("laptop", ONE)
    keys.remove("laptop")
    assert keys.allowed() == {"tablet": OTHER}
    assert keys.engines() == {"front-desk.local": ONE}
    assert {p.name for p in (tmp_path / "keys").iterdir()} == {"allowed", "engines"}
    with pytest.raises(UserError, match="no computer is called 'laptop'"):
        keys.remove("laptop")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tablet", "line 1"),
        (f"# x\n\n{ONE} tablet", "line 3"),
        (f"tablet {ONE} 2", "line 1"),
        (f"tablet {ONE[:-1]}", "line 1"),
        (f"tablet {ONE}\ntablet {OTHER}", "twice"),
        ("tablet " + "#" * 40, "line 1"),
    ],
)
def test_a_malformed_list_is_refused_by_its_line(tmp_path, text, words):
    path = tmp_path / "keys" / "allowed"
    path.parent.mkdir()
    path.write_text(text)
    for use in (Keys(path.parent).allowed, lambda: Keys(path.parent).allow("new", ONE)):
        with pytest.raises(UserError, match=words) as caught:
            use()
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
    assert path.read_text() == text


@pytest.mark.parametrize("key", ["", "x", ONE[:-1], ONE + "0", "~" * 40, "ä" * 40, "#" * 40])
def test_what_is_no_key_is_not_entered(tmp_path, key):
    keys = Keys(tmp_path / "keys")
    for enter in (keys.allow, keys.trust):
        with pytest.raises(UserError, match="is no key"):
            enter("name", key)
    assert not (tmp_path / "keys").exists()


@pytest.mark.parametrize("name", ["", "a b", "tcp://host:5556", "-x", "ä", "x\n", "#", "a" * 65])
def test_what_is_no_name_is_not_entered(tmp_path, name):
    keys = Keys(tmp_path / "keys")
    for enter in (keys.allow, keys.trust):
        with pytest.raises(UserError, match="is no"):
            enter(name, ONE)


@given(st.text(max_size=45) | st.text("#%&0aZ{}", min_size=40, max_size=40))
def test_any_text_is_a_key_or_not(text):
    if is_key(text):
        assert len(text) == 40


def test_a_folder_that_cannot_be_used_is_said(tmp_path):
    (tmp_path / "keys").write_text("a file")
    with pytest.raises(UserError, match="cannot be used"):
        Keys(tmp_path / "keys").own()
    with pytest.raises(UserError, match="cannot be used"):
        Keys(tmp_path / "keys").allow("x", ONE)


def test_two_computers_are_paired_by_what_the_command_prints(tmp_path, monkeypatch, capsys):
    def on(home, *words):
        monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path / home))
        assert main(["keys", *words]) == 0
        return capsys.readouterr().out

    told = on("clinic", "show").splitlines()
    trusting = next(line for line in told if "keys trust" in line).split()
    told = on("tablet", *trusting[2:]).splitlines()
    allowing = next(line for line in told if "keys allow" in line).split()
    on("clinic", *allowing[2:])
    clinic, tablet = (json.loads(on(home, "list", "--json")) for home in ("clinic", "tablet"))
    assert clinic["allowed"] == {allowing[3]: tablet["key"]}
    assert tablet["engines"] == {trusting[3].lower(): clinic["key"]}
    assert tablet["allowed"] == clinic["engines"] == {}
    assert tablet["key"] in on("clinic", "list")
    assert json.loads(on("tablet", "show", "--json"))["key"] == tablet["key"]
    on("clinic", "remove", allowing[3])
    assert json.loads(on("clinic", "list", "--json"))["allowed"] == {}


def test_a_wrong_key_is_one_line_and_exit_code_2(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))
    assert main(["keys", "allow", "tablet", "abc"]) == 2
    said = capsys.readouterr().err
    assert "is no key" in said
    assert len(said.splitlines()) == 1


def test_a_list_that_others_could_change_is_not_used(tmp_path):
    keys = computer(tmp_path / "keys")
    keys.allow("tablet", computer(tmp_path / "other").own().public)
    (tmp_path / "keys" / "allowed").chmod(0o666)
    with pytest.raises(UserError, match="could be changed by others"):
        keys.allowed()


def test_names_are_the_same_in_any_letters(tmp_path):
    keys = computer(tmp_path / "keys")
    key = computer(tmp_path / "other").own().public
    keys.trust("Praxis", key)
    keys.allow("Tablet", key)
    keys.allow("tablet", key)
    assert list(keys.allowed()) == ["tablet"]
    (tmp_path / "keys" / "engines").write_text(f"Praxis {key}\n")
    assert keys.engines() == {"praxis": key}
    keys.remove("PRAXIS")
    keys.remove("TABLET")
    assert keys.engines() == keys.allowed() == {}

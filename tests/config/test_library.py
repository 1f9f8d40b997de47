"""The exercise library: what is shipped, how it is found, and the user's own beside it."""

from collections import Counter
from typing import get_args

import msgspec
import pytest

from emg_config import UserError
from emg_config.library import (
    REFERRALS,
    REGIONS,
    described,
    find,
    from_description,
    load_protocol,
    protocols,
    shipped_files,
    unreadable,
)
from emg_config.muscles import split_side
from emg_config.protocol import Protocol

LONGEST_S = 20 * 60.0
OWN = """
name = "{name}"
title = "Own"
region = "knee"
mode = "hold"
hold_s = {hold_s}
[[muscles]]
name = "Vastus medialis"
target = [0.2, 0.4]
"""


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))
    folder = tmp_path / "protocols"
    folder.mkdir()
    return folder


def test_every_file_is_named_after_its_exercise():
    stems = {file.name.removesuffix(".toml").replace("_", "-") for file in shipped_files()}
    assert stems == set(protocols())
    assert 30 <= len(stems) <= 60


def test_every_mode_and_region_is_covered():
    modes = Counter(protocol.mode for protocol in protocols().values())
    assert set(modes) == {mode.__struct_config__.tag for mode in get_args(Protocol)}
    assert min(modes.values()) >= 2
    regions = Counter(protocol.region for protocol in protocols().values())
    assert set(regions) == set(REGIONS)
    assert min(regions.values()) >= 2


@pytest.mark.parametrize("referral", REFERRALS)
def test_every_referral_finds_exercises(referral):
    found = find(referral)
    assert sum(referral in protocol.helps for protocol in found) >= 2


def test_only_known_referrals_are_promised():
    promised = {word for protocol in protocols().values() for word in protocol.helps}
    assert promised == set(REFERRALS)


def test_doses_are_sane():
    for protocol in protocols().values():
        assert 20.0 <= protocol.total_s <= LONGEST_S, protocol.name
        assert protocol.source, protocol.name
        assert protocol.posture, protocol.name
        assert protocol.cue != "Tense the muscle", protocol.name
        for muscle in protocol.muscles:
            if muscle.target is None:
                continue
            low, high = muscle.target
            if muscle.unit == "uv":
                assert high <= 10.0, protocol.name
            elif protocol.mode == "endurance":
                assert 0.05 <= low < high <= 0.25, protocol.name
            elif muscle.role == "quiet" or protocol.mode == "stay-below":
                assert low == 0.0, protocol.name
                assert high <= 0.25, protocol.name
            else:
                assert low <= 0.4, protocol.name


def test_no_full_effort_is_needed_to_relax_jaw_and_neck():
    for protocol in protocols().values():
        if protocol.mode == "stay-below" and protocol.region in ("jaw", "neck", "pelvic floor"):
            assert {muscle.unit for muscle in protocol.muscles} == {"uv"}, protocol.name


def test_the_evaluation_takes_a_few_minutes_on_both_sides():
    parts = find(region="evaluation")
    assert {protocol.mode for protocol in parts} == {"react", "contract-relax", "endurance"}
    for protocol in parts:
        sides = [split_side(muscle.name)[1] for muscle in protocol.muscles]
        assert sides == ["left", "right"]
        assert all(muscle.role == "train" for muscle in protocol.muscles)
    assert sum(protocol.total_s for protocol in parts) <= 5 * 60.0


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("sciatica", "back-posture-endurance"),
        ("SCIATICA", "back-posture-endurance"),
        ("migraines", "jaw-rest"),
        ("trapezius", "neck-shoulders-hang"),
        ("upper trapezius", "neck-shoulders-hang"),
        ("hamstring", "knee-hamstring-release"),
        ("quad set", "knee-quad-set"),
        ("back pain", "core-lower-belly-isolate"),
        ("stay below jaw", "jaw-rest"),
        ("pelvis floor", "pelvic-floor-hold"),
    ],
)
def test_find(words, name):
    assert name in [protocol.name for protocol in find(words)]


def test_find_looks_at_the_beginnings_of_words():
    assert find("ip") == []
    assert find("zebra") == []


def test_find_in_a_region():
    assert {protocol.region for protocol in find(region="Wrist")} == {"wrist and hand"}
    assert {protocol.region for protocol in find("stroke", "knee")} == {"knee"}
    regions = [protocol.region for protocol in find()]
    assert regions == sorted(regions, key=REGIONS.index)
    with pytest.raises(UserError, match="no region is called 'tail'"):
        find(region="tail")


def test_own_protocols_stand_beside_and_before_the_shipped_ones(own_folder):
    (own_folder / "mine.toml").write_text(OWN.format(name="mine", hold_s=7))
    (own_folder / "other.toml").write_text(OWN.format(name="knee-quad-set", hold_s=9))
    assert load_protocol("mine").hold_s == 7.0
    assert load_protocol("knee-quad-set").hold_s == 9.0
    assert "mine" in [protocol.name for protocol in find("vastus medialis")]
    assert unreadable() == []


def test_a_broken_file_of_ones_own_is_left_out_but_never_replaced_by_the_shipped_one(own_folder):
    (own_folder / "broken.toml").write_text("name =")
    (own_folder / "knee_quad_set.toml").write_text(OWN.format(name="knee-quad-set", hold_s=-1))
    (own_folder / "latin.toml").write_bytes(b"title = '\xe9'")
    (own_folder / "folder.toml").mkdir()
    assert load_protocol("jaw-rest").name == "jaw-rest"
    with pytest.raises(UserError, match=r"knee_quad_set\.toml is not a valid protocol"):
        load_protocol("knee-quad-set")
    with pytest.raises(UserError, match="no protocol is called 'mine'"):
        load_protocol("mine")
    faults = unreadable()
    assert [fault.split()[0].rpartition("/")[2] for fault in faults] == [
        "broken.toml",
        "folder.toml",
        "knee_quad_set.toml",
        "latin.toml",
    ]
    assert not any("\n" in fault for fault in faults)


def test_described():
    entry = described(load_protocol("knee-quad-set"))
    assert entry["mode"] == "hold"
    assert entry["total_s"] == load_protocol("knee-quad-set").total_s
    assert entry["muscles"][0] == {
        "name": "Vastus medialis",
        "role": "train",
        "target": (0.3, 0.5),
        "unit": "mvc",
    }


def test_only_a_pair_is_trained_to_be_alike():
    (alike, *_) = [one for one in protocols().values() if one.mode == "symmetry"]
    told = {**described(alike), "muscles": msgspec.to_builtins(alike.muscles)}
    third = {**told["muscles"][0], "name": "Gluteus maximus"}
    watched = {**told, "muscles": [*told["muscles"][:2], {**third, "role": "watch"}]}
    assert from_description(watched).muscles[2].role == "watch"
    trained = {**told, "muscles": [*told["muscles"][:2], {**third, "role": "train"}]}
    with pytest.raises(msgspec.ValidationError, match="only the first two muscles"):
        from_description(trained)

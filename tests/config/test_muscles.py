"""Where the electrodes go."""

import re
from pathlib import Path

import pytest

from emg_config import UserError
from emg_config.library import REGIONS, protocols
from emg_config.muscles import parse_placements, placement, placements, split_side

# Those of SENIAM's list that are told after it, and compared with it or with those who quote it.
SENIAM = {
    "Trapezius descendens",
    "Trapezius transversalis",
    "Trapezius ascendens",
    "Deltoideus anterior",
    "Deltoideus medius",
    "Deltoideus posterior",
    "Biceps brachii",
    "Triceps brachii long head",
    "Triceps brachii lateral head",
    "Erector spinae longissimus",
    "Erector spinae iliocostalis",
    "Multifidus",
    "Gluteus maximus",
    "Gluteus medius",
    "Tensor fasciae latae",
    "Rectus femoris",
    "Vastus medialis",
    "Vastus lateralis",
    "Biceps femoris",
    "Semitendinosus",
    "Tibialis anterior",
    "Peroneus longus",
    "Soleus",
    "Gastrocnemius medialis",
    "Gastrocnemius lateralis",
}
ONE = """
[[muscles]]
name = "Soleus"
region = "ankle and foot"
posture = "Sitting."
location = "Here."
direction = "Along."
reference = "Ankle."
heartbeats = false
source = "Own practice"
"""


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("EMG_FEEDBACK_HOME", str(tmp_path))
    return tmp_path


def test_every_muscle_has_a_place_and_a_source():
    known = placements()
    assert len(known) >= 45
    assert {place.region for place in known.values()} == set(REGIONS)
    for place in known.values():
        for told in (place.posture, place.location, place.direction, place.reference, place.source):
            assert told.strip() == told, place.name
        assert place.posture.endswith("."), place.name
        assert place.location.endswith("."), place.name
        assert place.spacing_mm in (10.0, 20.0), place.name


def test_what_is_marked_as_seniam_says_so():
    known = placements()
    assert {place.name for place in known.values() if place.seniam} == SENIAM
    for place in known.values():
        assert place.seniam == place.source.startswith("SENIAM"), place.name
        assert not place.seniam or place.spacing_mm == 20.0


def test_a_place_without_a_published_source_is_found_by_palpation_or_in_words():
    for place in placements().values():
        if place.source == "Common practice":
            assert " cm" not in place.location, place.name


def test_the_heart_is_heard_on_the_trunk_and_not_on_the_limbs():
    for place in placements().values():
        if place.region == "back and core":
            assert place.heartbeats, place.name
        if place.region in ("elbow", "wrist and hand", "knee", "ankle and foot"):
            assert not place.heartbeats, place.name


def test_every_muscle_of_every_exercise_is_known():
    for protocol in protocols().values():
        for muscle in protocol.muscles:
            assert placement(muscle.name) is not None, (protocol.name, muscle.name)


@pytest.mark.parametrize(
    ("muscle", "split"),
    [
        ("Soleus", ("Soleus", None)),
        ("Soleus left", ("Soleus", "left")),
        ("Biceps brachii right", ("Biceps brachii", "right")),
        ("Tibialis anterior", ("Tibialis anterior", None)),
        ("left", ("left", None)),
    ],
)
def test_split_side(muscle, split):
    assert split_side(muscle) == split


def test_names_can_be_given_on_the_command_line():
    """There, commas separate the names of the channels."""
    assert not any("," in name for name in placements())


def test_own_muscles(home):
    (home / "muscles.toml").write_text(ONE + ONE.replace("Soleus", "Plantaris"))
    assert placement("Plantaris left") is not None
    assert placements()["Soleus"].location == "Here."
    assert len(placements()) >= 45


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("heartbeats = false", ""),
        ("heartbeats = false", "heartbeats = 3"),
        ('source = "Own practice"', 'source = ""'),
        ("heartbeats", "heart_beats"),
        ("heartbeats = false", "heartbeats = false\nspacing_mm = 500.0"),
        ("[[muscles]]", "[[muscles"),
    ],
)
def test_a_bad_list_is_refused_in_one_line(home, old, new):
    assert old in ONE
    with pytest.raises(UserError, match="mine is not a valid list of muscles") as error:
        parse_placements(ONE.replace(old, new), "mine")
    assert "\n" not in str(error.value)
    (home / "muscles.toml").write_text(ONE.replace(old, new))
    with pytest.raises(UserError, match=r"muscles\.toml is not a valid list"):
        placements()


def test_a_list_that_is_not_text_is_refused(home):
    (home / "muscles.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="cannot be read"):
        placements()


def test_every_source_is_explained():
    """So that no entry seems to rest on more than it does."""
    text = (Path(__file__).parents[2] / "docs" / "sources.md").read_text(encoding="utf-8")
    for place in placements().values():
        if place.source != "Common practice":
            assert place.name in text, place.name
    for protocol in protocols().values():
        assert protocol.source is not None
        if re.search(r"\d{4}, |doi:", protocol.source):
            assert protocol.name in text, protocol.name

import msgspec
import pytest
from msgspec import inspect

from emg_config import UserError
from emg_config.library import load_protocol
from emg_config.protocol import Aim, Dose
from emg_config.refusal import in_words
from emg_feedback.link import messages
from emg_feedback.link.messages import COMMANDS
from emg_feedback.training.session import Session


@pytest.mark.parametrize(
    ("command", "args", "words"),
    [
        ("start_protocol", {"name": "x", "dose": {"sets": 21}}, "sets must be at most 20"),
        ("start_protocol", {"name": "x", "dose": {"hold_s": 0.5}}, "hold must be at least 1 s"),
        ("calibrate_rest", {"seconds": 99}, "seconds must be at most 60"),
        ("calibrate_mvc", {"fraction": 0.05}, "fraction must be at least 0.1"),
        ("calibrate_mvc", {"trials": "two"}, "trials must be a whole number, not text"),
        ("set_target", {"channel": -1, "low": 0, "high": 1}, "channel must be at least 0"),
        ("set_target", {"channel": 0, "low": 0, "high": 1, "unit": "V"}, "unit cannot be 'V'"),
        ("nudge_target", {"by": 0.6}, "by must be at most 0.5"),
        ("set_path", {"ramp_s": 0.0}, "ramp must be at least 0.1 s"),
        (
            "name_channel",
            {"channel": 0, "muscle": "A", "electrode": {"spacing_mm": 200}},
            "spacing must be at most 100 mm",
        ),
        (
            "name_channel",
            {"channel": 0, "muscle": "A", "electrode": {"kind": "gum"}},
            "kind cannot be 'gum'",
        ),
        (
            "start_protocol",
            {"name": "x", "dose": {"targets": [{"low": 9.0, "high": 8.0, "unit": "uv"}]}},
            "a target needs 0 ≤ low < high ≤ 5000 µV",
        ),
        ("auto_target", {"on": True, "rate": 0.99}, "rate must be at most 0.95"),
        ("extend_rest", {"seconds": 0}, "seconds must be above 0"),
        ("add_patient", {"patient": "Mr Smith"}, "patient must be a pseudonym"),
        ("mark", {"label": ""}, "label must be at least 1 characters"),
        ("mark", {}, "label is missing"),
        ("mark", {"label": " "}, "label must be words on one line"),
        ("note", {"text": "a\x00b"}, "text must be words on one line"),
        ("skip", {"part": 0}, "part must be at least 1"),
        ("stop", {"now": 1}, "there is no 'now' here"),
    ],
)
def test_every_refusal_names_the_field_and_its_limits(command, args, words):
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert(args, COMMANDS[command])
    assert in_words(error.value).startswith(words)


# Their limits belong to the band as a whole: `check_band`.
BANDS = {"low", "high"}
BANDED = (Aim, messages.SetTarget)


def numbers(kind, around=lambda value: value, name=""):
    """Yield every number in a type: its field, its type, and how a value of it is put there."""
    match kind:
        case inspect.StructType(fields=fields, cls=cls):
            least = LEAST.get(cls, {})
            for field in fields:
                if cls in BANDED and field.name in BANDS:
                    continue
                yield from numbers(
                    field.type,
                    lambda value, n=field.encode_name: around({**least, n: value}),
                    field.encode_name,
                )
        case inspect.UnionType(types=types):
            for one in types:
                yield from numbers(one, around, name)
        case inspect.ListType(item_type=item) | inspect.VarTupleType(item_type=item):
            assert kind.max_length is not None, name
            yield from numbers(item, lambda value: around([value] * (kind.min_length or 1)), name)
        case inspect.IntType() | inspect.FloatType():
            yield name, kind, around


# What a struct needs besides the field that is tried.
LEAST = {
    messages.SetProgramme: {"patient": "P1"},
    messages.ProgrammeItem: {"protocol": "x"},
    messages.NameChannel: {"channel": 0, "muscle": "A"},
    messages.SetReference: {"channel": 0, "mvc_uv": 100.0},
    messages.StartProtocol: {"name": "x"},
    messages.AutoTarget: {"on": True},
    messages.SetTarget: {"channel": 0, "low": 0.1, "high": 0.2},
}
LIMITED = [
    pytest.param(command, name, kind, around, id=f"{command}-{k}-{name}")
    for command, cls in COMMANDS.items()
    for k, (name, kind, around) in enumerate(numbers(inspect.type_info(cls)))
]


@pytest.mark.parametrize(("command", "name", "kind", "around"), LIMITED)
def test_every_number_of_every_command_has_limits_that_the_refusal_says(
    command, name, kind, around
):
    for limit, beyond, signs in (
        (kind.ge if kind.ge is not None else kind.gt, -1, ("at least", "above")),
        (kind.le if kind.le is not None else kind.lt, 1, ("at most", "below")),
    ):
        assert limit is not None, f"{command}: {name} has no limit"
        with pytest.raises(msgspec.ValidationError) as refused:
            msgspec.convert(around(limit + beyond), type=COMMANDS[command])
        words = in_words(refused.value)
        if isinstance(kind, inspect.IntType) and limit == kind.lt:
            limit -= 1
        assert f"{limit:.10g}" in words
        assert any(sign in words for sign in signs)


@pytest.mark.parametrize("band", [(-0.1, 0.5), (0.5, 1.6), (0.5, 0.4)])
def test_a_band_beyond_its_limits_is_refused_in_a_dose_and_as_a_target(band):
    with pytest.raises((UserError, ValueError), match=r"0 ≤ low < high ≤ 1\.5 of MVC"):
        load_protocol("knee-extension-hold").with_dose(Dose(target=band))
    with pytest.raises(UserError, match=r"0 ≤ low < high ≤ 1\.5 of MVC"):
        Session(["A"], 250.0).set_target(0, *band)

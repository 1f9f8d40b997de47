import msgspec
import pytest

from emg_feedback.link.messages import COMMANDS
from emg_feedback.link.refusal import in_words


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
        ("mark", {}, "the argument 'label' is missing"),
        ("stop", {"now": 1}, "there is no argument 'now' here"),
    ],
)
def test_every_refusal_names_the_field_and_its_limits(command, args, words):
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert(args, COMMANDS[command])
    assert in_words(error.value).startswith(words)

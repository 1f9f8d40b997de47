"""What an evaluation is said to have come to, also when parts of it were skipped."""

import pytest

from emg_feedback.training.conclusion import conclusion

LEFT, RIGHT = (
    {
        "name": f"Soleus {side}", "rest_share": 0.01, "mvc_uv": 242.0, "reaction_s": 0.29,
        "steadiness_cv": 0.03, "release_s": 0.3, "endurance": 0.9,
    }
    for side in ("left", "right")
)  # fmt: skip
NOTHING = dict.fromkeys(LEFT) | {"name": "Soleus left"}


@pytest.mark.parametrize(
    ("channels", "findings", "said"),
    [
        ([LEFT, RIGHT], [], "Nothing stands out."),
        ([LEFT, RIGHT], ["Soleus left: tires"], "Stands out: Soleus left: tires."),
        (
            [LEFT | {"endurance": None}, RIGHT | {"endurance": None, "release_s": None}],
            [],
            "Nothing stands out in what was measured. "
            "Not measured: speed of letting go (Soleus right), endurance.",
        ),
        (
            [LEFT | {"reaction_s": None}],
            ["Soleus left: tires", "Soleus left: unsteady"],
            "Stands out: Soleus left: tires; Soleus left: unsteady. "
            "Not measured: speed of beginning.",
        ),
        ([NOTHING, NOTHING], [], "Nothing was measured."),
        ([], [], "Nothing was measured."),
    ],
)
def test_nothing_is_concluded_from_what_was_not_measured(channels, findings, said):
    assert conclusion({"channels": channels, "findings": findings}) == said

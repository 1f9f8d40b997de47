"""How alike two sides were, in words."""

import pytest

from emg_config.library import load_protocol
from emg_feedback.training.alike import shares
from emg_feedback.training.statistics import Played, exercise_summary


@pytest.mark.parametrize(
    ("asymmetry", "pair", "told"),
    [
        (0.084, ("Soleus left", "Soleus right"), "left 46 %, right 54 %"),
        (0.084, ("Soleus right", "Soleus left"), "left 54 %, right 46 %"),
        (-1.0, ("Soleus left", "Soleus right"), "left 100 %, right 0 %"),
        (0.0, ("Soleus left", "Peroneus left"), "Soleus left 50 %, Peroneus left 50 %"),
        (0.5, ("Soleus", "Peroneus"), "Soleus 25 %, Peroneus 75 %"),
    ],
)
def test_what_each_side_gave_of_both(asymmetry, pair, told):
    assert shares(asymmetry, pair) == told


def test_the_lower_channel_is_compared_first_as_in_the_score():
    played = Played(load_protocol("back-bridge-symmetry"), [2, 0])
    assert exercise_summary(played, ["right", "Soleus", "left"])["pair"] == ["right", "left"]

from argparse import ArgumentTypeError

import numpy as np
import pytest

from emg_config import UserError
from emg_feedback.arguments import pair_of_channels
from emg_feedback.stream.chain import Features
from emg_feedback.stream.pairs import Pairs

RATE_HZ = 250.0


def features_of(levels_uv, seconds=5.0, active=True):
    envelope = np.tile(np.array(levels_uv, np.float64), (round(seconds * RATE_HZ), 1))
    return Features(0, envelope, envelope, envelope, np.full(envelope.shape, active), [])


@pytest.mark.parametrize(
    ("levels_uv", "symmetry", "co_contraction"),
    [((50, 100), 0.0, 1.0), ((50, 0), -1.0, 0.0), ((0, 20), 1.0, 0.0), ((25, 150), 0.5, 0.5)],
)
def test_indices_are_of_shares_of_full_effort(levels_uv, symmetry, co_contraction):
    pairs = Pairs([(0, 1)], 2, RATE_HZ)
    pairs.push(features_of(levels_uv), np.array([50.0, 100.0]))
    (found,) = pairs.now
    assert found.channels == (0, 1)
    assert found.symmetry == pytest.approx(symmetry)
    assert found.co_contraction == pytest.approx(co_contraction)


def test_the_past_is_forgotten():
    pairs = Pairs([(1, 0)], 2, RATE_HZ, memory_s=0.5)
    pairs.push(features_of((50, 0)), np.ones(2))
    assert pairs.now[0].symmetry == pytest.approx(1.0)
    pairs.push(features_of((0, 50), 3.0), np.ones(2))
    assert pairs.now[0].symmetry == pytest.approx(-1.0, abs=0.01)


def test_nothing_is_said_at_rest_or_before_calibration():
    pairs = Pairs([(0, 1)], 2, RATE_HZ)
    pairs.push(features_of((50, 50)), np.array([50.0, np.nan]))
    assert (pairs.now[0].symmetry, pairs.now[0].co_contraction) == (None, None)
    pairs.push(features_of((50, 50)), np.array([50.0, 50.0]))
    assert pairs.now[0].symmetry == 0.0
    pairs.push(features_of((5, 9), active=False), np.array([50.0, 50.0]))
    assert pairs.now[0].symmetry is None
    assert pairs.overall[0].symmetry == 0.0


@pytest.mark.parametrize("pair", [(0, 0), (0, 2), (-1, 0)])
def test_a_pair_that_is_none_is_refused(pair):
    with pytest.raises(UserError, match="is no pair"):
        Pairs([pair], 2, RATE_HZ)


def test_a_pair_on_the_command_line():
    assert pair_of_channels("2:0") == (2, 0)
    for text in ("1:1", "-1:0", "1", "a:b", "0:1:2"):
        with pytest.raises((ArgumentTypeError, ValueError)):
            pair_of_channels(text)


def test_no_pairs_are_no_trouble():
    pairs = Pairs([], 2, RATE_HZ)
    pairs.push(features_of((1, 1)), np.ones(2))
    assert pairs.now == []

import numpy as np
import pytest

from emg_config.errors import UserError
from emg_hardware.replay import Replay


def test_plays_once_and_pads_channels() -> None:
    data_uv = np.arange(20.0).reshape(10, 2)
    replay = Replay(data_uv, 250)
    parts = [replay.next_block(n) for n in (4, 4, 4, 4)]
    assert [len(part) for part in parts] == [4, 4, 2, 0]
    played_uv = np.vstack(parts)
    np.testing.assert_array_equal(played_uv[:, :2], data_uv)
    assert not played_uv[:, 2:].any()


@pytest.mark.parametrize(
    ("shape", "rate_hz", "words"), [((10, 2), 1000, "resample"), ((10, 9), 250, "at most 8")]
)
def test_refuses_what_the_board_cannot_play(
    shape: tuple[int, int], rate_hz: float, words: str
) -> None:
    with pytest.raises(UserError, match=words):
        Replay(np.zeros(shape), rate_hz)


def test_lost_samples_read_zero() -> None:
    played_uv = Replay(np.array([[1.0, np.nan], [np.nan, 2.0]]), 250).next_block(2)
    assert played_uv[:, :2].tolist() == [[1, 0], [0, 2]]

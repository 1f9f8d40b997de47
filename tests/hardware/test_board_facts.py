import numpy as np
import pytest
from brainflow.board_shim import BoardShim
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from emg_hardware import cyton_protocol as wire
from emg_hardware.board_facts import BOARD_NAMES, load_facts
from emg_hardware.sample_counter import SampleCounter


@pytest.mark.parametrize("name", BOARD_NAMES)
def test_facts_agree_with_the_driver(name: str) -> None:
    facts = load_facts(name)
    description = BoardShim.get_board_descr(facts.brainflow_id)
    assert facts.sample_rate_hz == description["sampling_rate"]
    assert facts.n_channels == len(description["emg_channels"])
    assert facts.packet_modulus is not None


@pytest.mark.parametrize(("name", "n_channels"), [("cyton", 8), ("cyton-daisy", 16)])
def test_preset_is_bipolar_at_gain_24_on_every_channel(name: str, n_channels: int) -> None:
    facts = load_facts(name)
    settings = facts.emg_preset.split("X")[:-1]
    assert [setting[1] for setting in settings] == list("12345678QWERTYUI"[:n_channels])
    for setting in settings:
        parsed = wire.parse_channel_setting(f"x1{setting[2:]}X")
        assert (parsed.gain, parsed.srb2, parsed.reads_electrode) == (facts.gain, False, True)


def driver_numbers(name: str, n_samples: int) -> NDArray[np.float64]:
    k = np.arange(n_samples)
    return {
        "cyton": k % 256,
        "cyton-daisy": 2 * k % 256,
        "ganglion": 100 + k // 2 % 100,
    }[name].astype(float)


@given(
    st.sampled_from(["cyton", "cyton-daisy", "ganglion"]),
    st.lists(st.integers(0, 700), max_size=5),
)
def test_counter_steps_by_one_however_it_is_read(name: str, cuts: list[int]) -> None:
    counter = SampleCounter(load_facts(name))
    blocks = np.split(driver_numbers(name, 700), sorted(cuts))
    samples = np.concatenate([counter.push(block) for block in blocks])
    assert samples[0] == 0
    assert np.all(np.diff(samples) % counter.modulus == 1)
    assert samples.max() < counter.modulus

"""The droop of the converter's own filter, and what takes it out."""

import numpy as np
import pytest
from scipy import signal

from emg_config import ChainSettings
from emg_feedback import Chain
from emg_feedback.stream.filters import design, droop, droop_correction


def test_the_droop_is_that_of_the_data_sheet():
    gain_db = 20 * np.log10(droop(np.array([50.0, 65.0, 100.0, 125.0]) / 250.0))
    assert gain_db == pytest.approx([-1.7, -3.0, -7.3, -11.8], abs=0.1)


@pytest.mark.parametrize("highest", [0.3, 0.45])
def test_the_correction_takes_it_out_and_adds_next_to_no_delay(highest):
    taps = droop_correction(highest)
    shares = np.linspace(0.0, highest, 500)
    _, response = signal.freqz(taps, worN=shares, fs=1.0)
    assert np.abs(20 * np.log10(np.abs(response) * droop(shares))).max() < 0.3
    _, delay_samples = signal.group_delay((taps, [1.0]), w=shares[1:], fs=1.0)
    assert np.abs(delay_samples).max() < 1.5


def test_the_chain_shows_a_tone_as_it_was_before_the_converter():
    rate_hz, tone_hz = 250.0, 100.0
    t_s = np.arange(2500) / rate_hz
    read_uv = 100.0 * float(droop(np.array(tone_hz / rate_hz))) * np.sin(2 * np.pi * tone_hz * t_s)
    shown = {
        corrected: Chain(
            1, rate_hz, ChainSettings(mains_hz=None, correct_droop=corrected)
        ).push(read_uv[:, None]).filtered_uv[1000:].std()
        for corrected in (False, True)
    }  # fmt: skip
    wanted_db = -20 * np.log10(float(droop(np.array(tone_hz / rate_hz))))
    assert 20 * np.log10(shown[True] / shown[False]) == pytest.approx(wanted_db, abs=0.3)
    n_sections = [len(design(ChainSettings(correct_droop=one), rate_hz)[0]) for one in shown]
    assert n_sections[1] > n_sections[0]

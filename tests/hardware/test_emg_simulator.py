import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from emg_hardware import interference
from emg_hardware.electrodes import SimulatorSettings
from emg_hardware.emg_simulator import EmgSimulator
from emg_hardware.shaping import sinc3, stulen_de_luca

CLEAN = SimulatorSettings(
    noise_rms_uv=0, mains_rms_uv=0, offset_sd_uv=0, drift_rms_uv=0, crosstalk=0
)


def gain_db(taps: NDArray[np.float64], f_hz: float, rate_hz: float) -> float:
    response = taps @ np.exp(-2j * np.pi * f_hz / rate_hz * np.arange(len(taps)))
    return float(20 * np.log10(abs(response)))


def power(
    signal: NDArray[np.float64], rate_hz: float
) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    segments = signal.reshape(-1, 500) * np.hanning(500)
    return np.fft.rfftfreq(500, 1 / rate_hz), (np.abs(np.fft.rfft(segments)) ** 2).mean(axis=0)


@pytest.mark.parametrize(
    ("f_hz", "droop_db"), [(0, 0), (50, -1.7), (65, -3), (80, -4.5), (100, -7.3), (125, -11.8)]
)
def test_converter_droop(f_hz: float, droop_db: float) -> None:
    assert gain_db(sinc3(8), f_hz, 2000) == pytest.approx(droop_db, abs=0.25)


def test_shaping_follows_the_model() -> None:
    taps = stulen_de_luca(60, 120, 2000, 255)
    f_hz = np.array([20.0, 40, 60, 90, 150, 250, 400])
    model = 20 * np.log10(120**2 * f_hz / (np.hypot(f_hz, 60) * (f_hz**2 + 120**2)))
    measured = np.array([gain_db(taps, f, 2000) for f in f_hz])
    np.testing.assert_allclose(measured - measured[3], model - model[3], atol=0.5)
    assert np.linalg.norm(taps) == pytest.approx(1)
    assert gain_db(taps, 1e-9, 2000) < -60


def test_amplitude_is_linear_in_drive() -> None:
    drive = np.tile([1.0, 0.1], (30_000, 1))
    rms_uv = EmgSimulator(2, 1, CLEAN).next_block(drive).std(axis=0)
    assert rms_uv[0] / 400 == pytest.approx(0.56, abs=0.03)
    assert rms_uv[1] / rms_uv[0] == pytest.approx(0.1, rel=0.05)
    assert np.all(rms_uv[2:] == 0)


def test_median_frequency_as_a_cyton_shows_it() -> None:
    signal = EmgSimulator(1, 1, CLEAN).next_block(np.ones((50_000, 1)))[:, 0]
    f_hz, spectrum = power(signal, 250)
    median_hz = f_hz[np.searchsorted(np.cumsum(spectrum), spectrum.sum() / 2)]
    assert 50 < median_hz < 58


def test_rest_is_baseline_noise() -> None:
    silent = SimulatorSettings(mains_rms_uv=0, offset_sd_uv=0, drift_rms_uv=0)
    rest_uv = EmgSimulator(3, 1, silent).next_block(np.zeros((20_000, 3)))
    np.testing.assert_allclose(rest_uv.std(axis=0), 3.0, rtol=0.05)


def test_interference_sits_on_worn_channels_only() -> None:
    noisy = SimulatorSettings(noise_rms_uv=0, mains_rms_uv=20, ecg_peak_uv=100)
    uv = EmgSimulator(2, 1, noisy).next_block(np.zeros((5000, 2)))
    f_hz, spectrum = power(uv[:, 0] - uv[:, 0].mean(), 250)
    assert spectrum[f_hz == 50] > 20 * spectrum[f_hz == 45]
    assert abs(uv[:, 0].mean()) > 100
    assert np.all(uv[:, 2:] == 0)


def test_crosstalk_reaches_the_neighbour() -> None:
    leaky = SimulatorSettings(
        noise_rms_uv=0, mains_rms_uv=0, offset_sd_uv=0, drift_rms_uv=0, crosstalk=0.1
    )
    uv = EmgSimulator(2, 1, leaky).next_block(np.tile([1.0, 0.0], (1000, 1)))
    np.testing.assert_allclose(uv[:, 1], 0.1 * uv[:, 0], atol=1e-9)


def test_movement_artefact_at_each_onset() -> None:
    tugged = SimulatorSettings(
        noise_rms_uv=0, mvc_rms_uv=0, mains_rms_uv=0, offset_sd_uv=0, drift_rms_uv=0,
        artefact_peak_uv=500,
    )  # fmt: skip
    drive = np.zeros((1000, 1))
    drive[200:300] = drive[600:700] = 0.5
    uv = EmgSimulator(1, 1, tugged).next_block(drive)[:, 0]
    assert np.all(uv[:200] == 0)
    assert np.abs(uv[200:250]).max() == pytest.approx(500, rel=0.1)
    assert np.abs(uv[600:650]).max() == pytest.approx(500, rel=0.1)
    assert np.all(uv[400:600] == 0)


def test_heart_beats_about_seventy_a_minute() -> None:
    ecg = interference.heartbeat(np.arange(0, 60, 0.001))
    beats = np.flatnonzero((ecg[1:] > 0.5) & (ecg[:-1] <= 0.5))
    assert 68 <= len(beats) <= 73
    assert ecg.max() == pytest.approx(1, abs=0.05)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 120), min_size=1, max_size=6))
def test_blocks_may_be_cut_anywhere(sizes: list[int]) -> None:
    busy = SimulatorSettings(ecg_peak_uv=50, artefact_peak_uv=50)
    drive = np.abs(np.sin(np.arange(sum(sizes)) / 20))[:, None] * [1.0, 0.5]
    drive[drive < 0.2] = 0
    whole = EmgSimulator(2, 3, busy).next_block(drive)
    simulator, edges = EmgSimulator(2, 3, busy), np.cumsum([0, *sizes])
    parts = [simulator.next_block(drive[a:b]) for a, b in itertools.pairwise(edges)]
    np.testing.assert_allclose(np.vstack(parts), whole, atol=1e-9, rtol=0)


def test_other_rates_and_seeds() -> None:
    fast = EmgSimulator(1, 1, sample_rate_hz=1000).next_block(np.ones((2000, 1)))
    other = EmgSimulator(1, 2, sample_rate_hz=1000).next_block(np.ones((2000, 1)))
    assert fast.shape == (2000, 8)
    assert abs(np.corrcoef(fast[:, 0], other[:, 0])[0, 1]) < 0.2
    with pytest.raises(ValueError, match="2000"):
        EmgSimulator(1, 1, sample_rate_hz=300)

"""Filter coefficients for a board's sampling rate."""

import math
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_config.settings import HIGHEST_SHARE_OF_RATE
from emg_kernels import mains, sosfilt

BAND_ORDER = 4
# Where the band goes as high as the rate lets it, and nobody asked for its end, the board has ended
# it already. A steep edge more would delay what is near it, by 15 ms at 80 Hz and 200 samples/s;
# one of the first order, at this share of the rate, is left for what folds from half the rate.
LAST_SHARE_OF_RATE = 0.49
NOTCH_WIDTH_HZ = 2.0
MAINS_HARMONICS = 5
# Time constants with which the canceller follows the mains, and the limit of its error follows what
# is left.
FOLLOWING_S, TRACKING_S = 0.17, 2.0
# The converter of an OpenBCI board averages three times over its own sample period (ADS1299 data
# sheet, SBAS499, sinc³ filter). So many taps take its droop out to a few tenths of a decibel.
CONVERTER_ORDER, DROOP_TAPS, DROOP_POINTS = 3, 13, 200
LINE_SEGMENT_S = 2.0
LINE_SEGMENTS = 60
# How often noise may seem to have mains, if each of its bins were alone.
SEEN_BY_CHANCE = 1e-7


def end_of_band_hz(settings: ChainSettings, sample_rate_hz: float) -> float:
    """Return where the filters end the band: as high as they can where the board has ended it."""
    _, high_hz = settings.band_hz(sample_rate_hz)
    asked_for = settings.high_hz is not None or settings.correct_droop
    if asked_for or high_hz < HIGHEST_SHARE_OF_RATE * sample_rate_hz:
        return high_hz
    return LAST_SHARE_OF_RATE * sample_rate_hz


def mains_lines(mains_hz: float, sample_rate_hz: float, high_hz: float) -> dict[float, int]:
    """Find the mains and its harmonics inside the band, in order.

    Returns
    -------
    dict
        Frequency after sampling, and the number of the harmonic there; below zero where sampling
        mirrors it.
    """
    lines: dict[float, int] = {}
    for harmonic in range(1, MAINS_HARMONICS + 1):
        half_hz = sample_rate_hz / 2
        signed = (harmonic * mains_hz + half_hz) % sample_rate_hz - half_hz
        folded = abs(signed)
        inside = mains_hz / 2 < folded < min(high_hz + 10.0, LAST_SHARE_OF_RATE * sample_rate_hz)
        if inside and all(abs(folded - other) > NOTCH_WIDTH_HZ / 2 for other in lines):
            lines[round(folded, 6)] = harmonic if signed > 0.0 else -harmonic
    return lines


def mains_lines_hz(mains_hz: float, sample_rate_hz: float, high_hz: float) -> list[float]:
    """Frequencies, after sampling, of the mains and its harmonics inside the band, in order."""
    return list(mains_lines(mains_hz, sample_rate_hz, high_hz))


def likely_mains_hz(data_uv: NDArray[np.float64], sample_rate_hz: float) -> Literal[50, 60]:
    """Tell which mains a recording carries, from how far each line stands out of its surroundings.

    Where no mains is to be seen it is 50, the chain's default.

    Parameters
    ----------
    data_uv : ndarray, shape (n_samples, n_channels)
        NaN where samples were lost.
    """
    data_uv = data_uv[:, np.isfinite(data_uv).any(axis=0)]
    from scipy.special import gammainccinv

    n = round(LINE_SEGMENT_S * sample_rate_hz)
    whole = np.asarray(np.isfinite(data_uv).all(axis=1))
    starts = [i for i in range(0, len(data_uv) - n + 1, n) if whole[i : i + n].all()]
    if not starts or not data_uv.size:
        return 50
    segments = np.stack([data_uv[i : i + n] for i in starts[:LINE_SEGMENTS]])
    power = np.abs(np.fft.rfft(segments * np.hanning(n)[:, None], axis=1)) ** 2
    power = power.mean(axis=0) + np.finfo(float).tiny
    frequency_hz = np.fft.rfftfreq(n, 1 / sample_rate_hz)

    def prominence(line_hz: float) -> NDArray[np.float64]:
        near = np.abs(frequency_hz - line_hz)
        if line_hz + 1.0 > sample_rate_hz / 2:
            return np.full(power.shape[1], -np.inf)
        line, around = power[near <= 1.0], power[(near > 2.0) & (near < 8.0)]
        return np.asarray(np.log(line.max(axis=0) / np.median(around, axis=0)))

    at_60_hz = prominence(60.0)
    # The mean of so many segments of noise is gamma distributed.
    n_segments, chance = len(segments), SEEN_BY_CHANCE / power.shape[1]
    least = gammainccinv(n_segments, chance) / gammainccinv(n_segments, 0.5)
    seen = at_60_hz.max() > math.log(least)
    return 60 if seen and at_60_hz.sum() > prominence(50.0).sum() else 50


def design(
    settings: ChainSettings, sample_rate_hz: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Design the band-pass, with notches if mains is to be taken out by these, as one cascade.

    Returns
    -------
    sos : ndarray, shape (n_sections, 6)
    steady_state : ndarray, shape (n_sections, 2)
        State of the cascade for a constant input of one.
    """
    from scipy import signal  # takes a second to import: only who filters pays

    low_hz, high_hz = settings.band_hz(sample_rate_hz)
    end_hz, rate_hz = end_of_band_hz(settings, sample_rate_hz), sample_rate_hz
    if end_hz == high_hz:
        band_hz = [low_hz, high_hz]
        sections = [signal.butter(BAND_ORDER, band_hz, "bandpass", output="sos", fs=rate_hz)]
    else:
        sections = [
            signal.butter(BAND_ORDER, low_hz, "highpass", output="sos", fs=rate_hz),
            signal.butter(1, end_hz, "lowpass", output="sos", fs=rate_hz),
        ]
    if settings.correct_droop:
        sections.insert(0, signal.tf2sos(droop_correction(high_hz / sample_rate_hz), [1.0]))
    if settings.mains_filter == "notch" and settings.mains_hz is not None:
        for line_hz in mains_lines_hz(settings.mains_hz, sample_rate_hz, end_hz):
            b, a = signal.iirnotch(line_hz, line_hz / NOTCH_WIDTH_HZ, fs=sample_rate_hz)
            sections.append(signal.tf2sos(b, a))
    sos = np.ascontiguousarray(np.vstack(sections))
    return sos, np.ascontiguousarray(signal.sosfilt_zi(sos))


class EndOfBand:
    """End the band where the settings say, for what is measured and need not be there at once.

    What is watched is not delayed for it (`end_of_band_hz`). By how much a level is higher with
    what is beyond the end depends on the muscle: white noise by 6 % at 200 samples/s. Blocks follow
    each other; after a lost sample the filter begins anew.

    Parameters
    ----------
    settings : ChainSettings
    sample_rate_hz : float
    n_channels : int
    """

    def __init__(self, settings: ChainSettings, sample_rate_hz: float, n_channels: int) -> None:
        from scipy import signal

        _, high_hz = settings.band_hz(sample_rate_hz)
        self._open = end_of_band_hz(settings, sample_rate_hz) > high_hz
        self._sos = signal.butter(BAND_ORDER, high_hz, output="sos", fs=sample_rate_hz)
        self._steady_state = signal.sosfilt_zi(self._sos)
        self._state = np.full((len(self._sos), 2, n_channels), np.nan)

    def __call__(self, filtered_uv: NDArray[np.float64]) -> NDArray[np.float64]:
        """Take the next block of the chain's filtered signal, shape (n_samples, n_channels)."""
        if not self._open:
            return filtered_uv
        ended_uv = np.empty_like(filtered_uv)
        sosfilt(filtered_uv, self._sos, self._steady_state, self._state, ended_uv)
        return ended_uv


def droop(share_of_rate: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the gain of the converter's sinc³ filter at shares of the sampling rate."""
    return np.asarray(np.sinc(share_of_rate) ** CONVERTER_ORDER)


def droop_correction(highest_share_of_rate: float) -> NDArray[np.float64]:
    """Design taps that take the converter's droop out, up to a share of the sampling rate.

    The symmetric filter with the least squared error of the gain, made minimum-phase by mirroring
    its zeros into the unit circle: the gain stays, and it adds next to no delay.
    """
    middle = DROOP_TAPS // 2
    shares = np.linspace(0.0, highest_share_of_rate, DROOP_POINTS)
    waves = np.cos(2.0 * np.pi * np.outer(shares, np.arange(middle + 1)))
    half = np.linalg.lstsq(waves * droop(shares)[:, None], np.ones(DROOP_POINTS), rcond=None)[0]
    zeros = np.roots(np.concatenate([half[:0:-1] / 2.0, half[:1], half[1:] / 2.0]))
    outside = np.abs(zeros) > 1.0
    zeros[outside] = 1.0 / np.conj(zeros[outside])
    taps = np.real(np.poly(zeros))
    return np.asarray(taps / taps.sum() * half.sum())


class Canceller:
    """Mains taken out where the detector does not do it.

    Parameters
    ----------
    lines : ndarray, shape (n_lines, mains.N_LINE)
    n_channels : int
    sample_rate_hz : float
    """

    def __init__(self, lines: NDArray[np.float64], n_channels: int, sample_rate_hz: float) -> None:
        self._first_lines, self._lines = lines, lines.copy()
        self._following = 2.0 / (FOLLOWING_S * sample_rate_hz)
        self._tracking = 1.0 / (TRACKING_S * sample_rate_hz)
        self._state = np.zeros((mains.N_ALONE + 4 * len(lines) + 1, n_channels))

    def push(self, filtered_uv: NDArray[np.float64], first_sample: int) -> NDArray[np.float64]:
        """Return a block without mains."""
        clean_uv = np.empty_like(filtered_uv)
        mains.cancel_mains(
            filtered_uv,
            self._lines,
            self._following,
            self._tracking,
            first_sample,
            self._state,
            clean_uv,
        )
        return clean_uv

    def reset(self) -> None:
        """Forget the mains."""
        self._state[:] = 0.0
        self._lines[:] = self._first_lines

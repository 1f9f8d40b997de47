"""What electrodes pick up besides muscle: noise, mains, heart, potentials."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emg_hardware import interference
from emg_hardware.shaping import sinc3


@dataclass(frozen=True)
class SimulatorSettings:
    """Amplitudes at the electrodes.

    Attributes
    ----------
    mvc_rms_uv
        EMG of a maximal contraction, before the converter's droop.
    noise_rms_uv
        Baseline noise as the board reads it.
    mains_hz, mains_rms_uv
        Hum with its harmonics, on the channels that wear electrodes.
    ecg_peak_uv
        Height of the R wave; 0 for none.
    artefact_peak_uv
        Tug at the cable at each onset; 0 for none.
    offset_sd_uv, drift_rms_uv
        Electrode potential: its spread over channels, its slow wander.
    crosstalk
        Fraction of every other muscle's EMG that each electrode picks up.
    f_low_hz, f_high_hz
        Spectrum, see `shaping.stulen_de_luca`.
    """

    mvc_rms_uv: float = 400.0
    noise_rms_uv: float = 3.0
    mains_hz: float = 50.0
    mains_rms_uv: float = 1.0
    ecg_peak_uv: float = 0.0
    artefact_peak_uv: float = 0.0
    offset_sd_uv: float = 3000.0
    drift_rms_uv: float = 20.0
    crosstalk: float = 0.03
    f_low_hz: float = 60.0
    f_high_hz: float = 120.0


class Background:
    """Everything at the inputs but muscle, in microvolts.

    Parameters
    ----------
    settings
        Amplitudes.
    n_worn, n_channels
        The first ``n_worn`` of the channels wear electrodes; the others are shorted.
    rate_hz
        Of the analog signal.
    factor
        Analog values a sample of the board.
    random
        Where the noise comes from.
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        n_worn: int,
        n_channels: int,
        rate_hz: float,
        factor: int,
        random: np.random.Generator,
    ) -> None:
        self._settings = settings
        self._rate_hz = rate_hz
        self._random = random
        self._noise_sd_uv = settings.noise_rms_uv / np.linalg.norm(sinc3(factor))
        self._drift_phases = random.uniform(0, 2 * np.pi, (n_worn, len(interference.DRIFT_HZ)))
        self._n_worn = n_worn
        self._n_made = 0
        self.offset_uv = np.zeros(n_channels)
        self.offset_uv[:n_worn] = random.normal(0, settings.offset_sd_uv, n_worn)

    def next_chunk(self, n_analog: int) -> NDArray[np.float64]:
        """Return the next values, shape (n_analog, n_channels)."""
        settings = self._settings
        time_s = (self._n_made + np.arange(n_analog)) / self._rate_hz
        self._n_made += n_analog
        common_uv = settings.mains_rms_uv * interference.mains(time_s, settings.mains_hz)
        common_uv += settings.ecg_peak_uv * interference.heartbeat(time_s)
        wander_uv = settings.drift_rms_uv * interference.drift(time_s, self._drift_phases)
        shape = (n_analog, len(self.offset_uv))
        chunk_uv = self._random.normal(0, self._noise_sd_uv, shape) + self.offset_uv
        chunk_uv[:, : self._n_worn] += common_uv[:, None] + wander_uv
        return chunk_uv

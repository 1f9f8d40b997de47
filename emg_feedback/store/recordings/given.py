"""What the user says about a file, held against what the file says itself."""

import math
from dataclasses import dataclass
from pathlib import Path

from emg_config.errors import UserError

UV_PER_UNIT = {
    "V": 1e6,
    "mV": 1e3,
    "uV": 1.0,
    "nV": 1e-3,
    "volt": 1e6,
    "volts": 1e6,
    "millivolt": 1e3,
    "millivolts": 1e3,
    "microvolt": 1.0,
    "microvolts": 1.0,
}


def unit_uv(unit: str) -> float | None:
    """Microvolts in one `unit`, or None when it is not a voltage; both letters µ count as u."""
    return UV_PER_UNIT.get(unit.strip().replace("\u00b5", "u").replace("\u03bc", "u"))


def voltages(units: list[str]) -> list[int]:
    """Places of the channels in a unit of voltage or, if there is none, of those in no unit."""
    in_volts = [place for place, unit in enumerate(units) if unit_uv(unit) is not None]
    return in_volts or [place for place, unit in enumerate(units) if not unit]


@dataclass(frozen=True)
class Given:
    """A file and what the user says about it.

    Attributes
    ----------
    path : Path
    sample_rate_hz : float or None
    unit : str or None
        ``V``, ``mV`` or ``uV`` (``µV``).
    """

    path: Path
    sample_rate_hz: float | None
    unit: str | None

    def __post_init__(self) -> None:
        """Refuse a rate or a unit that no file could have."""
        rate = self.sample_rate_hz
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise UserError(f"a sample rate of {rate} Hz makes no sense; give a positive number")
        if self.unit is not None and unit_uv(self.unit) is None:
            raise UserError(f"{self.unit!r} is not a unit of voltage; give V, mV or uV")

    def rate_hz(self, found_hz: float | None, *, hint: str = "") -> float:
        """Return the rate that the file states or, if it states none, the user.

        Parameters
        ----------
        found_hz : float or None
            The rate in the file.
        hint : str
            What else would help when neither is known.

        Raises
        ------
        UserError
            When they differ by more than 0.1 %, or neither is known.
        """
        if found_hz is None:
            if self.sample_rate_hz is None:
                raise UserError(
                    f"{self.path}: does not say its sample rate; give --sample-rate-hz{hint}"
                )
            return self.sample_rate_hz
        if not (math.isfinite(found_hz) and found_hz > 0):
            raise UserError(f"{self.path}: states a sample rate of {found_hz} Hz; mend its header")
        given_hz = self.sample_rate_hz
        if given_hz is not None and not math.isclose(given_hz, found_hz, rel_tol=1e-3):
            raise UserError(
                f"{self.path}: was recorded at {found_hz:g} Hz, not {given_hz:g} Hz; "
                "leave out --sample-rate-hz"
            )
        return found_hz

    def scale_uv(self, found_unit: str) -> float:
        """Microvolts per unit of the file; µV when nobody says, as OpenBCI's tools write.

        Parameters
        ----------
        found_unit : str
            A unit of voltage, empty when the file does not say.

        Raises
        ------
        UserError
            When the unit in the file differs from the user's.
        """
        found_uv, given_uv = unit_uv(found_unit), unit_uv(self.unit or "")
        if given_uv is None:
            return 1.0 if found_uv is None else found_uv
        if found_uv is not None and found_uv != given_uv:
            raise UserError(f"{self.path}: is in {found_unit}, not {self.unit}; leave out --unit")
        return given_uv

"""Symmetry and co-contraction of two channels."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from emg_config import UserError
from emg_feedback.stream.chain import Features
from emg_kernels import pair_sums, pairs

MEMORY_S = 1.0


@dataclass(frozen=True, slots=True)
class PairIndices:
    """What two channels do together; None before calibration and while neither contracts.

    Attributes
    ----------
    channels : tuple of int
        First and second channel, such as left and right, or agonist and antagonist.
    symmetry : float or None
        ``(second - first) / (second + first)`` of the intensities: 0 when both do the same, 1 when
        the second does all, -1 when the first does. Half of the symmetry index of Robinson et al.
        (1987, J Manipulative Physiol Ther 10:172), which goes to 200 %.
    co_contraction : float or None
        Twice the common part of both intensities over their sum, 0 to 1 (Falconer and Winter 1985,
        Electromyogr Clin Neurophysiol 25:135, equation 1, without the 100 %).
    """

    channels: tuple[int, int]
    symmetry: float | None
    co_contraction: float | None


class Pairs:
    """Follow pairs of channels.

    Parameters
    ----------
    channels : sequence of (int, int)
    n_channels : int
    sample_rate_hz : float
    memory_s : float
        Time constant of forgetting; infinite to judge all of a recording.

    Raises
    ------
    UserError
        There is no such channel, or a pair is one channel twice.
    """

    def __init__(
        self,
        channels: Sequence[tuple[int, int]],
        n_channels: int,
        sample_rate_hz: float,
        memory_s: float = MEMORY_S,
    ) -> None:
        for first, second in channels:
            if first == second or not 0 <= min(first, second) <= max(first, second) < n_channels:
                raise UserError(
                    f"{first}:{second} is no pair: name two of the {n_channels} channels, counted "
                    "from 0, as 0:1"
                )
        self._channels = list(channels)
        self._pairs = np.array(self._channels, np.int64).reshape(-1, 2)
        self._keep = math.exp(-1.0 / (memory_s * sample_rate_hz))
        self._state = np.zeros((pairs.N_STATE, len(self._channels)))

    def push(self, features: Features, mvc_uv: NDArray[np.float64]) -> None:
        """Take a block, and the level in µV of full effort per channel, NaN where not known."""
        if not self._channels:
            return
        pair_sums(
            features.envelope_uv,
            features.active,
            mvc_uv,
            self._pairs,
            self._keep,
            self._state,
        )

    @property
    def now(self) -> list[PairIndices]:
        """What each pair does now."""
        return [
            one if counted else PairIndices(one.channels, None, None)
            for one, counted in zip(self.overall, self._state[pairs.COUNTED].tolist(), strict=True)
        ]

    @property
    def overall(self) -> list[PairIndices]:
        """What each pair did whenever one of the two contracted, as far back as is remembered."""
        found = []
        for channels, (first, second, common, _) in zip(
            self._channels, self._state.T.tolist(), strict=True
        ):
            total = first + second
            known = total > 0.0
            found.append(
                PairIndices(
                    channels,
                    (second - first) / total if known else None,
                    2.0 * common / total if known else None,
                )
            )
        return found

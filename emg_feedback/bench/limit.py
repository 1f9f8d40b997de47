"""The chain in C++, compiled where there is a compiler: the limit for the kernels."""

import ctypes
import shutil
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from emg_config import ChainSettings
from emg_feedback.stream.chain import BRIDGED_GAP_S, bridge_lag
from emg_feedback.stream.detector import ChangeDetector
from emg_feedback.stream.envelopes import Envelopes
from emg_feedback.stream.filters import design
from emg_feedback.stream.shapes import Shapes
from emg_kernels import layout, mains

SOURCE = Path(__file__).parents[2] / "benchmarks" / "limit.cpp"
COMPILERS = ("c++", "g++", "clang++")
FLAGS = ("-O3", "-march=native", "-std=c++17", "-fno-math-errno", "-shared", "-fPIC")


class NoLimitError(Exception):
    """Says why there is no C++ to compare with."""


def compile_limit() -> ctypes.CDLL:
    """Compile and load ``benchmarks/limit.cpp``.

    Raises
    ------
    NoLimitError
        Source or compiler is missing, or the compiler refused.
    """
    if not SOURCE.is_file():
        raise NoLimitError("benchmarks/limit.cpp is not part of an installed package")
    compiler = next(filter(None, map(shutil.which, COMPILERS)), None)
    if compiler is None:
        raise NoLimitError("there is no C++ compiler")
    with tempfile.TemporaryDirectory(prefix="emg-feedback-") as folder:
        built = Path(folder) / "limit.so"
        command = [compiler, *FLAGS, "-o", str(built), str(SOURCE)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise NoLimitError(f"the C++ compiler refused: {done.stderr.strip()[:200]}")
        library = ctypes.CDLL(str(built))
    number, pointer, integer = ctypes.c_double, ctypes.c_void_p, ctypes.c_int
    library.limit_new.restype = pointer
    library.limit_new.argtypes = [
        *(integer, integer, pointer, pointer),
        *(integer, pointer, integer, pointer),
    ]
    library.limit_delete.restype = None
    library.limit_delete.argtypes = [pointer]
    library.limit_push.restype = number
    library.limit_push.argtypes = [pointer, pointer, integer, pointer, pointer]
    return library


class Limit:
    """One chain in C++; its time is taken inside, without the call from Python.

    Parameters
    ----------
    library : CDLL
        See ``compile_limit``.
    n_channels : int
    sample_rate_hz : float
    settings : ChainSettings
        Envelopes and detector are the default ones.
    rest_uv : float
        Rest level.
    """

    def __init__(
        self,
        library: ctypes.CDLL,
        n_channels: int,
        sample_rate_hz: float,
        settings: ChainSettings,
        rest_uv: float,
    ) -> None:
        self._library = library
        sos, steady_state = design(settings, sample_rate_hz)
        shapes = Shapes(settings, sample_rate_hz, sos)
        lines = np.ascontiguousarray(shapes.lines[:, [mains.CYCLES, mains.REACH]])
        detector = ChangeDetector(1, sample_rate_hz, settings, shapes).settings
        numbers = np.array(
            [
                BRIDGED_GAP_S * sample_rate_hz,
                bridge_lag(sample_rate_hz),
                rest_uv**2,
                detector[layout.THRESHOLD],
                detector[layout.MOST_FREEDOM],
                detector[layout.FOLLOWING],
                detector[layout.TRACKING],
                detector[layout.FLOOR_POWER],
                *Envelopes(settings, sample_rate_hz, 1).settings,
            ]
        )
        self._chain = library.limit_new(
            n_channels,
            len(sos),
            sos.ctypes.data,
            steady_state.ctypes.data,
            len(lines),
            lines.ctypes.data,
            int(detector[layout.LEARN]),
            numbers.ctypes.data,
        )
        self.out = np.empty((3, 0, n_channels))
        self.active = np.empty((0, n_channels), np.bool_)

    def push(self, block_uv: NDArray[np.float64]) -> float:
        """Process a block, leave what came of it in ``out`` and ``active``; return nanoseconds."""
        shape = (3, *block_uv.shape)
        if self.out.shape != shape:
            self.out, self.active = np.empty(shape), np.empty(block_uv.shape, np.bool_)
        nanoseconds: float = self._library.limit_push(
            self._chain,
            block_uv.ctypes.data,
            len(block_uv),
            self.out.ctypes.data,
            self.active.ctypes.data,
        )
        return nanoseconds

    def close(self) -> None:
        """Free the C++ side."""
        self._library.limit_delete(self._chain)

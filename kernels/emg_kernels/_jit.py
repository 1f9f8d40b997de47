"""The one place that holds Numba's flags, and the list of every kernel."""

from collections.abc import Callable, Iterator
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

P = ParamSpec("P")
R = TypeVar("R")

_kernels: list[tuple[str, Any, str]] = []


def kernel(signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile a function on first use, or in ``compile_all``, and keep the result on disk.

    Parameters
    ----------
    signature : str
        Numba signature of the only combination of argument types that is used. Every array is
        C-contiguous float64 unless its kernel says otherwise.

    Notes
    -----
    There is no ``fastmath``: NaN marks lost samples and must stay NaN.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
        _kernels.append((function.__name__, compiled, signature))
        return cast("Callable[P, R]", compiled)

    return decorate


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that only kernels call; it becomes part of them."""
    return cast("Callable[P, R]", numba.njit(error_model="numpy")(function))


def compile_all() -> Iterator[tuple[str, int, int]]:
    """Compile every kernel or load it from the cache; yield (name, number, total) before each."""
    for number, (name, compiled, signature) in enumerate(_kernels, start=1):
        yield name, number, len(_kernels)
        if hasattr(compiled, "compile"):  # not so with NUMBA_DISABLE_JIT
            compiled.compile(signature)

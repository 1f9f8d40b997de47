"""The one place that holds Numba's flags, and the list of every kernel."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, ParamSpec, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]  # of two dimensions, or one
Cube = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

P = ParamSpec("P")
R = TypeVar("R")

# Compiled kernels of other sources are removed when nobody has used them for so long.
UNUSED_S = 86400.0

_kernels: list[tuple[str, Any, str]] = []


def cache_folder(sources: Path, usual: Path) -> Path | None:
    """Return a folder for what is compiled of these very sources; None if it cannot be had.

    Numba's own check looks at the file of a kernel alone, and would load an old one after a change
    in one of the helpers that became part of it.

    Parameters
    ----------
    sources : Path
        Folder of the Python files.
    usual : Path
        Where Numba would keep what it compiles.
    """
    digest = hashlib.sha256()
    for source in sorted(sources.glob("*.py")):
        digest.update(source.read_bytes())
    folder = usual / f"of-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return None
    for other in usual.glob("of-*"):
        with suppress(OSError):
            if time.time() - other.stat().st_mtime > UNUSED_S:
                rmtree(other)
    return folder


_flags = vars(numba.config)
_here = Path(__file__).parent
_folder = cache_folder(_here, Path(_flags["CACHE_DIR"] or _here / "__pycache__"))


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
        usual = _flags["CACHE_DIR"]
        _flags["CACHE_DIR"] = str(_folder) if _folder else usual
        try:
            compiled = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
        finally:
            _flags["CACHE_DIR"] = usual
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

"""The one place that holds Numba's flags, and the list of every kernel."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import Any, ParamSpec, Self, TypeVar, cast

import numba
import numpy as np
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.extending import register_jitable
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


# There is no ``fastmath`` but in ``sum_loop``: NaN marks lost samples and must stay NaN. Nothing is
# allocated, so no references need to be counted, and nothing is called from C.
OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "_nrt": False,
    "no_cfunc_wrapper": True,
    "no_rewrites": True,
}

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
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        usual = _flags["CACHE_DIR"]
        _flags["CACHE_DIR"] = str(_folder) if _folder else usual
        try:
            compiled = numba.njit(cache=True, nogil=True, **OPTIONS)(function)
        finally:
            _flags["CACHE_DIR"] = usual
        _kernels.append((function.__name__, compiled, signature))
        return cast("Callable[P, R]", compiled)

    return decorate


class _Loop(JITCodeLibrary):
    """Code of a helper, which is put into machine code only within kernels."""

    def _finalize_final_module(self) -> None:
        self._finalized = True

    def get_pointer_to_function(self, _name: str) -> int:
        """Return null: there is no machine code."""
        return 0

    @property
    def codegen(self) -> Self:
        """What the environment is told to: nobody needs one of a function that is never entered."""
        return self

    def set_env(self, _name: str, _environment: object) -> None:
        """Forget it."""


class _Part(_Loop):
    """Code that is optimised only within kernels, too.

    Numba would do it for each helper, and again for whoever calls its caller.
    """

    def _optimize_final_module(self) -> None:
        pass


class _LoopCompiler(Compiler):
    library = _Loop

    def define_pipelines(self) -> Any:
        state = self.state
        codegen, name = state.targetctx.codegen(), state.func_id.func_qualname
        state.library = self.library(codegen, name)  # type: ignore[no-untyped-call]
        state.flags.noalias = self.library is _Loop
        return super().define_pipelines()  # type: ignore[no-untyped-call]


class _PartCompiler(_LoopCompiler):
    library = _Part


def helper(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a function that becomes part of the kernels that call it; in Python it stays plain."""
    mark = register_jitable(no_cpython_wrapper=True, pipeline_class=_PartCompiler, **OPTIONS)
    return mark(function)


def channel_loop(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a helper that is a loop over channels, or feet, and shall vectorise.

    It is optimised by itself first, when its arrays are still few enough to be told apart. Nothing
    that it writes may be in two of its arguments. If it writes several rows of one array, let each
    be an argument: the compiler then need not test on every call whether two of them overlap, which
    for few channels takes so long that it would rather not vectorise.
    """
    mark = register_jitable(
        no_cpython_wrapper=True, pipeline_class=_LoopCompiler, forceinline=True, **OPTIONS
    )
    return mark(function)


def sum_loop(function: Callable[P, R]) -> Callable[P, R]:
    """Mark a helper that is one long sum, which may be taken in parts, side by side.

    So its last digits depend on how wide the vectors of the processor are, but NaN stays NaN.
    """
    mark = register_jitable(
        no_cpython_wrapper=True,
        pipeline_class=_LoopCompiler,
        forceinline=True,
        fastmath={"reassoc"},
        **OPTIONS,
    )
    return mark(function)


def compile_now(function: Any) -> None:
    """Compile a kernel or load it from the cache; from now on other types are a TypeError."""
    signature = next(signature for _, compiled, signature in _kernels if compiled is function)
    if not getattr(function, "signatures", True):  # with NUMBA_DISABLE_JIT it is a plain function
        function.compile(signature)
        function.disable_compile()


def compile_all() -> Iterator[tuple[str, int, int]]:
    """Compile every kernel or load it from the cache; yield (name, number, total) before each."""
    for number, (name, compiled, _) in enumerate(_kernels, start=1):
        yield name, number, len(_kernels)
        compile_now(compiled)

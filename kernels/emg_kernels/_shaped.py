"""Another shape for an array, without the call that NumPy's ``reshape`` is in a kernel."""

from typing import Any

import numba
from numba.core import types
from numba.core.cgutils import unpack_tuple
from numba.extending import intrinsic
from numba.np.arrayobj import make_array, populate_array


def _shaped(array: Any, shape: Any) -> Any:
    """Return a view of a C-contiguous array in another shape; in a kernel nothing is checked."""
    return array.reshape(shape)


def _in_kernels(_typing: Any, array: Any, shape: Any) -> Any:
    """Type and generate the view for Numba: the same data, other lengths and strides."""
    result = types.Array(array.dtype, len(shape), "C")

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        given = make_array(signature.args[0])(context, builder, arguments[0])  # type: ignore[no-untyped-call]
        view = make_array(result)(context, builder)  # type: ignore[no-untyped-call]
        lengths = unpack_tuple(builder, arguments[1])  # type: ignore[no-untyped-call]
        size, strides = given.itemsize, [given.itemsize]
        for length in reversed(lengths[1:]):
            strides.insert(0, builder.mul(strides[0], length))
        populate_array(view, given.data, lengths, strides, size, given.meminfo, given.parent)  # type: ignore[no-untyped-call]
        return view._getvalue()  # noqa: SLF001

    return result(array, shape), generate


shaped: Any = _shaped if vars(numba.config)["DISABLE_JIT"] else intrinsic(_in_kernels)

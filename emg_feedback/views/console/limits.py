"""What may be typed: the limits that stand in the messages themselves."""

from functools import cache

import msgspec
from msgspec.inspect import FloatType, IntType, StructType, UnionType


@cache
def limits(message: type[msgspec.Struct], field: str) -> tuple[float, float]:
    """Return the least and the most that ``field`` of a message takes.

    Raises
    ------
    ValueError
        It is no number with two limits.
    """
    told = msgspec.inspect.type_info(message)
    assert isinstance(told, StructType)
    for one in told.fields:
        if one.name != field:
            continue
        kinds = one.type.types if isinstance(one.type, UnionType) else (one.type,)
        for kind in kinds:
            if isinstance(kind, IntType | FloatType):
                least = kind.ge if kind.ge is not None else kind.gt
                most = kind.le if kind.le is not None else kind.lt
                if least is not None and most is not None:
                    return float(least), float(most)
    raise ValueError(f"{field} of {message.__name__} has no two limits")

"""How messages are put on the wire, and read from it.

A published message is a single part: the topic, one space, then the map. A single part is what
ZeroMQ's CONFLATE needs, so that a slow display can ask for the newest frame only.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from emg_feedback.link.messages import PROTOCOL_VERSION, Event, Frame, Message, Status

TOPICS: dict[type[Message], bytes] = {Frame: b"frame", Event: b"event", Status: b"status"}

_encoder = msgspec.msgpack.Encoder()
_decoders = {topic: msgspec.msgpack.Decoder(kind) for kind, topic in TOPICS.items()}


def or_none(values: NDArray[np.float64]) -> list[float | None]:
    """Put numbers on the wire: what is not known is nil."""
    return [None if value != value else value for value in values.tolist()]


def encode(message: Message) -> bytes:
    """Return the single part that is published for ``message``."""
    return TOPICS[type(message)] + b" " + _encoder.encode(message)


def decode(part: bytes) -> Message:
    """Read a published part.

    Raises
    ------
    ValueError
        The part is no message of ours, or one that this version cannot read.
    """
    topic, _, body = part.partition(b" ")
    if topic not in _decoders:
        raise ValueError(f"unknown topic {topic[:16]!r}")
    try:
        message: Message = _decoders[topic].decode(body)
    except msgspec.DecodeError as error:
        raise ValueError(f"a {topic.decode()} that cannot be read: {error}") from None
    if message.v != PROTOCOL_VERSION:
        raise ValueError(f"protocol version {message.v}, this is {PROTOCOL_VERSION}")
    return message

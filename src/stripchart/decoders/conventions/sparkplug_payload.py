"""Sparkplug B's payload: metrics, each a name or an alias for it, a time, a data type and a value.

Format: Eclipse Sparkplug 3.0 specification, section 6.4, and its ``sparkplug_b.proto``::

    Payload  timestamp = 1, metrics = 2 (each a Metric), seq = 3, uuid = 4, body = 5
    Metric   name = 1, alias = 2, timestamp = 3, datatype = 4, is_historical = 5, is_transient = 6, is_null = 7,
             metadata = 8, properties = 9 (a PropertySet), value = 10 to 18, one of int, long, float, double, boolean,
             string, bytes, DataSet and Template
    PropertySet    keys = 1, values = 2 (each a PropertyValue)
    PropertyValue  type = 1, is_null = 2, value = 3 to 10

Times are milliseconds since the epoch. What Eclipse Tahu's client sends compressed is a payload with the uuid
``SPBV1.0_COMPRESSED``, and the one that is meant as its body, deflated or gzipped.
"""

from __future__ import annotations

import zlib
from typing import Final, NamedTuple

from stripchart.decoders.cells import FrameError, is_text
from stripchart.decoders.conventions.protobuf import Message, integer_field, part_field
from stripchart.decoders.conventions.sparkplug_values import Datatype, read_scalar

COMPRESSED: Final = "SPBV1.0_COMPRESSED"
_ZLIB_OR_GZIP: Final = 47
_UNIT_KEYS: Final = frozenset({"engunit", "engunits", "engineeringunit", "engineeringunits", "unit", "units"})
"""Keys of the property that is the unit, in lower case and without blanks: the specification names none."""
_QUALITY_KEY: Final = "quality"
_GOOD: Final = 192
"""The quality of a value that counts; 0 is a bad one and 500 a stale one."""


class Metric(NamedTuple):
    """One metric; what it does not say is empty, 0 or None."""

    name: str
    alias: int | None
    time_ms: int
    datatype: int
    historical: bool
    null: bool
    """Whether there is no value, or one of bad or stale quality."""
    unit: str
    body: Message
    """Where its value is."""


class Payload(NamedTuple):
    """One message."""

    time_ms: int
    seq: int | None
    metrics: list[Metric]


def read_payload(data: bytes, max_bytes: int) -> Payload:
    """Read a message.

    Raises
    ------
    FrameError
        If it is none, or unpacks to more than ``max_bytes``.
    """
    message = Message(data)
    body = message.part(5)
    if body and message.text(4) == COMPRESSED:
        message = Message(_inflated(body, max_bytes))
    return Payload(message.integer(1) or 0, message.integer(3), [_read_metric(part) for part in message.parts(2)])


def read_members(data: bytes) -> list[Metric]:
    """Read the metrics of a template; none if it only defines one. FrameError if it is none."""
    template = Message(data)
    return [] if template.integer(5) else [_read_metric(part) for part in template.parts(2)]


def _read_metric(data: bytes) -> Metric:
    message = Message(data)
    unit, quality = _read_properties(message.part(9))
    return Metric(
        message.text(1) or "",
        message.integer(2),
        message.integer(3) or 0,
        message.integer(4) or 0,
        bool(message.integer(5)),
        bool(message.integer(7)) or quality != _GOOD,
        unit,
        message,
    )


def write_boolean(name: str, time_ms: int, *, value: bool) -> bytes:
    """Write a payload with one metric of type Boolean."""
    metric = (
        part_field(1, name.encode())
        + integer_field(3, time_ms)
        + integer_field(4, Datatype.BOOLEAN)
        + integer_field(14, int(value))
    )
    return integer_field(1, time_ms) + part_field(2, metric)


def _read_properties(data: bytes | None) -> tuple[str, float | str]:
    """Return the unit, and the quality."""
    unit: str = ""
    quality: float | str = _GOOD
    if data is None:
        return unit, quality
    message = Message(data)
    for key, part in zip(message.parts(1), message.parts(2), strict=False):
        name = key.decode(errors="replace").lower().replace(" ", "")
        if name in _UNIT_KEYS or name == _QUALITY_KEY:
            _, value = read_scalar(Message(part), 3)
            if name == _QUALITY_KEY and value is not None:
                quality = value
            elif isinstance(value, str) and is_text(value):
                unit = value
    return unit, quality


def _inflated(data: bytes, max_bytes: int) -> bytes:
    stream = zlib.decompressobj(_ZLIB_OR_GZIP)
    try:
        plain = stream.decompress(data, max_bytes)
    except zlib.error:
        raise FrameError("broken compression") from None
    if not stream.eof:
        raise FrameError("payload too large" if stream.unconsumed_tail else "broken compression")
    return plain

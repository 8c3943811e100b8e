"""The values of Sparkplug B's metrics, by their data types.

Format: Eclipse Sparkplug 3.0 specification, section 6.4.16 (data types) and its ``sparkplug_b.proto``::

    Template      metrics = 2 (each a Metric), is_definition = 5
    DataSet       columns = 2, types = 3, rows = 4 (each a Row)
    Row           elements = 1 (each a value = 1 to 6, in the order below)

A scalar is one of int (32 bits), long (64 bits), float, double, boolean and string, in six fields that follow each
other. Signed numbers are written as unsigned ones, in two's complement; some senders extend the sign to 32 or 64 bits.
Arrays are little-endian bytes.
"""

from __future__ import annotations

import math
from enum import IntEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.decoders.cells import MAX_COLUMNS, MAX_TEXT, TOO_MANY_COLUMNS, FrameError, distinct, is_name, to_text
from stripchart.decoders.conventions.protobuf import Message
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MISFIT: Final = "value does not fit its type"
UNKNOWN_TYPE: Final = "unknown data type"


class Datatype(IntEnum):
    """The data types; 0 stands for one that is not told."""

    UNKNOWN = 0
    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33


_SIGNED: Final = {Datatype.INT8: 8, Datatype.INT16: 16, Datatype.INT32: 32, Datatype.INT64: 64}
"""Bits of the signed types."""
_KINDS: Final = {
    **dict.fromkeys((*_SIGNED, *range(Datatype.UINT8, Datatype.BOOLEAN), Datatype.DATETIME), Kind.NUMBER),
    **dict.fromkeys((Datatype.STRING, Datatype.TEXT, Datatype.UUID), Kind.TEXT),
    Datatype.BOOLEAN: Kind.STATE,
}
_NUMBER_ARRAYS: Final = {
    22: "<i1", 23: "<i2", 24: "<i4", 25: "<i8", 26: "<u1", 27: "<u2", 28: "<u4", 29: "<u8", 30: "<f4", 31: "<f8",
    34: "<i8",
}  # fmt: skip
"""Of Int8Array and so on, and DateTimeArray."""
_ARRAYS: Final = frozenset({*_NUMBER_ARRAYS, Datatype.BOOLEAN_ARRAY, Datatype.STRING_ARRAY})


class UnbornError(FrameError):
    """A name or a data type is missing, which a birth would give."""


class Value(NamedTuple):
    """What one channel gets."""

    place: str
    """``[0]`` for an element of an array, empty for a scalar."""
    kind: Kind
    value: float | str


class Column(NamedTuple):
    """A column of a DataSet."""

    name: str
    datatype: int
    kind: Kind


class Table(NamedTuple):
    """A DataSet: rows of one value for each column."""

    columns: list[Column]
    rows: list[list[float | str]]


def read_scalar(message: Message, first: int) -> tuple[Datatype, float | str | None]:
    """Return a scalar as it is written in one of six fields from ``first`` on, and the type that the field tells."""
    for field in (first, first + 1):
        if (number := message.integer(field)) is not None:
            return Datatype.UNKNOWN, number
    if (real := message.float32(first + 2)) is not None:
        return Datatype.FLOAT, real
    if (real := message.float64(first + 3)) is not None:
        return Datatype.DOUBLE, real
    if (number := message.integer(first + 4)) is not None:
        return Datatype.BOOLEAN, number
    return Datatype.STRING, message.text(first + 5)


def read_values(message: Message, datatype: int, *, null: bool) -> Iterator[Value]:
    """Yield what a metric's value gives: nothing for bytes and files, one value a scalar, one an element of an array.

    Raises
    ------
    UnbornError
        If the type is not told, and the value does not tell it.
    FrameError
        If there is no such type, or the value does not fit it.
    """
    if datatype in _ARRAYS:
        data = message.part(16)
        if data is not None and not null:
            yield from _read_array(data, datatype)
    elif datatype not in {Datatype.BYTES, Datatype.FILE}:
        told, raw = read_scalar(message, 10)
        datatype = datatype or (told if raw is not None else Datatype.UNKNOWN)
        if not datatype:
            raise UnbornError(UNKNOWN_TYPE)
        yield Value("", to_kind(datatype), _to_value(None if null else raw, datatype))


def read_table(data: bytes) -> Table:
    """Read a DataSet; FrameError if it is none."""
    message = Message(data)
    types = message.integers(3)
    names = distinct(to_text(part) for part in message.parts(2))
    if len(names) != len(types):
        raise FrameError(MISFIT)
    if len(names) > MAX_COLUMNS:
        raise FrameError(TOO_MANY_COLUMNS)
    if not all(map(is_name, names)):
        raise FrameError("bad name")
    columns = [Column(name, datatype, to_kind(datatype)) for name, datatype in zip(names, types, strict=True)]
    rows = []
    for part in message.parts(4):
        elements = Message(part).parts(1)
        if len(elements) != len(columns):
            raise FrameError(MISFIT)
        pairs = zip(elements, columns, strict=True)
        rows.append([_to_value(read_scalar(Message(part), 1)[1], column.datatype) for part, column in pairs])
    return Table(columns, rows)


def to_kind(datatype: int) -> Kind:
    """Return what a scalar of this type is; FrameError if there is no such type."""
    try:
        return _KINDS[datatype]
    except KeyError:
        raise FrameError(UNKNOWN_TYPE) from None


def _to_value(raw: float | str | None, datatype: int) -> float | str:
    kind = to_kind(datatype)
    if raw is None:
        return "" if kind is Kind.TEXT else math.nan
    if isinstance(raw, str) is not (kind is Kind.TEXT):
        raise FrameError(MISFIT)
    if isinstance(raw, str):
        return raw[:MAX_TEXT]
    if isinstance(raw, int) and datatype in _SIGNED:
        raw = _signed(raw, _SIGNED[Datatype(datatype)])
    return float(raw != 0) if kind is Kind.STATE else float(raw)


def _signed(number: int, bits: int) -> int:
    """Take an unsigned number for two's complement, in so many bits or in those that it needs."""
    width = next(width for width in (bits, 32, 64) if number >> width == 0)
    return number - (1 << width) if number >> (width - 1) else number


def _read_array(data: bytes, datatype: int) -> Iterator[Value]:
    elements: Sequence[float | str]
    kind = Kind.NUMBER
    if datatype == Datatype.STRING_ARRAY:  # each ends in a zero
        kind = Kind.TEXT
        elements = [part.decode(errors="replace")[:MAX_TEXT] for part in data.split(b"\0")[:-1]]
    elif datatype == Datatype.BOOLEAN_ARRAY:  # their number in 4 bytes, then a bit each, highest first
        kind = Kind.STATE
        count = int.from_bytes(data[:4], "little")
        bits = np.unpackbits(np.frombuffer(data[4:], np.uint8))
        if count > len(bits):
            raise FrameError(MISFIT)
        elements = bits[:count].astype(np.float64).tolist()
    else:
        dtype = np.dtype(_NUMBER_ARRAYS[datatype])
        if len(data) % dtype.itemsize:
            raise FrameError(MISFIT)
        elements = np.frombuffer(data, dtype).astype(np.float64).tolist()
    for place, element in enumerate(elements):
        yield Value(f"[{place}]", kind, element)

from __future__ import annotations

import contextlib
import struct
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions.protobuf import Message, integer_field, part_field
from support.decoding import many_examples
from support.sparkplug import Payload

numbers_32 = st.integers(0, 2**32 - 1)
numbers_64 = st.integers(0, 2**64 - 1)
metrics = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=300),
        "alias": numbers_64,
        "is_null": st.booleans(),
        "int_value": numbers_32,
        "float_value": st.floats(width=32, allow_nan=False),
        "double_value": st.floats(allow_nan=False),
        "bytes_value": st.binary(max_size=300),
    },
)


@many_examples
@given(st.lists(metrics, max_size=4), numbers_64)
def test_reads_what_googles_library_writes(made: list[dict[str, Any]], seq: int):
    message = Message(Payload(metrics=made, seq=seq).SerializeToString())
    assert message.integer(3) == seq
    assert message.integer(1) is None
    found = [Message(part) for part in message.parts(2)]
    assert len(found) == len(made)
    for metric, expected in zip(found, made, strict=True):
        parsed = {
            "name": metric.text(1),
            "alias": metric.integer(2),
            "is_null": None if metric.integer(7) is None else bool(metric.integer(7)),
            "int_value": metric.integer(10),
            "float_value": metric.float32(12),
            "double_value": metric.float64(13),
            "bytes_value": metric.part(16),
        }
        assert {name: value for name, value in parsed.items() if value is not None} == expected


@many_examples
@given(st.text(max_size=300), numbers_64, st.booleans())
def test_writes_what_googles_library_reads(name: str, number: int, flag: bool):
    metric = part_field(1, name.encode()) + integer_field(2, number) + integer_field(14, int(flag))
    read = Payload.FromString(integer_field(1, number) + part_field(2, metric))
    assert read.timestamp == number
    assert (read.metrics[0].name, read.metrics[0].alias, read.metrics[0].boolean_value) == (name, number, flag)


@many_examples
@given(st.lists(metrics, max_size=3), st.data())
def test_agrees_with_googles_library_on_broken_input(made: list[dict[str, Any]], data: st.DataObject):
    """What both take, both read alike; groups and fields beyond 64 bits are refused by us alone."""
    broken = bytearray(Payload(metrics=made, seq=300).SerializeToString())
    place = data.draw(st.integers(0, len(broken)))
    broken[place : place + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
    try:
        theirs = Payload.FromString(bytes(broken))
    except DecodeError:
        theirs = None
    try:
        ours = _shape(bytes(broken))
    except FrameError:
        return
    if theirs is not None:
        assert repr(ours) == repr([(metric.alias, metric.double_value or 0.0) for metric in theirs.metrics])  # NaN too


def _shape(data: bytes) -> list[tuple[int, float]]:
    found = [Message(part) for part in Message(data).parts(2)]
    return [(metric.integer(2) or 0, metric.float64(13) or 0.0) for metric in found]


@given(st.binary(max_size=64))
@many_examples
def test_takes_any_bytes(data: bytes):
    with contextlib.suppress(FrameError):
        message = Message(data)
        for field in range(20):
            message.integer(field)
            message.integers(field)
            message.float32(field)
            message.float64(field)
            message.text(field)


@pytest.mark.parametrize(
    "data",
    [
        b"\x08",  # no number
        b"\x08\x80",  # half a number
        b"\x0a\x02a",  # two bytes were promised
        b"\x0d\0\0\0",  # 4 bytes were
        b"\x09\0\0\0\0\0\0\0",  # 8 bytes were
        b"\x00\x00",  # there is no field 0
        b"\x07",  # there is no wire type 7
        b"\x0b\x0c",  # a group
        b"\x08" + b"\xff" * 10 + b"\x01",  # a number of 11 bytes
        b"\x80\x80\x80\x80\x10\x00",  # a field number beyond 29 bits
        b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f",
    ],
)
def test_refuses(data: bytes):
    with pytest.raises(FrameError, match="not Protocol Buffers"):
        Message(data)


def test_repeated_numbers_may_be_packed():
    assert Message(b"\x18\x01\x18\xac\x02").integers(3) == [1, 300]
    assert Message(b"\x1a\x03\x01\xac\x02").integers(3) == [1, 300]
    with pytest.raises(FrameError):
        Message(b"\x1a\x02\x01\x80").integers(3)


def test_the_last_of_several_counts_and_other_wire_types_are_unknown():
    message = Message(b"\x08\x01\x08\x02" + b"\x0d" + struct.pack("<f", 1.5))
    assert message.integer(1) == 2
    assert message.float32(1) == 1.5
    assert message.float64(1) is None
    assert message.part(1) is None

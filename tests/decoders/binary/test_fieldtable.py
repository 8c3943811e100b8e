from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.binary.fields import Field
from stripchart.decoders.binary.fieldtable import FieldTable
from stripchart.flow.records import Channel, Kind
from support.decoding import many_examples

LETTERS = {
    "u8": "B",
    "i8": "b",
    "u16": "H",
    "i16": "h",
    "u32": "I",
    "i32": "i",
    "u64": "Q",
    "i64": "q",
    "f32": "f",
    "f64": "d",
}


def read(data: bytes, *fields: Field, endian: Any = "little") -> list[list[Any]]:
    """Return the values of one frame, or of several if it is a multiple, by channel."""
    table = FieldTable(fields, 0, endian)
    columns = table.columns(np.frombuffer(data, np.uint8).reshape(-1, table.stop))
    assert [column.dtype for column in columns] == [
        object if channel.kind is Kind.TEXT else np.float64 for channel in table.channels
    ]
    return [column.tolist() for column in columns]


def value(data: bytes, **options: Any) -> Any:
    ((found,),) = read(data, Field(name="x", **options))
    return found


@many_examples
@given(data=st.data(), endian=st.sampled_from(["little", "big"]), count=st.integers(1, 3))
def test_numbers_are_as_struct_reads_them(data: st.DataObject, endian: Any, count: int):
    types = data.draw(st.lists(st.sampled_from(list(LETTERS)), min_size=1, max_size=6))
    fields = [Field(name=f"f{number}", type=kind, count=count) for number, kind in enumerate(types)]  # type: ignore[arg-type]
    layout = struct.Struct((">" if endian == "big" else "<") + "".join(f"{count}{LETTERS[kind]}" for kind in types))
    frames = data.draw(st.binary(min_size=3 * layout.size, max_size=3 * layout.size))
    expected = [list(map(float, column)) for column in zip(*layout.iter_unpack(frames), strict=True)]
    assert repr(read(frames, *fields, endian=endian)) == repr(expected)


@pytest.mark.parametrize("number", [0, 1, -1, 0x123456, -0x123456, (1 << 23) - 1, -(1 << 23)])
@pytest.mark.parametrize("endian", ["little", "big"])
def test_three_bytes(number: int, endian: Any):
    data = number.to_bytes(3, endian, signed=True)
    assert value(data, type="i24", endian=endian) == number
    assert value(data, type="u24", endian=endian) == number % (1 << 24)
    assert read(data * 2, Field(name="x", type="i24", count=2, endian=endian)) == [[number], [number]]


def test_a_field_may_have_another_endian_than_the_table():
    fields = Field(name="a", type="u16"), Field(name="b", type="u16", endian="big")
    assert read(b"\1\0\0\1", *fields) == [[1], [1]]


def test_offsets():
    table = FieldTable(
        [Field(name="a", type="u8"), Field(name="b", type="u16", offset=6), Field(name="c", type="u8")], 2, "little"
    )
    assert [(place.start, place.stop) for place in table.places] == [(2, 3), (6, 8), (8, 9)]
    assert table.stop == 9


@pytest.mark.parametrize(
    ("options", "number", "expected"),
    [
        ({"scale": 0.1}, 3, 0.3),
        ({"scale": 0.001}, 1005, 1.005),
        ({"scale": 1e-5}, 3, 3e-5),
        ({"scale": 0.3}, 10, 3.0),
        ({"scale": -0.01}, 250, -2.5),
        ({"scale": 4}, 250, 1000.0),
        ({"add": -40}, 250, 210.0),
        ({"scale": 0.5, "add": -40}, 250, 85.0),
        ({"scale": 1e-300}, 1, 1e-300),
        ({"scale": 5e-324}, 2, 1e-323),
    ],
)
def test_scaled_and_shifted(options: dict[str, float], number: int, expected: float):
    assert value(struct.pack("<H", number), type="u16", **options) == expected


def test_the_number_of_no_value_is_nan():
    assert math.isnan(value(b"\xff\xff", type="u16", invalid=0xFFFF, scale=0.1))
    assert math.isnan(value(b"\xff\xff", type="i16", invalid=-1))
    assert math.isnan(value(struct.pack("<f", -999.9), type="f32", invalid=-999.9))
    assert math.isnan(value(b"\xff" * 8, type="u64", invalid=(1 << 64) - 1))
    assert value(b"\xfe\xff", type="u16", invalid=0xFFFF) == 0xFFFE


@many_examples
@given(
    number=st.integers(0, (1 << 32) - 1),
    start=st.integers(0, 31),
    count=st.integers(1, 32),
    endian=st.sampled_from(["little", "big"]),
)
def test_bits(number: int, start: int, count: int, endian: Any):
    count = min(count, 32 - start)
    data = number.to_bytes(4, endian)
    plain = number >> start & (1 << count) - 1
    assert value(data, type="u32", bits=(start, count), endian=endian) == plain
    signed = plain - (1 << count) if plain >> count - 1 else plain
    assert value(data, type="i32", bits=(start, count), endian=endian) == signed


def test_bits_of_the_widest_and_of_three_bytes():
    assert value(b"\xff" * 8, type="u64", bits=(63, 1)) == 1
    assert value(b"\0\0\x80", type="u24", bits=(23, 1)) == 1
    assert value(b"\0\0\x80", type="i24", bits=(20, 4)) == -8


def test_words():
    words = {0: "idle", 1: "run", 7: "fault"}
    table = FieldTable([Field(name="mode", type="u8", words=words)], 0, "little")
    assert table.channels == (Channel("mode", "", Kind.TEXT),)
    assert read(b"\0\7\5", Field(name="mode", type="u8", words=words)) == [["idle", "fault", "5"]]


def test_the_words_of_a_switch_are_a_state():
    door = Field(name="door", type="u8", words={0: "Open", 1: "Closed"})
    assert FieldTable([door], 0, "little").channels == (Channel("door", "", Kind.STATE),)
    assert repr(read(b"\0\1\2", door)) == "[[1.0, 0.0, nan]]"
    assert value(b"\1", type="u8", words={0: "left", 1: "right"}) == "right"
    assert value(b"\1", type="u8", words={0: "off", 1: "on", 2: "yes"}) == "on"


def test_bool():
    assert FieldTable([Field(name="x", type="bool")], 0, "little").channels == (Channel("x", "", Kind.STATE),)
    assert read(b"\0\1\2", Field(name="x", type="bool")) == [[0, 1, 1]]


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"abc", "abc"),
        (b"a\0b", "a"),
        (b"\0\0\0", ""),
        ("é!".encode(), "é!"),
        (b"a\xff\n", "a\ufffd"),
        (b" b ", "b"),
        (b"a\x07b", "a\ufffdb"),
    ],
)
def test_text(data: bytes, text: str):
    assert value(data, type="text", size=3) == text


def test_hex():
    assert read(b"\xa1\x60\x00\x0f", Field(name="id", type="hex", size=2)) == [["A160", "000F"]]


def test_a_clock():
    clock = Field(name="t", type="u32", time="ms", scale=0.5)
    assert FieldTable([clock], 0, "little").channels == (Channel("t", "ms", Kind.TIME),)
    assert read(struct.pack("<I", 3000), clock) == [[1500]]


def test_several_of_a_kind():
    assert read(b"\1\0\2\0\3\0\4\0", Field(name="a", type="u16", count=2)) == [[1, 3], [2, 4]]
    assert read(b"\0\1", Field(name="a", type="u8", count=2, words={0: "x"})) == [["x"], ["1"]]


def test_frames_that_are_longer_than_the_fields():
    table = FieldTable([Field(name="a", type="u16", offset=1)], 0, "big")
    frames = np.frombuffer(b"xab____xcd____", np.uint8).reshape(2, 7)[:, : table.stop]
    assert table.columns(frames)[0].tolist() == [0x6162, 0x6364]


def together(*fields: Field, start: int = 0, stop: int = 10, **reserved: range) -> list[str]:
    return list(FieldTable(fields, start, "little").mistakes(reserved, stop))


def test_nothing_wrong():
    bits = [Field(name=f"b{bit}", type="u16", offset=2, bits=(bit, 1)) for bit in range(16)]
    assert together(Field(name="a", type="u16"), *bits) == []


def test_fields_that_overlap():
    fields = Field(name="a", type="u16"), Field(name="b", type="u8", offset=1), Field(name="c", type="u8", offset=0)
    assert together(*fields, **{"the sync word": range(1)}) == [
        "fields[0].offset: expected a place of its own, got bytes 0 to 1, which are taken by the sync word",
        "fields[1].offset: expected a place of its own, got bytes 1 to 1, which are taken by fields[0] (a)",
        "fields[2].offset: expected a place of its own, got bytes 0 to 0, which are taken by the sync word",
    ]


def test_bits_that_overlap_across_types_and_endians():
    low = Field(name="low", type="u8", offset=0, bits=(7, 1))
    assert together(low, Field(name="x", type="u16", offset=0, bits=(6, 1))) == []
    assert len(together(low, Field(name="x", type="u16", offset=0, bits=(7, 2)))) == 1
    assert len(together(low, Field(name="x", type="u16", offset=0, bits=(15, 1), endian="big"))) == 1


def test_names_that_come_twice():
    assert together(Field(name="a[1]", type="u8"), Field(name="a", type="u8", count=2)) == [
        "fields[1].name: expected another name than that of fields[0], got 'a[1]'"
    ]


def test_fields_beyond_the_frame():
    assert together(Field(name="a", type="u32"), start=8) == [
        "fields[0].offset: expected a place before byte 10 of the frame, got bytes 8 to 11"
    ]


def test_two_clocks():
    assert together(Field(name="a", type="u8", time="s"), Field(name="b", type="u8", time="s")) == [
        "fields[1].time: expected one clock, but fields[0] is one"
    ]

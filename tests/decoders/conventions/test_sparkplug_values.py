from __future__ import annotations

import math
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.cells import MAX_COLUMNS, MAX_TEXT, FrameError
from stripchart.decoders.conventions.protobuf import Message
from stripchart.decoders.conventions.sparkplug_values import Datatype, UnbornError, read_table, read_values
from stripchart.flow.records import Kind
from support.decoding import many_examples
from support.sparkplug import Payload, payload

NUMBER, STATE, TEXT = Kind.NUMBER, Kind.STATE, Kind.TEXT


def body(**fields: Any) -> Message:
    """Return a metric as it arrives."""
    return Message(Message(payload(fields)).parts(2)[0])


def values(datatype: int, *, null: bool = False, **fields: Any) -> list[tuple[str, Kind, Any]]:
    return [tuple(value) for value in read_values(body(**fields), datatype, null=null)]


def only(datatype: int, **fields: Any) -> Any:
    ((place, kind, value),) = values(datatype, **fields)
    assert place == ""
    return kind, value


@pytest.mark.parametrize(
    ("datatype", "fields", "expected"),
    [
        (Datatype.INT8, {"int_value": 0xFB}, (NUMBER, -5)),
        (Datatype.INT8, {"int_value": 0xFFFFFFFB}, (NUMBER, -5)),
        (Datatype.INT8, {"int_value": 127}, (NUMBER, 127)),
        (Datatype.INT8, {"int_value": 300}, (NUMBER, 300)),
        (Datatype.INT16, {"int_value": 0x8000}, (NUMBER, -32768)),
        (Datatype.INT16, {"int_value": 0xFFFF8000}, (NUMBER, -32768)),
        (Datatype.INT32, {"int_value": 0xFFFFFFFF}, (NUMBER, -1)),
        (Datatype.INT32, {"long_value": 2**64 - 1}, (NUMBER, -1)),
        (Datatype.INT64, {"long_value": 2**64 - 1}, (NUMBER, -1)),
        (Datatype.INT64, {"long_value": 2**63}, (NUMBER, -(2.0**63))),
        (Datatype.UINT8, {"int_value": 0xFB}, (NUMBER, 251)),
        (Datatype.UINT16, {"int_value": 0xFFFF}, (NUMBER, 65535)),
        (Datatype.UINT32, {"int_value": 0xFFFFFFFF}, (NUMBER, 4294967295)),
        (Datatype.UINT32, {"long_value": 7}, (NUMBER, 7)),
        (Datatype.UINT64, {"long_value": 2**64 - 1}, (NUMBER, 2.0**64)),
        (Datatype.FLOAT, {"float_value": -1.5}, (NUMBER, -1.5)),
        (Datatype.DOUBLE, {"double_value": 0.1}, (NUMBER, 0.1)),
        (Datatype.DOUBLE, {"int_value": 3}, (NUMBER, 3)),
        (Datatype.BOOLEAN, {"boolean_value": True}, (STATE, 1)),
        (Datatype.BOOLEAN, {"int_value": 0}, (STATE, 0)),
        (Datatype.STRING, {"string_value": "idle"}, (TEXT, "idle")),
        (Datatype.STRING, {"string_value": "x" * 1000}, (TEXT, "x" * MAX_TEXT)),
        (Datatype.DATETIME, {"long_value": 1_700_000_000_000}, (NUMBER, 1.7e12)),
        (Datatype.TEXT, {"string_value": ""}, (TEXT, "")),
        (Datatype.UUID, {"string_value": "a-b"}, (TEXT, "a-b")),
        (0, {"float_value": 2.5}, (NUMBER, 2.5)),
        (0, {"double_value": 2.5}, (NUMBER, 2.5)),
        (0, {"boolean_value": False}, (STATE, 0)),
        (0, {"string_value": "idle"}, (TEXT, "idle")),
    ],
)
def test_scalars(datatype: int, fields: dict[str, Any], expected: tuple[Kind, Any]):
    assert only(datatype, **fields) == expected


@many_examples
@given(st.sampled_from([(1, "b", "int"), (2, "h", "int"), (3, "i", "int"), (4, "q", "long")]), st.data())
def test_signed_numbers_in_twos_complement(case: tuple[int, str, str], data: st.DataObject):
    datatype, code, field = case
    bits = 8 * struct.calcsize(f"<{code}")
    number = data.draw(st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1))
    width = data.draw(st.sampled_from([bits, 32 if field == "int" else 64]))
    written = {f"{field}_value": number % 2**width}
    assert only(datatype, **written) == (NUMBER, float(number))


@pytest.mark.parametrize(("datatype", "kind"), [(3, NUMBER), (11, STATE), (12, TEXT)])
@pytest.mark.parametrize("fields", [{}, {"null": True}, {"null": True, "int_value": 3}])
def test_no_value_keeps_the_channel(datatype: int, kind: Kind, fields: dict[str, Any]):
    found, value = only(datatype, **fields)
    assert found is kind
    assert value == "" if kind is TEXT else math.isnan(value)


@pytest.mark.parametrize(
    ("datatype", "data", "kind", "expected"),
    [
        (22, b"\xef\x7b", NUMBER, [-17, 123]),
        (23, struct.pack("<2h", -30000, 30000), NUMBER, [-30000, 30000]),
        (24, struct.pack("<2i", -1, 315338746), NUMBER, [-1, 315338746]),
        (25, struct.pack("<q", -5), NUMBER, [-5]),
        (26, b"\x17\xfa", NUMBER, [23, 250]),
        (27, struct.pack("<2H", 30, 52360), NUMBER, [30, 52360]),
        (28, struct.pack("<I", 3293969225), NUMBER, [3293969225]),
        (29, struct.pack("<Q", 2**40), NUMBER, [2**40]),
        (30, struct.pack("<2f", 1.25, -89.5), NUMBER, [1.25, -89.5]),
        (31, struct.pack("<d", 0.1), NUMBER, [0.1]),
        (32, b"\x0c\0\0\0\x34\xd0", STATE, [0, 0, 1, 1, 0, 1, 0, 0, 1, 1, 0, 1]),
        (33, b"ABC\0hello\0", TEXT, ["ABC", "hello"]),
        (34, struct.pack("<q", 1_256_102_875_335), NUMBER, [1_256_102_875_335]),
        (24, b"", NUMBER, []),
    ],
)
def test_arrays(datatype: int, data: bytes, kind: Kind, expected: list[Any]):
    places = [(f"[{place}]", kind, value) for place, value in enumerate(expected)]
    assert values(datatype, bytes_value=data) == places
    assert values(datatype, null=True, bytes_value=data) == []


@pytest.mark.parametrize("datatype", [Datatype.BYTES, Datatype.FILE])
def test_bytes_and_files_give_no_values(datatype: int):
    assert values(datatype, bytes_value=b"\x01\x02") == []


@pytest.mark.parametrize(
    ("datatype", "fields", "reason"),
    [
        (Datatype.INT32, {"string_value": "12"}, "value does not fit its type"),
        (Datatype.STRING, {"int_value": 12}, "value does not fit its type"),
        (23, {"bytes_value": b"123"}, "value does not fit its type"),
        (32, {"bytes_value": b"\x09\0\0\0\xff"}, "value does not fit its type"),
        (20, {"int_value": 1}, "unknown data type"),
        (99, {"int_value": 1}, "unknown data type"),
        (Datatype.STRING, {"bytes_value": b""}, None),
    ],
)
def test_what_does_not_fit(datatype: int, fields: dict[str, Any], reason: str | None):
    if reason is None:
        assert values(datatype, **fields) == [("", TEXT, "")]
        return
    with pytest.raises(FrameError, match=reason):
        values(datatype, **fields)


@pytest.mark.parametrize("fields", [{}, {"int_value": 1}, {"long_value": 1}])
def test_numbers_need_their_type(fields: dict[str, Any]):
    with pytest.raises(UnbornError, match="unknown data type"):
        values(0, **fields)


def table(columns: list[str], types: list[int], *rows: list[dict[str, Any]]) -> bytes:
    made = {"columns": columns, "types": types, "rows": [{"elements": row} for row in rows]}
    return bytes(Payload(metrics=[{"dataset_value": made}]).metrics[0].dataset_value.SerializeToString())


def test_tables():
    found = read_table(
        table(
            ["a", "a", "s"],
            [Datatype.INT8, Datatype.DOUBLE, Datatype.STRING],
            [{"int_value": 0xFF}, {"double_value": 0.5}, {"string_value": "x"}],
            [{"int_value": 1}, {}, {}],
        )
    )
    assert [tuple(column) for column in found.columns] == [("a", 1, NUMBER), ("a 2", 10, NUMBER), ("s", 12, TEXT)]
    assert found.rows[0] == [-1, 0.5, "x"]
    assert repr(found.rows[1]) == repr([1.0, math.nan, ""])


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (table(["a"], [1, 1]), "value does not fit its type"),
        (table(["a"], [1], [{"int_value": 1}, {"int_value": 1}]), "value does not fit its type"),
        (table(["a"], [16]), "unknown data type"),
        (table(["a\n"], [1]), "bad name"),
        (table(["a"] * (MAX_COLUMNS + 1), [1] * (MAX_COLUMNS + 1)), "too many columns"),
    ],
)
def test_tables_that_cannot_be(made: bytes, reason: str):
    with pytest.raises(FrameError, match=reason):
        read_table(made)

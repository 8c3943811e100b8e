from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given

from stripchart.decoders.cells import MAX_COLUMNS, MAX_TEXT, FrameError
from stripchart.decoders.objects import MAX_DEPTH, ObjectRows, parse_json
from stripchart.decoders.rows import BatchBuilder
from stripchart.flow.records import Channel, Kind
from support.decoding import exact, many_examples, values
from support.objects import like_objects


def add(*objects: Any) -> list[Any]:
    rows, builder = ObjectRows(), BatchBuilder()
    for value in objects:
        rows.add(value, 1, builder)
    return builder.finish()


@pytest.mark.parametrize(
    ("value", "row"),
    [
        ({"a": 1, "b": 2.5}, {"a": 1, "b": 2.5}),
        ({"a": {"b": [1, {"c": 2}], "": 3}}, {"a/b[0]": 1, "a/b[1]/c": 2, "a/": 3}),
        ({"a": [[1, 2], [3]]}, {"a[0][0]": 1, "a[0][1]": 2, "a[1][0]": 3}),
        ({"n": "12.5", "e": " 1e3 "}, {"n": 12.5, "e": 1000}),
        ({"a": None, "b": 1}, {"b": 1}),
        ({"": 1}, {"value": 1}),
        ([1, 2], {"value[0]": 1, "value[1]": 2}),
        ([1, {"a": 2}], {"value[0]": 1, "value[1]/a": 2}),
        ({"a/b": 1, "a": {"b": 2}}, {"a/b": 1, "a/b 2": 2}),
        ({"s": "idle"}, {"s": "idle"}),
        ({"s": "x" * 1000}, {"s": "x" * MAX_TEXT}),
    ],
)
def test_names_and_values(value: Any, row: dict[str, Any]):
    assert values(add(value)) == [row]


def test_kinds():
    (batch,) = add({"n": 1, "b": True, "t": "x"})
    assert batch.channels == (Channel("n"), Channel("b", kind=Kind.STATE), Channel("t", kind=Kind.TEXT))
    assert [column.dtype for column in batch.values] == [np.float64, np.float64, object]


def test_the_time_by_the_devices_clock():
    (batch,) = add({"time": "2025-10-31T18:35:45Z", "t": 21.5})
    assert batch.channels == (Channel("time", "s", Kind.TIME), Channel("t"))
    assert batch["time"].tolist() == [1761935745.0]
    (batch,) = add({"inner": {"ts": 1761935745}, "Time": "2025-10-31T18:35:45"})
    assert batch.channels == (Channel("inner/ts"), Channel("Time", "wall", Kind.TIME))


def test_an_array_of_objects_is_a_row_for_each():
    assert values(add([{"a": 1}, {"a": 2}, {"b": 3}])) == [{"a": 1}, {"a": 2}, {"b": 3}]


@pytest.mark.parametrize("value", [{}, [], [{}], {"a": None}, {"a": {}}, {"a": []}])
def test_nothing_in_it_makes_no_row(value: Any):
    assert add(value) == []


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (nested(MAX_DEPTH + 1), "nested too deeply"),
        ({"a": list(range(MAX_COLUMNS + 1))}, "too many columns"),
        ({"\x1b[31m": 1}, "bad name"),
        ([{"a": 1}, {"\n": 1}], "bad name"),
    ],
)
def test_what_cannot_be_a_row(value: Any, reason: str):
    builder = BatchBuilder()
    with pytest.raises(FrameError, match=reason):
        ObjectRows().add(value, 1, builder)
    assert builder.finish() == []


def test_limits_are_inclusive():
    assert add(nested(MAX_DEPTH))
    assert len(add({"a": list(range(MAX_COLUMNS))})[0].channels) == MAX_COLUMNS


@pytest.mark.parametrize(
    "objects",
    [
        [{"a": 1, "b": True}, {"a": 2.5, "b": False}],
        [{"a": -0.0}],
        [{"a": 2**64 - 1}, {"a": -(2**63)}],
        [{"ts": 1761935745, "a": 1}, {"ts": 1761935746.5, "a": 2}],
        [{"ts": 12, "a": 1}, {"ts": 13, "a": 2}],
        [{"ts": 1761935745}],
        [{"time": 5, "ts": 1761935745123, "timestamp": 1761935745}],
        [{"Time": "2025-10-31T18:35:45.25", "a": True}, {"Time": "2025-10-31T18:35:46.25", "a": False}],
        [{"time": "2025-10-31T18:35:45Z", "ts": 1761935745}],
        [{"ts": "2025-10-31T18:35:45Z"}],
        [{"a": "5", "s": "idle"}, {"a": " 6 ", "s": "x" * 1000}],
        [{"a": [1, [2]]}, {"a": [3, [4]]}],
        [{"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [3, {"c": 4}]}}],
        [{"": 1}, {"": 2}],
        [{"a": None, "b": {}, "c": [], "d": 1}] * 2,
        [{"inner": {"ts": 1761935745}, "ts": 1761935746, "ts[0]": 1761935747}],
        [{"a/b": 1, "a": {"b": 2}}],
        [nested(MAX_DEPTH)] * 2,
        [{"a": list(range(MAX_COLUMNS))}] * 2,
    ],
)
def test_plain_objects_added_at_once_are_as_added_one_by_one(objects: list[dict[str, Any]]):
    builder = BatchBuilder()
    assert ObjectRows().add_all(objects, np.ones(len(objects), np.int64), builder)
    assert exact(builder.finish()) == exact(add(*objects))


@pytest.mark.parametrize(
    "objects",
    [
        [{"a": 1}, {"b": 1}],
        [{"a": 1, "b": 2}, {"b": 2, "a": 1}],
        [{"a": 1}, {"a": True}],
        [{"a": 1}, {"a": None}],
        [{"a": "5"}, {"a": "idle"}],
        [{"a": "5"}, {"a": 5}],
        [{"a": [1]}, {"a": [1, 2]}],
        [{"a": {"b": 1}}, {"a": {"c": 1}}],
        [{"a": {"b": 1}}, {"a": [1]}],
        [{"a": {"b": 1}}, {"a": 1}],
        [nested(MAX_DEPTH + 1)],
        [{"a": list(range(MAX_COLUMNS + 1))}],
        [{"a": None}],
        [{}],
        [{"\n": 1}],
        [{"ts": 12, "a": 1}, {"ts": 1761935746, "a": 2}],
        [{"ts": 1761935746, "a": 1}, {"ts": 1761935746000, "a": 2}],
        [{"ts": 12, "a": 1}, {"ts": 1e19, "a": 2}],
        [{"ts": True, "a": 1}, {"ts": False, "a": 2}],
        [{"ts": "", "a": 1}],
        [{"ts": "1761935746", "a": 1}],
        [{"ts": "2025-10-31T18:35:45Z", "a": 1}, {"ts": "2025-10-31T18:35:45", "a": 1}],
        [{"ts": "2025-10-31T18:35:45Z", "a": 1}, {"ts": 1761935746, "a": 1}],
    ],
)
def test_other_objects_are_not_added_at_once(objects: list[dict[str, Any]]):
    builder = BatchBuilder()
    assert not ObjectRows().add_all(objects, np.ones(len(objects), np.int64), builder)
    assert builder.finish() == []


@many_examples
@given(objects=like_objects())
def test_objects_added_at_once_are_as_added_one_by_one(objects: list[dict[str, Any]]):
    builder = BatchBuilder()
    if ObjectRows().add_all(objects, np.ones(len(objects), np.int64), builder):
        assert exact(builder.finish()) == exact(add(*objects))


@pytest.mark.parametrize(
    "data", [b"", b"{", b"nan", b"{'a':1}", b'{"a":1e400}', b"[" * 2000, b'"\xff"', b'"\\ud800"', b"1" + b"0" * 400]
)
def test_what_is_no_json(data: bytes):
    with pytest.raises(FrameError, match="not JSON"):
        parse_json(data)

from __future__ import annotations

import math
from typing import Any

import pytest

from stripchart.decoders.cells import FrameError
from stripchart.decoders.conventions import sparkplug_device
from stripchart.decoders.conventions.sparkplug_device import MAX_DEPTH, Device, Row
from stripchart.decoders.conventions.sparkplug_payload import read_payload
from stripchart.decoders.conventions.sparkplug_values import UnbornError
from stripchart.flow.records import Channel, Kind
from support.sparkplug import payload

DOUBLE, STRING, INT8 = 10, 12, 1


def told(device: Device, *metrics: dict[str, Any], birth: bool = False, **fields: Any) -> list[Row]:
    return device.read(read_payload(payload(*metrics, **fields), 1 << 20), birth=birth)


def plain(rows: list[Row]) -> list[dict[str, Any]]:
    return [{channel.name: value for channel, value in zip(row.channels, row.values, strict=True)} for row in rows]


def number(name: str, value: float, **fields: Any) -> dict[str, Any]:
    return {"name": name, "datatype": DOUBLE, "double_value": value, **fields}


def test_metrics_of_one_time_are_a_row():
    rows = told(Device(), number("a", 1), number("b/c", 2), timestamp=5)
    assert plain(rows) == [{"a": 1, "b/c": 2, "time": 5}]
    assert rows[0].channels[-1] == Channel("time", "ms", Kind.TIME)


def test_metrics_of_several_times_are_rows_in_their_order():
    rows = told(
        Device(), number("a", 1, timestamp=9), number("b", 2, timestamp=7), number("c", 3), number("d", 4, timestamp=9),
        timestamp=8,
    )  # fmt: skip
    assert plain(rows) == [{"b": 2, "time": 7}, {"c": 3, "time": 8}, {"a": 1, "d": 4, "time": 9}]


def test_without_a_time_there_is_no_time_column():
    assert plain(told(Device(), number("a", 1))) == [{"a": 1}]


def test_a_metric_that_comes_again_in_a_message_has_another_row():
    rows = told(Device(), number("a", 1), number("b", 2), number("a", 3), timestamp=5)
    assert plain(rows) == [{"a": 1, "b": 2, "time": 5}, {"a": 3, "time": 5}]


def test_a_metric_may_be_called_time():
    assert plain(told(Device(), number("time", 1), timestamp=5)) == [{"time": 1, "time 2": 5}]


def test_what_is_historical_comes_first_and_says_so():
    old = number("a", 1, timestamp=3, is_historical=True)
    rows = told(Device(), number("a", 2), old, number("b", 5, timestamp=3), timestamp=5)
    assert [row.historical for row in rows] == [True, False, False]
    assert plain(rows) == [{"a": 1, "time": 3}, {"b": 5, "time": 3}, {"a": 2, "time": 5}]


def test_a_birth_gives_names_types_and_units():
    device = Device()
    unit = {"keys": ["engUnit"], "values": [{"string_value": "°C"}]}
    told(device, {"name": "t", "alias": 0, "datatype": INT8, "int_value": 5, "properties": unit}, birth=True)
    (row,) = told(device, {"alias": 0, "int_value": 0xFF})
    assert row.channels == (Channel("t", "°C"),)
    assert row.values == (-1,)
    assert plain(told(device, {"name": "t", "int_value": 0xFE})) == [{"t": -2}]


def test_a_birth_forgets_the_aliases_before():
    device = Device()
    told(device, number("a", 1, alias=1), number("b", 1, alias=2), birth=True)
    told(device, number("b", 1, alias=1), birth=True)
    assert plain(told(device, {"alias": 1, "double_value": 3.0})) == [{"b": 3}]
    with pytest.raises(UnbornError, match="unknown alias"):
        told(device, {"alias": 2, "double_value": 3.0})


def test_an_alias_may_change_its_name():
    device = Device()
    told(device, number("a", 1, alias=1))
    told(device, number("b", 1, alias=1))
    assert plain(told(device, {"alias": 1, "double_value": 3.0})) == [{"b": 3}]


def test_one_unknown_alias_rejects_all_of_the_message():
    device = Device()
    told(device, number("a", 1, alias=1), birth=True)
    with pytest.raises(UnbornError, match="unknown alias"):
        told(device, {"alias": 1, "double_value": 3.0}, {"alias": 7, "double_value": 3.0})


def test_without_a_birth_what_has_names_is_read():
    assert plain(told(Device(), {"name": "a", "float_value": 1.5}, {"name": "s", "string_value": "x"})) == [
        {"a": 1.5, "s": "x"}
    ]
    with pytest.raises(UnbornError, match="unknown data type"):
        told(Device(), {"name": "a", "int_value": 1})


def test_controls_are_left_out_but_their_aliases_known():
    device = Device()
    controls = ["bdSeq", "Node Control/Rebirth", "Device Control/Scan"]
    metrics = [{"name": name, "alias": alias, "boolean_value": False} for alias, name in enumerate(controls)]
    assert plain(told(device, *metrics, birth=True)) == [{"online": 1}]
    assert told(device, {"alias": 1, "boolean_value": True}) == []


def test_online_is_said_by_a_birth_unless_a_metric_is_called_so():
    assert plain(told(Device(), number("a", 1), birth=True, timestamp=5)) == [{"a": 1, "online": 1, "time": 5}]
    device = Device()
    assert plain(told(device, number("online", 7), birth=True)) == [{"online": 7}]
    assert math.isnan(device.end(0).values[0])
    assert len(device.end(0).values) == 1


def test_the_end():
    device = Device()
    told(device, number("a", 1), {"name": "s", "datatype": STRING, "string_value": "x"}, birth=True)
    row = device.end(9)
    assert repr(plain([row])) == repr([{"a": math.nan, "s": "", "online": 0.0, "time": 9.0}])
    assert [channel.kind for channel in row.channels] == ["number", "text", "state", "time"]


def test_the_end_of_what_was_never_heard():
    assert plain([Device().end(0)]) == [{"online": 0}]


def test_templates_are_flattened():
    device = Device()
    inner = {"name": "pid", "template_value": {"metrics": [{"name": "p", "datatype": INT8, "int_value": 0xFF}]}}
    loop = {"name": "loop", "alias": 4, "template_value": {"metrics": [inner, number("sp", 20)]}}
    assert plain(told(device, loop, birth=True, timestamp=5)) == [
        {"loop/pid/p": -1, "loop/sp": 20, "online": 1, "time": 5}
    ]
    later = {"alias": 4, "timestamp": 6, "template_value": {"metrics": [inner | {}]}}
    later["template_value"]["metrics"][0]["template_value"] = {"metrics": [{"name": "p", "int_value": 0xFE}]}  # type: ignore[index]
    assert plain(told(device, later)) == [{"loop/pid/p": -2, "time": 6}]


def test_template_definitions_give_nothing():
    definition = {"name": "_types_/loop", "template_value": {"metrics": [number("sp", 20)], "is_definition": True}}
    assert told(Device(), definition) == []


def test_templates_within_templates_have_a_bound():
    made = number("x", 1)
    for _ in range(MAX_DEPTH):
        made = {"name": "t", "template_value": {"metrics": [made]}}
    assert plain(told(Device(), made)) == [{"t/" * MAX_DEPTH + "x": 1}]
    with pytest.raises(FrameError, match="nested too deeply"):
        told(Device(), {"name": "t", "template_value": {"metrics": [made]}})


def test_arrays_are_channels():
    (row,) = told(Device(), {"name": "a", "datatype": 22, "bytes_value": b"\x01\xff"})
    assert plain([row]) == [{"a[0]": 1, "a[1]": -1}]


def dataset(columns: list[str], types: list[int], *rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"columns": columns, "types": types, "rows": [{"elements": row} for row in rows]}


def test_a_dataset_is_rows_of_a_stream_below():
    made = dataset(["a", "b"], [INT8, INT8], [{"int_value": 1}, {"int_value": 2}], [{"int_value": 3}, {}])
    rows = told(Device(), number("n", 1), {"name": "log", "dataset_value": made}, timestamp=5)
    assert [row.below for row in rows] == ["", "/log", "/log"]
    assert repr(plain(rows[1:])) == repr([{"a": 1.0, "b": 2.0, "time": 5.0}, {"a": 3.0, "b": math.nan, "time": 5.0}])


def test_a_column_of_dates_is_the_time_of_a_dataset():
    made = dataset(["a", "when"], [INT8, 13], *([{"int_value": n}, {"long_value": 100 + n}] for n in range(2)))
    rows = told(Device(), {"name": "log", "dataset_value": made}, timestamp=5)
    assert plain(rows) == [{"a": 0, "time": 100}, {"a": 1, "time": 101}]
    alone = dataset(["when"], [13], [{"long_value": 100}])
    assert told(Device(), {"name": "log", "dataset_value": alone}) == []


@pytest.mark.parametrize("name", ["a\nb", "x" * 200])
def test_names_that_cannot_be_shown(name: str):
    with pytest.raises(FrameError, match="bad name"):
        told(Device(), number(name, 1))


def test_metrics_without_a_name_or_alias():
    with pytest.raises(FrameError, match="metric without a name"):
        told(Device(), {"double_value": 1.0})


def test_what_it_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sparkplug_device, "MAX_METRICS", 10)
    device = Device()
    for place in range(9):
        told(device, number(f"a{place}", 1))
    told(device, *(number("a0", 1, alias=place) for place in range(5)))
    for metrics in (
        [number("b", 1), number("c", 1)],
        [number("a0", 1, alias=place) for place in range(20)],
        [{"name": "a0", "datatype": 22, "bytes_value": b"\0" * 20}],
        [number("a0", 1, timestamp=1 + place) for place in range(20)],
    ):
        with pytest.raises(FrameError, match="too many metrics"):
            told(device, *metrics)
    assert device.size <= 30

from __future__ import annotations

import pytest

from support.messages import read, rejected


def test_an_array_of_objects_is_a_row_each():
    assert read(("t", '[{"a": 1}, {"a": 2, "b": 3}]')) == {"t/a": [1, 2], "t/b": [3]}
    assert read(("t", "[]")) == {}


@pytest.mark.parametrize(
    ("payload", "columns"),
    [
        ('{"a": 1, "time": 1709294400}', {"t/a": [1], "t/time": [1709294400, "s"]}),
        ('{"Timestamp": "2024-03-01T12:00:00", "a": 1}', {"t/a": [1], "t/time": [1709294400, "wall"]}),
        ('{"ts": 1709294400123, "a": 1}', {"t/a": [1], "t/time": [1709294400123, "ms"]}),
        ('{"time": 1709294400}', {"t/time": [1709294400]}),
        ('{"time": 12, "a": 1}', {"t/time": [12], "t/a": [1]}),
        ('{"time": "12:00", "a": 1}', {"t/time": ["12:00"], "t/a": [1]}),
        ('[{"ts": 1709294400, "a": 1}]', {"t/a": [1], "t/time": [1709294400, "s"]}),
    ],
)
def test_a_field_that_is_a_time_is_the_rows(payload: str, columns: dict[str, list[object]]):
    assert read(("t", payload)) == columns


def test_a_message_is_rejected_as_a_whole():
    assert rejected(("t", '[{"a": 1}, {"\\u0007": 2}]')) == {"bad name": 1}


def test_words_within_json_are_as_words_alone():
    assert read(("t", '{"a": "ON", "b": "offline", "c": "5", "d": "eco", "e": "unknown", "f": null}')) == {
        "t/a": [1],
        "t/b": [0],
        "t/c": [5],
        "t/d": ["eco"],
        "t/e": ["unknown"],
    }

from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.cells import MAX_COLUMNS, FrameError
from stripchart.decoders.conventions.values import leaves, to_value
from stripchart.flow.records import Kind


@pytest.mark.parametrize(
    ("value", "kind", "number"),
    [
        (1, Kind.NUMBER, 1),
        (-0.0, Kind.NUMBER, 0),
        ("21.5", Kind.NUMBER, 21.5),
        (True, Kind.STATE, 1),
        ("Off", Kind.STATE, 0),
        ("idle", Kind.TEXT, "idle"),
        ("x" * 300, Kind.TEXT, "x" * 256),
    ],
)
def test_what_a_value_is(value: Any, kind: Kind, number: float | str):
    assert to_value(value) == (kind, number)


def test_leaves_have_the_names_of_their_branches():
    value = {"a": {"b": [1, {"c": None}], "": 2}, "d": True}
    assert leaves(value) == [("a/b[0]", 1), ("a/b[1]/c", None), ("a/", 2), ("d", True)]
    assert leaves([1, [2]]) == [("value[0]", 1), ("value[1][0]", 2)]
    assert leaves(5) == [("value", 5)]


@pytest.mark.parametrize(("value", "reason"), [([0] * (MAX_COLUMNS + 1), "too many columns")])
def test_leaves_are_limited(value: Any, reason: str):
    with pytest.raises(FrameError, match=reason):
        leaves(value)
    deep: Any = 1
    for _ in range(70):
        deep = [deep]
    with pytest.raises(FrameError, match="nested too deeply"):
        leaves(deep)

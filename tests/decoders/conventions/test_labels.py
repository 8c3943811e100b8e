from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.conventions.labels import NO_LABELS, Label, Labels


def test_what_is_said_above_counts():
    under = Labels(stream="s", channels={"a": Label("A", "W"), "b": Label("B")}, time="t", time_unit="ms")
    over = Labels(channels={"a": Label("", "kW", 5.0, "up"), "c": Label("C")})
    both = under.below(over)
    assert both.channels == {"a": Label("A", "kW", 5.0, "up"), "b": Label("B"), "c": Label("C")}
    assert (both.stream, both.time, both.time_unit) == ("s", "t", "ms")
    assert NO_LABELS.below(over) == over
    assert over.below(NO_LABELS) == over


@pytest.mark.parametrize(
    ("value", "state"), [("UP", True), ("1", False), (1, False), ("other", "other"), (5, 5), (None, None), ("", "")]
)
def test_words_become_states(value: Any, state: Any):
    assert Label(on="up", off="1").state(value) is state
    assert Label().state(value) is value


def test_one_word_leaves_all_others():
    assert [Label(on="up").state(value) for value in ("up", "down", "")] == [True, "down", ""]


@pytest.mark.parametrize(("stream", "renamed"), [("a/b", "x"), ("a/b/c", "x/c"), ("other", "other")])
def test_the_topic_within_a_streams_name_is_renamed(stream: str, renamed: str):
    assert Labels(stream="x").rename(stream, "a/b") == renamed
    assert NO_LABELS.rename(stream, "a/b") == stream


def test_the_time_is_taken_out_of_the_values():
    cells = [("a", 1), ("t", 5), ("b", 2)]
    assert Labels(time="t", time_unit="ms").split_time(cells, None) == ([("a", 1), ("b", 2)], (5.0, "ms"))
    assert NO_LABELS.split_time(cells, None) == (cells, None)

from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.cells import MAX_COLUMNS, DeviceTime, FrameError
from stripchart.decoders.conventions import rows as module
from stripchart.decoders.conventions.labels import Label, Labels
from stripchart.decoders.conventions.rows import Rows
from stripchart.decoders.conventions.units import Units
from stripchart.flow.records import Channel, Chunk, Kind
from support.decoding import NOW_NS, exact
from support.messages import columns

MESSAGE = Chunk(b"", NOW_NS, 0, "t")


def taken(rows: Rows) -> dict[str, list[Any]]:
    rows.commit()
    return columns(rows.take())


def test_a_row_has_names_units_and_the_devices_time():
    rows = Rows()
    assert rows.add(MESSAGE, [("a", 1), ("b", "x")], Units({"a": "V"}), time=DeviceTime(5.0, "ms"))
    assert taken(rows) == {"t/a": [1, "V"], "t/b": ["x"], "t/time": [5, "ms"]}


def test_a_channel_survives_that_its_value_changes_type():
    rows = Rows()
    for value in (1.5, None, "error", "unavailable", True, None, 2):
        rows.add(MESSAGE, [("a", value), ("b", 0)])
        rows.commit()
    found = columns(rows.take())
    assert found["t/b"] == [0] * 7
    assert found["t/a"] == [1.5, None, "error", None, 1, None, 2]


def test_kinds_of_a_changing_value():
    rows = Rows()
    for value in (None, "unknown", 1, None, True, None, "x", None):
        rows.add(MESSAGE, [("a", value)])
        rows.commit()
    kinds = [batch.channels[0].kind for batch in rows.take() for _ in range(len(batch))]
    assert kinds == ["text", "number", "number", "state", "state", "text", "state"]


def test_only_a_time_is_no_row():
    rows = Rows()
    assert not rows.add(MESSAGE, [("a", None)], time=DeviceTime(1.0, "s"))
    assert taken(rows) == {}


def test_rows_of_a_rejected_message_are_dropped():
    rows = Rows()
    rows.add(MESSAGE, [("a", 1)])
    rows.discard()
    rows.add(MESSAGE, [("b", 2)])
    assert taken(rows) == {"t/b": [2]}


def test_names_that_cannot_be_shown_and_too_many_values_are_refused():
    with pytest.raises(FrameError, match="bad name"):
        Rows().add(MESSAGE, [("\n", 1)])
    with pytest.raises(FrameError, match="too many columns"):
        Rows().add(MESSAGE, [(str(number), 1) for number in range(MAX_COLUMNS + 1)])


def test_equal_rows_have_the_same_channels_and_make_one_batch():
    rows = Rows()
    for number in range(3):
        rows.add(MESSAGE, [("a", number), ("a", number)])
        rows.commit()
    (batch,) = rows.take()
    assert [channel.name for channel in batch.channels] == ["a", "a 2"]
    assert len(batch) == 3


def test_labels_hold_for_their_topic():
    rows = Rows()
    rows.labels["t"] = Labels(stream="s", channels={"a": Label("A", "V", 9.0), "b": Label(on="up")})
    rows.add(MESSAGE, [("a", 1), ("b", "up")])
    rows.add(MESSAGE._replace(topic="u"), [("a", 1)])
    rows.commit()
    first, second = rows.take()
    assert first.stream == "s"
    assert first.channels == (Channel("A", "V", expires=9.0), Channel("b", kind=Kind.STATE))
    assert second.channels == (Channel("a"),)


def test_numbers_alone_are_as_a_row_of_one_value():
    fast, slow = Rows(), Rows()
    for rows in (fast, slow):
        rows.labels["t"] = Labels(stream="s", channels={"value": Label("A", "V", 9.0)})
    plain = fast.plain_number("t")
    assert plain
    fast.numbers(plain, [MESSAGE], module.np.array([1.5]))
    slow.add(MESSAGE, [("value", 1.5)])
    slow.commit()
    assert exact(fast.take()) == exact(slow.take())


def test_words_for_states_and_a_time_alone_have_no_fast_way():
    rows = Rows()
    rows.labels["t"] = Labels(channels={"value": Label(on="2")})
    assert rows.plain_number("t") is None
    rows.labels["t"] = Labels(time="value")
    assert rows.plain_number("t") is None


def test_what_is_known_of_streams_is_bounded(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(module, "MAX_REMEMBERED", 20)
    rows = Rows()
    for number in range(100):
        rows.add(MESSAGE._replace(topic=f"t{number % 7}"), [(str(number), 1)])
        rows.commit()
        assert sum(len(known.kinds) + 1 for known in rows._known.values()) <= 20

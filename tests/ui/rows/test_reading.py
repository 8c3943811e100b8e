from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.store.reading.rows import UnknownChannelsError
from stripchart.ui.rows import reading
from stripchart.ui.rows.joined import Joined
from stripchart.ui.rows.reading import MAX_POINTS, MAX_TEXTS, MAX_VALUES, MIN_POINTS, to_csv
from support.shelf import Shelf

if TYPE_CHECKING:
    from stripchart.flow.archive import Archive

EVER = 1 << 62


def read_columns(hub: Hub, *what: Any, archive: Archive | None = None) -> list[dict[str, Any]]:
    return reading.read_columns(Joined(hub, archive), *what)


def hub_of(times: object, values: list[object], kind: Kind = Kind.NUMBER) -> Hub:
    hub = Hub()
    channels = tuple(Channel(f"c{place}", kind=kind) for place in range(len(values)))
    hub.publish(make_batch("s", channels, times, values))
    return hub


@given(
    values=st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=300),
    points=st.integers(MIN_POINTS, 60),
    data=st.data(),
)
def test_the_bound_holds_whatever_the_clock_did_and_the_extremes_stay(
    values: list[float], points: int, data: st.DataObject
) -> None:
    times = data.draw(st.lists(st.integers(0, 10), min_size=len(values), max_size=len(values)))
    (column,) = read_columns(hub_of(times, [values]), ["s/c0"], 0, EVER, points)
    found = column["value"]
    assert len(found) == len(column["time"]) <= max(points, MIN_POINTS)
    if len(values) <= points:
        np.testing.assert_array_equal(found, values)
        assert column["time"].tolist() == times
    elif not np.isnan(values).all():
        assert np.nanmin(found) == np.nanmin(values)
        assert np.nanmax(found) == np.nanmax(values)


def test_only_rows_of_the_span_are_read_where_a_clock_stepped() -> None:
    hub = hub_of([100, 101, 5, 6, 7, 102, 103], [[0, 1, 2, 3, 4, 5, 6]])
    (column,) = read_columns(hub, [], 100, EVER, MIN_POINTS)
    assert column["time"].tolist() == [100, 101, 102, 103]
    assert column["value"].tolist() == [0, 1, 5, 6]
    (column,) = read_columns(hub, [], 0, 7, MIN_POINTS)
    assert column["value"].tolist() == [2, 3]


def test_the_ends_of_the_span_stay() -> None:
    (column,) = read_columns(hub_of(np.arange(100_001), [np.arange(100_001)]), [], 0, EVER, 100)
    assert column["time"][0] == 0
    assert column["time"][-1] == 100_000
    assert 90 <= len(column["time"]) <= 100


def test_a_long_answer_is_bounded_without_being_asked() -> None:
    many = MAX_POINTS + 10_000
    (column,) = read_columns(hub_of(np.arange(many), [np.arange(many)]), [], 0, EVER, 1 << 40)
    assert MAX_POINTS * 0.4 < len(column["value"]) <= MAX_POINTS


def test_many_channels_share_the_bound() -> None:
    wide, rows = 500, 2_000
    columns = read_columns(hub_of(np.arange(rows), [np.arange(rows)] * wide), [], 0, EVER, MAX_POINTS)
    assert len(columns) == wide
    assert MAX_VALUES * 0.7 < sum(len(column["value"]) for column in columns) <= MAX_VALUES


def test_texts_are_bounded_too() -> None:
    texts = [f"text {row}" for row in range(MAX_TEXTS + 500)]
    texts[-1] = "x" * 1_000_000
    (column,) = read_columns(hub_of(np.arange(len(texts)), [texts], Kind.TEXT), [], 0, EVER, MAX_POINTS)
    assert len(column["value"]) == len(column["time"]) == MAX_TEXTS
    assert column["value"][0] == "text 500"
    assert len(column["value"][-1]) < 1_000


def test_numbers_and_text_under_one_name_are_both_read() -> None:
    hub = hub_of([1], [[5]])
    hub.publish(make_batch("s", (Channel("c0", kind=Kind.TEXT),), [2], [["off"]]))
    numbers, texts = read_columns(hub, ["s/c0"], 0, EVER, 100)
    assert numbers["channel"] == texts["channel"] == "s/c0"
    np.testing.assert_array_equal(numbers["value"], [5, np.nan])
    assert (texts["time"].tolist(), texts["value"]) == ([2], ["off"])


def test_what_is_unknown_is_named() -> None:
    with pytest.raises(UnknownChannelsError) as error:
        read_columns(hub_of([1], [[5]]), ["s/c0,b", "a"], 0, EVER, 100)
    assert error.value.args[0] == ["a", "b"]


class TestRecord:
    """Rows that memory has forgotten come from the record."""

    def filled(self, rows: int, kind: Kind = Kind.NUMBER, step: int = 10) -> tuple[Hub, Shelf]:
        hub, shelf = Hub(history_rows=2_000), Shelf()
        channels = (Channel("c0", kind=kind),)
        for first in range(0, rows, 100):
            numbers = range(first, first + 100)
            values = (
                [[f"text {number}" if number % 3 else "" for number in numbers]] if kind is Kind.TEXT else [numbers]
            )
            batch = make_batch("s", channels, [number * step for number in numbers], values)
            hub.publish(batch)
            shelf.add(batch)
        assert hub.held("s").first > 0
        return hub, shelf

    def test_every_row_once_if_there_is_room(self) -> None:
        hub, shelf = self.filled(20_000)
        (column,) = read_columns(hub, [], 0, EVER, MAX_POINTS, archive=shelf)
        assert column["time"].tolist() == list(range(0, 200_000, 10))
        assert column["value"].tolist() == list(range(20_000))
        assert shelf.asked == []
        (column,) = read_columns(hub, [], 5_000, 199_000, MAX_POINTS, archive=shelf)
        assert column["value"].tolist() == list(range(500, 19_900))

    @pytest.mark.parametrize("span", [(0, EVER), (-EVER, EVER), (5_000, 300_000), (5_000, 60_000)])
    def test_else_their_extremes(self, span: tuple[int, int]) -> None:
        hub, shelf = self.filled(40_000)
        (column,) = read_columns(hub, [], *span, 1_000, archive=shelf)
        assert shelf.asked
        first, last = max(span[0], 0) // 10, min(span[1] // 10, 40_000) - 1
        assert 300 < len(column["value"]) == len(column["time"]) <= 1_000
        assert (column["value"].min(), column["value"].max()) == (first, last)
        assert (column["time"][0], column["time"][-1]) == (first * 10, last * 10)
        assert (np.diff(column["time"]) > 0).all()

    def test_the_newest_texts(self) -> None:
        hub, shelf = self.filled(6_000, Kind.TEXT)
        held = sum(1 for number in range(hub.held("s").first, 6_000) if number % 3)
        expected = [number for number in range(6_000) if number % 3]
        for most in (held - 10, held, held + 50, 3_000, 10_000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(reading, "MAX_TEXTS", most)
                (column,) = read_columns(hub, [], 0, EVER, MAX_POINTS, archive=shelf)
            assert column["value"] == [f"text {number}" for number in expected[-most:]]
            assert column["time"].tolist() == [number * 10 for number in expected[-most:]]
        (column,) = read_columns(hub, [], 100, 205, MAX_POINTS, archive=shelf)
        assert column["value"] == [f"text {number}" for number in range(10, 21) if number % 3]

    def test_what_is_only_in_the_record(self) -> None:
        shelf = Shelf()
        shelf.add(make_batch("old", (Channel("v", "V"), Channel("t", kind=Kind.TEXT)), [5, 6], [[1, 2], ["", "x"]]))
        numbers, texts = read_columns(Hub(), ["old"], 0, EVER, MAX_POINTS, archive=shelf)
        assert (numbers["channel"], numbers["unit"], numbers["value"].tolist()) == ("old/v", "V", [1, 2])
        assert (texts["channel"], texts["time"].tolist(), texts["value"]) == ("old/t", [6], ["x"])
        assert read_columns(Hub(), ["old/v"], 100, EVER, MAX_POINTS, archive=shelf)[0]["value"].tolist() == []


@given(st.text(max_size=20), st.text(max_size=20))
def test_csv_keeps_any_name_and_text_in_its_cell(name: str, text: str) -> None:
    import csv
    import io

    column = {"channel": name, "unit": "", "time": np.array([1]), "value": [text]}
    # Python's reader takes a line end in quotes as it stands only without newline translation.
    rows = list(csv.reader(io.StringIO(to_csv([column]).decode(), newline="")))
    assert len(rows) == 2
    for cell, given_text in zip(rows[1][1:], (name, text), strict=True):
        assert cell in {given_text, f"'{given_text}"}
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.rows.joined import BATCH_ROWS, Joined, JoinedStream
from support.shelf import Shelf
from support.tables import numbered, plain, rows

if TYPE_CHECKING:
    from stripchart.flow.records import Batch
    from stripchart.store.reading.rows import Choice

ROWS = 30_000


@pytest.fixture
def filled() -> tuple[Hub, Shelf, list[Batch]]:
    """A hub that has forgotten most, and a shelf that has all, with a gap now and then."""
    hub, shelf = Hub(history_rows=3_000), Shelf()
    times = np.arange(ROWS) * 10
    times[500:700] -= 3_000  # a clock that stepped back
    batches = []
    for first in range(0, ROWS, 100):
        here = slice(first, first + 100)
        batch = make_batch("s", (Channel("v"),), times[here], [np.arange(ROWS)[here]], gap=first % 1700 == 0)
        batches.append(batch)
        hub.publish(batch)
        shelf.add(batch)
    assert 0 < hub.held("s").first < ROWS
    return hub, shelf, batches


def test_every_row_comes_once_and_in_order(filled: tuple[Hub, Shelf, list[Batch]]) -> None:
    hub, shelf, batches = filled
    found = list(Joined(hub, shelf).batches("s"))
    assert plain(found) == plain(batches)
    assert max(map(len, found)) <= BATCH_ROWS


@pytest.mark.parametrize("span", [(0, 4_000), (4_500, 250_000), (100_000, 100_010), (-5, 0), (299_000, 10**9)])
def test_a_span_is_read_exactly(filled: tuple[Hub, Shelf, list[Batch]], span: tuple[int, int]) -> None:
    hub, shelf, batches = filled
    found = plain(Joined(hub, shelf).batches("s", *span))
    assert [row._replace(gap=False) for row in found] == [
        row._replace(gap=False) for row in plain(batches) if span[0] <= row.time < span[1]
    ]


def test_what_comes_and_goes_meanwhile_changes_nothing(filled: tuple[Hub, Shelf, list[Batch]]) -> None:
    hub, shelf, batches = filled
    joined = Joined(hub, shelf)
    for first in range(0, ROWS, 100):
        hub.publish(numbered(100, start=first, stream="s"))
        shelf.add(numbered(100, start=first, stream="s"))
    assert plain(joined.batches("s")) == plain(batches)


def test_an_earlier_run_comes_first() -> None:
    hub, shelf = Hub(), Shelf()
    shelf.add(numbered(5, start=0))
    shelf.new_run()
    for start in (100, 200):
        hub.publish(numbered(5, start=start, step=1))
        shelf.add(numbered(5, start=start, step=1))
    found = plain(Joined(hub, shelf).batches("bench"))
    assert [row.time for row in found] == [*range(0, 5_000_000, 1_000_000), *range(100, 105), *range(200, 205)]


def test_streams_are_those_of_both() -> None:
    hub, shelf = Hub(), Shelf()
    shelf.add(make_batch("old", (Channel("v"),), [7, 3], [[1, 2]]))
    shelf.add(make_batch("both", (Channel("v", "old unit"), Channel("w")), [1], [[1], [2]]))
    shelf.new_run()
    hub.publish(make_batch("new", (Channel("v"),), [5], [[1]]))
    hub.publish(make_batch("both", (Channel("v", "V"), Channel("v", kind=Kind.TEXT)), [9], [[1], ["x"]]))
    joined = Joined(hub, shelf)
    assert joined.streams == [
        JoinedStream("new", (Channel("v"),)),
        JoinedStream("both", (Channel("v", "V"), Channel("w"), Channel("v", kind=Kind.TEXT))),
        JoinedStream("old", (Channel("v"),)),
    ]
    assert [joined.span(name) for name in ("new", "both", "old", "nix")] == [(5, 5), (1, 9), (3, 7), None]
    assert [row.time for row in plain(joined.batches("old"))] == [7, 3]
    assert list(joined.batches("nix")) == []
    assert joined.picture("new", ["v"], 0, 10, 1) == []


@given(drawn=rows("s"), cut=st.integers(0, 5))
def test_without_a_record_it_is_what_memory_holds(drawn: tuple[Choice, list[Batch]], cut: int) -> None:
    _, batches = drawn
    hub = Hub()
    for batch in batches[: cut + 1]:
        hub.publish(batch)
    assert plain(Joined(hub, None).batches("s")) == plain(batches[: cut + 1])

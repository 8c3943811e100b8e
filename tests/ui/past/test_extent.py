from __future__ import annotations

from typing import Final

import numpy as np

from stripchart.flow.records import Channel, Kind, make_batch
from stripchart.ui.past.extent import VOID_NS, Extent, find_extent
from support.shelf import Shelf

HOUR: Final = 3_600 * 10**9
NOW: Final = 1_796_000_000 * 10**9
LATER: Final = NOW + 12 * VOID_NS


def extent(now: int = NOW, **times: list[int]) -> Extent | None:
    """Return the extent of streams with rows at some times, in order of arrival."""
    shelf = Shelf()
    for stream, each in times.items():
        shelf.add(make_batch(stream, (Channel("a"),), np.array(each), [np.zeros(len(each))]))
    return find_extent(shelf, shelf.streams(), now)


def test_nothing() -> None:
    assert extent() is None
    assert extent(a=[-5]) == (-5, -5, {})


def test_a_stream_far_away_is_left_out_and_named() -> None:
    assert extent(a=[NOW - HOUR, NOW], b=[7, 5, 9], c=[NOW - 2 * HOUR]) == (NOW - 2 * HOUR, NOW, {"b": 5})
    assert extent(a=[NOW - HOUR], b=[LATER]) == (NOW - HOUR, NOW - HOUR, {"b": LATER})
    assert extent(LATER, a=[NOW - HOUR], b=[LATER]) == (LATER, LATER, {"a": NOW - HOUR})


def test_so_are_the_first_rows_of_a_stream_whose_clock_was_set_later() -> None:
    times = [*range(0, 10 * HOUR, HOUR), *range(NOW - 99 * HOUR, NOW, HOUR)]
    assert extent(a=times) == (NOW - 99 * HOUR, NOW - HOUR, {"a": 0})
    assert extent(a=times[::-1], b=[3]) == (NOW - 99 * HOUR, NOW - HOUR, {"a": 0, "b": 3})


def test_what_is_far_but_not_beside_the_rest_belongs_to_it() -> None:
    assert extent(a=[0, 6 * VOID_NS], b=[NOW]) == (NOW, NOW, {"a": 0})
    weekly = list(range(NOW - 6 * VOID_NS, NOW, VOID_NS // 52))
    old = NOW - 50 * VOID_NS
    assert extent(a=weekly, b=[old]) == (old, weekly[-1], {})
    assert extent(a=[NOW - VOID_NS, NOW]) == (NOW - VOID_NS, NOW, {})


def test_texts_alone_are_taken_as_they_are() -> None:
    shelf = Shelf()
    shelf.add(make_batch("log", (Channel("text", kind=Kind.TEXT),), [0, NOW], [["a", "b"]]))
    assert find_extent(shelf, shelf.streams(), NOW) == (0, NOW, {})

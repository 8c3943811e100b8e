from __future__ import annotations

from base64 import b64decode
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.flow.records import Channel, make_batch
from stripchart.ui.past.overview import COLUMNS, MAX_RUNS, NOTHING, TOP, overview
from support.shelf import Shelf

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEY = ("s", "a", False)


def strip(time: Any, value: Any, gaps: tuple[int, ...] = (), stop: int = COLUMNS) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the lowest and the highest level in each column of one channel, one nanosecond wide."""
    shelf = Shelf()
    edges = [0, *gaps, len(time)]
    for begin, end in pairwise(edges):
        shelf.add(make_batch("s", (Channel("a"),), time[begin:end], [value[begin:end]], gap=begin in gaps))
    data = np.frombuffer(b64decode(overview(shelf, [KEY], 0, stop)[KEY]), np.uint8).astype(int)
    return data[:COLUMNS], data[COLUMNS:]


def test_the_extremes_of_every_column() -> None:
    time = np.arange(COLUMNS * 100)
    value = np.where(time % 100 == 50, 1000.0, time / 1000)
    low, high = strip(time, value, stop=len(time))
    assert (high == TOP).all()
    assert low[0] == 0
    assert (np.diff(low) >= 0).all()
    assert low[-1] == round(59.9 / 1000 * TOP)


def test_a_slow_line_crosses_empty_columns_and_a_gap_is_blank() -> None:
    low, high = strip([0, 100, 200, 300], [0.0, 10.0, 10.0, 0.0], gaps=(2,))
    assert (low == high).all()
    assert low[[0, 50, 100]].tolist() == [0, TOP // 2, TOP]
    assert (low[101:200] == NOTHING).all()
    assert low[[200, 250, 300]].tolist() == [TOP, TOP // 2, 0]
    assert (low[301:] == NOTHING).all()


def test_more_gaps_than_columns() -> None:
    time = np.arange(2 * MAX_RUNS)
    low, high = strip(time, time * 1.0, gaps=tuple(range(1, 2 * MAX_RUNS)), stop=2 * MAX_RUNS)
    assert (low[:500] <= high[:500]).all()
    assert (low[500:] == NOTHING).all()


@pytest.mark.parametrize(
    ("value", "levels"),
    [
        ([5.0, 5.0], [127, 127]),
        ([-1.7e308, 1.7e308], [0, TOP]),
        ([np.nan, 3.0], [NOTHING, 127]),
        ([np.inf, 3.0], [NOTHING, 127]),
    ],
)
def test_any_value(value: list[float], levels: list[int]) -> None:
    low, high = strip([0, 1], value)
    assert low[:2].tolist() == levels
    assert high[:2].tolist() == levels


def test_nothing_to_draw() -> None:
    shelf = Shelf()
    assert overview(shelf, [KEY], 0, 1) == {}
    shelf.add(make_batch("s", (Channel("a"),), [0], [[np.nan]]))
    assert overview(shelf, [KEY, ("s", "a", True), ("s", "b", False)], 0, 1) == {}

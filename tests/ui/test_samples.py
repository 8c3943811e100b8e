from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.joined import Joined
from stripchart.ui.samples import newest_samples
from support.shelf import Shelf

if TYPE_CHECKING:
    from stripchart.flow.records import Batch

A, B = Channel("a"), Channel("b")
ALL = (-(1 << 62), 1 << 62)


def batch(first: int, stop: int, *, gap: bool = False) -> Batch:
    time = np.arange(first, stop) * 1000
    return make_batch("s", (A, B), time, [time / 1000, -time / 1000], gap=gap)


@pytest.fixture
def rows() -> Joined:
    """5,000 rows, of which memory holds the last few hundred."""
    shelf, hub = Shelf(), Hub(history_rows=300)
    with shelf.record(hub):
        for first in range(0, 5_000, 100):
            hub.publish(batch(first, first + 100, gap=first == 2_500))
    assert 1_000 < hub.held("s").first < 4_900
    return Joined(hub, shelf)


def test_memory_and_record_are_read_as_one(rows: Joined) -> None:
    found = newest_samples(rows, "s", A, ALL)
    np.testing.assert_array_equal(found.value, np.arange(5_000))
    np.testing.assert_array_equal(found.time, np.arange(5_000) * 1000)
    assert found.whole
    assert found.gaps.tolist() in ([2_500], [0, 2_500])


def test_a_span_has_its_rows_and_no_others(rows: Joined) -> None:
    found = newest_samples(rows, "s", B, (1_000_000, 1_002_000))
    np.testing.assert_array_equal(found.value, [-1_000, -1_001])
    assert found.whole


def test_of_too_many_the_newest_are_kept(rows: Joined) -> None:
    found = newest_samples(rows, "s", A, ALL, most=2_600)
    np.testing.assert_array_equal(found.value, np.arange(2_400, 5_000))
    assert not found.whole
    assert found.gaps.tolist() == [100]


def test_nothing_there_is_an_empty_answer(rows: Joined) -> None:
    found = newest_samples(rows, "s", A, (9_000_000, 10_000_000))
    assert not len(found.time)
    assert found.whole

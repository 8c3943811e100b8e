from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stripchart.flow.hub import Hub
from stripchart.flow.records import Channel, make_batch
from stripchart.ui.rows.joined import Joined
from stripchart.ui.rows.samples import LOOKS, nearest_numbers, newest_samples, sample_before
from support.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    (found,) = newest_samples(rows, "s", [A], ALL)
    np.testing.assert_array_equal(found.value, np.arange(5_000))
    np.testing.assert_array_equal(found.time, np.arange(5_000) * 1000)
    assert found.whole
    assert found.gaps.tolist() in ([2_500], [0, 2_500])


def test_a_span_has_its_rows_and_no_others(rows: Joined) -> None:
    (found,) = newest_samples(rows, "s", [B], (1_000_000, 1_002_000))
    np.testing.assert_array_equal(found.value, [-1_000, -1_001])
    assert found.whole


def test_of_too_many_the_newest_are_kept(rows: Joined) -> None:
    (found,) = newest_samples(rows, "s", [A], ALL, most=2_600)
    np.testing.assert_array_equal(found.value, np.arange(2_400, 5_000))
    assert not found.whole
    assert found.gaps.tolist() == [100]


def test_the_sample_before_a_span_is_found_in_memory_and_record(rows: Joined) -> None:
    assert sample_before(rows, "s", B, (4_990_000, 4_995_000)) == (4_989_000, -4_989)
    assert sample_before(rows, "s", A, (1_000_500, 1_001_000)) == (1_000_000, 1_000)
    assert sample_before(rows, "s", A, (0, 1_000)) is None
    assert sample_before(rows, "none", A, (0, 1_000)) is None
    # Not further back than so many looks, each twice as far as the one before.
    far = 4_999_000 + 1_000 * 2**LOOKS
    assert sample_before(rows, "s", A, (far - 1_000, far)) == (4_999_000, 4_999)
    assert sample_before(rows, "s", A, (far, far + 1_000)) is None


def test_channels_that_come_together_are_read_together(rows: Joined) -> None:
    a, b = newest_samples(rows, "s", [A, B], ALL)
    np.testing.assert_array_equal(a.value, -b.value)
    assert len(a.time) == len(b.time) == 5_000


def test_of_channels_that_come_in_turns_each_has_its_own_samples() -> None:
    hub = Hub()
    for place in range(6):
        hub.publish(make_batch("s", ((A, B)[place % 2],), [place], [[place * 1.5]], gap=place in (1, 4)))
    a, b = newest_samples(Joined(hub, None), "s", [A, B], ALL)
    assert (a.time.tolist(), a.value.tolist(), a.gaps.tolist()) == ([0, 2, 4], [0, 3, 6], [1, 2])
    assert (b.time.tolist(), b.value.tolist(), b.gaps.tolist()) == ([1, 3, 5], [1.5, 4.5, 7.5], [0, 2])


class Untouched(Shelf):
    def batches(self, *_: Any, **__: Any) -> Iterator[Batch]:
        raise AssertionError("memory has it all")


@pytest.mark.parametrize("span", [ALL, (20_000, 90_000), (95_000, 1 << 62)])
def test_the_record_is_not_read_for_what_memory_has(span: tuple[int, int]) -> None:
    shelf, hub = Untouched(), Hub()
    with shelf.record(hub):
        hub.publish(batch(0, 100))
    (found,) = newest_samples(Joined(hub, shelf), "s", [A], span)
    assert len(found.time) == sum(span[0] <= time * 1000 < span[1] for time in range(100))
    assert found.whole


def test_nothing_there_is_an_empty_answer(rows: Joined) -> None:
    (found,) = newest_samples(rows, "s", [A], (9_000_000, 10_000_000))
    assert not len(found.time)
    assert found.whole


@pytest.mark.parametrize(
    ("time_ns", "expected"),
    [(1_234_400, 1_234), (1_234_500, 1_235), (4_999_000, 4_999), (-(10**12), 0), (10**18, 4_999)],
)
def test_the_nearest_number_is_found_in_memory_and_in_the_record(rows: Joined, time_ns: int, expected: float) -> None:
    assert nearest_numbers(rows, "s", [B, A], time_ns) == [-expected, expected]


def test_what_is_no_number_is_passed_over_and_the_search_has_an_end() -> None:
    hub = Hub()
    second = 1_000_000_000
    value = np.full(100, np.nan)
    value[[3, 90]] = 3, 90
    hub.publish(make_batch("s", (A, B), np.arange(100) * second, [value, np.full(100, np.nan)]))
    rows = Joined(hub, None)
    assert nearest_numbers(rows, "s", [A, B], 40 * second) == [3, None]
    assert nearest_numbers(rows, "s", [B, A], 50 * second) == [None, 90]
    assert nearest_numbers(rows, "nobody", [A], 0) == [None]
    assert nearest_numbers(rows, "s", [A], 40 * second, most=10) == [None]

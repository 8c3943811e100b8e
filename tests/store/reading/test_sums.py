from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.history import within
from stripchart.flow.records import ABSENT, Batch, Channel, Kind, make_batch
from stripchart.store.reading.reader import Recording
from stripchart.store.reading.rows import Choice
from stripchart.store.reading.sums import MAX_SPANS, check_spans, numbers, summarise, summed, sums, window_for
from stripchart.store.writing.writer import Writer
from support.tables import plain

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from stripchart.store.reading.shape import Summary

CHANNELS = (Channel("temp", "°C"), Channel("mode", kind=Kind.TEXT), Channel("door", kind=Kind.STATE))
CHOICE = Choice("s", CHANNELS)


def over(batches: list[Batch], every: int) -> Callable[[int, int], Summary]:
    def between(start: int, stop: int) -> Summary:
        return summarise([within(batch, start, stop) for batch in batches], numbers(CHOICE), start, stop, every)

    return between


def test_four_numbers_for_each_channel_of_numbers() -> None:
    described = summed(CHOICE)
    assert described is not None
    assert described.channels == (
        Channel("temp min", "°C"), Channel("temp max", "°C"), Channel("temp mean", "°C"), Channel("temp count"),
        Channel("door min"), Channel("door max"), Channel("door mean"), Channel("door count"),
    )  # fmt: skip
    assert summed(Choice("s", CHANNELS[1:2])) is None


def test_the_sums() -> None:
    batches = [
        make_batch("s", CHANNELS, [-1, 0, 9, 10], [[1, 2, np.nan, ABSENT], ["a"] * 4, [0, 1, 1, 1]]),
        make_batch("s", CHANNELS[:1], [5, 30, 40], [[-4, 7, 8]]),
    ]
    found = plain(sums(CHOICE, over(batches, 10), -5, 40, 10))
    assert [row.time for row in found] == [-10, 0, 10, 30]
    shown = [
        {name: float.fromhex(value) for (name, _), value in row.cells.items() if name.startswith("temp")}
        for row in found
    ]
    assert shown == [
        {"temp min": 1, "temp max": 1, "temp mean": 1, "temp count": 1},
        {"temp min": -4, "temp max": 2, "temp mean": -1, "temp count": 2},
        {"temp count": 0},
        {"temp min": 7, "temp max": 7, "temp mean": 7, "temp count": 1},
    ]


@given(
    st.lists(st.tuples(st.integers(0, 100_000), st.integers(-50, 50)), min_size=1, max_size=50),
    st.sampled_from([1, 7, 50, 100_000]), st.integers(0, 50_000), st.integers(50_000, 100_000),
)  # fmt: skip
def test_they_are_the_same_whatever_the_windows(rows: list[tuple[int, int]], every: int, start: int, stop: int) -> None:
    times, values = zip(*rows, strict=True)
    batch = make_batch("s", CHANNELS[:1], times, [values])
    found = plain(sums(CHOICE, over([batch], every), start, stop, every))
    expected: dict[int, list[int]] = {}
    for time, value in rows:
        if start <= time < stop:
            expected.setdefault(time // every * every, []).append(value)
    assert [row.time for row in found] == sorted(expected)
    for row in found:
        here = expected[row.time]
        assert row.cells["temp min", False] == float(min(here)).hex()
        assert row.cells["temp max", False] == float(max(here)).hex()
        assert float.fromhex(row.cells["temp mean", False]) == pytest.approx(sum(here) / len(here))
        assert row.cells["temp count", False] == float(len(here)).hex()


def test_a_recording_gives_the_same(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    count = 20_000
    times = np.cumsum(rng.integers(0, 50, count))
    values = [rng.integers(-100, 100, count), ["x"] * count, rng.integers(0, 2, count)]
    batch = make_batch("s", CHANNELS, times, values)
    writer = Writer(tmp_path / "a.stripchart")
    writer.append(batch)
    writer.close()
    stop = int(times[-1]) - 777
    with Recording(tmp_path / "a.stripchart") as recording:
        names = [channel.name for channel in numbers(CHOICE)]

        def stored(start: int, stop: int) -> Summary:
            return recording.summary("s", names, start, stop, 1000)

        found = plain(sums(CHOICE, stored, 333, stop, 1000))
    expected = plain(sums(CHOICE, over([batch], 1000), 333, stop, 1000))
    assert len(found) > 400
    assert [row.time for row in found] == [row.time for row in expected]
    for row, other in zip(found, expected, strict=True):
        for key, value in row.cells.items():
            assert float.fromhex(value) == pytest.approx(float.fromhex(other.cells[key]))


def test_many_spans_at_once_come_in_batches() -> None:
    batch = make_batch("s", CHANNELS[:1], range(5000), [range(5000)])
    at_once = list(sums(CHOICE, over([batch], 1), 0, 5000, 1, window=10_000))
    assert [len(part) for part in at_once] == [2048, 2048, 904]
    assert plain(at_once) == plain(sums(CHOICE, over([batch], 1), 0, 5000, 1))


def test_fewer_spans_are_asked_for_at_once_where_there_are_many_rows() -> None:
    assert [window_for(rows, 100) for rows in (0, 10_000, 100_000, 10**9)] == [1000, 1000, 200, 97]
    assert window_for(5, 0) == 1000


def test_sums_that_overflow() -> None:
    batch = make_batch("s", CHANNELS[:1], [0, 1, 10, 11], [[1e308, 1e308, np.inf, -np.inf]])
    means = [row.cells["temp mean", False] for row in plain(sums(CHOICE, over([batch], 10), 0, 20, 10))]
    assert means == ["inf", "nan"]


def test_too_many_spans_are_refused() -> None:
    check_spans(0, MAX_SPANS, 1)
    check_spans(5, 0, 1)
    with pytest.raises(ConfigError, match=r"^every: expected longer .* not 10,000,001"):
        check_spans(0, MAX_SPANS + 1, 1)

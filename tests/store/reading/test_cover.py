"""Any span of a recording, by brute force: of one whose clock steps, and in which sums are damaged or gone."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripchart.flow.records import ABSENT, Channel, is_absent, make_batch
from stripchart.store.format.schema import connect
from stripchart.store.reading.cover import Entries, cover
from stripchart.store.reading.reader import Recording
from stripchart.store.writing.writer import Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

ROWS = 150_000
CHANCE = np.random.default_rng(8)
TIME = np.cumsum(CHANCE.integers(1, 20, ROWS))
TIME[60_000:] -= 300_000
"""Once, the clock steps back over tens of thousands of rows; and here and there over a few."""
TIME[::777] -= 500
VALUES = np.round(CHANCE.normal(size=ROWS), 3)
VALUES[CHANCE.random(ROWS) < 0.1] = np.nan
VALUES[20_000:30_000] = ABSENT
EDGES = st.integers(int(TIME.min()) - 100, int(TIME.max()) + 100)


@pytest.fixture(scope="module", params=["whole", "damaged"])
def recording(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recording]:
    path = tmp_path_factory.mktemp("cover") / "a.stripchart"
    writer = Writer(path)
    for begin in range(0, ROWS, 7_000):
        rows = slice(begin, begin + 7_000)
        writer.append(make_batch("s", (Channel("a"),), TIME[rows], [VALUES[rows]]))
        writer.commit()
    writer.abandon()
    if request.param == "damaged":
        _damage(writer)
    with Recording(path) as opened:
        yield opened


def _damage(writer: Writer) -> None:
    """Take away a fifth of the sums, and damage another."""
    chance = random.Random(8)
    connection = connect(writer.path, write=True)
    for table in ("tier", "tier_time"):
        for (row,) in connection.execute(f"SELECT rowid FROM {table}").fetchall():  # noqa: S608 - our own names
            change = chance.choice([f"DELETE FROM {table}", f"UPDATE {table} SET crc = crc + 1", "", "", ""])  # noqa: S608 - likewise
            if change:
                connection.execute(f"{change} WHERE rowid = {row}")
    connection.close()


def near(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
    return stop - start <= 5_000


@settings(max_examples=60)
@given(EDGES, EDGES, st.integers(0, ROWS), st.integers(-10, 100) | st.integers(-ROWS, ROWS))
def test_each_row_of_a_span_is_in_one_part(recording: Recording, start: int, stop: int, first: int, count: int) -> None:
    end = min(first + count, ROWS)
    with recording._access.reading() as pages:
        parts = cover(pages, 1, [1], (first, end), (start, stop), near)
    seen = np.zeros(ROWS, np.int64)
    for part in parts:
        if isinstance(part, Entries):
            rows = slice(part.first, part.first + part.rows * len(part.spans.start))
            times = TIME[rows].reshape(-1, part.rows)
            assert part.spans.start.tolist() == times.min(axis=1).tolist()
            assert part.spans.stop.tolist() == times.max(axis=1).tolist()
            assert times.min() >= start
            assert times.max() < stop
            assert near(part.spans.start, part.spans.stop).all()
        else:
            rows = slice(part.first, part.first + len(part.time))
            assert part.time.tolist() == TIME[rows].tolist()
            np.testing.assert_array_equal(part.columns[1], VALUES[rows])
        seen[rows] += 1
    numbers = np.arange(ROWS)
    wanted = (start <= TIME) & (stop > TIME) & (numbers >= first) & (numbers < end)
    assert seen.max(initial=0) <= 1
    assert (seen[wanted] == 1).all()
    assert not seen[:first].any()
    assert not seen[max(end, 0) :].any()
    assert [part.first for part in parts] == sorted(part.first for part in parts)


@settings(max_examples=60)
@given(EDGES, EDGES, st.sampled_from([100, 5_000, 200_000, 10**9]))
def test_sums_and_pictures_of_any_span(recording: Recording, start: int, stop: int, every: int) -> None:
    inside = (start <= TIME) & (stop > TIME)
    found = recording.summary("s", ["a"], start, stop, every)
    buckets, rows = np.unique(TIME[inside] // every, return_counts=True)
    assert found.time.tolist() == (buckets * every).tolist()
    assert found.rows.tolist() == rows.tolist()
    values = VALUES[inside]
    assert found.held[0].sum() == np.count_nonzero(~np.isnan(values))
    for place in {0, len(buckets) // 2, len(buckets) - 1} if len(buckets) else ():
        here = values[TIME[inside] // every == buckets[place]]
        held = here[~np.isnan(here)]
        assert found.held[0][place] == len(held)
        if len(held):
            assert (found.low[0][place], found.high[0][place]) == (held.min(), held.max())
            assert found.mean[0][place] == pytest.approx(held.mean(), abs=1e-9)
        else:
            assert np.isnan([found.low[0][place], found.high[0][place], found.mean[0][place]]).all()

    runs = recording.picture("s", ["a"], start, stop, every)
    assert sum(int(run.weight.sum()) for run in runs) == np.count_nonzero(inside & ~is_absent(VALUES))
    if np.count_nonzero(~np.isnan(values)):
        drawn = np.concatenate([run.columns[0] for run in runs])
        assert (np.nanmin(drawn), np.nanmax(drawn)) == (np.nanmin(values), np.nanmax(values))

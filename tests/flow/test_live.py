from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stripchart.flow.live import HELD_ROWS, LiveReducer
from stripchart.flow.reduce import RAW_ROWS, Rows, join_rows, raw_rows

NUMBERS = st.floats(-1e6, 1e6) | st.just(float("nan"))
STEPS = st.lists(st.integers(0, 12), max_size=120)
"""Time from one row to the next; the bucket below is 10 wide, so some are dense and some empty."""
BUCKET = 10


def rows_of(steps: list[int], values: list[float]) -> Rows:
    time = np.cumsum(np.array(steps, np.int64)) + 1_700_000_000
    return raw_rows(time, [np.array(values[: len(steps)], np.float64), -np.arange(len(steps), dtype=np.float64)])


@st.composite
def streams(draw: st.DrawFn) -> Rows:
    steps = draw(STEPS)
    return rows_of(steps, draw(st.lists(NUMBERS, min_size=len(steps), max_size=len(steps))))


def cut(rows: Rows, places: list[int]) -> list[Rows]:
    edges = [0, *sorted(place % (len(rows.time) + 1) for place in places), len(rows.time)]
    return [rows.pick(slice(begin, end)) for begin, end in pairwise(edges)]


def run(reducer: LiveReducer, parts: list[Rows]) -> Rows:
    """Feed all parts and flush; return all that came out."""
    out = [emitted for part in parts for emitted in reducer.feed(part)]
    out += reducer.flush()
    return join_rows([*out, parts[0].pick(slice(0, 0))])


def extremes(rows: Rows, column: int) -> dict[int, tuple[float, float]]:
    """Return the least and the greatest value of each bucket that has one."""
    found: dict[int, tuple[float, float]] = {}
    for time, value in zip(rows.time.tolist(), rows.columns[column].tolist(), strict=True):
        if value == value:  # noqa: PLR0124 - not NaN
            low, high = found.get(time // BUCKET, (value, value))
            found[time // BUCKET] = min(low, value), max(high, value)
    return found


@given(streams(), st.lists(st.integers(0, 200), max_size=20))
def test_it_accounts_for_every_row_in_order_and_keeps_the_extremes(rows: Rows, places: list[int]) -> None:
    out = run(LiveReducer(BUCKET), cut(rows, places))
    assert out.weight.sum() == len(rows.time)
    assert (np.diff(out.time) >= 0).all()
    for column in range(2):
        assert extremes(out, column) == extremes(rows, column)


@given(streams(), st.lists(st.integers(0, 200), max_size=20))
def test_a_bucket_is_never_drawn_with_more_than_it_passes_and_holds(rows: Rows, places: list[int]) -> None:
    out = run(LiveReducer(BUCKET), cut(rows, places))
    counts = np.unique(out.time // BUCKET, return_counts=True)[1]
    # RAW_ROWS may pass before the bucket turns out dense, and up to RAW_ROWS that were held pass as they are.
    assert counts.max(initial=0) <= 2 * RAW_ROWS


@given(streams(), st.lists(st.integers(0, 200), max_size=20))
def test_what_came_out_is_never_taken_back(rows: Rows, places: list[int]) -> None:
    reducer = LiveReducer(BUCKET)
    last = -1
    fed = emitted = 0
    for part in cut(rows, places):
        fed += len(part.time)
        for out in reducer.feed(part):
            emitted += int(out.weight.sum())
            if len(out.time):
                assert out.time[0] >= last
                last = int(out.time[-1])
        assert emitted <= fed


@given(streams())
@example(rows_of([0] * 50, [1.0] * 50))
def test_a_slow_stream_passes_as_it_is_and_at_once(rows: Rows) -> None:
    slow = rows._replace(time=np.arange(len(rows.time), dtype=np.int64) * BUCKET)
    reducer = LiveReducer(BUCKET)
    for place in range(len(slow.time)):
        (out,) = reducer.feed(slow.pick(slice(place, place + 1)))
        assert out.time.tolist() == [place * BUCKET]
    assert reducer.flush() == []


def test_a_dense_stream_becomes_two_rows_a_bucket() -> None:
    count = 10_000
    rows = raw_rows(np.arange(count, dtype=np.int64), [np.sin(np.arange(count))])
    out = run(LiveReducer(100), [rows.pick(slice(place, place + 7)) for place in range(0, count, 7)])
    counts = np.unique(out.time // 100, return_counts=True)[1]
    assert (counts[2:] == 2).all()


def test_what_is_held_is_bounded() -> None:
    reducer = LiveReducer(1 << 60)
    for _ in range(20):
        reducer.feed(raw_rows(np.zeros(HELD_ROWS, np.int64), [np.arange(HELD_ROWS, dtype=np.float64)]))
        assert reducer._held is None or len(reducer._held.time) <= HELD_ROWS + 2
    (out,) = reducer.flush()
    assert out.weight.sum() == 20 * HELD_ROWS
    assert sorted(out.columns[0].tolist()) == [0, HELD_ROWS - 1]


def test_the_newest_rows_come_when_their_bucket_has_ended() -> None:
    reducer = LiveReducer(100)
    reducer.feed(raw_rows(np.arange(250, dtype=np.int64), [np.arange(250.0)]))
    assert reducer.flush(299) == []
    (late,) = reducer.flush(300)
    assert late.time.tolist() == [200, 249]
    assert late.weight.tolist() == [50, 0]
    assert reducer.flush(400) == []


@pytest.mark.parametrize("lag", [-1_000, 0, 50, 1_000, 10**9])
def test_a_clock_that_lags_does_not_undo_the_reduction(lag: int) -> None:
    reducer = LiveReducer(1_000)
    out = []
    for now in range(10**9 + 50, 10**9 + 10_050, 50):  # a tick is a twentieth of a bucket
        times = np.arange(now - 50, now, dtype=np.int64) - lag
        out += reducer.feed(raw_rows(times, [times.astype(float)]), now)
        out += reducer.flush(now)
    counts = np.unique(join_rows(out).time // 1_000, return_counts=True)[1]
    assert (counts[1:] <= 2).all()
    assert reducer.flush(now) == []
    (late,) = reducer.flush(now + 1_000)  # silence: the last bucket ends by this machine's clock
    assert len(late.time) == 2


def test_nothing_in_nothing_out() -> None:
    reducer = LiveReducer(0)
    assert reducer.feed(rows_of([], [])) == []
    assert reducer.flush() == []


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=100), st.lists(st.integers(0, 200), max_size=10))
def test_a_clock_that_steps_back_loses_nothing(times: list[int], places: list[int]) -> None:
    values = np.arange(len(times), dtype=np.float64)
    rows = raw_rows(np.array(times, np.int64), [values])
    out = run(LiveReducer(BUCKET), cut(rows, places))
    assert out.weight.sum() == len(times)
    assert out.columns[0].min() == 0
    assert out.columns[0].max() == len(times) - 1


@given(streams(), st.lists(st.integers(0, 200), max_size=20), st.lists(st.booleans(), min_size=21, max_size=21))
def test_an_eager_one_holds_nothing_whatever_it_was_before(rows: Rows, places: list[int], eager: list[bool]) -> None:
    reducer = LiveReducer(BUCKET)
    out, fed = [], 0
    for part, reducer.eager in zip(cut(rows, places), eager, strict=False):
        out += reducer.feed(part)
        fed += len(part.time)
        if reducer.eager and len(part.time):
            assert sum(int(emitted.weight.sum()) for emitted in out) == fed
    out += reducer.flush()
    assert sum(int(emitted.weight.sum()) for emitted in out) == len(rows.time)
    drawn = join_rows([*out, rows.pick(slice(0, 0))])
    assert (np.diff(drawn.time) >= 0).all()
    assert extremes(drawn, 0) == extremes(rows, 0)


def test_an_eager_one_draws_two_rows_a_bucket_and_call() -> None:
    count = 10_000
    rows = raw_rows(np.arange(count, dtype=np.int64), [np.sin(np.arange(count))])
    reducer = LiveReducer(100)
    reducer.eager = True
    drawn = join_rows(
        [out for place in range(0, count, 80) for out in reducer.feed(rows.pick(slice(place, place + 80)))]
    )
    assert drawn.weight.sum() == count
    assert len(drawn.time) < count / 15  # two rows for the end of a bucket, and two for the beginning of the next

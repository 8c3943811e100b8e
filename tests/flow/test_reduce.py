from __future__ import annotations

import math
from itertools import groupby

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.reduce import RAW_ROWS, Rows, join_rows, raw_rows, reduce_rows

NAN = math.nan
VALUES = st.one_of(st.integers(-5, 5).map(float), st.sampled_from([NAN, math.inf, -math.inf, -0.0, 1e300]))
SORTED = st.lists(st.integers(0, 40), max_size=120).map(sorted)
STEPPING = st.lists(st.integers(-40, 40), max_size=60)
BUCKETS = st.sampled_from([1, 3, 7, 1000])


@st.composite
def rows(draw: st.DrawFn, times: st.SearchStrategy[list[int]]) -> Rows:
    time = draw(times)
    columns = [draw(st.lists(VALUES, min_size=len(time), max_size=len(time))) for _ in range(draw(st.integers(0, 3)))]
    weight = draw(st.lists(st.integers(0, 9), min_size=len(time), max_size=len(time)))
    return Rows(np.array(time, np.int64), np.array(weight, np.int64), tuple(np.array(c, float) for c in columns))


def plain(given_rows: Rows, bucket: int) -> list[tuple[float, ...]]:
    """Reduce in plain Python: time, weight and the columns of each row that is due."""
    out = []
    for _, group in groupby(listed(given_rows), lambda row: row[0] // bucket):
        run = list(group)
        if len(run) <= RAW_ROWS:
            out += run
            continue
        first, last = [run[0][0], sum(row[1] for row in run)], [run[-1][0], 0]
        for column in zip(*(row[2:] for row in run), strict=True):
            known = [value for value in column if not math.isnan(value)] or [NAN]
            ends = [min(known), max(known)]
            if column[-1] < column[0]:
                ends.reverse()
            first.append(ends[0])
            last.append(ends[1])
        out += [tuple(first), tuple(last)]
    return out


def listed(reduced: Rows) -> list[tuple[float, ...]]:
    return list(
        zip(reduced.time.tolist(), reduced.weight.tolist(), *map(np.ndarray.tolist, reduced.columns), strict=True)
    )


@given(st.one_of(rows(SORTED), rows(STEPPING)), BUCKETS)
def test_it_does_what_plain_python_does(given_rows: Rows, bucket: int):
    np.testing.assert_array_equal(listed(reduce_rows(given_rows, bucket)), plain(given_rows, bucket))


@given(st.one_of(rows(SORTED), rows(STEPPING)), BUCKETS)
def test_weights_order_and_extremes_are_kept(given_rows: Rows, bucket: int):
    reduced = reduce_rows(given_rows, bucket)
    assert reduced.weight.sum() == given_rows.weight.sum()
    steps_back = np.diff(given_rows.time // bucket) < 0
    assert (np.diff(reduced.time // bucket) < 0).sum() == steps_back.sum()
    for before, after in zip(given_rows.columns, reduced.columns, strict=True):
        assert set(after[~np.isnan(after)]) <= set(before)
        if len(before) and not np.isnan(before).all():
            assert (np.nanmin(after), np.nanmax(after)) == (np.nanmin(before), np.nanmax(before))


@given(rows(SORTED), BUCKETS)
def test_twice_is_once(given_rows: Rows, bucket: int):
    once = reduce_rows(given_rows, bucket)
    assert reduce_rows(once, bucket) is once


@given(rows(SORTED))
def test_sparse_rows_pass_unchanged(given_rows: Rows):
    sparse = given_rows.pick(np.unique(given_rows.time, return_index=True)[1])
    assert reduce_rows(sparse, RAW_ROWS) is sparse


def test_the_arguments_are_left_alone():
    time = np.arange(100)
    column = np.arange(100.0)
    given_rows = raw_rows(time, [column])
    reduce_rows(given_rows, 50)
    assert time.tolist() == column.tolist() == list(range(100))
    assert given_rows.weight.sum() == 100


def test_dense_and_sparse_buckets_side_by_side():
    time = [*range(10), 15, 25, *range(30, 40)]
    reduced = reduce_rows(raw_rows(np.array(time), [np.array(time, float)]), 10)
    assert reduced.time.tolist() == [0, 9, 15, 25, 30, 39]
    assert reduced.weight.tolist() == [10, 0, 1, 1, 10, 0]


def test_a_bucket_shows_its_trend():
    fall = raw_rows(np.arange(10), [np.arange(10.0)[::-1], np.arange(10.0)])
    assert [column.tolist() for column in reduce_rows(fall, 10).columns] == [[9, 0], [0, 9]]


def test_a_lone_spike_survives_among_a_million():
    values = np.zeros(1_000_000)
    values[765_432] = 7.0
    reduced = reduce_rows(raw_rows(np.arange(1_000_000), [values]), 1000)
    assert len(reduced.time) == 2000
    assert reduced.columns[0].sum() == 7.0
    assert reduced.weight.sum() == 1_000_000


@pytest.mark.parametrize("step_back", [False, True])
def test_buckets_far_apart_cost_nothing(step_back: bool):
    time = np.concatenate((np.arange(10), 10**18 + np.arange(10)))
    if step_back:
        time = time[::-1].copy()
    assert len(reduce_rows(raw_rows(time, [np.zeros(20)]), 100).time) == 4


@pytest.mark.parametrize("bucket", [0, -5])
def test_a_bucket_needs_a_width(bucket: int):
    with pytest.raises(ValueError, match=f"bucket_ns: expected at least 1, got {bucket}"):
        reduce_rows(raw_rows(np.arange(10), []), bucket)


def test_rows_are_joined_and_picked():
    one = raw_rows(np.array([1, 2]), [np.array([1.0, 2.0])])
    two = raw_rows(np.array([3]), [np.array([3.0])])
    both = join_rows([one, two])
    assert listed(both) == [(1, 1, 1.0), (2, 1, 2.0), (3, 1, 3.0)]
    assert listed(both.pick(slice(1, None))) == [(2, 1, 2.0), (3, 1, 3.0)]
    assert join_rows([one]) is one

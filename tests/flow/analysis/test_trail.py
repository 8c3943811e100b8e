from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.analysis.trail import HELD_NS, Trail, pair, thin
from stripchart.flow.records import ABSENT

SECOND = 1_000_000_000
RANDOM = np.random.default_rng(8)


def seconds(*numbers: float) -> np.ndarray:
    return np.round(np.array(numbers) * SECOND).astype(np.int64)


def listed(trail: Trail) -> list[tuple[float, ...]]:
    return list(zip((trail.time / SECOND).tolist(), trail.x.tolist(), trail.y.tolist(), strict=True))


def test_rows_of_a_stream_are_pairs():
    time = seconds(1, 2, 3, 3, 2.5, 5)
    x = np.array([1, np.nan, 3, 4, 5, 6])
    y = np.array([1, 2, ABSENT, 4, 5, np.inf])
    assert listed(pair(time, x, time.copy(), y)) == [(1, 1, 1), (3, 4, 4), (2.5, 5, 5)]


def test_channels_that_come_in_turns_are_joined():
    time = seconds(*range(6))
    turns = np.arange(6.0), np.arange(6.0)
    turns[0][1::2] = ABSENT
    turns[1][::2] = ABSENT
    assert listed(pair(time, turns[0], time, turns[1])) == [(1, 0, 1), (3, 2, 3), (5, 4, 5)]


def test_each_y_gets_the_newest_x_at_or_before_it():
    time_x = seconds(2, 1, 3, 3, 4)  # out of order, and twice at 3
    x = np.array([2.0, 1, 3, 3.5, 4])
    found = pair(time_x, x, seconds(0.5, 1, 2.5, 3, 9.5), np.arange(5.0), held_ns=5 * SECOND)
    assert listed(found) == [(1, 1, 1), (2.5, 2, 2), (3, 3.5, 3)]
    late = pair(time_x, x, seconds(9.5), np.array([7.0]), held_ns=6 * SECOND)
    assert listed(late) == [(9.5, 4, 7)]


def test_a_value_holds_for_three_steps_and_not_where_it_is_no_number():
    time_x, x = seconds(0, 1, 2, 3), np.array([0.0, 1, np.nan, 3])
    found = pair(time_x, x, seconds(1.5, 2.5, 3.5, 5.9, 6.1), np.arange(5.0))
    assert [row[1:] for row in listed(found)] == [(1, 0), (3, 2), (3, 3)]
    lone = pair(time_x[:1], x[:1], np.array([HELD_NS, HELD_NS + 1]), np.zeros(2))
    assert lone.time.tolist() == [HELD_NS]


@pytest.mark.parametrize(("x", "y"), [([], []), ([1.0], []), ([], [1.0]), ([np.nan], [1.0])])
def test_nothing_pairs_with_nothing(x: list[float], y: list[float]):
    found = pair(np.arange(len(x)), np.array(x), np.arange(len(y)) + 5, np.array(y))
    assert [len(column) for column in found] == [0, 0, 0]


def test_a_gap_tears_the_line():
    time = seconds(*range(20), *range(60, 80))
    found = pair(time, np.arange(40.0), time, np.arange(40.0))
    assert np.flatnonzero(np.isnan(found.x)).tolist() == np.flatnonzero(np.isnan(found.y)).tolist() == [20]
    assert found.time[20] == found.time[19] == 19 * SECOND
    assert len(found.time) == 41


@pytest.mark.parametrize(("gaps", "shown"), [(0, 0), (3, 3), (20, 20), (40, 25), (999, 25)])
def test_points_and_gaps_are_as_many_as_asked_for_at_most(gaps: int, shown: int):
    wide = np.zeros(20_000)
    wide[np.arange(1, gaps + 1) * (20_000 // (gaps + 1))] = RANDOM.permutation(gaps) + 10
    time = seconds(*np.arange(20_000) + wide.cumsum())
    x, y = RANDOM.normal(size=(2, 20_000)).cumsum(1)
    found = pair(time, x, time, y, 100)
    assert 50 < len(found.time) <= 100
    assert 0.7 * shown <= np.isnan(found.x).sum() <= shown  # between two points there may be more than one
    assert (np.nanmin(found.x), np.nanmax(found.x)) == (x.min(), x.max())
    assert (np.nanmin(found.y), np.nanmax(found.y)) == (y.min(), y.max())


@given(
    st.lists(st.tuples(st.floats(-1e100, 1e100), st.sampled_from([0.0, 1.0, 1e-300, -5.0])), min_size=1, max_size=200),
    st.integers(8, 60),
)
def test_the_extremes_the_ends_and_the_order_are_kept(points: list[tuple[float, float]], most: int):
    x, y = np.array(points).T
    kept = thin(x, y, most)
    assert len(kept) <= most
    assert (np.diff(kept) > 0).all()
    assert (kept[0], kept[-1]) == (0, len(x) - 1)
    for column in (x, y):
        assert (column[kept].min(), column[kept].max()) == (column.min(), column.max())


def deviation(x: np.ndarray, y: np.ndarray, kept: np.ndarray) -> float:
    """Return how far the line is from any of its points, as a part of the picture."""
    start, stop = kept[:-1], kept[1:]
    piece = np.clip(np.searchsorted(kept, np.arange(len(x)), "right") - 1, 0, len(kept) - 2)
    ax, ay, bx, by = x[start][piece], y[start][piece], x[stop][piece], y[stop][piece]
    length = np.maximum((bx - ax) ** 2 + (by - ay) ** 2, 1e-30)
    along = np.clip(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0, 1)
    return float(np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)).max()) / np.ptp(x)


def test_a_long_rest_does_not_use_up_the_points():
    turn = np.linspace(0, 2 * np.pi, 2000)
    rest = RANDOM.normal(0, 1e-5, (2, 100_000))
    x = np.concatenate((np.cos(turn[:1000]), -1 + rest[0], np.cos(turn[1000:])))
    y = np.concatenate((np.sin(turn[:1000]), rest[1], np.sin(turn[1000:])))
    assert deviation(x, y, thin(x, y, 200)) < 0.002
    assert deviation(x, y, np.linspace(0, len(x) - 1, 200).astype(int)) > 0.1


def test_corners_and_tips_are_kept():
    corner = np.cumsum(RANDOM.integers(100, 1000, 60))
    x, y = np.zeros((2, corner[-1]))
    x[:] = np.interp(np.arange(len(x)), corner, np.arange(60) % 2 * 1.0)  # to and fro on one line
    y[:] = np.interp(np.arange(len(x)), corner, RANDOM.choice([0.0, 0.2, 1.0], 60))
    assert deviation(x, y, thin(x, y, 600)) < 0.005


def test_what_never_moves_is_thinned_by_its_rows():
    kept = thin(np.full(1000, 5.0), np.full(1000, -1.0), 45)
    assert 20 <= len(kept) <= 45
    assert np.diff(kept).max() <= 60

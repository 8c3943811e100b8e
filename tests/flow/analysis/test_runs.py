from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.analysis.runs import Runs, runs
from stripchart.flow.records import ABSENT

NAN = math.nan
STATES = st.sampled_from([0.0, 1.0, 2.0, NAN, float(ABSENT)])
TEXTS = st.sampled_from(["on", "off", ""])
ROWS = st.integers(0, 25).flatmap(
    lambda count: st.tuples(
        st.lists(st.integers(0, 30), min_size=count, max_size=count),
        st.one_of(*(st.lists(values, min_size=count, max_size=count) for values in (STATES, TEXTS))),
        st.lists(st.booleans(), min_size=count, max_size=count),
    )
)


def column(values: list[Any]) -> np.ndarray:
    return np.array(values, object if values and isinstance(values[0], str) else float)


def listed(found: Runs) -> list[tuple[Any, ...]]:
    return list(zip(found.start_ns.tolist(), found.stop_ns.tolist(), found.value.tolist(), strict=True))


def plain(times: list[int], values: list[Any], gaps: list[bool], stop: int) -> list[tuple[Any, ...]]:
    """Find the runs in plain Python."""
    rows, missing = [], False
    for time, value, gap in zip(times, values, gaps, strict=True):
        missing |= gap
        absent = value == "" or np.float64(value if isinstance(value, float) else 0).tobytes() == ABSENT.tobytes()
        if not absent:
            rows.append([time, value, missing])
            missing = False
    rows.sort(key=lambda row: row[0])
    instants: list[list[Any]] = []
    for time, value, gap in rows:
        if instants and instants[-1][0] == time:
            instants[-1][1:] = value, gap or instants[-1][2]
        else:
            instants.append([time, value, gap])
    found: list[list[Any]] = []
    for place, (time, value, gap) in enumerate(instants):
        after = instants[place + 1] if place + 1 < len(instants) else [max(stop, time), None, False]
        end = time if after[2] else after[0]
        if value != value:  # noqa: PLR0124 - NaN
            continue
        if found and not gap and found[-1][2] == value and found[-1][1] == time:
            found[-1][1] = end
        else:
            found.append([time, end, value])
    return [tuple(run) for run in found]


@given(ROWS, st.integers(0, 50))
def test_it_finds_what_plain_python_finds(rows: tuple[list[int], list[Any], list[bool]], stop: int):
    times, values, gaps = rows
    found = runs(np.array(times, np.int64), column(values), stop, np.flatnonzero(gaps))
    assert listed(found) == plain(times, values, gaps, stop)
    assert found.merged == 0


@given(ROWS, st.integers(3, 12))
def test_they_are_bounded_and_every_run_is_in_one(rows: tuple[list[int], list[Any], list[bool]], most: int):
    times, values, gaps = rows
    every = plain(times, values, gaps, 31)
    found = runs(np.array(times, np.int64), column(values), 31, np.flatnonzero(gaps), most)
    assert len(found.start_ns) <= most
    assert (found.stop_ns[:-1] <= found.start_ns[1:]).all()
    assert sum(value is not None for value in found.value) + found.merged == len(every)
    for start, stop, value in listed(found):
        assert value is None or (start, stop, value) in every
    if every and every[-1][1] == 31:  # the newest is known
        assert listed(found)[-1] == every[-1]


def test_equal_rows_are_one_run_and_the_last_lasts_until_now():
    found = runs(np.arange(6), np.array([0.0, 0, 1, 1, ABSENT, 1]), 10)
    assert listed(found) == [(0, 2, 0.0), (2, 10, 1.0)]


def test_gaps_and_what_is_not_known_stay_open():
    text = np.array(["on", "on", "on", "off"], object)
    assert listed(runs(np.array([0, 5, 20, 25]), text, 30, [2])) == [(0, 5, "on"), (20, 25, "on"), (25, 30, "off")]
    assert listed(runs(np.arange(4), np.array([1, NAN, NAN, 1.0]), 9)) == [(0, 1, 1.0), (3, 9, 1.0)]


def test_a_storm_of_changes_is_one_run_beside_the_long_ones():
    time = np.concatenate(([0], np.arange(1_000_000, 1_100_000), [5_000_000, 6_000_000]))
    value = np.concatenate(([7.0], np.arange(100_000) % 2, [3.0, 4.0]))
    found = runs(time, value, 6_000_001, most=9)
    assert listed(found)[0] == (0, 1_000_000, 7.0)
    assert listed(found)[-2:] == [(5_000_000, 6_000_000, 3.0), (6_000_000, 6_000_001, 4.0)]
    assert None in found.value
    assert len(found.value) <= 9
    assert found.merged > 99_000


def test_a_long_gap_stays_open_beside_a_storm():
    time = np.concatenate((np.arange(1000), np.arange(5000, 6000)))
    found = runs(time, np.arange(2000) % 3 * 1.0, 6000, [1000], most=50)
    before = found.stop_ns[found.start_ns < 1000].max()
    assert (before, found.start_ns[found.start_ns >= 1000].min()) == (999, 5000)


@pytest.mark.parametrize("value", [[], [ABSENT], [NAN]])
def test_nothing_has_no_runs(value: list[float]):
    assert listed(runs(np.arange(len(value)), np.array(value, float), 5)) == []

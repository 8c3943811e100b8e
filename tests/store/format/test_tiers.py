from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st

from stripchart.flow.records import ABSENT, is_absent
from stripchart.store.format.decimals import find_decimals
from stripchart.store.format.schema import FANOUT
from stripchart.store.format.tiers import (
    Sums,
    join_spans,
    join_sums,
    no_sums,
    spans_of_rows,
    spans_of_spans,
    sums_of_rows,
    sums_of_sums,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUMBERS = (0.1, -7.25, 1e3, 0.0, 123456.789)
VALUES = st.sampled_from([0.1, -7.25, 1e3, -0.0, float("nan"), float(ABSENT), float("inf"), -float("inf")])


def summed(column: NDArray[np.float64]) -> Sums:
    return sums_of_rows(column, find_decimals(column))


@given(st.lists(VALUES | st.sampled_from(NUMBERS), min_size=FANOUT, max_size=4 * FANOUT))
@example([*NUMBERS] * FANOUT)
def test_sums_of_rows(values: list[float]) -> None:
    runs = np.array(values[: len(values) // FANOUT * FANOUT]).reshape(-1, FANOUT)
    found = summed(runs.ravel())
    for place, run in enumerate(runs):
        held = run[~np.isnan(run)]
        assert found.held[place] == len(held)
        assert found.there[place] == FANOUT - is_absent(run).sum()
        if len(held):
            assert (found.low[place], found.high[place]) == (held.min(), held.max())
            with np.errstate(invalid="ignore"):
                np.testing.assert_allclose(found.total[place], held.sum(), rtol=1e-12, atol=1e-9)
        else:
            assert np.isnan([found.low[place], found.high[place], found.total[place]]).all()


def test_sums_of_sums_are_those_of_the_rows() -> None:
    chance = np.random.default_rng(2)
    rows = np.round(chance.normal(size=2 * FANOUT**2), 2)
    rows[chance.random(len(rows)) < 0.3] = np.nan
    rows[: FANOUT**2 // 2] = ABSENT
    found = sums_of_sums(summed(rows))
    table = rows.reshape(2, -1)
    assert found.low.tolist() == np.nanmin(table, axis=1).tolist()
    assert found.high.tolist() == np.nanmax(table, axis=1).tolist()
    assert found.held.tolist() == np.count_nonzero(~np.isnan(table), axis=1).tolist()
    assert found.there.tolist() == [FANOUT**2 // 2, FANOUT**2]
    np.testing.assert_allclose(found.total, np.nansum(table, axis=1), atol=1e-9)


def test_the_sum_of_decimals_is_a_decimal() -> None:
    found = summed(np.full(FANOUT, 0.1))
    assert found.total.tolist() == [3.2]


def test_spans() -> None:
    time = np.arange(2 * FANOUT**2)
    time[5] = -9
    spans = spans_of_rows(time, [0, 3, FANOUT**2])
    assert (spans.start[0], spans.stop[0]) == (-9, FANOUT - 1)
    assert np.flatnonzero(spans.gaps).tolist() == [0, FANOUT]
    above = spans_of_spans(spans)
    assert above.start.tolist() == [-9, FANOUT**2]
    assert above.stop.tolist() == [FANOUT**2 - 1, 2 * FANOUT**2 - 1]
    assert above.gaps.tolist() == [1, 1]


def test_neighbours_are_joined() -> None:
    rows = np.arange(2.0 * FANOUT)
    parts = [summed(rows[:FANOUT]), no_sums(2), summed(rows[FANOUT:])]
    joined = join_sums(parts)
    assert joined.held.tolist() == [FANOUT, 0, 0, FANOUT]
    assert joined.pick([0, 3]).high.tolist() == [FANOUT - 1, 2 * FANOUT - 1]
    time = np.arange(FANOUT)
    spans = join_spans([spans_of_rows(time, []), spans_of_rows(time + 100, [0])])
    assert (spans.start.tolist(), spans.gaps.tolist()) == ([0, 100], [0, 1])

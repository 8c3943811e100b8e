from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.analysis.samples import known, typical_step
from stripchart.flow.records import ABSENT

MS = 1_000_000


def test_numbers_are_known_the_rest_is_missing_or_never_came():
    value = np.array([1.0, np.nan, ABSENT, np.inf, -np.inf, 1e101, -1e100])
    time, numbers, missing = known(np.arange(7), value)
    assert time.tolist() == [0, 6]
    assert numbers.tolist() == [1.0, -1e100]
    assert missing == 4


def test_nothing_is_copied_where_all_are_numbers():
    time, value = np.arange(3), np.arange(3.0)
    assert known(time, value).value is value


@pytest.mark.parametrize(
    ("steps", "typical"),
    [
        ([10] * 100, 10),
        ([10] * 50 + [5000] + [10] * 50, 10),  # a gap
        (([0] * 9 + [100]) * 20, 10),  # ten rows at once
        (([10] * 30 + [-5000]) * 4, 10),  # a clock that steps back
        ([10], 10),
        ([0, 0, 0], 0),
        ([], 0),
    ],
)
def test_the_typical_step(steps: list[int], typical: float):
    time = np.cumsum([0, *steps]) * MS
    assert typical_step(time) / MS == pytest.approx(typical, rel=0.3 if 0 in steps else 1e-9)


def test_a_clock_in_whole_milliseconds_is_looked_through():
    time = np.arange(5000) * 1e9 / 900 // MS * MS
    assert typical_step(time.astype(np.int64)) == pytest.approx(1e9 / 900, rel=0.02)

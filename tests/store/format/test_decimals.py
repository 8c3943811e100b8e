from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stripchart.flow.records import ABSENT
from stripchart.store.format.decimals import find_decimals

WALK = np.round(np.cumsum(np.random.default_rng(1).normal(0, 0.05, 2048)) + 20, 2)


@given(st.integers(0, 12), st.lists(st.integers(-(10**15), 10**15), max_size=60))
@settings(max_examples=400)
def test_the_fewest_digits_are_found(digits: int, whole: list[int]):
    column = np.array([value / 10**digits for value in whole], np.float64)
    fewest = next(d for d in range(13) if all((value * 10**d) % 10**digits == 0 for value in whole))
    for odd in ([], [math.nan, ABSENT], [-0.0], [math.inf, -math.inf]):
        found = find_decimals(np.concatenate([column, odd]))
        assert found is not None
        assert (found.digits, found.all_fit) == (fewest, not odd)
        assert found.fits.tolist() == [True] * len(column) + [False] * len(odd)
        assert (found.whole[: len(column)] / 10.0**fewest).tolist() == column.tolist()


@pytest.mark.parametrize("value", [1e-13, math.pi, 1e300, 5e-324, 2.0**53])
def test_what_is_no_decimal(value: float):
    for place in (0, 1, 777, len(WALK)):
        assert find_decimals(np.insert(WALK, place, value)) is None
    assert find_decimals(np.array([value])) is None


def test_a_digit_that_hardly_any_value_has():
    column = np.round(WALK, 1)
    column[777] = 20.125
    found = find_decimals(column)
    assert found is not None
    assert (found.digits, found.all_fit) == (3, True)

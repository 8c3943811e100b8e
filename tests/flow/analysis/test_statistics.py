from __future__ import annotations

import math
import statistics as exact
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.analysis.statistics import statistics
from stripchart.flow.records import ABSENT

SECOND = 1_000_000_000
NUMBERS = st.one_of(st.floats(-1e9, 1e9), st.floats(-1e-3, 1e-3).map(lambda x: 1e9 + x)).filter(
    lambda x: x == 0 or abs(x) > 1e-100
)


@given(st.lists(NUMBERS, min_size=1, max_size=50))
def test_it_says_what_exact_fractions_say(values: list[float]):
    found = statistics(np.arange(len(values)), np.array(values))
    assert (found.count, found.minimum, found.maximum) == (len(values), min(values), max(values))
    ulp = 4 * math.ulp(max(map(abs, values)))
    assert found.mean == pytest.approx(exact.mean(values), rel=1e-15, abs=ulp)
    assert found.std == pytest.approx(exact.pstdev(values), rel=1e-12)
    assert found.rms == pytest.approx(math.sqrt(sum(v * v for v in values) / len(values)), rel=1e-12)


def test_an_offset_costs_no_digits():
    ripple = np.tile([-1.0, 0.0, 1.0, 0.0], 250_000)
    found = statistics(np.arange(1_000_000), ripple + 1e12)
    assert found.mean == 1e12
    assert found.std == pytest.approx(math.sqrt(0.5), rel=1e-14)


def test_a_constant_has_no_deviation():
    found = statistics(np.arange(1000), np.full(1000, 0.1))
    assert (found.mean, found.std, found.rms) == (0.1, 0.0, 0.1)


def test_what_is_no_number_is_counted_or_left_out():
    value = np.array([np.nan, 3.0, ABSENT, np.inf, 1.0, -np.inf, ABSENT])
    found = statistics(np.arange(7) * SECOND, value)
    assert (found.count, found.missing) == (2, 3)
    assert (found.first, found.last, found.minimum, found.maximum, found.mean) == (3, 1, 1, 3, 2)
    assert (found.span_ns, found.rate_hz) == (3 * SECOND, 1 / 3)


@pytest.mark.parametrize(("value", "missing"), [([], 0), ([ABSENT], 0), ([np.nan, np.inf], 2)])
def test_nothing_gives_nan(value: list[float], missing: int):
    found = statistics(np.arange(len(value)), np.array(value, float))
    assert (found.count, found.missing) == (0, missing)
    assert all(map(math.isnan, astuple(found)[2:9]))
    assert (found.span_ns, found.rate_hz) == (0, 0.0)
    assert math.isnan(found.slope)


def test_times_that_step_back_or_stand_still():
    found = statistics(np.array([5, 7, 2, 2]) * SECOND, np.arange(4.0))
    assert (found.first, found.last, found.span_ns, found.rate_hz) == (0, 3, 5 * SECOND, 0.6)
    assert statistics(np.array([9, 9]), np.ones(2)).rate_hz == 0
    assert math.isnan(statistics(np.array([9, 9]), np.arange(2.0)).slope)


def test_the_slope_is_that_of_least_squares_far_from_zero():
    rng = np.random.default_rng(1)
    seconds = np.sort(rng.uniform(0, 30, 5_000))
    ripple = rng.normal(size=5_000)
    time = 1_700_000_000 * SECOND + np.round(seconds * SECOND).astype(np.int64)
    found = statistics(time, 1e6 + 0.25 * seconds + ripple)
    assert found.slope == pytest.approx(np.polyfit(seconds, 0.25 * seconds + ripple, 1)[0], rel=1e-8)


def test_the_largest_numbers_do_not_overflow():
    found = statistics(np.arange(4), np.array([1e100, -1e100, 1e100, -1e100]))
    assert (found.mean, found.std, found.rms) == (0, 1e100, 1e100)

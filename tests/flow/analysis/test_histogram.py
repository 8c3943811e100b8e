from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.flow.analysis.histogram import LIMIT_BINS, MOST_BINS, histogram
from stripchart.flow.records import ABSENT

RANDOM = np.random.default_rng(4)
VALUES = st.lists(
    st.one_of(
        st.floats(allow_nan=True, allow_infinity=True),
        st.floats(-10, 10),
        st.integers(-20, 20).map(float),
        st.integers(-9, 9).map(lambda k: 1e9 + k / 100),
        st.just(float(ABSENT)),
    ),
    max_size=40,
).map(lambda values: np.array(values, float))
LIMITS = st.one_of(st.none(), st.floats(-30, 30), st.sampled_from([-1e100, 1e100]))


@given(VALUES, st.one_of(st.none(), st.integers(1, LIMIT_BINS)), LIMITS, LIMITS)
def test_every_sample_is_counted_once(value: np.ndarray, bins: int | None, low: float | None, high: float | None):
    if low is not None and high is not None and low >= high:
        low, high = None, low
    edges, counts, under, over, missing = histogram(value, bins, low, high)
    samples = value[value.view(np.uint64) != np.float64(ABSENT).view(np.uint64)]
    numbers = samples[np.abs(samples) <= 1e100]
    assert counts.sum() + under + over + missing == len(samples)
    assert (np.diff(edges) > 0).all()
    np.testing.assert_array_equal(counts, np.histogram(numbers, edges)[0])
    assert under == (numbers < edges[0]).sum()
    assert low is not None or under == 0
    assert high is not None or over == 0
    assert len(counts) <= (MOST_BINS if bins is None else 2 * bins + 1)


def test_the_edges_are_round_and_the_width_follows_the_spread():
    edges, counts, *_ = histogram(RANDOM.normal(20, 1, 10_000))
    assert np.diff(edges) == pytest.approx(0.1)  # Freedman and Diaconis: 2 * 1.35 / 21.5 = 0.125
    assert np.abs(edges - edges.round(1)).max() == 0
    assert counts.argmax() == pytest.approx((20 - edges[0]) / 0.1, abs=5)


def test_one_spike_costs_no_more_than_the_most_bins():
    counts = histogram(np.append(RANDOM.normal(size=100_000), 1e6)).counts
    assert 10 <= len(counts) <= MOST_BINS


@pytest.mark.parametrize("step", [1.0, 0.01, 5 / 1023, 0.25])
@pytest.mark.parametrize("points", [7, 100, 1000, 1024, 4096])
def test_values_on_a_grid_make_no_comb(step: float, points: int):
    value = np.repeat(np.arange(points) * step + 3 * step, 3)
    counts = histogram(value).counts
    assert set(counts[1:-1]) == {counts.max()}
    assert counts.min() > 0


def test_steps_of_a_converter_printed_with_few_digits_are_a_grid():
    value = np.repeat(np.round(np.arange(1024) * 5 / 1023, 4), 5)
    counts = histogram(value).counts
    assert len(counts) > 10
    assert set(counts[1:-1]) == {counts.max()}


def test_states_have_a_bin_each():
    edges, counts, *_ = histogram(np.array([0.0, 1, 1, 0, 1]))
    assert (edges.tolist(), counts.tolist()) == ([-0.5, 0.5, 1.5], [2, 3])


def test_whole_numbers_far_apart_are_found_by_their_common_divisor():
    edges, counts, *_ = histogram(np.array([0.0, 4, 10]))
    assert edges.tolist() == [-1, 1, 3, 5, 7, 9, 11]
    assert counts.tolist() == [1, 0, 1, 0, 0, 1]


def test_limits_are_the_edges_and_the_rest_is_counted_beside():
    value = np.append(RANDOM.uniform(-5, 5, 1000), [np.nan, ABSENT, np.inf])
    edges, counts, under, over, missing = histogram(value, 8, -1, 3)
    assert edges.tolist() == [-1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert (under, over, missing) == ((value < -1).sum(), ((value > 3) & (value < 9)).sum(), 2)
    assert counts.sum() == 1000 - under - over
    assert histogram(value, low=-1).edges[0] == -1
    assert histogram(value, high=3).edges[-1] == 3


def test_limits_of_a_grid_go_to_the_half_step_beyond_its_points():
    edges, counts, under, over, _ = histogram(np.arange(100.0), low=0, high=9)
    assert edges.tolist() == [k - 0.5 for k in range(11)]
    assert (counts.tolist(), under, over) == ([1] * 10, 0, 90)
    assert histogram(np.array([3.0, 4.0]), low=0, high=9).edges.tolist() == edges.tolist()


@pytest.mark.parametrize(("value", "count"), [([], 0), ([7.0] * 5, 5), ([1e9, 1e9 + 1e-6], 2), ([ABSENT], 0)])
def test_what_has_no_width_is_one_bin(value: list[float], count: int):
    assert histogram(np.array(value, float)).counts.tolist() == [count]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bins": 0}, "histogram: bins: expected 1 to 1000, got 0"),
        ({"low": 2, "high": 2}, r"histogram: low: expected a number below high \(2\), got 2"),
        ({"high": np.inf}, "histogram: high: expected a number, got inf"),
    ],
)
def test_what_cannot_be_asked_for(arguments: dict[str, float], message: str):
    with pytest.raises(ConfigError, match=message):
        histogram(np.arange(3.0), **arguments)

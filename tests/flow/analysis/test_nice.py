from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.analysis.nice import nice_step


@pytest.mark.parametrize(
    ("least", "step"), [(1, 1), (1.01, 2), (2.2, 2.5), (3, 5), (7, 10), (0.1, 0.1), (0.03, 0.05), (2e6, 2e6)]
)
def test_steps_are_round(least: float, step: float):
    assert nice_step(least).size == step


def test_multiples_are_as_a_person_writes_them():
    assert nice_step(0.1).multiples(0, 7).tolist() == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
    assert nice_step(250).multiples(-1, 2).tolist() == [-250, 0, 250, 500]


@given(st.floats(1e-90, 1e90))
def test_a_step_is_the_least_round_one(least: float):
    step = nice_step(least).size
    assert least * (1 - 1e-8) <= step <= 2.001 * least


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(1e-2, 1e2))
def test_multiples_around_a_range_are_the_fewest(low: float, length: float, least: float):
    high = low + length
    edges = nice_step(least).around(low, high)
    assert edges[0] <= low < edges[1] or math.isclose(edges[1], low)
    assert edges[-1] >= high
    assert len(edges) == 2 or edges[-2] < high

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.errors import ConfigError
from stripchart.ui.panels.limits import Limits, level, zones

LIMIT = st.none() | st.integers(-20, 20)


def test_zones_lie_between_the_limits() -> None:
    limits = Limits(low=1, high=10, low_alarm=0, high_alarm=11)
    assert zones(limits, -5, 20) == [
        (-5, 0, "alarm"), (0, 1, "warning"), (1, 10, "good"), (10, 11, "warning"), (11, 20, "alarm"),
    ]  # fmt: skip
    assert zones(limits, 2, 9) == [(2, 9, "good")]
    assert zones(Limits(high_alarm=5), 0, 10) == [(0, 5, "good"), (5, 10, "alarm")]
    assert zones(Limits(), 0, 10) == []


@given(st.tuples(LIMIT, LIMIT, LIMIT, LIMIT), st.integers(-30, 29), st.integers(1, 30))
def test_a_zone_says_the_level_of_its_values(given_limits: tuple[int | None, ...], start: int, size: int) -> None:
    try:
        limits = Limits(*given_limits)
    except ConfigError:
        return
    parted = zones(limits, start, start + size)
    if not limits.given():
        assert parted == []
        return
    assert (parted[0][0], parted[-1][1]) == (start, start + size)
    assert all(before[1] == after[0] for before, after in pairwise(parted))
    for begin, end, name in parted:
        assert level(limits, (begin + end) / 2) == name


def test_limits_come_in_their_order() -> None:
    assert list(Limits(high=3, low_alarm=1).given().items()) == [("low_alarm", 1), ("high", 3)]
    with pytest.raises(ConfigError, match=r"high: expected more than low_alarm \(3\), got 3"):
        Limits(high=3, low_alarm=3)

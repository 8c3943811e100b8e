from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.clock.units import (
    MAX_AHEAD,
    SECOND,
    UNITS,
    YEAR_2000,
    YEAR_2100,
    Basis,
    UnitGuess,
    from_wall,
    guess_shift,
    judge,
    to_ns,
)  # fmt: skip
from support.decoding import NOW_NS, cut, many_examples

BERLIN = ZoneInfo("Europe/Berlin")


def ns(year: int, *rest: int) -> int:
    return int(datetime(year, *rest, tzinfo=UTC).timestamp()) * SECOND  # type: ignore[misc] # month, day and so on


@pytest.mark.parametrize(("unit", "size"), [("s", 10**9), ("ms", 10**6), ("us", 1000), ("µs", 1000), ("ns", 1)])
def test_numbers_of_a_unit_are_exact(unit: str, size: int):
    said = np.array([0, 1, 2**31, NOW_NS // size])
    device, known = to_ns(said.astype(float), unit)
    assert known.all()
    assert (device[:3] == said[:3] * size).all()
    assert abs(int(device[3]) - said[3] * size) <= 128  # half of what tells two float64 apart there


def test_fractions_are_kept():
    device, _ = to_ns(np.array([1_700_000_000.25, -0.5]), "s")
    assert device.tolist() == [1_700_000_000_250_000_000, -500_000_000]


def test_what_is_no_time():
    device, known = to_ns(np.array([np.nan, np.inf, -np.inf, 1e300, 5e9]), "s")
    assert not known.any()
    assert not device.any()


@pytest.mark.parametrize(
    ("device", "basis"),
    [
        (0, Basis.START), (YEAR_2000 - 1, Basis.START), (-SECOND, Basis.START), (YEAR_2000, Basis.EPOCH),
        (NOW_NS, Basis.EPOCH), (NOW_NS + MAX_AHEAD, Basis.EPOCH), (NOW_NS + MAX_AHEAD + 1, Basis.IMPLAUSIBLE),
        (-YEAR_2000 - 1, Basis.IMPLAUSIBLE), (YEAR_2100, Basis.IMPLAUSIBLE),
    ],
)  # fmt: skip
def test_the_size_tells_what_a_number_counts(device: int, basis: Basis):
    found = judge(np.array([device]), np.array([True]), np.array([NOW_NS]), counts=True)
    assert found.tolist() == [basis]


def test_a_wall_clock_counts_from_the_epoch_only():
    found = judge(np.array([5, NOW_NS]), np.array([True, True]), np.array([NOW_NS, NOW_NS]), counts=False)
    assert found.tolist() == [Basis.IMPLAUSIBLE, Basis.EPOCH]


def test_a_wall_clock_in_a_zone():
    wall = np.array([ns(2025, 1, 15, 12), ns(2025, 7, 15, 12)])
    expected = [ns(2025, 1, 15, 11), ns(2025, 7, 15, 10)]
    assert from_wall(wall, np.array(expected), BERLIN).tolist() == expected


@pytest.mark.parametrize("hour", [0, 1])
def test_the_hour_that_comes_twice_is_the_one_of_the_arrival(hour: int):
    utc = ns(2025, 10, 26, hour, 30)
    assert from_wall(np.array([ns(2025, 10, 26, 2, 30)]), np.array([utc + SECOND]), BERLIN).tolist() == [utc]


@many_examples
@given(
    st.integers(YEAR_2000 // SECOND, YEAR_2100 // SECOND), st.sampled_from(["Asia/Kathmandu", "Australia/Lord_Howe"])
)
def test_any_time_of_any_zone_comes_back(second: int, zone: str):
    utc = datetime.fromtimestamp(second, UTC)
    wall = utc.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
    said = np.array([int(wall.timestamp()) * SECOND])
    assert from_wall(said, np.array([second * SECOND]), ZoneInfo(zone)).tolist() == [second * SECOND]


@pytest.mark.parametrize(
    ("off", "shift"),
    [
        (0, 0), (59, 0), (-3600, -3600), (7200 + 30, 7200), (5.5 * 3600 - 59, 5.5 * 3600), (600, 0), (15 * 3600, 0),
        (86400, 0),
    ],
)  # fmt: skip
def test_whole_half_hours_are_another_zone(off: float, shift: float):
    assert guess_shift(NOW_NS - int(off * SECOND), NOW_NS) == shift * SECOND


class TestUnitGuess:
    def rows(self, unit: str, first: float, count: int = 40, hz: int = 10) -> tuple[np.ndarray, np.ndarray]:
        arrival = NOW_NS + np.arange(count) * (SECOND // hz)
        return first + np.arange(count) / hz * SECOND / UNITS[unit], arrival

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    @pytest.mark.parametrize("first", [0.0, 12345.0])
    def test_how_fast_it_runs_tells_the_unit(self, unit: str, first: float):
        guess = UnitGuess()
        assert guess.feed(*self.rows(unit, first)) == 10
        assert guess.unit == unit

    @pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
    def test_a_time_near_to_ours_tells_it_at_once(self, unit: str):
        guess = UnitGuess()
        assert guess.feed(*self.rows(unit, NOW_NS / UNITS[unit])) == 0
        assert guess.unit == unit

    def test_a_clock_that_is_set_while_it_is_learned(self):
        guess = UnitGuess()
        said, arrival = self.rows("s", 0.0)
        said[5:] = arrival[5:] / SECOND
        assert guess.feed(said, arrival) == 10
        assert guess.unit == "s"

    def test_what_does_not_run_is_not_learned(self):
        guess = UnitGuess()
        said, arrival = self.rows("s", 7.0)
        assert guess.feed(said * 0 + 7, arrival) == len(said)
        assert guess.feed(said * np.nan, arrival + 10 * SECOND) == len(said)
        assert not guess.unit

    @many_examples
    @given(st.lists(st.integers(0, 100)), st.sampled_from(["s", "ms", "us", "ns"]), st.booleans())
    def test_any_split_gives_the_same(self, places: list[int], unit: str, stuck: bool):
        said, arrival = self.rows(unit, 3.0)
        if stuck:
            said[:25] = 3.0
        whole = UnitGuess()
        expected = whole.feed(said, arrival)
        guess, known, seen = UnitGuess(), len(said), 0
        for piece in cut(bytes(len(said)), places):
            rows = slice(seen, seen + len(piece))
            if not guess.unit:
                found = guess.feed(said[rows], arrival[rows])
                known = seen + found if guess.unit else len(said)
            seen += len(piece)
        assert (guess.unit, known) == (whole.unit, expected)

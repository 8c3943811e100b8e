from __future__ import annotations

import numpy as np
import pytest

from stripchart.flow.analysis.geo import plain
from stripchart.flow.records import ABSENT

# Metres of a degree of latitude and of longitude on WGS 84, as published by NGA (and on the Wikipedia).
DEGREES = [(0, 110_574, 111_320), (15, 110_649, 107_551), (45, 111_132, 78_847), (75, 111_618, 28_902)]


@pytest.mark.parametrize(("latitude", "north", "east"), DEGREES)
def test_a_degree_has_its_length(latitude: float, north: float, east: float):
    found = plain(np.array([latitude - 0.5, latitude + 0.5]), np.array([10.0, 11.0]))
    assert np.ptp(found.north_m) == pytest.approx(north, abs=1)
    assert np.ptp(found.east_m) == pytest.approx(east, abs=1)
    assert found.origin[:2] == (latitude, 10.5)


def test_a_track_over_the_date_line_goes_on():
    longitude = np.array([178.0, 179.5, -179.5, -178.0])
    found = plain(np.zeros(4), longitude)
    assert found.east_m == pytest.approx(np.array([-2, -0.5, 0.5, 2]) * 111_319.5, abs=1)
    assert found.origin.longitude == -180
    back = plain(np.zeros(4), longitude[::-1])
    assert back.east_m == pytest.approx(found.east_m[::-1])


def test_a_track_around_the_earth_is_as_long():
    found = plain(np.zeros(37), (np.arange(37) * 10 + 180) % 360 - 180.0)
    assert np.ptp(found.east_m) == pytest.approx(40_075_017, abs=1)


def test_what_is_no_position_has_no_place():
    latitude = np.array([50.0, np.nan, 91, 50.002, ABSENT, 50, np.inf])
    longitude = np.array([8.0, 8, 8, 8.002, ABSENT, 361, 8])
    found = plain(latitude, longitude)
    assert (
        np.flatnonzero(~np.isnan(found.east_m)).tolist() == np.flatnonzero(~np.isnan(found.north_m)).tolist() == [0, 3]
    )
    assert found.origin[:2] == pytest.approx((50.001, 8.001))


@pytest.mark.parametrize("latitude", [[], [np.nan]])
def test_nothing_has_an_origin_all_the_same(latitude: list[float]):
    found = plain(np.array(latitude), np.array(latitude))
    assert np.isnan(found.east_m).all()
    assert found.origin[:2] == (0, 0)


def test_the_pole_has_no_east():
    found = plain(np.array([90.0, 90.0]), np.array([0.0, 90.0]))
    assert found.east_m == pytest.approx(0, abs=1e-6)

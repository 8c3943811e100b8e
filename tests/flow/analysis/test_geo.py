from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.analysis.geo import degrees_grid, plain
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
    assert len(degrees_grid(found.origin, (-1000, 1000), (-1000, 1000)).latitude)


def test_grid_lines_are_round_degrees_where_these_are():
    origin = plain(np.array([47.99, 48.01]), np.array([179.98, -179.98])).origin
    grid = degrees_grid(origin, (-1550, 1550), (-1200, 1200))
    east = [179.98, 179.985, 179.99, 179.995]
    assert grid.longitude.tolist() == pytest.approx([*east, -180, *(-degrees for degrees in reversed(east))])
    assert np.diff(grid.east_m) == pytest.approx(0.005 * origin.east_m)
    assert grid.latitude.tolist() == [47.99, 47.995, 48, 48.005, 48.01]
    assert grid.north_m[2] == 0


@given(st.floats(-90, 90), st.floats(-180, 180), st.floats(-1e7, 1e7), st.floats(0.01, 1e7))
def test_a_grid_is_bounded_and_within(latitude: float, longitude: float, low: float, length: float):
    origin = plain(np.array([latitude]), np.array([longitude])).origin
    limits = (low, low + length)
    grid = degrees_grid(origin, limits, limits)
    for metres in (grid.east_m, grid.north_m):
        assert len(metres) <= 12
        assert ((metres >= low - 1e-3) & (metres <= low + length + 1e-3)).all()
    assert (np.abs(grid.latitude) <= 90).all()
    assert (np.abs(grid.longitude) <= 180).all()
    assert len(degrees_grid(origin, (low, low), (low, low)).latitude) == 0

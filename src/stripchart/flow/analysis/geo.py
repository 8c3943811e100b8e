"""Latitude and longitude as metres on a plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_EQUATOR: Final = 6_378_137.0
"""Radius of the earth at the equator, m (WGS 84)."""
_FLATTENED: Final = 0.006_694_379_990_141
"""Square of its first eccentricity (WGS 84)."""


class Origin(NamedTuple):
    """Where a plane touches the earth, and how long a degree is there."""

    latitude: float
    longitude: float
    """Degrees, -180 to 180."""
    north_m: float
    east_m: float
    """Metres of a degree of latitude and of longitude."""


class Plain(NamedTuple):
    """Positions on a plane."""

    east_m: NDArray[np.float64]
    north_m: NDArray[np.float64]
    """Shape (n,), from the origin; NaN for what is no position."""
    origin: Origin


def plain(latitude: NDArray[np.float64], longitude: NDArray[np.float64]) -> Plain:
    """Lay a track on a plane, about the middle of its range.

    An equirectangular projection (Snyder, "Map Projections: A Working Manual", USGS 1395, 1987, chapter 12), with the
    length of a degree on the ellipsoid at the origin: true there, and within 1 % up to 37 km to the north and south at
    60° of latitude, 110 km at 30°. Nobody travels half around the earth between two fixes, so a track over the date
    line goes on.

    Parameters
    ----------
    latitude, longitude
        Shape (n,), degrees. What is not from -90 to 90 or from -360 to 360 is no position.
    """
    position = (np.abs(latitude) <= 90) & (np.abs(longitude) <= 360)  # noqa: PLR2004 - degrees of a circle
    east, north = np.full((2, len(latitude)), np.nan)
    if not position.any():
        return Plain(east, north, _origin(0.0, 0.0))
    along = np.unwrap(longitude[position], period=360)
    up = latitude[position]
    middle = (float(along.min()) + float(along.max())) / 2
    origin = _origin((float(up.min()) + float(up.max())) / 2, middle)
    east[position] = (along - middle) * origin.east_m
    north[position] = (up - origin.latitude) * origin.north_m
    return Plain(east, north, origin)


def _origin(latitude: float, longitude: float) -> Origin:
    """Return an origin with the radii of curvature along the meridian and across it (Snyder, equations 4-18, 4-20)."""
    flat = 1 - _FLATTENED * np.sin(np.radians(latitude)) ** 2
    north = _EQUATOR * (1 - _FLATTENED) / flat**1.5
    east = _EQUATOR / flat**0.5 * np.cos(np.radians(latitude))
    return Origin(latitude, _wrapped(longitude), float(np.radians(north)), float(np.radians(east)))


def _wrapped(longitude: float) -> float:
    return (longitude + 180) % 360 - 180

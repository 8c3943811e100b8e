"""One channel over another: curves, orbits, and tracks on a plain map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import numpy as np
from annotated_types import Gt

from stripchart.errors import StripchartError
from stripchart.flow.analysis.geo import Origin, plain
from stripchart.flow.analysis.trail import Trail, pair
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.plot import MOST_SERIES, calm_ends, caveats, numbers, palette, plot, source, unit_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bokeh.models import Range1d
    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Samples, Series

MOST_POINTS: Final = 4000
"""Of all trails together."""
LEAST_POINTS: Final = 250
LEAST_METRES: Final = 20.0
"""What a map shows at least: who stands still is seen to."""
KILOMETRES: Final = 2_500.0
"""Metres from the middle of a map from which on it is in kilometres."""
REACH: Final = 1.05


@dataclass(frozen=True)
class XYOptions:
    """How one channel is drawn over another.

    Attributes
    ----------
    style
        "line" or "points".
    trail
        Seconds: only what came so lately is drawn; all of the time shown where not given.
    map
        Take the channels two by two as latitude and longitude, in degrees, and draw them in metres.
    equal
        Make a unit as long on both axes; a map always does.
    """

    style: Literal["line", "points"] = "line"
    trail: Annotated[float, Gt(0)] | None = None
    map: bool = False
    equal: bool = False


class _Track(NamedTuple):
    """What is drawn of two channels."""

    label: str
    unit: str
    colour: int
    trail: Trail


class XYPanel:
    """Trails of pairs of values, whose newest points are marked."""

    Options = XYOptions
    script = "figure"
    on_time = False

    def __init__(self, options: XYOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> Any:  # noqa: ARG002 - it has values there, not time
        """Return trails, and a point at the end of each."""
        made = plot(key)
        trails = source(key, "trails", "x", "y", "colour")
        if self.options.style == "line":
            made.multi_line("x", "y", line_color="colour", line_width=1.4, line_join="round", source=trails)
        else:
            made.scatter("x", "y", fill_color="colour", fill_alpha=0.6, line_color=None, size=4, source=trails)
        newest = source(key, "newest", "x", "y", "colour")
        made.scatter("x", "y", fill_color="colour", line_color="white", line_width=2, size=12, source=newest)
        return made

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return the trails.

        Raises
        ------
        StripchartError
            If there are too few channels, or no pairs of values.
        """
        return self._map(ask) if self.options.map else self._curves(ask)

    def _curves(self, ask: Ask) -> dict[str, Any]:
        x, *every = numbers(ask, "plot of one over another")
        others = every[:MOST_SERIES]
        if not others:
            raise StripchartError(f"two channels are needed: the first is x ({x.label}), the others are y")
        tracks = [
            _Track(y.label, y.unit, colour, self._trail(ask, x, y, len(others)))
            for y, colour in zip(others, palette(others), strict=True)
        ]
        unit = unit_of(others)
        told = self._drawn(tracks, tracks)
        return told | {
            "equal": self.options.equal,
            "labels": {"x": _axis(x.label, x.unit), "y": _axis(others[0].label, unit) if len(others) == 1 else unit},
            "tip": {
                "source": "trails",
                "find": "point",
                "head": "{t:time}",
                "label": "{name}",
                "value": f"{{x}} {_plain(x.unit)}, {{y}} {{unit}}",
            },
            "note": " · ".join([told["note"], *caveats([x, *others], len(every) + 1)]),
        }

    def _map(self, ask: Ask) -> dict[str, Any]:
        every = numbers(ask, "map")
        series = every[: 2 * MOST_SERIES]
        if len(series) % 2:
            raise StripchartError(
                f"a map needs channels two by two: latitude, then longitude ({series[-1].label} is left over)"
            )
        pairs = list(zip(series[::2], series[1::2], strict=True))
        colours = palette([latitude for latitude, _ in pairs])
        tracks = [
            _Track(safe_label(latitude.stream), "°", colour, self._trail(ask, longitude, latitude, len(pairs)))
            for (latitude, longitude), colour in zip(pairs, colours, strict=True)
        ]
        laid = plain(
            np.concatenate([track.trail.y for track in tracks]), np.concatenate([track.trail.x for track in tracks])
        )
        extent = np.fmax.reduce(np.abs(np.concatenate((laid.east_m, laid.north_m))), initial=0)
        unit, metres = ("km", 1000.0) if extent >= KILOMETRES else ("m", 1.0)
        ends = np.cumsum([len(track.trail.time) for track in tracks])[:-1]
        places = zip(np.split(laid.east_m / metres, ends), np.split(laid.north_m / metres, ends), strict=True)
        drawn = [
            track._replace(trail=Trail(track.trail.time, east, north))
            for track, (east, north) in zip(tracks, places, strict=True)
        ]
        told = self._drawn(drawn, tracks, LEAST_METRES / metres)
        return told | {
            "equal": True,
            "labels": {"x": f"{unit} east", "y": f"{unit} north"},
            "tip": {
                "source": "trails",
                "find": "point",
                "head": "{t:time}",
                "label": "{name}",
                "value": "{latitude:5}°, {longitude:5}°",
            },
            "note": " · ".join([told["note"], f"0, 0 is {_position(laid.origin)}", *caveats(series, len(every))]),
        }

    def _trail(self, ask: Ask, x: Series, y: Series, tracks: int) -> Trail:
        since = None if self.options.trail is None else ask.stop_ns - round(self.options.trail * 1e9)
        (time_x, over), (time_y, up) = (_since(each.samples(), since) for each in (x, y))
        return pair(time_x, over, time_y, up, max(LEAST_POINTS, MOST_POINTS // tracks))

    def _drawn(self, drawn: Sequence[_Track], told: Sequence[_Track], least: float = 0.0) -> dict[str, Any]:
        """Return what curves and maps have in common; ``told`` are the tracks in the units of their channels."""
        ends = [np.flatnonzero(~np.isnan(track.trail.x))[-1:] for track in drawn]
        if not any(map(len, ends)):
            raise StripchartError("no pairs of values in the time shown: choose a longer one")
        newest = [
            (float(track.trail.x[end[0]]), float(track.trail.y[end[0]]), track.colour)
            for track, end in zip(drawn, ends, strict=True)
            if len(end)
        ]
        points = sum(int(np.count_nonzero(~np.isnan(track.trail.x))) for track in drawn)
        return {
            "sources": {
                "trails": self._columns(drawn, told),
                "newest": dict(zip(("x", "y", "colour"), map(list, zip(*newest, strict=True)), strict=True)),
            },
            "ranges": {
                name: _ends(np.concatenate([getattr(track.trail, name) for track in drawn]), least) for name in "xy"
            },
            "legend": [{"label": track.label, "colour": track.colour} for track in drawn],
            "note": f"{points:,} points",
        }

    def _columns(self, drawn: Sequence[_Track], told: Sequence[_Track]) -> dict[str, Any]:
        """Return a row for each trail, or for each point."""
        columns = {
            "x": [track.trail.x for track in drawn],
            "y": [track.trail.y for track in drawn],
            "t": [track.trail.time / 1e6 for track in drawn],
        }
        rows: dict[str, list[Any]] = {
            "name": [track.label for track in drawn],
            "unit": [track.unit for track in drawn],
            "colour": [track.colour for track in drawn],
        }
        if self.options.map:
            columns |= {"latitude": [each.trail.y for each in told], "longitude": [each.trail.x for each in told]}
        if self.options.style == "line":
            return columns | rows
        sizes = [len(track.trail.x) for track in drawn]
        flat = {name: np.concatenate(parts) for name, parts in columns.items()}
        return flat | {
            name: [value for value, size in zip(values, sizes, strict=True) for _ in range(size)]
            for name, values in rows.items()
        }


def _since(samples: Samples, since_ns: int | None) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    if since_ns is None:
        return samples.time, samples.value
    late = samples.time >= since_ns
    return samples.time[late], samples.value[late]


def _ends(values: NDArray[np.float64], least: float) -> list[float]:
    """Return the ends of an axis that shows values, of which some are no numbers, and no less than a width."""
    known = values[~np.isnan(values)]
    low, high = float(known.min()), float(known.max())
    middle, half = (low + high) / 2, max((high - low) * REACH, least) / 2
    return calm_ends(middle - half, middle + half)


def _axis(label: str, unit: str) -> str:
    return f"{label}, {unit}" if unit else label


def _plain(unit: str) -> str:
    """Return a text in which a template finds no columns."""
    return unit.replace("{", "(")


def _position(origin: Origin) -> str:
    latitude, longitude = origin.latitude, origin.longitude
    return f"{abs(latitude):.5f}° {'NS'[latitude < 0]}, {abs(longitude):.5f}° {'EW'[longitude < 0]}"

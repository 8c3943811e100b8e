"""Spectra: what frequencies the time shown is made of."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple

import numpy as np
from annotated_types import Ge, Le

from stripchart.errors import StripchartError
from stripchart.flow.analysis.sampling import Even, Uneven, evenly
from stripchart.flow.analysis.spectrum import Spectrum, spectrum
from stripchart.flow.analysis.trail import thin
from stripchart.flow.analysis.window import LEAST_LENGTH, MOST_OVERLAP
from stripchart.ui.panels.plot import MOST_SERIES, calm_top, caveats, numbers, palette, plot, source, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bokeh.models import Range1d
    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Series

MOST_POINTS: Final = 4000
"""Of one line."""
MOST_DECADES: Final = 12
"""Of a log axis, below the strongest: what is weaker is rounding."""

Window = Literal["hann", "hamming", "blackman", "blackmanharris", "flattop", "boxcar"]


@dataclass(frozen=True)
class SegmentOptions:
    """How a signal is cut into segments.

    Attributes
    ----------
    window
        What weighs a segment: "hann" for most, "flattop" for exact amplitudes, "blackmanharris" for weak tones beside
        strong ones, "boxcar" for no weights; or "hamming", "blackman".
    length
        Samples of a segment: more tell nearer tones apart. As there are samples where not given.
    overlap
        Of one segment and the next, as a part of the length.
    """

    window: Window = "hann"
    length: Annotated[int, Ge(LEAST_LENGTH), Le(1 << 18)] | None = None
    overlap: Annotated[float, Ge(0), Le(MOST_OVERLAP)] = 0.5


@dataclass(frozen=True)
class SpectrumOptions(SegmentOptions):
    """How a spectrum is made and drawn.

    Attributes
    ----------
    scaling
        "density": power per Hz; "amplitude": the peak value of a sine of that frequency.
    detrend
        What is taken off each segment before: its mean ("constant"), a line ("linear"), or nothing ("none").
    log
        Draw the level in powers of ten.
    log_x
        Draw the frequency in powers of ten.
    """

    scaling: Literal["density", "amplitude"] = "density"
    detrend: Literal["constant", "linear", "none"] = "constant"
    log: bool = True
    log_x: bool = False


class _Line(NamedTuple):
    """The spectrum of one channel."""

    series: Series
    colour: int
    even: Even
    found: Spectrum


class SpectrumPanel:
    """One spectrum a channel, after Welch, of its newest long stretch without a gap."""

    Options = SpectrumOptions
    script = "figure"
    on_time = False

    def __init__(self, options: SpectrumOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> Any:  # noqa: ARG002 - it has frequencies there, not time
        """Return lines."""
        made = plot(key, log_x=self.options.log_x, log_y=self.options.log)
        made.multi_line("x", "y", line_color="colour", line_width=1.4, source=source(key, "lines", "x", "y", "colour"))
        return made

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return the lines.

        Raises
        ------
        StripchartError
            If no channel has a spectrum, with the reason of each.
        """
        every = numbers(ask, "spectrum")
        series = every[:MOST_SERIES]
        lines: list[_Line] = []
        legend, reasons = [], []
        for each, colour in zip(series, palette(series), strict=True):
            line = self._line(each, colour)
            told = line.reason if isinstance(line, Uneven) else f"peak at {_peak(line.found):.4g} Hz"
            legend.append({"label": each.label, "colour": colour, "text": told})
            if isinstance(line, Uneven):
                reasons.append(f"{line.reason} ({each.label})")
            else:
                lines.append(line)
        if not lines:
            raise StripchartError("\n".join(reasons))
        points = [self._points(line.found) for line in lines]
        return {
            "sources": {
                "lines": {
                    "x": [x for x, _ in points],
                    "y": [y for _, y in points],
                    "colour": [line.colour for line in lines],
                    "name": [line.series.label for line in lines],
                    "unit": [f"{_in_brackets(line.series.unit)}{line.found.unit_suffix}" for line in lines],
                }
            },
            "ranges": self._ranges(points),
            "labels": {"x": "Hz", "y": self._level_label([line.series for line in lines])},
            "legend": legend,
            "tip": {"source": "lines", "find": "line", "head": "{x} Hz", "label": "{name}", "value": "{y} {unit}"},
            "note": " · ".join([*_facts(lines), *caveats(series, len(every))]),
        }

    def _line(self, series: Series, colour: int) -> _Line | Uneven:
        samples, options = series.samples(), self.options
        even = evenly(samples.time, samples.value, series.channel.kind)
        if isinstance(even, Uneven):
            return even
        found = spectrum(
            even, options.window, options.length, options.overlap, scaling=options.scaling, detrend=options.detrend
        )
        return _Line(series, colour, even, found)

    def _points(self, found: Spectrum) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is drawn of a spectrum, no more than ``MOST_POINTS``."""
        first = int(self.options.log_x or self.options.detrend != "none")  # at 0 Hz nothing is left
        x, y = found.frequency[first:], found.level[first:]
        if self.options.log:
            y = np.maximum(y, max(float(y.max()), 1e-200) / 10.0**MOST_DECADES)
        chosen = thin(np.log(x) if self.options.log_x else x, np.log(y) if self.options.log else y, MOST_POINTS)
        return x[chosen], y[chosen]

    def _ranges(self, points: Sequence[tuple[NDArray[np.float64], NDArray[np.float64]]]) -> dict[str, list[float]]:
        least = min(float(x[0]) for x, _ in points)
        low, high = min(float(y.min()) for _, y in points), max(float(y.max()) for _, y in points)
        return {
            "x": [least if self.options.log_x else 0, max(float(x[-1]) for x, _ in points)],
            "y": _decades(low, high) if self.options.log else [0, calm_top(high)],
        }

    def _level_label(self, series: Sequence[Series]) -> str:
        unit = unit_of(series)
        if self.options.scaling == "amplitude":
            return unit or "amplitude"
        return f"{_in_brackets(unit)}²/Hz" if unit else "power per Hz"


def _peak(found: Spectrum) -> float:
    """Return the strongest frequency above 0 Hz."""
    return float(found.frequency[1 + int(found.level[1:].argmax())])


def _decades(low: float, high: float) -> list[float]:
    return [10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(1.5 * high))]


def _in_brackets(unit: str) -> str:
    """Return a unit of which there can be a power."""
    return f"({unit})" if "/" in unit or " " in unit else unit


def _facts(lines: Sequence[_Line]) -> list[str]:
    parts = [
        f"{_span(line.even.rate_hz for line in lines)} samples/s",
        f"resolution {_span(line.found.resolution_hz for line in lines)} Hz",
        f"{_span(line.found.segments for line in lines)} segments",
    ]
    if any(line.even.resampled for line in lines):
        parts.append("uneven, so interpolated")
    return parts


def _span(figures: Iterable[float]) -> str:
    ordered = [f"{figure:.3g}" for figure in sorted(figures)]
    return ordered[0] if ordered[0] == ordered[-1] else f"{ordered[0]} to {ordered[-1]}"

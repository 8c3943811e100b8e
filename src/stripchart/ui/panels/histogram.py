"""Histograms: how often which values came in the time shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

import numpy as np
from annotated_types import Ge, Le

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.analysis.histogram import LIMIT_BINS, Histogram, histogram
from stripchart.flow.analysis.statistics import Statistics, statistics
from stripchart.ui.panels.plot import MOST_SERIES, calm_top, caveats, numbers, palette, plot, short, source, unit_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bokeh.models import Range1d
    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Series

FAINT: Final = 0.3


@dataclass(frozen=True)
class HistogramOptions:
    """How values are counted.

    Attributes
    ----------
    bins
        About how many, between round numbers; as the spread of the values asks for where not given.
    low, high
        Ends of what is counted; what lies beyond is told in the note. All values where not given.
    """

    bins: Annotated[int, Ge(1), Le(LIMIT_BINS)] | None = None
    low: float | None = None
    high: float | None = None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low >= self.high:
            raise ConfigError(f"high: expected more than low ({self.low:g}), got {self.high:g}")


class HistogramPanel:
    """One histogram a channel, all with the same bins, and lines at the mean and one standard deviation beside it."""

    Options = HistogramOptions
    script = "figure"
    on_time = False

    def __init__(self, options: HistogramOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> Any:  # noqa: ARG002 - it has values there, not time
        """Return bars, their outlines, and lines at mean and ±σ."""
        made = plot(key)
        made.quad(
            "left", "right", "top", 0, fill_color="colour", fill_alpha=FAINT, line_color=None,
            source=source(key, "bars", "left", "right", "top", "colour"),
        )  # fmt: skip
        made.multi_line("x", "y", line_color="colour", source=source(key, "outlines", "x", "y", "colour"))
        made.vspan("x", line_color="colour", line_width=2, source=source(key, "means", "x", "colour"))
        made.vspan("x", line_color="colour", line_dash="4 3", source=source(key, "deviations", "x", "colour"))
        return made

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return the bars that are not empty, with all channels in the same bins.

        Raises
        ------
        StripchartError
            If there is nothing to count.
        """
        every = numbers(ask, "histogram")
        series = every[:MOST_SERIES]
        samples = [each.samples() for each in series]
        options = self.options
        together = histogram(np.concatenate([each.value for each in samples]), options.bins, options.low, options.high)
        known = [statistics(each.time, each.value) for each in samples]
        if not any(each.count for each in known):
            raise StripchartError("no numbers in the time shown: choose a longer one")
        counts = [np.histogram(each.value[np.isfinite(each.value)], together.edges)[0] for each in samples]
        colours, unit = palette(series), unit_of(series)
        means = [(each.mean, each.std, colour) for each, colour in zip(known, colours, strict=True) if each.count]
        return {
            "sources": {
                "bars": _bars(together.edges, counts, series, colours),
                "outlines": _outlines(together.edges, counts, colours),
                "means": {"x": [mean for mean, _, _ in means], "colour": [colour for _, _, colour in means]},
                "deviations": {
                    "x": [edge for mean, std, _ in means for edge in (mean - std, mean + std)],
                    "colour": [colour for _, _, colour in means for _ in range(2)],
                },
            },
            "ranges": {
                "x": [together.edges[0], together.edges[-1]],
                "y": [0, calm_top(max(int(count.max()) for count in counts))],
            },
            "labels": {"x": unit, "y": "samples"},
            "legend": [
                {"label": each.label, "colour": colour, "text": _spread(figures, each.unit)}
                for each, figures, colour in zip(series, known, colours, strict=True)
            ],
            "tip": {
                "source": "bars",
                "find": "span",
                "head": "{left} to {right} {unit}",
                "label": "{name}",
                "value": "{top}",
            },
            "note": _note(together, known, caveats(series, len(every))),
        }


def _bars(
    edges: NDArray[np.float64], counts: Sequence[NDArray[np.int64]], series: Sequence[Series], colours: Sequence[int]
) -> dict[str, Any]:
    places = [np.flatnonzero(count) for count in counts]
    sizes = [len(place) for place in places]
    every = np.concatenate(places)
    return {
        "left": edges[every],
        "right": edges[every + 1],
        "top": np.concatenate([count[place] for count, place in zip(counts, places, strict=True)]),
        "colour": np.repeat(colours, sizes),
        "name": _repeat((each.label for each in series), sizes),
        "unit": _repeat((each.unit for each in series), sizes),
    }


def _outlines(
    edges: NDArray[np.float64], counts: Sequence[NDArray[np.int64]], colours: Sequence[int]
) -> dict[str, Any]:
    across = np.repeat(edges, 2)
    return {
        "x": [across] * len(counts),
        "y": [np.concatenate(([0], np.repeat(count, 2), [0])) for count in counts],
        "colour": colours,
    }


def _repeat(texts: Iterable[str], sizes: Sequence[int]) -> list[str]:
    return [text for text, size in zip(texts, sizes, strict=True) for _ in range(size)]


def _spread(known: Statistics, unit: str) -> str:
    if not known.count:
        return "no numbers"
    return f"{short(known.mean, known.std)} ± {known.std:.3g} {unit}".rstrip()


def _note(together: Histogram, known: Sequence[Statistics], others: Sequence[str]) -> str:
    beyond = (together.under, "below"), (together.over, "above"), (together.missing, "no numbers")
    parts = [f"mean ± σ of {sum(each.count for each in known):,} samples"]
    return " · ".join([*parts, *(f"{number:,} {what}" for number, what in beyond if number), *others])

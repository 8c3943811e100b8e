"""A table of channels: the value now, and figures about what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, get_args

import numpy as np

from stripchart.flow.analysis.samples import known
from stripchart.flow.analysis.statistics import statistics
from stripchart.flow.records import Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.readout import plain

if TYPE_CHECKING:
    from bokeh.models import Range1d
    from numpy.typing import NDArray

    from stripchart.ui.panels.contract import Ask, Samples, Series

Column: TypeAlias = Literal["value", "min", "max", "mean", "rate", "age", "trend"]

COLUMNS: Final[tuple[Column, ...]] = get_args(Column)
OF_SAMPLES: Final = frozenset({"min", "max", "mean", "trend"})
"""Columns for which the samples of the span are read."""
POINTS: Final = 48
"""Points of a trend line."""
HEIGHTS: Final = np.array(list("0123456789abcdefghijklmnopqrstuvwxyz"))
NOTHING: Final = " "


@dataclass(frozen=True)
class TableOptions:
    """What a table tells.

    Attributes
    ----------
    columns
        Its columns, in that order: the value now; the least, the greatest and the mean of what is seen; rows per
        second; seconds since the newest; and a small line of what is seen.
    """

    columns: tuple[Column, ...] = COLUMNS


class TablePanel:
    """A row for each channel; the viewer sorts and searches."""

    Options = TableOptions
    script = "table"
    on_time = False

    def __init__(self, options: TableOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is written, not drawn."""

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return columns that are all equally long, an entry for each channel.

        Returns
        -------
        ``{"shown": [name, ...], "columns": {"source", "label", "unit", "stale", and those of them that were computed:
        "value", "rate" (Hz), "age" (s), "min", "max", "mean", "trend"}}``. A trend is a text of ``POINTS`` characters:
        means over equal parts of the span, as digits to the base 36 between the least and the greatest of them, or a
        blank.
        """
        wanted = OF_SAMPLES.intersection(self.options.columns)
        rows = [_row(series, ask, wanted) for series in ask.series]
        names = ("source", "label", "unit", "stale", "value", "rate", "age", *sorted(wanted))
        return {
            "shown": self.options.columns,
            "columns": {name: [row.get(name) for row in rows] for name in names},
        }


def _row(series: Series, ask: Ask, wanted: frozenset[str]) -> dict[str, Any]:
    now = series.now
    row = {
        "source": safe_label(series.stream.partition("/")[0]),
        "label": series.label,
        "unit": series.unit,
        "stale": now is not None and now.stale,
        "value": now and now.value,
        "rate": now and now.rate_hz,
        "age": now and max(0.0, (ask.now_ns - now.time_ns) / 1e9),
    }
    if now is not None and not wanted:
        return row
    samples = series.samples()
    if now is None and len(samples.value):  # it is only in the record: what it was at the end of what is seen
        row["value"] = plain(samples.value[-1])
    if series.channel.kind is Kind.TEXT:
        return row
    found = statistics(samples.time, samples.value)
    if now is None:
        row["rate"] = found.rate_hz
    row |= {"min": found.minimum, "max": found.maximum, "mean": found.mean}
    if "trend" in wanted:
        row["trend"] = _trend(samples, ask.start_ns, ask.stop_ns)
    return row


def _trend(samples: Samples, start_ns: int, stop_ns: int) -> str:
    numbers = known(samples.time, samples.value)
    part = (numbers.time - start_ns) * (POINTS / (stop_ns - start_ns))
    places = np.minimum(part.astype(np.intp), POINTS - 1)
    counts = np.bincount(places, minlength=POINTS)
    there = counts > 0
    means: NDArray[np.float64] = np.bincount(places, weights=numbers.value, minlength=POINTS)[there] / counts[there]
    text = np.full(POINTS, NOTHING)
    if len(means):
        low, span = means.min(), np.ptp(means)
        height = (means - low) / span if span > 0 else np.full(len(means), 0.5)
        text[there] = HEIGHTS[np.rint(height * (len(HEIGHTS) - 1)).astype(np.intp)]
    return "".join(text)

"""Figures about each channel's samples in the span that is seen."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from stripchart.flow.analysis.statistics import statistics
from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask


@dataclass(frozen=True)
class StatisticsOptions:
    """What is told.

    Attributes
    ----------
    ends
        Let ``first`` and ``last`` be the samples nearest to the ends of the span, which may lie outside.
    """

    ends: bool = False


class StatisticsPanel:
    """Count, extremes, mean, deviation and slope of every number channel; of raw samples, not of what is drawn."""

    Options = StatisticsOptions
    script = "statistics"
    on_time = False

    def __init__(self, options: StatisticsOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is a table."""

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return ``{"rows": [{"name", "label", "unit", "whole", **Statistics}], "note"}``; times are nanoseconds.

        ``whole`` says whether all samples of the span were taken, or only the newest.
        """
        rows = []
        for series in ask.series:
            if series.channel.kind is Kind.TEXT:
                continue
            samples = series.samples()
            told = asdict(statistics(samples.time, samples.value))
            if self.options.ends:
                told |= {"first": series.nearest(ask.start_ns), "last": series.nearest(ask.stop_ns)}
            rows.append(
                {"name": series.name, "label": series.label, "unit": series.unit, "whole": samples.whole, **told}
            )
        whole = all(row["whole"] for row in rows)
        return {"rows": rows, "note": "" if whole else "only the newest samples, as many as are counted"}

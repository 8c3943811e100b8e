"""Gauges: the newest value of each channel on an arc, with its limits as coloured zones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from annotated_types import Ge, Le

from stripchart.errors import ConfigError
from stripchart.flow.analysis.nice import nice_step
from stripchart.flow.analysis.samples import LARGEST, known
from stripchart.flow.records import Kind
from stripchart.ui.panels.limits import Limits, level, zones

if TYPE_CHECKING:
    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask, Series

STEPS: Final = 5
"""Round steps from one end of a scale to the other, about."""
BEYOND: Final = 0.05
"""Part of a scale that lies at least beyond a limit."""


@dataclass(frozen=True)
class GaugeOptions(Limits):
    """How gauges are drawn.

    Attributes
    ----------
    minimum, maximum
        Ends of the scale; round numbers around zero, the limits and what is seen where not given.
    digits
        Places after the decimal point; as many as are worth reading where not given.
    """

    minimum: float | None = None
    maximum: float | None = None
    digits: Annotated[int, Ge(0), Le(9)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.minimum is not None and self.maximum is not None and self.minimum >= self.maximum:
            raise ConfigError(f"maximum: expected more than minimum ({self.minimum:g}), got {self.maximum:g}")


class GaugePanel:
    """An arc for each channel, filled up to its newest value."""

    Options = GaugeOptions
    script = "gauge"
    on_time = False

    def __init__(self, options: GaugeOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is drawn by the page itself."""

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return ``{"cells": [{"label", "unit", "value", "digits", "stale", "level", "start", "end", "zones"}]}``.

        ``zones`` are ``[from, to, level]``, from ``start`` to ``end`` of the scale; none where there are no limits.
        """
        cells = []
        for series in ask.series:
            value = series.now and series.now.value
            start, end = self._ends(series)
            cells.append(
                {
                    "label": series.label,
                    "unit": series.unit,
                    "value": value,
                    "digits": self.options.digits,
                    "stale": series.now is None or series.now.stale,
                    "level": level(self.options, value),
                    "start": start,
                    "end": end,
                    "zones": zones(self.options, start, end),
                }
            )
        return {"cells": cells}

    def _ends(self, series: Series) -> tuple[float, float]:
        start, end = self.options.minimum, self.options.maximum
        if start is not None and end is not None:
            return start, end
        seen = [0.0, *self.options.given().values(), *_extremes(series)]
        room = (max(seen) - min(seen)) * BEYOND  # so that what is beyond a limit can be seen
        seen += [limit - room for limit in (self.options.low_alarm, self.options.low) if limit is not None]
        seen += [limit + room for limit in (self.options.high, self.options.high_alarm) if limit is not None]
        low = max(min(seen), -LARGEST) if start is None else start
        high = min(max(seen), LARGEST) if end is None else end
        if low >= high and end is None:
            high = low + max(abs(low), 1.0)
        elif low >= high:
            low = high - max(abs(high), 1.0)
        around = nice_step(max((high - low) / STEPS, 1 / LARGEST)).around(low, high)
        return (float(around[0]) if start is None else start), (float(around[-1]) if end is None else end)


def _extremes(series: Series) -> list[float]:
    """Return the least and the greatest number of the span and now; nothing if there are none."""
    if series.channel.kind is Kind.TEXT:
        return []
    samples = series.samples()
    numbers = known(samples.time, samples.value).value
    value = series.now and series.now.value
    now = [value] if isinstance(value, float) and abs(value) <= LARGEST else []
    return [*now, float(numbers.min()), float(numbers.max())] if len(numbers) else now

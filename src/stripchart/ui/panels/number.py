"""Big numbers: the newest value of each channel, coloured by its limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge, Le

from stripchart.ui.panels.limits import Limits, level

if TYPE_CHECKING:
    from bokeh.models import Range1d

    from stripchart.ui.panels.contract import Ask


@dataclass(frozen=True)
class NumberOptions(Limits):
    """How big numbers are written.

    Attributes
    ----------
    digits
        Places after the decimal point; as many as are worth reading where not given.
    """

    digits: Annotated[int, Ge(0), Le(9)] | None = None


class NumberPanel:
    """The newest value of each channel."""

    Options = NumberOptions
    script = "number"
    on_time = False

    def __init__(self, options: NumberOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: it is written, not drawn."""

    def draw(self, ask: Ask) -> dict[str, Any]:
        """Return ``{"cells": [{"label", "unit", "value", "digits", "stale", "level"}]}``."""
        cells = []
        for series in ask.series:
            value = series.now and series.now.value
            cells.append(
                {
                    "label": series.label,
                    "unit": series.unit,
                    "value": value,
                    "digits": self.options.digits,
                    "stale": series.now is None or series.now.stale,
                    "level": level(self.options, value),
                }
            )
        return {"cells": cells}

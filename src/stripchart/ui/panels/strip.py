"""A strip: lines over time, sharing their y axis because they share a unit or a device."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import Any, Final, cast

from bokeh.models import (  # type: ignore[attr-defined] # Span is missing in the hints of Bokeh 3.9
    BoxZoomTool,
    ColumnDataSource,
    CustomJSTickFormatter,
    PanTool,
    Range1d,
    ResetTool,
    Span,
    WheelZoomTool,
)
from bokeh.plotting import figure

from stripchart.flow.records import Channel, Kind
from stripchart.ui.labels import safe_label

COLOURS: Final = 16
"""Colours of the palette; it lives in the page's style sheet, in a light and a dark form."""

MAX_NAME: Final = 512
"""Characters of a channel's own name that the page is told."""


class Strip:
    """A figure, with an entry for the page's legend for each of its lines.

    Parameters
    ----------
    number
        Its place on the page: names it in the document, and shifts the palette, so that neighbours differ.
    title, unit
        As shown; from the outside, so made safe here.
    time_range
        The x range that all strips share.
    marks
        Where something happened, and in which colour: columns ``t`` and ``colour``.
    """

    def __init__(self, number: int, title: str, unit: str, time_range: Range1d, marks: ColumnDataSource) -> None:
        self.number = number
        self.key = key = f"strip{number}"
        self.title = safe_label(title)
        self.unit = safe_label(unit)
        self.entries: list[dict[str, Any]] = []
        self._lines: list[Any] = []
        self._numbers = count()
        # Bokeh's type hints do not know figure's keywords.
        self.root = cast("Any", figure)(
            name=key,
            x_axis_type="datetime",
            x_range=time_range,
            y_range=Range1d(start=0, end=1),
            sizing_mode="stretch_both",
            min_height=60,
            tools=[],
            toolbar_location=None,
            output_backend="canvas",
            outline_line_color=None,
            min_border_left=58,
            min_border_right=26,
            min_border_top=6,
            min_border_bottom=6,
        )
        pan, wheel, box = (
            PanTool(dimensions="width"),
            WheelZoomTool(dimensions="width"),
            BoxZoomTool(dimensions="width"),
        )
        self.root.add_tools(pan, wheel, box, ResetTool())
        self.root.toolbar.active_drag = pan
        self.root.toolbar.active_scroll = wheel
        self.root.yaxis.ticker.desired_num_ticks = 4
        # Bokeh's own formatter knows UTC only; the viewer's clock is the browser's.
        self.root.xaxis.formatter = CustomJSTickFormatter(code="return window.stripchart.tickText(tick, ticks)")
        self.root.xaxis.ticker.desired_num_ticks = 7
        self.root.vspan("t", line_color="colour", source=marks, name=f"{key}-marks", level="underlay", line_dash="4 3")
        self.root.add_layout(Span(name=f"{key}-cursor", dimension="height", location=float("nan"), line_width=1))

    def add(self, source: ColumnDataSource, column: str, channel: Channel, stream: str, label: str) -> int:
        """Draw a column as one more line, called ``label``, with its source's name where several meet.

        Returns
        -------
        Its place among the lines.
        """
        place = len(self.entries)
        self.entries.append(
            {
                "origin": safe_label(stream.partition("/")[0]),
                "label": safe_label(label),
                "unit": safe_label(channel.unit),
                # To ask for it by; without a name that is too long to ask for.
                "channel": name if len(name := f"{stream}/{channel.name}") <= MAX_NAME else "",
                "colour": (self.number + place) % COLOURS,
            }
        )
        self._lines.append(None)
        self.redraw(place, source, column, channel)
        return place

    def redraw(self, place: int, source: ColumnDataSource, column: str, channel: Channel) -> None:
        """Draw a line from another column. Bokeh does not notice when a line changes its source, so it is a new one."""
        draw = partial(self.root.step, mode="after") if channel.kind is Kind.STATE else self.root.line
        line = draw("t", column, source=source, line_width=1, name=f"{self.key}-{next(self._numbers)}")
        if self._lines[place] is not None:
            self.root.renderers.remove(self._lines[place])
        self._lines[place] = line
        self.entries[place] |= {"source": source.name, "column": column, "line": line.name}

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to build its section."""
        return {"key": self.key, "title": self.title, "unit": self.unit, "lines": self.entries}

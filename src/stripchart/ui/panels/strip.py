"""A strip: lines over time, sharing their y axis because they share a unit or a device."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from itertools import count
from typing import TYPE_CHECKING, Any, Final, Literal

from bokeh.models import (  # type: ignore[attr-defined] # Span is missing in the hints of Bokeh 3.9
    CDSView,
    Glyph,
    Line,
    LinearAxis,
    Range1d,
    Scatter,
    Span,
    Step,
    VSpan,
)

from stripchart.flow.records import Channel, Kind
from stripchart.ui.design import matches
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.contract import COLOURS
from stripchart.ui.panels.plot import plot

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource

    from stripchart.ui.panels.contract import Ask
    from stripchart.ui.stage import Stage

RIGHT: Final = "right"
"""Name of the second y axis."""
MAX_NAME: Final = 512
"""Characters of a channel's own name that the page is told."""


@dataclass(frozen=True)
class StripOptions:
    """How a strip draws.

    Attributes
    ----------
    style
        "line", "step" (a value holds until the next), "points", or "band": from the least to the greatest value of each
        moment, which is eight pixels.
    low, high
        Ends of the y axis; fitted to what is seen where not given.
    log
        Draw the y axis in powers of ten; only what is above zero is seen.
    right
        Names or patterns of channels that have an axis of their own, at the right.
    """

    style: Literal["line", "step", "points", "band"] = "line"
    low: float | None = None
    high: float | None = None
    log: bool = False
    right: tuple[str, ...] = ()


class StripPanel:
    """Lines over time, on one or two axes.

    It registers strips among the panels; ``Layout`` makes their figures, for their rows come by another way.
    """

    Options = StripOptions
    script = "strip"
    on_time = True

    def __init__(self, options: StripOptions) -> None:
        self.options = options

    def figure(self, key: str, time_range: Range1d) -> None:
        """Return none: see ``Strip``."""

    def draw(self, ask: Ask) -> dict[str, Any]:  # noqa: ARG002 - likewise
        """Return nothing: rows come by themselves."""
        return {}


class Strip:
    """A figure, with an entry for the page's legend for each of its lines.

    Parameters
    ----------
    key
        Its name in the document.
    number
        Its place on the page: shifts the palette, so that neighbours differ.
    title
        As shown; from the outside, so made safe here. If empty, it is named after its first line.
    stage
        Has the time axis that all strips share, the marks, and what all lines share.
    place
        Where it stands in the page's design, if that has it.
    """

    def __init__(
        self,
        key: str,
        number: int,
        title: str,
        stage: Stage,
        *,
        options: StripOptions,
        place: int | None = None,
    ) -> None:
        self.number = number
        self.key = key
        self.title = safe_label(title)
        self.unit = ""
        self.options = options
        self.place = place
        self.entries: list[dict[str, Any]] = []
        self._stage = stage
        self._lines: list[Any] = []
        self._numbers = count()
        self.root = plot(key, time=stage.time_range, log_y=options.log)
        self.root.yaxis.ticker.desired_num_ticks = 4
        if options.right:
            self.root.extra_y_ranges = {RIGHT: Range1d(start=0, end=1)}
            self.root.add_layout(LinearAxis(y_range_name=RIGHT), "right")
        self._draw(stage.marks, VSpan(x="t", line_color="colour", line_dash="4 3"), f"{key}-marks", level="underlay")
        self.root.add_layout(Span(name=f"{key}-cursor", dimension="height", location=float("nan"), line_width=1))

    def name_after(self, title: str, unit: str) -> None:
        """Take the title and the unit of the first line, where it has none."""
        if not self.entries:
            self.title = self.title or safe_label(title)
            self.unit = self.unit or safe_label(unit)

    def add(
        self, source: ColumnDataSource, column: str, channel: Channel, entry: dict[str, Any], colour: int | None = None
    ) -> int:
        """Draw a column as one more line.

        Parameters
        ----------
        entry
            What the page knows of its channel.
        colour
            Place in the palette; the next one if not given.

        Returns
        -------
        Its place among the lines.
        """
        place = len(self.entries)
        colour = (self.number + place) % COLOURS if colour is None else colour
        right = bool(self.options.right) and matches(entry["channel"], self.options.right)
        self.entries.append(entry | {"colour": colour, "right": right})
        self._lines.append(None)
        self.redraw(place, source, column, channel)
        return place

    def redraw(self, place: int, source: ColumnDataSource, column: str, channel: Channel) -> None:
        """Draw a line from another column. Bokeh does not notice when a line changes its source, so it is a new one."""
        axis = {"y_range_name": RIGHT} if self.entries[place]["right"] else {}
        style = "step" if channel.kind is Kind.STATE else self.options.style
        if style == "points":
            glyph: Glyph = Scatter(x="t", y=column, size=4, line_color=None)
        elif style == "step":
            glyph = Step(x="t", y=column, mode="after")
        else:
            glyph = Line(x="t", y=column, tags=["band"] if style == "band" else [])
        line = self._draw(source, glyph, f"{self.key}-{next(self._numbers)}", **axis)
        if self._lines[place] is not None:
            self.root.renderers.remove(self._lines[place])
        self._lines[place] = line
        self.entries[place] |= {"source": source.name, "column": column, "line": line.name}

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to build its section."""
        told = {"key": self.key, "title": self.title, "unit": self.unit, "lines": self.entries}
        return told | {"place": self.place, "options": asdict(self.options)}

    def _draw(self, source: ColumnDataSource, glyph: Glyph, name: str, **how: Any) -> Any:
        """Add a glyph with as few models as can be: each message costs Bokeh a little for every one in the document."""
        return self.root.add_glyph(source, glyph, name=name, view=CDSView(filter=self._stage.all_rows), **how)

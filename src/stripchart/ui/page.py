"""What server and browser tell each other."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from bokeh.core.properties import Bool, Float, Instance, Int, List, String
from bokeh.model import DataModel, Model
from bokeh.models import Range1d

from stripchart.flow.history import EVER
from stripchart.ui.view import Span

MAX_SPAN: Final = 100 * 366 * 24 * 3600.0
"""Seconds; a century is more than any recording holds, and nanoseconds still count it."""
BUCKET_PIXELS: Final = 2
"""Pixels of the time axis for which a dense stream keeps its extremes."""


class Page(DataModel):
    """What server and browser tell each other; texts are JSON, made and read in one go."""

    tick = String(default="", help="to the browser: new rows; now and then values now, and sources")
    layout = String(default="", help="to the browser: strips and lines")
    record = String(default="", help="to the browser: what is recorded, and its overview")
    marks = String(default="", help="to the browser: events in the span looked at")
    past = String(default="", help="to the browser: how reading the record goes")
    trouble = String(default="", help="to the browser: what is wrong with the design that it wants")
    design = String(default="", help="to the server: a page as its viewer wants it; empty as it was made")
    time = Instance(Range1d, help="the time axis that all panels share, also of a page without strips")
    kept = List(Instance(Model), help="what layouts share, whichever there is")
    window = Float(default=60.0, help="to the server: seconds shown while live")
    view = List(Float, default=[], help="to the server: the span looked at, [ms, ms]; empty while live")
    width = Int(default=1000, help="to the server: pixels that the time axis covers")
    hidden = Bool(default=False, help="to the server: whether nobody sees the page, which then needs nothing")


class Look(NamedTuple):
    """What a page wants to see, within bounds: the browser's words are not trusted."""

    window: float
    span: tuple[float, float] | None
    width: int

    @classmethod
    def of(cls, page: Any) -> Look:
        """Read it from the page."""
        window = _within(page.window, 0.1, MAX_SPAN)
        span = None
        if len(page.view) == 2 and page.view[0] < page.view[1]:  # noqa: PLR2004 - start and end
            # As float64 the limit is a little less than EVER; beyond it no row has a time.
            start, end = (_within(edge, -EVER // 2e6, EVER // 2e6) for edge in page.view)
            span = (max(start, end - MAX_SPAN * 1000), end)
        return cls(window, span, int(_within(page.width, 200, 4000)))

    @property
    def live(self) -> bool:
        """Whether it moves on with the clock."""
        return self.span is None

    def wanted(self, now_ns: int) -> Span:
        """Return the span of which rows are wanted: a little more than is seen."""
        if self.span is None:
            return Span(now_ns - int(self.window * 1.05e9), EVER, self.bucket_ns)
        start, end = (int(edge * 1e6) for edge in self.span)
        margin = (end - start) // 20
        return Span(start - margin, end + margin, self.bucket_ns)

    @property
    def bucket_ns(self) -> int:
        """Nanoseconds that are drawn as one minimum and one maximum."""
        seconds = self.window if self.span is None else (self.span[1] - self.span[0]) / 1000
        return max(1, int(seconds * 1e9) * BUCKET_PIXELS // self.width)


def _within(value: float, low: float, high: float) -> float:
    """Return the value, or the bound that it passes; NaN is taken for the lower one."""
    return min(value, high) if value > low else low

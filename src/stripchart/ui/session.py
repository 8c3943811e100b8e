"""One browser page: one document, one subscription, one periodic callback.

Each tick drains the subscription once and sends one message with the new rows of all streams; the browser appends
them to its ``ColumnDataSource`` objects. The server keeps no copy of what a page shows: when a page asks for
another span of time, its rows are read from the hub's history.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from bokeh.core.properties import Float, Int, List, String
from bokeh.model import DataModel
from bokeh.models import Range1d

from stripchart.ui.layout import Layout
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bokeh.document import Document

    from stripchart.flow.hub import Subscription
    from stripchart.flow.records import Batch
    from stripchart.ui.context import Context
    from stripchart.ui.view import StreamView

QUEUE_SAMPLES: Final = 200_000
"""Samples a page may fall behind before it misses some."""
MAX_SPAN: Final = 366 * 24 * 3600.0
BUSY_SESSIONS: Final = 15
BUSY_STRETCH: Final = 1.6
"""Pages beyond which a further one is updated less often, and by how much."""
BUSY_LINES: Final = 8
"""Lines beyond which a page is updated half as often: drawing costs a browser lines times updates."""
BUCKET_PIXELS: Final = 2
"""Pixels of the time axis for which a dense stream keeps its extremes."""
LISTED_SECONDS: Final = 1.0
"""Time between two updates of the values of channels that are listed, not drawn; there may be thousands."""
HURRY_TICKS: Final = 2
HURRY_LINES: Final = 32
"""Buckets shorter than so many ticks are not waited for, with no more lines than this to draw."""


class Page(DataModel):
    """What server and browser tell each other; texts are JSON, made and read in one go."""

    tick = String(default="", help="to the browser: new rows; now and then values now, and sources")
    layout = String(default="", help="to the browser: strips and lines")
    window = Float(default=60.0, help="to the server: seconds shown while live")
    view = List(Float, default=[], help="to the server: the span looked at, [ms, ms]; empty while live")
    width = Int(default=1000, help="to the server: pixels that the time axis covers")


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
            start, end = (_within(edge, -9e12, 9e12) for edge in page.view)
            span = (max(start, end - MAX_SPAN * 1000), end)
        return cls(window, span, int(_within(page.width, 200, 4000)))

    def bounds(self, now_ns: int) -> tuple[int, int]:
        """Return the nanoseconds between which rows are wanted: a little more than is seen."""
        if self.span is None:
            return now_ns - int(self.window * 1.05e9), 1 << 62
        start, end = (int(edge * 1e6) for edge in self.span)
        margin = (end - start) // 20
        return start - margin, end + margin

    @property
    def bucket_ns(self) -> int:
        """Nanoseconds that are drawn as one minimum and one maximum."""
        seconds = self.window if self.span is None else (self.span[1] - self.span[0]) / 1000
        return max(1, int(seconds * 1e9) * BUCKET_PIXELS // self.width)


def _within(value: float, low: float, high: float) -> float:
    """Return the value, or the bound that it passes; NaN is taken for the lower one."""
    return min(value, high) if value > low else low


class Session:
    """Feeds one document.

    Nothing happens until the browser has really connected: a bare GET of the page costs no subscription.
    """

    def __init__(self, document: Document, context: Context) -> None:
        self.page: Any = Page(name="page", window=context.window)
        self._document = document
        self._context = context
        self._look = Look.of(self.page)
        self._layout = Layout(document, Range1d(name="time", start=0, end=1))
        self._subscription: Subscription | None = None
        self._callback: Any = None
        self._stale = True
        self._readout_made = self._listed_made = 0.0
        self._stretch = 1.0
        self._sent = self._described = self._period = 0
        document.add_root(self.page)
        for attribute in ("window", "view", "width"):
            self.page.on_change(attribute, self._on_look)
        document.on_event("document_ready", self._begin)
        document.on_event("client_reconnected", self._begin)
        document.on_event("connection_lost", self._end)
        document.on_session_destroyed(self._destroyed)

    def _begin(self, event: object) -> None:  # noqa: ARG002 - Bokeh wants exactly this parameter
        if self._subscription is None:
            context = self._context
            self._subscription = context.hub.subscribe(capacity=QUEUE_SAMPLES, name="session")
            context.open_pages.add(self)
            self._stale = True
            self._listed_made = 0.0
            self._stretch = BUSY_STRETCH if context.sessions > BUSY_SESSIONS else 1.0
            self._keep_pace()

    def _end(self, event: object) -> None:  # noqa: ARG002 - likewise
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
            self._context.open_pages.discard(self)
        self._set_period(0)

    def _destroyed(self, session_context: object) -> None:
        self._callback, self._period = None, 0  # the document has ended it already
        self._end(session_context)

    def _on_look(self, attr: str, old: object, new: object) -> None:  # noqa: ARG002 - likewise
        self._look = Look.of(self.page)
        self._stale = True

    def _keep_pace(self) -> None:
        """Update a page with many lines half as often."""
        lines = 2 if self._layout.lines > BUSY_LINES else 1
        self._set_period(round(self._context.update_ms * self._stretch * lines))

    def _set_period(self, milliseconds: int) -> None:
        """Tick so often from now on; 0 for never."""
        if milliseconds == self._period:
            return
        self._period = milliseconds
        if self._callback is not None:
            callback, self._callback = self._callback, None
            self._document.remove_periodic_callback(callback)
        if milliseconds:
            self._callback = self._document.add_periodic_callback(self._tick, milliseconds)

    def _tick(self) -> None:
        if self._subscription is None:
            return
        delivery = self._subscription.drain()
        now_ns = time.time_ns()
        readout = self._context.readout()
        news = readout.made > self._readout_made
        grown = self._layout.grow(readout.streams) if news else []
        if self._layout.version > self._described:
            self._described = self._layout.version
            self._keep_pace()
            self.page.layout = to_json(self._layout.describe()).decode()
        if self._stale or delivery.lost:
            # What a slow page missed in its queue is still in the history, as long as that reaches.
            self._stale = False
            data = self._anew(self._views(), now_ns)
        elif self._look.span is None:
            data = self._fresh(delivery.batches, now_ns) | self._anew(grown, now_ns)
        else:
            data = self._anew(grown, now_ns)
        message: dict[str, Any] = {"now": now_ns / 1e6, "data": data}
        if news:  # with the rows, so that a browser paints once for both
            self._readout_made = readout.made
            message["values"] = [readout.values.get(key) for key in self._layout.order[: self._layout.lines]]
            if readout.made > self._listed_made + LISTED_SECONDS:
                self._listed_made = readout.made
                message["listed"] = [readout.values.get(key) for key in self._layout.order[self._layout.lines :]]
            message["sources"] = readout.sources
        if data or news or self._look.span is None:
            self._sent += 1
            message["number"] = self._sent  # a text equal to the last would not be sent
            self.page.tick = to_json(message).decode()

    def _views(self) -> Iterator[StreamView]:
        for views in self._layout.views.values():
            yield from views.values()

    def _anew(self, views: Iterable[StreamView], now_ns: int) -> dict[str, Any]:
        """Return all rows of some views: ``{key: [1, columns]}``, where 1 means instead of what is there."""
        start, stop = self._look.bounds(now_ns)
        return {view.key: [1, view.rebuild(self._context.hub, start, stop, self._look.bucket_ns)] for view in views}

    def _fresh(self, batches: Sequence[Batch], now_ns: int) -> dict[str, Any]:
        """Return the rows that came: ``{key: [0, columns]}``, where 0 means after what is there."""
        came: dict[str, list[Batch]] = {}
        for batch in batches:
            came.setdefault(batch.stream, []).append(batch)
        # Where a bucket is hardly longer than a tick, waiting for its end would only make the newest row late.
        hurry = self._look.bucket_ns < HURRY_TICKS * self._period * 1_000_000 and self._layout.lines <= HURRY_LINES
        data: dict[str, Any] = {}
        for view in self._views():
            rows = view.feed(came.get(view.stream, ()), now_ns)
            rows += view.reducer.hurry() if hurry else view.reducer.flush(now_ns)
            if rows:
                data[view.key] = [0, view.to_wire(rows)]
        return data

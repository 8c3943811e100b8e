"""One browser page: one document, one subscription, one periodic callback.

Each tick drains the subscription once and sends one message with the new rows of all streams; the browser appends
them to its ``ColumnDataSource`` objects. The server keeps no copy of what a page shows: when a page asks for another span of
time, its rows are read from the hub's history.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

import orjson
from bokeh.core.properties import Float, Int, List, String
from bokeh.model import DataModel
from bokeh.models import Range1d

from stripchart.ui.layout import Layout
from stripchart.ui.readout import plain, source_line
from stripchart.ui.view import to_wire

if TYPE_CHECKING:
    from bokeh.document import Document

    from stripchart.flow.hub import Subscription
    from stripchart.ui.context import Context

log = logging.getLogger(__name__)

QUEUE_SAMPLES: Final = 200_000
"""Samples a page may fall behind before it misses some."""
READINGS_MS: Final = 200
"""Milliseconds between two updates of the numbers: faster than this nobody reads."""
MAX_WINDOW: Final = 24 * 3600.0
BUSY_SESSIONS: Final = 15
"""Pages beyond which each is updated half as often."""


class Page(DataModel):
    """What server and browser tell each other; texts are JSON, made and read in one go."""

    tick = String(default="", help="server to browser: new rows")
    layout = String(default="", help="server to browser: strips and lines")
    readings = String(default="", help="server to browser: values now, sources")
    window = Float(default=60.0, help="browser to server: seconds shown while live")
    view = List(Float, default=[], help="browser to server: the span looked at [ms, ms]; empty while live")
    width = Int(default=1000, help="browser to server: pixels that the time axis covers")


class Session:
    """Feeds one document.

    Nothing happens until the browser has really connected: a bare GET of the page costs no subscription.
    """

    def __init__(self, document: Document, context: Context) -> None:
        self._document = document
        self._context = context
        self.page = Page(name="page", window=context.window)
        self._range = Range1d(name="time", start=0, end=1)
        self._layout = Layout(document, self._range)
        self._subscription: Subscription | None = None
        self._callback: Any = None
        self._stale = True
        self._readings_due = 0.0
        self._number = 0
        document.add_root(self.page)
        for attribute in ("window", "view", "width"):
            self.page.on_change(attribute, self._on_look)
        document.on_event("document_ready", self._begin)
        document.on_event("client_reconnected", self._begin)
        document.on_event("connection_lost", self._end)
        document.on_session_destroyed(self._destroyed)

    def _begin(self, event: object) -> None:  # noqa: ARG002 - Bokeh wants exactly this parameter
        if self._callback is None:
            context = self._context
            self._subscription = context.hub.subscribe(capacity=QUEUE_SAMPLES, name="session")
            context.sessions += 1
            period = context.update_ms * (1 if context.sessions <= BUSY_SESSIONS else 2)
            self._stale = True
            self._callback = self._document.add_periodic_callback(self._tick, period)

    def _end(self, event: object) -> None:  # noqa: ARG002 - likewise
        if self._subscription is not None:
            self._subscription.close()
            self._subscription = None
            self._context.sessions -= 1
        if self._callback is not None:
            callback, self._callback = self._callback, None
            self._document.remove_periodic_callback(callback)

    def _destroyed(self, session_context: object) -> None:  # noqa: ARG002 - likewise
        self._callback = None  # the document is gone, and its callbacks with it
        self._end(None)

    def _on_look(self, attr: str, old: object, new: object) -> None:  # noqa: ARG002 - likewise
        self._stale = True

    def _tick(self) -> None:
        if self._subscription is None:
            return
        delivery = self._subscription.drain()
        hub, page = self._context.hub, self.page
        now_ns = time.time_ns()
        grown = self._layout.grow(hub.streams())
        if grown:
            page.layout = orjson.dumps(self._layout.describe()).decode()
        if self._stale or delivery.lost:
            data = self._whole(now_ns)
        else:
            data = {view.key: [1, self._rebuilt(view, now_ns)] for view in grown}
            if not page.view:
                data = self._fresh(delivery.batches, now_ns) | data
        if data or not page.view:
            self._send("tick", {"now": now_ns / 1e6, "data": data})
        if time.monotonic() >= self._readings_due:
            self._readings_due = time.monotonic() + READINGS_MS / 1000
            self._send("readings", self._readings(now_ns))

    def _whole(self, now_ns: int) -> dict[str, Any]:
        self._stale = False
        return {view.key: [1, self._rebuilt(view, now_ns)] for view in self._layout.views.values()}

    def _rebuilt(self, view: Any, now_ns: int) -> dict[str, Any]:
        span, looked_at = self._span(), self.page.view
        start, stop = (now_ns - span, now_ns + span) if not looked_at else (int(looked_at[0] * 1e6), int(looked_at[1] * 1e6))
        rebuilt: dict[str, Any] = view.rebuild(self._context.hub, start - span // 20, stop, self._bucket())
        return rebuilt

    def _fresh(self, batches: Any, now_ns: int) -> dict[str, Any]:
        parts: dict[str, list[Any]] = {}
        for batch in batches:
            view = self._layout.views.get(batch.stream)
            if view is not None:
                parts.setdefault(batch.stream, []).extend(view.feed(batch))
        for stream, view in self._layout.views.items():
            late = view.reducer.flush(now_ns)
            if late:
                parts.setdefault(stream, []).extend(late)
        return {self._layout.views[stream].key: [0, to_wire(rows)] for stream, rows in parts.items() if rows}

    def _span(self) -> int:
        looked_at = self.page.view
        seconds = (looked_at[1] - looked_at[0]) / 1000 if len(looked_at) == 2 else self.page.window  # noqa: PLR2004
        return int(min(max(seconds, 1e-3), MAX_WINDOW) * 1e9)

    def _bucket(self) -> int:
        return max(1, self._span() // min(max(self.page.width, 200), 4000))

    def _readings(self, now_ns: int) -> dict[str, Any]:
        values = {}
        for info in self._context.hub.streams():
            stale = info.rate.stale(now_ns)
            for channel, value in zip(info.channels, info.last_values, strict=True):
                values[info.name, channel.name] = [plain(value), stale]
        return {
            "values": [values.get(key) for key in self._layout.order()],
            "sources": [source_line(pump) for pump in self._context.pumps],
            "rates": {view.key: stream for stream, view in self._layout.views.items()},
        }

    def _send(self, name: str, value: Any) -> None:
        self._number += 1
        value["number"] = self._number  # equal texts would not be sent
        setattr(self.page, name, orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode())

"""One browser page: one document, one subscription, one periodic callback.

Each tick drains the subscription once and sends one message with the new rows of all streams; the browser appends
them to its ``ColumnDataSource`` objects. The server keeps no copy of what a page shows: when a page asks for
another span of time, its rows are read from the hub's memory, and from the record where that begins too late.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from bokeh.models import Range1d

from stripchart.errors import ConfigError
from stripchart.flow.records import Batch
from stripchart.ui.design import PageDesign
from stripchart.ui.labels import safe_label
from stripchart.ui.layout import Layout
from stripchart.ui.pace import Pace
from stripchart.ui.page import Look, Page
from stripchart.ui.past.annals import Annals
from stripchart.ui.past.past import Past, Wish
from stripchart.ui.past.record import remembers
from stripchart.ui.stage import Stage
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bokeh.document import Document

    from stripchart.flow.hub import Subscription
    from stripchart.ui.context import Context
    from stripchart.ui.view import StreamView

QUEUE_SAMPLES: Final = 200_000
"""Samples a page may fall behind before it misses some."""
HURRY_TICKS: Final = 2
"""Buckets shorter than so many ticks are not waited for."""


class Session:
    """Feeds one document.

    Nothing happens until the browser has really connected, nor while its tab is hidden: a bare GET of the page costs no
    subscription, and a tab in the background no tick. Who looks again gets all rows anew.
    """

    def __init__(self, document: Document, context: Context, design: PageDesign | None = None) -> None:
        time_range = Range1d(name="time", start=0, end=1)
        self._stage = Stage.of(document, time_range)
        self.page: Any = Page(name="page", window=context.window, time=time_range, kept=self._stage.kept)
        self._document = document
        self._context = context
        self._look = Look.of(self.page)
        self._design = design or PageDesign()
        self._layout = Layout(self._stage, self._design)
        self._annals = Annals(self.page, context, self._layout)
        record = context.record
        self._past = None if record is None else Past(context.hub, record, context.workers)
        self._connected = False
        self._subscription: Subscription | None = None
        self._callback: Any = None
        self._stale = True
        self._held = False  # the page was looking at a span, not at what comes
        self._grown_for = (0, 0)
        self._readout_made = 0.0
        self._pace = Pace(context.update_ms)
        self._sent = self._described = self._period = 0
        document.add_root(self.page)
        for attribute in ("window", "view", "width"):
            self.page.on_change(attribute, self._on_look)
        self.page.on_change("design", self._on_design)
        self.page.on_change("hidden", self._on_hidden)
        document.on_event("document_ready", self._begin)
        document.on_event("client_reconnected", self._begin)
        document.on_event("connection_lost", self._end)
        document.on_session_destroyed(self._destroyed)

    def _begin(self, event: object) -> None:  # noqa: ARG002 - Bokeh wants exactly this parameter
        self._connected = True
        self._context.open_pages.add(self)
        self._attend()

    def _end(self, event: object) -> None:  # noqa: ARG002 - likewise
        self._connected = False
        self._context.open_pages.discard(self)
        self._attend()

    def _attend(self) -> None:
        """Begin to feed the page, or end that, as somebody looks at it or not."""
        context, looked_at = self._context, self._connected and not self.page.hidden
        if looked_at and self._subscription is None:
            self._subscription = context.hub.subscribe(capacity=QUEUE_SAMPLES, name="session")
            self._stale = True
            self._keep_pace()
        elif not looked_at:
            if self._subscription is not None:
                self._subscription.close()
                self._subscription = None
            self._set_period(0)

    def _destroyed(self, session_context: object) -> None:
        self._callback, self._period = None, 0  # the document has ended it already
        self._end(session_context)

    def _on_look(self, attr: str, old: object, new: object) -> None:  # noqa: ARG002 - likewise
        self._look = Look.of(self.page)
        self._stale = True

    def _on_design(self, attr: str, old: object, new: str) -> None:  # noqa: ARG002 - likewise
        """Lay the page out anew, as its viewer wants it; empty: as it was made."""
        try:
            design = self._context.read_page(json.loads(new)) if new else self._design
        except (ConfigError, ValueError) as error:
            self.page.trouble = "; ".join(map(safe_label, str(error).splitlines()))
            return
        self.page.trouble = ""
        self._layout.close()
        self._layout = Layout(self._stage, design)
        self._annals.lay_out(self._layout)
        self._described, self._grown_for, self._readout_made = 0, (0, 0), 0.0
        self._stale = True

    def _on_hidden(self, attr: str, old: object, new: object) -> None:  # noqa: ARG002 - likewise
        self._attend()

    def _keep_pace(self) -> None:
        self._set_period(self._pace.period(lines=self._layout.lines, pages=self._context.sessions))

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
        begun = time.perf_counter()
        if self._subscription is None:
            return
        delivery = self._subscription.drain()
        now_ns = time.time_ns()
        readout = self._context.readout()
        news = readout.made > self._readout_made
        grown = self._layout.grow(readout.streams) if news else []
        if news or self._stale:
            grown += self._grow_back(now_ns)
        if self._layout.version > self._described:
            self._described = self._layout.version
            self.page.layout = to_json(self._layout.describe()).decode()
        looked, live = self._stale, self._look.live
        if self._stale or delivery.lost:
            # What a slow page missed in its queue is still in memory, as long as that reaches.
            data = self._look_anew(delivery.batches, now_ns)
        else:
            data = self._fresh(delivery.batches, now_ns, self._views()) if live else {}
            data |= self._anew(grown, now_ns)
        data |= self._from_past(now_ns)
        self._annals.tell(self._look.wanted(now_ns), looked=looked, news=news, past=self._past)
        message: dict[str, Any] = {"now": now_ns / 1e6, "data": data}
        if news:  # with the rows, so that a browser paints once for both
            self._readout_made = readout.made
            self._context.catalogue.refresh(readout.streams)
            message["channels"] = len(self._context.catalogue)
            message["values"] = self._layout.read(readout, self._layout.order)
            message["sources"] = readout.sources
        if data or news or live:
            self._sent += 1
            message["number"] = self._sent  # a text equal to the last would not be sent
            self.page.tick = to_json(message).decode()
        self._pace.note(time.perf_counter() - begun)
        if news:
            self._keep_pace()

    def _views(self) -> Iterator[StreamView]:
        for views in self._layout.views.values():
            yield from views.values()

    def _grow_back(self, now_ns: int) -> list[StreamView]:
        """Give channels that are only in the record their places, if they were there in the span looked at."""
        record = self._context.record
        if record is None:
            return []
        state = record.version, self._context.hub.channels
        if state == self._grown_for and not self._stale:
            return []
        # Until now it was not known what the record has of the streams that are here already.
        self._stale |= not self._grown_for[0] and record.facts is not None
        self._grown_for = state if record.facts is not None else (0, 0)
        return self._layout.grow(record.only_here(self._look.wanted(now_ns)))

    def _look_anew(self, batches: Sequence[Batch], now_ns: int) -> dict[str, Any]:
        """Return all rows of another look. Where the record is to be read, the page keeps what it has until then."""
        views = list(self._views())
        wishes = self._wishes(views, now_ns)
        if self._past is not None:
            self._past.want(wishes, only=self._stale)
        # Of what a page looked at, nothing leads on to what comes now.
        kept = set() if self._held and self._look.live else {wish.key for wish in wishes}
        self._stale, self._held = False, not self._look.live
        data = self._from_memory((view for view in views if view.key not in kept or not view.drawn), now_ns)
        if self._look.live:
            data |= self._fresh(batches, now_ns, (view for view in views if view.key not in data))
        return data

    def _anew(self, views: Sequence[StreamView], now_ns: int) -> dict[str, Any]:
        """Return all rows of some views that memory holds, and wish for those before."""
        if self._past is not None:
            self._past.want(self._wishes(views, now_ns))
        return self._from_memory(views, now_ns)

    def _wishes(self, views: Iterable[StreamView], now_ns: int) -> list[Wish]:
        """Return those that are not whole without the record."""
        record, span = self._context.record, self._look.wanted(now_ns)
        if record is None:
            return []
        return [
            Wish(view.key, view.stream, dict(view.columns), span)
            for view in views
            if view.columns and record.reaches(view.stream, span)
        ]

    def _from_memory(self, views: Iterable[StreamView], now_ns: int) -> dict[str, Any]:
        """Return all rows of some views: ``{key: [1, columns]}``, where 1 means instead of what is there."""
        span = self._look.wanted(now_ns)
        return {view.key: [1, view.rebuild(self._context.hub, *span)] for view in views}

    def _from_past(self, now_ns: int) -> dict[str, Any]:
        """Return the views that were drawn with the record since the last tick, with what came meanwhile."""
        drawn = None if self._past is None else self._past.poll()
        if drawn is None:
            return {}
        views = {view.key: view for view in self._views()}
        # Where memory has nothing of the span, the page keeps what it has.
        missing = (
            wish for wish in drawn.missing if wish.key in views and remembers(self._context.hub, wish.stream, wish.span)
        )
        data = self._from_memory((views[wish.key] for wish in missing), now_ns)
        for wish, picture in drawn.pictures:
            view, later = views.get(wish.key), list[Batch]()
            if view is None or tuple(view.columns) != picture.names:
                continue  # it has grown, and was wished for again, or the page was laid out anew
            if self._look.live:
                with suppress(KeyError):  # still only in the record
                    later = self._context.hub.since(view.stream, picture.next_row)
            data[wish.key] = [1, view.take(picture, later)]
        self._annals.recall(drawn.events)
        return data

    def _fresh(self, batches: Sequence[Batch], now_ns: int, views: Iterable[StreamView]) -> dict[str, Any]:
        """Return the rows that came: ``{key: [0, columns]}``, where 0 means after what is there."""
        came: dict[str, list[Batch]] = {}
        for batch in batches:
            came.setdefault(batch.stream, []).append(batch)
        # Where a bucket is hardly longer than a tick, waiting for its end would only make the newest row late.
        hurry = self._look.bucket_ns < HURRY_TICKS * self._period * 1_000_000
        data: dict[str, Any] = {}
        for view in views:
            view.reducer.eager = hurry
            rows = view.feed(came.get(view.stream, ()), now_ns) + view.reducer.flush(now_ns)
            if rows:
                data[view.key] = [0, view.to_wire(rows)]
        return data

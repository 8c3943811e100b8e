"""What is known of the monitor now: its channels, counters and events, and why something does not plot."""

from __future__ import annotations

import asyncio
from typing import Final

from stripchart.ui.api.base import ApiHandler
from stripchart.ui.api.metrics import CONTENT_TYPE, render_metrics
from stripchart.ui.readout import channel_table
from stripchart.ui.rows.reading import read_events


class ChannelsHandler(ApiHandler):
    """GET /api/channels."""

    def get(self) -> None:
        """Describe every channel."""
        self.reply(channel_table(self.context.hub))


class LedgerHandler(ApiHandler):
    """GET /api/ledger."""

    def get(self) -> None:
        """Tell every counter, and whether they balance."""
        self.reply(self.context.ledger())


class EventsHandler(ApiHandler):
    """GET /api/events?after=…&source=…&kind=…: what happened besides samples."""

    def get(self) -> None:
        """Tell the newest events; ``after`` is the number of the last one known."""
        try:
            after = self.whole_number("after", -1)
        except (ValueError, OverflowError):
            self.reply({"error": "after: expected the number of an event, a whole number"}, 400)
            return
        source, kind = self.get_query_argument("source", ""), self.get_query_argument("kind", "")
        self.reply(read_events(self.context.events, after, source, kind))


class ExplainHandler(ApiHandler):
    """GET /api/explain?source=NAME: why it does or does not plot; see ``stripchart.explain``."""

    async def get(self) -> None:
        """Explain, in another thread: all decoders are tried on the newest input."""
        name = self.get_query_argument("source", "")
        try:
            answer = await asyncio.to_thread(self.context.explain, name)
        except KeyError:
            self.reply({"error": f"no such source: {name}; see /api/ledger"}, 404)
            return
        self.reply(answer)


class MetricsHandler(ApiHandler):
    """GET /metrics: the Prometheus text format."""

    def get(self) -> None:
        """Tell the counters."""
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(render_metrics(self.context))


class HealthHandler(ApiHandler):
    """GET /healthz: 200 while every pump and the recorder make progress (the loop does, since it answers)."""

    def get(self) -> None:
        """Tell what is wrong, if anything is."""
        hung = [pump.name for pump in self.context.pumps if not pump.alive()]
        failed = [f"{pump.name}: {pump.reason}" for pump in self.context.pumps if pump.state == "failed"]
        recorder = self.context.recorder
        if recorder is not None and not recorder.alive():
            failed.append(f"recording: {recorder.describe()['reason'] or 'no progress'}")
        if hung or failed:
            self.reply({"status": "unhealthy", "hung": hung, "failed": failed}, 503)
        else:
            self.reply({"status": "ok"})


ROUTES: Final = [
    (r"/api/channels", ChannelsHandler),
    (r"/api/ledger", LedgerHandler),
    (r"/api/events", EventsHandler),
    (r"/api/explain", ExplainHandler),
    (r"/metrics", MetricsHandler),
    (r"/healthz", HealthHandler),
]

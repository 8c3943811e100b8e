"""The routes of ours: the JSON API, the metrics, the health, and the page that says why not."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import orjson
from tornado.web import RequestHandler

from stripchart.flow import ledger
from stripchart.flow.reduce import raw_rows, reduce_rows
from stripchart.ui.metrics import CONTENT_TYPE, render_metrics
from stripchart.ui.readout import channel_table, number_columns

if TYPE_CHECKING:
    from stripchart.ui.access import Access, Refusal
    from stripchart.ui.context import Context

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}
MAX_POINTS = 100_000


class RefusalHandler(RequestHandler):
    """Answers what the guard did not let pass."""

    def initialize(self, refusal: Refusal, access: Access) -> None:
        self.refusal, self.access = refusal, access

    def prepare(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)
        self.set_status(self.refusal.status)
        if self.refusal.location:
            secure = self.request.protocol == "https"
            self.set_cookie(self.access.cookie, self.access.proof, httponly=True, samesite="Lax", secure=secure)
            self.set_header("Location", self.refusal.location)
            self.finish()
        elif "json" in self.request.headers.get("Accept", "") or self.request.path.startswith("/api/"):
            self.set_header("Content-Type", "application/json")
            self.finish(orjson.dumps({"error": self.refusal.message}))
        else:
            form = (
                '<form><input name="token" type="password" placeholder="Token" autofocus><button>Open</button></form>'
            )
            self.finish(
                f'<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
                f'<title>Stripchart</title><link rel="stylesheet" href="/assets/page.css"><main class="notice">'
                f"<h1>Not yet</h1><p>{escape(self.refusal.message)}</p>{form if self.refusal.status == 403 else ''}</main>"  # noqa: PLR2004
            )


class ApiHandler(RequestHandler):
    """Common to our own routes."""

    def initialize(self, context: Context) -> None:
        self.context = context

    def set_default_headers(self) -> None:
        for name, value in SECURITY_HEADERS.items():
            self.set_header(name, value)

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with JSON; NaN becomes null."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY))


class ChannelsHandler(ApiHandler):
    """GET /api/channels."""

    def get(self) -> None:
        self.reply(channel_table(self.context))


class LedgerHandler(ApiHandler):
    """GET /api/ledger."""

    def get(self) -> None:
        self.reply(ledger.snapshot(self.context.pumps, self.context.hub))


class ReadHandler(ApiHandler):
    """GET /api/read?channels=a,b&start=…&stop=…&max_points=…: columns as JSON, or CSV by Accept."""

    def get(self) -> None:
        try:
            wanted = [name for name in self.get_query_argument("channels", "").split(",") if name]
            start = int(float(self.get_query_argument("start", "0")))
            stop = int(float(self.get_query_argument("stop", str(1 << 62))))
            points = min(int(self.get_query_argument("max_points", str(MAX_POINTS))), MAX_POINTS)
        except (ValueError, OverflowError):
            self.reply({"error": "start, stop: expected nanoseconds since 1970; max_points: a whole number"}, 400)
            return
        if points < 4 or stop <= start:  # noqa: PLR2004 - two rows a bucket, two buckets
            self.reply({"error": "expected start before stop, and max_points of at least 4"}, 400)
            return
        found, unknown = self._columns(wanted, start, stop, points)
        if unknown:
            self.reply({"error": f"no such channel: {', '.join(unknown)}; see /api/channels"}, 404)
        elif "text/csv" in self.request.headers.get("Accept", ""):
            self.set_header("Content-Type", "text/csv; charset=utf-8")
            self.finish("".join(_csv_lines(found)))
        else:
            self.reply(found)

    def _columns(self, wanted: list[str], start: int, stop: int, points: int) -> tuple[list[dict[str, Any]], list[str]]:
        hub, found = self.context.hub, []
        rest = set(wanted)
        for info in hub.streams():
            names = [f"{info.name}/{channel.name}" for channel in info.channels]
            if wanted and not rest.intersection([*names, info.name]):
                continue
            batch, _ = hub.read(info.name, start, stop)
            places, columns = number_columns(batch)
            span = int(batch.time[-1] - batch.time[0]) + 1 if len(batch) else 1
            rows = raw_rows(batch.time, columns)
            if len(batch) > points:
                rows = reduce_rows(rows, max(span // (points // 4), 1))
            for place, column in zip(places, rows.columns, strict=True):
                name = names[place]
                if not wanted or name in rest or info.name in rest:
                    found.append(
                        {"channel": name, "unit": batch.channels[place].unit, "time": rows.time, "value": column}
                    )
            rest -= {*names, info.name}
        return found, sorted(rest)


def _csv_lines(found: list[dict[str, Any]]) -> list[str]:
    lines = ["time_ns,channel,value\n"]
    for entry in found:
        name = _csv_cell(entry["channel"])
        lines.extend(
            f"{time},{name},{value!r}\n"
            for time, value in zip(entry["time"].tolist(), entry["value"].tolist(), strict=True)
        )
    return lines


def _csv_cell(text: str) -> str:
    """Quote a name; one that a spreadsheet would take for a formula is defused with an apostrophe."""
    if text[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        text = "'" + text
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ",\"\r\n'") else text


class MetricsHandler(ApiHandler):
    """GET /metrics: the Prometheus text format."""

    def get(self) -> None:
        self.set_header("Content-Type", CONTENT_TYPE)
        self.finish(render_metrics(self.context))


class HealthHandler(ApiHandler):
    """GET /healthz: 200 while every pump makes progress (the loop does, since it answers)."""

    def get(self) -> None:
        hung = [pump.name for pump in self.context.pumps if not pump.alive()]
        failed = [f"{pump.name}: {pump.reason}" for pump in self.context.pumps if pump.state == "failed"]
        if hung or failed:
            self.reply({"status": "unhealthy", "hung": hung, "failed": failed}, 503)
        else:
            self.reply({"status": "ok"})


ROUTES = [
    (r"/api/channels", ChannelsHandler),
    (r"/api/ledger", LedgerHandler),
    (r"/api/read", ReadHandler),
    (r"/metrics", MetricsHandler),
    (r"/healthz", HealthHandler),
]

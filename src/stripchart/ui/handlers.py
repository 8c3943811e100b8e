"""The routes of ours: the JSON API, the metrics, the health, and the page that says why not."""

from __future__ import annotations

import asyncio
import logging
import time
from html import escape
from typing import TYPE_CHECKING, Any, Final, cast

import orjson
from tornado.iostream import StreamClosedError
from tornado.web import RequestHandler

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.history import EVER
from stripchart.store.exporting.export import FORMATS
from stripchart.store.reading.rows import UnknownChannelsError
from stripchart.ui.answers import answer, read_wanted
from stripchart.ui.catalogue import MAX_ROWS
from stripchart.ui.exporting import MAX_EXPORTS, PATIENCE, Export, GoneError, Wanted
from stripchart.ui.joined import Joined
from stripchart.ui.metrics import CONTENT_TYPE, render_metrics
from stripchart.ui.reading import MAX_POINTS, MIN_POINTS, read_columns, read_events, to_csv
from stripchart.ui.readout import channel_table
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection

    from stripchart.ui.access import Access, Refusal
    from stripchart.ui.context import Context, Designer

log = logging.getLogger(__name__)

_NOTICE: Final = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Stripchart</title>
<link rel="stylesheet" href="/assets/page.css">
<main class="notice"><h1>Not yet</h1><p>{message}</p>{form}</main>
"""
_FORM: Final = '<form><input name="token" type="password" placeholder="Token" autofocus><button>Open</button></form>'


class RefusalHandler(RequestHandler):
    """Answers what the guard did not let pass."""

    def initialize(self, refusal: Refusal, access: Access) -> None:
        """Take what the guard says."""
        self.refusal, self.access = refusal, access

    def prepare(self) -> None:
        """Answer, whatever the method."""
        refusal = self.refusal
        self.set_status(refusal.status)
        if refusal.location:
            secure = self.request.protocol == "https"
            self.set_cookie(self.access.cookie, refusal.cookie, httponly=True, samesite="Lax", secure=secure)
            self.set_header("Location", refusal.location)
            self.finish()
        elif "json" in self.request.headers.get("Accept", "") or self.request.path.startswith("/api/"):
            self.set_header("Content-Type", "application/json")
            self.finish(to_json({"error": refusal.message}))
        else:
            self.set_header("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'")
            self.finish(_NOTICE.format(message=escape(refusal.message), form=_FORM if refusal.wants_token else ""))


class ApiHandler(RequestHandler):
    """Common to our own routes."""

    needs_control = False
    """Whether the guard lets only visitors pass who have the control role."""
    keeps = False
    """Whether something is kept; see ``Access.judge_keeping``."""

    def initialize(self, context: Context, access: Access) -> None:
        """Take what there is to tell, and who may do what."""
        self.context = context
        self.access = access

    def reply(self, value: Any, status: int = 200) -> None:
        """Answer with JSON; NaN becomes null."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json")
        self.finish(to_json(value))

    @property
    def brings_json(self) -> bool:
        """Whether the request says that its body is JSON, as no form of another page can."""
        return self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == "application/json"

    def whole_number(self, name: str, default: int) -> int:
        """Return an argument, within what int64 holds; ``1.7e18`` is one too, as JavaScript writes it."""
        text = self.get_query_argument(name, str(default))
        try:
            number = int(text)
        except ValueError:
            number = int(float(text))
        return min(max(number, -EVER), EVER)

    def write_error(self, status_code: int, **_: Any) -> None:
        """Answer Tornado's own errors (a method that we have not, a broken argument) in JSON too."""
        self.reply({"error": self._reason}, status_code)


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


class ReadHandler(ApiHandler):
    """GET /api/read?channels=a,b&start=…&stop=…&max_points=…: columns as JSON, or CSV by Accept."""

    async def get(self) -> None:
        """Read rows, in another thread: a long answer takes half a second to write."""
        try:
            start = self.whole_number("start", 0)
            stop = self.whole_number("stop", EVER)
            points = self.whole_number("max_points", MAX_POINTS)
        except (ValueError, OverflowError):
            self.reply({"error": "start, stop: expected nanoseconds since 1970; max_points: a whole number"}, 400)
            return
        if points < MIN_POINTS or stop <= start:
            self.reply({"error": f"expected start before stop, and max_points of at least {MIN_POINTS}"}, 400)
            return
        as_csv = "text/csv" in self.request.headers.get("Accept", "")
        wanted = self.get_query_arguments("channels")

        def render() -> bytes:
            rows = Joined(self.context.hub, self.context.archive)
            found = read_columns(rows, wanted, start, stop, points)
            return to_csv(found) if as_csv else to_json(found)

        try:
            text = await asyncio.to_thread(render)
        except UnknownChannelsError as unknown:
            self.reply({"error": f"no such channel: {', '.join(unknown.args[0])}; see /api/channels"}, 404)
            return
        self.set_header("Content-Type", "text/csv; charset=utf-8" if as_csv else "application/json")
        self.finish(text)


class DrawHandler(ApiHandler):
    """POST /api/draw: what some panels show. It is a question, but too long for an address.

    ``{"keys": [key, ...], "page": {"panel": [table, ...]}, "start": ns, "stop": ns, "live": false, "width": pixels}``,
    with the tables of a configuration's ``[[page]]``.
    """

    async def post(self) -> None:
        """Draw them, in a worker thread."""
        try:
            wanted = read_wanted(orjson.loads(self.request.body), self.context.read_page)
        except ConfigError as error:
            self.reply({"error": str(error)}, 400)
        except (ValueError, TypeError, KeyError, OverflowError):
            self.reply({"error": "expected JSON with keys, page, start and stop (nanoseconds since 1970)"}, 400)
        else:
            self.reply(await asyncio.to_thread(answer, self.context, wanted, time.time_ns()))


class TreeHandler(ApiHandler):
    """GET /api/tree?since=…&rows=0,1,…: the page's list of channels where it has changed, and what some say now.

    ``{"version": n, "channels": [[number, name, source, label, unit, kind], ...], "beyond": n, "now": [...]}``: those
    that came or changed after the version ``since``, and for each number in ``rows`` what ``Catalogue.now`` returns.
    """

    async def get(self) -> None:
        """Tell them, from a worker thread: sparklines are made of many rows."""
        try:
            since = self.whole_number("since", 0)
            rows = [int(number) for number in self.get_query_argument("rows", "").split(",") if number]
        except (ValueError, OverflowError):
            self.reply({"error": "since: expected a whole number; rows: whole numbers with commas between"}, 400)
            return
        if len(rows) > MAX_ROWS:
            self.reply({"error": f"rows: expected at most {MAX_ROWS}, got {len(rows)}"}, 400)
            return
        self.reply(await asyncio.to_thread(self._tell, since, rows))

    def _tell(self, since: int, rows: list[int]) -> dict[str, Any]:
        catalogue, readout = self.context.catalogue, self.context.readout()
        catalogue.refresh(readout.streams)
        version, channels = catalogue.since(since)
        told = {"version": version, "channels": list(map(list, channels)), "beyond": catalogue.beyond}
        return told | {"now": catalogue.now(rows, readout)}


class LayoutHandler(ApiHandler):
    """GET and POST /api/layout: what pages can be made of, and one page written down.

    GET returns ``{"kinds": [{"kind", "text", "options"}], "saves_to": path}``. POST takes the table of a ``[[page]]``,
    and returns it as TOML.
    """

    def get(self) -> None:
        """Describe the kinds of panels."""
        designer = self.context.designer
        kinds = [] if designer is None else designer.kinds()
        self.reply({"kinds": kinds, "saves_to": "" if designer is None else designer.saves_to})

    async def post(self) -> None:
        """Do it."""
        designer = self.context.designer
        try:
            table = orjson.loads(self.request.body)
            if designer is None or not isinstance(table, dict):
                raise ValueError  # noqa: TRY301 - one answer to all that is no page
            await self.use(designer, table)
        except ConfigError as error:
            self.reply({"error": str(error)}, 400)
        except ValueError:
            self.reply({"error": "expected JSON with the table of a page"}, 400)

    async def use(self, designer: Designer, table: dict[str, Any]) -> None:
        """Write the page down."""
        self.set_header("Content-Type", "application/toml; charset=utf-8")
        self.finish(designer.write(table).encode("utf-8", "replace"))


class SaveLayoutHandler(LayoutHandler):
    """POST /api/layout/save: keep a page in the monitor's file of layouts."""

    keeps = True

    async def use(self, designer: Designer, table: dict[str, Any]) -> None:
        """Keep the page."""
        await asyncio.to_thread(designer.save, table)
        self.reply({"saved": designer.saves_to})


class ExportHandler(ApiHandler):
    """GET /api/export?format=csv|parquet|json&channels=a,b&start=…&stop=…&every=…: every row, as a file.

    ``start`` and ``stop`` as for /api/read; ``every`` is a number of seconds, to sum up instead.
    """

    export: Export | None = None

    async def get(self) -> None:
        """Send the rows at the visitor's pace, made in other threads."""
        try:
            wanted = Wanted(
                self.get_query_argument("format", "csv"),
                self.whole_number("start", -EVER),
                self.whole_number("stop", EVER),
                self.get_query_arguments("channels"),
                round(float(self.get_query_argument("every", "0")) * 1e9),
            )
        except (ValueError, OverflowError):
            self.reply({"error": "start, stop: expected nanoseconds since 1970; every: a number of seconds"}, 400)
            return
        if wanted.form not in FORMATS or wanted.stop_ns <= wanted.start_ns or wanted.every_ns < 0:
            formats = ", ".join(FORMATS)
            self.reply({"error": f"expected a format of {formats}, start before stop, and every above 0"}, 400)
        elif self.context.exports >= MAX_EXPORTS:
            self.reply({"error": f"{MAX_EXPORTS} files are being sent already; try again when one is done"}, 503)
        else:
            self.context.exports += 1
            try:
                await self._send(wanted)
            finally:
                self.context.exports -= 1

    def on_connection_close(self) -> None:
        """End the thread that is at it."""
        if self.export is not None:
            self.export.leave()

    async def _send(self, wanted: Wanted) -> None:
        try:
            self.export = export = await asyncio.to_thread(Export, self.context.hub, self.context.archive, wanted)
            piece = await asyncio.to_thread(export.piece)
            self.set_header("Content-Type", export.media_type)
            self.set_header("Content-Disposition", f'attachment; filename="{export.name}"')
            await self._send_all(export, piece)
        except UnknownChannelsError as unknown:
            self.reply({"error": f"no such channel: {', '.join(unknown.args[0])}; see /api/channels"}, 404)
        except ConfigError as error:
            self.reply({"error": str(error)}, 400)
        except StripchartError as error:
            self.reply({"error": str(error)}, 500)
        except GoneError:
            pass
        finally:
            if self.export is not None:
                await asyncio.to_thread(self.export.close)

    async def _send_all(self, export: Export, piece: bytes) -> None:
        try:
            while piece:
                self.write(piece)
                await asyncio.wait_for(self.flush(), PATIENCE)
                piece = await asyncio.to_thread(export.piece)
        except Exception as error:  # noqa: BLE001 - whatever it is, nobody may take a part of the file for the whole
            if not isinstance(error, (StreamClosedError, TimeoutError, GoneError)):
                log.warning("an export broke off: %s", error)
            cast("HTTP1Connection", self.request.connection).stream.close()


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


ROUTES = [
    (r"/api/channels", ChannelsHandler),
    (r"/api/ledger", LedgerHandler),
    (r"/api/events", EventsHandler),
    (r"/api/explain", ExplainHandler),
    (r"/api/read", ReadHandler),
    (r"/api/draw", DrawHandler),
    (r"/api/layout", LayoutHandler),
    (r"/api/layout/save", SaveLayoutHandler),
    (r"/api/tree", TreeHandler),
    (r"/api/export", ExportHandler),
    (r"/metrics", MetricsHandler),
    (r"/healthz", HealthHandler),
]

"""Rows for other programs: some as an answer, or all as a file."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, cast

from tornado.iostream import StreamClosedError

from stripchart.errors import ConfigError, StripchartError
from stripchart.flow.history import EVER
from stripchart.store.exporting.export import FORMATS
from stripchart.store.reading.rows import UnknownChannelsError
from stripchart.ui.api.base import ApiHandler
from stripchart.ui.rows.exporting import MAX_EXPORTS, PATIENCE, Export, GoneError, Wanted
from stripchart.ui.rows.joined import Joined
from stripchart.ui.rows.reading import MAX_POINTS, MIN_POINTS, read_columns, to_csv
from stripchart.ui.wire import to_json

if TYPE_CHECKING:
    from tornado.http1connection import HTTP1Connection

log = logging.getLogger(__name__)


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


ROUTES: Final = [(r"/api/read", ReadHandler), (r"/api/export", ExportHandler)]

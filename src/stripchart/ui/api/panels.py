"""What pages are made of: what panels show, the tree of channels, and layouts."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Final

import orjson

from stripchart.errors import ConfigError
from stripchart.ui.api.base import ApiHandler
from stripchart.ui.catalogue import MAX_ROWS
from stripchart.ui.rows.answers import answer, read_wanted

if TYPE_CHECKING:
    from stripchart.ui.context import Designer


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
    """GET /api/tree?since=…&rows=0,1,…&sparks=0,…: the page's list of channels where it has changed, and some rows.

    ``{"version": n, "channels": [[number, name, source, label, unit, kind], ...], "beyond": n, "now": [...],
    "sparks": [...]}``: the channels that came or changed after the version ``since``, what those in ``rows`` say now,
    and the sparklines of those in ``sparks``; see ``Catalogue``.
    """

    async def get(self) -> None:
        """Tell them, from a worker thread: sparklines are made of many rows."""
        try:
            since = self.whole_number("since", 0)
            rows, sparks = (
                [int(number) for number in self.get_query_argument(name, "").split(",") if number]
                for name in ("rows", "sparks")
            )
        except (ValueError, OverflowError):
            self.reply({"error": "since: expected a whole number; rows, sparks: whole numbers with commas"}, 400)
            return
        if max(len(rows), len(sparks)) > MAX_ROWS:
            self.reply({"error": f"rows, sparks: expected at most {MAX_ROWS} each"}, 400)
            return
        self.reply(await asyncio.to_thread(self._tell, since, rows, sparks))

    def _tell(self, since: int, rows: list[int], sparks: list[int]) -> dict[str, Any]:
        catalogue, readout = self.context.catalogue, self.context.readout()
        catalogue.refresh(readout.streams)
        version, channels = catalogue.since(since)
        told = {"version": version, "channels": list(map(list, channels)), "beyond": catalogue.beyond}
        return told | {"now": catalogue.now(rows, readout), "sparks": list(map(catalogue.spark, sparks))}


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


ROUTES: Final = [
    (r"/api/draw", DrawHandler),
    (r"/api/tree", TreeHandler),
    (r"/api/layout", LayoutHandler),
    (r"/api/layout/save", SaveLayoutHandler),
]

"""The documents that the server makes for its visitors: the monitor's own pages, and those of the program around it."""

from __future__ import annotations

import re
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bokeh.core.templates import get_env

from stripchart._version import __version__
from stripchart.errors import ConfigError
from stripchart.ui.design import PageDesign
from stripchart.ui.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bokeh.document import Document

    from stripchart.ui.context import Context

PAGE_PATH: Final = re.compile(r"(/[\w-]+)+", re.ASCII)
OWN_PATHS: Final = frozenset(
    {"api", "assets", "autoload.js", "favicon.ico", "healthz", "metadata", "metrics", "static", "ws"}
)


class Documents:
    """Fills Bokeh's documents, by path.

    Parameters
    ----------
    designs
        What the monitor's own pages are made of; one at "/" that shows everything where none is given.
    pages
        Further documents: functions that fill a Bokeh ``Document``.

    Raises
    ------
    ConfigError
        If a path cannot be.
    """

    def __init__(
        self, context: Context, designs: Iterable[PageDesign], pages: Mapping[str, Callable[[Document], None]]
    ) -> None:
        self.designs = {"/": PageDesign()} | {design.path: design for design in designs}
        self._context = context
        self._pages = dict(pages)
        for path in (*self._pages, *(path for path in self.designs if path != "/")):
            if not PAGE_PATH.fullmatch(path) or OWN_PATHS.intersection(path.split("/")):
                expected = "a path such as '/circles' of letters, digits, '-' and '_', none of Stripchart's own"
                raise ConfigError(f"pages: {path!r}: expected {expected}")

    def makers(self) -> dict[str, Callable[[Document], None]]:
        """Return what fills a document, by its path."""
        return {path: partial(self._fill, design) for path, design in self.designs.items()} | self._pages

    def _fill(self, design: PageDesign, document: Document) -> None:
        heading = design.title or self._context.title
        document.title = heading
        document.template = _template()
        document.template_variables.update(
            theme=self._context.theme,
            window=self._context.window,
            heading=heading,
            pages=self._links(),
            here=design.path,
            watching=bool(self._context.pumps),
            recording=not self._context.live,
            version=__version__,
        )
        document.config.reconnect_session = False
        document.config.notify_connection_status = False
        Session(document, self._context, design)

    def _links(self) -> list[tuple[str, str]]:
        """Return paths and names of all pages, if there are several."""
        links = [(path, design.title or self._context.title) for path, design in self.designs.items()]
        links += [(path, path.removeprefix("/")) for path in self._pages]
        return links if len(links) > 1 else []


@cache
def _template() -> Any:
    return get_env().from_string((Path(str(files("stripchart.ui"))) / "templates" / "page.html").read_text())

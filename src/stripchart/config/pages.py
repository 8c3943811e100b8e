"""The pages of a configuration: ``[[page]]`` with its ``[[page.panel]]`` and ``[[page.channel]]``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import AfterValidator, Field

from stripchart.config.options import Mistake, fill, show
from stripchart.errors import ConfigError
from stripchart.plugins import load
from stripchart.ui.design import COLUMNS, MAX_PANELS, ChannelLook, PageDesign, PanelSpec

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


PATH: Final = re.compile(r"/|/[\w-]+", re.ASCII)
MAX_HEIGHT: Final = 12
MAX_LOOKS: Final = 500
MAX_COLOUR: Final = 16


def _path(text: str) -> str:
    if not PATH.fullmatch(text):
        raise ValueError
    return text


@dataclass(frozen=True)
class PageTable:
    """The keys of a ``[[page]]``, beside its panels and channels."""

    path: Annotated[str, AfterValidator(_path), "a path such as '/' or '/engine'"] = "/"
    title: str = ""
    rest: bool | None = None
    """Give channels that no panel shows strips of their own; if not said, where a page has no panels."""
    kiosk: bool = False


@dataclass(frozen=True)
class PanelTable:
    """The keys of every ``[[page.panel]]``; all else in it are options of its kind."""

    kind: str = "strip"
    title: str = ""
    channels: tuple[str, ...] = ()
    width: Annotated[int, Field(ge=1, le=COLUMNS)] = COLUMNS
    height: Annotated[int, Field(ge=1, le=MAX_HEIGHT)] = 1


@dataclass(frozen=True)
class ChannelTable:
    """A ``[[page.channel]]``: how channels whose name matches are shown."""

    match: str
    name: str = ""
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    colour: Annotated[int, Field(ge=0, le=MAX_COLOUR)] = 0


def read_pages(given: object) -> tuple[tuple[PageDesign, ...], list[Mistake]]:
    """Build the pages, and tell all mistakes, each with its place: ``[0].panel[2].bins: expected …``."""
    if not isinstance(given, list) or not all(isinstance(table, dict) for table in given):
        return (), [Mistake("", f"expected tables [[page]], got {show(given)}")]
    pages: dict[str, PageDesign] = {}
    mistakes = []
    for place, table in enumerate(given):
        page, wrong = _page(table)
        if page is not None and page.path in pages:
            wrong.append(Mistake("path", f"{page.path!r} is another page's already"))
        elif page is not None:
            pages[page.path] = page
        mistakes += [mistake.below(f"[{place}]") for mistake in wrong]
    return tuple(pages.values()), mistakes


def part_pages(
    pages: Mapping[str, Callable[[Any], None] | Mapping[str, Any]],
) -> tuple[dict[str, Callable[[Any], None]], tuple[PageDesign, ...]]:
    """Tell a program's further documents from designs of the monitor's own pages, given as tables by their path.

    Raises
    ------
    ConfigError
        With all mistakes, one a line.
    """
    documents = {path: page for path, page in pages.items() if callable(page)}
    designs, mistakes = read_pages([{**page, "path": path} for path, page in pages.items() if not callable(page)])
    if mistakes:
        raise ConfigError("\n".join(f"pages{mistake}" for mistake in mistakes))
    return documents, designs


def read_page(table: Mapping[str, Any]) -> PageDesign:
    """Build one page.

    Raises
    ------
    ConfigError
        With all mistakes, one a line.
    """
    page, mistakes = _page(table)
    if page is None or mistakes:
        raise ConfigError("\n".join(map(str, mistakes)))
    return page


def _page(table: Mapping[str, Any]) -> tuple[PageDesign | None, list[Mistake]]:
    known = ("panel", "channel")
    said, mistakes = fill(PageTable, {key: value for key, value in table.items() if key not in known}, also=known)
    panels = []
    tables, wrong = _tables(table.get("panel", []))
    if len(tables) > MAX_PANELS:
        wrong.append(Mistake("", f"expected at most {MAX_PANELS} panels, got {len(tables)}"))
    for place, each in enumerate(tables[:MAX_PANELS]):
        panel, inside = _panel(each)
        panels.append(panel)
        wrong += [mistake.below(f"[{place}]") for mistake in inside]
    mistakes += [mistake.below("panel") for mistake in wrong]
    looks = []
    tables, wrong = _tables(table.get("channel", []))
    if len(tables) > MAX_LOOKS:
        wrong.append(Mistake("", f"expected at most {MAX_LOOKS} channels, got {len(tables)}"))
    for place, each in enumerate(tables[:MAX_LOOKS]):
        look, inside = fill(ChannelTable, each)
        looks.append(look and ChannelLook(**vars(look)))
        wrong += [mistake.below(f"[{place}]") for mistake in inside]
    mistakes += [mistake.below("channel") for mistake in wrong]
    if mistakes or said is None:
        return None, mistakes
    rest = not panels if said.rest is None else said.rest
    return PageDesign(said.path, said.title, _all(panels), _all(looks), rest, said.kiosk), []


def _panel(table: Mapping[str, Any]) -> tuple[PanelSpec | None, list[Mistake]]:
    own = {key: value for key, value in table.items() if key in PanelTable.__dataclass_fields__}
    options = {key: value for key, value in table.items() if key not in own}
    said, mistakes = fill(PanelTable, own)
    kind = own.get("kind", "strip")
    try:
        made = load("panels", kind) if isinstance(kind, str) else None
    except ConfigError as error:
        return None, [*mistakes, Mistake("kind", str(error))]
    if made is None:
        return None, mistakes
    filled, wrong = fill(made.Options, options, also=tuple(PanelTable.__dataclass_fields__))
    mistakes += wrong
    if mistakes or said is None:
        return None, mistakes
    return PanelSpec(**{**vars(said), "panel": made(filled), "options": options}), []


def _tables(given: object) -> tuple[list[dict[str, Any]], list[Mistake]]:
    if isinstance(given, list) and all(isinstance(table, dict) for table in given):
        return given, []
    return [], [Mistake("", f"expected tables in double brackets, got {show(given)}")]


def _all(made: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(each for each in made if each is not None)

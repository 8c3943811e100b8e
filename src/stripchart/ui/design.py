"""What a page is made of: its panels in order, and how some channels are shown. It knows neither Bokeh nor files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fnmatch import translate
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from stripchart.ui.panels.contract import Panel

COLUMNS: Final = 12
"""Columns of the grid in which panels stand."""
MAX_PANELS: Final = 60
STRIP: Final = "strip"
WILDCARDS: Final = frozenset("*?[")


@dataclass(frozen=True)
class PanelSpec:
    """One panel of a page.

    Attributes
    ----------
    kind
        As it is registered: "strip", "histogram", ...
    panel
        What draws it.
    title
        As shown; made from the channels if empty.
    channels
        Names (``stream/channel`` or a stream) or shell patterns, in the order wanted.
    width, height
        Columns of the grid, of ``COLUMNS``; and rows, each as high as a strip.
    options
        Those of the kind, as they were given.
    """

    kind: str
    panel: Panel | None = None
    title: str = ""
    channels: tuple[str, ...] = ()
    width: int = COLUMNS
    height: int = 1
    options: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return it as a table of a configuration holds it, without what is usual."""
        told: dict[str, Any] = {"kind": self.kind}
        if self.title:
            told["title"] = self.title
        if self.channels:
            told["channels"] = list(self.channels)
        if self.width != COLUMNS:
            told["width"] = self.width
        if self.height != 1:
            told["height"] = self.height
        return told | self.options


@dataclass(frozen=True)
class ChannelLook:
    """How some channels are shown, instead of as they call themselves.

    Attributes
    ----------
    match
        A name or a shell pattern.
    name, unit
        What to show, if not empty.
    scale, offset
        ``shown = value * scale + offset``.
    colour
        Its place in the palette, from 1; 0 for the next that is free.
    """

    match: str
    name: str = ""
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    colour: int = 0

    @property
    def scales(self) -> bool:
        """Whether it changes values."""
        return self.scale != 1 or self.offset != 0

    def describe(self) -> dict[str, Any]:
        """Return it as a table of a configuration holds it, without what is usual."""
        usual = ChannelLook(self.match)
        changed = {key: value for key, value in vars(self).items() if value != getattr(usual, key)}
        return {"match": self.match, **changed}


@dataclass(frozen=True)
class PageDesign:
    """A page.

    Attributes
    ----------
    path
        Where it is served: "/" or "/name".
    title
        What it is called; as the monitor if empty.
    rest
        Channels that no panel shows get strips of their own.
    kiosk
        Show the panels alone, as on a wall; K brings the rest back.
    """

    path: str = "/"
    title: str = ""
    panels: tuple[PanelSpec, ...] = ()
    looks: tuple[ChannelLook, ...] = ()
    rest: bool = True
    kiosk: bool = False

    def look(self, name: str) -> ChannelLook | None:
        """Return the look of a channel by its full name: the one that names it, else the first that matches."""
        if not self.looks:
            return None
        named = self._named.get(name)
        return named or next((look for look in self.looks if matches(name, (look.match,))), None)

    @cached_property
    def _named(self) -> dict[str, ChannelLook]:
        return {look.match: look for look in reversed(self.looks)}

    def describe(self) -> dict[str, Any]:
        """Return it as a table ``[[page]]`` holds it."""
        told: dict[str, Any] = {} if self.path == "/" else {"path": self.path}
        if self.title:
            told["title"] = self.title
        if self.rest == bool(self.panels):
            told["rest"] = self.rest
        if self.kiosk:
            told["kiosk"] = True
        if self.looks:
            told["channel"] = [look.describe() for look in self.looks]
        if self.panels:
            told["panel"] = [panel.describe() for panel in self.panels]
        return told


def matches(name: str, patterns: tuple[str, ...]) -> bool:
    """Say whether a channel's full name, or the stream that it is in, is meant by one of some names and patterns.

    A name is taken literally first: outside names may hold what a pattern would take for a wildcard.
    """
    names, globs = _compiled(patterns)
    stream = name.rpartition("/")[0]
    return name in names or stream in names or any(glob(name) or glob(stream) for glob in globs)


@lru_cache(maxsize=1024)
def _compiled(patterns: tuple[str, ...]) -> tuple[frozenset[str], list[Callable[[str], object]]]:
    globs: list[Callable[[str], object]] = [
        re.compile(translate(pattern)).match for pattern in patterns if not WILDCARDS.isdisjoint(pattern)
    ]
    return frozenset(patterns), globs

"""Which channel goes on which strip: by unit where one is known, else by device, else by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bokeh.models import ColumnDataSource, Range1d

from stripchart.flow.records import Channel, Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.strip import Strip
from stripchart.ui.view import StreamView

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bokeh.document import Document

    from stripchart.flow.hub import StreamInfo

MAX_STRIPS: Final = 12
MAX_LINES: Final = 64
"""What one page draws; further channels are listed with their values."""
SCALAR: Final = "value"
"""The channel of a topic that carries a bare number: the topic's own name says what it is."""


class Layout:
    """The strips of one session, growing as streams appear."""

    def __init__(self, document: Document, time_range: Range1d) -> None:
        self.views: dict[str, StreamView] = {}
        self.strips: dict[tuple[str, str], Strip] = {}
        self._document = document
        self._range = time_range
        self._sources: dict[str, ColumnDataSource] = {}
        self._known: dict[str, tuple[Channel, ...]] = {}
        self._listed: list[dict[str, Any]] = []
        self.lines = 0
        self.order: list[tuple[str, str]] = []

    def grow(self, streams: Iterable[StreamInfo]) -> list[StreamView]:
        """Give every new channel its place; return the views whose columns changed.

        ``order`` then says which (stream, channel) the page's readings are: drawn lines first, then the listed.
        """
        changed: list[StreamView] = []
        roots: list[Strip] = []
        for info in streams:
            if self._known.get(info.name) is info.channels:
                continue
            known = self._known.get(info.name, ())
            self._known[info.name] = info.channels
            fresh = [c for c in info.channels if not any(c.name == k.name and c.kind is k.kind for k in known)]
            if self._place(info, fresh, roots):
                changed.append(self.views[info.name])
        drawn = [(entry["stream"], entry["channel"]) for strip in self.strips.values() for entry in strip.entries]
        self.order = drawn + [(entry["stream"], entry["channel"]) for entry in self._listed]
        for strip in roots:  # added last: one message each, complete with its lines
            self._document.add_root(strip.root)
        return changed

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know to build its sections and lists."""
        return {"strips": [strip.describe() for strip in self.strips.values()], "listed": self._listed}

    def _place(self, info: StreamInfo, fresh: list[Channel], roots: list[Strip]) -> bool:
        drawable = [c for c in fresh if c.kind is not Kind.TEXT and self._has_room(info, c)]
        for channel in fresh:
            if channel not in drawable:
                label = safe_label(_label(info.name, channel))
                self._listed.append(
                    {"stream": info.name, "channel": channel.name, "label": label, "unit": safe_label(channel.unit)}
                )
        if not drawable:
            return False
        view = self.views.get(info.name)
        if view is None:
            view = self.views[info.name] = StreamView(f"s{len(self.views)}", info.name)
            self._sources[info.name] = ColumnDataSource(name=view.key, data={"t": [], "n": []})
        source = self._sources[info.name]
        columns = [view.add(channel) for channel in drawable]
        # The data live in the browser; here is only the empty shape, and the session sends the rows anew.
        source.data = {"t": [], "n": [], **{f"c{place}": [] for place in range(len(view.columns))}}
        for column, channel in zip(columns, drawable, strict=True):
            key = _strip_key(info, channel)
            strip = self.strips.get(key)
            if strip is None:
                strip = self.strips[key] = Strip(len(self.strips), _title(key, info), channel.unit, self._range)
                roots.append(strip)
            strip.add(source, column, channel, _label(info.name, channel))
            strip.entries[-1].update(stream=info.name, channel=channel.name)
            self.lines += 1
        return True

    def _has_room(self, info: StreamInfo, channel: Channel) -> bool:
        return self.lines < MAX_LINES and (len(self.strips) < MAX_STRIPS or _strip_key(info, channel) in self.strips)


def _strip_key(info: StreamInfo, channel: Channel) -> tuple[str, str]:
    if channel.unit:
        return "unit", channel.unit
    if channel.name == SCALAR:
        # greenhouse/north/temp goes with greenhouse/south/temp, and motor/phase1 with motor/phase2.
        parent, _, leaf = info.name.rpartition("/")
        return "name", leaf.rstrip("0123456789_-") or parent or leaf
    return "stream", info.name


def _title(key: tuple[str, str], info: StreamInfo) -> str:
    kind, text = key
    return info.name if kind == "stream" else text


def _label(stream: str, channel: Channel) -> str:
    if channel.name == SCALAR and "/" in stream:
        return stream.partition("/")[2]
    return channel.name if "/" not in stream else f"{stream.partition('/')[2]}/{channel.name}"

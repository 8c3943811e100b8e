"""Which channel goes on which strip: by unit where one is known, else by device, else by what it is called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from bokeh.models import ColumnDataSource, Range1d

from stripchart.flow.records import Channel, Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.strip import Strip
from stripchart.ui.readout import ChannelKey, channel_key
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

StripKey: TypeAlias = tuple[str, str]
"""What the lines of a strip have in common, as a kind and a text."""


class Layout:
    """The strips of one session, growing as streams appear."""

    def __init__(self, document: Document, time_range: Range1d) -> None:
        self.views: dict[str, StreamView] = {}
        self.strips: dict[StripKey, Strip] = {}
        self.lines = 0
        self.order: list[ChannelKey] = []
        self._document = document
        self._range = time_range
        self._sources: dict[str, ColumnDataSource] = {}
        self._known: dict[str, tuple[Channel, ...]] = {}
        self._keys: set[ChannelKey] = set()
        self._drawn: dict[str, list[ChannelKey]] = {}
        self._unplaced: list[ChannelKey] = []
        self._listed: list[dict[str, Any]] = []

    def grow(self, streams: Iterable[StreamInfo]) -> list[StreamView]:
        """Give every new channel its place; return the views whose columns changed.

        ``order`` then says which channel each of the page's readings is: drawn lines first, then the listed.
        """
        changed: list[StreamView] = []
        roots = len(self.strips)
        for info in streams:
            if self._known.get(info.name) is info.channels:
                continue
            self._known[info.name] = info.channels
            fresh = [channel for channel in info.channels if channel_key(info.name, channel) not in self._keys]
            self._keys.update(channel_key(info.name, channel) for channel in fresh)
            if self._place(info, fresh):
                changed.append(self.views[info.name])
        strips = list(self.strips.values())
        self.order = [key for strip in strips for key in self._drawn[strip.key]] + self._unplaced
        for strip in strips[roots:]:  # added last: one message each, complete with its lines
            self._document.add_root(strip.root)
        return changed

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know to build its sections and lists; all texts are safe to show."""
        return {"strips": [strip.describe() for strip in self.strips.values()], "listed": self._listed}

    def _place(self, info: StreamInfo, fresh: list[Channel]) -> bool:
        """Draw the channels for which there is room, and list the others; say whether any is drawn."""
        drawn: list[tuple[StripKey, Channel]] = []
        strips = set(self.strips)
        for channel in fresh:
            key = _strip_key(info, channel)
            room = self.lines + len(drawn) < MAX_LINES and (key in strips or len(strips) < MAX_STRIPS)
            if channel.kind is not Kind.TEXT and room:
                strips.add(key)
                drawn.append((key, channel))
            else:
                self._unplaced.append(channel_key(info.name, channel))
                label = safe_label(_label(info.name, channel))
                self._listed.append({"label": label, "unit": safe_label(channel.unit)})
        if drawn:
            self._draw(info, drawn)
        return bool(drawn)

    def _draw(self, info: StreamInfo, drawn: list[tuple[StripKey, Channel]]) -> None:
        view = self.views.get(info.name)
        if view is None:
            view = self.views[info.name] = StreamView(f"s{len(self.views)}", info.name)
            self._sources[info.name] = ColumnDataSource(name=view.key)
        source = self._sources[info.name]
        columns = [view.add(channel) for _, channel in drawn]
        # The data live in the browser; here is only the empty shape, and the session sends the rows anew.
        source.data = {"t": [], "n": [], **{f"c{place}": [] for place in range(len(view.columns))}}
        for column, (key, channel) in zip(columns, drawn, strict=True):
            strip = self.strips.get(key)
            if strip is None:
                strip = self.strips[key] = Strip(len(self.strips), _title(key, info), channel.unit, self._range)
            strip.add(source, column, channel, info.name.partition("/")[0], _label(info.name, channel))
            self._drawn.setdefault(strip.key, []).append(channel_key(info.name, channel))
        self.lines += len(drawn)


def _strip_key(info: StreamInfo, channel: Channel) -> StripKey:
    if channel.unit:
        return "unit", channel.unit
    if channel.name == SCALAR:
        # greenhouse/north/temp goes with greenhouse/south/temp, and motor/phase1 with motor/phase2.
        parent, _, leaf = info.name.rpartition("/")
        return "name", leaf.rstrip("0123456789_-") or parent or leaf
    return "stream", info.name


def _title(key: StripKey, info: StreamInfo) -> str:
    kind, text = key
    return info.name if kind == "stream" else text


def _label(stream: str, channel: Channel) -> str:
    if channel.name == SCALAR and "/" in stream:
        return stream.partition("/")[2]
    return channel.name if "/" not in stream else f"{stream.partition('/')[2]}/{channel.name}"

"""Which channel goes on which strip: by unit where one is known, else by device, else by what it is called."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from bokeh.models import ColumnDataSource, Range1d

from stripchart.flow.records import Channel, Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.strip import Strip
from stripchart.ui.readout import ChannelKey, channel_key
from stripchart.ui.view import StreamView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bokeh.document import Document

    from stripchart.flow.hub import StreamInfo

MAX_STRIPS: Final = 12
MAX_LINES: Final = 64
"""What one page draws; further channels are listed with their values."""
SCALAR: Final = "value"
"""The channel of a topic that carries a bare number: the topic's own name says what it is."""

StripKey: TypeAlias = tuple[str, str]
"""What the lines of a strip have in common, as a kind and a text."""


class _Line(NamedTuple):
    """Where a channel is drawn."""

    strip: Strip
    place: int
    view: StreamView
    column: str


class Layout:
    """The strips of one session, growing as streams appear.

    Attributes
    ----------
    views
        What is drawn of each stream: a view for each of its groups of channels, by the group's number.
    version
        Grows when ``describe`` has something new to tell.
    """

    def __init__(self, document: Document, time_range: Range1d) -> None:
        self.views: dict[str, dict[int, StreamView]] = {}
        self.strips: dict[StripKey, Strip] = {}
        self.order: list[ChannelKey] = []
        self.version = 0
        self._document = document
        self._range = time_range
        self._sources: dict[str, ColumnDataSource] = {}
        self._known: dict[str, tuple[tuple[Channel, ...], tuple[int, ...]]] = {}
        self._keys: set[ChannelKey] = set()
        self._lines: dict[ChannelKey, _Line] = {}
        self._unplaced: list[ChannelKey] = []
        self._listed: list[dict[str, Any]] = []

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return len(self._lines)

    def grow(self, streams: Iterable[StreamInfo]) -> list[StreamView]:
        """Give every new channel its place; return the views whose columns changed.

        ``order`` then says which channel each of the page's readings is: drawn lines first, then the listed.
        """
        changed: dict[str, StreamView] = {}
        roots = len(self.strips)
        for info in streams:
            channels, groups = self._known.get(info.name, ((), ()))
            if channels is info.channels and groups is info.groups:
                continue
            self._known[info.name] = info.channels, info.groups
            views = chain(self._part(info), self._draw(info, self._place(info)))
            changed.update((view.key, view) for view in views)
        for view in changed.values():
            # The data live in the browser; here is only the empty shape, and the session sends the rows anew.
            self._sources[view.key].data = view.to_wire([])
        strips = list(self.strips.values())
        drawn: dict[str, list[ChannelKey]] = {strip.key: [] for strip in strips}
        for key, line in self._lines.items():
            drawn[line.strip.key].append(key)
        self.order = [*chain.from_iterable(drawn.values()), *self._unplaced]
        for strip in strips[roots:]:  # added last: one message each, complete with its lines
            self._document.add_root(strip.root)
        return list(changed.values())

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know to build its sections and lists; all texts are safe to show."""
        return {"strips": [strip.describe() for strip in self.strips.values()], "listed": self._listed}

    def _place(self, info: StreamInfo) -> list[tuple[StripKey, Channel, int]]:
        """Find strips for new channels, and list those for which there is no room.

        Returns
        -------
        Strip, channel and group of each that is to be drawn.
        """
        drawn: list[tuple[StripKey, Channel, int]] = []
        strips = set(self.strips)
        for channel, group in zip(info.channels, info.groups, strict=True):
            name = channel_key(info.name, channel)
            if name in self._keys:
                continue
            self._keys.add(name)
            self.version += 1
            key = _strip_key(info, channel)
            room = self.lines + len(drawn) < MAX_LINES and (key in strips or len(strips) < MAX_STRIPS)
            if channel.kind is not Kind.TEXT and room:
                strips.add(key)
                drawn.append((key, channel, group))
            else:
                self._unplaced.append(name)
                label = safe_label(_label(info.name, channel))
                self._listed.append({"label": label, "unit": safe_label(channel.unit)})
        return drawn

    def _draw(self, info: StreamInfo, drawn: Iterable[tuple[StripKey, Channel, int]]) -> Iterator[StreamView]:
        for key, channel, group in drawn:
            strip = self.strips.get(key)
            if strip is None:
                strip = self.strips[key] = Strip(len(self.strips), _title(key, info), channel.unit, self._range)
            view = self._view(info.name, group)
            column = view.add(channel)
            source = self._sources[view.key]
            place = strip.add(source, column, channel, info.name.partition("/")[0], _label(info.name, channel))
            self._lines[channel_key(info.name, channel)] = _Line(strip, place, view, column)
            yield view

    def _part(self, info: StreamInfo) -> Iterator[StreamView]:
        """Draw anew the lines of channels that turned out not to come together with others of their view."""
        for channel, group in zip(info.channels, info.groups, strict=True):
            key = channel_key(info.name, channel)
            line = self._lines.get(key)
            if line is None or self.views[info.name].get(group) is line.view:
                continue
            line.view.remove(line.column)
            view = self._view(info.name, group)
            column = view.add(channel)
            line.strip.redraw(line.place, self._sources[view.key], column, channel)
            self._lines[key] = _Line(line.strip, line.place, view, column)
            self.version += 1
            yield line.view
            yield view

    def _view(self, stream: str, group: int) -> StreamView:
        views = self.views.setdefault(stream, {})
        if group not in views:
            view = views[group] = StreamView(f"s{len(self._sources)}", stream)
            self._sources[view.key] = ColumnDataSource(name=view.key)
        return views[group]


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

"""Which channel goes on which strip: by unit where one is known, else by device, else by what it is called."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol, TypeAlias

from bokeh.models import ColumnDataSource, Range1d

from stripchart.flow.records import Channel, Kind
from stripchart.ui.labels import safe_label
from stripchart.ui.panels.strip import Strip
from stripchart.ui.readout import ChannelKey, channel_key
from stripchart.ui.view import StreamView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bokeh.document import Document

MAX_STRIPS: Final = 12
MAX_LINES: Final = 64
"""What one page draws; further channels are listed with their values."""
SCALAR: Final = "value"
"""The channel of a topic that carries a bare number: the topic's own name says what it is."""

StripKey: TypeAlias = tuple[str, str]
"""What the lines of a strip have in common, as a kind and a text."""


class StreamLike(Protocol):
    """What a layout needs to know of a stream."""

    @property
    def name(self) -> str:
        """Of the stream."""
        ...

    @property
    def channels(self) -> tuple[Channel, ...]:
        """All that are to be shown."""
        ...

    @property
    def groups(self) -> tuple[int, ...]:
        """A number for each channel: those with the same one come together."""
        ...


class _Line(NamedTuple):
    """Where a channel is drawn."""

    strip: Strip
    place: int
    view: StreamView
    column: str


class _Wanted(NamedTuple):
    """A channel that is to be drawn, for the first time or from another view."""

    key: ChannelKey
    stream: str
    group: int
    channel: Channel
    strip: Strip


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
        self._marks = ColumnDataSource(name="marks", data={"t": [], "colour": []})
        self._sources: dict[str, ColumnDataSource] = {}
        self._known: dict[str, tuple[tuple[Channel, ...], tuple[int, ...]]] = {}
        self._keys: set[ChannelKey] = set()
        self._lines: dict[ChannelKey, _Line] = {}
        self._placed = 0  # lines that are drawn, or about to be
        self._unplaced: list[ChannelKey] = []
        self._listed: list[dict[str, Any]] = []

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return len(self._lines)

    def grow(self, streams: Iterable[StreamLike]) -> list[StreamView]:
        """Give every new channel its place; return the views whose columns changed.

        ``order`` then says which channel each of the page's readings is: drawn lines first, then the listed.
        """
        roots = len(self.strips)
        wanted: list[_Wanted] = []
        for info in streams:
            channels, groups = self._known.get(info.name, ((), ()))
            if channels is not info.channels or groups is not info.groups:
                self._known[info.name] = info.channels, info.groups
                wanted += self._part(info)
                wanted += self._place(info)
        # A source has a column before a line asks for it, and loses none before its line is gone: Bokeh sends each
        # step as it is made, and the browser draws between them.
        gained: dict[str, StreamView] = {}
        lost: dict[str, StreamView] = {}
        columns = []
        for want in wanted:
            view = self._view(want.stream, want.group)
            columns.append((want, view, view.add(want.channel)))
            gained[view.key] = view
        self._shape(gained.values())
        for want, view, column in columns:
            line = self._lines.get(want.key)
            if line is not None:
                line.view.remove(line.column)
                lost[line.view.key] = line.view
            self._draw(want, line, view, column)
        self._shape(lost.values())
        drawn: dict[str, list[ChannelKey]] = {strip.key: [] for strip in self.strips.values()}
        for key, line in self._lines.items():
            drawn[line.strip.key].append(key)
        self.order = [*chain.from_iterable(drawn.values()), *self._unplaced]
        for strip in list(self.strips.values())[roots:]:  # added last: one message each, complete with its lines
            self._document.add_root(strip.root)
        return list((gained | lost).values())

    def front(self, count: int) -> dict[ChannelKey, tuple[int, int]]:
        """Return some lines, by strip and place: the first of each strip, then the second of each, and so on."""
        ordered = sorted(self._lines.items(), key=lambda item: (item[1].place, item[1].strip.number))
        return {key: (line.strip.number, line.place) for key, line in ordered[:count]}

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know to build its sections and lists; all texts are safe to show."""
        return {"strips": [strip.describe() for strip in self.strips.values()], "listed": self._listed}

    def _place(self, info: StreamLike) -> Iterator[_Wanted]:
        """Find strips for new channels, and list those for which there is no room."""
        for channel, group in zip(info.channels, info.groups, strict=True):
            name = channel_key(info.name, channel)
            if name in self._keys:
                continue
            self._keys.add(name)
            self.version += 1
            key = _strip_key(info, channel)
            room = self._placed < MAX_LINES and (key in self.strips or len(self.strips) < MAX_STRIPS)
            if channel.kind is not Kind.TEXT and room:
                if key not in self.strips:
                    self.strips[key] = Strip(
                        len(self.strips), _title(key, info), channel.unit, self._range, self._marks
                    )
                self._placed += 1
                yield _Wanted(name, info.name, group, channel, self.strips[key])
            else:
                self._unplaced.append(name)
                label = safe_label(_label(info.name, channel))
                self._listed.append({"label": label, "unit": safe_label(channel.unit)})

    def _part(self, info: StreamLike) -> Iterator[_Wanted]:
        """Find the lines of channels that turned out not to come together with others of their view."""
        for channel, group in zip(info.channels, info.groups, strict=True):
            key = channel_key(info.name, channel)
            line = self._lines.get(key)
            if line is not None and self.views[info.name].get(group) is not line.view:
                self.version += 1
                yield _Wanted(key, info.name, group, channel, line.strip)

    def _draw(self, want: _Wanted, line: _Line | None, view: StreamView, column: str) -> None:
        source, channel, strip = self._sources[view.key], want.channel, want.strip
        if line is None:
            label = _label(want.stream, channel)
            place = strip.add(source, column, channel, want.stream, label)
        else:
            place = line.place
            strip.redraw(place, source, column, channel)
        self._lines[want.key] = _Line(strip, place, view, column)

    def _shape(self, views: Iterable[StreamView]) -> None:
        """Tell the browser the columns of some sources. It holds the rows, which the session sends anew."""
        for view in views:
            self._sources[view.key].data = view.to_wire([])

    def _view(self, stream: str, group: int) -> StreamView:
        views = self.views.setdefault(stream, {})
        if group not in views:
            view = views[group] = StreamView(f"s{len(self._sources)}", stream)
            self._sources[view.key] = ColumnDataSource(name=view.key)
        return views[group]


def _strip_key(info: StreamLike, channel: Channel) -> StripKey:
    if channel.unit:
        return "unit", channel.unit
    if channel.name == SCALAR:
        # greenhouse/north/temp goes with greenhouse/south/temp, and motor/phase1 with motor/phase2.
        parent, _, leaf = info.name.rpartition("/")
        return "name", leaf.rstrip("0123456789_-") or parent or leaf
    return "stream", info.name


def _title(key: StripKey, info: StreamLike) -> str:
    kind, text = key
    return info.name if kind == "stream" else text


def _label(stream: str, channel: Channel) -> str:
    if channel.name == SCALAR and "/" in stream:
        return stream.partition("/")[2]
    return channel.name if "/" not in stream else f"{stream.partition('/')[2]}/{channel.name}"

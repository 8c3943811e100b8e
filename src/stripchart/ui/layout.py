"""Which channel goes on which panel: as the page's design says, else on strips by unit, by device, or by name."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from stripchart.flow.records import Channel, Kind
from stripchart.ui.design import COLUMNS, STRIP, PageDesign, matches
from stripchart.ui.labels import channel_label, safe_label
from stripchart.ui.panels.plot import LEFT
from stripchart.ui.panels.strip import MAX_NAME, Strip, StripOptions
from stripchart.ui.placing import strip_key, strip_title
from stripchart.ui.readout import ChannelKey, channel_key
from stripchart.ui.view import StreamView

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bokeh.models import ColumnDataSource
    from bokeh.models.ui.ui_element import UIElement

    from stripchart.ui.design import PanelSpec
    from stripchart.ui.panels.contract import Panel
    from stripchart.ui.placing import StreamLike, StripKey
    from stripchart.ui.readout import Readout
    from stripchart.ui.stage import Stage

MAX_STRIPS: Final = 12
MAX_LINES: Final = 64
"""What one page draws by itself; further channels are in its tree only."""
MAX_CHOSEN: Final = 256
"""Lines that the strips of a design draw."""


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
    """The panels of one session. Its strips grow as streams appear.

    Attributes
    ----------
    views
        What is drawn of each stream: a view for each of its groups of channels, by the group's number.
    version
        Grows when ``describe`` has something new to tell.
    """

    def __init__(self, stage: Stage, design: PageDesign | None = None) -> None:
        self.views: dict[str, dict[int, StreamView]] = {}
        self.strips: dict[StripKey, Strip] = {}
        self.order: list[ChannelKey] = []
        self.design = design or PageDesign()
        self.version = 1
        self._stage = stage
        self._generation = next(stage.generations)
        self._roots: list[UIElement] = []  # in the document
        self._fresh: list[UIElement] = []  # not yet
        self._panels: list[dict[str, Any]] = []
        self._two_sided = {
            spec.width for spec in self.design.panels if getattr(spec.panel and spec.panel.options, "right", ())
        }
        self._sources: dict[str, ColumnDataSource] = {}
        self._known: dict[str, tuple[tuple[Channel, ...], tuple[int, ...]]] = {}
        self._keys: set[ChannelKey] = set()
        self._lines: dict[ChannelKey, _Line] = {}
        self._placed = 0  # lines that are drawn, or about to be
        for place, spec in enumerate(self.design.panels):
            if spec.kind == STRIP:
                self._strip(("panel", str(place)), spec.title, place)
            elif spec.panel is not None:
                self._panels.append(self._panel(spec, place))

    def close(self) -> None:
        """Take everything out of the document."""
        for root in self._roots:
            self._stage.document.remove_root(root)

    @property
    def lines(self) -> int:
        """How many lines are drawn."""
        return len(self._lines)

    def grow(self, streams: Iterable[StreamLike]) -> list[StreamView]:
        """Give every new channel its place; return the views whose columns changed.

        ``order`` then says which channel each of the page's readings is: the lines in the order of ``describe``.
        """
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
            look = self.design.look(f"{want.stream}/{want.channel.name}")
            scale, offset = (look.scale, look.offset) if look else (1.0, 0.0)
            columns.append((want, view, view.add(want.channel, scale, offset)))
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
        self.order = list(chain.from_iterable(drawn.values()))
        for root in self._fresh:  # added last: one message each, complete with its lines
            self._stage.document.add_root(root)
        self._roots += self._fresh
        self._fresh = []
        return list((gained | lost).values())

    def front(self, count: int) -> dict[ChannelKey, tuple[int, int]]:
        """Return some lines, by strip and place: the first of each strip, then the second of each, and so on."""
        ordered = sorted(self._lines.items(), key=lambda item: (item[1].place, item[1].strip.number))
        return {key: (line.strip.number, line.place) for key, line in ordered[:count]}

    def read(self, readout: Readout, keys: Sequence[ChannelKey]) -> list[list[Any] | None]:
        """Return the newest values of some channels as they are shown: ``[value, stale]`` for each."""
        values = [readout.values.get(key) for key in keys]
        if not self.design.looks:
            return values
        for place, ((stream, name, is_text), told) in enumerate(zip(keys, values, strict=True)):
            look = None if is_text else self.design.look(f"{stream}/{name}")
            if look and look.scales and told is not None and isinstance(told[0], float):
                values[place] = [told[0] * look.scale + look.offset, *told[1:]]
        return values

    def describe(self) -> dict[str, Any]:
        """Return what the page needs to know to build its sections; all texts are safe to show.

        ``place`` is where a panel stands in the design; strips that came by themselves have none, and stand below.
        """
        return {
            "generation": self._generation,
            "design": self.design.describe(),
            "strips": [strip.describe() for strip in self.strips.values()],
            "panels": self._panels,
        }

    def _place(self, info: StreamLike) -> Iterator[_Wanted]:
        """Find strips for new channels, as long as there is room."""
        for channel, group in zip(info.channels, info.groups, strict=True):
            name = channel_key(info.name, channel)
            if name in self._keys:
                continue
            self._keys.add(name)
            look = self.design.look(f"{info.name}/{channel.name}")
            seen = channel._replace(unit=look.unit) if look and look.unit else channel
            key = None if channel.kind is Kind.TEXT else self._strip_for(info, seen)
            if key is None:
                continue
            if key not in self.strips:
                self._strip(key, strip_title(key, info))
            strip = self.strips[key]
            strip.name_after(strip_title(strip_key(info, seen), info), seen.unit)
            self._placed += 1
            self.version += 1
            yield _Wanted(name, info.name, group, channel, strip)

    def _strip_for(self, info: StreamLike, channel: Channel) -> StripKey | None:
        """Return the strip on which a channel is drawn; None if there is no room, or the design has no place for it."""
        name, shown = f"{info.name}/{channel.name}", False
        for place, spec in enumerate(self.design.panels):
            if matches(name, spec.channels):
                shown = True
                if spec.kind == STRIP:
                    return ("panel", str(place)) if self._placed < MAX_CHOSEN else None
        key = strip_key(info, channel)
        room = self._placed < MAX_LINES and (key in self.strips or len(self.strips) < MAX_STRIPS)
        return key if room and self.design.rest and not shown else None

    def _entry(self, stream: str, channel: Channel) -> dict[str, Any]:
        """Describe a channel that is drawn."""
        name = f"{stream}/{channel.name}"
        look = self.design.look(name)
        return {
            "origin": safe_label(stream.partition("/")[0]),
            "label": safe_label((look and look.name) or channel_label(stream, channel)),
            "unit": safe_label((look and look.unit) or channel.unit),
            "channel": name if len(name) <= MAX_NAME else "",  # to ask for it by
            "kind": str(channel.kind),
        }

    def _strip(self, key: StripKey, title: str, place: int | None = None) -> None:
        spec = None if place is None else self.design.panels[place]
        options = StripOptions() if spec is None or spec.panel is None else spec.panel.options
        stage = self._stage
        name, number = f"strip{next(stage.strips)}", len(self.strips)
        strip = self.strips[key] = Strip(name, number, title, stage, options=options, place=place)
        self._add(strip.root, COLUMNS if spec is None else spec.width)

    def _add(self, figure: Any, width: int | None) -> None:
        """Give a figure its place in the document.

        Figures over time have a width: where one has a second axis, all that are as wide leave room for one, so that
        their times are below each other.
        """
        if width in self._two_sided:
            figure.min_border_right = LEFT
        self._fresh.append(figure)

    def _panel(self, spec: PanelSpec, place: int) -> dict[str, Any]:
        """Make the figure of a panel that is no strip, if it has any, and describe it."""
        panel, key = cast("Panel", spec.panel), f"panel{next(self._stage.panels)}"
        figure = panel.figure(key, self._stage.time_range)
        if figure is not None:
            self._add(figure, spec.width if panel.on_time else None)
        told = {"key": key, "place": place, "kind": spec.kind, "script": panel.script, "figure": figure is not None}
        return told | {"title": safe_label(spec.title), "on_time": panel.on_time}

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
            place = strip.add(source, column, channel, self._entry(want.stream, channel), self._colour(want))
        else:
            place = line.place
            strip.redraw(place, source, column, channel)
        self._lines[want.key] = _Line(strip, place, view, column)

    def _colour(self, want: _Wanted) -> int | None:
        """Return the place in the palette that the design has for a channel, from 0."""
        look = self.design.look(f"{want.stream}/{want.channel.name}")
        return look.colour - 1 if look and look.colour else None

    def _shape(self, views: Iterable[StreamView]) -> None:
        """Tell the browser the columns of some sources. It holds the rows, which the session sends anew."""
        for view in views:
            self._sources[view.key].data = view.to_wire([])

    def _view(self, stream: str, group: int) -> StreamView:
        views = self.views.setdefault(stream, {})
        if group not in views:
            view = views[group] = StreamView(f"s{next(self._stage.sources)}", stream)
            self._sources[view.key] = self._stage.source(view.key)
        return views[group]

"""What panels show, drawn when a browser asks for it: of its span, in a worker thread, all panels of a page at once."""

from __future__ import annotations

import logging
import time
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.errors import StripchartError
from stripchart.flow.events import join, stands
from stripchart.flow.history import EVER
from stripchart.flow.records import Kind
from stripchart.ui.design import matches
from stripchart.ui.labels import channel_label, safe_label
from stripchart.ui.panels.contract import Ask, Now, Samples, Series
from stripchart.ui.readout import channel_key, is_stale, plain
from stripchart.ui.rows.joined import Joined
from stripchart.ui.rows.samples import nearest_numbers, newest_samples, sample_before

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from stripchart.flow.events import Event
    from stripchart.flow.records import Channel
    from stripchart.ui.context import Context
    from stripchart.ui.design import ChannelLook, PageDesign
    from stripchart.ui.readout import ChannelKey

log = logging.getLogger(__name__)

_faulty: Final[set[str]] = set()
"""Kinds of panels of which an error was logged."""
MAX_SERIES: Final = 500
"""Channels that one panel is given."""
PATIENCE: Final = 10.0
"""Seconds after which nothing more is read: the browser waits twice as long, and would ask again meanwhile."""


class Wanted(NamedTuple):
    """Panels that are to be drawn, and of which span."""

    design: PageDesign
    keys: Sequence[str]
    """What the browser calls each panel of the design."""
    start_ns: int
    stop_ns: int
    live: bool
    width: int


def read_wanted(told: Any, read_page: Callable[[Mapping[str, Any]], PageDesign]) -> Wanted:
    """Read a browser's question.

    Raises
    ------
    ConfigError
        If its panels are wrong.
    ValueError, TypeError, KeyError, OverflowError
        If it is no such question at all.
    """
    start, stop = (min(max(int(told[name]), -EVER), EVER) for name in ("start", "stop"))
    keys = [str(key) for key in told["keys"]]
    design = read_page(told["page"])
    if start >= stop or len(keys) != len(design.panels):
        raise ValueError("expected start before stop, and a key for each panel")
    return Wanted(design, keys, start, stop, bool(told.get("live")), int(told.get("width", 1000)))


def answer(context: Context, wanted: Wanted, now_ns: int) -> dict[str, dict[str, Any]]:
    """Draw the panels: what each has to show by its key, or ``{"error": text}``."""
    reading = _Reading(context, wanted, now_ns)
    drawn: dict[str, dict[str, Any]] = {}
    for key, spec in zip(wanted.keys, wanted.design.panels, strict=True):
        if spec.panel is None:
            continue
        series, found = reading.series(spec.channels or ("*",))
        ask = Ask(series, wanted.start_ns, wanted.stop_ns, wanted.live, wanted.width, now_ns, reading.events)
        try:
            drawn[key] = spec.panel.draw(ask)
        except StripchartError as error:
            drawn[key] = {"error": str(error)}
        except Exception as error:
            if spec.kind not in _faulty:
                _faulty.add(spec.kind)
                log.exception("panel %r: unexpected error; further ones are only shown", spec.kind)
            drawn[key] = {"error": f"unexpected {type(error).__name__}: {error}"}
        if found > MAX_SERIES:
            drawn[key]["note"] = f"the first {MAX_SERIES} of {found:,} channels"
    return drawn


class _Reading:
    """The channels of one moment; the samples of each are read once, by the first panel that wants them."""

    def __init__(self, context: Context, wanted: Wanted, now_ns: int) -> None:
        self._context = context
        self._overdue = time.monotonic() + PATIENCE
        try:
            self._rows = Joined(context.hub, context.archive)
        except Exception as error:
            if context.record is None:
                raise
            context.record.failed(error)
            self._rows = Joined(context.hub, None)  # as strips do
        self._infos = {info.name: info for info in context.readout().streams}
        self._design = wanted.design
        self._span = wanted.start_ns, wanted.stop_ns
        self._now_ns = now_ns
        self._known: dict[ChannelKey, Samples] = {}
        self._near: dict[int, dict[ChannelKey, float | None]] = {}

    def series(self, patterns: Sequence[str]) -> tuple[list[Series], int]:
        """Find the channels that are meant, in the order of the patterns; also say how many there are."""
        found: dict[ChannelKey, tuple[str, Channel]] = {}
        for pattern in patterns:
            for stream in self._rows.streams:
                for channel in stream.channels:
                    key = channel_key(stream.name, channel)
                    if key not in found and matches(f"{stream.name}/{channel.name}", (pattern,)):
                        found[key] = stream.name, channel
        together: dict[tuple[str, bool], list[Channel]] = {}
        series = []
        for stream_name, channel in islice(found.values(), MAX_SERIES):
            group = together.setdefault((stream_name, channel.kind is Kind.TEXT), [])
            group.append(channel)
            series.append(self._one(stream_name, channel, group))
        return series, len(found)

    def events(self) -> list[Event]:
        """Return what happened in the span."""
        archive = self._context.archive
        kept = archive.events(*self._span) if archive else []
        start_ns, stop_ns = self._span
        fresh = (event for event in self._context.events.events() if start_ns <= event.time_ns < stop_ns)
        return list(filter(stands, join(kept, fresh)))

    def _one(self, stream: str, channel: Channel, group: Sequence[Channel]) -> Series:
        name = f"{stream}/{channel.name}"
        look = self._design.look(name)
        label = safe_label((look and look.name) or channel_label(stream, channel))
        unit = safe_label((look and look.unit) or channel.unit)
        samples = partial(self._samples, stream, channel, group, look)
        now = self._now(stream, channel, look)
        before = partial(self._before, stream, channel, look, now)
        nearest = partial(self._nearest, stream, channel, group, look)
        return Series(name, stream, channel, label, unit, look, samples, now, before, nearest)

    def _samples(self, stream: str, channel: Channel, group: Sequence[Channel], look: ChannelLook | None) -> Samples:
        key = channel_key(stream, channel)
        if key not in self._known:
            self._check_patience()
            fresh = [each for each in group if channel_key(stream, each) not in self._known]
            for each, found in zip(fresh, newest_samples(self._rows, stream, fresh, self._span), strict=True):
                self._known[channel_key(stream, each)] = found
        samples = self._known[key]
        return samples._replace(value=_scaled(samples.value, channel, look))

    def _check_patience(self) -> None:
        if time.monotonic() > self._overdue:
            raise StripchartError("there is too much to read; choose a shorter time or fewer channels")

    def _before(
        self, stream: str, channel: Channel, look: ChannelLook | None, now: Now | None
    ) -> tuple[int, Any] | None:
        if now is not None and now.time_ns < self._span[0] and now.value is not None:
            return now.time_ns, now.value
        found = sample_before(self._rows, stream, channel, self._span)
        return found and (found[0], _scaled(found[1], channel, look))

    def _nearest(
        self, stream: str, channel: Channel, group: Sequence[Channel], look: ChannelLook | None, time_ns: int
    ) -> float | None:
        key = channel_key(stream, channel)
        known = self._near.setdefault(time_ns, {})
        if key not in known:
            self._check_patience()
            for each, value in zip(group, nearest_numbers(self._rows, stream, group, time_ns), strict=True):
                known[channel_key(stream, each)] = value
        value = known[key]
        return None if value is None else _scaled(value, channel, look)

    def _now(self, stream: str, channel: Channel, look: ChannelLook | None) -> Now | None:
        info = self._infos.get(stream)
        if info is None or channel not in info.channels:
            return None
        place = info.channels.index(channel)
        value = plain(info.last_values[place])
        if look is not None and isinstance(value, float):
            value = value * look.scale + look.offset
        return Now(value, info.last_ns, info.rate.hz, is_stale(info, channel, self._now_ns), info.counts[place])


def _scaled(value: Any, channel: Channel, look: ChannelLook | None) -> Any:
    if look is None or not look.scales or channel.kind is Kind.TEXT:
        return value
    return value * look.scale + look.offset

"""What panels show, drawn when a browser asks for it: of its span, in a worker thread, all panels of a page at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from stripchart.errors import StripchartError
from stripchart.flow.history import EVER
from stripchart.flow.records import Kind
from stripchart.ui.design import matches
from stripchart.ui.joined import Joined
from stripchart.ui.labels import channel_label, safe_label
from stripchart.ui.panels.contract import Ask, Now, Samples, Series
from stripchart.ui.readout import channel_key, is_stale, plain
from stripchart.ui.samples import newest_samples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from stripchart.flow.records import Channel
    from stripchart.ui.context import Context
    from stripchart.ui.design import ChannelLook, PageDesign

MAX_SERIES: Final = 500
"""Channels that one panel is given."""


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
        series = list(reading.series(spec.channels or ("*",)))
        ask = Ask(series[:MAX_SERIES], wanted.start_ns, wanted.stop_ns, wanted.live, wanted.width)
        try:
            drawn[key] = spec.panel.draw(ask)
        except StripchartError as error:
            drawn[key] = {"error": str(error)}
        if len(series) > MAX_SERIES:
            drawn[key]["note"] = f"the first {MAX_SERIES} of {len(series)} channels"
    return drawn


class _Reading:
    """The channels of one moment; the samples of each are read once, by the first panel that wants them."""

    def __init__(self, context: Context, wanted: Wanted, now_ns: int) -> None:
        self._rows = Joined(context.hub, context.archive)
        self._infos = {info.name: info for info in context.readout().streams}
        self._design = wanted.design
        self._span = wanted.start_ns, wanted.stop_ns
        self._now_ns = now_ns
        self._known: dict[tuple[str, str, bool], Samples] = {}

    def series(self, patterns: Sequence[str]) -> Iterator[Series]:
        """Find the channels that are meant, in the order of the patterns."""
        seen = set()
        for pattern in patterns:
            for stream in self._rows.streams:
                for channel in stream.channels:
                    key = channel_key(stream.name, channel)
                    if key not in seen and matches(f"{stream.name}/{channel.name}", (pattern,)):
                        seen.add(key)
                        yield self._one(stream.name, channel)

    def _one(self, stream: str, channel: Channel) -> Series:
        name = f"{stream}/{channel.name}"
        look = self._design.look(name)
        label = safe_label((look and look.name) or channel_label(stream, channel))
        unit = safe_label((look and look.unit) or channel.unit)
        samples = partial(self._samples, stream, channel, look)
        return Series(name, stream, channel, label, unit, look, samples, self._now(stream, channel, look))

    def _samples(self, stream: str, channel: Channel, look: ChannelLook | None) -> Samples:
        key = channel_key(stream, channel)
        if key not in self._known:
            self._known[key] = newest_samples(self._rows, stream, channel, self._span)
        samples = self._known[key]
        if look is None or not look.scales or channel.kind is Kind.TEXT:
            return samples
        return samples._replace(value=samples.value * look.scale + look.offset)

    def _now(self, stream: str, channel: Channel, look: ChannelLook | None) -> Now | None:
        info = self._infos.get(stream)
        if info is None or channel not in info.channels:
            return None
        place = info.channels.index(channel)
        value = plain(info.last_values[place])
        if look is not None and isinstance(value, float):
            value = value * look.scale + look.offset
        return Now(value, info.last_ns, info.rate.hz, is_stale(info, channel, self._now_ns), info.counts[place])

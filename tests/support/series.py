"""Channels as panels are given them, out of thin air."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np
import orjson
from bokeh.models import LabelSet, Range1d

from stripchart.flow.records import Channel, Kind
from stripchart.ui.panels.contract import Ask, Now, Samples, Series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.events import Event
    from stripchart.ui.panels.contract import Panel

SECOND = 1_000_000_000


def series(name: str, values: Sequence[Any], *, rate: float = 1.0, kind: Kind = Kind.NUMBER, **known: Any) -> Series:
    """Return a channel with so many values a second, the first at 1 s."""
    stream, _, channel = name.rpartition("/")
    time = SECOND + np.arange(len(values)) * round(SECOND / rate)
    unit = known.get("unit", "")
    gaps = np.array(known.get("gaps", ()), np.int64)
    value = np.array(values, object if kind is Kind.TEXT else np.float64)
    samples = Samples(known.get("time", time), value, known.get("whole", True), gaps)
    now = Now(values[-1], int(samples.time[-1]), rate, stale=False, samples=len(values)) if len(values) else None
    before = known.get("before")

    def nearest(time_ns: int) -> float | None:
        return float(value[np.argmin(np.abs(samples.time - time_ns))]) if len(value) else None

    seen = Channel(channel, unit, kind)
    return Series(name, stream, seen, channel, unit, None, lambda: samples, now, lambda: before, nearest)


def ask(
    *given: Series, start_ns: int = 0, stop_ns: int = 100 * SECOND, width: int = 800, events: Sequence[Event] = ()
) -> Ask:
    """Return a question about some channels, asked at the end of its span."""
    return Ask(given, start_ns, stop_ns, live=True, width=width, now_ns=stop_ns, events=lambda: events)


def shown(panel: Panel, drawn: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sources that a panel's answer fills, having checked that its figure has all that and no more."""
    figure = panel.figure("key", Range1d(start=0, end=1))
    assert figure is not None
    sources = {f"key-{name}": columns for name, columns in drawn["sources"].items()}
    made = cast("Any", figure)
    drawing = [(each.data_source, each.glyph) for each in made.renderers]
    drawing += [(each.source, each) for each in made.center if isinstance(each, LabelSet)]
    for source, glyph in drawing:
        columns = sources.pop(source.name)
        assert columns.keys() >= source.data.keys()
        assert len({len(column) for column in columns.values()}) == 1
        asked = {each.field for each in glyph.properties_with_values().values() if hasattr(each, "field")}
        assert asked <= columns.keys()
    assert not sources
    orjson.dumps(drawn, option=orjson.OPT_SERIALIZE_NUMPY)
    return cast("dict[str, dict[str, Any]]", drawn["sources"])

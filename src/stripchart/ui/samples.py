"""Samples of single channels for panels: the newest in a span, of memory and of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from stripchart.store.reading.rows import Choice, Table
from stripchart.ui.panels.contract import Samples

if TYPE_CHECKING:
    from collections.abc import Iterable

    from stripchart.flow.records import Batch, Channel
    from stripchart.ui.joined import Joined

MOST: Final = 1_000_000
"""Samples of one channel that a panel gets at most: the newest."""
FIRST_PART: Final = 64
"""The record is read from the end, at first this part of the span, then twice as much each time."""


def newest_samples(rows: Joined, stream: str, channel: Channel, span: tuple[int, int], most: int = MOST) -> Samples:
    """Return the newest samples of a channel with ``span[0] <= time < span[1]`` (nanoseconds), at most ``most``."""
    start_ns, stop_ns = span
    choice = Choice(stream, (channel,), whole=False)
    parts = list(Table(choice).feed(rows.remembered(stream, start_ns, stop_ns)))
    first, last = rows.span(stream) or (0, -1)
    start, end = max(start_ns, first), min(stop_ns, last + 1)
    width = max((end - start) // FIRST_PART, 1)
    count = sum(map(len, parts))
    while start < end and count < most:
        begin = max(start, end - width)
        older = list(Table(choice).feed(rows.recorded(stream, begin, end, [channel.name])))
        parts = older + parts
        count += sum(map(len, older))
        end, width = begin, 2 * width
    return _join(parts, most, whole=start >= end)


def _join(parts: Iterable[Batch], most: int, *, whole: bool) -> Samples:
    parts = list(parts)
    if not parts:
        return Samples(np.empty(0, np.int64), np.empty(0), whole, np.empty(0, np.int64))
    time = np.concatenate([part.time for part in parts])
    value = np.concatenate([part.values[0] for part in parts])
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    gaps = starts[[part.gap for part in parts]]
    cut = max(len(time) - most, 0)
    return Samples(time[cut:], value[cut:], whole and not cut, gaps[gaps >= cut] - cut)

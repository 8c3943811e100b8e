"""Samples of single channels for panels: the newest in a span, of memory and of the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.analysis.samples import known
from stripchart.flow.records import Kind
from stripchart.store.reading.rows import Choice, Table, held
from stripchart.ui.panels.contract import Samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.records import Batch, Channel
    from stripchart.ui.rows.joined import Joined

MOST: Final = 1_000_000
"""Rows of which a panel gets the samples of a channel at most: the newest."""
MOST_CELLS: Final = 10_000_000
"""Likewise of all channels that are read together, so that wide streams stay within memory."""
LOOKS: Final = 8
FIRST_PART: Final = 64
"""A long record is read from the end, at first this part of the span, then twice as much each time."""

NEAR_NS: Final = 50_000_000
"""Nanoseconds on both sides of a time in which its nearest sample is looked for at first."""
WIDER: Final = 8


def newest_samples(
    rows: Joined, stream: str, channels: Sequence[Channel], span: tuple[int, int], most: int = MOST
) -> list[Samples]:
    """Return the samples of each channel in the newest rows of a stream with ``span[0] <= time < span[1]`` (ns).

    Channels are read together, for reading a row costs more than its cells.
    """
    start_ns, stop_ns = span
    most = min(most, MOST_CELLS // max(len(channels), 1))
    choice, names = Choice(stream, tuple(channels), whole=False), [channel.name for channel in channels]
    parts = list(Table(choice).feed(rows.remembered(stream, start_ns, stop_ns, names)))
    start = end = width = 0
    older_rows = rows.older(stream, start_ns)
    if older_rows:
        first, last = rows.span(stream) or (0, -1)
        start, end = max(start_ns, first), min(stop_ns, last + 1)
        width = max((end - start) // FIRST_PART, 1) if older_rows > most else end - start
    count = sum(map(len, parts))
    while start < end and count < most:
        begin = max(start, end - width)
        older = list(Table(choice).feed(rows.recorded(stream, begin, end, names)))
        parts = older + parts
        count += sum(map(len, older))
        end, width = begin, 2 * width
    if not parts:
        nothing = Samples(np.empty(0, np.int64), np.empty(0), whole=True, gaps=np.empty(0, np.int64))
        return [nothing] * len(channels)
    return _join(parts, most, whole=start >= end)


def sample_before(rows: Joined, stream: str, channel: Channel, span: tuple[int, int]) -> tuple[int, Any] | None:
    """Return time and value of the newest sample before a span; None if there is none within ``LOOKS`` looks back.

    Each looks twice as far back as the one before, the first as far as the span is long.
    """
    first, _ = rows.span(stream) or (span[0], 0)
    end, width = span[0], span[1] - span[0]
    for _ in range(LOOKS):
        if end <= first:
            break
        (found,) = newest_samples(rows, stream, [channel], (end - width, end))
        if len(found.time):
            return int(found.time[-1]), found.value[-1]
        end, width = end - width, 2 * width
    return None


def nearest_numbers(
    rows: Joined, stream: str, channels: Sequence[Channel], time_ns: int, most: int = MOST
) -> list[float | None]:
    """Return the number of each channel that is nearest in time, and of two the later one.

    They are looked for in ever wider spans around the time: what is found in one is nearer than all outside. None where
    there is none, or none within ``most`` rows.
    """
    nearest: dict[Channel, float] = {}
    first, last = rows.span(stream) or (0, -1)
    reach = max(first - time_ns, time_ns - last, 0) + NEAR_NS
    missing = tuple(channel for channel in channels if channel.kind is not Kind.TEXT)
    seen = 0
    while missing and first <= last and seen < most:
        start, stop = time_ns - reach, time_ns + reach + 1
        best = dict.fromkeys(missing, reach)
        choice, names = Choice(stream, missing, whole=False), [channel.name for channel in missing]
        for batch in Table(choice).feed(rows.batches(stream, start, stop, names)):
            seen += len(batch)
            for channel, column in zip(missing, batch.values, strict=True):
                time, value, _ = known(batch.time, column)
                away = np.abs(time - time_ns)
                if len(away) and (least := int(away.min())) <= best[channel]:
                    best[channel] = least
                    nearest[channel] = float(value[np.flatnonzero(away == least)[-1]])
        if start <= first and stop > last:
            break
        missing = tuple(channel for channel in missing if channel not in nearest)
        reach *= WIDER
    return [nearest.get(channel) for channel in channels]


def _join(parts: Sequence[Batch], most: int, *, whole: bool) -> list[Samples]:
    time = np.concatenate([part.time for part in parts])
    starts = np.cumsum([0, *map(len, parts)])[:-1]
    gaps = starts[[part.gap for part in parts]]
    cut = max(len(time) - most, 0)
    time, gaps, whole = time[cut:], gaps[gaps >= cut] - cut, whole and not cut
    found = []
    for columns in zip(*(part.values for part in parts), strict=True):
        value = np.concatenate(columns)[cut:]
        there = np.flatnonzero(held(value))
        if len(there) == len(value):
            found.append(Samples(time, value, whole, gaps))
        else:
            after = np.unique(np.searchsorted(there, gaps))  # the first sample that came after each
            found.append(Samples(time[there], value[there], whole, after[after < len(there)]))
    return found

"""From when to when a record is shown as a whole: a clock that was never set must not stretch that over decades."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.records import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from stripchart.flow.archive import Archive, StreamRecord

VOID_NS: Final = 365 * 24 * 3600 * 1_000_000_000
VOID_TIMES: Final = 10
"""What lies apart by more than a year without any row, and by more than so many times all that the rest spans, is left
out of the whole."""
LOOKS: Final = 8
"""Channels that tell when a stream had rows."""
COLUMNS: Final = 600
"""Parts of its time that are told apart."""


class Extent(NamedTuple):
    """The whole of a record."""

    start_ns: int
    stop_ns: int
    """The least and the greatest time in it."""
    apart: dict[str, int]
    """Streams with rows that are left out, and the least time of these."""


class _Part(NamedTuple):
    start_ns: int
    stop_ns: int
    stream: str


def find_extent(archive: Archive, streams: Iterable[StreamRecord], now_ns: int) -> Extent | None:
    """Return the whole of what some streams have; None if they have no rows.

    It is what lies nearest to ``now_ns``, and all that is not too far from that.
    """
    parts = sorted(part for known in streams if known.rows > known.first_row for part in _parts(archive, known))
    groups: list[list[_Part]] = []
    reach = 0
    for part in parts:
        if not groups or part.start_ns - reach > VOID_NS:
            groups.append([])
        reach = part.stop_ns if len(groups[-1]) == 0 else max(reach, part.stop_ns)
        groups[-1].append(part)
    if not groups:
        return None
    spans = [(group[0].start_ns, max(part.stop_ns for part in group)) for group in groups]
    home = min(range(len(groups)), key=lambda place: max(spans[place][0] - now_ns, now_ns - spans[place][1]))
    start, stop = spans[home]
    apart: dict[str, int] = {}
    others = [place for place in range(len(groups)) if place != home]
    for place in sorted(others, key=lambda place: abs(place - home)):
        void = max(spans[place][0] - stop, start - spans[place][1])
        if void <= VOID_TIMES * (stop - start):
            start, stop = min(start, spans[place][0]), max(stop, spans[place][1])
        else:
            for part in groups[place]:
                apart[part.stream] = min(part.start_ns, apart.get(part.stream, part.start_ns))
    return Extent(start, stop, apart)


def _parts(archive: Archive, known: StreamRecord) -> Iterator[_Part]:
    """Yield when a stream had rows: if it spans more than a year, without the years in which it had none."""
    start, stop = known.start_ns, known.stop_ns
    edges = [start, stop]
    numbers = [channel.name for channel in known.channels if channel.kind is not Kind.TEXT][:LOOKS]
    if stop - start > VOID_NS and numbers:
        runs = archive.picture(known.name, numbers, start, stop + 1, (stop - start) // COLUMNS)
        times = np.sort(np.concatenate([[start, stop], *(rows.time for rows in runs)]).astype(np.int64))
        empty = np.flatnonzero(np.diff(times) > VOID_NS)
        edges = np.sort(np.concatenate([edges, times[empty], times[empty + 1]])).tolist()
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        yield _Part(begin, end, known.name)

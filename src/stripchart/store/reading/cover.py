"""Covers a span of a stream with as few parts as will do: entries of tiers where they fit, rows where they do not.

It begins with the highest tier and goes down wherever an entry does not fit: where the span begins and ends, where
entries are coarser than wanted, and where a tier is not there.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np

from stripchart.store.format.schema import FANOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.store.format.tiers import Spans, Sums
    from stripchart.store.format.tiertable import SpansRow
    from stripchart.store.reading.pages import Pages
    from stripchart.store.reading.pieces import Piece

Fits: TypeAlias = "Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]"
"""Says which entries may stand for their rows, by their least and greatest times."""


class Entries(NamedTuple):
    """Consecutive entries of a level."""

    first: int
    """Number of the first row that they stand for."""
    rows: int
    """How many rows each stands for."""
    spans: Spans
    sums: dict[int, Sums]
    """By the ids of the channels; one that does not occur is left out."""


Range: TypeAlias = tuple[int, int]
"""Numbers of the first row and of the one after the last, or least time and the one that is not reached."""

_SKIP, _TAKE, _DESCEND = range(3)


def cover(  # noqa: PLR0917 - what, of what, from where to where
    pages: Pages, stream: int, channels: Sequence[int], rows: Range, times: Range, fits: Fits
) -> list[Entries | Piece]:
    """Return the parts that cover what lies in a span of time, in order of their rows.

    Rows outside of the span may be among the pieces, but no entry is.
    """
    parts: list[Entries | Piece] = []
    wanted = [rows]
    for level in range(pages.top_level(stream), 0, -1):
        size = FANOUT**level
        left: list[Range] = []
        for first, stop in wanted:
            done = first
            for row in pages.spans(stream, level, -(-first // size), stop // size):
                begin, end = _inside(row, size, first, stop)
                _add(left, done, min((row.first + begin) * size, stop))
                states = _judge(row.spans, times, fits)[begin:end]
                sums = pages.sums(channels, level, row.first, row.rows) if _TAKE in states else {}
                if sums is None:
                    states = np.where(states == _TAKE, _DESCEND, states)
                for state, here, there in _runs(states, begin):
                    if state == _TAKE:
                        parts.append(_entries(row, size, sums or {}, slice(here, there)))
                    elif state == _DESCEND:
                        _add(left, (row.first + here) * size, (row.first + there) * size)
                done = (row.first + end) * size
            _add(left, done, stop)
        wanted = left
    for span in wanted:
        parts += pages.pieces(stream, channels, span, times)
    return sorted(parts, key=lambda part: part.first)


def _inside(row: SpansRow, size: int, first: int, stop: int) -> Range:
    """Return which entries of a row stand for rows from ``first`` to below ``stop`` only."""
    begin = max(-(-first // size) - row.first, 0)
    return begin, max(min(stop // size - row.first, row.rows), begin)


def _judge(spans: Spans, times: Range, fits: Fits) -> NDArray[np.int64]:
    outside = (spans.stop < times[0]) | (spans.start >= times[1])
    within = (spans.start >= times[0]) & (spans.stop < times[1]) & fits(spans.start, spans.stop)
    return np.where(outside, _SKIP, np.where(within, _TAKE, _DESCEND))


def _runs(states: NDArray[np.int64], begin: int) -> Iterator[tuple[int, int, int]]:
    """Yield each run of equal states, where it begins, and where the next does, counted from ``begin``."""
    if len(states):
        edges = [0, *(np.flatnonzero(np.diff(states)) + 1).tolist(), len(states)]
        for here, there in pairwise(edges):
            yield int(states[here]), begin + here, begin + there


def _entries(row: SpansRow, size: int, sums: dict[int, Sums], chosen: slice) -> Entries:
    picked = {channel: each.pick(chosen) for channel, each in sums.items()}
    return Entries((row.first + chosen.start) * size, size, row.spans.pick(chosen), picked)


def _add(ranges: list[Range], begin: int, end: int) -> None:
    """Add rows to do, joined with those before where they follow on them."""
    if begin >= end:
        return
    if ranges and ranges[-1][1] == begin:
        begin, _ = ranges.pop()
    ranges.append((begin, end))

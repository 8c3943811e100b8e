"""From the parts that cover a span to what is wanted of it: something to draw, or sums by time."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from stripchart.flow.records import ABSENT, is_absent
from stripchart.flow.reduce import Rows, join_rows, raw_rows, reduce_rows
from stripchart.store.format.tiers import Sums, join_sums, no_sums
from stripchart.store.reading.cover import Entries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.store.reading.pieces import Piece


MAX_RUNS: Final = 10_000
"""Runs without a gap of one picture."""


class Summary(NamedTuple):
    """Sums by time; columns have one array for each channel asked, each of shape (n,)."""

    time: NDArray[np.int64]
    """When each bucket begins, in order; buckets without rows are left out."""
    rows: NDArray[np.int64]
    low: tuple[NDArray[np.float64], ...]
    high: tuple[NDArray[np.float64], ...]
    mean: tuple[NDArray[np.float64], ...]
    """NaN where a bucket has no value of the channel."""
    held: tuple[NDArray[np.int64], ...]
    """How many values there are."""


def to_picture(
    parts: Sequence[Entries | Piece], channels: Sequence[int | None], times: tuple[int, int], bucket_ns: int
) -> list[Rows]:
    """Return the rows to draw, one ``Rows`` for each run without a gap, reduced to the extremes of each bucket.

    A part that does not follow on the one before it begins a new run. Of more gaps than make ``MAX_RUNS`` runs, only
    the longest are told: they are far more than a screen has columns.
    """
    kept: list[Rows] = []
    gaps: list[NDArray[np.intp]] = []
    end: int | None = None
    count = 0
    for part in parts:
        if isinstance(part, Entries):
            rows, places = _entry_rows(part, channels)
            after = part.first + part.rows * len(part.spans.start)
        else:
            rows, places = _piece_rows(part, channels, times)
            after = part.first + len(part.time)
        gaps += [places + count, np.array([] if end in {None, part.first} else [count], np.intp)]
        kept.append(rows)
        end, count = after, count + len(rows.time)
    if not count:
        return []
    whole = join_rows(kept)
    cuts = np.unique(np.concatenate(gaps))
    cuts = cuts[(cuts > 0) & (cuts < count)]
    if len(cuts) >= MAX_RUNS:
        length = np.abs(whole.time[cuts] - whole.time[cuts - 1])
        cuts = np.sort(cuts[np.argpartition(length, -(MAX_RUNS - 1))[-(MAX_RUNS - 1) :]])
    edges = [0, *cuts.tolist(), count]
    return [reduce_rows(whole.pick(slice(begin, stop)), bucket_ns) for begin, stop in pairwise(edges)]


def _entry_rows(part: Entries, channels: Sequence[int | None]) -> tuple[Rows, NDArray[np.intp]]:
    """Return two rows for each entry, with its extremes in the order of the trend, and where gaps are."""
    count = len(part.spans.start)
    sums = [part.sums.get(-1 if channel is None else channel) or no_sums(count) for channel in channels]
    there = np.max([each.there for each in sums], axis=0, initial=0)
    kept = np.flatnonzero(there)
    time = np.empty(2 * len(kept), np.int64)
    time[::2], time[1::2] = part.spans.start[kept], part.spans.stop[kept]
    weight = np.zeros(len(time), np.int64)
    weight[::2] = there[kept]
    columns = []
    for each in sums:
        low, high = each.low[kept], each.high[kept]
        with np.errstate(divide="ignore", invalid="ignore"):
            falling = np.diff(each.total[kept] / each.held[kept], append=np.nan) < 0
        column = np.empty(len(time))
        column[::2], column[1::2] = np.where(falling, high, low), np.where(falling, low, high)
        columns.append(column)
    return Rows(time, weight, tuple(columns)), 2 * _moved(np.flatnonzero(part.spans.gaps), kept)


def _piece_rows(part: Piece, channels: Sequence[int | None], times: tuple[int, int]) -> tuple[Rows, NDArray[np.intp]]:
    """Return the rows of a piece within a span that have one of the channels, and where gaps are."""
    count = len(part.time)
    found = [None if channel is None else part.columns.get(channel) for channel in channels]
    columns = [np.full(count, ABSENT) if column is None else column for column in found]
    there = np.zeros(count, bool)
    for column in found:
        if column is not None:
            there |= ~is_absent(column)
    kept = np.flatnonzero(there & (part.time >= times[0]) & (part.time < times[1]))
    return raw_rows(part.time, columns).pick(kept), _moved(part.gaps, kept)


def _moved(gaps: NDArray[np.intp], kept: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return where gaps are among the rows that are kept; one behind the last of them is seen at the next part."""
    return np.unique(np.searchsorted(kept, gaps))


def to_summary(
    parts: Sequence[Entries | Piece], channels: Sequence[int | None], times: tuple[int, int], every_ns: int
) -> Summary:
    """Return sums by buckets of time, aligned to the epoch, of parts that no bucket's edge cuts."""
    buckets: list[NDArray[np.int64]] = []
    counts: list[NDArray[np.int64]] = []
    sums: list[list[Sums]] = [[] for _ in channels]
    for part in parts:
        if isinstance(part, Entries):
            size = len(part.spans.start)
            buckets.append(part.spans.start // every_ns)
            counts.append(np.full(size, part.rows))
            for place, channel in enumerate(channels):
                sums[place].append(part.sums.get(-1 if channel is None else channel) or no_sums(size))
        else:
            kept = np.flatnonzero((part.time >= times[0]) & (part.time < times[1]))
            buckets.append(part.time[kept] // every_ns)
            counts.append(np.ones(len(kept), np.int64))
            for place, channel in enumerate(channels):
                column = None if channel is None else part.columns.get(channel)
                sums[place].append(no_sums(len(kept)) if column is None else _each(column[kept]))
    if not sum(map(len, buckets)):
        none = tuple(np.empty(0) for _ in channels)
        return Summary(np.empty(0, np.int64), np.empty(0, np.int64), none, none, none,
                       tuple(np.empty(0, np.int64) for _ in channels))  # fmt: skip
    bucket = np.concatenate(buckets)
    order = np.argsort(bucket, kind="stable")
    bucket = bucket[order]
    starts = np.flatnonzero(np.diff(bucket, prepend=bucket[0] - 1))
    joined = [join_sums(each).pick(order) for each in sums]
    held = tuple(np.add.reduceat(each.held, starts) for each in joined)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = tuple(
            np.where(many > 0, np.add.reduceat(np.where(each.held, each.total, 0.0), starts) / many, np.nan)
            for each, many in zip(joined, held, strict=True)
        )
    return Summary(
        bucket[starts] * every_ns,
        np.add.reduceat(np.concatenate(counts)[order], starts),
        tuple(np.fmin.reduceat(each.low, starts) for each in joined),
        tuple(np.fmax.reduceat(each.high, starts) for each in joined),
        mean,
        held,
    )


def _each(column: NDArray[np.float64]) -> Sums:
    """Take each value for an entry of its own."""
    held = (~np.isnan(column)).astype(np.int64)
    return Sums(column, column, column, held, held)

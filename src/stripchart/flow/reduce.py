"""Fewer rows for the same picture: every bucket of time keeps its minimum and its maximum.

A plot that is ``w`` pixels wide cannot show more than the extremes of each pixel column, so the buckets are about a
pixel wide. Each row carries its *weight*, the number of rows that it stands for: weights always sum to what came in.

The method is the min/max half of M4 (Jugel et al., "M4: A Visualization-Oriented Time Series Data Aggregation",
VLDB 2014); the first and last value of a bucket only decide which extreme is drawn first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RAW_ROWS: Final = 4
"""A bucket with no more rows than this passes as it is."""
SEARCHED: Final = 16
"""Rows a bucket from which its edges are searched for; below, to divide every row's time is faster."""


class Rows(NamedTuple):
    """Rows to draw."""

    time: NDArray[np.int64]
    weight: NDArray[np.int64]
    columns: tuple[NDArray[np.float64], ...]

    def pick(self, where: Any) -> Rows:
        """Return some of the rows, by any NumPy index."""
        return Rows(self.time[where], self.weight[where], tuple(column[where] for column in self.columns))


def raw_rows(time: NDArray[np.int64], columns: Sequence[NDArray[np.float64]]) -> Rows:
    """Give every row the weight 1."""
    return Rows(time, np.ones(len(time), np.int64), tuple(columns))


def join_rows(parts: Sequence[Rows]) -> Rows:
    """Join rows of the same columns."""
    if len(parts) == 1:
        return parts[0]
    columns = tuple(np.concatenate(column) for column in zip(*(part.columns for part in parts), strict=True))
    return Rows(np.concatenate([p.time for p in parts]), np.concatenate([p.weight for p in parts]), columns)


def reduce_rows(rows: Rows, bucket_ns: int) -> Rows:
    """Reduce runs of rows in one bucket of time to two rows, where they are more than ``RAW_ROWS``.

    Parameters
    ----------
    rows
        In order of arrival; equal buckets that are not neighbours (a clock stepped back) stay apart.
    bucket_ns
        Width of a bucket in nanoseconds, aligned to the epoch.

    Returns
    -------
    Rows in the same order. A reduced bucket keeps its first and last instant, with both extremes of every column
    in the order of its trend (NaN only where all are NaN), and its weight on the first of the two.

    Raises
    ------
    ValueError
        If ``bucket_ns`` is below 1.
    """
    if bucket_ns < 1:
        raise ValueError(f"bucket_ns: expected at least 1, got {bucket_ns}")
    if len(rows.time) <= RAW_ROWS:
        return rows
    edges = _bucket_edges(rows.time, bucket_ns)
    starts, sizes = edges[:-1], edges[1:] - edges[:-1]
    dense = sizes > RAW_ROWS
    if not dense.any():
        return rows
    # Each dense bucket keeps the places of its first and last row; all rows of sparse buckets stay.
    counts = np.where(dense, 2, sizes)
    offsets = np.cumsum(counts) - counts
    kept = np.repeat(starts - offsets, counts) + np.arange(counts.sum())
    first = offsets[dense]
    last = first + 1
    kept[last] = (starts + sizes - 1)[dense]
    weight = rows.weight[kept]
    weight[first] = np.add.reduceat(rows.weight, starts)[dense]
    weight[last] = 0
    columns = []
    for column in rows.columns:
        low = np.fmin.reduceat(column, starts)[dense]
        high = np.fmax.reduceat(column, starts)[dense]
        reduced = column[kept]
        falling = reduced[last] < reduced[first]
        reduced[first] = np.where(falling, high, low)
        reduced[last] = np.where(falling, low, high)
        columns.append(reduced)
    return Rows(rows.time[kept], weight, tuple(columns))


def _bucket_edges(time: NDArray[np.int64], bucket_ns: int) -> NDArray[np.intp]:
    """Return the places where a row is in another bucket than the one before; the first is 0, the last how many."""
    first, last = int(time[0]) // bucket_ns, int(time[-1]) // bucket_ns
    if 0 <= last - first < len(time) // SEARCHED and (time[1:] >= time[:-1]).all():
        # In order, as nearly always: to search for the edges takes half as long as to divide every time.
        edges = np.arange(first + 1, last + 1) * bucket_ns
        inner = np.unique(np.searchsorted(time, edges))
    else:
        bucket = time // bucket_ns
        inner = np.flatnonzero(bucket[1:] != bucket[:-1]) + 1
    return np.concatenate(([0], inner, [len(time)]))

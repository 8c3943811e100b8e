"""From samples of a state to the times in which it lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.flow.records import is_absent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_RUNS: Final = 2000


class Runs(NamedTuple):
    """Times in which a channel had one value, in order of time; nothing is known of those in between."""

    start_ns: NDArray[np.int64]
    stop_ns: NDArray[np.int64]
    """Shape (m,)."""
    value: NDArray[Any]
    """Shape (m,), objects: numbers or texts, or None for many changes that are too short to be told apart."""
    merged: int
    """How many runs are in those of many changes."""


def runs(
    time: NDArray[np.int64],
    value: NDArray[Any],
    stop_ns: int,
    gap_rows: Sequence[int] | NDArray[np.intp] = (),
    most: int = MOST_RUNS,
) -> Runs:
    """Merge successive rows of the same value.

    A value lasts until the next row, the last one until ``stop_ns``; before a gap it ends with the row that told it,
    and where a sensor sends NaN nothing is known. Rows that have no cell of the channel (``ABSENT``, no text) are
    passed over, and of rows of one instant the last one counts.

    If there are more runs than ``most``, the longest (and the newest) are kept, and what is between two of them, runs
    and shorter gaps, becomes one of many changes.

    Parameters
    ----------
    time
        Shape (n,), ns, in any order.
    value
        Shape (n,): float64, or strings in an object array.
    stop_ns
        Now, or where the picture ends; the last row's time if that is later.
    gap_rows
        Places of rows before which something is missing.
    most
        At least 3.
    """
    time, value, gap = _rows(time, value, gap_rows)
    if not len(time):
        return Runs(time, time, np.empty(0, object), 0)
    unknown = np.isnan(value) if value.dtype != object else np.zeros(len(value), bool)
    new = np.concatenate(([True], (value[1:] != value[:-1]).astype(bool) & ~(unknown[1:] & unknown[:-1]) | gap[1:]))
    first = np.flatnonzero(new)
    start = time[first]
    stop = np.append(start[1:], max(stop_ns, int(time[-1])))
    torn = np.flatnonzero(gap[first[1:]])
    stop[torn] = time[first[1:][torn] - 1]
    known = ~unknown[first]
    if np.count_nonzero(known) <= most:
        return Runs(start[known], stop[known], value[first[known]].astype(object), 0)
    # Gaps are pieces of time, too, with nothing in them.
    order = np.argsort(np.concatenate((start, stop[torn])), kind="stable")
    start, stop = np.concatenate((start, stop[torn]))[order], np.concatenate((stop, start[torn + 1]))[order]
    known = np.concatenate((known, np.zeros(len(torn), bool)))[order]
    row = np.concatenate((first, first[torn]))[order]
    return _merge(start, stop, known, value[row], most)


def _rows(
    time: NDArray[np.int64], value: NDArray[Any], gap_rows: Sequence[int] | NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[Any], NDArray[np.bool_]]:
    """Return the rows that have a cell, one an instant, by time; and before which of them there is a gap."""
    gaps = np.zeros(len(time), np.intp)
    gaps[np.asarray(gap_rows, np.intp)] = 1
    came = (value != "").astype(bool) if value.dtype == object else ~is_absent(value)
    gap = np.diff(np.cumsum(gaps)[came], prepend=0) > 0
    time, value = time[came], value[came]
    if (time[1:] > time[:-1]).all():
        return time, value, gap
    order = np.argsort(time, kind="stable")
    time, value, gap = time[order], value[order], gap[order]
    last = np.append(time[1:] > time[:-1], True)
    begin = np.concatenate(([0], np.flatnonzero(last)[:-1] + 1))
    return time[last], value[last], np.logical_or.reduceat(gap, begin)


def _merge(
    start: NDArray[np.int64], stop: NDArray[np.int64], known: NDArray[np.bool_], value: NDArray[Any], most: int
) -> Runs:
    """Merge pieces of time, shape (n,), that follow one another without a break; no more than ``most`` are left.

    ``keep`` pieces and the newest are kept; before, between and behind them there are no more than ``keep + 2`` others.
    """
    keep = max(0, (most - 3) // 2)
    kept = np.zeros(len(start), bool)
    kept[np.argpartition(start - stop, keep)[:keep]] = True
    kept[-1] = True
    first = np.flatnonzero(kept | np.concatenate(([True], kept[:-1])))
    pieces = np.diff(first, append=len(start))
    inside = np.add.reduceat(known.astype(np.intp), first)
    values = value[first].astype(object)
    values[pieces > 1] = None
    shown = inside > 0
    merged = int(inside[pieces > 1].sum())
    return Runs(start[first][shown], stop[first + pieces - 1][shown], values[shown], merged)

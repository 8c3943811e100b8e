"""Sums of runs of rows, and sums of those: so that a long span is drawn without reading its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stripchart.flow.records import is_absent
from stripchart.store.format.decimals import POWERS, Decimals, find_decimals
from stripchart.store.format.schema import FANOUT

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


class Spans(NamedTuple):
    """When the rows of some entries were."""

    start: NDArray[np.int64]
    stop: NDArray[np.int64]
    """Least and greatest time of each entry, shape (n,)."""
    gaps: NDArray[np.uint8]
    """1 where something is missing before the entry's first row."""

    def pick(self, where: Any) -> Spans:
        """Return some of the entries, by any NumPy index."""
        return Spans(self.start[where], self.stop[where], self.gaps[where])


class Sums(NamedTuple):
    """What the values of one channel were in some entries, each of shape (n,)."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]
    total: NDArray[np.float64]
    """NaN where there is no value."""
    held: NDArray[np.int64]
    """How many values there are that are not NaN."""
    there: NDArray[np.int64]
    """How many rows have the channel at all."""

    def pick(self, where: Any) -> Sums:
        """Return some of the entries, by any NumPy index."""
        return Sums(self.low[where], self.high[where], self.total[where], self.held[where], self.there[where])


def spans_of_rows(time: NDArray[np.int64], gaps: Sequence[int]) -> Spans:
    """Sum up the times of rows, shape (n * FANOUT,); ``gaps`` are the places before which something is missing."""
    runs = time.reshape(-1, FANOUT)
    marks = np.zeros(len(time), np.uint8)
    marks[np.asarray(gaps, np.intp)] = 1
    return Spans(runs.min(axis=1), runs.max(axis=1), marks[::FANOUT].copy())


def spans_of_spans(spans: Spans) -> Spans:
    """Sum up entries of one level for the next."""
    start, stop = spans.start.reshape(-1, FANOUT), spans.stop.reshape(-1, FANOUT)
    return Spans(start.min(axis=1), stop.max(axis=1), spans.gaps[::FANOUT].copy())


def sums_of_rows(column: NDArray[np.float64], found: Decimals | None) -> Sums:
    """Sum up the values of rows, shape (n * FANOUT,); ``found`` is what ``find_decimals`` finds in them."""
    if found is not None and found.all_fit:
        return _sums_of_decimals(found)
    runs = column.reshape(-1, FANOUT)
    held = np.count_nonzero(runs == runs, axis=1)  # noqa: PLR0124 - NaN is what differs from itself
    there = FANOUT - np.count_nonzero(is_absent(column).reshape(-1, FANOUT), axis=1)
    return _sums(runs, runs, runs, held, there, found)


def _sums_of_decimals(found: Decimals) -> Sums:
    """Sum up values all of which are decimals: the usual case, in a third of the time."""
    runs = np.ascontiguousarray(found.whole.reshape(-1, FANOUT).T)  # summed up side by side, not one after the other
    power = POWERS[found.digits]
    held = np.full(runs.shape[1], FANOUT, np.int64)
    low, high, total = (reduce(runs, axis=0) / power for reduce in (np.min, np.max, np.sum))
    return Sums(low, high, total, held, held)


def sums_of_sums(sums: Sums) -> Sums:
    """Sum up entries of one level for the next."""
    low, high, total = (part.reshape(-1, FANOUT) for part in (sums.low, sums.high, sums.total))
    held, there = (part.reshape(-1, FANOUT).sum(axis=1) for part in (sums.held, sums.there))
    return _sums(low, high, total, held, there, find_decimals(sums.total))


def _sums(  # noqa: PLR0917 - the fields of ``Sums``, and one more
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    total: NDArray[np.float64],
    held: NDArray[np.intp],
    there: NDArray[np.intp],
    found: Decimals | None,
) -> Sums:
    """Sum up each row of some tables.

    The sum of decimals is one of as many digits: rounded to them it is exact again, and packs as well as they do.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # infinities
        sums = np.nansum(total, axis=1)
        if found is not None:
            sums = np.round(sums, found.digits) + 0.0
    sums[held == 0] = np.nan
    counts = held.astype(np.int64), there.astype(np.int64)
    return Sums(np.fmin.reduce(low, axis=1), np.fmax.reduce(high, axis=1), sums, *counts)


def join_spans(parts: Sequence[Spans]) -> Spans:
    """Join neighbours."""
    return Spans(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def join_sums(parts: Sequence[Sums]) -> Sums:
    """Join neighbours."""
    return Sums(*(np.concatenate(part) for part in zip(*parts, strict=True)))


def no_sums(count: int) -> Sums:
    """Return entries of a channel that does not occur."""
    nothing, none = np.full(count, np.nan), np.zeros(count, np.int64)
    return Sums(nothing, nothing, nothing, none, none)

"""The recent past of every stream, in memory: what a new page starts with and what a zoom shows.

Each stream is a ring of NumPy columns that grows by doubling up to its bound, then overwrites its oldest rows.
All rings share one budget of bytes: when it is used up, rings stop growing and keep fewer rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.flow.records import Batch, Channel, Kind

if TYPE_CHECKING:
    from numpy.typing import NDArray

START_ROWS: Final = 64
CELL_BYTES: Final = 8
MAX_SHAPES: Final = 1000
"""Sets of channels whose places are remembered; a stream of ever-changing shape starts anew."""
TEXT_CELL_BYTES: Final = 72
"""A pointer and a short string."""


class Budget:
    """Bytes that the rings may hold together."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def take(self, amount: int) -> bool:
        """Reserve ``amount`` bytes if they are left."""
        if self.used + amount > self.limit:
            return False
        self.used += amount
        return True


class Rate(NamedTuple):
    """How a stream ticks, learned from its newest rows."""

    hz: float
    last_ns: int

    def stale(self, now_ns: int) -> bool:
        """Say whether the stream has been silent for far longer than its habit (five periods, at least 5 s)."""
        patience = max(5.0, 5.0 / self.hz) if self.hz > 0 else 60.0
        return now_ns - self.last_ns > patience * 1e9


class StreamHistory:
    """A ring of rows of one stream. Not thread-safe: the hub's lock guards it.

    Attributes
    ----------
    rows
        How many rows have been appended since the start; row numbers count from 0.
    channels
        All channels seen so far; a column that came later reads as NaN (text: ``""``) before.
    counts
        Samples of each channel since the start.
    """

    def __init__(self, max_rows: int, budget: Budget) -> None:
        self.channels: tuple[Channel, ...] = ()
        self.counts: list[int] = []
        self.rows = 0
        self.first_ns = 0
        self._max_rows = max_rows
        self._budget = budget
        self._size = 0
        self._time: NDArray[np.int64] = np.empty(0, np.int64)
        self._gaps: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._columns: list[NDArray[Any]] = []
        self._places: dict[tuple[Channel, ...], list[int]] = {}
        self._shape: tuple[Channel, ...] | None = None
        self._shape_places: list[int] = []

    @property
    def kept(self) -> int:
        """How many of the newest rows are held."""
        return min(self.rows, self._size)

    def unknown(self, channels: tuple[Channel, ...]) -> int:
        """Count the channels that have no column yet."""
        if channels is self._shape or channels in self._places:
            return 0
        return len({_key(channel) for channel in channels} - {_key(channel) for channel in self.channels})

    def append(self, batch: Batch) -> None:
        """Copy the rows of a batch in; the oldest make room."""
        if batch.channels is not self._shape:
            self._shape = batch.channels
            self._shape_places = self._places.get(batch.channels) or self._learn(batch.channels)
        rows = len(batch)
        if not rows:
            return
        if not self.rows:
            self.first_ns = int(batch.time[0])
        if self.rows + rows > self._size:
            self._grow(self.rows + rows)
        skip = max(0, rows - self._size)
        where = self._slots(self.rows + skip, self.rows + rows)
        self._time[where] = batch.time[skip:]
        self._gaps[where] = False
        self._gaps[(self.rows + skip) % self._size] = batch.gap
        if len(self._shape_places) < len(self._columns):
            for column in self._columns:
                column[where] = "" if column.dtype == object else np.nan
        for place, values in zip(self._shape_places, batch.values, strict=True):
            self._columns[place][where] = values[skip:]
            self.counts[place] += rows
        self.rows += rows

    def read(self, start_ns: int, stop_ns: int) -> Batch:
        """Return copies of the rows from the first to the last with ``start_ns <= time < stop_ns``."""
        oldest = self.rows - self.kept
        time = self._time[self._slots(oldest, self.rows)]
        chosen = np.flatnonzero((time >= start_ns) & (time < stop_ns))
        return self.take(oldest + int(chosen[0]), oldest + int(chosen[-1]) + 1) if len(chosen) else self.take(0, 0)

    def take(self, first: int, stop: int | None = None) -> Batch:
        """Return copies of the rows numbered ``first <= row < stop`` that are still held."""
        stop = self.rows if stop is None else min(stop, self.rows)
        first = min(max(first, self.rows - self.kept), stop)
        where = self._slots(first, stop)
        columns = tuple(column[where].copy() for column in self._columns)
        return Batch("", self.channels, self._time[where].copy(), columns, first=first)

    def gaps(self, first: int, rows: int) -> NDArray[np.intp]:
        """Return which of ``rows`` held rows from number ``first`` on have a gap before them, as indices from 0."""
        return np.flatnonzero(self._gaps[self._slots(first, first + rows)])

    def last(self) -> tuple[int, list[Any]]:
        """Return the newest time and the newest value of each channel."""
        if not self.kept:
            return 0, [None] * len(self.channels)
        slot = (self.rows - 1) % self._size
        return int(self._time[slot]), [column[slot] for column in self._columns]

    def rate(self, rows: int = 100) -> Rate:
        """Estimate the rate from up to ``rows`` newest rows."""
        recent = self._time[self._slots(self.rows - min(rows, self.kept), self.rows)]
        if not len(recent):
            return Rate(0.0, 0)
        span = int(recent[-1]) - int(recent[0])
        return Rate((len(recent) - 1) * 1e9 / span if span > 0 else 0.0, int(recent[-1]))

    def _learn(self, channels: tuple[Channel, ...]) -> list[int]:
        """Find or make the column of each channel; numbers and text under one name are two columns."""
        known = {_key(channel): place for place, channel in enumerate(self.channels)}
        merged = list(self.channels)
        for channel in channels:
            place = known.setdefault(_key(channel), len(merged))
            if place < len(merged):
                merged[place] = channel  # the newest unit wins
                continue
            merged.append(channel)
            self.counts.append(0)
            self._columns.append(_empty(channel.kind, self._size))
            self._budget.used += self._size * _cell_bytes(channel.kind)
        self.channels = tuple(merged)
        if len(self._places) >= MAX_SHAPES:
            self._places.clear()
        self._places[channels] = [known[_key(channel)] for channel in channels]
        return self._places[channels]

    def _grow(self, wanted: int) -> None:
        row_bytes = CELL_BYTES + 1 + sum(_cell_bytes(channel.kind) for channel in self.channels)
        size = max(self._size, START_ROWS)
        while size < min(wanted, self._max_rows):
            size *= 2
        while size > self._size and not self._budget.take((size - self._size) * row_bytes):
            size //= 2
        if not self._size:
            size = max(size, START_ROWS)  # every stream keeps a little, whatever the budget says
        if size <= self._size:
            return
        kept = np.arange(self.rows - self.kept, self.rows)
        old, new = self._slots(self.rows - self.kept, self.rows), kept % size
        time, gaps = np.empty(size, np.int64), np.zeros(size, np.bool_)
        time[new], gaps[new] = self._time[old], self._gaps[old]
        columns = []
        for channel, column in zip(self.channels, self._columns, strict=True):
            larger = _empty(channel.kind, size)
            larger[new] = column[old]
            columns.append(larger)
        self._time, self._gaps, self._columns, self._size = time, gaps, columns, size

    def _slots(self, first: int, stop: int) -> slice | NDArray[np.intp]:
        """Turn row numbers into places of the ring: a slice unless they wrap."""
        if stop <= first or not self._size:
            return slice(0, 0)
        begin, end = first % self._size, (stop - 1) % self._size + 1
        return slice(begin, end) if begin < end else np.arange(first, stop) % self._size


def _key(channel: Channel) -> tuple[str, bool]:
    return channel.name, channel.kind is Kind.TEXT


def _empty(kind: Kind, size: int) -> NDArray[Any]:
    return np.full(size, "", dtype=object) if kind is Kind.TEXT else np.full(size, np.nan)


def _cell_bytes(kind: Kind) -> int:
    return TEXT_CELL_BYTES if kind is Kind.TEXT else CELL_BYTES

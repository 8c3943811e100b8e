"""The recent past of every stream, in memory: what a new page starts with and what a zoom shows.

Each stream is a queue of blocks of rows. A written row never changes and a block never moves, so a reader only needs
the lock to learn which blocks there are, and copies what it wants without it; and nothing is copied to grow.
All streams share one budget of bytes: when it is used up, a stream gives its oldest block for the next.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from itertools import count, pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from stripchart.flow.rate import Rate, RateMeter
from stripchart.flow.records import ABSENT, Batch, Channel, Kind, channel_key, nothing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

FIRST_BLOCK: Final = 64
LARGEST_BLOCK: Final = 4096
"""Rows of a stream's blocks: each is twice as long as the one before, up to this."""
TIME_BYTES: Final = 8
CELL_BYTES: Final = 8
TEXT_CELL_BYTES: Final = 72
"""A pointer and a short string."""
MAX_SHAPES: Final = 100
"""Sets of channels whose places a stream remembers; were there more, it learns them anew."""
EVER: Final = 1 << 62
"""A time in nanoseconds that no row reaches."""
MAX_GAPS: Final = 10_000
"""Gaps that a stream remembers; more could not be told apart in any picture."""


class Budget:
    """Bytes that the blocks of all streams may hold together.

    A stream holds one block whatever the budget says; such a debt is paid when it next needs a block.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.used = 0

    def allows(self, more: int) -> bool:
        """Say whether ``more`` bytes are left."""
        return self.used + more <= self.limit


class _Block:
    """Some consecutive rows; a channel has a column here once it occurs in one of them."""

    def __init__(self, first: int, size: int) -> None:
        self.first = first
        self.size = size
        self.filled = 0
        self.bytes = size * TIME_BYTES
        self.time: NDArray[np.int64] = np.empty(size, np.int64)
        self.columns: dict[int, NDArray[Any]] = {}
        self.places: Sequence[int] = ()  # of the rows to come
        self.absent: list[NDArray[Any]] = []  # columns that those rows lack

    def expect(self, places: Sequence[int], channels: Sequence[Channel]) -> int:
        """Prepare for rows of the channels at ``places``; return how many bytes that takes."""
        cost = 0
        for place in places:
            if place not in self.columns:
                column = np.empty(self.size, object if channels[place].kind is Kind.TEXT else np.float64)
                column[: self.filled] = nothing(channels[place].kind, self.filled)
                self.columns[place] = column
                cost += self.size * (TEXT_CELL_BYTES if channels[place].kind is Kind.TEXT else CELL_BYTES)
        self.places = places
        self.absent = [column for place, column in self.columns.items() if place not in places]
        self.bytes += cost
        return cost


class View(NamedTuple):
    """What a history held at one instant; it is read without a lock."""

    stream: str
    channels: tuple[Channel, ...]
    blocks: tuple[_Block, ...]
    first: int
    stop: int
    """Numbers of the first row, and of the one after the last."""
    gaps: list[int]
    """Numbers of the rows that something is missing before."""
    places: Sequence[int]
    """Where the blocks have the columns of ``channels``."""

    def only(self, names: Collection[str]) -> View:
        """Return the view of just the channels of some names."""
        kept = [at for at, channel in enumerate(self.channels) if channel.name in names]
        return self._replace(channels=tuple(self.channels[at] for at in kept), places=[self.places[at] for at in kept])

    def batch(self, first: int, stop: int) -> Batch:
        """Return copies of the rows ``first <= row < stop``; cells that never came are ``ABSENT`` or empty."""
        parts = []
        for block in self.blocks:
            begin, end = max(first - block.first, 0), min(stop - block.first, block.size)
            if begin < end:
                parts.append((block, begin, end))
        time = np.concatenate([block.time[begin:end] for block, begin, end in parts] or [np.empty(0, np.int64)])
        columns = []
        for place, channel in zip(self.places, self.channels, strict=True):
            pieces = [
                block.columns[place][begin:end] if place in block.columns else nothing(channel.kind, end - begin)
                for block, begin, end in parts
            ]
            columns.append(np.concatenate(pieces) if pieces else nothing(channel.kind, 0))
        return Batch(self.stream, self.channels, time, tuple(columns), gap=first in self.gaps, first=first)

    def between(self, start_ns: int, stop_ns: int) -> Batch:
        """Return copies of the rows from the first to the last with ``start_ns <= time < stop_ns``."""
        return self.batch(*self.rows(start_ns, stop_ns))

    def rows(self, start_ns: int, stop_ns: int) -> tuple[int, int]:
        """Return the numbers of the first row with ``start_ns <= time < stop_ns`` and of the one after the last."""
        first = stop = self.stop
        for block in self.blocks:
            time = block.time[: self.stop - block.first]
            chosen = np.flatnonzero((time >= start_ns) & (time < stop_ns))
            if len(chosen):
                first = min(first, block.first + int(chosen[0]))
                stop = block.first + int(chosen[-1]) + 1
        return max(first, self.first), stop

    def span(self) -> tuple[int, int] | None:
        """Return the least and the greatest time; None if there are no rows."""
        times = [block.time[max(self.first - block.first, 0) : self.stop - block.first] for block in self.blocks]
        times = [time for time in times if len(time)]
        return (int(min(map(np.min, times))), int(max(map(np.max, times)))) if times else None

    def batches(self) -> list[Batch]:
        """Return copies of all rows, cut where something is missing."""
        cuts = [self.first, *(row for row in self.gaps if row > self.first), self.stop]
        return [self.batch(begin, end) for begin, end in pairwise(cuts) if begin < end]


class StreamHistory:
    """The newest rows of one stream. Not thread-safe: the hub's lock guards it.

    Attributes
    ----------
    rows
        How many rows have been appended since the start; row numbers count from 0.
    channels
        All channels seen so far.
    counts
        Samples of each channel since the start.
    groups
        A number for each channel: those with the same one have always come together.
    first_ns
        Time of the very first row.
    """

    def __init__(self, stream: str, max_rows: int, budget: Budget) -> None:
        self.stream = stream
        self.channels: tuple[Channel, ...] = ()
        self.counts: list[int] = []
        self.groups: tuple[int, ...] = ()
        self.rows = self.first_ns = 0
        self._max_rows = max_rows
        self._budget = budget
        self._blocks: deque[_Block] = deque()
        self._gaps: list[int] = []
        self._newest: list[NDArray[Any]] = []  # of each channel, the column in the last batch that had it
        self._newest_time: NDArray[np.int64] = np.zeros(1, np.int64)
        self._meter = RateMeter()
        self._places: dict[tuple[Channel, ...], list[int]] = {}
        self._shape: tuple[Channel, ...] | None = None
        self._shape_places: list[int] = []

    @property
    def last_ns(self) -> int:
        """Time of the newest row."""
        return int(self._newest_time[-1])

    @property
    def last_values(self) -> list[Any]:
        """The newest value of each channel, however long ago."""
        return [column[-1] for column in self._newest]

    @property
    def rate(self) -> Rate:
        """How often it ticks."""
        return self._meter.rate(self.rows, self.last_ns)

    def fresh(self, channels: tuple[Channel, ...]) -> list[Channel]:
        """Return the channels that have never been here."""
        if channels is self._shape or channels in self._places:
            return []
        known = {channel_key(channel) for channel in self.channels}
        asked = {channel_key(channel): channel for channel in channels}
        return [channel for key, channel in asked.items() if key not in known]

    def append(self, batch: Batch, now_ns: int) -> None:
        """Copy in the rows of a batch, at least one, that arrives at ``now_ns``; the oldest make room."""
        if batch.channels is not self._shape:
            self._shape_places = self._find_places(batch.channels)
            self._shape = batch.channels
        if not self.rows:
            self.first_ns = int(batch.time[0])
        if batch.gap:
            self._gaps.append(self.rows)
            if len(self._gaps) > MAX_GAPS:
                del self._gaps[: MAX_GAPS // 2]
        self._meter.note(self.rows, batch.time, now_ns)
        self._newest_time = time = batch.time
        values = batch.values
        while len(time) > (room := self._open_block()):
            self._write(time[:room], tuple(column[:room] for column in values))
            time, values = time[room:], tuple(column[room:] for column in values)
        self._write(time, values)

    def view(self, rows: int | None = None) -> View:
        """Return what it holds, or only the newest ``rows`` of it."""
        oldest = self._blocks[0].first if self._blocks else self.rows
        first = oldest if rows is None else max(oldest, self.rows - rows)
        blocks = tuple(block for block in self._blocks if block.first + block.filled > first)
        gaps = self._gaps[bisect_left(self._gaps, first) :]
        return View(self.stream, self.channels, blocks, first, self.rows, gaps, range(len(self.channels)))

    def _write(self, time: NDArray[np.int64], values: Sequence[NDArray[Any]]) -> None:
        """Copy rows into the newest block, which has room for them."""
        block, rows = self._blocks[-1], len(time)
        where = slice(block.filled, block.filled + rows)
        block.time[where] = time
        if block.places is not self._shape_places:
            self._budget.used += block.expect(self._shape_places, self.channels)
        for column in block.absent:
            column[where] = "" if column.dtype == object else ABSENT
        for place, column in zip(self._shape_places, values, strict=True):
            block.columns[place][where] = column
            self.counts[place] += rows
            self._newest[place] = column
        block.filled += rows
        self.rows += rows

    def _open_block(self) -> int:
        """Make sure that the newest block has room; return for how many rows."""
        blocks, budget = self._blocks, self._budget
        if blocks and blocks[-1].filled < blocks[-1].size:
            return blocks[-1].size - blocks[-1].filled
        while blocks and self.rows - blocks[0].first - blocks[0].size >= self._max_rows:
            budget.used -= blocks.popleft().bytes
        size, row_bytes = FIRST_BLOCK, TIME_BYTES
        if blocks:
            row_bytes = blocks[-1].bytes // blocks[-1].size
            size = min(2 * blocks[-1].size, LARGEST_BLOCK)
        if not budget.allows(size * row_bytes):
            size = blocks[0].size if len(blocks) > 1 else FIRST_BLOCK
            while len(blocks) > 1 and not budget.allows(size * row_bytes):
                budget.used -= blocks.popleft().bytes
        blocks.append(_Block(self.rows, size))
        budget.used += blocks[-1].bytes
        return size

    def _find_places(self, channels: tuple[Channel, ...]) -> list[int]:
        """Find or make the place of each channel; numbers and text under one name are two channels."""
        places = self._places.get(channels)
        if places is None:
            self._add(self.fresh(channels))
            known = {channel_key(channel): place for place, channel in enumerate(self.channels)}
            if len(self._places) >= MAX_SHAPES:
                self._places.clear()
            places = self._places[channels] = [known[channel_key(channel)] for channel in channels]
            self._regroup(places)
        merged = list(self.channels)
        for place, channel in zip(places, channels, strict=True):
            merged[place] = channel  # the newest unit wins
        if tuple(merged) != self.channels:
            self.channels = tuple(merged)
        return places

    def _add(self, fresh: Sequence[Channel]) -> None:
        self.groups += (max(self.groups, default=-1) + 1,) * len(fresh)
        self.channels += tuple(fresh)
        self.counts += [0] * len(fresh)
        self._newest += [nothing(channel.kind, 1) for channel in fresh]

    def _regroup(self, places: Sequence[int]) -> None:
        """Part the groups of which only some channels are at ``places``."""
        inside, sizes = Counter(self.groups[place] for place in places), Counter(self.groups)
        parted = [group for group, size in inside.items() if size < sizes[group]]
        if parted:
            fresh = dict(zip(parted, count(max(self.groups) + 1), strict=False))
            groups = list(self.groups)
            for place in places:
                groups[place] = fresh.get(groups[place], groups[place])
            self.groups = tuple(groups)


def within(batch: Batch, start_ns: int, stop_ns: int) -> Batch:
    """Return just the rows with ``start_ns <= time < stop_ns``: where a clock stepped, others stand between them."""
    chosen = (batch.time >= start_ns) & (batch.time < stop_ns)
    if chosen.all():
        return batch
    values = tuple(column[chosen] for column in batch.values)
    return Batch(batch.stream, batch.channels, batch.time[chosen], values, batch.gap, batch.retained)

"""What a writer holds of a stream: the block that grows, and those that wait to be written."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.flow.records import Channel, Kind, channel_key, nothing
from stripchart.store.format.schema import BLOCK_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch

FIRST_SIZE: Final = 64
"""Rows that a new block has room for; it doubles, so thousands of slow streams cost little."""
MAX_SHAPES: Final = 100
"""Sets of channels whose places a stream remembers; were there more, it learns them anew."""


class Block:
    """Consecutive rows, at most ``BLOCK_ROWS``."""

    def __init__(self, number: int, room: int = FIRST_SIZE) -> None:
        self.number = number
        self.filled = 0
        self.gaps: list[int] = []
        self.columns: dict[int, NDArray[Any]] = {}
        """The column of each channel that occurs, by its place in the stream."""
        self._time = np.empty(room, np.int64)

    @property
    def time(self) -> NDArray[np.int64]:
        """Times of its rows, shape (filled,)."""
        return self._time[: self.filled]

    def column(self, place: int) -> NDArray[Any]:
        """Return the cells of a channel, shape (filled,)."""
        return self.columns[place][: self.filled]

    def add(self, places: Sequence[int], time: NDArray[np.int64], values: Sequence[NDArray[Any]]) -> None:
        """Copy rows in; there must be room for them."""
        begin, end = self.filled, self.filled + len(time)
        if end > len(self._time):
            self._grow(end)
        self._time[begin:end] = time
        for place, column in zip(places, values, strict=True):
            kept = self.columns.get(place)
            if kept is None:
                kept = self.columns[place] = _like(column, len(self._time))
            kept[begin:end] = column
        self.filled = end  # the cells of channels that these rows lack hold nothing already

    def _grow(self, rows: int) -> None:
        size = max(len(self._time), FIRST_SIZE)
        while size < rows:
            size *= 2
        time, self._time = self._time, np.empty(size, np.int64)
        self._time[: self.filled] = time[: self.filled]
        for place, column in self.columns.items():
            grown = _like(column, size)
            grown[: self.filled] = column[: self.filled]
            self.columns[place] = grown


class GrowingStream:
    """The end of a stream, in memory.

    Attributes
    ----------
    number
        Its id in the file.
    channels, ids
        All that ever occurred, and their ids in the file; 0 for one that has none yet.
    is_new, renewed
        Whether its name is not in the file yet, and the places of channels that are not, or with another unit.
    rows
        How many rows there are, those in the file included.
    journaled
        How many of them are safe in the file, in a block or in the journal.
    full
        Blocks that are complete and not in the file yet.
    block
        The one that grows.
    """

    def __init__(self, name: str, number: int, *, is_new: bool = False) -> None:
        self.name = name
        self.number = number
        self.is_new = is_new
        self.channels: list[Channel] = []
        self.ids: list[int] = []
        self.renewed: set[int] = set()
        self.rows = self.journaled = 0
        self.block = Block(0)
        self.full: deque[Block] = deque()
        self._known: dict[tuple[str, bool], int] = {}
        self._shape: tuple[Channel, ...] | None = None
        self._shape_places: list[int] = []
        self._places: dict[tuple[Channel, ...], list[int]] = {}

    def append(self, batch: Batch) -> None:
        """Copy in the rows of a batch."""
        if batch.channels is not self._shape:
            self._shape_places = self._find_places(batch.channels)
            self._shape = batch.channels
        self.add(self._shape_places, batch.time, batch.values, gap=batch.gap)

    def add(
        self, places: Sequence[int], time: NDArray[np.int64], values: Sequence[NDArray[Any]], *, gap: bool = False
    ) -> None:
        """Copy in rows of the channels at some places."""
        if gap and self.rows and len(time):
            self.block.gaps.append(self.block.filled)
        while len(time) >= (room := BLOCK_ROWS - self.block.filled):
            self.block.add(places, time[:room], [column[:room] for column in values])
            self.full.append(self.block)
            self.block = Block(self.block.number + 1, BLOCK_ROWS)
            time, values = time[room:], [column[room:] for column in values]
            self.rows += room
        if len(time):
            self.block.add(places, time, values)
            self.rows += len(time)

    def begin_at(self, number: int) -> None:
        """Go on with a new block of this number; rows that stand between are lost to damage, or in the file."""
        if self.block.filled:
            self.full.append(self.block)
        self.block = Block(number)
        self.rows = self.journaled = number * BLOCK_ROWS

    def place_of(self, channel: Channel) -> int:
        """Find or make the place of a channel; its newest unit, kind and patience count."""
        place = self._known.setdefault(channel_key(channel), len(self.channels))
        if place == len(self.channels):
            self.channels.append(channel)
            self.ids.append(0)
            self.renewed.add(place)
        elif self.channels[place] != channel:
            self.channels[place] = channel
            self.renewed.add(place)
            self._places.clear()  # sets of channels that were seen before may bring back the old unit
        return place

    def _find_places(self, channels: tuple[Channel, ...]) -> list[int]:
        places = self._places.get(channels)
        if places is None:
            places = list(map(self.place_of, channels))
            if len(self._places) >= MAX_SHAPES:
                self._places.clear()
            self._places[channels] = places
        return places


def _like(column: NDArray[Any], rows: int) -> NDArray[Any]:
    """Make a column of cells that never came, of texts or numbers as another one is."""
    return nothing(Kind.TEXT if column.dtype == object else Kind.NUMBER, rows)

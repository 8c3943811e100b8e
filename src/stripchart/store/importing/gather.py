"""Values that come one by one, gathered to rows and batches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.flow.records import ABSENT, Batch, Channel, Kind, channel_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


class Gatherer:
    """Makes batches of the rows of one stream, with a column for each channel that occurs in them.

    Attributes
    ----------
    rows
        How many wait to become a batch.
    """

    def __init__(self, stream: str) -> None:
        self.stream = stream
        self._time: list[int] = []
        self._cells: list[dict[tuple[str, bool], float | str]] = []
        self._channels: dict[tuple[str, bool], Channel] = {}
        self._row: object = None
        self._gap = False

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        return len(self._time)

    def is_new(self, row: object) -> bool:
        """Say whether this is another row than that of the last value."""
        return not self._time or row != self._row

    def add(self, row: object, time_ns: int, channel: Channel, value: float | str) -> bool:
        """Take a value; False if its channel already has one in the row."""
        key = channel_key(channel)
        self._channels[key] = channel
        if self.is_new(row):
            self._row = row
            self._time.append(time_ns)
            self._cells.append({})
        cells = self._cells[-1]
        if key in cells:
            return False
        cells[key] = value
        return True

    def cut(self) -> Iterator[Batch]:
        """Yield what there is: something is missing after it."""
        yield from self.finish()
        self._gap = True

    def finish(self) -> Iterator[Batch]:
        """Yield what there is, if anything."""
        if not self._time:
            return
        columns = tuple(self._column(key, channel) for key, channel in self._channels.items())
        channels = tuple(self._channels.values())
        yield Batch(self.stream, channels, np.array(self._time, np.int64), columns, gap=self._gap)
        self._time, self._cells, self._channels, self._gap = [], [], {}, False

    def _column(self, key: tuple[str, bool], channel: Channel) -> NDArray[Any]:
        if channel.kind is not Kind.TEXT:
            column = np.full(len(self._cells), ABSENT)
            there = [place for place, cells in enumerate(self._cells) if key in cells]
            column[there] = [self._cells[place][key] for place in there]
            return column
        texts = np.empty(len(self._cells), object)
        texts[:] = [cells.get(key, "") for cells in self._cells]
        return texts

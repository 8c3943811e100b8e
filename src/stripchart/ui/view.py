"""One stream as one session sees it: which rows were sent, and what to send next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.flow.live import LiveReducer
from stripchart.flow.records import Kind
from stripchart.flow.reduce import Rows, join_rows, raw_rows, reduce_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch, Channel

GAP_BEFORE_NS = 1_000
"""A gap's empty row stands this long before the row that it cuts off."""
MAX_GAPS = 500
"""Gaps drawn in one picture; were there more, they could not be told apart."""


class StreamView:
    """Turns batches of a stream into rows for its ``ColumnDataSource``.

    Parameters
    ----------
    key
        The source's id in the document, free of outside names.
    columns
        The channels drawn; column ``k`` is named ``c<k>`` in the source.
    """

    def __init__(self, key: str, stream: str) -> None:
        self.key = key
        self.stream = stream
        self.columns: list[Channel] = []
        self.reducer = LiveReducer(1)
        self.next_row = 0
        self._shape: tuple[Channel, ...] | None = None
        self._places: list[tuple[int, int]] = []

    def add(self, channel: Channel) -> str:
        """Add a column and return its name."""
        self.columns.append(channel)
        self._shape = None
        return f"c{len(self.columns) - 1}"

    def rebuild(self, hub: Hub, start_ns: int, stop_ns: int, bucket_ns: int) -> dict[str, Any]:
        """Return the columns of a span of time anew, and go on from its last row."""
        batch, gaps = hub.read(self.stream, start_ns, stop_ns)
        self.reducer = LiveReducer(bucket_ns)
        self.next_row = batch.first + len(batch)
        rows = self._rows(batch, 0)
        cuts = [int(cut) for cut in gaps[-MAX_GAPS:] if cut > 0]
        parts: list[Rows] = []
        for begin, end in zip([0, *cuts], [*cuts, len(batch)], strict=True):
            part = reduce_rows(rows.pick(slice(begin, end)), bucket_ns)
            if begin:
                parts.append(self._gap(part))
            parts.append(part)
        return to_wire(parts)

    def feed(self, batch: Batch, now_ns: int | None = None) -> list[Rows]:
        """Return the rows to append for a batch; rows that were sent before are left out."""
        skip = self.next_row - batch.first
        if skip >= len(batch):
            return []
        rows = self._rows(batch, max(skip, 0))
        self.next_row = batch.first + len(batch)
        if batch.gap and skip <= 0:
            return [*self.reducer.flush(), self._gap(rows), *self.reducer.feed(rows, now_ns)]
        return self.reducer.feed(rows, now_ns)

    def _rows(self, batch: Batch, skip: int) -> Rows:
        if batch.channels is not self._shape:
            wanted = {channel.name: place for place, channel in enumerate(self.columns)}
            self._shape = batch.channels
            self._places = [
                (wanted[channel.name], place)
                for place, channel in enumerate(batch.channels)
                if channel.kind is not Kind.TEXT and channel.name in wanted
            ]
        count = len(batch) - skip
        columns: list[NDArray[np.float64] | None] = [None] * len(self.columns)
        for column, place in self._places:
            columns[column] = batch.values[place][skip:]
        full = [np.full(count, np.nan) if column is None else column for column in columns]
        return raw_rows(batch.time[skip:], full)

    def _gap(self, rows: Rows) -> Rows:
        empty = tuple(np.array([np.nan]) for _ in self.columns)
        return Rows(rows.time[:1] - GAP_BEFORE_NS, np.zeros(1, np.int64), empty)


def to_wire(parts: Sequence[Rows]) -> dict[str, Any]:
    """Make columns for the browser: ``t`` in milliseconds (float64), ``n`` rows stood for, ``c0`` … the values."""
    if not parts:
        return {"t": [], "n": []}
    rows = join_rows(parts)
    wire = {"t": rows.time / 1e6, "n": rows.weight}
    wire.update({f"c{place}": np.ascontiguousarray(column) for place, column in enumerate(rows.columns)})
    return wire

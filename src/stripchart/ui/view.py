"""One stream as one session sees it: which rows were sent, and what to send next."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.flow.live import LiveReducer
from stripchart.flow.records import ABSENT, Kind, is_absent
from stripchart.flow.reduce import Rows, join_rows, raw_rows, reduce_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Batch, Channel

GAP_BEFORE_NS = 1_000
"""A gap's empty row stands this long before the row that it cuts off."""
MAX_GAPS = 500
"""Gaps drawn in one picture; were there more, they could not be told apart."""


class StreamView:
    """Turns batches of a stream into rows for a ``ColumnDataSource``.

    It holds channels that always come together. Those of one stream that do not are in several views, so that no line
    is broken by a row that does not concern it.

    Parameters
    ----------
    key
        The source's id in the document, free of outside names.
    stream
        Name of the stream.

    Attributes
    ----------
    columns
        The channels drawn, by the names of their columns.
    """

    def __init__(self, key: str, stream: str) -> None:
        self.key = key
        self.stream = stream
        self.columns: dict[str, Channel] = {}
        self.reducer = LiveReducer(1)
        self.next_row = 0
        self._made = 0
        self._cut = False  # something is missing before the next row
        self._shape: tuple[Channel, ...] | None = None
        self._places: list[int | None] = []

    def add(self, channel: Channel) -> str:
        """Add a column and return its name."""
        name = f"c{self._made}"
        self._made += 1
        self.columns[name] = channel
        self._shape = None
        return name

    def remove(self, name: str) -> None:
        """Forget a column."""
        del self.columns[name]
        self._shape = None

    def rebuild(self, hub: Hub, start_ns: int, stop_ns: int, bucket_ns: int) -> dict[str, Any]:
        """Return the columns of a span of time anew, and go on from its last row."""
        batch, gaps = hub.read(self.stream, start_ns, stop_ns)
        self.reducer = LiveReducer(bucket_ns)
        self.next_row = batch.first + len(batch)
        self._cut = False
        rows = self._rows(batch, 0)
        if rows is None:
            return self.to_wire([])
        held = np.flatnonzero(~np.logical_and.reduce([is_absent(column) for column in rows.columns]))
        if len(held) < len(batch):
            rows = rows.pick(held)
        cuts = np.unique(np.searchsorted(held, gaps))
        cuts = cuts[(cuts > 0) & (cuts < len(held))][-MAX_GAPS:]
        parts: list[Rows] = []
        for begin, end in pairwise([0, *cuts.tolist(), len(held)]):
            part = reduce_rows(rows.pick(slice(begin, end)), bucket_ns)
            if begin:
                parts.append(_gap_before(part))
            parts.append(part)
        return self.to_wire(parts)

    def feed(self, batches: Sequence[Batch], now_ns: int | None = None) -> list[Rows]:
        """Return the rows to append for batches of the stream; rows that were sent before are left out."""
        parts: list[Rows] = []
        run: list[Rows] = []  # with nothing missing in between
        for batch in batches:
            skip = self.next_row - batch.first
            if skip >= len(batch):
                continue
            self.next_row = batch.first + len(batch)
            self._cut |= batch.gap and skip <= 0
            rows = self._rows(batch, max(skip, 0))
            if rows is None:
                continue
            if self._cut:
                parts += [*self._reduce(run, now_ns), *self.reducer.flush(), _gap_before(rows)]
                self._cut, run = False, []
            run.append(rows)
        return parts + self._reduce(run, now_ns)

    def to_wire(self, parts: Sequence[Rows]) -> dict[str, Any]:
        """Make columns for the browser: ``t`` in milliseconds (float64), ``n`` rows stood for, ``c0`` … the values."""
        if not parts:
            return {name: [] for name in ("t", "n", *self.columns)}
        rows = join_rows(parts)
        columns = map(np.ascontiguousarray, rows.columns)
        return {"t": rows.time / 1e6, "n": rows.weight, **dict(zip(self.columns, columns, strict=True))}

    def _reduce(self, run: Sequence[Rows], now_ns: int | None) -> list[Rows]:
        return self.reducer.feed(join_rows(run), now_ns) if run else []

    def _rows(self, batch: Batch, skip: int) -> Rows | None:
        """Return the rows of a batch after the first ``skip``; None if it has none of the channels."""
        if batch.channels is not self._shape:
            self._shape = batch.channels
            found = {c.name: place for place, c in enumerate(batch.channels) if c.kind is not Kind.TEXT}
            self._places = [found.get(channel.name) for channel in self.columns.values()]
        if all(place is None for place in self._places):
            return None
        count = len(batch) - skip
        values = batch.values
        columns = [np.full(count, ABSENT) if place is None else values[place][skip:] for place in self._places]
        return raw_rows(batch.time[skip:], columns)


def _gap_before(rows: Rows) -> Rows:
    """Return the empty row that cuts rows off from those before."""
    empty = tuple(np.array([np.nan]) for _ in rows.columns)
    return Rows(rows.time[:1] - GAP_BEFORE_NS, np.zeros(1, np.int64), empty)

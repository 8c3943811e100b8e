"""One stream as one session sees it: which rows were sent, and what to send next."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from stripchart.flow.live import LiveReducer
from stripchart.flow.records import ABSENT, Batch, Kind, is_absent
from stripchart.flow.reduce import Rows, join_rows, raw_rows, reduce_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from stripchart.flow.history import View
    from stripchart.flow.hub import Hub
    from stripchart.flow.records import Channel

GAP_BEFORE_NS = 1_000
"""A gap's empty row stands this long before the row that it cuts off."""
MAX_GAPS = 500
"""Gaps drawn in one picture; were there more, they could not be told apart."""


class Span(NamedTuple):
    """A span of time, and how finely it is drawn."""

    start_ns: int
    stop_ns: int
    bucket_ns: int
    """Nanoseconds that are drawn as one minimum and one maximum."""


class Picture(NamedTuple):
    """What there is to draw of a span, and where it goes on."""

    names: tuple[str, ...]
    """Of the columns that it was drawn for."""
    parts: list[Rows]
    next_row: int
    bucket_ns: int


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
    drawn
        Whether the page has rows in all of these.
    """

    def __init__(self, key: str, stream: str) -> None:
        self.key = key
        self.stream = stream
        self.columns: dict[str, Channel] = {}
        self.reducer = LiveReducer(1)
        self.next_row = 0
        self.drawn = False
        self._made = 0
        self._scales: dict[str, tuple[float, float]] = {}
        self._cut = False  # something is missing before the next row
        self._shape: tuple[Channel, ...] | None = None
        self._places: list[int | None] = []

    def add(self, channel: Channel, scale: float = 1.0, offset: float = 0.0) -> str:
        """Add a column, whose values are shown as ``value * scale + offset``, and return its name."""
        name = f"c{self._made}"
        if scale != 1 or offset:
            self._scales[name] = scale, offset
        self._made += 1
        self.columns[name] = channel
        self._shape = None
        self.drawn = False
        return name

    def remove(self, name: str) -> None:
        """Forget a column."""
        del self.columns[name]
        self._shape = None
        self.drawn = False

    def rebuild(self, hub: Hub, start_ns: int, stop_ns: int, bucket_ns: int) -> dict[str, Any]:
        """Return the columns of a span of time anew, from memory, and go on from its last row."""
        return self.take(draw(memory_of(hub, self.stream), self.columns, Span(start_ns, stop_ns, bucket_ns)))

    def take(self, picture: Picture, later: Sequence[Batch] = ()) -> dict[str, Any]:
        """Return the columns of a picture, and of the batches that came since; go on from there."""
        self.reducer = LiveReducer(picture.bucket_ns)
        self.next_row = picture.next_row
        self._cut = False
        self.drawn = True
        return self.to_wire([*picture.parts, *self.feed(later)])

    def feed(self, batches: Sequence[Batch], now_ns: int | None = None) -> list[Rows]:
        """Return the rows to append for batches of the stream; rows that were sent before are left out."""
        parts: list[Rows] = []
        run: list[Rows] = []  # with nothing missing in between
        for batch in _joined(batches):
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
        columns = dict(zip(self.columns, map(np.ascontiguousarray, rows.columns), strict=True))
        for name in self._scales.keys() & columns.keys():
            scale, offset = self._scales[name]
            columns[name] = columns[name] * scale + offset
        return {"t": rows.time / 1e6, "n": rows.weight, **columns}

    def _reduce(self, run: Sequence[Rows], now_ns: int | None) -> list[Rows]:
        return self.reducer.feed(join_rows(run), now_ns) if run else []

    def _rows(self, batch: Batch, skip: int) -> Rows | None:
        """Return the rows of a batch after the first ``skip``; None if it has none of the channels."""
        if batch.channels is not self._shape:
            self._shape = batch.channels
            self._places = _find(self.columns.values(), batch.channels)
        return _take_rows(batch, self._places, skip)


def _joined(batches: Iterable[Batch]) -> Iterator[Batch]:
    """Make one batch of those that go on with the same channels: an array costs by being one, hardly by its length."""
    run: list[Batch] = []
    for batch in batches:
        last = run[-1] if run else batch
        if run and (batch.gap or batch.channels is not last.channels or batch.first != last.first + len(last)):
            yield _join(run)
            run = []
        run.append(batch)
    if run:
        yield _join(run)


def _join(run: Sequence[Batch]) -> Batch:
    head = run[0]
    if len(run) == 1:
        return head
    time = np.concatenate([batch.time for batch in run])
    values = tuple(map(np.concatenate, zip(*(batch.values for batch in run), strict=True)))
    return Batch(head.stream, head.channels, time, values, head.gap, head.retained, head.first)


def memory_of(hub: Hub, stream: str) -> View | None:
    """Return what memory holds of a stream; None if it has not come yet, and is only in the record."""
    try:
        return hub.view(stream)
    except KeyError:
        return None


def draw(memory: View | None, columns: Mapping[str, Channel], span: Span, past: Sequence[Rows] = ()) -> Picture:
    """Draw a span of a stream from memory, after what the record has of it. Safe in any thread.

    Parameters
    ----------
    past
        The rows before those in memory, reduced: runs with something missing in between. An empty one at the end says
        that something is missing before memory too. Row 0 of memory is where this run of the program began, so it is
        always cut off from what was before.
    """
    pieces = [(True, rows.pick(held) if len(held := _held(rows)) < len(rows.time) else rows) for rows in past]
    next_row = 0
    if memory is not None:
        batch = memory.between(span.start_ns, span.stop_ns)
        next_row = batch.first + len(batch)
        found = _take_rows(batch, _find(columns.values(), batch.channels), 0)
        if found is not None:
            gaps = np.maximum(np.array(memory.gaps, np.intp) - batch.first, 0)
            pieces += _cut_at(found, gaps[gaps < len(batch)], span.bucket_ns, cut=not memory.first)
    return Picture(tuple(columns), _with_gaps(pieces), next_row, span.bucket_ns)


def _cut_at(rows: Rows, gaps: NDArray[np.intp], bucket_ns: int, *, cut: bool) -> Iterator[tuple[bool, Rows]]:
    """Yield reduced runs of rows, and whether something is missing before each; ``cut`` says it of the first."""
    held = _held(rows)
    if len(held) < len(rows.time):
        rows = rows.pick(held)
    cuts = np.unique(np.searchsorted(held, gaps))
    for begin, end in pairwise([0, *cuts[(cuts > 0) & (cuts < len(held))].tolist(), len(held)]):
        yield cut or bool(begin) or 0 in cuts, reduce_rows(rows.pick(slice(begin, end)), bucket_ns)


def _with_gaps(pieces: Sequence[tuple[bool, Rows]]) -> list[Rows]:
    """Put an empty row between runs where something is missing, at the newest ``MAX_GAPS`` places."""
    parts: list[Rows] = []
    before = sum(cut for cut, _ in pieces) - MAX_GAPS
    cut = False
    for cut_here, rows in pieces:
        before -= cut_here
        cut |= cut_here and before < 0
        if len(rows.time):
            if parts and cut:
                parts.append(_gap_before(rows))
            parts.append(rows)
            cut = False
    return parts


def _held(rows: Rows) -> NDArray[np.intp]:
    """Return the places of the rows that have any of the columns."""
    return np.flatnonzero(~np.logical_and.reduce([is_absent(column) for column in rows.columns]))


def _find(columns: Iterable[Channel], channels: Sequence[Channel]) -> list[int | None]:
    """Find the place of each column among a batch's channels; numbers only."""
    found = {channel.name: place for place, channel in enumerate(channels) if channel.kind is not Kind.TEXT}
    return [found.get(channel.name) for channel in columns]


def _take_rows(batch: Batch, places: Sequence[int | None], skip: int) -> Rows | None:
    """Return the columns at some places, without the first ``skip`` rows; None if all places are None."""
    if all(place is None for place in places):
        return None
    count = len(batch) - skip
    values = batch.values
    columns = [np.full(count, ABSENT) if place is None else values[place][skip:] for place in places]
    return raw_rows(batch.time[skip:], columns)


def _gap_before(rows: Rows) -> Rows:
    """Return the empty row that cuts rows off from those before."""
    empty = tuple(np.array([np.nan]) for _ in rows.columns)
    return Rows(rows.time[:1] - GAP_BEFORE_NS, np.zeros(1, np.int64), empty)

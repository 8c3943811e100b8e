"""Rows as Parquet.

One stream is a table: ``time`` (nanoseconds, UTC), ``stream``, ``gap`` (true where something is missing before the
row), and a column for each channel: doubles, or strings. Several streams are one value a row: ``time``, ``stream``,
``row``, ``channel``, ``unit``, ``kind``, ``value`` and ``text``; see ``exporting.csv``.

Null is what never came, NaN what a sensor sent. The schema's metadata says ``stripchart``: "wide" or "long"; that of a
field holds the ``name``, ``unit`` and ``kind`` of its channel. ``stripchart import`` reads both back exactly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from stripchart.flow.records import ABSENT, Kind
from stripchart.store.exporting.csv import GAP
from stripchart.store.reading.arrow import import_arrow, time_type, to_array, to_times
from stripchart.store.reading.rows import distinct_names, held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stripchart.flow.records import Batch
    from stripchart.store.reading.rows import Choice

MARK: Final = b"stripchart"
"""Key of the schema's metadata that says whether the table is wide or long."""
OWN: Final = ("time", "stream", "gap")
"""Columns of a table of one stream besides its channels."""
LONG: Final = ("time", "stream", "row", "channel", "unit", "kind", "value", "text")
"""Columns of a table of several."""
GROUP_ROWS: Final = 1 << 15
GROUP_CELLS: Final = 1 << 20
"""A row group is written when it has so many rows, or cells."""


class ParquetEncoder:
    """Writes one stream as a table, several as one value a row."""

    suffix: ClassVar[str] = ".parquet"
    media_type: ClassVar[str] = "application/vnd.apache.parquet"

    def __init__(self, choices: Sequence[Choice]) -> None:
        self._wide = len(choices) == 1
        self._schema = _wide_schema(choices[0]) if self._wide else _long_schema()
        self._sink = _Sink()
        self._writer: Any = None
        self._group: list[Any] = []
        self._rows: dict[str, int] = {}

    def begin(self) -> bytes:
        """Return the first bytes of the file."""
        writer = import_arrow("pyarrow.parquet").ParquetWriter
        self._writer = writer(self._sink, self._schema, compression="zstd")
        return self._sink.take()

    def feed(self, batch: Batch) -> bytes:
        """Take some rows, at least one, as a ``Table`` gave them; return what is ready."""
        columns = self._wide_columns(batch) if self._wide else self._long_columns(batch)
        self._group.append(import_arrow().RecordBatch.from_arrays(columns, schema=self._schema))
        rows = sum(part.num_rows for part in self._group)
        if rows >= GROUP_ROWS or rows * len(self._schema) >= GROUP_CELLS:
            self._write_group()
        return self._sink.take()

    def finish(self) -> bytes:
        """Return what ends the file."""
        self._write_group()
        self._writer.close()
        return self._sink.take()

    def _write_group(self) -> None:
        if self._group:
            table = import_arrow().Table.from_batches(self._group)
            self._writer.write_table(table, row_group_size=max(table.num_rows, 1))
            self._group = []

    def _wide_columns(self, batch: Batch) -> list[Any]:
        arrow = import_arrow()
        gap = np.zeros(len(batch), bool)
        gap[0] = batch.gap
        own = [to_times(batch.time), _same(batch.stream, len(batch)), arrow.array(gap)]
        return [*own, *map(to_array, batch.values)]

    def _long_columns(self, batch: Batch) -> list[Any]:
        arrow = import_arrow()
        first = self._rows.get(batch.stream, 0)
        self._rows[batch.stream] = first + len(batch)
        there = np.array([held(column) for column in batch.values]).T
        there[~there.any(axis=1), 0] = True
        rows, places = np.nonzero(there)  # row by row
        values, texts = _melt(batch, rows, places)
        whats = [(channel.name, channel.unit, str(channel.kind)) for channel in batch.channels]
        if batch.gap:
            whats.append(("", "", GAP))
            rows, places = np.append(0, rows), np.append(len(whats) - 1, places)
            values, texts = np.append(ABSENT, values), np.append("", texts)
        what = [arrow.array(map(_clean, each)).take(arrow.array(places)) for each in zip(*whats, strict=True)]
        own = [to_times(batch.time[rows]), _same(batch.stream, len(rows)), arrow.array(rows + first)]
        return [*own, *what, to_array(values), to_array(texts)]


def _melt(batch: Batch, rows: NDArray[np.intp], places: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the numbers and the texts of cells in order; each is nothing where the other stands."""
    values, texts = np.full(len(rows), ABSENT), np.full(len(rows), "", object)
    for place, (channel, column) in enumerate(zip(batch.channels, batch.values, strict=True)):
        here = places == place
        (texts if channel.kind is Kind.TEXT else values)[here] = column[rows[here]]
    return values, texts


def _wide_schema(choice: Choice) -> Any:
    arrow = import_arrow()
    fields = [
        arrow.field("time", time_type()),
        arrow.field("stream", arrow.string()),
        arrow.field("gap", arrow.bool_()),
    ]
    for name, channel in zip(distinct_names(choice.channels, OWN), choice.channels, strict=True):
        kind = arrow.string() if channel.kind is Kind.TEXT else arrow.float64()
        told = {"name": channel.name, "unit": channel.unit, "kind": str(channel.kind)}
        fields.append(arrow.field(_clean(name), kind, metadata={key: _clean(text) for key, text in told.items()}))
    return arrow.schema(fields, metadata={MARK: b"wide"})


def _long_schema() -> Any:
    arrow = import_arrow()
    kinds = {"time": time_type(), "row": arrow.int64(), "value": arrow.float64()}
    return arrow.schema([(name, kinds.get(name, arrow.string())) for name in LONG], metadata={MARK: b"long"})


def _same(text: str, rows: int) -> Any:
    arrow = import_arrow()
    return arrow.repeat(arrow.scalar(_clean(text), arrow.string()), rows)


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


class _Sink:
    """A file for pyarrow to write to, which gives the bytes away as they come."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data

    def flush(self) -> None:
        """Have nothing to wait for."""

    def close(self) -> None:
        self.closed = True

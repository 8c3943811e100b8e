"""Parquet: our own, read back exactly (``exporting.parquet`` says how it is written), and that of other programs.

Of other programs, the time is the first column of timestamps, or the one that is named, which may also hold numbers
since 1970. Numbers are channels of numbers, booleans states, strings texts; what else there is is left out and told.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from stripchart.errors import ConfigError
from stripchart.flow.records import ABSENT, Batch, Channel, Kind
from stripchart.store.exporting.csv import GAP
from stripchart.store.exporting.parquet import LONG, MARK, OWN
from stripchart.store.importing.gather import Gatherer
from stripchart.store.importing.lines import BLOCK_ROWS
from stripchart.store.importing.times import EXPECTED, BadTimeError, TimeReader
from stripchart.store.reading.arrow import import_arrow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from stripchart.store.importing.importer import Options


class ParquetReader:
    """Reads one file.

    Raises
    ------
    ConfigError
        If it is no Parquet, there is no time in it, or pyarrow is not installed.
    """

    def __init__(self, path: Path, options: Options) -> None:
        self.notes: list[str] = []
        self._path = path
        arrow = import_arrow()
        try:
            self._file = import_arrow("pyarrow.parquet").ParquetFile(path)
        except arrow.ArrowException as error:
            raise ConfigError(f"{path}: expected a Parquet file, found none: {error}") from error
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
        self.size = int(self._file.metadata.num_rows)
        self._schema = self._file.schema_arrow
        self._layout = (self._schema.metadata or {}).get(MARK, b"").decode("utf-8", "replace")
        self._stream = options.stream or path.stem
        self._reader = TimeReader(options.zone)
        self._time = self._find_time(options.time_column)

    def batches(self, progress: Callable[[int], None]) -> Iterator[Batch]:
        """Yield the rows; ConfigError if one is not as it should be. ``progress`` is told how many rows were read."""
        read = {"wide": self._wide, "long": self._long}.get(self._layout, self._foreign)
        try:
            with self._file:
                yield from read(self._tables(progress))
        except (import_arrow().ArrowException, OSError) as error:
            raise ConfigError(f"{self._path}: expected a whole Parquet file, found damage: {error}") from error

    def _tables(self, progress: Callable[[int], None]) -> Iterator[tuple[int, Any]]:
        """Yield the rows in blocks, each with the number of its first one."""
        done = 0
        for table in self._file.iter_batches(BLOCK_ROWS):
            if table.num_rows:
                yield done, table
                done += table.num_rows
                progress(table.num_rows)

    def _find_time(self, wanted: str) -> str:
        names = self._schema.names
        own = {"wide": OWN, "long": LONG}.get(self._layout, ())
        if own or wanted:
            expected = own or (wanted,)
            if not set(expected) <= set(names):
                raise ConfigError(f"{self._path}: expected columns {', '.join(expected)}, found {', '.join(names)}")
            return expected[0]
        types = import_arrow().types
        found = next((field.name for field in self._schema if types.is_timestamp(field.type)), None)
        if found is None:
            kinds = ", ".join(f"{field.name} ({field.type})" for field in self._schema)
            mend = "name one by --time-column"
            raise ConfigError(f"{self._path}: expected a column of timestamps, found {kinds}; {mend}")
        return str(found)

    def _wide(self, tables: Iterator[tuple[int, Any]]) -> Iterator[Batch]:
        places = [place for place, field in enumerate(self._schema) if field.name not in OWN]
        channels = tuple(_told_channel(self._schema.field(place), Kind.NUMBER) for place in places)
        for done, table in tables:
            time = self._times(done, table)
            values = [_to_values(table.column(place), channel) for place, channel in zip(places, channels, strict=True)]
            gap, streams = table["gap"].to_pylist(), table["stream"].to_pylist()
            cuts = [row for row in range(1, len(time)) if gap[row] or streams[row] != streams[row - 1]]
            for begin, end in pairwise([0, *cuts, len(time)]):
                columns = tuple(column[begin:end] for column in values)
                yield Batch(streams[begin], channels, time[begin:end], columns, gap=bool(gap[begin]))

    def _long(self, tables: Iterator[tuple[int, Any]]) -> Iterator[Batch]:
        gatherer = Gatherer("")
        channels: dict[tuple[str, str, str], Channel] = {}
        for done, table in tables:
            columns = [table[name].to_pylist() for name in LONG[1:]]
            for time, stream, row, name, unit, kind, value, text in zip(
                self._times(done, table).tolist(), *columns, strict=True
            ):
                if stream != gatherer.stream:
                    yield from gatherer.finish()
                    gatherer = Gatherer(stream)
                if gatherer.rows >= BLOCK_ROWS and gatherer.is_new(row):
                    yield from gatherer.finish()
                if kind == GAP:
                    yield from gatherer.cut()
                    continue
                channel = channels.get((name, unit, kind))
                if channel is None:
                    channel = channels[name, unit, kind] = Channel(name, unit, Kind(kind))
                if channel.kind is Kind.TEXT:
                    gatherer.add(row, time, channel, text or "")
                else:
                    gatherer.add(row, time, channel, ABSENT if value is None else value)
        yield from gatherer.finish()

    def _foreign(self, tables: Iterator[tuple[int, Any]]) -> Iterator[Batch]:
        columns, left = [], []
        for place, field in enumerate(self._schema):
            kind = _kind(field.type)
            if kind is not None and field.name != self._time:
                columns.append((place, _told_channel(field, kind)))
            elif field.name != self._time:
                left.append(f"{field.name} ({field.type})")
        if left:
            self.notes.append(f"left out, for they are no numbers or texts: {', '.join(left)}")
        channels = tuple(channel for _, channel in columns)
        if not channels:
            raise ConfigError(f"{self._path}: expected columns of numbers or texts, found none")
        for done, table in tables:
            values = tuple(_to_values(table.column(place), channel) for place, channel in columns)
            yield Batch(self._stream, channels, self._times(done, table), values)

    def _times(self, done: int, table: Any) -> NDArray[np.int64]:
        """Return the times of a block, of which the first row has the number ``done``."""
        arrow, column = import_arrow(), table[self._time]
        if column.null_count:
            row = int(np.flatnonzero(column.is_null().to_numpy(zero_copy_only=False))[0])
            raise self._mistake(done + row, "nothing")
        if not arrow.types.is_timestamp(column.type):
            cells = [str(cell) for cell in column.to_pylist()]
            try:
                return self._reader.read(cells)
            except BadTimeError as error:
                raise self._mistake(done + error.args[0], repr(cells[error.args[0]])) from None
        try:
            instants = column.cast(arrow.timestamp("ns", column.type.tz))
        except arrow.ArrowInvalid as error:
            expected = f"times between the years 1677 and 2262 in {self._time!r}"
            raise ConfigError(f"{self._path}: rows from {done + 1:,} on: expected {expected}: {error}") from error
        time = instants.cast(arrow.int64()).to_numpy(zero_copy_only=False)
        return self._reader.from_calendar(time, np.full(len(time), column.type.tz is None))

    def _mistake(self, row: int, found: str) -> ConfigError:
        return ConfigError(f"{self._path}: row {row + 1:,}: expected {EXPECTED} in {self._time!r}, found {found}")


def _told_channel(field: Any, kind: Kind) -> Channel:
    """Return the channel that a field's metadata tells, or else its name and type."""
    told = {
        key.decode("utf-8", "replace"): value.decode("utf-8", "replace")
        for key, value in (field.metadata or {}).items()
    }
    known = told.get("kind") in {*Kind} - {Kind.TIME}
    return Channel(told.get("name", field.name), told.get("unit", ""), Kind(told["kind"]) if known else kind)


def _kind(kind: Any) -> Kind | None:
    """Return what values of an Arrow type are; None if they are neither numbers nor texts."""
    types = import_arrow().types
    if types.is_dictionary(kind):
        return _kind(kind.value_type)
    if types.is_boolean(kind):
        return Kind.STATE
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        return Kind.NUMBER
    return Kind.TEXT if types.is_string(kind) or types.is_large_string(kind) else None


def _to_values(column: Any, channel: Channel) -> NDArray[Any]:
    """Return the values of a column; null is what never came."""
    arrow = import_arrow()
    if channel.kind is Kind.TEXT:
        texts = np.empty(len(column), object)
        texts[:] = [text or "" for text in column.cast(arrow.string()).to_pylist()]
        return texts
    missing = column.is_null().to_numpy(zero_copy_only=False)
    values = np.array(column.cast(arrow.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    values[missing] = ABSENT
    return values

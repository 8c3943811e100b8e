"""A recording, read: by any number of readers, in this process and in others, while it is written or afterwards."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from stripchart.errors import DamagedError
from stripchart.flow.archive import StreamRecord
from stripchart.flow.events import Event
from stripchart.flow.records import Batch, Channel, Kind, nothing
from stripchart.frames import Frame, to_frame
from stripchart.store.format.names import Names, read_names, read_seal
from stripchart.store.format.parts import size_of
from stripchart.store.format.rawbytes import decode_chunks
from stripchart.store.format.schema import COLUMNS, is_intact, select, verify
from stripchart.store.reading import shape
from stripchart.store.reading.cover import cover
from stripchart.store.reading.instants import to_ns
from stripchart.store.reading.opening import Pool
from stripchart.store.reading.pages import EVER, Pages

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from numpy.typing import NDArray

    from stripchart.flow.records import Chunk
    from stripchart.flow.reduce import Rows
    from stripchart.store.reading.instants import Instant
    from stripchart.store.reading.pages import Piece
    from stripchart.store.reading.shape import Summary


class Run(NamedTuple):
    """One time that a monitor recorded into the file."""

    started_ns: int
    stopped_ns: int
    """0 if it goes on, or did not end in order."""
    version: str
    config: dict[str, Any]
    """What recorded, without secrets."""


class About(NamedTuple):
    """What a recording says of itself."""

    title: str
    note: str
    created_ns: int
    runs: tuple[Run, ...]
    sealed: bool
    """It was closed in order, and nobody writes it."""
    size: int
    """Bytes on the disk."""


class Recording:
    """A file of samples. Safe from any thread; what is damaged is left out, and told in ``problems``.

    Parameters
    ----------
    path
        The file.

    Attributes
    ----------
    problems
        Damage that was met so far, in words with its place.

    Raises
    ------
    ConfigError
        If there is no such recording, or it cannot be read at all.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problems: list[str] = []
        self._pool = Pool(self.path)
        self._cache: tuple[tuple[Any, ...], Names, dict[str, Any]] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; safe twice."""
        self._pool.close()

    def about(self) -> About:
        """Return its title, its runs and the like."""
        size = size_of(self.path)
        with self._reading() as pages:
            meta = {row[0]: row[1] for row in self._intact(pages, "meta")}
            runs = tuple(
                Run(row[1], row[2], row[3], json.loads(row[4])) for row in self._intact(pages, "run", "ORDER BY id")
            )
            created = int(meta.get("created_ns", "0"))
            return About(meta.get("title", ""), meta.get("note", ""), created, runs, "seal" in meta, size)

    def streams(self) -> list[StreamRecord]:
        """Describe every stream, in order of appearance."""
        with self._reading() as pages:
            found = []
            for number, name in pages.names.streams.items():
                channels = tuple(channel for _, channel in pages.names.of_stream(number))
                found.append(StreamRecord(name, channels, *pages.bounds(number), *pages.times(number)))
            return found

    def span(self) -> tuple[int, int] | None:
        """Return the least and the greatest time of all rows; None if there are none."""
        streams = [stream for stream in self.streams() if stream.rows > stream.first_row]
        if not streams:
            return None
        return min(stream.start_ns for stream in streams), max(stream.stop_ns for stream in streams)

    def batches(
        self,
        stream: str,
        start_ns: int = EVER[0],
        stop_ns: int = EVER[1],
        *,
        channels: Sequence[str] | None = None,
        before_row: int | None = None,
        after_row: int = 0,
    ) -> Iterator[Batch]:
        """Yield the rows of a stream with ``start_ns <= time < stop_ns``, in order of arrival, at most 2,048 a batch.

        Parameters
        ----------
        channels
            Names of those to read; all if not given. One that the stream lacks is left out.
        before_row, after_row
            Only rows with smaller numbers than the first, and not smaller ones than the second.

        Raises
        ------
        KeyError
            If there is no such stream.
        """
        with self._reading() as pages:
            number = self._find(pages, stream)
            known = [
                each for each in pages.names.of_stream(number) if channels is None or each[1].name in set(channels)
            ]
            ids, described = [each for each, _ in known], tuple(channel for _, channel in known)
            first, stop = pages.bounds(number)
            rows = max(first, after_row), stop if before_row is None else min(stop, before_row)
            for piece in pages.pieces(number, ids, rows, (start_ns, stop_ns)):
                for batch in _to_batches(stream, piece, ids, described):
                    yield from _within(batch, start_ns, stop_ns)

    def picture(
        self,
        stream: str,
        channels: Sequence[str],
        start_ns: int,
        stop_ns: int,
        bucket_ns: int,
        *,
        before_row: int | None = None,
    ) -> list[Rows]:
        """Return what there is to draw in a span; see ``flow.archive.Archive.picture``. Fast for any span."""
        half = max(bucket_ns // 2, 1)

        def fits(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
            near: NDArray[np.bool_] = stop - start <= half
            return near

        with self._reading() as pages:
            number = pages.number_of(stream)
            if number is None:
                return []
            ids = _ids(pages, number, channels)
            first, stop = pages.bounds(number)
            rows = first, stop if before_row is None else min(stop, before_row)
            parts = cover(pages, number, [each for each in ids if each is not None], rows, (start_ns, stop_ns), fits)
            return shape.to_picture(parts, ids, (start_ns, stop_ns), bucket_ns)

    def summary(self, stream: str, channels: Sequence[str], start_ns: int, stop_ns: int, every_ns: int) -> Summary:
        """Return minimum, maximum, mean and count of number channels for each ``every_ns``, exactly.

        Raises
        ------
        KeyError
            If there is no such stream.
        """

        def fits(start: NDArray[np.int64], stop: NDArray[np.int64]) -> NDArray[np.bool_]:
            inside: NDArray[np.bool_] = start // every_ns == stop // every_ns
            return inside

        with self._reading() as pages:
            number = self._find(pages, stream)
            ids = _ids(pages, number, channels)
            known = [each for each in ids if each is not None]
            parts = cover(pages, number, known, pages.bounds(number), (start_ns, stop_ns), fits)
            return shape.to_summary(parts, ids, (start_ns, stop_ns), every_ns)

    def read(
        self,
        stream: str,
        *,
        channels: Sequence[str] | None = None,
        start: Instant | None = None,
        stop: Instant | None = None,
        max_points: int | None = None,
        kind: Literal["numpy", "pandas", "polars", "arrow"] = "numpy",
    ) -> Frame:
        """Return the rows of a stream as columns.

        Parameters
        ----------
        stream
            Its name; ``streams()`` lists them.
        channels
            Names of those to read; all if not given.
        start, stop
            Only rows from the one to before the other: nanoseconds since the epoch, a datetime, or a text such as
            ``"2026-05-01T12:00"``, or ``"-10m"`` for so long before the end.
        max_points
            At most about so many rows: the minimum and maximum of each of half as many spans. Number channels only.
        kind
            As for ``Monitor.frame``; also "arrow".

        Raises
        ------
        KeyError
            If there is no such stream.
        ConfigError
            If an instant is none, or a package is not installed.
        """
        record = next((each for each in self.streams() if each.name == stream), None)
        if record is None:
            raise KeyError(f"no stream {stream!r}; there are: {', '.join(each.name for each in self.streams())}")
        start_ns = record.start_ns if start is None else to_ns(start, record.stop_ns)
        stop_ns = record.stop_ns + 1 if stop is None else to_ns(stop, record.stop_ns)
        wanted = tuple(channel for channel in record.channels if channels is None or channel.name in set(channels))
        if max_points is not None:
            numbers = tuple(channel for channel in wanted if channel.kind is not Kind.TEXT)
            return to_frame(self._reduced(stream, numbers, (start_ns, stop_ns), max_points), kind)
        batches = list(self.batches(stream, start_ns, stop_ns, channels=channels))
        return to_frame(_join(stream, wanted, batches), kind)

    def events(self, start_ns: int = EVER[0], stop_ns: int = EVER[1]) -> list[Event]:
        """Return what happened in a span, oldest first."""
        with self._reading() as pages:
            where = "WHERE time_ns >= ? AND time_ns < ? ORDER BY time_ns, id"
            return [
                Event(row[1], row[2], row[3], row[4], row[0])
                for row in self._intact(pages, "event", where, start_ns, stop_ns)
            ]

    def raw_sources(self) -> list[str]:
        """Return the names of the sources whose bytes were kept."""
        with self._reading() as pages:
            return [name for (name,) in pages.connection.execute("SELECT DISTINCT source FROM raw ORDER BY source")]

    def chunks(self, source: str | None = None) -> Iterator[tuple[str, Chunk]]:
        """Yield the bytes that were kept, of one source or of all, with the source's name, in order of arrival.

        Between two rows of the table nothing is held, so it may be read at leisure while the recording goes on.
        """
        with self._reading() as pages:
            last = pages.connection.execute("SELECT max(id) FROM raw").fetchone()[0] or 0
        number = 0
        while (row := self._raw_after(number, source)) is not None and number < row[0] <= last:
            number = row[0]
            for chunk in self._decode_raw(row):
                yield row[1], chunk

    def _raw_after(self, number: int, source: str | None) -> tuple[Any, ...] | None:
        """Return the next row of kept bytes, intact or not."""
        of_source, values = ("AND source = ?", (source,)) if source is not None else ("", ())
        with self._reading() as pages:
            return next(select(pages.connection, "raw", f"WHERE id > ? {of_source} ORDER BY id", number, *values), None)

    def _decode_raw(self, row: tuple[Any, ...]) -> list[Chunk]:
        try:
            verify(row)
            return decode_chunks(row[5])
        except ValueError as error:  # a checksum, or a chunk
            with self._reading() as pages:
                pages.note(f"raw row {row[0]} is damaged ({error})")
            return []

    def check(self) -> list[str]:
        """Read everything, and return all damage there is; see ``problems``."""
        with suppress(DamagedError), self._reading() as pages:
            if pages.connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
                pages.note("SQLite finds the file's structure damaged")
            for table in COLUMNS:
                found = sum(1 for _ in self._intact(pages, table))
                sealed = pages.seal.get("tables", {}).get(table, 0)
                if found < sealed:
                    pages.note(f"table {table}: {found:,} of {sealed:,} rows are left")
        with suppress(DamagedError):
            for stream in self.streams():
                for _ in self.batches(stream.name):
                    pass
        return self.problems

    @contextmanager
    def _reading(self) -> Iterator[Pages]:
        """Lend what reads at one moment.

        Raises
        ------
        DamagedError
            If SQLite cannot read on.
        """
        try:
            with self._pool.reading() as connection:
                names, seal = self._known(connection)
                yield Pages(connection, names, seal, self.problems)
        except (sqlite3.Error, UnicodeError) as error:  # a message of SQLite's quotes what is damaged
            problem = f"{self.path}: SQLite cannot read on: {error}"
            if problem not in self.problems:
                self.problems.append(problem)
            raise DamagedError(problem) from error

    def _known(self, connection: sqlite3.Connection) -> tuple[Names, dict[str, Any]]:
        """Return names and seal, read anew when there are more: a page asks for a dozen pictures at once."""
        counts = connection.execute(
            "SELECT (SELECT max(id) FROM stream), (SELECT max(id) FROM channel), (SELECT max(started_ns) FROM run),"
            " (SELECT count(*) FROM meta)"
        ).fetchone()
        if self._cache is None or self._cache[0] != counts:
            seal = read_seal(connection)
            self._cache = counts, read_names(connection, seal), seal
        return self._cache[1:]

    @staticmethod
    def _intact(pages: Pages, table: str, where: str = "", *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table that are as they were written."""
        for row in select(pages.connection, table, where, *values):
            if is_intact(row):
                yield row
            else:
                pages.note(f"table {table}: row {row[0]} is damaged")

    @staticmethod
    def _find(pages: Pages, stream: str) -> int:
        number = pages.number_of(stream)
        if number is None:
            known = ", ".join(pages.names.streams.values()) or "none"
            raise KeyError(f"no stream {stream!r}; there are: {known}")
        return number

    def _reduced(self, stream: str, channels: tuple[Channel, ...], times: tuple[int, int], max_points: int) -> Batch:
        bucket = max((times[1] - times[0]) * 2 // max(max_points, 2), 1)
        runs = self.picture(stream, [channel.name for channel in channels], *times, bucket)
        time = np.concatenate([run.time for run in runs] or [np.empty(0, np.int64)])
        values = tuple(
            np.concatenate([run.columns[place] for run in runs] or [np.empty(0)]) for place in range(len(channels))
        )
        return Batch(stream, channels, time, values)


def _ids(pages: Pages, stream: int, channels: Sequence[str]) -> list[int | None]:
    """Return the ids of number channels by name; None for one that the stream lacks."""
    known = {c.name: number for number, c in pages.names.of_stream(stream) if c.kind is not Kind.TEXT}
    return [known.get(name) for name in channels]


def _to_batches(stream: str, piece: Piece, ids: Sequence[int], channels: tuple[Channel, ...]) -> Iterator[Batch]:
    """Cut a piece where something is missing."""
    edges = np.unique([0, *piece.gaps.tolist(), len(piece.time)]).tolist()
    gaps = set(piece.gaps.tolist())
    columns = [
        piece.columns.get(number, nothing(channel.kind, len(piece.time)))
        for number, channel in zip(ids, channels, strict=True)
    ]
    for begin, end in pairwise(edges):
        values = tuple(column[begin:end] for column in columns)
        time = piece.time[begin:end]
        yield Batch(stream, channels, time, values, gap=begin in gaps, first=piece.first + begin)


def _within(batch: Batch, start_ns: int, stop_ns: int) -> Iterator[Batch]:
    """Yield the rows of a span, cut where others lie between them: a clock may step back."""
    chosen = (batch.time >= start_ns) & (batch.time < stop_ns)
    if chosen.all():
        yield batch
        return
    edges = np.flatnonzero(np.diff(chosen, prepend=False, append=False)).tolist()
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        values = tuple(column[begin:end] for column in batch.values)
        gap = batch.gap and begin == 0
        yield Batch(batch.stream, batch.channels, batch.time[begin:end], values, gap=gap, first=batch.first + begin)


def _join(stream: str, channels: tuple[Channel, ...], batches: Sequence[Batch]) -> Batch:
    if not batches:
        return Batch(stream, channels, np.empty(0, np.int64), tuple(nothing(channel.kind, 0) for channel in channels))
    values = tuple(map(np.concatenate, zip(*(batch.values for batch in batches), strict=True)))
    return Batch(stream, channels, np.concatenate([batch.time for batch in batches]), values)

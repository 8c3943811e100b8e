"""Writes one recording: rows gather in memory, and each commit makes all that came since the last one safe.

A commit that fails changes nothing, in the file or in memory: it may be tried again.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripchart._version import __version__
from stripchart.errors import ConfigError, DamagedError
from stripchart.store.format import journal
from stripchart.store.format.names import stored_text, write_names
from stripchart.store.format.rawbytes import RawQueue
from stripchart.store.format.schema import (
    BLOCK_ROWS,
    COLUMNS,
    check_version,
    connect,
    create,
    highest,
    insert,
    is_empty,
)
from stripchart.store.writing import resume, retention
from stripchart.store.writing.backlog import Backlog
from stripchart.store.writing.blocks import write_block
from stripchart.store.writing.growing import GrowingStream
from stripchart.store.writing.lock import FileLock
from stripchart.store.writing.retention import Limits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from stripchart.flow.events import Event
    from stripchart.flow.records import Batch, Chunk

TIDY_COMMITS: Final = 100
"""Commits from one look at the limits to the next."""
WAL_BYTES: Final = 64 << 20


class Writer:
    """The one writer of a recording; not thread-safe.

    Parameters
    ----------
    path
        The file; made if it is not there, continued if it is.
    power_safe
        Wait for the disk at each commit, so that it also survives a loss of power.
    title
        Of a new recording.
    config
        What records into it; JSON, without secrets.
    limits
        When to forget the oldest.

    Attributes
    ----------
    problems
        What was found damaged when it was continued.

    Raises
    ------
    ConfigError
        If it cannot be written, is being written already, or is of a newer version.
    DamagedError
        If SQLite cannot use it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        power_safe: bool = False,
        title: str = "",
        config: Mapping[str, Any] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.path = Path(path)
        self.limits = limits or Limits()
        self.problems: list[str] = []
        self._streams: dict[str, GrowingStream] = {}
        self._changed: dict[GrowingStream, None] = {}
        """Streams with rows or names that are not in the file yet."""
        self._backlog = Backlog({}, {}, 0)
        self._events: list[Event] = []
        self._raw = RawQueue()
        self._last_stream = self._last_channel = self._last_event = self._run = self._began_ns = self._commits = 0
        self._run_facts = ("", "")
        self._closed = False
        self._file: os.stat_result | None = None
        self._lock = FileLock(self.path)
        try:
            self._connection = _open(self.path, power_safe=power_safe)
        except BaseException:
            self._lock.release()
            raise
        try:
            self._file = self.path.stat()
            self._begin(title, config or {})
        except (sqlite3.DatabaseError, UnicodeError) as error:  # a message of SQLite's quotes what is damaged
            self.abandon()
            raise _translate(error, self.path) from error
        except BaseException:
            self.abandon()
            raise

    def rows(self, stream: str) -> int:
        """Return how many rows a stream has, committed or not."""
        known = self._streams.get(stream)
        return known.rows if known else 0

    def reach(self) -> tuple[dict[str, int], int]:
        """Return the rows of each stream, and the number of the newest event, committed or not.

        A commit that fails may be in the file all the same, once that is opened anew: its reach tells.
        """
        rows = {stream.name: stream.rows for stream in self._streams.values() if stream.rows}
        return rows, self._last_event + len(self._events)

    def append(self, batch: Batch) -> None:
        """Take the rows of a batch; they are safe after the next commit."""
        stream = self._streams.get(batch.stream)
        if stream is None:
            stream = self._streams[batch.stream] = self._find_or_make(stored_text(batch.stream))
        stream.append(batch)
        self._changed[stream] = None

    def _find_or_make(self, name: str) -> GrowingStream:
        """Return the stream of a name as the file holds it: names that differ for Python may be one there."""
        stream = self._streams.get(name)
        if stream is None:
            self._last_stream += 1
            stream = self._streams[name] = GrowingStream(name, self._last_stream, is_new=True)
        return stream

    def event(self, event: Event) -> None:
        """Take an event."""
        self._events.append(event)

    def chunk(self, source: str, chunk: Chunk) -> None:
        """Take bytes as a source read them."""
        self._raw.add(source, chunk)

    def commit(self) -> None:
        """Make everything taken so far safe, in one transaction.

        Raises
        ------
        sqlite3.Error
            If it could not: the disk is full, say. Nothing is forgotten; try again.
        OSError
            If the file is not in its place any more: SQLite would go on to write it where nobody finds it.
        """
        due = self._backlog.due()
        if not (self._changed or self._events or self._raw or due):
            return
        if not self._is_in_place():
            raise OSError(f"{self.path}: was removed, or another file is in its place")
        with self._transaction():
            size = self._write(due)
        remaining = [stream for stream in self._changed if stream not in due and stream.block.filled]
        flushed = {*due, *(stream for stream in self._changed if stream.full)}
        self._backlog = self._backlog.after(flushed, remaining, size)
        for stream in self._changed:
            stream.full.clear()
            stream.renewed.clear()
            stream.is_new = False
            stream.journaled = stream.rows
        self._changed.clear()
        self._last_event += len(self._events)
        self._events.clear()
        self._raw.settle()
        self._commits += 1
        if self._commits % TIDY_COMMITS == 0:
            with self._transaction():
                retention.tidy(self._connection, self.limits, time.time_ns())

    def close(self) -> None:
        """Commit, seal the file, and let go of it; safe twice.

        Raises
        ------
        sqlite3.Error
            As ``commit`` does; it is closed all the same.
        """
        if self._closed:
            return
        try:
            self.commit()
            self._seal()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Let go of the file as it is; what was not committed is forgotten. Safe twice."""
        if not self._closed and not self._is_in_place():
            self._leave()
        self._closed = True
        with suppress(sqlite3.Error):
            self._connection.close()
        self._lock.release()

    def _begin(self, title: str, config: Mapping[str, Any]) -> None:
        """Continue what is there, and note that a run began."""
        connection = self._connection
        found = resume.load(connection)
        self.problems += found.problems
        self._backlog = found.backlog
        for stream in found.streams.values():
            self._streams[stream.name] = stream
            if stream.full or stream.is_new:
                self._changed[stream] = None
        self._last_stream, self._last_channel = found.last_stream, found.last_channel
        self._last_event = highest(connection, "event")
        self._raw = RawQueue(highest(connection, "raw"))
        self._run = highest(connection, "run") + 1
        self._run_facts = (__version__, stored_text(json.dumps(config, ensure_ascii=False)))
        self._began_ns = time.time_ns()
        with self._transaction():
            connection.execute("DELETE FROM meta WHERE key = 'seal'")
            if not connection.execute("SELECT 1 FROM meta WHERE key = 'created_ns'").fetchone():
                for key, value in (("created_ns", str(self._began_ns)), ("title", stored_text(title)), ("note", "")):
                    insert(connection, "meta", key, value)
            insert(connection, "run", self._run, self._began_ns, 0, *self._run_facts)

    def _is_in_place(self) -> bool:
        try:
            return self._file is None or os.path.samestat(self._file, self.path.stat())
        except OSError:
            return False

    def _leave(self) -> None:
        """Write all that was committed into the file, wherever it is now, and nothing stays beside its old name.

        A new recording there would take it for its own; and to cut short what others have mapped is deadly.
        """
        with suppress(sqlite3.Error, OSError):
            (is_busy, _, _) = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            for part in ("-shm",) if is_busy else ("-shm", "-wal"):
                self.path.with_name(self.path.name + part).unlink(missing_ok=True)

    def _write(self, due: Iterable[GrowingStream]) -> int:
        """Write all there is; return the bytes of the new journal row, 0 if there is none."""
        connection = self._connection
        entries: list[journal.Entry] = []
        for stream in self._changed:
            self._number_channels(stream)
            write_names(connection, stream)
            for block in stream.full:
                write_block(connection, stream, block)
            if stream not in due:
                entries += _journal_entries(stream)
        for stream in due:
            write_block(connection, stream, stream.block)
        size = 0
        if entries:
            body = journal.encode(entries)
            size = len(body)
            insert(connection, "journal", self._backlog.last + 1, body)
        connection.execute("DELETE FROM journal WHERE id < ?", (self._backlog.oldest,))
        for number, event in enumerate(self._events, self._last_event + 1):
            texts = map(stored_text, (event.source, event.kind, event.text))
            insert(connection, "event", number, event.time_ns, *texts)
        for row in self._raw.rows():
            insert(connection, "raw", *row)
        return size

    def _number_channels(self, stream: GrowingStream) -> None:
        for place in sorted(stream.renewed):
            if not stream.ids[place]:
                self._last_channel += 1
                stream.ids[place] = self._last_channel

    def _seal(self) -> None:
        connection = self._connection
        with self._transaction():
            insert(connection, "run", self._run, self._began_ns, time.time_ns(), *self._run_facts)
            tables = {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
                for table in COLUMNS
            }
            rows = {str(stream.number): stream.rows for stream in self._streams.values()}
            insert(connection, "meta", "seal", json.dumps({"tables": tables, "rows": rows}))
        with suppress(sqlite3.Error):
            # All is in the file itself then, even if one who reads it keeps the empty rest from being removed.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.execute("PRAGMA journal_mode = DELETE")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise


def _journal_entries(stream: GrowingStream) -> Iterator[journal.Entry]:
    """Yield the rows of a stream that are neither in the file nor in a full block, cut where something is missing."""
    block = stream.block
    first = block.number * BLOCK_ROWS
    begin = max(stream.journaled - first, 0)
    if begin == block.filled:
        return
    places = list(block.columns)
    ids = [stream.ids[place] for place in places]
    for here, stop in pairwise([begin, *(gap for gap in block.gaps if gap > begin), block.filled]):
        yield journal.Entry(
            stream.number, first + here, here in block.gaps, block.time[here:stop],
            ids, [block.column(place)[here:stop] for place in places],
        )  # fmt: skip


def _open(path: Path, *, power_safe: bool) -> sqlite3.Connection:
    try:
        path.touch(mode=0o600)
    except OSError as error:
        mend = "give another place with --record, or none with --no-record"
        raise ConfigError(f"{path}: cannot be written: {error.strerror}; {mend}") from error
    try:
        connection = connect(path, write=True)
        try:
            if is_empty(connection):
                create(connection)
            check_version(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute(f"PRAGMA synchronous = {'FULL' if power_safe else 'NORMAL'}")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}")
        except BaseException:
            connection.close()
            raise
    except (sqlite3.Error, UnicodeError) as error:
        raise _translate(error, path) from error
    return connection


def _translate(error: sqlite3.Error | UnicodeError, path: Path) -> Exception:
    """Tell a file that is damaged from one that cannot be reached."""
    if isinstance(error, sqlite3.OperationalError) and "malformed" not in str(error):
        return ConfigError(f"{path}: cannot be written: {error}; is the disk full, or another program at it?")
    return DamagedError(f"{path}: {error}")

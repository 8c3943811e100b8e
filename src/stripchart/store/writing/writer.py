"""Writes one recording: rows gather in memory, and each commit makes all that came since the last one safe.

A commit that fails changes nothing, in the file or in memory: it may be tried again.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from stripchart.store.format.names import stored_text
from stripchart.store.format.schema import COLUMNS, highest, insert
from stripchart.store.writing import resume, retention
from stripchart.store.writing.backlog import Backlog
from stripchart.store.writing.file import WritableFile, told_apart
from stripchart.store.writing.flush import write_streams
from stripchart.store.writing.growing import GrowingStream
from stripchart.store.writing.rawqueue import RawQueue
from stripchart.store.writing.retention import Limits
from stripchart.store.writing.run import RunRow

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from stripchart.flow.events import Event
    from stripchart.flow.records import Batch, Chunk

TIDY_COMMITS: Final = 100
"""Commits from one look at the limits to the next."""


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
        self._last_stream = self._last_channel = self._last_event = self._commits = 0
        self._closed = False
        self._file = WritableFile(self.path, power_safe=power_safe)
        try:
            with told_apart(self.path):
                self._run = self._begin(title, config or {})
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

    def redelivered(self, messages: Mapping[str, int]) -> None:
        """Take how many messages were sent again, by the names of their sources: what they say may come twice."""
        self._run.count_redelivered(messages)

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
        if not (self._changed or self._events or self._raw or self._run.is_new or due):
            return
        if not self._file.is_in_place():
            raise OSError(f"{self.path}: was removed, or another file is in its place")
        with self._file.transaction():
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
        self._run.is_new = False
        self._commits += 1
        if self._commits % TIDY_COMMITS == 0:
            with self._file.transaction():
                retention.tidy(self._file.connection, self.limits, time.time_ns())

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
        self._closed = True
        self._file.close()

    def _begin(self, title: str, config: Mapping[str, Any]) -> RunRow:
        """Continue what is there, and note that a run began."""
        connection = self._file.connection
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
        began_ns = time.time_ns()
        run = RunRow(connection, began_ns, config)
        with self._file.transaction():
            connection.execute("DELETE FROM meta WHERE key = 'seal'")
            if not connection.execute("SELECT 1 FROM meta WHERE key = 'created_ns'").fetchone():
                for key, value in (("created_ns", str(began_ns)), ("title", stored_text(title)), ("note", "")):
                    insert(connection, "meta", key, value)
            run.write(connection)
        run.is_new = False
        return run

    def _write(self, due: Collection[GrowingStream]) -> int:
        """Write all there is; return the bytes of the new journal row, 0 if there is none."""
        connection = self._file.connection
        for stream in self._changed:
            self._number_channels(stream)
        size = write_streams(connection, self._changed, due, self._backlog)
        for number, event in enumerate(self._events, self._last_event + 1):
            texts = map(stored_text, (event.source, event.kind, event.text))
            insert(connection, "event", number, event.time_ns, *texts)
        for row in self._raw.rows():
            insert(connection, "raw", *row)
        if self._run.is_new:
            self._run.write(connection)
        return size

    def _number_channels(self, stream: GrowingStream) -> None:
        for place in sorted(stream.renewed):
            if not stream.ids[place]:
                self._last_channel += 1
                stream.ids[place] = self._last_channel

    def _seal(self) -> None:
        connection = self._file.connection
        with self._file.transaction():
            self._run.write(connection, time.time_ns())
            tables = {
                table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608 - our own names
                for table in COLUMNS
            }
            rows = {str(stream.number): stream.rows for stream in self._streams.values()}
            insert(connection, "meta", "seal", json.dumps({"tables": tables, "rows": rows}))
        self._file.fold()

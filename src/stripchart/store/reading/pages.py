"""Reads a recording's rows out of its tables; what is damaged is noted, left out and never raised."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from stripchart.store.format.codec import unpack, unpack_ints
from stripchart.store.format.journal import JournalError, decode
from stripchart.store.format.schema import (
    BLOCK_ROWS,
    FANOUT,
    ChecksumError,
    is_intact,
    newest_block,
    rows_of_block,
    select,
    verify,
    whole_number,
)
from stripchart.store.format.tiertable import DamagedRow, SpansRow, read_spans, read_sums
from stripchart.store.reading.pieces import Piece, cut

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from stripchart.store.format.names import Names
    from stripchart.store.format.tiers import Sums

MAX_PROBLEMS: Final = 1_000
EVER: Final = (-(1 << 62), 1 << 62)
"""All times there are, in nanoseconds."""


class Pages:
    """Reads within one transaction, so that all it returns is of one moment.

    Parameters
    ----------
    names, seal
        What the recording's streams and channels are called, and what it held when it was closed; {} if it was not.
    problems
        Where it notes what is damaged.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names, seal: dict[str, Any], problems: list[str]) -> None:
        self.connection = connection
        self.names = names
        self.seal = seal
        self._problems = problems
        self._journals: dict[int, list[Piece]] = {}
        for problem in names.problems:
            self.note(problem)

    def note(self, problem: str) -> None:
        """Remember something that is damaged, once."""
        if problem not in self._problems and len(self._problems) < MAX_PROBLEMS:
            self._problems.append(problem)

    def intact(self, table: str, where: str = "", *values: Any) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table that are as they were written; ``where`` is SQL after its name."""
        for row in select(self.connection, table, where, *values):
            if is_intact(row):
                yield row
            else:
                self.note(f"table {table}: row {row[0]} is damaged")

    def number_of(self, stream: str) -> int | None:
        """Return a stream's id; None if there is none of that name."""
        return next((number for number, name in self.names.streams.items() if name == stream), None)

    def bounds(self, stream: int) -> tuple[int, int]:
        """Return the numbers of the oldest row and of the one after the newest."""
        ask = self.connection.execute
        oldest = whole_number(ask("SELECT min(number) FROM block WHERE stream = ?", (stream,)).fetchone()[0])
        newest = newest_block(self.connection, stream)
        tail = [piece for piece in self._journal(stream) if len(piece.time)]
        if oldest is None or newest is None:
            return (tail[0].first, tail[-1].first + len(tail[-1].time)) if tail else (0, 0)
        stop = newest * BLOCK_ROWS + rows_of_block(self.connection, stream, newest)
        stop = max([stop, *(piece.first + len(piece.time) for piece in tail)])
        sealed = self.seal.get("rows", {}).get(str(stream), 0)
        if stop < sealed:
            self.note(f"{self.names.streams[stream]}: rows {stop:,} to {sealed - 1:,} are missing")
        return oldest * BLOCK_ROWS, stop

    def times(self, stream: int) -> tuple[int, int]:
        """Return the least and the greatest time of a stream; 0 and 0 if it has no rows."""
        ask = self.connection.execute
        (start,) = ask("SELECT min(start_ns) FROM block WHERE stream = ?", (stream,)).fetchone()
        (stop,) = ask("SELECT max(stop_ns) FROM block WHERE stream = ?", (stream,)).fetchone()
        edges = [edge for edge in map(whole_number, (start, stop)) if edge is not None]
        for piece in self._journal(stream):
            edges += [int(piece.time.min()), int(piece.time.max())] if len(piece.time) else []
        return (min(edges), max(edges)) if edges else (0, 0)

    def top_level(self, stream: int) -> int:
        """Return the highest level of tiers that a stream has; 0 if it has none."""
        query = "SELECT max(level) FROM tier_time WHERE stream = ?"
        return whole_number(self.connection.execute(query, (stream,)).fetchone()[0]) or 0

    def spans(self, stream: int, level: int, first: int, stop: int) -> list[SpansRow]:
        """Return the rows of a tier with entries from ``first`` to below ``stop``; damaged ones are left out."""
        found: list[SpansRow] = []
        for row in read_spans(self.connection, stream, level, first, stop):
            if isinstance(row, DamagedRow):
                self.note(f"{self.names.streams[stream]}: the sums of level {level} from {row.first} on are damaged")
            else:
                found.append(row)
        return found

    def sums(self, channels: Sequence[int], level: int, first: int, count: int) -> dict[int, Sums] | None:
        """Return so many entries of some channels, from number ``first`` on; None if some are damaged or missing.

        A channel that does not occur in them is left out.
        """
        found: dict[int, Sums] = {}
        for channel in channels:
            for row in read_sums(self.connection, channel, level, first, first + 1):
                if isinstance(row, DamagedRow):
                    self.note(f"channel {channel}: the sums of level {level} from {first} on are damaged")
                    return None
                found[channel] = row.sums
            if channel not in found and self._occurs(channel, (first, first + count), FANOUT**level):
                self.note(f"channel {channel}: the sums of level {level} from {first} on are missing")
                return None
        return found

    def _occurs(self, channel: int, entries: tuple[int, int], size: int) -> bool:
        """Say whether a channel has cells in the rows that some entries stand for, so many each."""
        blocks = entries[0] * size // BLOCK_ROWS, (entries[1] * size - 1) // BLOCK_ROWS
        query = "SELECT 1 FROM cells WHERE channel = ? AND number BETWEEN ? AND ? LIMIT 1"
        return self.connection.execute(query, (channel, *blocks)).fetchone() is not None

    def pieces(
        self, stream: int, channels: Sequence[int], rows: tuple[int, int], times: tuple[int, int] = EVER
    ) -> Iterator[Piece]:
        """Yield what there is of some rows (from, to below), in order, but no block wholly outside of ``times``.

        A piece that does not follow on the one before it begins with a gap. Rows that are not there are noted.
        """
        first, stop = rows
        expected = None
        for whole in self._whole_pieces(stream, channels, rows, times):
            piece = cut(whole, first, stop)
            if expected is not None and piece.first > expected:
                piece = piece._replace(gaps=np.union1d(piece.gaps, [0]).astype(np.intp))
                if times == EVER:
                    name = self.names.streams[stream]
                    self.note(f"{name}: rows {expected:,} to {piece.first - 1:,} are missing")
            expected = piece.first + len(piece.time)
            if len(piece.time):
                yield piece

    def _whole_pieces(
        self, stream: int, channels: Sequence[int], wanted: tuple[int, int], times: tuple[int, int]
    ) -> Iterator[Piece]:
        first, stop = wanted
        name = self.names.streams[stream]
        end = 0
        where = "WHERE stream = ? AND number >= ? AND number <= ? AND stop_ns >= ? AND start_ns < ? ORDER BY number"
        bounds = first // BLOCK_ROWS, (stop - 1) // BLOCK_ROWS
        for row in select(self.connection, "block", where, stream, *bounds, *times):
            _, number, rows, _, _, time, gaps, _ = row
            end = (number + 1) * BLOCK_ROWS
            try:
                verify(row)
                end = number * BLOCK_ROWS + rows
                columns = self._cells(channels, number, rows)
                places = np.frombuffer(gaps, "<u2").astype(np.intp)
                yield Piece(number * BLOCK_ROWS, unpack_ints(time, rows), places, columns)
            except ValueError as error:  # a checksum, or a column
                self.note(f"{name}: block {number} is damaged ({error}); its {BLOCK_ROWS:,} rows are left out")
        flushed = newest_block(self.connection, stream)
        if flushed is not None:
            end = flushed * BLOCK_ROWS + rows_of_block(self.connection, stream, flushed)
        for piece in self._journal(stream):
            if piece.first + len(piece.time) > max(end, first) and piece.first < stop:
                yield cut(piece, end, stop)

    def _cells(self, channels: Sequence[int], number: int, rows: int) -> dict[int, NDArray[Any]]:
        columns = {}
        for channel in channels:
            for row in select(self.connection, "cells", "WHERE channel = ? AND number = ?", channel, number):
                try:
                    verify(row)
                    columns[channel] = unpack(row[2], rows)
                except ValueError as error:  # a checksum, or a column
                    self.note(f"channel {channel}: block {number} is damaged ({error}); its values are left out")
        return columns

    def _journal(self, stream: int) -> list[Piece]:
        """Return the rows of a stream that the journal holds, stale ones too."""
        if stream not in self._journals:
            self._journals[stream] = list(self._read_journal(stream))
        return self._journals[stream]

    def _read_journal(self, stream: int) -> Iterator[Piece]:
        for row in select(self.connection, "journal", "ORDER BY id"):
            number, body, _ = row
            try:
                verify(row)
                for entry in decode(body, self.names.is_text, stream):
                    if entry.unknown:
                        self.note(f"journal row {number}: the description of channel {entry.unknown[0]} is missing")
                    gaps = np.zeros(int(entry.gap), np.intp)
                    yield Piece(entry.first, entry.time, gaps, dict(zip(entry.channels, entry.values, strict=True)))
            except (ChecksumError, JournalError) as error:
                self.note(f"journal row {number} is damaged ({error}); what it held is left out")

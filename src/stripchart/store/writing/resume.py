"""Reads the end of every stream of a recording that is to be continued."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import numpy as np

from stripchart.store.format.codec import unpack, unpack_ints
from stripchart.store.format.journal import Entry, decode
from stripchart.store.format.names import Names, read_names, read_seal
from stripchart.store.format.schema import BLOCK_ROWS, highest, newest_block, rows_of_block, select, verify
from stripchart.store.writing.backlog import Backlog
from stripchart.store.writing.growing import GrowingStream


class Found(NamedTuple):
    """Where a writer goes on."""

    streams: dict[int, GrowingStream]
    """By their numbers."""
    backlog: Backlog
    last_stream: int
    last_channel: int
    """The highest numbers that were ever given."""
    problems: list[str]


class _Tail:
    """The end of a stream as it is read.

    Where rows are lost to damage, it goes on with a new block, so that no number stands for two rows: from there on,
    rows have other numbers than in the journal.

    Attributes
    ----------
    reach
        Number, as in the file, of the row that should come next.
    """

    def __init__(self, stream: GrowingStream) -> None:
        self.stream = stream
        self.reach = 0

    def take(self, entry: Entry) -> bool:
        """Append rows of the journal that are in no block; return whether there are any."""
        stream = self.stream
        skip = self.reach - entry.first
        if skip >= len(entry.time):
            return False
        gap = entry.gap and skip == 0
        if skip < 0:
            self.lose(entry.first)
            gap, skip = True, 0
        known = {number: place for place, number in enumerate(stream.ids)}
        columns = zip(entry.channels, entry.values, strict=True)
        kept = [(known[channel], column[skip:]) for channel, column in columns if channel in known]
        stream.add([place for place, _ in kept], entry.time[skip:], [column for _, column in kept], gap=gap)
        self.reach = entry.first + len(entry.time)
        return True

    def lose(self, row: int) -> None:
        """Go on with what is row number ``row`` in the file; those before it are lost."""
        block = self.stream.block
        self.stream.begin_at(max(-(-row // BLOCK_ROWS), block.number + (block.filled > 0)))
        self.reach = row

    def finish(self) -> None:
        """See that what follows damage is written in a block, and nothing of it wanted in the journal any more.

        Rows may have other numbers there; and a stream that writes blocks is thought to have no older rows in it.
        """
        stream = self.stream
        if stream.block.filled and (stream.full or self.reach != stream.rows):
            stream.full.append(stream.block)
        stream.journaled = stream.rows


def load(connection: sqlite3.Connection) -> Found:
    """Read names, the last block of each stream, and the journal."""
    names = read_names(connection)
    problems = list(names.problems)
    tails = {number: _load_tail(connection, names, number, name, problems) for number, name in names.streams.items()}
    sizes: dict[int, int] = {}
    waiting: dict[GrowingStream, int] = {}
    last = last_stream = last_channel = 0
    for row in select(connection, "journal", "ORDER BY id"):
        last, body, _ = row
        try:
            verify(row)
            entries = list(decode(body, names.is_text))
        except ValueError:  # a checksum, or the body
            problems.append(f"journal row {last}: damaged; what it held is lost")
            continue
        sizes[last] = len(body)
        for entry in entries:
            last_stream = max(last_stream, entry.stream)
            last_channel = max([last_channel, *entry.channels, *entry.unknown])
            tail = tails.get(entry.stream)
            if tail is None or entry.unknown:
                what = tail.stream.name if tail else f"stream {entry.stream}"
                problem = f"{what}: values that stood in the journal are lost, for they have no name any more"
                problems += [problem] if problem not in problems else []
            if tail is not None and tail.take(entry):
                waiting.setdefault(tail.stream, last)
    sealed = read_seal(connection).get("rows", {})
    for number, tail in tails.items():
        there = sealed.get(str(number), 0)
        if there > tail.reach:
            problems.append(f"{tail.stream.name}: rows {tail.reach:,} to {there - 1:,} are missing")
            tail.lose(there)
        tail.finish()
    # What lost its name keeps its number.
    last_stream = max([last_stream, *tails, highest(connection, "block", "stream")])
    last_channel = max(last_channel, highest(connection, "channel", "id"), highest(connection, "cells", "channel"))
    streams = {number: tail.stream for number, tail in tails.items()}
    return Found(streams, Backlog(sizes, waiting, last), last_stream, last_channel, problems)


def _load_tail(connection: sqlite3.Connection, names: Names, number: int, name: str, problems: list[str]) -> _Tail:
    stream = GrowingStream(name, number, is_new=number in names.nameless)
    for channel, described in names.of_stream(number):
        stream.ids[stream.place_of(described)] = channel
    for channel, (of, described) in names.lost.items():
        if of == number:  # its values go on from block to block: nobody sees them, but they are not thrown away
            stream.ids[stream.place_of(described)] = channel
    stream.renewed.clear()
    tail = _Tail(stream)
    block = newest_block(connection, number)
    if block is not None:
        stream.begin_at(block)
        try:
            _load_block(connection, stream, block)
            tail.reach = stream.rows
        except ValueError:  # a checksum, or a column
            problems.append(f"{name}: block {block} is damaged; recording goes on with the next one")
            stream.begin_at(block + 1)
            tail.reach = block * BLOCK_ROWS + rows_of_block(connection, number, block)
    return tail


def _load_block(connection: sqlite3.Connection, stream: GrowingStream, block: int) -> None:
    """Take the rows of a stream's last block."""
    for row in select(connection, "block", "WHERE stream = ? AND number = ?", stream.number, block):
        verify(row)
        _, number, rows, _, _, time, gaps, _ = row
        if number != block:
            raise sqlite3.DatabaseError(f"an index takes block {number} for block {block}")
        if rows == BLOCK_ROWS:
            stream.begin_at(block + 1)
            return
        places, columns = [], []
        for place, channel in enumerate(stream.ids):
            for cells in select(connection, "cells", "WHERE channel = ? AND number = ?", channel, block):
                verify(cells)
                places.append(place)
                columns.append(unpack(cells[2], rows))
        stream.add(places, unpack_ints(time, rows), columns)
        stream.block.gaps += np.frombuffer(gaps, "<u2").tolist()

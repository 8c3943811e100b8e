"""Reads the end of every stream of a recording that is to be continued."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stripchart.store.backlog import Backlog
from stripchart.store.codec import unpack, unpack_ints
from stripchart.store.growing import GrowingStream
from stripchart.store.journal import Entry, JournalError, decode
from stripchart.store.names import Names, read_names
from stripchart.store.schema import BLOCK_ROWS, is_intact, select, verify

if TYPE_CHECKING:
    import sqlite3


class Found(NamedTuple):
    """Where a writer goes on."""

    streams: dict[int, GrowingStream]
    """By their numbers."""
    backlog: Backlog
    problems: list[str]


def load(connection: sqlite3.Connection) -> Found:
    """Read names, the last block of each stream, and the journal.

    Where rows are lost to damage, a stream goes on with its next block, so that every row keeps its number.
    """
    names = read_names(connection)
    problems = list(names.problems)
    streams = {}
    for number, name in names.streams.items():
        streams[number] = _load_stream(connection, names, number, name, problems)
    sizes: dict[int, int] = {}
    waiting: dict[GrowingStream, int] = {}
    last = 0
    for row in select(connection, "journal", "ORDER BY id"):
        number, body, _ = row
        last = number if isinstance(number, int) else last  # it is NULL where the table's description is damaged
        try:
            entries = list(decode(body, names.is_text)) if is_intact(row) else None
        except JournalError:
            entries = None
        if entries is None:
            problems.append(f"journal row {last}: damaged; what it held is lost")
            continue
        sizes[last] = len(body)
        for entry in entries:
            stream = streams.get(entry.stream)
            if stream is not None and _take(stream, entry):
                waiting.setdefault(stream, last)
    for stream in streams.values():
        # What follows on a block that is to be written goes into the journal once more: that block's write drops it.
        stream.journaled = stream.block.number * BLOCK_ROWS if stream.full else stream.rows
    return Found(streams, Backlog(sizes, waiting, last), problems)


def _load_stream(
    connection: sqlite3.Connection, names: Names, number: int, name: str, problems: list[str]
) -> GrowingStream:
    stream = GrowingStream(name, number)
    for channel, described in names.of_stream(number):
        stream.ids[stream.place_of(described)] = channel
    stream.renewed.clear()
    for row in select(connection, "block", "WHERE stream = ? ORDER BY number DESC LIMIT 1", number):
        _, block, rows, _, _, time, gaps, _ = row
        stream.begin_at(block)
        try:
            verify(row)
            if rows == BLOCK_ROWS:
                stream.begin_at(block + 1)
                break
            places, columns = [], []
            for place, channel in enumerate(stream.ids):
                for cells in select(connection, "cells", "WHERE channel = ? AND number = ?", channel, block):
                    verify(cells)
                    places.append(place)
                    columns.append(unpack(cells[2], rows))
            stream.add(places, unpack_ints(time, rows), columns)
            stream.block.gaps += np.frombuffer(gaps, "<u2").tolist()
        except ValueError:  # a checksum, or a column
            problems.append(f"{name}: block {block} is damaged; recording goes on with the next one")
            stream.begin_at(block + 1)
    return stream


def _take(stream: GrowingStream, entry: Entry) -> bool:
    """Append rows of the journal that are in no block; return whether there are any."""
    skip = stream.rows - entry.first
    if skip >= len(entry.time):
        return False
    gap = entry.gap and skip <= 0
    if skip < 0:  # rows in between are lost
        stream.begin_at(-(-entry.first // BLOCK_ROWS))
        gap, skip = True, 0
    known = {number: place for place, number in enumerate(stream.ids)}
    kept = [(known[channel], column) for channel, column in zip(entry.channels, entry.values, strict=True)]
    stream.add(
        [place for place, _ in kept], entry.time[skip:], [column[skip:] for _, column in kept], gap=gap and skip == 0
    )
    return True

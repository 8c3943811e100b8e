"""What one commit writes of the streams: names that are new, blocks that are full, and the journal of the rest."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from stripchart.store.format import journal
from stripchart.store.format.names import stored_text
from stripchart.store.format.schema import BLOCK_ROWS, insert
from stripchart.store.writing.blocks import write_block

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator

    from stripchart.store.writing.backlog import Backlog
    from stripchart.store.writing.growing import GrowingStream


def write_streams(
    connection: sqlite3.Connection,
    changed: Iterable[GrowingStream],
    due: Collection[GrowingStream],
    backlog: Backlog,
) -> int:
    """Write what is new of some streams, whose channels have their ids; return the bytes of the new journal row.

    Parameters
    ----------
    due
        Streams whose growing blocks are written as they are, so that the journal's oldest rows are needed no longer.

    Returns
    -------
    0 if no row of the journal was needed.
    """
    entries: list[journal.Entry] = []
    for stream in changed:
        _write_names(connection, stream)
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
        insert(connection, "journal", backlog.last + 1, body)
    connection.execute("DELETE FROM journal WHERE id < ?", (backlog.oldest,))
    return size


def _write_names(connection: sqlite3.Connection, stream: GrowingStream) -> None:
    """Write what is new of a stream's name and channels."""
    if stream.is_new:
        insert(connection, "stream", stream.number, stored_text(stream.name))
    for place in stream.renewed:
        channel = stream.channels[place]
        insert(
            connection, "channel",
            stream.ids[place], stream.number, stored_text(channel.name), str(channel.kind), stored_text(channel.unit),
            float(channel.expires),
        )  # fmt: skip


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

"""Writes blocks into a recording, and the tiers above them as they become complete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from stripchart.flow.records import Kind
from stripchart.store.format import tiers
from stripchart.store.format.codec import pack, pack_ints, pack_quickly
from stripchart.store.format.decimals import find_decimals
from stripchart.store.format.schema import BLOCK_ROWS, FANOUT, PAGE, PIECE, insert
from stripchart.store.format.tiertable import SpansRow, SumsRow, read_spans, read_sums

if TYPE_CHECKING:
    import sqlite3

    from stripchart.store.format.tiers import Spans, Sums
    from stripchart.store.writing.growing import Block, GrowingStream


def write_block(connection: sqlite3.Connection, stream: GrowingStream, block: Block) -> None:
    """Write a block instead of what stood in its place, and its sums if it is complete."""
    time, number = block.time, block.number
    if not len(time):
        return
    gaps = np.array(block.gaps, "<u2").tobytes()
    insert(
        connection, "block",
        stream.number, number, len(time), int(time.min()), int(time.max()), pack_ints(time), gaps,
    )  # fmt: skip
    sums: dict[int, Sums] = {}
    for place in block.columns:
        column, channel = block.column(place), stream.ids[place]
        is_text = stream.channels[place].kind is Kind.TEXT
        found = None if is_text else find_decimals(column)
        insert(connection, "cells", channel, number, pack(column, found))
        if len(time) == BLOCK_ROWS and not is_text:
            sums[channel] = tiers.sums_of_rows(column, found)
    if len(time) == BLOCK_ROWS:
        spans = tiers.spans_of_rows(time, block.gaps)
        _write_entries(connection, (stream.number, 1, number * PIECE), spans, sums)
        _complete(connection, stream.number, 1, number)


def _complete(connection: sqlite3.Connection, stream: int, level: int, part: int) -> None:
    """If part number ``part`` of a level is the last of a page, make the page of its parts and sum it up."""
    if part % FANOUT != FANOUT - 1:
        return
    page = part // FANOUT
    first = page * PAGE
    pieces = [row for row in read_spans(connection, stream, level, first, first + PAGE) if isinstance(row, SpansRow)]
    if [piece.first for piece in pieces] != list(range(first, first + PAGE, PIECE)):
        return  # its beginning was forgotten or is damaged: the pieces answer in its place
    sums: dict[int, Sums] = {}
    for channel in _channels(connection, stream):
        rows = read_sums(connection, channel, level, first, first + PAGE)
        found = {row.first: row.sums for row in rows if isinstance(row, SumsRow)}
        if len(found) < len(rows):
            return  # likewise
        if found:
            parts = [found.get(piece.first) or tiers.no_sums(PIECE) for piece in pieces]
            sums[channel] = tiers.join_sums(parts)
    for channel in sums:
        connection.execute(
            "DELETE FROM tier WHERE channel = ? AND level = ? AND first >= ? AND first < ?",
            (channel, level, first, first + PAGE),
        )
    connection.execute(
        "DELETE FROM tier_time WHERE stream = ? AND level = ? AND first >= ? AND first < ?",
        (stream, level, first, first + PAGE),
    )
    spans = tiers.join_spans([piece.spans for piece in pieces])
    _write_entries(connection, (stream, level, first), spans, sums)
    above = {channel: tiers.sums_of_sums(each) for channel, each in sums.items()}
    _write_entries(connection, (stream, level + 1, page * PIECE), tiers.spans_of_spans(spans), above)
    _complete(connection, stream, level + 1, page)


def _write_entries(
    connection: sqlite3.Connection, place: tuple[int, int, int], spans: Spans, sums: dict[int, Sums]
) -> None:
    """Write neighbouring entries; their place is a stream, a level, and the number of the first."""
    (stream, level, first), count = place, len(spans.start)
    # A piece is packed anew when its page is complete; until then it only has to be cheap.
    floats, ints = (pack_quickly, pack_quickly) if count < PAGE else (pack, pack_ints)
    insert(
        connection, "tier_time",
        stream, level, first, count, ints(spans.start), ints(spans.stop), spans.gaps.tobytes(),
    )  # fmt: skip
    for channel, each in sums.items():
        values = map(floats, (each.low, each.high, each.total))
        parts = (*values, ints(each.held), ints(each.there))
        insert(connection, "tier", channel, level, first, count, *parts)


def _channels(connection: sqlite3.Connection, stream: int) -> list[int]:
    return [number for (number,) in connection.execute("SELECT id FROM channel WHERE stream = ?", (stream,))]

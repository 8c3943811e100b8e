"""Reads entries of tiers out of a recording; what is damaged is told apart from what is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from stripchart.store.format.codec import unpack, unpack_ints
from stripchart.store.format.schema import PAGE, is_intact, select
from stripchart.store.format.tiers import Spans, Sums

if TYPE_CHECKING:
    import sqlite3


class SpansRow(NamedTuple):
    """Consecutive entries of a stream."""

    first: int
    rows: int
    """How many entries."""
    spans: Spans


class DamagedRow(NamedTuple):
    """A row that is there, but cannot be used."""

    first: int


class SumsRow(NamedTuple):
    """Consecutive entries of a channel."""

    first: int
    sums: Sums


def read_spans(
    connection: sqlite3.Connection, stream: int, level: int, first: int, stop: int
) -> list[SpansRow | DamagedRow]:
    """Return the rows with entries from ``first`` to below ``stop``, in order."""
    found: list[SpansRow | DamagedRow] = []
    where = "WHERE stream = ? AND level = ? AND first > ? AND first < ? ORDER BY first"
    for row in select(connection, "tier_time", where, stream, level, first - PAGE, stop):
        _, _, at, count, start, end, gaps, _ = row
        if not is_intact(row):
            found.append(DamagedRow(at))
        elif at + count > first:
            marks = np.frombuffer(gaps, np.uint8, count)
            found.append(SpansRow(at, count, Spans(unpack_ints(start, count), unpack_ints(end, count), marks)))
    return found


def read_sums(
    connection: sqlite3.Connection, channel: int, level: int, first: int, stop: int
) -> list[SumsRow | DamagedRow]:
    """Return the rows of a channel that begin with an entry from ``first`` to below ``stop``, in order."""
    found: list[SumsRow | DamagedRow] = []
    where = "WHERE channel = ? AND level = ? AND first >= ? AND first < ? ORDER BY first"
    for row in select(connection, "tier", where, channel, level, first, stop):
        _, _, at, count, low, high, total, held, there, _ = row
        if is_intact(row):
            low, high, total = (unpack(part, count) for part in (low, high, total))
            counts = unpack_ints(held, count), unpack_ints(there, count)
            found.append(SumsRow(at, Sums(low, high, total, *counts)))
        else:
            found.append(DamagedRow(at))
    return found

"""Forgets the oldest, by age and by size."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.store.format.schema import BLOCK_ROWS, FANOUT

if TYPE_CHECKING:
    import sqlite3

MOST_BLOCKS: Final = 500
"""Blocks and raw rows forgotten at once: a commit must not wait long for it."""


class Limits(NamedTuple):
    """How much a recording keeps. 0 is no limit."""

    max_bytes: int = 0
    """Of the file. What is forgotten makes room for what comes; the file itself does not shrink."""
    max_age: float = 0.0
    """Seconds."""


def tidy(connection: sqlite3.Connection, limits: Limits, now_ns: int) -> int:
    """Forget what is beyond the limits, at most ``MOST_BLOCKS`` at once; return how many blocks and raw rows went.

    The newest block of a stream stays: its row numbers go on from there.
    """
    gone = 0
    if limits.max_age:
        gone += _forget_before(connection, now_ns - int(limits.max_age * 1e9))
    while limits.max_bytes and gone < MOST_BLOCKS and _used(connection) > limits.max_bytes:
        oldest = _oldest(connection)
        if oldest is None:
            break
        gone += _forget_before(connection, oldest + 1)
    return gone


def _used(connection: sqlite3.Connection) -> int:
    def ask(name: str) -> int:
        return int(connection.execute(f"PRAGMA {name}").fetchone()[0])

    return (ask("page_count") - ask("freelist_count")) * ask("page_size")


_FORGETTABLE: Final = "FROM block AS b WHERE number < (SELECT max(number) FROM block WHERE stream = b.stream)"


def _oldest(connection: sqlite3.Connection) -> int | None:
    """Return the newest time in the block, or raw row, that is the oldest."""
    ages = [
        connection.execute(f"SELECT b.stop_ns {_FORGETTABLE} ORDER BY b.stop_ns LIMIT 1").fetchone(),
        connection.execute("SELECT stop_ns FROM raw ORDER BY id LIMIT 1").fetchone(),
    ]
    return min((age[0] for age in ages if age), default=None)


def _forget_before(connection: sqlite3.Connection, time_ns: int) -> int:
    """Forget blocks, raw rows and events that are wholly older than a time."""
    blocks = connection.execute(
        f"SELECT b.stream, b.number {_FORGETTABLE} AND b.stop_ns < ? ORDER BY b.stop_ns LIMIT ?",
        (time_ns, MOST_BLOCKS),
    ).fetchall()
    for stream, number in blocks:
        connection.execute("DELETE FROM block WHERE stream = ? AND number = ?", (stream, number))
        connection.execute(
            "DELETE FROM cells WHERE number = ? AND channel IN (SELECT id FROM channel WHERE stream = ?)",
            (number, stream),
        )
    for stream in {stream for stream, _ in blocks}:
        _forget_tiers(connection, stream)
    connection.execute("DELETE FROM event WHERE time_ns < ?", (time_ns,))
    raw = connection.execute(
        "DELETE FROM raw WHERE id IN (SELECT id FROM raw WHERE stop_ns < ? ORDER BY id LIMIT ?)", (time_ns, MOST_BLOCKS)
    )
    return len(blocks) + raw.rowcount


def _forget_tiers(connection: sqlite3.Connection, stream: int) -> None:
    """Forget the entries that stand for rows before the oldest block only."""
    (number,) = connection.execute("SELECT min(number) FROM block WHERE stream = ?", (stream,)).fetchone()
    levels = connection.execute("SELECT DISTINCT level FROM tier_time WHERE stream = ?", (stream,)).fetchall()
    for (level,) in levels:
        entries = number * BLOCK_ROWS // FANOUT**level
        connection.execute(
            "DELETE FROM tier WHERE level = ? AND first + count <= ? AND channel IN"
            " (SELECT id FROM channel WHERE stream = ?)", (level, entries, stream),
        )  # fmt: skip
        connection.execute(
            "DELETE FROM tier_time WHERE stream = ? AND level = ? AND first + count <= ?", (stream, level, entries)
        )

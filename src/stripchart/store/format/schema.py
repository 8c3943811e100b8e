"""The tables of a recording, and the checksum that each of their rows carries; see docs/recording-format.md."""

from __future__ import annotations

import sqlite3
import struct
import zlib
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from stripchart.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX: Final = ".stripchart"
APPLICATION_ID: Final = 0x53545243
VERSION: Final = 2
PAGE_SIZE: Final = 16384
BLOCK_ROWS: Final = 2048
FANOUT: Final = 32
"""Entries of one level, or rows, that an entry of the next level stands for."""
PIECE: Final = BLOCK_ROWS // FANOUT
"""Entries of a level that come with one block, or with one page of the level below."""
PAGE: Final = BLOCK_ROWS
"""Entries of one level that make a page."""
BUSY_SECONDS: Final = 5.0
"""How long one connection waits for another's short lock."""

Field: TypeAlias = "int | float | str | bytes"

COLUMNS: Final = {
    "meta": ("key", "value"),
    "run": ("id", "started_ns", "stopped_ns", "version", "config"),
    "stream": ("id", "name"),
    "channel": ("id", "stream", "name", "kind", "unit", "expires"),
    "block": ("stream", "number", "rows", "start_ns", "stop_ns", "time", "gaps"),
    "cells": ("channel", "number", "data"),
    "tier_time": ("stream", "level", "first", "count", "start", "stop", "gaps"),
    "tier": ("channel", "level", "first", "count", "low", "high", "total", "held", "there"),
    "journal": ("id", "body"),
    "event": ("id", "time_ns", "source", "kind", "text"),
    "raw": ("id", "source", "start_ns", "stop_ns", "size", "body"),
}
"""The fields of each table that its checksum covers, in order."""

_TEXTS: Final = {"key", "value", "version", "config", "name", "kind", "unit", "source", "text"}
_BLOBS: Final = {"time", "gaps", "data", "start", "stop", "low", "high", "total", "held", "there", "body"}
_TYPES: Final = {
    table: tuple(
        str if name in _TEXTS else bytes if name in _BLOBS else float if name == "expires" else int for name in names
    )
    for table, names in COLUMNS.items()
}
"""What Python makes of the fields of an intact row: a flipped bit may make a text of a blob, with the same bytes."""
_INSERT: Final = {
    table: f"INSERT OR REPLACE INTO {table} ({','.join(names)},crc) VALUES ({','.join('?' * (len(names) + 1))})"  # noqa: S608 - our own names
    for table, names in COLUMNS.items()
}
_TABLES: Final = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, crc INTEGER NOT NULL);
CREATE TABLE run (id INTEGER PRIMARY KEY, started_ns INTEGER, stopped_ns INTEGER, version TEXT, config TEXT,
                  crc INTEGER);
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT UNIQUE, crc INTEGER);
CREATE TABLE channel (id INTEGER PRIMARY KEY, stream INTEGER, name TEXT, kind TEXT, unit TEXT, expires REAL,
                      crc INTEGER);
CREATE TABLE block (stream INTEGER, number INTEGER, rows INTEGER, start_ns INTEGER, stop_ns INTEGER,
                    time BLOB, gaps BLOB, crc INTEGER);
CREATE UNIQUE INDEX block_place ON block (stream, number);
CREATE INDEX block_start ON block (stream, start_ns);
CREATE INDEX block_stop ON block (stream, stop_ns, start_ns, number);
CREATE INDEX block_age ON block (stop_ns);
CREATE TABLE cells (channel INTEGER, number INTEGER, data BLOB, crc INTEGER);
CREATE UNIQUE INDEX cells_place ON cells (channel, number);
CREATE TABLE tier_time (stream INTEGER, level INTEGER, first INTEGER, count INTEGER,
                        start BLOB, stop BLOB, gaps BLOB, crc INTEGER);
CREATE UNIQUE INDEX tier_time_place ON tier_time (stream, level, first);
CREATE TABLE tier (channel INTEGER, level INTEGER, first INTEGER, count INTEGER,
                   low BLOB, high BLOB, total BLOB, held BLOB, there BLOB, crc INTEGER);
CREATE UNIQUE INDEX tier_place ON tier (channel, level, first);
CREATE TABLE journal (id INTEGER PRIMARY KEY, body BLOB, crc INTEGER);
CREATE TABLE event (id INTEGER PRIMARY KEY, time_ns INTEGER, source TEXT, kind TEXT, text TEXT, crc INTEGER);
CREATE INDEX event_time ON event (time_ns);
CREATE TABLE raw (id INTEGER PRIMARY KEY, source TEXT, start_ns INTEGER, stop_ns INTEGER, size INTEGER,
                  body BLOB, crc INTEGER);
"""

_SIZE: Final = struct.Struct("<I")
_INT: Final = struct.Struct("<Iq")
_FLOAT: Final = struct.Struct("<Id")


class ChecksumError(ValueError):
    """A row is not as it was written."""


def checksum(*fields: Field) -> int:
    """Return the CRC-32 of the fields of a row, each after its length."""
    crc = 0
    for field in fields:
        if isinstance(field, int):
            crc = zlib.crc32(_INT.pack(8, field), crc)
        elif isinstance(field, float):
            crc = zlib.crc32(_FLOAT.pack(8, field), crc)
        else:
            data = field if isinstance(field, bytes) else field.encode()
            crc = zlib.crc32(data, zlib.crc32(_SIZE.pack(len(data)), crc))
    return crc


def insert(connection: sqlite3.Connection, table: str, *fields: Field) -> None:
    """Write a row with its checksum, instead of the one in its place if there is one."""
    connection.execute(_INSERT[table], (*fields, checksum(*fields)))


def is_intact(row: tuple[Any, ...]) -> bool:
    """Say whether a row, its checksum last, is as it was written."""
    *fields, crc = row
    try:
        return bool(crc == checksum(*fields))
    except (TypeError, AttributeError, struct.error, UnicodeError):  # NULL, or a number that is none of ours
        return False


def verify(row: tuple[Any, ...]) -> None:
    """Raise ChecksumError unless a row is as it was written."""
    if not is_intact(row):
        raise ChecksumError("its checksum differs")


def select(connection: sqlite3.Connection, table: str, where: str = "", *values: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table with their checksums last; ``where`` is SQL after the table's name.

    A row with a field that is of no type it should be has None for its checksum, which is never right.
    """
    query = f"SELECT {','.join(COLUMNS[table])},crc FROM {table} {where}"  # noqa: S608 - our own names
    types = _TYPES[table]
    for row in connection.execute(query, values):
        yield row if tuple(map(type, row[:-1])) == types else (*row[:-1], None)


def newest_block(connection: sqlite3.Connection, stream: int) -> int | None:
    """Return the number of a stream's last block; None if it has none."""
    return whole_number(connection.execute("SELECT max(number) FROM block WHERE stream = ?", (stream,)).fetchone()[0])


def highest(connection: sqlite3.Connection, table: str, column: str = "id") -> int:
    """Return the highest number in a column, by an index; 0 if there is none."""
    (found,) = connection.execute(f"SELECT max({column}) FROM {table}").fetchone()  # noqa: S608 - our own names
    return whole_number(found) or 0


def rows_of_block(connection: sqlite3.Connection, stream: int, number: int) -> int:
    """Return how many rows a block has; as many as it can have if that is damaged."""
    query = "SELECT rows FROM block WHERE stream = ? AND number = ?"
    for (rows,) in connection.execute(query, (stream, number)):
        if isinstance(rows, int) and 0 < rows <= BLOCK_ROWS:
            return rows
    return BLOCK_ROWS


def whole_number(value: Any) -> int | None:
    """Return what an index gives for a whole number; it has no checksum, so it may be anything.

    Raises
    ------
    sqlite3.DatabaseError
        If it is none.
    """
    if value is None or isinstance(value, int):
        return value
    raise sqlite3.DatabaseError(f"an index gives {value!r} for a whole number")


def connect(path: Path, *, write: bool, immutable: bool = False) -> sqlite3.Connection:
    """Open a file that is there; what is in it is not looked at. sqlite3.Error if that cannot be."""
    mode = f"{'rw' if write else 'ro'}{'&immutable=1' * immutable}"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}", uri=True, timeout=BUSY_SECONDS, isolation_level=None,
        check_same_thread=False,
    )  # fmt: skip
    # A text that is no longer UTF-8 fails its row's checksum; it must not fail the whole query.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        if not write:
            connection.execute("PRAGMA query_only = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def create(connection: sqlite3.Connection) -> None:
    """Make an empty database a recording, in one transaction."""
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode = WAL")
    script = f"BEGIN; {_TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    connection.executescript(script)


def is_empty(connection: sqlite3.Connection) -> bool:
    """Say whether a database has nothing in it: a new file, or one whose making was cut short."""
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Raise ConfigError if the file is no recording, or of a newer version than this.

    Raises
    ------
    ConfigError
        In these cases.
    sqlite3.DatabaseError
        If the descriptions of its tables are damaged: SQLite would read something else than what was written.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        found = "an empty file" if is_empty(connection) else "another SQLite database"
        raise ConfigError(f"{path}: expected a recording of Stripchart, found {found}")
    if version > VERSION:
        found = f"found version {version}, of a newer Stripchart"
        raise ConfigError(f"{path}: expected a recording of version {VERSION} or older, {found}; update Stripchart")
    there = _descriptions(connection)
    for name, description in _expected_descriptions().items():
        if there.get(name) != description:
            raise sqlite3.DatabaseError(f"the description of {name} is damaged")


def upgrade(connection: sqlite3.Connection) -> None:
    """Bring an older recording to this version; what version 2 has that 1 had not is one more kind of column."""
    if connection.execute("PRAGMA user_version").fetchone()[0] < VERSION:
        connection.execute(f"PRAGMA user_version = {VERSION}")


def _descriptions(connection: sqlite3.Connection) -> dict[str, tuple[str, str]]:
    """Return of which table each table and index is, and how it was made."""
    found = connection.execute("SELECT name, tbl_name, sql FROM sqlite_master")
    return {name: (table, sql) for name, table, sql in found}


@cache
def _expected_descriptions() -> dict[str, tuple[str, str]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(_TABLES)
        return _descriptions(connection)

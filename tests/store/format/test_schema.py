from __future__ import annotations

import re
import sqlite3
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from stripchart.store.format.schema import (
    COLUMNS,
    ChecksumError,
    checksum,
    connect,
    create,
    highest,
    insert,
    is_intact,
    newest_block,
    rows_of_block,
    select,
    verify,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FORMAT = Path(__file__).parents[3] / "docs" / "recording-format.md"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "a.stripchart"
    path.touch()
    made = connect(path, write=True)
    create(made)
    yield made
    made.close()


def test_the_checksum_is_what_the_format_says() -> None:
    fields = struct.pack("<Iq", 8, -5) + struct.pack("<Id", 8, 0.25) + b"\2\0\0\0\xc3\xa9" + b"\1\0\0\0\xff"
    assert checksum(-5, 0.25, "é", b"\xff") == zlib.crc32(fields)
    assert checksum("a", "bc") != checksum("ab", "c")


def test_the_tables_are_those_of_the_format(connection: sqlite3.Connection) -> None:
    (block,) = re.findall(r"```sql\n(.*?)```", FORMAT.read_text(), re.DOTALL)
    described = {
        name: [field.split()[0] for field in fields.split(", ")]
        for name, fields in re.findall(r"^(\w+) +\((.*?)\)(?: +UNIQUE .*)?$", block, re.MULTILINE)
    }
    assert described == {table: [*names, "crc"] for table, names in COLUMNS.items()}
    for table, names in COLUMNS.items():
        found = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
        assert found == [*names, "crc"]


@pytest.mark.parametrize("table", COLUMNS)
def test_a_row_of_each_table_reads_back_intact(connection: sqlite3.Connection, table: str) -> None:
    types = {name: kind for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")}
    samples = {"INTEGER": -7, "REAL": 0.5, "TEXT": "°C", "BLOB": b"\0\xff"}
    fields = tuple(samples[types[name]] for name in COLUMNS[table])
    insert(connection, table, *fields)
    (row,) = select(connection, table)
    assert row == (*fields, checksum(*fields))
    verify(row)
    for place, field in enumerate(fields):
        others = [None, b"\0\xfe", "C", 0.25, 8]
        assert not any(is_intact((*fields[:place], other, *row[place + 1 :])) for other in others if other != field)
    with pytest.raises(ChecksumError):
        verify((*fields[:-1], "other", row[-1]))


def test_a_text_that_became_a_blob_is_damaged(connection: sqlite3.Connection) -> None:
    insert(connection, "stream", 1, "bench")
    connection.execute("UPDATE stream SET name = CAST(name AS BLOB)")
    (row,) = select(connection, "stream")
    assert row == (1, b"bench", None)
    assert not is_intact(row)


def test_a_text_that_is_no_text_any_more_fails_only_its_row(connection: sqlite3.Connection) -> None:
    insert(connection, "stream", 1, "bench")
    insert(connection, "stream", 2, "door")
    connection.execute("UPDATE stream SET name = CAST(x'62ff' AS TEXT) WHERE id = 1")
    assert [is_intact(row) for row in select(connection, "stream", "ORDER BY id")] == [False, True]


def test_a_row_takes_the_place_of_another(connection: sqlite3.Connection) -> None:
    for value in ("a", "b"):
        insert(connection, "meta", "title", value)
    assert [row[:2] for row in select(connection, "meta", "WHERE key = ?", "title")] == [("title", "b")]


def test_the_highest_numbers(connection: sqlite3.Connection) -> None:
    assert highest(connection, "block", "stream") == 0
    assert newest_block(connection, 3) is None
    for number, rows in ((4, 2048), (5, 100)):
        insert(connection, "block", 3, number, rows, 0, 1, b"", b"")
    assert highest(connection, "block", "stream") == 3
    assert newest_block(connection, 3) == 5
    assert [rows_of_block(connection, 3, number) for number in (4, 5, 6)] == [2048, 100, 2048]
    connection.execute("UPDATE block SET rows = 9999")
    assert rows_of_block(connection, 3, 5) == 2048
    connection.execute("UPDATE block SET stream = 'x'")
    with pytest.raises(sqlite3.DatabaseError, match="an index gives 'x' for a whole number"):
        highest(connection, "block", "stream")

"""The bytes that a recording kept as they came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stripchart.store.format.rawbytes import decode_chunks
from stripchart.store.format.schema import select, verify

if TYPE_CHECKING:
    from collections.abc import Iterator

    from stripchart.flow.records import Chunk
    from stripchart.store.reading.access import Access


def read_chunks(access: Access, source: str | None) -> Iterator[tuple[str, Chunk]]:
    """Yield them, of one source or of all, with the source's name, in order of arrival.

    Between two rows of the table nothing is held, so it may be read at leisure while the recording goes on.
    """
    with access.reading() as pages:
        last = pages.connection.execute("SELECT max(id) FROM raw").fetchone()[0] or 0
    number = 0
    while (row := _row_after(access, number, source)) is not None and number < row[0] <= last:
        number = row[0]
        for chunk in _decode(access, row):
            yield row[1], chunk


def _row_after(access: Access, number: int, source: str | None) -> tuple[Any, ...] | None:
    """Return the next row of kept bytes, intact or not."""
    of_source, values = ("AND source = ?", (source,)) if source is not None else ("", ())
    with access.reading() as pages:
        return next(select(pages.connection, "raw", f"WHERE id > ? {of_source} ORDER BY id", number, *values), None)


def _decode(access: Access, row: tuple[Any, ...]) -> list[Chunk]:
    try:
        verify(row)
        return decode_chunks(row[5])
    except ValueError as error:  # a checksum, or a chunk
        with access.reading() as pages:
            pages.note(f"raw row {row[0]} is damaged ({error})")
        return []

"""The bytes on their way into the file, gathered to rows of a handy size."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.store.format.rawbytes import encode_chunks

if TYPE_CHECKING:
    from stripchart.flow.records import Chunk

ROW_BYTES: Final = 64 << 10
ROW_SECONDS: Final = 10.0
"""A row grows up to so many bytes, and for so long; each commit writes it anew, in full."""


class RawRow(NamedTuple):
    """A row of the table ``raw``."""

    number: int
    source: str
    start_ns: int
    stop_ns: int
    size: int
    body: bytes


class _Open:
    """A source's row that still grows."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.chunks: list[Chunk] = []
        self.size = 0
        self.since = time.monotonic()
        self.dirty = False


class RawQueue:
    """Gathers the chunks of each source into rows.

    Parameters
    ----------
    last
        Id of the newest row in the file.
    """

    def __init__(self, last: int = 0) -> None:
        self._last = last
        self._open: dict[str, _Open] = {}
        self._full: list[tuple[str, _Open]] = []

    def __bool__(self) -> bool:
        return bool(self._full) or any(row.dirty for row in self._open.values())

    def add(self, source: str, chunk: Chunk) -> None:
        """Take a chunk."""
        row = self._open.get(source)
        if row is None:
            self._last += 1
            row = self._open[source] = _Open(self._last)
        row.chunks.append(chunk)
        row.size += len(chunk.data)
        row.dirty = True
        if row.size >= ROW_BYTES or time.monotonic() - row.since > ROW_SECONDS:
            self._full.append((source, self._open.pop(source)))

    def rows(self) -> list[RawRow]:
        """Return the rows to write now."""
        dirty = [(source, row) for source, row in self._open.items() if row.dirty]
        return [
            RawRow(
                row.number, source.encode("utf-8", "replace").decode(),
                min(chunk.time_ns for chunk in row.chunks), max(chunk.time_ns for chunk in row.chunks),
                row.size, encode_chunks(row.chunks),
            )
            for source, row in [*self._full, *dirty]
        ]  # fmt: skip

    def settle(self) -> None:
        """Take note that all of them are safe."""
        self._full.clear()
        for row in self._open.values():
            row.dirty = False

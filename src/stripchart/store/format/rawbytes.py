"""The bytes as they came, beside the samples: so that a recording can be decoded anew with another decoder."""

from __future__ import annotations

import struct
import time
import zlib
from typing import TYPE_CHECKING, Final, NamedTuple

from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW_BYTES: Final = 64 << 10
ROW_SECONDS: Final = 10.0
"""A row grows up to so many bytes, and for so long; each commit writes it anew, in full."""
_CHUNK: Final = struct.Struct("<qqBHI")


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


def encode_chunks(chunks: Iterable[Chunk]) -> bytes:
    """Return the body of a row."""
    parts: list[bytes] = []
    for data, time_ns, since_ns, topic, retained in chunks:
        name = topic.encode("utf-8", "surrogatepass")
        parts += [_CHUNK.pack(time_ns, since_ns, retained, len(name), len(data)), name, data]
    return zlib.compress(b"".join(parts), 1)


def decode_chunks(body: bytes) -> list[Chunk]:
    """Return the chunks of a row; ValueError if no writer made it."""
    try:
        data = zlib.decompress(body)
        at, chunks = 0, []
        while at < len(data):
            time_ns, since_ns, retained, name_size, size = _CHUNK.unpack_from(data, at)
            at += _CHUNK.size
            stop = at + name_size + size
            if stop > len(data):
                raise ValueError(f"a chunk ends at byte {stop} of {len(data)}")
            topic = data[at : at + name_size].decode("utf-8", "surrogatepass")
            chunks.append(Chunk(data[at + name_size : stop], time_ns, since_ns, topic, bool(retained)))
            at = stop
    except (zlib.error, struct.error) as error:
        raise ValueError(str(error)) from error
    return chunks

"""The bytes as they came, beside the samples: so that a recording can be decoded anew with another decoder."""

from __future__ import annotations

import struct
import zlib
from typing import TYPE_CHECKING, Final

from stripchart.flow.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable

_CHUNK: Final = struct.Struct("<qqBHI")


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

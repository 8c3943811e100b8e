from __future__ import annotations

import zlib

import pytest

from stripchart.flow.records import Chunk
from stripchart.store.format.rawbytes import decode_chunks, encode_chunks

CHUNKS = [Chunk(b"", -5), Chunk(b"\0\xff", 7, 6, "é/\ud800", retained=True), Chunk(b"x" * 70_000, 1 << 62)]


def test_chunks_read_back() -> None:
    assert decode_chunks(encode_chunks(CHUNKS)) == CHUNKS
    assert decode_chunks(encode_chunks([])) == []


def test_damage_is_a_value_error() -> None:
    whole = zlib.decompress(encode_chunks(CHUNKS[:2]))
    for size in range(1, len(whole)):
        if size != len(zlib.decompress(encode_chunks(CHUNKS[:1]))):
            with pytest.raises(ValueError, match=r"."):
                decode_chunks(zlib.compress(whole[:size]))
    with pytest.raises(ValueError, match="incorrect header"):
        decode_chunks(b"junk")

from __future__ import annotations

import zlib

import pytest

from stripchart.flow.records import Chunk
from stripchart.store.format.rawbytes import ROW_BYTES, RawQueue, decode_chunks, encode_chunks
from stripchart.store.recording.rawtap import MAX_BYTES, RawTap

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


def test_a_row_grows_until_it_is_full() -> None:
    queue = RawQueue(4)
    queue.add("a", Chunk(b"1", 9))
    queue.add("b", Chunk(b"2", 8))
    queue.add("a", Chunk(b"33", 3))
    assert [row[:5] for row in queue.rows()] == [(5, "a", 3, 9, 3), (6, "b", 8, 8, 1)]
    queue.settle()
    assert not queue
    assert queue.rows() == []
    queue.add("a", Chunk(b"4" * ROW_BYTES, 10))
    queue.add("a", Chunk(b"5", 11))
    assert [(row.number, len(decode_chunks(row.body))) for row in queue.rows()] == [(5, 3), (7, 1)]


def test_the_taps_account() -> None:
    tap = RawTap()
    tap.add("a", [Chunk(b"12345", 1)])
    assert tap.counts() == (5, 0, 0, 5)
    assert tap.take() == [("a", Chunk(b"12345", 1))]
    tap.add("a", [Chunk(b"67", 2)])
    tap.settle()
    assert tap.counts() == (7, 5, 0, 2)
    tap.add("b", [Chunk(bytes(MAX_BYTES), 3)])
    assert tap.counts() == (7 + MAX_BYTES, 5, MAX_BYTES, 2)

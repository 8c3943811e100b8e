from __future__ import annotations

from stripchart.flow.records import Chunk
from stripchart.store.format.rawbytes import decode_chunks
from stripchart.store.writing.rawqueue import ROW_BYTES, RawQueue


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

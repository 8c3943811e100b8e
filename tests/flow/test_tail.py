from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stripchart.flow.records import Chunk
from stripchart.flow.tail import TAIL_BYTES, TAIL_CHUNKS, Tail
from support.decoding import many_examples

SIZES = st.lists(
    st.lists(st.one_of(st.integers(0, 9), st.integers(0, 2 * TAIL_BYTES)), max_size=2 * TAIL_CHUNKS), max_size=4
)


def data(tail: Tail) -> bytes:
    return b"".join(chunk.data for chunk in tail.chunks())


def test_it_keeps_what_came():
    tail = Tail()
    tail.add([Chunk(b"a", 1, topic="t"), Chunk(b"", 2)])
    tail.add([Chunk(b"b", 3)])
    assert tail.chunks() == (Chunk(b"a", 1, topic="t"), Chunk(b"b", 3))


def test_of_a_large_chunk_it_keeps_the_end():
    tail = Tail()
    tail.add([Chunk(b"old", 1), Chunk(b"x" * TAIL_BYTES + b"end", 2)])
    assert len(data(tail)) == TAIL_BYTES
    assert data(tail).endswith(b"xend")


@many_examples
@given(SIZES)
def test_it_is_the_newest_input_within_its_bounds(reads: list[list[int]]):
    tail, everything = Tail(), b""
    for number, sizes in enumerate(reads):
        chunks = [Chunk(bytes([number]) * size, number + 1) for size in sizes]
        tail.add(chunks)
        everything += b"".join(chunk.data for chunk in chunks)
    kept = tail.chunks()
    assert len(data(tail)) <= TAIL_BYTES
    assert len(kept) <= TAIL_CHUNKS
    assert everything.endswith(data(tail))
    assert bool(everything) == bool(kept)

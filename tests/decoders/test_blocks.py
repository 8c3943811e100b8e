from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.blocks import BlockFramer
from stripchart.flow.records import Chunk, Tally
from support.decoding import NOW_NS, cut, many_examples

PATTERN = re.compile(rb"<[^>]*>|[^<\n]*\n")


def frame(*pieces: bytes, limit: int = 8) -> tuple[list[bytes], BlockFramer, Tally]:
    tally = Tally()
    framer = BlockFramer(tally, PATTERN, limit, "too long")
    blocks = [found[0] for piece in pieces for found, _ in framer.feed([Chunk(piece, NOW_NS)])]
    assert tally.bytes_framed + tally.bytes_skipped + framer.buffered == sum(map(len, pieces))
    return blocks, framer, tally


@pytest.mark.parametrize(
    ("pieces", "blocks", "held"),
    [
        ([b"<a>hi\n<b>"], [b"<a>", b"hi\n", b"<b>"], 0),
        ([b"<a", b"\n>hi", b"\n<"], [b"<a\n>", b"hi\n"], 1),
        ([b""], [], 0),
        ([b"<123456>"], [b"<123456>"], 0),
    ],
)
def test_blocks(pieces: list[bytes], blocks: list[bytes], held: int):
    found, framer, tally = frame(*pieces)
    assert (found, framer.buffered, tally.rejected) == (blocks, held, {})


def test_what_is_too_long_is_skipped_up_to_the_limit():
    found, framer, tally = frame(b"<1234567>\n<a>")
    assert (found, framer.buffered) == ([b">\n", b"<a>"], 0)
    assert (tally.rejected, tally.frames, tally.bytes_skipped) == ({"too long": 1}, 1, 8)


def test_blocks_of_one_chunk_are_spread_over_its_time():
    framer = BlockFramer(Tally(), PATTERN, 8, "too long")
    found = framer.feed([Chunk(b"<a><b>", NOW_NS, NOW_NS - 100), Chunk(b"<c", NOW_NS + 5), Chunk(b">", NOW_NS + 9)])
    assert [time_ns for _, time_ns in found] == [NOW_NS - 50, NOW_NS, NOW_NS + 9]


def test_finish_returns_what_is_held_and_reset_skips_it():
    _, framer, tally = frame(b"<a><b")
    assert framer.finish() == (b"<b", NOW_NS)
    assert (framer.buffered, tally.bytes_framed) == (0, 5)
    framer.feed([Chunk(b"<c", NOW_NS)])
    framer.reset()
    assert (framer.buffered, tally.bytes_skipped) == (0, 2)


@many_examples
@given(
    data=st.lists(st.sampled_from([b"<", b">", b"\n", b"a", b"bcd"]), max_size=40).map(b"".join),
    places=st.lists(st.integers(0, 99), max_size=9),
)
def test_any_chunking_gives_the_same(data: bytes, places: list[int]):
    expected, whole, tally = frame(data)
    for pieces in (cut(data, places), [data[place : place + 1] for place in range(len(data))]):
        blocks, framer, again = frame(*pieces)
        assert (blocks, framer.rest, again.rejected, again.bytes_skipped) == (
            expected, whole.rest, tally.rejected, tally.bytes_skipped,
        )  # fmt: skip
        assert framer.buffered < 8

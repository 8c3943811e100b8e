from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.lines import FIRST_LINE_WAIT_NS, MAX_LINE, LineFramer, Lines, spread
from stripchart.flow.records import Chunk, Tally
from support.decoding import NOW_NS, cut, many_examples

MS = 1_000_000


def framer(limit: int = MAX_LINE, *, hold_first: bool = False) -> LineFramer:
    return LineFramer(Tally(), limit, hold_first=hold_first)


def texts(lines: Lines) -> list[bytes]:
    assert lines.data.count(b"\n") == len(lines.time)
    return lines.data.split(b"\n")[:-1]


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([b"a\nb\n"], [b"a", b"b"]),
        ([b"a\r\nb\r\n"], [b"a", b"b"]),
        ([b"a\rb\r"], [b"a", b"b"]),
        ([b"a\r", b"\nb\n"], [b"a", b"b"]),
        ([b"a\r", b"", b"\nb\n"], [b"a", b"b"]),
        ([b"a\r", b"b\r", b"\n"], [b"a", b"b"]),
        ([b"a\n\rb\n"], [b"a", b"", b"b"]),
        ([b"a", b"b", b"\nc"], [b"ab"]),
        ([b"\n"], [b""]),
    ],
)
def test_a_line_ends_at_any_of_the_three_ends_wherever_it_is_cut(pieces: list[bytes], expected: list[bytes]):
    lines = framer()
    assert [text for piece in pieces for text in texts(lines.feed([Chunk(piece, NOW_NS)]))] == expected


def test_finish_gives_the_last_line_without_its_end():
    lines = framer()
    assert texts(lines.feed([Chunk(b"a\nb", NOW_NS)])) == [b"a"]
    assert lines.buffered == 1
    assert texts(lines.finish()) == [b"b"]
    assert lines.buffered == 0
    assert texts(lines.finish()) == []


class TestTimes:
    @given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 50) | st.integers(0, 10**9)), max_size=20))
    def test_across_chunks_they_never_go_back(self, reads: list[tuple[int, int]]):
        chunks, now = [], NOW_NS
        for number, (count, wait) in enumerate(reads):  # nothing is known of when the first was sent
            chunks.append(Chunk(b"1\n" * count, now + wait, now if number else 0))
            now += wait
        lines = framer()
        times = [time for chunk in chunks for time in lines.feed([chunk]).time.tolist()]
        assert times == sorted(times)
        assert framer().feed(chunks).time.tolist() == times

    def test_lines_of_one_chunk_are_spread_since_the_read_before(self):
        lines = framer().feed([Chunk(b"1\n2\n3\n4\n", NOW_NS, NOW_NS - 8 * MS)])
        assert lines.time.tolist() == [NOW_NS - 6 * MS, NOW_NS - 4 * MS, NOW_NS - 2 * MS, NOW_NS]

    def test_each_chunk_spreads_the_lines_that_ended_in_it(self):
        chunks = [Chunk(b"1\n2", NOW_NS, NOW_NS - 4 * MS), Chunk(b"2\n3\n", NOW_NS + 4 * MS, NOW_NS)]
        assert framer().feed(chunks).time.tolist() == [NOW_NS, NOW_NS + 2 * MS, NOW_NS + 4 * MS]

    @pytest.mark.parametrize(
        "since_ns", [0, NOW_NS, NOW_NS + MS, NOW_NS - 2], ids=["unknown", "now", "later", "no room"]
    )
    def test_without_a_span_all_have_the_time_of_reading(self, since_ns: int):
        assert spread(Chunk(b"", NOW_NS, since_ns), 3).tolist() == [NOW_NS] * 3

    @given(count=st.integers(1, 2000), span=st.integers(1, 10**12) | st.integers(1, NOW_NS - 1))
    def test_times_are_within_the_span_in_order_and_end_with_the_reading(self, count: int, span: int):
        times = spread(Chunk(b"", NOW_NS, NOW_NS - span), count).tolist()
        assert len(times) == count
        assert times[-1] == NOW_NS
        assert times == sorted(times)
        assert times[0] > NOW_NS - span or span < count


class TestLongLines:
    def test_a_line_that_never_ends_is_rejected_once_and_its_bytes_are_skipped(self):
        lines = framer(limit=10)
        for _ in range(5):
            assert texts(lines.feed([Chunk(b"x" * 4, NOW_NS)])) == []
            assert lines.buffered <= 10
        assert texts(lines.feed([Chunk(b"tail\nnext\n", NOW_NS)])) == [b"next"]
        tally = lines._tally
        assert tally.rejected == {"line too long": 1}
        assert (tally.frames, tally.bytes_skipped, tally.bytes_framed) == (1, 24, 6)

    def test_long_lines_between_others_are_left_out_with_their_times(self):
        data = b"a\n" + b"x" * 11 + b"\nb\n" + b"y" * 12 + b"\n"
        lines = framer(limit=10)
        found = lines.feed([Chunk(data, NOW_NS, NOW_NS - 4)])
        assert texts(found) == [b"a", b"b"]
        assert found.time.tolist() == [NOW_NS - 3, NOW_NS - 1]
        assert lines._tally.bytes_skipped == 23

    def test_a_line_of_exactly_the_limit_is_kept(self):
        assert texts(framer(limit=4).feed([Chunk(b"1234\n12345\n", NOW_NS)])) == [b"1234"]

    def test_reset_ends_the_skipping(self):
        lines = framer(limit=4)
        lines.feed([Chunk(b"123456", NOW_NS)])
        lines.reset()
        assert texts(lines.feed([Chunk(b"7\n", NOW_NS)])) == [b"7"]

    @many_examples
    @given(
        data=st.text(alphabet="ab\r\n", max_size=60).map(str.encode),
        places=st.lists(st.integers(0, 60), max_size=8),
        limit=st.integers(1, 6),
    )
    def test_whatever_the_limit_and_the_cuts_the_lines_are_those_of_a_regular_expression(
        self, data: bytes, places: list[int], limit: int
    ):
        lines = framer(limit)
        found = [text for piece in cut(data, places) for text in texts(lines.feed([Chunk(piece, NOW_NS)]))]
        whole = re.split(rb"\r\n|\r|\n", data)
        assert found == [text for text in whole[:-1] if len(text) <= limit]
        long = [text for text in whole if len(text) > limit]
        assert lines._tally.frames == lines._tally.rejected.total() == len(long)
        assert lines._tally.bytes_skipped == sum(map(len, long))
        assert lines.buffered == (len(whole[-1]) if len(whole[-1]) <= limit else 0)
        assert lines._tally.bytes_framed + lines._tally.bytes_skipped + lines.buffered == len(data)


class TestFirstLine:
    def test_it_waits_for_the_second(self):
        lines = framer(hold_first=True)
        assert texts(lines.feed([Chunk(b"1\n", NOW_NS)])) == []
        assert lines.buffered == 2
        found = lines.feed([Chunk(b"2\n", NOW_NS + MS)])
        assert texts(found) == [b"1", b"2"]
        assert found.time.tolist() == [NOW_NS, NOW_NS + MS]
        assert found.first
        assert not lines.feed([Chunk(b"3\n", NOW_NS)]).first

    @pytest.mark.parametrize("later", [FIRST_LINE_WAIT_NS, -1], ids=["long enough", "the clock was set back"])
    def test_it_does_not_wait_longer_than_a_second(self, later: int):
        lines = framer(hold_first=True)
        assert texts(lines.feed([Chunk(b"1\n", NOW_NS)])) == []
        assert texts(lines.feed([Chunk(b"", NOW_NS + FIRST_LINE_WAIT_NS - 1)])) == []
        found = lines.feed([Chunk(b"", NOW_NS + later)])
        assert texts(found) == [b"1"]
        assert found.time.tolist() == [NOW_NS]

    def test_finish_releases_it(self):
        lines = framer(hold_first=True)
        lines.feed([Chunk(b"1\n2", NOW_NS)])
        found = lines.finish()
        assert texts(found) == [b"1", b"2"]
        assert found.first

    def test_reset_skips_it_and_the_next_one_is_the_first(self):
        lines = framer(hold_first=True)
        lines.feed([Chunk(b"1\n2", NOW_NS)])
        lines.reset()
        assert (lines.buffered, lines._tally.bytes_skipped) == (0, 3)
        assert lines.feed([Chunk(b"3\n4\n", NOW_NS)]).first


def test_take_lets_go_of_the_beginning_of_a_line():
    lines = framer()
    lines.feed([Chunk(b"abc", NOW_NS)])
    lines.take(2)
    assert (lines.rest, lines.buffered, lines._tally.bytes_framed) == (b"c", 1, 2)
    assert texts(lines.feed([Chunk(b"d\n", NOW_NS)])) == [b"cd"]

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.detection.unknown import UnknownDecoder
from stripchart.decoders.lines import MAX_LINE
from stripchart.testing import DecoderContract
from support.decoding import account, cut, exact, feed, many_examples, rows


class TestUnknown(DecoderContract):
    samples = (b"booting\r\n", b"\r\n", b"sensor found\n")
    max_buffered = MAX_LINE

    def make(self) -> Any:
        return UnknownDecoder()


def test_words_are_log_text_and_the_rest_is_rejected() -> None:
    decoder = UnknownDecoder()
    found = feed(decoder, b"\x1b[32mI (29) boot: ready\x1b[0m\n1,2\n\n\x80\xff\n23.5\nlast", finish=True)
    assert [(stream, row) for stream, _, row in rows(found)] == [
        ("log", {"text": "I (29) boot: ready"}),
        ("log", {"text": "last"}),
    ]
    assert decoder.tally.rejected == {"not recognised": 2, "not UTF-8": 1}
    assert decoder.tally.decoded == 3


def test_reset_skips_the_line_that_is_not_complete() -> None:
    decoder = UnknownDecoder()
    feed(decoder, b"whole\npart")
    assert decoder.buffered == 4
    decoder.reset()
    assert (decoder.buffered, decoder.tally.bytes_skipped) == (0, 4)


LINES = st.lists(st.sampled_from([b"word", b"1,2", b"\xff", b" ", b"\n", b"\r", b"\r\n"])).map(b"".join)


@many_examples
@given(data=LINES, places=st.lists(st.integers(0, 1 << 16), max_size=6))
def test_any_chunking_gives_the_same(data: bytes, places: list[int]) -> None:
    whole, pieces = UnknownDecoder(), UnknownDecoder()
    assert exact(feed(pieces, *cut(data, places), finish=True)) == exact(feed(whole, data, finish=True))
    assert account(pieces) == account(whole)

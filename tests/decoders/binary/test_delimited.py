from __future__ import annotations

from collections import Counter
from typing import NamedTuple

import pytest
from cobs import cobs as cobs_oracle
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.binary.checksums import CHECKSUMS
from stripchart.decoders.binary.delimited import DelimitedFramer
from stripchart.decoders.binary.layout import Check, Layout
from stripchart.decoders.binary.stuffing import Stuffing, cobs, escaped, plain, slip
from stripchart.flow.records import Chunk, Tally
from support.decoding import NOW_NS, cut, many_examples

SUM = Check(CHECKSUMS["sum-8"], "little", None, 0, None)
BARE = Layout(sync=b"", end=b"", length=None, check=SUM, smallest=4, largest=6, keep=3)
MARKED = Layout(sync=b"<<", end=b">>", length=None, check=None, smallest=7, largest=7, keep=5)
FLAGGED = Layout(sync=b"", end=b"\x7e", length=None, check=SUM, smallest=4, largest=4, keep=3)
LOCATED = Layout(sync=b"\xa5", end=b"", length=None, check=SUM, smallest=4, largest=4, keep=4)


class Way(NamedTuple):
    layout: Layout
    stuffing: Stuffing


WAYS = {
    "cobs": Way(BARE, cobs()),
    "cobs with sync": Way(LOCATED, cobs()),
    "slip": Way(BARE, slip()),
    "hdlc": Way(FLAGGED, escaped(b"\x7e", b"\x7d", 0x20)),
    "marked": Way(MARKED, plain(b">>")),
    "lines": Way(Layout(sync=b"", end=b"\r\n", length=None, check=None, smallest=5, largest=9, keep=3), plain(b"\r\n")),
}


def written(name: str, payload: bytes) -> bytes:
    """Write a right frame, as a device does."""
    layout, stuffing = WAYS[name]
    checked = layout.check is not None
    size = layout.smallest - len(layout.sync) - len(layout.end) - checked
    inner = layout.sync + payload[:size].ljust(size, b"\1")
    if checked:
        inner += bytes([sum(inner) % 256])
    if name.startswith("cobs"):
        return bytes(cobs_oracle.encode(inner)) + b"\0"
    if name == "slip":
        return inner.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
    if name == "hdlc":
        return inner.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e") + b"\x7e"
    return inner + stuffing.mark


class Outcome(NamedTuple):
    heads: list[bytes]
    rejected: Counter[str]
    skipped: int


def framed(way: Way, *pieces: bytes) -> Outcome:
    tally = Tally()
    framer = DelimitedFramer(way.layout, way.stuffing, tally)
    found = []
    for number, piece in enumerate(pieces):
        found.append(framer.feed([Chunk(piece, NOW_NS)]))
        assert tally.bytes_framed + tally.bytes_skipped + framer.buffered == len(b"".join(pieces[: number + 1]))
        assert framer.buffered <= 2 * way.layout.largest + 2 * len(way.stuffing.mark)
    found.append(framer.finish())
    assert framer.buffered == 0
    assert tally.bytes_framed + tally.bytes_skipped == sum(map(len, pieces))
    assert tally.frames == tally.rejected.total()
    return Outcome([row.tobytes() for frames in found for row in frames.data], tally.rejected, tally.bytes_skipped)


@st.composite
def streams(draw: st.DrawFn, name: str) -> bytes:
    layout, stuffing = WAYS[name]
    pieces = []
    for kind in draw(st.lists(st.integers(0, 5), max_size=9)):
        frame = written(name, draw(st.binary(max_size=5)))
        if kind == 0:
            place = draw(st.integers(0, len(frame) - 1))
            frame = frame[:place] + draw(st.binary(max_size=2)) + frame[place + 1 :]
        elif kind == 1:
            frame = draw(
                st.sampled_from(
                    [stuffing.mark, stuffing.mark[:1], layout.sync, b"\x7d", b"\xdb", bytes(40), b"\1" * 40]
                )
            )
        elif kind == 2:
            frame = draw(st.binary(max_size=5))
        pieces.append(frame)
    return b"".join(pieces)


@pytest.mark.parametrize("name", WAYS)
@many_examples
@given(data=st.data(), places=st.lists(st.integers(0, 1 << 16), max_size=6))
def test_any_chunking_gives_the_same(name: str, data: st.DataObject, places: list[int]):
    stream = data.draw(streams(name))
    whole = framed(WAYS[name], stream)
    assert framed(WAYS[name], *cut(stream, places)) == whole


@pytest.mark.parametrize("name", WAYS)
@many_examples
@given(payloads=st.lists(st.binary(max_size=5), max_size=20))
def test_all_right_frames_are_found(name: str, payloads: list[bytes]):
    way = WAYS[name]
    if way.stuffing.decode([way.stuffing.mark]) == [way.stuffing.mark]:  # nothing is escaped
        payloads = [payload.translate(None, b"<>\r\n") for payload in payloads]
    layout = way.layout
    size = layout.smallest - len(layout.sync) - len(layout.end) - (layout.check is not None)
    heads = [(layout.sync + payload[:size].ljust(size, b"\1"))[: layout.keep] for payload in payloads]
    expected = Outcome([head + checksum(head, layout.keep) for head in heads], Counter(), 0)
    assert framed(way, b"".join(written(name, payload) for payload in payloads)) == expected


def checksum(head: bytes, keep: int) -> bytes:
    return bytes([sum(head) % 256])[: keep - len(head)]


def test_marks_alone_are_no_frames():
    assert framed(WAYS["slip"], b"\xc0\xc0" + written("slip", b"abc") + b"\xc0") == Outcome([b"abc"], Counter(), 0)
    assert framed(WAYS["cobs"], b"\0\0\0") == Outcome([], Counter(), 0)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("cobs", b"\5abc\0", "not COBS"),
        ("cobs", cobs_oracle.encode(b"abcd") + b"\0", "wrong checksum"),
        ("cobs", cobs_oracle.encode(b"ab") + b"\0", "wrong length"),
        ("cobs", b"\1\0", "wrong length"),
        ("cobs with sync", cobs_oracle.encode(b"abc&") + b"\0", "no sync word"),
        ("cobs", b"\1" * 40 + b"\0", "too long"),
        ("slip", b"ab\xdbc\xc0", "bad escape"),
        ("hdlc", b"abc\x7d\x7e", "bad escape"),
        ("marked", b"<<abcd>>", "wrong length"),
    ],
)
def test_why_a_frame_is_rejected(name: str, data: bytes, reason: str):
    outcome = framed(WAYS[name], data + written(name, b"123"))
    assert (len(outcome.heads), outcome.rejected) == (1, {reason: 1})


def test_the_last_frame_may_lack_its_end():
    assert framed(WAYS["slip"], written("slip", b"abc")[:-1]) == Outcome([b"abc"], Counter(), 0)
    assert framed(WAYS["slip"], b"ab").rejected == {"wrong length": 1}


def test_what_is_before_the_sync_word_is_skipped():
    assert framed(WAYS["marked"], b"noise<<abc>>more>><<def>>") == Outcome([b"<<abc", b"<<def"], Counter(), 11)


def test_a_frame_whose_end_was_lost_does_not_take_the_next_one_with_it():
    assert framed(WAYS["marked"], b"<<ab<<cde>>").heads == [b"<<cde"]
    assert framed(WAYS["marked"], b"<<<cde>>").heads == [b"<<cde"]


def test_what_never_ends_is_not_kept():
    tally = Tally()
    framer = DelimitedFramer(*WAYS["lines"], tally)
    for _ in range(100):
        framer.feed([Chunk(b"x" * 50, NOW_NS)])
        assert framer.buffered <= 1
    assert dict(tally.rejected) == {"too long": 1}
    assert framer.feed([Chunk(b"\r\nabc\r\n", NOW_NS)]).data.tolist() == [[97, 98, 99]]


def test_reset_forgets():
    tally = Tally()
    framer = DelimitedFramer(*WAYS["lines"], tally)
    framer.feed([Chunk(b"x" * 50, NOW_NS)])
    framer.reset()
    assert (framer.buffered, tally.bytes_skipped) == (0, 50)
    assert framer.feed([Chunk(b"abc\r\n", NOW_NS)]).data.tolist() == [[97, 98, 99]]


def test_times_are_those_of_the_ends():
    framer = DelimitedFramer(*WAYS["lines"], Tally())
    chunks = [Chunk(b"abc\r\nbad wrong long\r\nde", 1200, 1000), Chunk(b"f\r\nabc\r\n", 1400, 1200)]
    assert framer.feed(chunks).time.tolist() == [1200, 1300, 1400]


def test_nothing_is_nothing():
    framer = DelimitedFramer(*WAYS["lines"], Tally())
    assert len(framer.feed([]).time) == len(framer.finish().time) == 0

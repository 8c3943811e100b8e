from __future__ import annotations

import zlib
from collections import Counter
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.binary.checksums import CHECKSUMS
from stripchart.decoders.binary.framing import SILENCE_NS, CountedFramer
from stripchart.decoders.binary.layout import Check, Layout, Length
from stripchart.flow.records import Chunk, Tally
from support.decoding import NOW_NS, cut, many_examples

SYNC = b"\xaa\x55"
FIXED = Layout(sync=SYNC, end=b"", length=None, check=None, smallest=5, largest=5, keep=5)
ENDED = Layout(sync=b"\xaa", end=b"\x0d\x0a", length=None, check=None, smallest=6, largest=6, keep=3)
CRC = Check(CHECKSUMS["crc-32"], "big", None, 0, None)
CHECKED = Layout(sync=SYNC, end=b"\x0a", length=None, check=CRC, smallest=10, largest=10, keep=4)
SUM = Check(CHECKSUMS["sum-8"], "little", None, 3, None)
SIZED = Layout(sync=SYNC, end=b"", length=Length(2, 1, "little", 4), check=SUM, smallest=5, largest=40, keep=4)
EXACT = Layout(sync=b"\xaa", end=b"", length=Length(1, 2, "big", 3), check=None, smallest=6, largest=6, keep=6)
BARE = Layout(sync=b"", end=b"", length=None, check=None, smallest=4, largest=4, keep=4)
BARE_CHECKED = Layout(
    sync=b"",
    end=b"",
    length=None,
    check=Check(CHECKSUMS["sum-8"], "little", None, 0, None),
    smallest=4,
    largest=4,
    keep=3,
)
LAYOUTS = {
    "fixed": FIXED, "ended": ENDED, "checked": CHECKED, "sized": SIZED, "exact": EXACT, "bare": BARE,
    "bare checked": BARE_CHECKED,
}  # fmt: skip
SYNCED = [name for name, layout in LAYOUTS.items() if layout.sync]


class Outcome(NamedTuple):
    heads: list[bytes]
    rejected: Counter[str]
    skipped: int


def right_frame(layout: Layout, payload: bytes) -> bytes:
    """Make a frame that fits; the payload is cut or filled up as the layout needs it."""
    width = layout.check.algorithm.size if layout.check else 0
    head = len(layout.sync) + (layout.length.width if layout.length else 0)
    beside = head + width + len(layout.end)
    size = max(layout.smallest, min(layout.largest, len(payload) + beside))
    body = payload[: size - beside].ljust(size - beside, b"\0")
    length = (size - layout.length.beside).to_bytes(layout.length.width, layout.length.endian) if layout.length else b""
    frame = layout.sync + length + body
    if layout.check:
        frame += checksum(layout, frame).to_bytes(width, layout.check.endian)
    return frame + layout.end


def checksum(layout: Layout, before: bytes) -> int:
    assert layout.check is not None
    covered = before[layout.check.start :]
    return zlib.crc32(covered) if layout.check.algorithm.size == 4 else sum(covered) % 256


def plainly(layout: Layout, data: bytes) -> Outcome:
    """Look at one place after the other, as the definition says."""
    heads, rejected, place, framed = list[bytes](), Counter[str](), 0, 0
    while place < len(data):
        reason, size = why_not(layout, data[place:])
        if reason:
            rejected[reason] += reason != "no sync"
            place += 1
        else:
            heads.append(data[place : place + layout.keep])
            framed += size
            place += size
    return Outcome(heads, +rejected, len(data) - framed)


def why_not(layout: Layout, data: bytes) -> tuple[str, int]:  # noqa: PLR0911 - one for each reason
    if not data.startswith(layout.sync):
        return "no sync", 0
    size = layout.smallest
    if layout.length:
        if len(data) < layout.length.stop:
            return "cut off", 0
        size = layout.length.beside + int.from_bytes(
            data[layout.length.start : layout.length.stop], layout.length.endian
        )
        if not layout.smallest <= size <= layout.largest:
            return "wrong length", 0
    frame = data[:size]
    if len(frame) < size:
        return "cut off", 0
    if not frame.endswith(layout.end):
        return "no end mark", 0
    if layout.check:
        inner = frame.removesuffix(layout.end)
        told = inner[len(inner) - layout.check.algorithm.size :]
        if int.from_bytes(told, layout.check.endian) != checksum(layout, inner.removesuffix(told)):
            return "wrong checksum", 0
    return "", size


def framed(layout: Layout, *pieces: bytes) -> tuple[Outcome, CountedFramer, Tally]:
    tally = Tally()
    framer = CountedFramer(layout, tally)
    found = [framer.feed([Chunk(piece, NOW_NS)]) for piece in pieces]
    known = tally.bytes_framed + tally.bytes_skipped + framer.buffered
    assert known == sum(map(len, pieces))
    assert framer.buffered < layout.largest
    found.append(framer.finish())
    assert framer.buffered == 0
    heads = [row.tobytes() for frames in found for row in frames.data]
    assert tally.frames == tally.rejected.total()
    return Outcome(heads, tally.rejected, tally.bytes_skipped), framer, tally


@st.composite
def streams(draw: st.DrawFn, name: str) -> bytes:
    """Right frames, damaged ones, sync words and noise."""
    layout = LAYOUTS[name]
    pieces = []
    for kind in draw(st.lists(st.integers(0, 5), max_size=12)):
        frame = right_frame(layout, draw(st.binary(max_size=9)) + draw(st.sampled_from([b"", layout.sync])))
        if kind == 0:
            place = draw(st.integers(0, len(frame) - 1))
            frame = frame[:place] + draw(st.binary(max_size=2)) + frame[place + 1 :]
        elif kind == 1:
            frame = draw(st.sampled_from([layout.sync, layout.sync[:1], layout.sync + b"\xff", layout.end, b"\0"]))
        elif kind == 2:
            frame = draw(st.binary(max_size=5))
        pieces.append(frame)
    return b"".join(pieces)


PLACES = st.lists(st.integers(0, 1 << 16), max_size=6)


@pytest.mark.parametrize("name", SYNCED)
@many_examples
@given(data=st.data(), places=PLACES)
def test_finds_what_looking_place_by_place_finds(name: str, data: st.DataObject, places: list[int]):
    stream = data.draw(streams(name))
    expected = plainly(LAYOUTS[name], stream)
    assert framed(LAYOUTS[name], stream)[0] == expected
    assert framed(LAYOUTS[name], *cut(stream, places))[0] == expected


@pytest.mark.parametrize("name", ["bare", "bare checked"])
@many_examples
@given(data=st.data(), places=PLACES)
def test_without_a_sync_word_any_chunking_gives_the_same(name: str, data: st.DataObject, places: list[int]):
    stream = data.draw(streams(name))
    whole = framed(LAYOUTS[name], stream)[0]
    assert framed(LAYOUTS[name], *cut(stream, places))[0] == whole
    assert framed(LAYOUTS[name], *(stream[i : i + 1] for i in range(len(stream))))[0] == whole
    assert whole.heads == plainly(LAYOUTS[name], stream).heads


@pytest.mark.parametrize("name", LAYOUTS)
def test_long_streams_with_damage_are_as_looking_place_by_place(name: str):
    layout, chance = LAYOUTS[name], np.random.default_rng(3)
    frames = [right_frame(layout, chance.bytes(int(chance.integers(0, 8)))) for _ in range(600)]
    for place in chance.integers(0, 600, 80).tolist():
        frames[place] = chance.choice([b"", frames[place][1:], frames[place] + b"\xaa", b"\xaa\x55" * 300])
    stream = b"".join(frames)
    expected = plainly(layout, stream)
    found = framed(layout, stream)[0]
    assert found.heads == expected.heads
    assert found.skipped == expected.skipped
    if layout.sync:
        assert found.rejected == expected.rejected


def test_wrong_frames_of_several_kinds_after_right_ones():
    right = right_frame(CHECKED, b"abc")
    stream = right + right[:-1] + b"\r" + right[:5] + b"\0" + right[6:] + right
    assert framed(CHECKED, stream)[0] == Outcome(
        [right[:4]] * 2, Counter({"no end mark": 1, "wrong checksum": 1}), 2 * len(right)
    )


def test_a_sync_word_split_by_noise_is_none():
    assert framed(FIXED, b"\xaa\x00\x55abc")[0] == Outcome([], Counter(), 6)


def test_the_byte_that_breaks_a_sync_word_may_begin_one():
    assert framed(FIXED, b"\xaa\xaa\x55abc")[0] == Outcome([b"\xaa\x55abc"], Counter(), 1)


def test_a_real_frame_within_a_false_one_is_found():
    real = right_frame(CHECKED, b"abc")
    assert framed(CHECKED, SYNC + b"12" + real)[0] == Outcome([real[:4]], Counter({"no end mark": 1}), 4)


def test_a_length_that_cannot_be_is_not_waited_for():
    tally = Tally()
    framer = CountedFramer(SIZED, tally)
    real = right_frame(SIZED, b"abc")
    frames = framer.feed([Chunk(SYNC + b"\xff" + real, NOW_NS)])
    assert (len(frames.data), dict(tally.rejected)) == (1, {"wrong length": 1})


def test_a_frame_is_given_up_when_nothing_more_comes():
    tally = Tally()
    framer = CountedFramer(SIZED, tally)
    real = right_frame(SIZED, b"abc")
    assert not len(framer.feed([Chunk(SYNC + b"\x20" + real, NOW_NS)]).data)
    assert not len(framer.feed([Chunk(b"", NOW_NS + SILENCE_NS - 1)]).data)
    frames = framer.feed([Chunk(b"", NOW_NS + SILENCE_NS)])
    assert (frames.data.tobytes(), frames.time.tolist()) == (real[:4], [NOW_NS])
    assert dict(tally.rejected) == {"cut off": 1}


def test_without_a_sync_word_frames_are_found_again_after_a_pause():
    framer = CountedFramer(BARE, Tally())
    assert framer.feed([Chunk(b"1234ab", NOW_NS)]).data.tobytes() == b"1234"
    framer.feed([Chunk(b"", NOW_NS + SILENCE_NS)])
    assert framer.feed([Chunk(b"5678", NOW_NS + SILENCE_NS)]).data.tobytes() == b"5678"


def test_without_a_sync_word_one_rejection_a_loss():
    good = right_frame(BARE_CHECKED, b"abc")
    outcome = framed(BARE_CHECKED, good + b"\xff\xfe" + good * 3 + b"\xff" + good)[0]
    assert outcome == Outcome([good[:3]] * 5, Counter({"wrong checksum": 2}), 3)


def test_frames_that_ended_in_one_chunk_are_spread_over_it():
    frame = right_frame(FIXED, b"abc")
    framer = CountedFramer(FIXED, Tally())

    def times(*chunks: Chunk) -> list[int]:
        found: list[int] = framer.feed(chunks).time.tolist()
        return found

    assert times(Chunk(frame * 2 + frame[:3], 1100, 1000), Chunk(frame[3:] + frame, 1200, 1100)) == [
        1050,
        1100,
        1150,
        1200,
    ]
    assert times(Chunk(frame[:4], 1300, 1200)) == []
    assert times(Chunk(frame[4:], 1400, 1300)) == [1400]


def test_reset_counts_what_is_held_as_skipped():
    tally = Tally()
    framer = CountedFramer(FIXED, tally)
    framer.feed([Chunk(SYNC + b"a", NOW_NS)])
    framer.reset()
    assert (framer.buffered, tally.bytes_skipped, tally.frames) == (0, 3, 0)


def test_nothing_is_nothing():
    framer = CountedFramer(FIXED, Tally())
    assert len(framer.feed([]).time) == len(framer.finish().time) == 0

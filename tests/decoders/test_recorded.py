from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from stripchart.decoders import recorded
from stripchart.decoders.recorded import MAGIC, MAX_BODY, RecordedDecoder, encode
from stripchart.flow.records import ABSENT, Batch, Channel, Chunk, Kind, make_batch
from support.decoding import feed, many_examples
from support.tables import rows as made_rows

T = (Channel("t", "°C"),)
HEADER = {"stream": "", "rows": 1, "gap": False, "retained": False, "channels": [["t", "", "number", 0.0]]}


def written(*batches: Batch) -> bytes:
    return b"".join(frame for batch in batches for frame in encode(batch))


def framed(body: bytes) -> bytes:
    head = MAGIC + struct.pack("<II", len(body), zlib.crc32(body))
    return head + struct.pack("<I", zlib.crc32(head)) + body


def body(header: Any, columns: bytes) -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<I", len(text)) + text + columns


def alike(found: list[Batch], expected: list[Batch]) -> bool:
    """Whether they are the same to the bit, batch by batch."""
    return [_plain(batch) for batch in found] == [_plain(batch) for batch in expected]


def _plain(batch: Batch) -> Any:
    columns = [c.tolist() if c.dtype == object else (str(c.dtype), c.tobytes()) for c in batch.values]
    return batch.stream, batch.channels, batch.time.tolist(), columns, batch.gap, batch.retained


class TestRoundTrip:
    @many_examples
    @given(made=made_rows("imu/left"))
    def test_any_rows(self, made: Any) -> None:
        _, batches = made
        unique = [b for b in batches if len({channel.name for channel in b.channels}) == len(b.channels)]
        decoder = RecordedDecoder()
        assert alike(feed(decoder, written(*unique), finish=True), unique)
        assert not decoder.tally.rejected

    def test_what_a_number_can_be(self) -> None:
        odd = np.array([0x7FF8_0000_0000_0001, 0xFFF0_0000_0000_0000, 1 << 63, 1], np.uint64).view(np.float64)
        column = np.array([*odd, ABSENT, np.nan])
        batch = Batch("", T, np.arange(6), (column,), gap=True, retained=True)
        assert alike(feed(RecordedDecoder(), written(batch)), [batch])

    def test_kinds_units_expiry_and_texts(self) -> None:
        channels = Channel("on", "", Kind.STATE, 12.5), Channel("say", "", Kind.TEXT), Channel("\ud800", "µ")
        batch = make_batch("a/b", channels, [-5, 1 << 61], [[1, 0], ["", "é\n\ud800"], [1, 2]])
        assert alike(feed(RecordedDecoder(), written(batch)), [batch])

    def test_no_channel_at_all(self) -> None:
        batch = Batch("", (), np.array([1, 2]), ())
        assert alike(feed(RecordedDecoder(), written(batch)), [batch])

    def test_the_same_channels_are_the_same_tuple(self) -> None:
        one, two = make_batch("a", T, [1], [[1]]), make_batch("b", (Channel("t", "°C"),), [1], [[1]])
        found = feed(RecordedDecoder(), written(one, two))
        assert found[0].channels is found[1].channels

    def test_what_is_too_large_is_cut(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recorded, "MAX_BODY", 200)
        batch = make_batch("", T, range(40), [range(40)], gap=True)
        found = feed(RecordedDecoder(), written(batch))
        assert len(found) > 1
        assert [one.gap for one in found] == [True] + [False] * (len(found) - 1)
        assert [value for one in found for value in one["t"]] == list(range(40))

    def test_a_row_that_fits_in_no_frame(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(recorded, "MAX_BODY", 50)
        with pytest.raises(ValueError, match=r"'s': a row has .* bytes; a frame holds 50"):
            list(encode(make_batch("s", T, [1], [[1]])))


class TestDamage:
    whole = written(make_batch("", T, [1], [[1.5]]))

    def test_noise_before_a_frame_costs_no_frame(self) -> None:
        decoder = RecordedDecoder()
        assert len(feed(decoder, b"noise \xf6S" + self.whole + b"\xf6SC" + self.whole, finish=True)) == 2
        assert decoder.tally.rejected == {"no frame begins here": 2}
        assert decoder.tally.bytes_skipped == 11

    @pytest.mark.parametrize("place", range(len(whole)))
    def test_any_byte(self, place: int) -> None:
        damaged = bytearray(self.whole)
        damaged[place] ^= 0x10
        decoder = RecordedDecoder()
        assert len(feed(decoder, bytes(damaged) + self.whole, finish=True)) == 1
        reason = "no frame begins here" if place < 16 else "wrong checksum"
        assert decoder.tally.rejected == {reason: 1}

    def test_a_frame_without_its_end(self) -> None:
        decoder = RecordedDecoder()
        assert feed(decoder, self.whole[:-1], finish=True) == []
        assert decoder.tally.rejected == {"cut off": 1}
        assert decoder.tally.bytes_skipped == len(self.whole) - 1

    def test_more_than_a_frame_can_hold_is_not_waited_for(self) -> None:
        head = MAGIC + struct.pack("<II", MAX_BODY + 1, 0)
        decoder = RecordedDecoder()
        feed(decoder, head + struct.pack("<I", zlib.crc32(head)))
        assert decoder.buffered == 0
        assert decoder.tally.rejected == {"no frame begins here": 1}

    @pytest.mark.parametrize(
        ("changes", "columns"),
        [
            ({"rows": 0}, b""),
            ({"rows": -1}, bytes(16)),
            ({"rows": True}, bytes(16)),
            ({"rows": 10**15}, bytes(16)),
            ({"stream": None}, bytes(16)),
            ({"gap": 1}, bytes(16)),
            ({"channels": 3}, bytes(16)),
            ({"channels": [["t"]]}, bytes(16)),
            ({"channels": [["t", "", "time", 0.0]]}, bytes(16)),
            ({"channels": [["t", "", "colour", 0.0]]}, bytes(16)),
            ({"channels": [["t", "", [], 0.0]]}, bytes(16)),
            ({"channels": [["t", "", "number", float("nan")]]}, bytes(16)),
            ({"channels": [["t", "", "number", "x"]]}, bytes(16)),
            ({"channels": [["t", "", "number", 10**400]]}, bytes(16)),
            ({"channels": [["t", "", "number", 0], ["t", "", "state", 0]]}, bytes(24)),
            ({"channels": [["t", "", "text", 0]]}, bytes(8) + b"\2\0\0\0\xff\xff"),
            ({"channels": [["t", "", "text", 0]]}, bytes(8) + b"\5\0\0\0ab"),
            ({}, bytes(15)),
            ({}, bytes(17)),
        ],
    )
    def test_what_no_replay_writes(self, changes: dict[str, Any], columns: bytes) -> None:
        decoder = RecordedDecoder()
        assert feed(decoder, framed(body(HEADER | changes, columns))) == []
        assert decoder.tally.rejected == {"not as a replay writes it": 1}

    @pytest.mark.parametrize("made", [b"", b"\0\0", bytes(4), struct.pack("<I", 99_999) + b"[" * 99_999, body([], b"")])
    def test_bodies_without_a_header(self, made: bytes) -> None:
        decoder = RecordedDecoder()
        assert feed(decoder, framed(made) + self.whole) != []
        assert decoder.tally.rejected == {"not as a replay writes it": 1}


def test_a_loss_in_a_frame() -> None:
    decoder = RecordedDecoder()
    decoder.feed([Chunk(TestDamage.whole[:20], 1)])
    decoder.reset()
    assert (decoder.buffered, decoder.tally.bytes_skipped) == (0, 20)
    assert len(decoder.feed([Chunk(TestDamage.whole, 1)])) == 1
    assert decoder.note == "rows of a recording"

from __future__ import annotations

import random
import struct
from typing import Any

import numpy as np
import pytest
from cobs import cobs as cobs_oracle

from stripchart.config.options import fill
from stripchart.decoders.binary.decoder import BinaryDecoder
from stripchart.decoders.binary.fields import Field
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.flow.records import Channel, Chunk, Kind
from stripchart.testing import DecoderContract
from support.decoding import NOW_NS, feed, values
from support.formats import BOUNDS

FIELDS = (
    Field(name="n", type="u16", time="ms"),
    Field(name="t", type="i16", scale=0.01, unit="°C", invalid=-32768),
    Field(name="mode", type="u8", words={0: "idle", 1: "run"}),
)
WAYS: dict[str, BinaryOptions] = {
    "sync": BinaryOptions(sync="AA 55", checksum="sum-8", fields=FIELDS),
    "length": BinaryOptions(sync="AA 55", length="u8", checksum="crc-16-modbus", fields=FIELDS),
    "fixed": BinaryOptions(framing="fixed", checksum="crc-8", fields=FIELDS),
    "bare": BinaryOptions(framing="fixed", fields=FIELDS),
    "delimited": BinaryOptions(framing="delimited", end="7E", escape="7D", checksum="crc-16-x25", fields=FIELDS),
    "cobs": BinaryOptions(framing="cobs", checksum="crc-32", fields=FIELDS),
    "slip": BinaryOptions(framing="slip", checksum="fletcher-16", fields=FIELDS),
}


def written(way: str, *rows: tuple[int, int, int]) -> bytes:
    """Write frames as a device does."""
    options = WAYS[way]
    check = options.layout.check
    frames = []
    for row in rows:
        body = struct.pack("<HhB", *row)
        if check is not None:
            body += check_of(options, body)
        if way == "cobs":
            body = cobs_oracle.encode(body) + b"\0"
        elif way == "slip":
            body = body.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"
        elif way == "delimited":
            body = body.replace(b"\x7d", b"\x7d\x5d").replace(b"\x7e", b"\x7d\x5e") + b"\x7e"
        frames.append(options.layout.sync + (b"\5" if way == "length" else b"") + body)
    return b"".join(frames)


def check_of(options: BinaryOptions, body: bytes) -> bytes:
    check = options.layout.check
    assert check is not None
    told = int(check.algorithm.compute(np.frombuffer(body, np.uint8)[np.newaxis])[0])
    return told.to_bytes(check.algorithm.size, check.endian)


ROWS = [(100, 2150, 0), (200, -32768, 1), (0xC0DB, 0x7E7D, 2), (0, 0, 0)]
EXPECTED = "[[100.0, 200.0, 49371.0, 0.0], [21.5, nan, 323.81, 0.0], ['idle', 'run', '2', 'idle']]"


class Written:
    """What the contract needs, for one of the ways."""

    way: str
    max_buffered = BOUNDS["binary"]

    @property
    def samples(self) -> tuple[bytes, ...]:
        return tuple(written(self.way, row) for row in ROWS)

    def make(self) -> Any:
        return BinaryDecoder(WAYS[self.way])


class TestSync(Written, DecoderContract):
    way = "sync"


class TestLength(Written, DecoderContract):
    way = "length"


class TestFixed(Written, DecoderContract):
    way = "fixed"


class TestDelimited(Written, DecoderContract):
    way = "delimited"


class TestCobs(Written, DecoderContract):
    way = "cobs"


class TestSlip(Written, DecoderContract):
    way = "slip"


@pytest.mark.parametrize("way", WAYS)
def test_each_way_says_the_same(way: str):
    decoder = BinaryDecoder(WAYS[way])
    (batch,) = feed(decoder, written(way, *ROWS), finish=True)
    assert batch.channels == (Channel("n", "ms", Kind.TIME), Channel("t", "°C"), Channel("mode", "", Kind.TEXT))
    assert str([column.tolist() for column in batch.values]) == EXPECTED
    assert (decoder.tally.decoded, decoder.tally.bytes_skipped) == (4, 0)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "bare"])
def test_damage_costs_only_the_frames_that_it_hits(way: str):
    chance = random.Random(5)
    rows = [(number, chance.randrange(-3000, 3000), 1) for number in range(400)]
    frames = [written(way, row) for row in rows]
    hit = sorted(chance.sample(range(400), 40))
    for number in hit:
        frame = bytearray(frames[number])
        frame[chance.randrange(2, len(frame))] ^= chance.randrange(1, 256)
        frames[number] = bytes(frame)
    decoder = BinaryDecoder(WAYS[way])
    found = {int(row["n"]) for row in values(feed(decoder, b"".join(frames), finish=True))}
    allowed = {number for each in hit for number in (each, each + 1)}  # a lost mark joins two frames
    assert set(range(400)) - allowed <= found <= set(range(400))
    assert decoder.tally.rejected.total() > 0


def test_the_device_may_be_joined_in_the_middle_of_a_frame():
    decoder = BinaryDecoder(WAYS["sync"])
    assert len(values(feed(decoder, written("sync", *ROWS)[5:]))) == 3
    assert (decoder.tally.bytes_skipped, dict(decoder.tally.rejected)) == (3, {})


def test_the_channels_stay_the_same_tuple():
    decoder = BinaryDecoder(WAYS["sync"])
    first, second = (feed(decoder, written("sync", row))[0] for row in ROWS[:2])
    assert first.channels is second.channels


def test_times_are_spread():
    decoder = BinaryDecoder(WAYS["sync"])
    (batch,) = decoder.feed([Chunk(written("sync", *ROWS), NOW_NS + 400, NOW_NS)])
    assert (batch.time - NOW_NS).tolist() == [100, 200, 300, 400]


@pytest.mark.parametrize(
    ("way", "note"),
    [
        ("sync", "binary frames, 3 channels: n, t, mode"),
        ("cobs", "binary frames in COBS, 3 channels: n, t, mode"),
        ("slip", "binary frames in SLIP, 3 channels: n, t, mode"),
    ],
)
def test_note(way: str, note: str):
    decoder = BinaryDecoder(WAYS[way])
    assert decoder.note == ""
    feed(decoder, written(way, *ROWS))
    assert decoder.note == note


def test_frames_of_several_lengths():
    decoder = BinaryDecoder(BinaryOptions(sync="AA", length="u8", fields=(Field(name="a", type="u8"),)))
    rows = values(feed(decoder, b"\xaa\1\5\xaa\3\6xx\xaa\0\xaa\2\7x"))
    assert rows == [{"a": 5}, {"a": 6}, {"a": 7}]
    assert dict(decoder.tally.rejected) == {"wrong length": 1}


@pytest.mark.parametrize(("counts", "told"), [("payload", 5), ("rest", 7), ("frame", 10)])
def test_what_a_length_counts(counts: Any, told: int):
    options = BinaryOptions(
        sync="AA 55", length="u8", length_counts=counts, checksum="sum-16", checksum_start=0, fields=FIELDS
    )
    frame = b"\xaa\x55" + bytes([told]) + struct.pack("<HhB", *ROWS[0])
    decoder = BinaryDecoder(options)
    feed(decoder, frame + sum(frame).to_bytes(2, "little"))
    assert (decoder.tally.decoded, dict(decoder.tally.rejected)) == (1, {})


def test_samples_are_as_they_say():
    for sample in BinaryDecoder.samples:
        options, mistakes = fill(BinaryOptions, sample.options)
        assert options is not None, mistakes
        (batch,) = feed(BinaryDecoder(options), sample.data)
        assert {channel.name: batch[channel.name].tolist() for channel in batch.channels} == sample.values
        assert {channel.name: channel.unit for channel in batch.channels if channel.unit} == sample.units

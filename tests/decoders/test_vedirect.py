from __future__ import annotations

import math
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.vedirect import MAX_BLOCK, SIGNATURE, VeDirectDecoder
from stripchart.decoders.vedirect_fields import FIELDS, TEXTS
from stripchart.flow.records import Kind
from stripchart.testing import DecoderContract, check_sample
from support.decoding import feed, many_examples, rows
from support.formats import BOUNDS

MESSAGE = b":7F0ED0071\n"


def block(**fields: object) -> bytes:
    data = b"".join(f"\r\n{label}\t{value}".encode() for label, value in fields.items()) + b"\r\nChecksum\t"
    return data + bytes([-sum(data) % 256])


def decode(data: bytes) -> list[tuple[str, dict[str, Any]]]:
    decoder = VeDirectDecoder()
    batches = feed(decoder, data, finish=True)
    assert not decoder.tally.rejected
    return [(stream, row) for stream, _, row in rows(batches)]


class TestContract(DecoderContract):
    samples = (*[sample.data for sample in VeDirectDecoder.samples], MESSAGE, block(V=12800, I=-500, LOAD="ON"))
    max_buffered = BOUNDS["vedirect"]

    def make(self) -> Any:
        return VeDirectDecoder()


@pytest.mark.parametrize("sample", VeDirectDecoder.samples, ids=lambda sample: sample.title)
def test_samples(sample: Any):
    check_sample(VeDirectDecoder, sample)
    assert SIGNATURE.search(sample.data)


def test_values_by_label():
    ((stream, row),) = decode(
        block(V=12345, SOC=876, T="---", Relay="OFF", AR="0x0003", XYZ=-7, ABC="x y", DEF="ON", GHI="0x1A", EMPTY="")
    )
    assert stream == ""
    assert row == {
        "battery voltage": 12.345, "state of charge": 87.6, "relay": 0, "alarm reason": 3, "XYZ": -7, "ABC": "x y",
        "DEF": 1, "GHI": "0x1A",
    }  # fmt: skip


def test_kinds():
    (batch,) = feed(VeDirectDecoder(), block(V=1, FW="0308", LOAD="ON", CS=5, MODE=99))
    assert [(channel.name, channel.kind) for channel in batch.channels] == [
        ("battery voltage", Kind.NUMBER), ("firmware", Kind.TEXT), ("load", Kind.STATE), ("state", Kind.NUMBER),
        ("state text", Kind.TEXT), ("mode", Kind.NUMBER),
    ]  # fmt: skip
    assert batch["state text"][0] == "float"


def test_an_endless_time_to_go_is_nan():
    ((_, row),) = decode(block(V=1, TTG=-1))
    assert math.isnan(row["time to go"])


def test_kinds_of_block_are_streams():
    found = decode(block(PID="0x203", V=12800) + block(H1=-55000, H2=0) + block(V=12700) + block(MON=1, DC_IN_P=5))
    assert [stream for stream, _ in found] == ["", "", "history", "MON"]


@pytest.mark.parametrize("byte", [0, 9, 10, 13, 58, 255])
def test_the_checksum_may_be_any_byte(byte: int):
    for filler in product(range(33, 127), repeat=2):
        data = block(V=12800, X=bytes(filler).decode())
        if data[-1] == byte:
            assert len(decode(data * 3)) == 3
            return
    pytest.fail("no block with this checksum")


def test_messages_between_and_within_belong_to_no_block():
    data = block(V=12800, I=-500)
    decoder = VeDirectDecoder()
    odd = MESSAGE + data[:5] + MESSAGE + data[5:11] + MESSAGE * 2 + data[11:] + MESSAGE + data
    assert len(rows(feed(decoder, odd, MESSAGE, finish=True))) == 2
    assert (decoder.tally.frames, decoder.tally.decoded, decoder.tally.rejected) == (8, 8, {})


def test_a_wrong_checksum_rejects_the_block():
    decoder = VeDirectDecoder()
    data = block(V=12800)
    assert len(rows(feed(decoder, data + data.replace(b"128", b"129") + data))) == 2
    assert decoder.tally.rejected == {"wrong checksum": 1}


@pytest.mark.parametrize("length", range(1, 20))
def test_the_block_that_the_start_cut_is_rejected(length: int):
    data = block(V=12800, I=-501)
    decoder = VeDirectDecoder()
    assert len(rows(feed(decoder, data[length:] + data))) == 1
    assert decoder.tally.rejected == {"partial first block": 1}


def test_the_block_that_the_end_cut_is_rejected():
    decoder = VeDirectDecoder()
    feed(decoder, block(V=12800) + block(V=12700)[:-1], finish=True)
    assert decoder.tally.rejected == {"partial last block": 1}
    decoder = VeDirectDecoder()
    feed(decoder, block(V=12800) + b"\r\n", finish=True)
    assert decoder.tally.rejected == {}


def test_what_is_no_field_is_rejected():
    decoder = VeDirectDecoder()
    for text in (b"\r\nV12800", b"x\r\nV\t1", b"\r\n\t1", b"\r\nV\t1\xff", b"", b"\r\n"):
        data = text + b"\r\nChecksum\t"
        feed(decoder, data + bytes([-sum(data) % 256]))
    feed(decoder, b"\nChecksum\t" + bytes([-sum(b"\nChecksum\t") % 256]))
    assert decoder.tally.rejected == {"malformed": 6, "not UTF-8": 1}


def test_a_stream_without_blocks_is_not_kept():
    decoder = VeDirectDecoder()
    for _ in range(4):
        feed(decoder, b"x" * 3000)
        assert decoder.buffered < MAX_BLOCK
    assert decoder.tally.rejected == {"no end of block": 2}
    assert len(rows(feed(decoder, block(V=1), block(V=1)))) == 1


def test_the_tables_fit_together():
    assert TEXTS.keys() <= FIELDS.keys()
    names = [field.name for label, field in FIELDS.items() if label != "FWE"]
    assert len(names) == len(set(names))


LABELS = st.sampled_from(["V", "I", "H1", "H19", "CS", "LOAD", "TTG", "x", "FW"])
PIECES = st.one_of(
    st.dictionaries(LABELS, st.integers(-999, 99999), min_size=1).map(lambda fields: block(**fields)),
    st.sampled_from([MESSAGE, b":", b":7", b"\n", b"\r\n", b"\t", b"Checksum", b"\nChecksum\t", b"V\t12", b"\xff"]),
    st.binary(max_size=6),
)  # fmt: skip
STREAMS = st.lists(PIECES, max_size=12).map(b"".join)


@many_examples
@given(values=st.lists(st.integers(-99999, 99999), min_size=1, max_size=20), junk=STREAMS)
def test_whole_blocks_come_through_whatever_was_before(values: list[int], junk: bytes):
    decoder = VeDirectDecoder()
    feed(decoder, junk, block(V=0))  # resynchronises, unless the junk ends within a checksum
    feed(decoder, block(V=0))
    found = [row for _, _, row in rows(feed(decoder, *[block(V=value, X=1) for value in values]))]
    assert found == [{"battery voltage": value / 1000, "X": 1} for value in values]

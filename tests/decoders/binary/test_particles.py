from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.binary.particles import PmsX003Decoder, Sds011Decoder
from stripchart.flow.records import Kind
from stripchart.testing import DecoderContract
from support.decoding import feed, rows, values
from support.formats import BOUNDS

DUST = Sds011Decoder.samples[0].data
PARTICLES = PmsX003Decoder.samples[0].data


class TestSds011(DecoderContract):
    samples = (DUST,)
    max_buffered = BOUNDS["sds011"]

    def make(self) -> Any:
        return Sds011Decoder()


class TestPmsX003(DecoderContract):
    samples = (PARTICLES, PARTICLES)
    max_buffered = BOUNDS["pmsx003"]

    def make(self) -> Any:
        return PmsX003Decoder()


@pytest.mark.parametrize("kind", [Sds011Decoder, PmsX003Decoder])
def test_samples_are_as_they_say(kind: Any):
    for sample in kind.samples:
        (batch,) = feed(kind(), sample.data)
        assert {channel.name: batch[channel.name].tolist() for channel in batch.channels} == sample.values
        assert {channel.name: channel.unit for channel in batch.channels if channel.unit} == sample.units


def test_the_address_is_text():
    (batch,) = feed(Sds011Decoder(), DUST)
    assert [channel.kind for channel in batch.channels] == [Kind.NUMBER, Kind.NUMBER, Kind.TEXT]


def test_an_sds011_in_noise_that_looks_like_it():
    decoder = Sds011Decoder()
    noise = b"\xaa\xaa\xc0\xab\xaa\x00\xc0"
    assert len(rows(feed(decoder, noise + DUST + noise + DUST, finish=True))) == 4
    assert decoder.tally.bytes_skipped == 2 * len(noise)


def test_the_answer_to_a_command_is_skipped():
    decoder = Sds011Decoder()
    answer = bytes.fromhex("AA C5 02 01 01 00 A1 60 05 AB")
    assert len(rows(feed(decoder, DUST + answer + DUST))) == 4
    assert (decoder.tally.bytes_skipped, dict(decoder.tally.rejected)) == (10, {})
    decoder = PmsX003Decoder()  # type: ignore[assignment]
    answer = bytes.fromhex("42 4D 00 04 E1 00 01 74")
    assert len(rows(feed(decoder, PARTICLES + answer + PARTICLES))) == 2
    assert dict(decoder.tally.rejected) == {"wrong length": 1}


@pytest.mark.parametrize(("kind", "frame"), [(Sds011Decoder, DUST[:10]), (PmsX003Decoder, PARTICLES)])
def test_each_bit_of_a_frame_matters(kind: Any, frame: bytes):
    for bit in range(8 * len(frame)):
        damaged = bytearray(frame)
        damaged[bit // 8] ^= 1 << bit % 8
        assert feed(kind(), bytes(damaged), finish=True) == []


def test_what_the_page_says():
    decoder = Sds011Decoder()
    assert decoder.note == ""
    feed(decoder, DUST)
    assert decoder.note == "SDS011 particle sensor, 3 channels: PM2.5, PM10, id"


def test_options_are_none():
    assert values(feed(Sds011Decoder(Sds011Decoder.Options()), DUST))[0]["PM10"] == 20

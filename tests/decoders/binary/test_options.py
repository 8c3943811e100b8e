from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.binary.fields import Field
from stripchart.decoders.binary.layout import Length
from stripchart.decoders.binary.options import USUAL_SIZE, BinaryOptions

FIELDS = (Field(name="a", type="u16"), Field(name="b", type="u8"))


def options(**given: Any) -> BinaryOptions:
    return BinaryOptions(**{"sync": "AA 55", "fields": FIELDS, **given})


def sizes(**given: Any) -> tuple[int, int]:
    layout = options(**given).layout
    return layout.smallest, layout.largest


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, (5, 5)),
        ({"framing": "fixed", "sync": ""}, (3, 3)),
        ({"checksum": "crc-32", "end": "0D0A"}, (11, 11)),
        ({"size": 20, "checksum": "crc-32", "end": "0D0A"}, (20, 20)),
        ({"checksum": "crc-16-arc", "checksum_offset": 9}, (11, 11)),
        ({"checksum": "sum-8", "checksum_offset": 2, "fields": (Field(name="a", type="u8", offset=3),)}, (4, 4)),
        ({"length": "u8"}, (6, USUAL_SIZE)),
        ({"length": "u8", "max_size": 60}, (6, 60)),
        ({"length": "u16", "size": 30}, (30, 30)),
        ({"framing": "cobs", "sync": ""}, (3, 3)),
        ({"framing": "cobs", "sync": "", "max_size": 60}, (3, 60)),
        ({"framing": "delimited", "end": "2A2F"}, (7, 7)),
    ],
)
def test_sizes(given: dict[str, Any], expected: tuple[int, int]):
    assert sizes(**given) == expected


def test_the_first_field_follows_the_sync_word_and_the_length():
    assert [place.start for place in options().table.places] == [2, 4]
    assert [place.start for place in options(length="u16").table.places] == [4, 6]
    assert [place.start for place in options(length="u8", length_offset=4).table.places] == [5, 7]


@pytest.mark.parametrize(
    ("given", "length"),
    [
        ({"length": "u8"}, Length(2, 1, "little", 5)),
        ({"length": "u8", "length_counts": "rest"}, Length(2, 1, "little", 3)),
        ({"length": "u16", "length_counts": "frame", "endian": "big"}, Length(2, 2, "big", 0)),
        ({"length": "u8", "length_offset": 3, "end": "FF"}, Length(3, 1, "little", 7)),
    ],
)
def test_the_length(given: dict[str, Any], length: Length):
    assert options(checksum="sum-16", **given).layout.length == length


def test_the_checksum():
    check = options(checksum="sum-16").layout.check
    assert check is not None
    assert check[1:] == ("little", None, 2, None)
    check = options(
        checksum="sum-16", checksum_endian="big", checksum_offset=6, checksum_start=0, checksum_stop=5
    ).layout.check
    assert check is not None
    assert check[1:] == ("big", 6, 0, 5)


def test_how_frames_are_written():
    marks = {"cobs": b"\0", "slip": b"\xc0"}
    for framing, mark in marks.items():
        stuffing = options(framing=framing, sync="").stuffing
        assert stuffing is not None
        assert stuffing.mark == mark
    assert options().stuffing is None
    stuffing = options(framing="delimited", sync="", end="7E", escape="7D").stuffing
    assert stuffing is not None
    assert stuffing.decode([b"\x7d\x5e"]) == [b"\x7e"]
    stuffing = options(framing="delimited", end="0D 0A").stuffing
    assert stuffing is not None
    assert stuffing.decode([b"\x7d\x5e"]) == [b"\x7d\x5e"]

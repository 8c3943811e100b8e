from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.binary.fields import Field
from stripchart.decoders.binary.options import BinaryOptions
from stripchart.errors import ConfigError

FIELDS = (Field(name="a", type="u16"), Field(name="b", type="u8"))
MANY = tuple(Field(name=f"f{i}", type="u8", count=256) for i in range(5))
ESCAPE = "escape: expected one byte, beside an end and a sync of one byte, and an escape_xor other than 0"
COVER = "expected to cover bytes of 6, and not the checksum's own, got bytes from"
TAKEN = "expected a place of its own, got bytes 2 to 3, which are taken by"
FRAMINGS = "expected one of 'sync', 'fixed', 'delimited', 'cobs', 'slip'"
MARKED = {"framing": "delimited", "sync": "", "end": "7E"}


def mistakes(**given: Any) -> list[str]:
    with pytest.raises(ConfigError) as found:
        BinaryOptions(**{"sync": "AA 55", "fields": FIELDS, **given})
    return str(found.value).splitlines()


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"framing": "stuffed"}, f"framing: {FRAMINGS}, got 'stuffed'"),
        ({"sync": "AA 5"}, "sync: expected bytes in hexadecimal such as 'AA 55', got 'AA 5'"),
        ({"end": "xyz"}, "end: expected bytes in hexadecimal such as 'AA 55', got 'xyz'"),
        ({"sync": ""}, "sync: is missing; framing 'sync' needs it"),
        ({"framing": "delimited"}, "end: is missing; framing 'delimited' needs it"),
        ({"framing": "fixed"}, "sync: means nothing with framing 'fixed'"),
        ({"framing": "cobs", "end": "00"}, "end: means nothing with framing 'cobs'"),
        ({"escape": "7D"}, "escape: means nothing with framing 'sync'"),
        ({"length_offset": 3}, "length_offset: means nothing without length"),
        ({"length_counts": "rest"}, "length_counts: means nothing without length"),
        ({"checksum_start": 0}, "checksum_start: means nothing without checksum"),
        ({**MARKED, "escape_xor": 1}, "escape_xor: means nothing without escape"),
        ({"size": -1}, "size: expected a whole number from 0 to 16384, got -1"),
        ({"length": "u8", "max_size": 99999}, "max_size: expected a whole number from 0 to 16384, got 99999"),
        ({"fields": ()}, "fields: expected at least one [[decoder_options.fields]]"),
        ({"fields": MANY}, "fields: expected at most 1024 channels"),
        ({"size": 4}, "size: expected at least 5, as the fields and marks need, got 4"),
        ({"length": "u8", "max_size": 5}, "max_size: expected at least 6, as the fields and marks need, got 5"),
        ({"max_size": 50}, "max_size: means nothing for frames of one size"),
        ({"length": "u8", "size": 20, "max_size": 50}, "max_size: means nothing for frames of one size"),
        ({"length": "u8", "length_offset": 1}, "length_offset: expected a place after the sync word, got 1"),
        ({**MARKED, "escape": "7D 7D"}, ESCAPE),
        ({**MARKED, "escape": "7D", "escape_xor": 0}, ESCAPE),
        ({"checksum": "sum-8", "checksum_start": 5}, f"checksum_start: {COVER} 5 to before 5"),
        ({"checksum": "sum-8", "checksum_start": 6}, f"checksum_start: {COVER} 6 to before 6"),
        ({"checksum": "sum-8", "checksum_stop": 60}, f"checksum_stop: {COVER} 2 to before 60"),
        ({"checksum": "sum-8", "checksum_stop": 6}, f"checksum_stop: {COVER} 2 to before 6"),
        ({"checksum": "sum-8", "checksum_offset": 2}, f"fields[0].offset: {TAKEN} the checksum"),
        ({"size": 6, "fields": (Field(name="a", type="u32"), Field(name="b", type="u8"))}, None),
    ],
)
def test_a_mistake_in_words(given: dict[str, Any], text: str | None):
    found = mistakes(**given)
    if text is None:
        assert found == [
            "fields[1].offset: expected a place before byte 6 of the frame, got bytes 6 to 6",
            "size: expected at least 7, as the fields and marks need, got 6",
        ]
    else:
        assert text in found
        assert len(found) <= 2


def test_all_mistakes_at_once():
    found = mistakes(sync="x", size=-1, length_offset=2, fields=())
    assert [text.partition(":")[0] for text in found] == ["sync", "size", "length_offset", "fields"]


def test_offsets_that_forget_the_sync_word():
    fields = (Field(name="a", type="u16", offset=0), Field(name="b", type="u16", offset=2))
    assert mistakes(fields=fields) == [
        "fields[0].offset: expected a place of its own, got bytes 0 to 1, which are taken by the sync word"
    ]


def test_fields_beyond_a_given_size():
    (text, _) = mistakes(size=6, end="0D 0A", fields=(Field(name="a", type="u32"),))
    assert text == "fields[0].offset: expected a place before byte 4 of the frame, got bytes 2 to 5"

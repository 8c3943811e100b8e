from __future__ import annotations

from typing import Any

import pytest

from stripchart.decoders.binary.fields import Field
from stripchart.errors import ConfigError


def mistakes(**options: Any) -> list[str]:
    with pytest.raises(ConfigError) as found:
        Field(**{"name": "x", "type": "u16", **options})
    return str(found.value).splitlines()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"name": ""}, "name: expected a name of printable characters, got ''"),
        ({"name": "a\nb"}, "name: expected a name of printable characters, got 'a\\nb'"),
        ({"offset": -1}, "offset: expected a whole number of at least 0, got -1"),
        ({"count": 0}, "count: expected a whole number from 1 to 256, got 0"),
        ({"type": "text"}, "size: expected a whole number from 1 to 256, got 0"),
        ({"type": "hex", "size": 300}, "size: expected a whole number from 1 to 256, got 300"),
        ({"scale": 0}, "scale: expected a number other than 0, got 0"),
        ({"bits": (8, 9)}, "bits: expected [start, count] within 16 bits, got [8, 9]"),
        ({"bits": (0, 0)}, "bits: expected [start, count] within 16 bits, got [0, 0]"),
        ({"invalid": 70000}, "invalid: expected a number from 0 to 65535, as u16 holds them, got 70000"),
        (
            {"type": "i16", "invalid": 0xFFFF},
            "invalid: expected a number from -32768 to 32767, as i16 holds them, got 65535",
        ),
        ({"bits": (0, 4), "invalid": 16}, "invalid: expected a number from 0 to 15, as u16 holds them, got 16"),
        ({"time": "ms", "unit": "ms"}, "time: expected no unit, words or count beside it, got 'ms'"),
        ({"endian": "middle"}, "endian: expected one of 'little', 'big', got 'middle'"),
        ({"type": "f32", "bits": (0, 1)}, "bits: means nothing for the type 'f32', got (0, 1)"),
        ({"type": "f32", "words": {0: "a"}}, "words: means nothing for the type 'f32', got {0: 'a'}"),
        ({"type": "bool", "scale": 2}, "scale: means nothing for the type 'bool', got 2"),
        ({"size": 2}, "size: means nothing for the type 'u16', got 2"),
        ({"type": "text", "size": 2, "count": 2}, "count: means nothing for the type 'text', got 2"),
        ({"type": "hex", "size": 2, "time": "s"}, "time: means nothing for the type 'hex', got 's'"),
    ],
)
def test_a_mistake_in_words(options: dict[str, Any], text: str):
    assert mistakes(**options) == [text]


def test_a_type_that_does_not_exist():
    (text,) = mistakes(type="u12")
    assert text.startswith("type: expected one of 'u8', 'i8', ")
    assert text.endswith(", got 'u12'")


def test_all_mistakes_at_once():
    assert [text.partition(":")[0] for text in mistakes(offset=-1, count=0, scale=0)] == ["offset", "count", "scale"]


@pytest.mark.parametrize(
    ("options", "width"),
    [
        ({"type": "u8"}, 1),
        ({"type": "i24"}, 3),
        ({"type": "f64"}, 8),
        ({"type": "bool"}, 1),
        ({"type": "hex", "size": 6}, 6),
    ],
)
def test_width(options: dict[str, Any], width: int):
    assert Field(name="x", **options).width == width


def test_names():
    assert Field(name="a", type="u8").names == ["a"]
    assert Field(name="a", type="u8", count=2).names == ["a[0]", "a[1]"]

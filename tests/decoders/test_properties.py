"""The fast ways through lines give what the slow ones give, and batches are as few as they can be."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from support.decoding import account, by_stream, cut, exact, feed, many_examples

if TYPE_CHECKING:
    from collections.abc import Callable


LINE_DECODERS = [ArduinoDecoder, CsvDecoder, KeyValueDecoder]

ODD_NUMBERS = (
    "-0 -0.0 +1 .5 5. 007 1e5 1E-3 nan -inf Infinity 1_000 0x1A 1e400 9007199254740993 123456789012345678901234567890 "
    "ovf 1761935745 1761935745123 12:34:56 2025-10-31 1.2.3 1,5 - + e 5e 1..2"
)
NUMBERS = st.one_of(
    st.integers(-999, 999).map(str),
    st.floats(-1e3, 1e3).map(lambda value: f"{value:.2f}"),
    st.sampled_from([*ODD_NUMBERS.split(), "  7", "7  ", "7.  "]),
)
WORDS = st.sampled_from(
    [
        "temp",
        "t1",
        "e",
        "5V",
        "hum",
        "C",
        "%",
        "°C",
        "on",
        "OFF",
        "null",
        "mode",
        "Soil temp",
        "x=",
        "\udcff",
        "\x00",
        "\x81",
    ]
)
MARKS = st.sampled_from(
    [",", ";", "\t", " ", "  ", ", ", ":", ": ", "=", "|", '"', "{", "}", "[", "]", "\\", "\x80", '{"a":']
)
FORMS = [
    "#", "#,#", "#;#;#", "# #", "#\t#", "@:#", "@:#,@:#", "@: # C, @: # %", "@=# @=#", "@ x: #", '{"@":#}',
    '{"@":#,"@":[#,{"@":true}]}', "@,#,#", "@\t#", "@,@", "@", "#@", "[#,#]", "@~#~#",
]  # fmt: skip
"""What a program prints in a loop: # is a number, @ a word, ~ a mark."""


@st.composite
def forms(draw: st.DrawFn) -> list[str]:
    """Text around numbers."""
    text = draw(st.sampled_from(FORMS))
    for sign, strategy in (("@", WORDS), ("~", MARKS)):
        while sign in text:
            text = text.replace(sign, draw(strategy), 1)
    return text.split("#")


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Lines of a few forms, with other numbers in each, and odd lines between them."""
    kinds = draw(st.lists(forms(), min_size=1, max_size=2))
    end = draw(st.sampled_from(["\n", "\r\n", "\r"]))
    odd = st.lists(st.one_of(NUMBERS, WORDS, MARKS), max_size=6).map("".join)
    lines = []
    for choice in draw(st.lists(st.integers(0, 9), max_size=14)):
        literals = kinds[choice % len(kinds)]
        if choice == 9:
            lines.append(draw(odd))
        else:
            numbers = [draw(NUMBERS) if choice > 6 else str(draw(st.integers(-99, 99))) for _ in literals[1:]]
            lines.append(
                literals[0] + "".join(number + text for number, text in zip(numbers, literals[1:], strict=True))
            )
        lines.append(draw(st.sampled_from([end, end, end, end, end, "\n", "\r", ""])))
    return "".join(lines).encode(errors="surrogateescape")


PLACES = st.lists(st.integers(0, 1 << 16), max_size=8)


@pytest.mark.parametrize("make", [*LINE_DECODERS, JsonDecoder])
@many_examples
@given(data=streams(), places=PLACES)
def test_consecutive_rows_of_one_shape_are_one_batch_with_the_same_channels(
    make: Callable[[], Any], data: bytes, places: list[int]
):
    decoder = make()
    known: dict[Any, Any] = {}
    for piece in cut(data, places):
        batches = feed(decoder, piece)
        assert all(first.channels is not second.channels for first, second in pairwise(batches))
        for batch in batches:
            assert known.setdefault(batch.channels, batch.channels) is batch.channels
            assert len({channel.name for channel in batch.channels}) == len(batch.channels)


@pytest.mark.parametrize("make", LINE_DECODERS)
@many_examples
@given(data=streams(), places=PLACES)
def test_the_template_gives_what_reading_line_by_line_gives(make: Callable[[], Any], data: bytes, places: list[int]):
    fast, slow = make(), make()
    slow._learn = lambda: None
    for _ in range(3):  # it is learned after a feed
        for piece in cut(data, places):
            assert exact(feed(fast, piece)) == exact(feed(slow, piece))
            assert account(fast) == account(slow)
    assert slow._form is None


@many_examples
@given(data=streams())
def test_json_together_is_as_json_line_by_line(data: bytes):
    fast, slow = JsonDecoder(), JsonDecoder()
    slow._read_plain = lambda *_: None  # type: ignore[method-assign]
    slow._objects.add_all = lambda *_: False  # type: ignore[method-assign]
    assert by_stream(feed(fast, data, finish=True)) == by_stream(feed(slow, data, finish=True))
    assert account(fast) == account(slow)

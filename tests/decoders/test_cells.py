from __future__ import annotations

import math

import pytest

from stripchart.decoders.cells import (
    MAX_NAME,
    MAX_TEXT,
    TIME,
    FrameError,
    counted,
    distinct,
    is_label,
    is_name,
    is_text,
    listed,
    to_channels,
    to_number,
    to_text,
)
from stripchart.flow.records import Channel, Kind


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1", 1.0), ("-1.5e3", -1500.0), ("+1", 1.0), (".5", 0.5), ("5.", 5.0), ("007", 7.0), ("inf", math.inf),
     ("-INF", -math.inf), ("1e400", math.inf), (" 2 ", 2.0), ("9007199254740993", 9007199254740992.0)],
)  # fmt: skip
def test_numbers(text: str, expected: float):
    assert to_number(text) == expected


@pytest.mark.parametrize("text", ["", "1_000", "0x1A", "1,5", "1.2.3", "12:34", "true", "-", "e5", "1 2"])
def test_not_numbers(text: str):
    assert to_number(text) is None


@pytest.mark.parametrize("text", ["nan", "-NaN", "ovf"])
def test_not_a_number_is_a_value(text: str):
    value = to_number(text)
    assert value is not None
    assert math.isnan(value)


@pytest.mark.parametrize("text", ["0", "-0", "-0.0", "-0e5"])
def test_there_is_no_negative_zero(text: str):
    value = to_number(text)
    assert value == 0
    assert math.copysign(1, value) == 1


@pytest.mark.parametrize(
    "text",
    ["12:34:56", "1:02:03.5", "2025-10-31", "2025-10-31T18:35:45", "2025-10-31T18:35:45.123Z", "18:35:45Z",
     "2025-10-31 18:35:45+02:00", "2025-10-31-18:35:45"],
)  # fmt: skip
def test_times(text: str):
    assert TIME.fullmatch(text)


@pytest.mark.parametrize("text", ["12:34", "1", "2025", "12:34:5", "2025-10", "a 12:34:56", "1-2-3"])
def test_not_times(text: str):
    assert not TIME.fullmatch(text)


@pytest.mark.parametrize("text", ["temp", "Temp [°C]", "t1", "Température", "rel. hum", "a/b", "temp (C)"])
def test_labels(text: str):
    assert is_label(text)


@pytest.mark.parametrize(
    "text", ["", "1a", "-x", "Ready.", "done!", "a:b", "a=b", "{x", '"x', "a\x00", "a" * (MAX_NAME + 1)]
)
def test_not_labels(text: str):
    assert not is_label(text)


def test_names_and_texts_are_printable_and_bounded():
    assert is_name("a" * MAX_NAME)
    assert not is_name("a" * (MAX_NAME + 1))
    assert not is_name("")
    assert is_text("x" * MAX_TEXT)
    assert not is_text("x" * (MAX_TEXT + 1))
    assert not is_text("tab\there")


def test_names_that_come_again_are_numbered():
    assert distinct(["T", "T", "T 2", "T", "U"]) == ["T", "T 2", "T 2 2", "T 3", "U"]
    assert distinct(["T 2", "T", "T"]) == ["T 2", "T", "T 3"]


def test_many_equal_names_take_little_time():
    assert len(set(distinct(["T"] * 20_000))) == 20_000


def test_channels_with_units_and_kinds():
    assert to_channels(["a", "a"], ["V", ""], [Kind.NUMBER, Kind.STATE]) == (
        Channel("a", "V"),
        Channel("a 2", "", Kind.STATE),
    )
    with pytest.raises(FrameError, match="bad name"):
        to_channels(["a", "\x1b[31m"])


def test_bytes_that_are_no_text():
    assert to_text("°C".encode()) == "°C"
    with pytest.raises(FrameError, match="not UTF-8"):
        to_text(b"\xff")


def test_words_of_notes():
    assert counted(1, "value") == "1 value"
    assert counted(2, "value") == "2 values"
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdef")) == "a, b, c, d, …"

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripchart.decoders.cells import (
    MAX_NAME,
    MAX_TEXT,
    TIME,
    FrameError,
    counted,
    distinct,
    is_label,
    is_log,
    is_name,
    is_text,
    listed,
    to_channels,
    to_device_time,
    to_log,
    to_number,
    to_text,
    to_time,
    to_times,
)
from stripchart.flow.records import Channel, Kind
from support.decoding import many_examples


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
     "2025-10-31 18:35:45+02:00", "2025-10-31-18:35:45", "2025/1/3 8:35:45"],
)  # fmt: skip
def test_times(text: str):
    assert TIME.fullmatch(text)


@pytest.mark.parametrize("text", ["12:34", "1", "2025", "12:34:5", "2025-10", "a 12:34:56", "1-2-3"])
def test_not_times(text: str):
    assert not TIME.fullmatch(text)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("2025-10-31T18:35:45Z", 1761935745, "s"),
        ("2025-10-31T18:35:45.123Z", 1761935745.123, "s"),
        ("2025-10-31T18:35:45,1234567Z", 1761935745.123456, "s"),
        ("2025-10-31T18:35:45+05:30", 1761935745 - 5.5 * 3600, "s"),
        ("2025-10-31T18:35:45-0130", 1761935745 + 1.5 * 3600, "s"),
        ("2025-10-31T18:35:45", 1761935745, "wall"),
        ("2025-10-31 18:35:45", 1761935745, "wall"),
        ("2025-10-31-18:35:45", 1761935745, "wall"),
        ("2025/1/3_8:05:09", 1735891509, "wall"),
        ("1969-12-31T23:59:59.5Z", -0.5, "s"),
    ],
)
def test_instants(text: str, value: float, unit: str):
    assert to_time(text) == (value, unit)


@pytest.mark.parametrize(
    "text", ["", "18:35:45", "2025-10-31", "2025-02-30T18:35:45Z", "2025-10-31T25:00:00", "now", "0000-01-01T00:00:00"]
)
def test_not_instants(text: str):
    assert to_time(text) is None


@pytest.mark.parametrize(
    ("value", "unit"),
    [
        (1761935745, "s"),
        (1761935745.5, "s"),
        (1761935745123, "ms"),
        (1761935745123456, "us"),
        (1761935745123456789, "ns"),
    ],
)
def test_plausible_times_since_the_epoch(value: float, unit: str):
    assert to_device_time(value) == (float(value), unit)


@pytest.mark.parametrize(
    "value", [0, 5000, 999_999_999, 4e9, 5e10, 4e12, 1e19, -1761935745, math.nan, True, None, [], "5000"]
)
def test_other_values_are_no_times(value: object):
    assert to_device_time(value) is None


PARTS = st.tuples(
    st.integers(1969, 2030), st.integers(1, 13), st.integers(1, 31), st.integers(0, 24), st.integers(0, 61)
)
ISO_FORMS = st.sampled_from(
    ["{:04}-{:02}-{:02}T{:02}:{:02}:07Z", "{:04}-{:02}-{:02} {:02}:{:02}:59", "{:04}-{:02}-{:02}T{:02}:{:02}:00.25Z",
     "{:04}-{:02}-{:02}T{:02}:{:02}:00.123456", "{:04}-{}-{:02}T{:02}:{:02}:00", "{:02}-{:02}-{:02}T{:02}:{:02}:00.1Z",
     "{:04}/{:02}/{:02} {:02}:{:02}:00", "{:04}-{:02}-{:02}T{:02}:{:02}:00+01:00"]
)  # fmt: skip


@many_examples
@given(form=ISO_FORMS, other=ISO_FORMS, parts=st.lists(PARTS, min_size=1, max_size=4), mixed=st.booleans())
def test_many_instants_are_read_as_one_by_one(
    form: str, other: str, parts: list[tuple[int, int, int, int, int]], *, mixed: bool
):
    texts = [(other if mixed and place == 2 else form).format(*part) for place, part in enumerate(parts)]
    together = to_times(texts)
    alone = [to_time(text) for text in texts]
    if together is not None:
        values, unit = together
        assert [(value, unit) for value in values.tolist()] == alone
    elif None not in alone and not mixed:
        assert form in (
            "{:04}-{}-{:02}T{:02}:{:02}:00",
            "{:04}/{:02}/{:02} {:02}:{:02}:00",
            "{:04}-{:02}-{:02}T{:02}:{:02}:00+01:00",
        )


@pytest.mark.parametrize("text", ["", "Z", "20251-10-31T18:35:45.1", "\uff12025-10-31T18:35:45"])
def test_odd_texts_are_left_to_be_read_one_by_one(text: str):
    assert to_times([text]) is None
    assert to_times(["2025-10-31T18:35:45.12", text]) is None


@pytest.mark.parametrize(
    "text",
    [
        "Sensor ready",
        "WiFi connected, IP 192.168.1.5",
        "ESP-ROM:esp32c3-api1-20210207",
        "I (312) wifi: connected",
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "Größe 5",
        "温度传感器",
    ],
)
def test_log_text(text: str):
    assert is_log(text)


@pytest.mark.parametrize(
    "text",
    ["", "--", "23.5 C", "1,2.3.x4", "1.2.3", "12.5rpm", "0xDEADBEEF", "nan, 1..2", "a\x00boot", "\ufffd\x1b", "ok 5"],
)
def test_not_log_text(text: str):
    assert not is_log(text)


def test_log_text_is_shown_without_colours_and_tabs_and_not_endless():
    assert to_log(" \x1b[0;32mI (12) wifi:\tok\x1b[0m\r") == "I (12) wifi: ok"
    assert to_log("word " * 100) == ("word " * 100)[:MAX_TEXT]


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

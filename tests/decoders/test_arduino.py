from __future__ import annotations

import math

import pytest

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.flow.records import Channel, Kind
from support.decoding import feed, values


def decode(*lines: str) -> list[dict[str, float]]:
    batches = feed(ArduinoDecoder(), "".join(line + "\n" for line in lines).encode(), finish=True)
    return values(batch for batch in batches if batch.stream != "log")


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("23.5", {"value 1": 23.5}),
        ("1 2\t3,4", {"value 1": 1, "value 2": 2, "value 3": 3, "value 4": 4}),
        ("1, 2 , 3", {"value 1": 1, "value 2": 2, "value 3": 3}),
        ("temp:23,hum:40", {"temp": 23, "hum": 40}),
        ("temp:23 hum:40", {"temp": 23, "hum": 40}),
        ("Temp: 23", {"Temp": 23}),
        ("Temp :23, Hum : 40", {"Temp": 23, "Hum": 40}),
        ("a:1, 5", {"a": 1, "value 2": 5}),
        ("5 a:1", {"value 1": 5, "a": 1}),
        ("0:512,1:300", {"0": 512, "1": 300}),
        ("Température:1", {"Température": 1}),
        ("a:1,a:2", {"a": 1, "a 2": 2}),
        ("1,,3", {"value 1": 1, "value 3": 3}),
        ("1,2,", {"value 1": 1, "value 2": 2}),
        ("12:34:56 5.1", {"value 1": 5.1}),
        ("2025-10-31 18:35:45.5 5.1 6", {"time": 1761935745.5, "value 1": 5.1, "value 2": 6}),
        ("2025-10-31T18:35:45+01:00,temp:6", {"time": 1761932145, "temp": 6}),
        ("2025-10-31 5.1", {"value 1": 5.1}),
        ("-inf", {"value 1": -math.inf}),
    ],
)
def test_rows(line: str, row: dict[str, float]):
    assert decode(line) == [row]


@pytest.mark.parametrize("line", ["nan", "NaN", "ovf"])
def test_nan_is_a_value(line: str):
    (row,) = decode(line)
    assert math.isnan(row["value 1"])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("23.5 C", "not a number"),
        ("T:23.5C", "not a number"),
        ("12:34:56", "not a number"),
        ("5.1 12:34:56", "not a number"),
        ("a:b:5", "not a number"),
        ("1_000", "not a number"),
        ("0x1A", "not a number"),
        ("t=23", "not a number"),
        ("--", "not a number"),
        ("1,2.3.x4", "not a number"),
        ("1;2", "not a number"),
        ("a:", "not a number"),
        (",", "not a number"),
        ('{"a":1}', "not a number"),
        ("ok, no.", "not a number"),
        ("\x1b[0m:5", "bad name"),
        ("a" * 200 + ":5", "bad name"),
        ("1 " * 1500, "too many columns"),
        (b"\xff:5", "not UTF-8"),
    ],
)
def test_rejected_lines(line: str | bytes, reason: str):
    decoder = ArduinoDecoder()
    data = line if isinstance(line, bytes) else line.encode()
    assert feed(decoder, data + b"\n", finish=True) == []
    assert decoder.tally.rejected == {reason: 1}


@pytest.mark.parametrize(
    "line",
    [
        "Sensor ready",
        "WiFi connected, IP 192.168.1.5",
        "ESP-ROM:esp32c3-api1-20210207",
        "I (312) wifi: connected",
        "temp=23",
        "done, 5 of 6",
    ],
)
def test_log_text(line: str):
    decoder = ArduinoDecoder()
    (batch,) = feed(decoder, line.encode() + b"\n", finish=True)
    assert (batch.stream, batch["text"].tolist()) == ("log", [line])
    assert decoder.tally.rejected.total() == 0


def test_the_time_by_the_devices_clock_has_its_zone_as_unit():
    (batch,) = feed(ArduinoDecoder(), b"2025-10-31T18:35:45Z 1\n2025-10-31T18:35:46Z 2\n")
    assert batch.channels[0] == Channel("time", "s", Kind.TIME)
    (batch,) = feed(ArduinoDecoder(), b"2025-10-31T18:35:45 1\n", finish=True)
    assert batch.channels[0] == Channel("time", "wall", Kind.TIME)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str):
    assert values(feed(ArduinoDecoder(), f"a:1{end}a:2{end}a:3{end}".encode(), finish=True)) == [
        {"a": 1}, {"a": 2}, {"a": 3},
    ]  # fmt: skip


def test_lines_that_take_turns():
    (*batches,) = feed(ArduinoDecoder(), b"T:1\nH:2\n" * 3)
    assert values(batches) == [{"T": 1}, {"H": 2}] * 3


def test_a_header_needs_the_separator_of_its_rows():
    assert decode("temp hum", "1 2") == [{"temp": 1, "hum": 2}]
    assert decode("temp\thum", "1 2") == [{"temp": 1, "hum": 2}]
    assert decode("temp hum", "1,2") == [{"value 1": 1, "value 2": 2}]


def test_labels_win_over_a_header():
    assert decode("x,y", "1,2", "a:3,4") == [{"x": 1, "y": 2}, {"a": 3, "y": 4}]


def test_notes():
    decoder = ArduinoDecoder()
    assert decoder.note == ""
    feed(decoder, b"1\n2\n")
    assert decoder.note == "Arduino, 1 value"
    feed(decoder, b"1,2\n")
    assert decoder.note == "Arduino, 2 values"
    feed(decoder, b"temp:1,hum:2\n")
    assert decoder.note == "Arduino labels: temp, hum"


def test_a_time_before_the_numbers_is_no_part_of_what_is_learned():
    decoder = ArduinoDecoder()
    feed(decoder, b"12:34:56 1\n12:34:57 2\n")
    assert decoder._form is None
    assert values(feed(decoder, b"12:34:58 3\n")) == [{"value 1": 3}]

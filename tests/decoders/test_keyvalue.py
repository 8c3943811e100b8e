from __future__ import annotations

import math
from typing import Any

import pytest

from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.flow.records import Kind
from support.decoding import feed, values


def decode(line: str) -> list[tuple[str, str, Kind, Any]]:
    """Return name, unit, kind and value of each channel of a line."""
    batches = feed(KeyValueDecoder(), line.encode() + b"\n", finish=True)
    return [
        (channel.name, channel.unit, channel.kind, column[0])
        for batch in batches
        for channel, column in zip(batch.channels, batch.values, strict=True)
    ]


def numbers(*found: tuple[str, str, float]) -> list[tuple[str, str, Kind, float]]:
    return [(name, unit, Kind.NUMBER, value) for name, unit, value in found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("temp=23.5 hum=40.2", numbers(("temp", "", 23.5), ("hum", "", 40.2))),
        ("temp=23.5,hum=40.2;p=1|q=2", numbers(("temp", "", 23.5), ("hum", "", 40.2), ("p", "", 1), ("q", "", 2))),
        ("temp = 23.5 hum = 40", numbers(("temp", "", 23.5), ("hum", "", 40))),
        ("T: 23.5 C, H: 40 %", numbers(("T", "C", 23.5), ("H", "%", 40))),
        ("T: 9.5   C, H: 4    %", numbers(("T", "C", 9.5), ("H", "%", 4))),
        ("T: 23.5 C H: 40 %", numbers(("T", "C", 23.5), ("H", "%", 40))),
        ("T:23.5°C,P:1013hPa", numbers(("T", "°C", 23.5), ("P", "hPa", 1013))),
        ("a=9.8m/s2 w=1 kg/m3", numbers(("a", "m/s2", 9.8), ("w", "kg/m3", 1))),
        ("Soil moisture: 33 %, Air temp: 20 C", numbers(("Soil moisture", "%", 33), ("Air temp", "C", 20))),
        ("V\t12800", numbers(("V", "", 12800))),
        ("V\t12.8 V", numbers(("V", "V", 12.8))),
        ("a=+.5 b=5. c=-1e-3 d=007", numbers(("a", "", 0.5), ("b", "", 5), ("c", "", -1e-3), ("d", "", 7))),
        ("x=inf", numbers(("x", "", math.inf))),
        ("x=5e y=5eV", numbers(("x", "e", 5), ("y", "eV", 5))),
        ("ts=2025-10-31T18:35:45Z x=1", [("ts", "s", Kind.TIME, 1761935745), ("x", "", Kind.NUMBER, 1)]),
        ("Time: 2025-10-31 18:35:45, x: 1", [("Time", "wall", Kind.TIME, 1761935745), ("x", "", Kind.NUMBER, 1)]),
        ("x=1 ts=1761935745123", [("x", "", Kind.NUMBER, 1), ("ts", "ms", Kind.TIME, 1761935745123)]),
        ("time=5000 x=1", numbers(("time", "", 5000), ("x", "", 1))),
        (
            "on=2025-10-31T18:35:45Z off=2025-10-31T18:35:46Z x=1",
            [("on", "s", Kind.TIME, 1761935745), ("x", "", Kind.NUMBER, 1)],
        ),
        ("time: 12:34:56, x: 1", numbers(("x", "", 1))),
        ("a=1 a=2", numbers(("a", "", 1), ("a 2", "", 2))),
        (" | a=1 |", numbers(("a", "", 1))),
        ("pm2.5=12", numbers(("pm2.5", "", 12))),
        ("Température=1", numbers(("Température", "", 1))),
        ("relay=ON", [("relay", "", Kind.STATE, 1)]),
        ("door: closed", [("door", "", Kind.STATE, 0)]),
        ("mode=auto", [("mode", "", Kind.TEXT, "auto")]),
        ('msg="all well" x=1', [("msg", "", Kind.TEXT, "all well"), ("x", "", Kind.NUMBER, 1)]),
        ("PID\t0xA053", [("PID", "", Kind.TEXT, "0xA053")]),
        ("FW=1.2.3", [("FW", "", Kind.TEXT, "1.2.3")]),
    ],
)
def test_pairs(line: str, found: list[tuple[str, str, Kind, Any]]):
    assert decode(line) == found


def test_nan_is_a_value():
    ((name, _, kind, value),) = decode("T: nan")
    assert (name, kind) == ("T", Kind.NUMBER)
    assert math.isnan(value)


@pytest.mark.parametrize(
    "line",
    [
        "T: 2x.5",
        "T: 23.5.1",
        "T: 12:34",
        "=5",
        "5=5",
        "T:",
        "T",
        "V\t12 A\t3",
        'm=""',
        'm="op',
        "a=\x1b[0m",
        "a=1 -- b=2",
    ],
)
def test_rejected_lines(line: str):
    decoder = KeyValueDecoder()
    assert feed(decoder, line.encode() + b"\n", finish=True) == []
    assert decoder.tally.rejected == {"not key=value": 1}


@pytest.mark.parametrize(
    "line",
    [
        "load:0x3fff0030,len:1344",
        "WiFi: connected",
        "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)",
        "Local IP: 192.168.1.5",
        "hello world",
        'msg="open',
    ],
)
def test_log_text(line: str):
    decoder = KeyValueDecoder()
    (batch,) = feed(decoder, line.encode() + b"\n", finish=True)
    assert (batch.stream, batch["text"].tolist()) == ("log", [line])
    assert decoder.tally.rejected.total() == 0


def test_a_time_is_told_value_by_value():
    decoder = KeyValueDecoder()
    for number in range(3):
        (*batches,) = feed(decoder, b"ts=%d x=%d\n" % (5 + 1761935745 * (number == 1), number) * 2)
    assert [batch.channels[0].kind for batch in batches] == [Kind.NUMBER]
    assert decoder._form is None


def test_lines_that_take_turns():
    assert values(feed(KeyValueDecoder(), b"T: 23\nH: 40\n" * 3)) == [{"T": 23}, {"H": 40}] * 3


def test_what_is_no_text_is_rejected():
    decoder = KeyValueDecoder()
    assert feed(decoder, b"a=\xff\n", finish=True) == []
    assert decoder.tally.rejected == {"not UTF-8": 1}


def test_blocks_of_ve_direct_are_rows_of_one_value_each():
    decoder = KeyValueDecoder()
    found = feed(decoder, b"V\t12800\r\nI\t-500\r\nLOAD\tON\r\nChecksum\t\xd8\r\n" * 2)
    assert values(found) == [{"V": 12800}, {"I": -500}, {"LOAD": 1}] * 2
    assert decoder.tally.rejected.total() == 0


def test_a_line_with_nothing_but_a_time_holds_no_value():
    decoder = KeyValueDecoder()
    assert feed(decoder, b"t=12:34:56\nt=2025-10-31T18:35:45Z\n", finish=True) == []
    assert decoder.tally.decoded == 2


def test_the_unit_belongs_to_the_channel():
    decoder = KeyValueDecoder()
    feed(decoder, b"T: 1 C\nT: 2 C\n")
    (batch,) = feed(decoder, b"T: 3 C\nT: 4 C\n")
    assert decoder._form is not None
    assert batch.channels[0].unit == "C"
    (other,) = feed(decoder, b"T: 3 F\n")
    assert other.channels[0].unit == "F"


def test_note():
    decoder = KeyValueDecoder()
    feed(decoder, b"a=1 b=2 c=3 d=4 e=5\n", finish=True)
    assert decoder.note == "key=value: a, b, c, d, …"


@pytest.mark.parametrize(
    "text", ["a ", "a b ", " ", "a=1", "a=1 ", "1", "a=1e", "a:", "=", 'a="', "a=1 C", "é", "a=12:34:56"]
)
def test_no_line_takes_long(text: str):
    line = (text * 4096)[:4096].encode()[:4096]
    decoder = KeyValueDecoder()
    feed(decoder, (line + b"\n") * 100)  # more than a minute if the match tried again and again
    assert decoder.tally.frames >= 99

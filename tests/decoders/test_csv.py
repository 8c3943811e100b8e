from __future__ import annotations

import math
from typing import Any

import pytest

from stripchart.decoders.csv import CsvDecoder
from stripchart.errors import ConfigError
from stripchart.flow.records import Channel, Kind
from support.decoding import account, exact, feed, values


def decode(*lines: str, **options: Any) -> list[dict[str, Any]]:
    decoder = CsvDecoder(CsvDecoder.Options(**options))
    batches = feed(decoder, "".join(line + "\n" for line in lines).encode(), finish=True)
    return values(batch for batch in batches if batch.stream != "log")


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ("5", [5]),
        ("1,2.5,-3e2", [1, 2.5, -300]),
        ("1;2;3", [1, 2, 3]),
        ("1\t2\t3", [1, 2, 3]),
        ("1  2   3", [1, 2, 3]),
        (" 1 , 2 ", [1, 2]),
        ("1,5;2,25", [1.5, 2.25]),
        (",5;-0,5", [0.5, -0.5]),
        ("+1,;2,5e1", [1, 25]),
        ("0x1A,-0XfF", [26, -255]),
        ('"1","2.5"', [1, 2.5]),
        ('"1,5";"2"', [1.5, 2]),
        ("+1,.5,5.,007", [1, 0.5, 5, 7]),
        ("inf,-inf", [math.inf, -math.inf]),
        ("1,2,", [1, 2]),
    ],
)
def test_numbers(line: str, row: list[float]):
    assert decode(line) == [{f"column {place}": value for place, value in enumerate(row, 1)}]


def test_the_marks_of_serial_studio_belong_to_no_cell():
    decoder = CsvDecoder()
    lines = b"/*1,2*/\r\n /* 3, 4 */ \n/**/\n/*5,6\n"
    expected = [{"column 1": 1, "column 2": 2}, {"column 1": 3, "column 2": 4}]
    assert values(feed(decoder, lines, finish=True)) == expected
    assert decoder.tally.rejected == {"not a number": 2}
    assert values(feed(decoder, b"/*7,8*/\n" * 3)) == [{"column 1": 7, "column 2": 8}] * 3


def test_an_empty_cell_is_left_out():
    assert decode("1,,3", ",2", "\t5\t6") == [
        {"column 1": 1, "column 3": 3},
        {"column 2": 2},
        {"column 2": 5, "column 3": 6},
    ]


def test_nan_is_a_value():
    (row,) = decode("1,nan")
    assert math.isnan(row["column 2"])


@pytest.mark.parametrize(
    ("stamp", "seconds", "unit"),
    [
        ("2025-10-31T18:35:45Z", 1761935745, "s"),
        ("2025-10-31T18:35:45.25+01:00", 1761932145.25, "s"),
        ("2025-10-31-18:35:45", 1761935745, "wall"),
        ("2025/10/31 18:35:45", 1761935745, "wall"),
        ("2025-10-31 8:35:45,5", 1761899745.5, "wall"),
    ],
)
def test_a_time_in_front_is_the_devices_clock(stamp: str, seconds: float, unit: str):
    (batch,) = feed(CsvDecoder(), f"time;t;h\n{stamp};1;2\n".encode())
    assert batch.channels == (Channel("time", unit, Kind.TIME), Channel("t"), Channel("h"))
    assert values([batch]) == [{"time": seconds, "t": 1, "h": 2}]


@pytest.mark.parametrize("stamp", ["18:35:45.5", "2025-10-31", "2025-02-30 18:35:45"])
def test_half_a_time_in_front_is_skipped_and_keeps_its_place(stamp: str):
    assert decode("time,t,h", f"{stamp},1,2") == [{"t": 1, "h": 2}]


def test_a_date_and_a_time_may_be_two_cells():
    row = {"column 1": 1761935745, "column 3": 1, "column 4": 2}
    assert decode("2025-10-31 18:35:45 1 2", "2025-10-31,18:35:45,1,2") == [row, row]


def test_a_number_in_front_is_a_column():
    assert decode("time,t", "1761935745,1") == [{"time": 1761935745, "t": 1}]
    (batch,) = feed(CsvDecoder(), b"time,t\n1761935745,1\n")
    assert {channel.kind for channel in batch.channels} == {Kind.NUMBER}


def test_rows_of_varying_length():
    assert decode("1,2", "1", "1,2,3") == [
        {"column 1": 1, "column 2": 2},
        {"column 1": 1},
        {"column 1": 1, "column 2": 2, "column 3": 3},
    ]


def test_a_header_needs_the_delimiter_of_its_rows():
    assert decode("Hello, world", "t;h", "1;2") == [{"t": 1, "h": 2}]


def test_text_beside_numbers_is_a_channel():
    decoder = CsvDecoder()
    (batch,) = feed(decoder, b"mode,t\nauto,1\noff,2\n")
    assert [channel.kind for channel in batch.channels] == [Kind.TEXT, Kind.NUMBER]
    assert batch["mode"].tolist() == ["auto", "off"]


def test_text_in_a_column_of_numbers_is_noise():
    decoder = CsvDecoder()
    assert len(values(feed(decoder, b"1,2\n3,x4\n5,6\n"))) == 2
    assert decoder.tally.rejected == {"not a number": 1}


def test_a_new_header_lets_columns_be_others():
    assert decode("a,b", "1,2", "b,a", "x,2") == [{"a": 1, "b": 2}, {"b": "x", "a": 2}]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("at 5 ok", "not a number"),
        ("--", "not a number"),
        ("1_000", "not a number"),
        ("2025-10-31T18:35:45Z", "not a number"),
        ("1,2.3.x4", "not a number"),
        ("\x1b[0m,5", "not a number"),
        ("0x" + "F" * 20 + ",1,0x", "not a number"),
        (",,", "not a number"),
        ("1," * 1100, "too many columns"),
        (b"\xff,5", "not UTF-8"),
    ],
)
def test_rejected_lines(line: str | bytes, reason: str):
    decoder = CsvDecoder()
    feed(decoder, b"1,2,3\n1,2,3\n")
    data = line if isinstance(line, bytes) else line.encode()
    assert feed(decoder, data + b"\n", finish=True) == []
    assert decoder.tally.rejected == {reason: 1}


def test_the_delimiter_may_be_told():
    assert decode("1,5\t2", delimiter="tab") == [{"column 1": 1.5, "column 2": 2}]
    assert decode("1|2", delimiter="|") == [{"column 1": 1, "column 2": 2}]
    assert decode("ok 5", delimiter=" ") == [{"column 1": "ok", "column 2": 5}]


@pytest.mark.parametrize("delimiter", ["", "ab", '"', "\n"])
def test_the_delimiter_is_checked(delimiter: str):
    with pytest.raises(ConfigError, match="csv: delimiter: expected one character, 'tab' or 'auto', got"):
        CsvDecoder.Options(delimiter=delimiter)


def test_columns_may_be_named():
    assert decode("1,2", columns="t,h") == [{"t": 1, "h": 2}]


def test_notes():
    decoder = CsvDecoder()
    feed(decoder, b"1,2,3\n4,5,6\n")
    assert decoder.note == "CSV, 3 columns"
    feed(decoder, b"a,b,c\n4,5,6\n")
    assert decoder.note == "CSV, 3 columns, header"
    feed(decoder, b"18:35:45,4,5\n")
    assert decoder.note == "CSV, 2 columns, header; its time column is not used"
    feed(decoder, b"2025-10-31T18:35:45,4,5\n")
    assert decoder.note == "CSV, 3 columns, header"


@pytest.mark.parametrize("line", ["Sensor 5 ready", "boot: ok, 5.x", "WiFi connected, IP 192.168.1.5"])
def test_log_text(line: str):
    decoder = CsvDecoder()
    feed(decoder, b"1,2,3\n1,2,3\n")
    (batch,) = feed(decoder, line.encode() + b"\n")
    assert (batch.stream, batch["text"].tolist()) == ("log", [line])
    assert decoder.tally.rejected.total() == 0


def test_a_header_seen_late_or_never():
    assert decode("1,2", "t,h", "3,4", "t,h", "5,6") == [
        {"column 1": 1, "column 2": 2},
        {"t": 3, "h": 4},
        {"t": 5, "h": 6},
    ]


def test_quoted_cells_may_hold_the_delimiter():
    assert decode('1,"a, b"', '2,"c ""d"""') == [
        {"column 1": 1, "column 2": "a, b"},
        {"column 1": 2, "column 2": 'c "d"'},
    ]


@pytest.mark.parametrize(
    "lines",
    [
        b"1,5;2\n,5;3,\n1.5;-2,25\n",
        b"+1;.5;007\n5.;1e400;-0\n",
        b"\t1\t2\n3\t\t4\n",
        b"1\t2\n3\t4\n1,5\t2\n",  # no decimal comma, unless the tab was asked for
    ],
)
def test_what_is_read_together_is_as_read_alone(lines: bytes):
    fast, slow = CsvDecoder(), CsvDecoder()
    for _ in range(3):
        found = feed(fast, lines)
        assert exact(found) == [row for line in lines.splitlines(keepends=True) for row in exact(feed(slow, line))]
        slow._form = None
    assert account(fast) == account(slow)

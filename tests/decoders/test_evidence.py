from __future__ import annotations

import pytest

from stripchart.decoders.arduino import ArduinoDecoder
from stripchart.decoders.csv import CsvDecoder
from stripchart.decoders.evidence import Evidence, Trial
from stripchart.decoders.json import JsonDecoder
from stripchart.decoders.keyvalue import KeyValueDecoder
from stripchart.flow.records import Chunk
from support.decoding import NOW_NS

SECOND = 1_000_000_000


def gather(*pieces: bytes, lines: int = 50, size: int = 1000) -> Evidence:
    evidence = Evidence(lines, 2 * SECOND, size)
    evidence.add([Chunk(piece, NOW_NS) for piece in pieces])
    return evidence


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"23.5", ArduinoDecoder),
        (b"temp:23.5", ArduinoDecoder),
        (b"temp:23.5,hum:40", ArduinoDecoder),
        (b"temp: 23 hum: 40", ArduinoDecoder),
        (b"a:1, 5", ArduinoDecoder),
        (b"1,2,3", CsvDecoder),
        (b"1 2 3", CsvDecoder),
        (b"1\t2", CsvDecoder),
        (b"1,5;2,5", CsvDecoder),
        (b"12:34:56,1,2", CsvDecoder),
        (b"OK,1,2", CsvDecoder),
        (b"temp=23.5", KeyValueDecoder),
        (b"T: 23.5 C, H: 40 %", KeyValueDecoder),
        (b"mode: on", KeyValueDecoder),
        (b"V\t12800", KeyValueDecoder),
        (b'{"a":1}', JsonDecoder),
        (b'[{"a":1},{"a":2}]', JsonDecoder),
        (b"[1,2,3]", JsonDecoder),
        (b'log {"a":1}', JsonDecoder),
        (b"hello world", None),
        (b"[12] started", None),
        (b"I (29) boot: ESP-IDF v4.4", None),
        (b"mode=auto", None),
    ],
)
@pytest.mark.parametrize("count", [1, 2, 12])
def test_the_best_decoder_of_lines_alike(line: bytes, kind: type | None, count: int):
    evidence = gather((line + b"\n") * count)
    if not evidence.judge():
        evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
        assert evidence.judge()
    assert evidence.best() is kind


def test_five_rows_alike_are_enough():
    evidence = gather(b"1,2\n" * 4)
    assert not evidence.judge()
    evidence.add([Chunk(b"1,2\n", NOW_NS)])
    assert evidence.judge()


def test_rows_of_changing_shape_take_all_lines():
    evidence = gather(b"V\t1\nI\t2\n" * 24)
    assert not evidence.judge()
    evidence.add([Chunk(b"V\t1\nI\t2\n", NOW_NS)])
    assert evidence.judge()
    assert evidence.best() is KeyValueDecoder


def test_one_row_by_chance_among_other_lines_is_no_evidence():
    evidence = gather(b"chip 32\nheap: 23456\n" + b"Connecting...\n" * 48)
    assert evidence.judge()
    assert evidence.best() is None


@pytest.mark.parametrize("later", [2 * SECOND, -SECOND], ids=["after two seconds", "the clock was set back"])
def test_time_is_up(later: int):
    evidence = gather(b"1,2\n")
    assert not evidence.judge()
    evidence.add([Chunk(b"", NOW_NS + later)])
    assert evidence.judge()


def test_without_a_line_end_only_objects_are_evidence():
    evidence = gather(b'{"a":1}{"a":2}')
    assert not evidence.judge()
    evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert evidence.judge()
    assert evidence.best() is JsonDecoder
    evidence = gather(b"1,2,3")
    evidence.add([Chunk(b"", NOW_NS + 2 * SECOND)])
    assert not evidence.judge()


def test_what_was_read_is_let_go_and_the_rest_kept_with_times_in_proportion():
    evidence = Evidence(2, 2 * SECOND, 1000)
    evidence.add([Chunk(b"a!\n", NOW_NS), Chunk(b"b!\nc!\nd", NOW_NS + 7, NOW_NS)])
    assert evidence.judge()
    assert evidence.take_read() == ([Chunk(b"a!\n", NOW_NS), Chunk(b"b!\n", NOW_NS + 3, NOW_NS)], True)
    assert evidence.chunks == [Chunk(b"c!\nd", NOW_NS + 7, NOW_NS + 3)]
    assert evidence.size == 4


def test_without_a_line_the_limit_is_let_go():
    evidence = gather(b"x" * 15, size=10)
    assert evidence.judge()
    assert evidence.take_read() == ([Chunk(b"x" * 10, NOW_NS)], False)
    assert evidence.size == 5


def test_a_return_at_the_end_may_be_half_of_a_line_end():
    evidence = gather(b"1,2\r", lines=1)
    assert not evidence.judge()
    evidence.add([Chunk(b"\n", NOW_NS)])
    assert evidence.judge()
    assert evidence.take_read() == ([Chunk(b"1,2\r", NOW_NS), Chunk(b"\n", NOW_NS)], True)


def test_rows_with_text_weigh_less():
    pairs, cells = Trial(KeyValueDecoder()), Trial(CsvDecoder())
    for line in (b"V\t12800", b"PID\t0xA053", b"I\t-500"):
        pairs.read(line, NOW_NS)
        cells.read(line, NOW_NS)
    assert pairs.merit > cells.merit
    assert pairs.plausible
    assert cells.plausible
